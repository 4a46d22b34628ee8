// The module, from wherever it came before this; and nothing else is changed by it.

test("get and be refused", function(done) {
  https().get(pinned("self", { path : "/1000" }), function(res) {
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["1000"]);
      refused(pinned("p256"), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "", done);
    });
  });
});
test("no globals are left", function(done) {
  equal(ADDED.join(), "");
  done();
});
testNative("Espruino's own http is as before", function(done) {
  require("http").get({ host : "127.0.0.1", port : CONFIG.ports.plain, path : "/" }, function(res) {
    equal(res.statusCode, "400");
    done();
  });
});
