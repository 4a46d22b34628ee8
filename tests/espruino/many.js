// Nothing is left behind.

test("200 requests", function(done) {
  unchanged(200, function(next) {
    https().get(pinned("self", { path : "/100" }), function(res) {
      res.on("data", function(d) { equal(d.length, 100); });
      res.on("close", function(e) { next(e && "error"); });
    });
  }, done);
});
test("50 posts with an answer in chunks, checked by a CA", function(done) {
  unchanged(50, function(next) {
    https().request({ host : "127.0.0.1", port : CONFIG.ports.p256, ca : CONFIG.ca, method : "POST", path : "/echo" }, function(res) {
      res.on("close", function(e) { next(e && "error"); });
    }).end("x".repeat(2000));
  }, done);
});
test("50 refusals", function(done) {
  unchanged(50, function(next) {
    https().get(pinned("p256")).on("error", function(e) {}).on("close", function() { next(); });
  }, done);
});
test("50 aborts", function(done) {
  unchanged(50, function(next) {
    var req = https().get(pinned("self", { path : "/30000" }), function(res) {
      res.on("data", function() { req.abort(); });
    });
    req.on("close", function() { next(); });
  }, done);
});
test("50 connections cut off", function(done) {
  unchanged(50, function(next) {
    https().get(pinned("self", { path : "/cut/" + hex("HTTP/1.1 200 OK\r\n\r\n12345") })).on("error", function(e) {}).on("close", function() { next(); });
  }, done);
});
