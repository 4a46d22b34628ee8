// What goes wrong on the way. An error comes once, with its code and a text that says what to do; never as an end.

function cut(text) { return pinned("self", { path : "/cut/" + hex(text) }); }

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

test("dropped before an answer", function(done) { broken(cut(""), "ECONNRESET", "", done); });
test("dropped in the headers", function(done) { broken(cut("HTTP/1.1 200 OK\r\nContent-Len"), "ECONNRESET", "", done); });
test("dropped in a body with a length", function(done) { broken(cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), "ECONNRESET", "", done); });
test("dropped in a chunked body", function(done) { broken(cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"), "ECONNRESET", "", done); });
test("dropped in a body without a length", function(done) { broken(cut("HTTP/1.1 200 OK\r\n\r\n12345"), "ECONNRESET", "without close_notify", done); });
test("close_notify in a body with a length", function(done) {
  broken(pinned("self", { path : "/raw/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345") }), "ECONNRESET", "ended before the answer did", done);
});
test("dropped after a complete answer: no error", function(done) {
  var n = 2;
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"].forEach(function(text) {
    https().get(cut(text), function(res) {
      collect(res, function(body) {
        equal(body, "12345");
        if (!--n) setTimeout(done, 300);
      });
    }).on("error", function(e) { done(e.message); });
  });
});

test("what came before the error is not lost", function(done) {
  var body = "";
  https().get(cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), function(res) {
    res.on("data", function(d) { body += d; });
  }).on("error", function() {
    equal(body, "12345");
    done();
  });
});

[["not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "HPE_INVALID_CONSTANT"], ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "HPE_INVALID_CONSTANT"],
 ["a status of letters", "HTTP/1.1 2x0 OK\r\n\r\n", "HPE_INVALID_CONSTANT"], ["a short status", "HTTP/1.1 20\r\n\r\n", "HPE_INVALID_CONSTANT"],
 ["a header without a colon", "HTTP/1.1 200 OK\r\nfoo\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"],
 ["a header without a name", "HTTP/1.1 200 OK\r\n: foo\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"],
 ["a header with a space in its name", "HTTP/1.1 200 OK\r\nfoo : bar\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"],
 ["a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"],
 ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n12345", "HPE_INVALID_CONTENT_LENGTH"],
 ["a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n12345", "HPE_INVALID_CONTENT_LENGTH"],
 ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345", "HPE_INVALID_CONTENT_LENGTH"],
 ["an encoding that was not asked for", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HPE_INVALID_TRANSFER_ENCODING"],
 ["another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HPE_INVALID_STATUS"],
 ["a chunk size of letters", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HPE_INVALID_CHUNK_SIZE"],
 ["a chunk size below zero", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", "HPE_INVALID_CHUNK_SIZE"],
 ["a chunk size beyond counting", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", "HPE_INVALID_CHUNK_SIZE"],
 ["no chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "HPE_INVALID_CHUNK_SIZE"],
 ["a chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "HPE_INVALID_CHUNK_SIZE"]
].forEach(function(t) {
  test("the answer has " + t[0], function(done) {
    broken(pinned("self", { path : "/open/" + hex(t[1]) }), t[2], "is not valid HTTP/1.1. Is it the right port?", done);
  });
});

test("too many headers", function(done) { tooLarge("HTTP/1.1 200 OK\r\n", "a:b\r\n", 200, {}, done); });
test("too long a header", function(done) { tooLarge("HTTP/1.1 200 OK\r\nA: ", "b", 4200, {}, done); });
test("too long a status line", function(done) { tooLarge("HTTP/1.1 200 ", "b", 4200, {}, done); });
test("endless 100 Continue", function(done) { tooLarge("", "HTTP/1.1 100 Continue\r\n\r\n", 150, {}, done); });
test("too long a chunk size", function(done) { tooLarge("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", 4200, {}, done); });
test("too many trailers", function(done) {
  tooLarge("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a:b\r\n", 200, {}, done);
});
test("a limit of one's own", function(done) { tooLarge("HTTP/1.1 200 OK\r\nA: ", "b", 300, { maxHeaderSize : 300 }, done); });

function tooLarge(first, repeated, times, options, done) {
  options.path = "/open/" + hex(first) + "-" + hex(repeated) + "*" + times;
  broken(pinned("self", options), "HPE_HEADER_OVERFLOW", "Raise `maxHeaderSize`", done);
}

test("timeout: the server never answers the handshake", function(done) {
  broken(pinned("silent", { timeout : 300 }), "ETIMEDOUT", "nothing happened for 300 ms. Is the server up?", done);
});
test("timeout: the server never answers the request", function(done) {
  broken(pinned("self", { path : "/open/", timeout : 300 }), "ETIMEDOUT", "nothing happened for 300 ms", done);
});
test("timeout: the body stops", function(done) {
  broken(pinned("self", { path : "/open/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), timeout : 300 }), "ETIMEDOUT", "nothing happened", done);
});
testNative("timeout: the server takes no more, and the connection is closed all the same", function(done) {
  var data = "x".repeat(5000), req = https().request(pinned("stuck", { method : "POST", timeout : 500 }), function() { done("there was a response"); });
  req.on("drain", function() { req.write(data); });
  req.on("error", function(e) {
    equal(e.code, "ETIMEDOUT");
    equal(!req.socket.dSnd, false, "there is nothing left to send");
    setTimeout(function() {
      equal("sckt" in req.socket, false, "Espruino has the connection still"); // its name for its number
      done();
    }, 100);
  });
  req.write(data);
});

testNative("nobody listens there", function(done) {
  var errors = 0;
  https().get(pinned("closed"), function() { done("there was a response"); }).on("error", function(e) {
    if (errors++) return done("two errors");
    setTimeout(function() { done(/^[A-Z_]+: /.test(e.message) && e.message.indexOf(e.code) == 0 ? undefined : e.code + ", " + e.message); }, 100);
  });
});
testNative("plain HTTP there", function(done) { refused(pinned("plain"), "ERR_SSL_WRONG_VERSION_NUMBER", "is it plain HTTP?", done); });
testNative("closed in the handshake", function(done) { refused(pinned("dead"), "ECONNRESET", "in the middle of the handshake. is this a TLS port", done); });
testNative("no cipher in common", function(done) { refused(pinned("old"), "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "the server refused", done); });

test("an error that nobody listens for is shown", function(done) {
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", function(e) {
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", function(e) { finished("uncaught " + e); });
    isError(e, "ERR_SSL_WRONG_VERSION_NUMBER", "", done);
  });
  https().get(pinned("plain"));
});

test("retry: until it works", function(done) {
  var n = 0, port = CONFIG.ports.plain;
  https().retry(function(again) {
    n++;
    https().get(pinned(n < 3 ? "plain" : "self", { path : "/10" }), function(res) {
      collect(res, function(body) {
        equal(body.length, 10);
        equal(n, 3);
        done();
      });
    }).on("error", function(e) {
      again(e);
      again(e); // counts once
    });
  }, { base : 5 });
});
test("retry: until the tries are used up", function(done) {
  var n = 0;
  https().retry(function(again) {
    n++;
    https().get(pinned("plain")).on("error", again);
  }, { tries : 3, base : 5, max : 10 }, function(e) {
    equal(n, 3);
    isError(e, "ERR_SSL_WRONG_VERSION_NUMBER", "", done);
  });
});
