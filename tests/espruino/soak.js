// CONFIG.rounds times ten connections in one interpreter, good ones and all sorts of bad ones in between. The last of the ten
// leave the same sessions behind each time, so that the memory must be the same.
function fetched(options, done) {
  https().get(options, function(res) {
    res.on("data", function() {});
    res.on("close", function(e) { done(e && "an error"); });
  });
}

// Ends with an error that has this code.
function failed(options, code, done) {
  var found;
  https().get(options, function(res) { res.on("data", function() {}); }).on("error", function(e) { found = e.code; }).on("close", function() {
    done(found != code && "the error is " + found + ", not " + code);
  });
}

function byCa(options) {
  return Object.assign({ host : "127.0.0.1", port : CONFIG.ports.p256, ca : CONFIG.ca }, options);
}

var CUT = "/cut/" + hex("HTTP/1.1 200 OK\r\n\r\n12345"), WRONG = "/raw/" + hex("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n");

var KINDS = [
  function(next) { fetched(pinned("self", { path : "/3000" }), next); },
  function(next) { failed(pinned("self", { path : CUT }), "ECONNRESET", next); },
  function(next) { failed(pinned("p256"), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", next); },
  function(next) {
    https().request(byCa({ method : "POST", path : "/echo" }), function(res) {
      res.on("close", function(e) { next(e && "an error"); });
    }).end("x".repeat(2000));
  },
  function(next) { failed(pinned("self", { path : WRONG }), "HPE_INVALID_CHUNK_SIZE", next); },
  function(next) {
    var req = https().get(pinned("self", { path : "/30000" }), function(res) { res.on("data", function() { req.abort(); }); });
    req.on("close", function() { next(); });
  },
  function(next) { failed(pinned("expired", { ca : CONFIG.ca, fingerprint256 : undefined }), "CERT_HAS_EXPIRED", next); },
  function(next) { fetched(pinned("self", { path : "/chunked/3000" }), next); },
  function(next) { fetched(byCa({ path : "/100" }), next); },
  function(next) { fetched(pinned("self", { path : "/100" }), next); }
];

function ten(n, next) {
  KINDS[n](function(problem) {
    if (problem || ++n == KINDS.length) next(problem && "number " + n + ": " + problem);
    else ten(n, next);
  });
}

test(CONFIG.rounds + " times ten connections", function(done) {
  unchanged(CONFIG.rounds, function(next) { ten(0, next); }, done);
});
