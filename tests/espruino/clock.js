// The clock is not set: it is 1970.

test("it is 1970", function(done) {
  equal(new Date().getFullYear(), 1970);
  done();
});
test("ca: refused with a text of its own", function(done) {
  refused({ host : "127.0.0.1", port : CONFIG.ports.p256, ca : CONFIG.ca }, "ERR_TLS_CLOCK_NOT_SET", "set it first; or do without dates (setTime(), for instance from an NTP server; `checkValidity: false`)", done);
});
test("ca: dates can be left out", function(done) {
  https().get({ host : "127.0.0.1", port : CONFIG.ports.p256, ca : CONFIG.ca, checkValidity : false, path : "/1" }, function(res) {
    equal(res.socket.authorized, true);
    done();
  }).on("error", function(e) { done(e.message); });
});
test("a fingerprint needs no clock", function(done) {
  https().get(pinned("self", { path : "/1" }), function(res) {
    equal(res.socket.authorized, true);
    done();
  }).on("error", function(e) { done(e.message); });
});
