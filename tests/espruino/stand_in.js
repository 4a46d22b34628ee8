// A stand-in for the interpreter, for machines without one: node stand_in.js SCRIPT runs an Espruino script in node.
//
// It imitates what https.js needs, with Espruino's peculiarities: events that wait in a queue, `on` that returns nothing,
// strings of bytes, sockets that write when told "drain". TLS is node's own, so nothing here says anything about ours.
// SPLIT=N in the environment hands received data over in pieces of N bytes.
'use strict';
const fs = require('fs');
const net = require('net');
const nodeTls = require('tls');
const vm = require('vm');
const { createHash } = require('crypto');
const { Duplex } = require('stream');

const SPLIT = Number(process.env.SPLIT || 0);
// As in Espruino's JavaScript networks.
const CHUNK = 536;

// The idle loop: first all events that wait, then one thing of each socket.

const events = [];
const sockets = new Set();
let awake = false;

function wake() {
  if (!awake) setImmediate(idle);
  awake = true;
}

function enqueue(f) {
  events.push(f);
  wake();
}

function idle() {
  awake = false;
  const due = events.splice(0);
  if (!due.length) for (const socket of sockets) if (socket.incoming.length) due.push(socket.incoming.shift());
  for (const f of due) {
    try {
      f();
    } catch (e) {
      setImmediate(() => { throw e; }); // shown, and stops nothing
    }
  }
  if (events.length || [...sockets].some((s) => s.incoming.length)) wake();
}

function define(name, value) { Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true, enumerable: false }); }
define('on', function(event, listener) {
  const key = '#on' + event;
  if (!this[key]) Object.defineProperty(this, key, { value: [], writable: true, configurable: true, enumerable: false });
  this[key].push(listener);
});
define('removeAllListeners', function(event) { this['#on' + event] = []; });
define('removeListener', function(event, listener) {
  const all = this[`#on${event}`], at = all ? all.indexOf(listener) : -1;
  if (at >= 0) all.splice(at, 1);
  if (all && !all.length) delete this[`#on${event}`];
});
define('emit', function(event, ...values) {
  for (const listener of [...(this['#on' + event] || [])]) enqueue(() => listener.apply(this, values));
});

// Sockets.

// TCP below TLS, in which the close_notify can be seen: an alert after the handshake. Up to TLS 1.2 its type is in clear.
class Wire extends Duplex {
  constructor(socket) {
    super();
    this.socket = socket;
    this.header = Buffer.alloc(0);
    this.left = 0;
    this.alert = false;
    socket.on('data', (d) => {
      this.look(d);
      this.push(d);
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (e) => this.destroy(e));
  }

  look(d) {
    for (let at = 0; at < d.length;) {
      const n = Math.min(d.length - at, this.left || 5 - this.header.length);
      if (this.left) this.left -= n;
      else {
        this.header = Buffer.concat([this.header, d.subarray(at, at + n)]);
        if (this.header.length === 5) {
          if (this.header[0] === 21) this.alert = true;
          this.left = this.header.readUInt16BE(3);
          this.header = Buffer.alloc(0);
        }
      }
      at += n;
    }
  }

  _read() {}
  _write(d, encoding, done) { this.socket.write(d, done); }
  _final(done) { this.socket.end(done); }
  _destroy(e, done) {
    this.socket.destroy();
    done(e);
  }
}

class Socket {
  constructor(options, connected) {
    if (!options.fingerprint256 && !options.pinnedPubKey && !options.ca && options.rejectUnauthorized !== false) throw Object.assign(new Error('ERR_TLS_NO_TRUST: stand-in'), { code: 'ERR_TLS_NO_TRUST' });
    this.options = options;
    this.closed = false;
    this.incoming = [];
    this.pieces = 0;
    sockets.add(this);
    const comes = (f) => {
      this.incoming.push(f);
      wake();
    };
    const wire = new Wire(net.connect(options.port, options.host));
    const stream = nodeTls.connect({ socket: wire, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ALPNProtocols: options.ALPNProtocols,
      session: this.session(options) });
    this.wire = wire;
    this.stream = stream;
    stream.on('secureConnect', () => {
      // After a resumption node does not know the certificate any more.
      const fingerprint = stream.isSessionReused() ? options.session.split('\n')[1] : stream.getPeerCertificate().fingerprint256;
      if (options.fingerprint256 && ![].concat(options.fingerprint256).some((pin) => pin.replace(/:/g, '').toUpperCase() === fingerprint.replace(/:/g, '')))
        return this.fail('ERR_TLS_CERT_FINGERPRINT_MISMATCH', 'stand-in');
      if (options.pinnedPubKey && !stream.isSessionReused() && ![].concat(options.pinnedPubKey).includes(this.pin(stream)))
        return this.fail('ERR_TLS_PINNED_KEY_MISMATCH', 'stand-in');
      this.peer = { authorized: options.rejectUnauthorized !== false, fingerprint256: fingerprint, protocol: 'TLSv1.2', cipher: stream.getCipher().standardName,
        alpnProtocol: stream.alpnProtocol || undefined, maxFragmentLength: options.maxFragmentLength || 1024, resumed: stream.isSessionReused() };
      if (options.session && stream.getSession()) this.peer.session = `${this.trust(options)}\n${fingerprint}\n${stream.getSession().latin1Slice()}`;
      enqueue(() => connected.call(this, this));
      this.emit('drain');
    });
    stream.on('data', (d) => {
      const size = SPLIT || CHUNK;
      for (let at = 0; at < d.length; at += size) comes(() => this.deliver(d.subarray(at, at + size).latin1Slice()));
    });
    const cut = () => this.fail('ECONNRESET', 'the connection was cut off without close_notify');
    stream.on('end', () => comes(() => (wire.alert ? this.finish(false) : cut())));
    stream.on('error', (e) => comes(() => this.fail(e.code || 'ECONNRESET', e.message)));
    stream.on('close', () => comes(cut));
  }

  pin(stream) {
    const key = stream.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
    return `sha256//${createHash('sha256').update(key).digest('base64')}`;
  }

  // As ours, a session is bound to whom was trusted.
  trust(options) { return JSON.stringify([options.host, options.fingerprint256, options.pinnedPubKey, options.ca, options.rejectUnauthorized]); }

  session({ session, ...options }) {
    const [trust, , ...rest] = String(session).split('\n');
    return trust === this.trust(options) ? Buffer.from(rest.join('\n'), 'latin1') : undefined;
  }

  // Espruino calls these listeners at once.
  deliver(text) {
    if (this.closed) return;
    for (const listener of this['#ondata'] || []) listener.call(this, text);
    if (this.clsNow) this.finish(false);
  }

  write(text) {
    if (/[^\0-\xff]/.test(text)) throw new Error('only bytes can be written');
    if (this.closed) throw new Error('This socket is closed');
    // A second piece is all right, since "drain" comes with "connect", too. More would only lie in memory.
    if (text.length > CHUNK || ++this.pieces > 2) throw new Error('more was written than fits');
    this.stream.write(Buffer.from(text, 'latin1'), () => {
      this.pieces--;
      if (!this.closed) this.emit('drain');
    });
  }

  end() { setImmediate(() => this.finish(false)); }

  fail(code, text) {
    if (this.closed) return;
    this.emit('error', Object.assign(new Error(`${code}: ${text}`), { code }));
    this.finish(true);
  }

  finish(hadError) {
    if (this.closed) return;
    this.closed = this.cls = true; // Espruino's name for it
    sockets.delete(this);
    this.emit('close', hadError);
    this.stream.destroy();
  }
}

// What node's language has and Espruino's has not, or has otherwise: scripts must fail here as they would there.
// (js/minify.js refuses what can be seen in the text.)

// What there is of strings and arrays.
const METHODS = [
  [String.prototype, 'charAt charCodeAt indexOf lastIndexOf match replace replaceAll substring substr slice split toLowerCase toUpperCase ' +
    'trim concat startsWith endsWith includes repeat padStart padEnd'],
  [Array.prototype, 'indexOf join push pop map forEach filter find findIndex some every reduce splice shift unshift slice sort concat fill reverse includes'],
];

for (const [prototype, methods] of METHODS) {
  const known = new Set(['constructor', 'length', 'toString', ...methods.split(' ')]);
  for (const name of Object.getOwnPropertyNames(prototype)) if (!known.has(name)) delete prototype[name];
}

// "abc"[-1] throws, and so does any index of a number or a boolean. (A Proxy would catch them all, and make node ten times
// slower.)
for (const [prototype, from, to] of [[String.prototype, -20, -1], [Number.prototype, -20, 20], [Boolean.prototype, -20, 20]]) {
  for (let i = from; i <= to; i++) {
    Object.defineProperty(prototype, i, {
      get() { throw new Error(`Field or method "${i}" does not already exist, and can't create it on ${prototype.constructor.name}`); },
    });
  }
}

// Copies neither of these keys, which JSON.parse makes like any other.
Object.assign = function(to, ...others) {
  for (const other of others) for (const k of Object.keys(other || {})) if (k != '__proto__' && k != 'constructor') to[k] = other[k];
  return to;
};

// Only what ASCII has as space.
String.prototype.trim = function() { return this.replace(/^[\t-\r ]+|[\t-\r ]+$/g, ''); };

// Counts in 64 bits and wraps; what fills a buffer of 69 characters throws.
const { parseInt } = global;
function parseIntAsThere(text, radix) {
  if (/^[\da-f]{69}/i.test(text)) throw new Error('String too big to convert to number');
  const value = parseInt(text, radix);
  if (!(Math.abs(value) > Number.MAX_SAFE_INTEGER)) return value;
  return Number(BigInt.asIntN(64, BigInt((radix === 16 ? '0x' : '') + /[\da-f]+/i.exec(text)[0])));
}

// A string with characters beyond a byte stands for one that Espruino holds as UTF-8.
function isUTF8(text) { return /[^\0-\xff]/.test(text); }
function bytes(text) { return isUTF8(text) ? Buffer.from(text, 'utf8').latin1Slice() : text; }

// Modules and globals.

const modules = new Map();
const files = new Map();
const builtIn = {
  tls: { connect: (options, connected) => new Socket(options, connected) },
  espruino_tls: { info: (socket) => socket.peer || {} },
  Storage: { write: (name, text) => files.set(name, text) },
};
function load(name) {
  if (builtIn[name]) return builtIn[name];
  const source = modules.get(name) || files.get(name);
  if (source === undefined) throw new Error(`Module ${name} not found`);
  if (typeof source === 'object') return source;
  const exported = {};
  modules.set(name, exported);
  if (typeof source === 'function') {
    global.exports = exported;
    source();
  } else vm.runInThisContext(`(function(exports, require) {${source}\n})`, { filename: name })(exported, load);
  return exported;
}

Object.assign(global, {
  require: load,
  Modules: { addCached: (name, source) => modules.set(name, source) },
  E: {
    toString: (...values) => values.map((v) => (typeof v === 'string' ? bytes(v)
      : Buffer.from(v.buffer ? new Uint8Array(v.buffer, v.byteOffset, v.byteLength) : new Uint8Array(v)).latin1Slice())).join(''),
    toUint8Array: (text) => new Uint8Array(Buffer.from(text, 'latin1')),
    sum: (data) => data.reduce((a, b) => a + b, 0),
    isUTF8,
    fromUTF8: bytes,
  },
  parseInt: parseIntAsThere,
  changeInterval: (timer, ms) => {
    timer._repeat = timer._idleTimeout = ms; // node's own names: it has no call for it
    timer.refresh();
  },
  setTime: () => {},
  quit: () => process.exit(0),
});
vm.runInThisContext(fs.readFileSync(process.argv[2], 'utf8'), { filename: process.argv[2] });
