// Espruino's own `tls` and `http`, without require("https").

test("tls.connect with options", function(done) {
  var data = "", s = require("tls").connect(pinned("self"), function(socket) {
    equal(socket, s, "socket");
    s.write("GET /10 HTTP/1.1\r\n\r\n");
  });
  s.on("data", function(d) { data += d; });
  s.on("close", function(hadError) {
    equal(hadError, false);
    equal(data.split("\r\n\r\n")[1].length, 10);
    equal(require("espruino_tls").info(s).ended, true, "ended");
    done();
  });
});
test("tls.connect refuses a wrong fingerprint", function(done) {
  var s = require("tls").connect(pinned("p256"), function() { done("it connects"); });
  s.on("error", function(e) { isError(e, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "was it renewed?", done); });
});
// Calls done() with what comes on the console instead of an event.
function shown(done) {
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", function(e) {
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", function(e) { finished("uncaught " + e); });
    done(e);
  });
}

test("tls.connect: a refusal that nobody listens for is shown", function(done) {
  shown(function(e) { isError(e, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "was it renewed?", done); });
  require("tls").connect(pinned("p256"));
});
test("http.get: a refusal that nobody listens for is shown", function(done) {
  shown(function(e) { isError(e, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "was it renewed?", done); });
  require("http").get(pinned("p256", { protocol : "https:", path : "/" }), function() {});
});
test("a piece of PEM is not taken for a file's name", function(done) {
  try {
    require("tls").connect({ host : "localhost", port : CONFIG.ports.p256, ca : "-----BEGIN CERTIFICATE-----\nMIIB" });
  } catch (e) {
    return isError(e, "ERR_OSSL_PEM_BAD_END_LINE", "line 2, column 5", done);
  }
  done("nothing was thrown");
});
test("http.get with protocol https:", function(done) {
  require("http").get(pinned("self", { protocol : "https:", path : "/1000" }), function(res) {
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["1000"]);
      done();
    });
  });
});

// What Espruino's http makes of an answer: calls done({ body, errors, close }).
function native(options, done) {
  var got = { body : "", errors : [] }, req = require("http").request(options, function(res) {
    res.on("data", function(d) { got.body += d; });
    res.on("close", function(hadError) {
      got.close = hadError;
      setTimeout(done, 100, got);
    });
  });
  req.on("error", function(e) { got.errors.push(e); });
  req.end();
}

test("http: a body that ends with the connection comes whole", function(done) {
  native(pinned("self", { protocol : "https:", path : "/until-close/20000" }), function(got) {
    equal(got.errors.length, 0, "errors");
    equal(got.close, false, "close");
    equal(got.body.length, 20000);
    equal(sum(got.body), CONFIG.sums["20000"]);
    done();
  });
});
[["some of it", "12345", ""], ["nothing of it", "", ""], ["some of it, in pieces", "12345", "?step=7"]].forEach(function(t) {
  test("http: a body that ends with the connection, cut after " + t[0] + ": an error", function(done) {
    native(pinned("self", { protocol : "https:", path : "/cut/" + hex("HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + t[1]) + t[2] }), function(got) {
      equal(got.errors.length, 1, "errors");
      equal(got.close, true, "close");
      equal(got.body, t[1]);
      isError(got.errors[0], "ECONNRESET", "without close_notify", done);
    });
  });
});
test("http: cut in a body with a length, and in chunks: an error", function(done) {
  native(pinned("self", { protocol : "https:", path : "/cut/" + hex("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345") }), function(got) {
    equal(got.errors.length, 1, "errors");
    native(pinned("self", { protocol : "https:", path : "/cut/" + hex("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n") }), function(got) {
      equal(got.errors.length, 1, "errors");
      isError(got.errors[0], "ECONNRESET", "without close_notify", done);
    });
  });
});
[["a length", "GET", "200 OK\r\nContent-Length: 5\r\n\r\n12345", "12345"], ["a length in lower case", "GET", "200 OK\r\ncontent-length: 5\r\n\r\n12345", "12345"],
 ["a length of nothing", "GET", "200 OK\r\nContent-Length: 0\r\n\r\n", ""], ["chunks", "GET", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", "12345"],
 ["no body, to HEAD", "HEAD", "200 OK\r\nX: y\r\n\r\n", ""], ["no body, 204", "GET", "204 No Content\r\nX: y\r\n\r\n", ""], ["no body, 304", "GET", "304 Not Modified\r\nX: y\r\n\r\n", ""]
].forEach(function(t) {
  test("http: complete with " + t[0] + ", then cut: no error", function(done) {
    native(pinned("self", { protocol : "https:", method : t[1], path : "/cut/" + hex("HTTP/1.1 " + t[2]) }), function(got) {
      equal(got.errors.length, 0, "errors");
      equal(got.close, false, "close");
      equal(got.body, t[3]);
      done();
    });
  });
});
test("http.get still works without TLS", function(done) {
  require("http").get({ host : "127.0.0.1", port : CONFIG.ports.plain, path : "/" }, function(res) {
    equal(res.statusCode, "400");
    done();
  });
});
