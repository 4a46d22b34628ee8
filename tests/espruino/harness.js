// What every test file gets first: CONFIG (ports, fingerprints, files) is above this.
//   test(name, function(done) { ... done(); })   one after the other; done(text) or an exception fails it
//   unchanged(n, each, done): memory is the same after n calls of each(next)
//   equal(is, should, what), collect(response, function(body) {...}), https(), sum(text)
var TESTS = [], FAILED = 0, PASSED = 0, SKIPPED = 0, CURRENT;

function test(name, f) { TESTS.push([name, f]); }

// A test of what is under https.js, which means nothing in a stand-in.
function testNative(name, f) {
  if (!CONFIG.standIn) return test(name, f);
  SKIPPED++;
  console.log("SKIP " + name);
}

function finished(problem) {
  var t = CURRENT;
  if (!t || t.over) return;
  t.over = true;
  clearTimeout(t.timer);
  if (problem) FAILED++;
  else PASSED++;
  console.log((problem ? "FAIL " : "PASS ") + t.name + (problem ? ": " + problem : ""));
  CURRENT = undefined;
  setTimeout(nextTest, 10);
}

function nextTest() {
  var t = TESTS.shift(), it;
  if (!t) {
    console.log("RESULT " + PASSED + " " + FAILED + " " + SKIPPED);
    quit();
    return;
  }
  it = CURRENT = { name : t[0] };
  it.timer = setTimeout(function() { finished("it does not end"); }, CONFIG.patience * 1000);
  try {
    t[1](function(problem) { if (CURRENT === it) finished(problem); });
  } catch (e) {
    finished("" + e);
  }
}

process.on("uncaughtException", function(e) { finished("uncaught " + e); });

function equal(is, should, what) {
  if (is !== should) throw new Error((what || "value") + " is " + JSON.stringify(is) + ", not " + JSON.stringify(should));
}

// A number for a body that is the same here and in Python's sum().
function sum(text) { return E.sum(E.toUint8Array(text)); }

// The whole body of a response, once it has ended in an orderly way.
function collect(res, f) {
  var body = "";
  res.on("data", function(d) { body += d; });
  res.on("end", function() { f(body); });
}

function hex(text) { return E.toUint8Array(text).map(function(c) { return c; }).reduce(function(a, c) { return a + (c + 256).toString(16).substr(1); }, ""); }

function https() { return require("https"); }

// Options for the server of that name, whose certificate is pinned.
function pinned(server, options) {
  return Object.assign({ host : "127.0.0.1", port : CONFIG.ports[server], fingerprint256 : CONFIG.fingerprints.self }, options);
}

// Expects an error with this code, a text that begins with it and says what to do, and no response.
function refused(options, code, text, done) {
  var req;
  try {
    req = https().get(options, function() { done("there was a response"); });
  } catch (e) {
    return isError(e, code, text, done);
  }
  req.on("error", function(e) { isError(e, code, text, done); });
}

function isError(e, code, text, done) {
  if (e.code !== code) return done("code is " + e.code + ", not " + code + ": " + e.message);
  if (e.message.substr(0, code.length + 2) != code + ": ") return done("the text does not begin with the code: " + e.message);
  if (e.message.indexOf(text) < 0) return done("the text is: " + e.message);
  done();
}

// Expects this error in the middle of an answer.
function broken(options, code, text, done) {
  var ended = false, errors = [], req = https().get(options, function(res) {
    res.on("data", function() {});
    res.on("end", function() { ended = true; });
  });
  req.on("error", function(e) { errors.push(e); });
  req.on("close", function(hadError) {
    setTimeout(function() {
      if (ended) return done("there was an end");
      if (errors.length != 1) return done(errors.length + " errors");
      if (!hadError) return done("close does not tell of the error");
      isError(errors[0], code, text, done);
    }, 50);
  });
}

// In flat memory made beforehand, so that measuring does not change what is measured.
var USED = new Uint32Array(2), COUNTS = new Uint32Array(2);

// Calls each(next) 3 times, for what is made once; measure; n times; measure in the same place of the program. Both must be equal.
function unchanged(n, each, done) {
  COUNTS[0] = 3;
  COUNTS[1] = n;
  round(0, each, done);
}

function round(r, each, done) {
  if (COUNTS[r]--) {
    each(function(problem) {
      if (problem) done(problem);
      else round(r, each, done);
    });
  } else setTimeout(measure, 200, r, each, done);
}

function measure(r, each, done) {
  USED[r] = process.memory().usage;
  if (!r) return round(1, each, done);
  done(USED[0] != USED[1] && "memory was " + USED[0] + " variables and is " + USED[1]);
}

setTimeout(nextTest, 1);
