// HTTP answers for js/https.js: node https_answers.js [EXECUTIONS [SEED]]
//
// The answers of tests/espruino/answers.js and some that are made to confuse, mutated by a fixed seed. However an answer is
// cut into pieces, the same must become of it; every error has a code; there is one end; nothing is in the body that was not
// in the answer; headers stay below their limit; no prototype is touched. tests/espruino/stand_in.js has a real network and
// Espruino's peculiarities; here everything happens at once, in one process. Says how many executions there were, and how
// many of the file's blocks ran.
'use strict';
const assert = require('assert');
const fs = require('fs');
const inspector = require('inspector');
const path = require('path');
const vm = require('vm');

const ROOT = path.join(__dirname, '../..');
const executions = Number(process.argv[2] || 20000);
let state = BigInt(process.argv[3] || 1);

// SplitMix64.
function next() {
  const mask = (1n << 64n) - 1n;
  state = (state + 0x9E3779B97F4A7C15n) & mask;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94D049BB133111EBn) & mask;
  return Number((z ^ (z >> 31n)) >> 11n);
}
const below = (n) => next() % n;

// What https.js finds in Espruino. Listeners of the network run at once, all others wait in a queue.
let queue = [];
const hidden = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, configurable: true });
hidden(Object.prototype, 'on', function(event, listener) {
  if (!this['#on' + event]) hidden(this, '#on' + event, []);
  this['#on' + event].push(listener);
});
hidden(Object.prototype, 'emit', function(event, ...values) {
  for (const listener of this['#on' + event] || []) queue.push(() => listener.apply(this, values));
});
hidden(Object.prototype, 'removeAllListeners', function(event) { delete this['#on' + event]; });

let socket;
const thrown = [];
const context = {
  E: { toString: (...parts) => parts.join(''), isUTF8: () => false },
  btoa, console, process, Object, Error, ArrayBuffer, Infinity, parseInt, Math,
  setTimeout: (f, ms, ...values) => { queue.push(() => f(...values)); },
  setInterval: () => 1, clearInterval: () => {}, changeInterval: () => {},
  require: (name) => name == 'espruino_tls' ? { info: () => ({}) } : {
    connect(options, connected) {
      socket = { write: () => {}, end() { this.cls = true; } };
      queue.push(() => connected.call(socket, socket));
      return socket;
    },
  },
  exports: {},
};
const source = fs.readFileSync(path.join(ROOT, 'js/https.js'), 'utf8');
const https = (() => {
  const names = Object.keys(context);
  vm.runInThisContext(`(function(${names}) {${source}\n})`, { filename: 'https.js' })(...names.map((name) => context[name]));
  return context.exports;
})();

function settle() {
  while (queue.length) {
    const due = queue;
    queue = [];
    for (const f of due) {
      try {
        f();
      } catch (e) {
        thrown.push(e);
      }
    }
  }
}

const prototypes = () => [Object.prototype, Array.prototype, String.prototype].map((p) => Reflect.ownKeys(p).length).join();
const before = prototypes();
const LIMIT = 4096;

// Gives an answer, in pieces. What became of it.
function run(answer, split) {
  const got = { body: '', ends: 0, closes: 0, errors: [] };
  thrown.length = 0;
  socket = undefined;
  const request = https.request({ host: 'localhost', rejectUnauthorized: false, method: answer.method || 'GET' }, (res) => {
    assert(got.response === undefined, 'two answers');
    got.response = res;
    res.on('data', (d) => { got.body += d; });
    res.on('end', () => { got.ends++; });
  });
  request.on('error', (e) => { got.errors.push(e.code); });
  request.on('close', () => { got.closes++; });
  request.end();
  settle();
  for (let at = 0; at < answer.text.length && !socket.cls;) {
    const n = split(answer.text.length - at);
    for (const listener of socket['#ondata'] || []) listener.call(socket, answer.text.substr(at, n));
    at += n;
    settle();
  }
  if (!socket.cls) {
    if (answer.end == 'cut') socket.emit('error', { code: 'ECONNRESET', message: 'ECONNRESET: cut' });
    if (answer.end != 'open') socket.emit('close', answer.end == 'cut');
    settle();
  }
  const { response, ...rest } = got;
  assert.deepStrictEqual(thrown, [], 'something was thrown');
  assert(got.errors.length <= 1 && got.closes <= 1 && got.ends <= 1);
  if (answer.end != 'open') assert.strictEqual(got.closes, 1, 'it goes on waiting');
  assert(got.closes == 0 || (got.errors.length == 0) == (got.ends == 1), 'neither an end nor an error');
  for (const code of got.errors) assert(/^(HPE_[A-Z_]+|ECONNRESET)$/.test(code), code);
  assert(got.body.length <= answer.text.length);
  assert(prototypes() === before && {}.polluted === undefined, 'a prototype was changed');
  if (response) {
    let size = 0;
    for (const headers of [response.headers, response.trailers || {}])
      for (const key of Object.keys(headers)) {
        size += key == key.toLowerCase() ? String(headers[key]).length : 0;
        assert(key != '__proto__');
      }
    assert(size <= 2 * LIMIT, `${size} bytes of headers`);
    assert(Object.getPrototypeOf(response.headers) === Object.prototype);
    return { ...rest, status: response.statusCode, headers: response.headers, trailers: response.trailers };
  }
  return rest;
}

function check(answer) {
  const whole = run(answer, (left) => left);
  assert.deepStrictEqual(run(answer, () => 1), whole);
  assert.deepStrictEqual(run(answer, (left) => 1 + below(Math.min(left, 50))), whole);
  return whole;
}

// Answers that two readers may read differently, and answers without end: the code that comes, or the body.
const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = OK + 'Transfer-Encoding: chunked\r\n\r\n';
const HOSTILE = [
  [OK + 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', 'HPE_INVALID_CONTENT_LENGTH'],
  [OK + 'Content-Length: 5, 5\r\n\r\nhello', 'HPE_INVALID_CONTENT_LENGTH'],
  [OK + 'Content-Length: +5\r\n\r\nhello', 'HPE_INVALID_CONTENT_LENGTH'],
  [OK + 'Content-Length: 0x5\r\n\r\nhello', 'HPE_INVALID_CONTENT_LENGTH'],
  [OK + 'Content-Length : 5\r\n\r\nhello', 'HPE_INVALID_HEADER_TOKEN'],
  [OK + 'Content-Length: -1\r\n\r\nhello', 'HPE_INVALID_CONTENT_LENGTH'],
  [OK + 'Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_TRANSFER_ENCODING'],
  [OK + 'Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_TRANSFER_ENCODING'],
  [OK + 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'HPE_INVALID_TRANSFER_ENCODING'],
  [OK + 'Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n', 'HPE_INVALID_HEADER_TOKEN'],
  [OK + 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n', undefined, 'hello'],
  [CHUNKED + '-5\r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE'],
  [CHUNKED + '0x5\r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE'],
  [CHUNKED + ' \r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE'],
  [CHUNKED + '5\r\nhelloX\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE'],
  [CHUNKED + 'f'.repeat(40) + '\r\nhello\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE'],
  [CHUNKED + '5;' + 'x'.repeat(10000) + '\r\nhello\r\n0\r\n\r\n', 'HPE_HEADER_OVERFLOW'],
  [OK + 'X: y\r\n'.repeat(5000) + '\r\n', 'HPE_HEADER_OVERFLOW'],
  [OK + 'X: ' + 'y'.repeat(1e6), 'HPE_HEADER_OVERFLOW'],
  [OK + ' folded\r\n'.repeat(5000), 'HPE_INVALID_HEADER_TOKEN'],
  [OK + 'X: y\r\n' + ' z\r\n'.repeat(5000) + '\r\n', 'HPE_HEADER_OVERFLOW'],
  ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), 'HPE_HEADER_OVERFLOW'],
  [CHUNKED + '0\r\n' + 'X: y\r\n'.repeat(5000), 'HPE_HEADER_OVERFLOW'],
  [OK + '__proto__: polluted\r\nContent-Length: 2\r\n\r\nok', undefined, 'ok'],
  [OK + 'constructor: x\r\ntoString: y\r\nhasOwnProperty: z\r\nContent-Length: 2\r\n\r\nok', undefined, 'ok'],
  [OK + 'Content-Length: 2\r\n\r\nok' + OK + 'Content-Length: 3\r\n\r\nbad', undefined, 'ok'],
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['\0'.repeat(10000), 'HPE_HEADER_OVERFLOW'],
];

const session = new inspector.Session();
session.connect();
const post = (method, parameters) => {
  let answer;
  session.post(method, parameters, (e, result) => { if (e) throw e; answer = result; });
  return answer;
};
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

for (const [text, code, body] of HOSTILE) {
  const got = check({ text, end: 'raw' });
  assert.strictEqual(got.errors[0], code, JSON.stringify(text.slice(0, 100)));
  if (body !== undefined) assert.strictEqual(got.body, body);
}

const answers = vm.runInThisContext(`(function() {${fs.readFileSync(path.join(ROOT, 'tests/espruino/answers.js'), 'utf8')
  .split('\n};')[0]}\n};\nreturn ANSWERS; })`)();
const seeds = [...Object.values(answers), ...HOSTILE.map(([text]) => ({ text: text.slice(0, 400), end: 'raw' }))];
for (const seed of seeds) check({ ...seed, end: seed.end || 'open' });

const WORDS = ['\r\n', '\n', '\r', ':', ' ', '\t', '0', '00', 'f', ';', ',', '\0', '\xff', 'Content-Length: ', 'Transfer-Encoding: chunked',
  '__proto__: x', 'HTTP/1.1 ', '100', '204', '\r\n\r\n', 'Set-Cookie: a=b\r\n', '-', '+', '0x'];
for (let i = 0; i < executions; i++) {
  const seed = seeds[below(seeds.length)], other = seeds[below(seeds.length)].text;
  let text = seed.text.slice(0, 3000);
  for (let n = 1 + below(4); n > 0; n--) {
    const at = below(text.length + 1), length = below(20);
    switch (below(6)) {
    case 0: text = text.slice(0, at) + WORDS[below(WORDS.length)] + text.slice(at); break;
    case 1: text = text.slice(0, at) + text.slice(at + length); break;
    case 2: text = text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1); break;
    case 3: text = text.slice(0, at) + text.slice(at - length, at) + text.slice(at); break;
    case 4: {
      const from = below(other.length);
      text = text.slice(0, at) + other.slice(from, from + 3 * length) + text.slice(at);
      break;
    }
    default: text = text.slice(0, at);
    }
  }
  const answer = { text, method: seed.method, end: ['open', 'raw', 'cut'][below(3)] };
  try {
    check(answer);
  } catch (e) {
    console.error(JSON.stringify(answer));
    throw e;
  }
}

const { result } = post('Profiler.takePreciseCoverage');
const functions = result.find((script) => script.url == 'https.js').functions;
const blocks = functions.flatMap((f) => f.ranges);
console.log(`https.js ${executions} executions, ${seeds.length} seeds, ${blocks.filter((b) => b.count).length} of ${blocks.length} blocks`);
