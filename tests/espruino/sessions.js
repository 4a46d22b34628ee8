// The sessions that https.js keeps by itself.

// A request; done(problem, whether its connection was resumed).
function connects(options, done) {
  https().get(Object.assign({ path : "/100" }, options), function(res) {
    var resumed = !!res.socket.resumed;
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums[100]);
      setTimeout(done, 1, undefined, resumed); // the session is kept once the request is over
    });
  }).on("error", function(e) { done(e.message); });
}

// Requests one after the other: [options, whether its connection is resumed], ...
function sequence(steps, done) {
  var n = 0;
  function next(problem, resumed) {
    if (!problem && n && resumed !== steps[n - 1][1]) problem = "resumed is " + resumed;
    if (problem) done("request " + n + ": " + problem);
    else if (n == steps.length) done();
    else connects(steps[n++][0], next);
  }
  next();
}

["self", "tls12"].forEach(function(server) {
  var title = server == "self" ? "newest TLS" : "TLS 1.2";
  test("the second and third resume, " + title, function(done) {
    sequence([[pinned(server), false], [pinned(server), true], [pinned(server), true]], done);
  });
  test("session: false does not, " + title, function(done) {
    sequence([[pinned(server), true], [pinned(server, { session : false }), false], [pinned(server), true]], done);
  });
  test("another trust does not, " + title, function(done) {
    sequence([
      [pinned(server), true],
      [pinned(server, { fingerprint256 : [CONFIG.fingerprints.p256, CONFIG.fingerprints.self] }), false],
      [pinned(server), false],
      [pinned(server), true]
    ], done);
  });
  test("the wrong fingerprint is refused, whatever is kept, " + title, function(done) {
    refused(pinned(server, { fingerprint256 : CONFIG.fingerprints.p256 }), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "", function(problem) {
      if (problem) done(problem);
      else sequence([[pinned(server), false], [pinned(server), true]], done);
    });
  });
});

var CHECKED = { host : "127.0.0.1", port : CONFIG.ports.p256 };

function checked(options) { return Object.assign({}, CHECKED, options); }

testNative("another authority, name or insecurity does not resume", function(done) {
  sequence([
    [checked({ ca : CONFIG.ca }), false],
    [checked({ ca : CONFIG.ca }), true],
    [checked({ ca : [CONFIG.ca, CONFIG.caRsa] }), false],
    [checked({ ca : CONFIG.ca, servername : "device.test" }), false],
    [checked({ fingerprint256 : CONFIG.fingerprints.p256 }), false],
    [checked({ rejectUnauthorized : false }), false],
    [checked({ ca : CONFIG.ca }), false],
    [checked({ ca : CONFIG.ca }), true]
  ], done);
});
testNative("a session made with insecurity is not used with a check", function(done) {
  sequence([[checked({ rejectUnauthorized : false }), false]], function(problem) {
    if (problem) done(problem);
    else refused(checked({ ca : CONFIG.caRsa }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "", done);
  });
});
test("two servers are remembered, the third takes the place of the oldest", function(done) {
  var third = pinned("p256", { fingerprint256 : CONFIG.fingerprints.p256 });
  connects(pinned("self"), function(problem) {
    if (problem) return done(problem);
    connects(pinned("tls12"), function(problem) {
      if (problem) return done(problem);
      sequence([
        [pinned("self"), true],
        [pinned("tls12"), true],
        [third, false],
        [pinned("tls12"), true],
        [third, true],
        [pinned("self"), false]
      ], done);
    });
  });
});
testNative("50 requests to two servers leave nothing behind", function(done) {
  unchanged(50, function(next) {
    connects(pinned("self"), function(problem, resumed) {
      if (problem) return next(problem);
      connects(pinned("tls12"), next);
    });
  }, done);
});
