// What goes wrong on the way. An error comes once, with its code and a text that says what to do; never as an end.

function cut(text) { return pinned("self", { path : "/cut/" + hex(text) }); }

test("what came before the error is not lost", function(done) {
  var body = "";
  https().get(cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), function(res) {
    res.on("data", function(d) { body += d; });
  }).on("error", function() {
    equal(body, "12345");
    done();
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

// What is thrown in https.js itself is not the network's fault. Here a function that it calls throws.
test("a fault of our own in sending", function(done) {
  sabotage();
  broken(pinned("self", { path : "/10" }), "ERR_INTERNAL_ASSERTION", "wanted: for this test, in https.js. Please report it", done);
});
test("a fault of our own in receiving", function(done) {
  var errors = [], req = https().get(pinned("self", { path : "/raw/" + hex("HTTP/1.1 200 OK\r\n\r\n12345") + "?step=20" }), function(res) {
    res.on("end", function() { errors.push("an end"); });
    sabotage();
  });
  req.on("error", function(e) { errors.push(e); });
  req.on("close", function() {
    setTimeout(function() {
      if (errors.length != 1) return done(errors.length + " errors");
      isError(errors[0], "ERR_INTERNAL_ASSERTION", "wanted: for this test, in https.js. Please report it", done);
    }, 50);
  });
});

// Throws where https.js calls this function the next time.
function sabotage() {
  var right = changeInterval;
  global.changeInterval = function() {
    global.changeInterval = right;
    throw new Error("wanted: for this test");
  };
}

test("the server goes away while a body is sent", function(done) {
  var errors = [], req = https().request(pinned("self", { method : "POST", path : "/cut/" }), function() { errors.push("a response"); });
  req.on("error", function(e) { errors.push(e); });
  req.on("close", function() {
    setTimeout(function() {
      if (errors.length != 1) return done(errors.length + " errors");
      done(errors[0].code == "ECONNRESET" || errors[0].code == "EPIPE" ? undefined : "" + errors[0]);
    }, 50);
  });
  req.end(new Uint8Array(300000));
});

test("timeout: the server never answers the handshake", function(done) {
  broken(pinned("silent", { timeout : 300 }), "ETIMEDOUT", "nothing happened for 300 ms. Is the server up?", done);
});
test("timeout: the server never answers the request", function(done) {
  broken(pinned("self", { path : "/open/", timeout : 300 }), "ETIMEDOUT", "nothing happened for 300 ms", done);
});
test("timeout: the body stops", function(done) {
  broken(pinned("self", { path : "/open/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), timeout : 300 }), "ETIMEDOUT", "nothing happened", done);
});
test("timeout: headers a byte at a time", function(done) {
  broken(pinned("self", { path : "/slow/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") + "?step=1", timeout : 700 }), "ETIMEDOUT", "nothing happened", done);
});
test("no timeout: a body a byte at a time", function(done) {
  https().get(pinned("self", { path : "/slow/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + "0123456789".repeat(6)) + "?step=4", timeout : 2000 }), function(res) {
    collect(res, function(body) { done(body != "0123456789".repeat(6) && "the body is " + body); });
  }).on("error", function(e) { done("" + e); });
});
test("no timeout: a chunk at a time", function(done) {
  https().get(pinned("self", { path : "/slow/" + hex("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + "1\r\nx\r\n".repeat(30) + "0\r\n\r\n") + "?step=6", timeout : 2000 }), function(res) {
    collect(res, function(body) { done(body != "x".repeat(30) && "the body is " + body); });
  }).on("error", function(e) { done("" + e); });
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
testNative("no such host", function(done) {
  refused({ host : "no-such-host.invalid", rejectUnauthorized : false }, "ENOTFOUND", "Unable to locate host", done);
});
test("destroy with an error: it is told", function(done) {
  var req = https().get(pinned("self", { path : "/open/" })), errors = [];
  req.on("error", function(e) { errors.push(e.message); });
  req.on("close", function(hadError) {
    setTimeout(function() {
      equal(errors.join(), "enough");
      equal(hadError, true);
      done();
    }, 50);
  });
  req.destroy(new Error("enough"));
});
test("destroy without one: as abort", function(done) {
  var req = https().get(pinned("self", { path : "/open/" })), errors = 0;
  req.on("error", function(e) { errors++; });
  req.on("close", function(hadError) {
    equal(hadError, false);
    setTimeout(function() { done(errors && "there was an error"); }, 50);
  });
  setTimeout(function() { req.destroy(); }, 50);
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
