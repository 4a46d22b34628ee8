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
test("http.get with protocol https:", function(done) {
  require("http").get(pinned("self", { protocol : "https:", path : "/1000" }), function(res) {
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["1000"]);
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
