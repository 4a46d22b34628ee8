// Over the real ESP8266 AT driver and a modem: the Pixl.js path.

test("get over the modem, pinned, server self-signed", function(done) {
  Serial1.setup(115200, { path : CONFIG.tty });
  var wifi = require("ESP8266WiFi").connect(Serial1, function(e) {
    if (e) return done(e);
    wifi.connect("network", "password", function(e) {
      if (e) return done(e);
      var problem, req = https().get(pinned("self", { path : CONFIG.path, ALPNProtocols : ["http/1.1"] }), function(res) {
        equal(res.socket.authorized, true);
        collect(res, function(body) {
          equal(body.length, CONFIG.length);
          equal(sum(body), CONFIG.sum);
        });
      });
      req.on("error", function(e) { problem = e; });
      req.on("close", function() {
        if (CONFIG.code) isError(problem || { message : "no error" }, CONFIG.code, "", done);
        else if (problem || !CONFIG.more) done(problem && problem.message);
        else twoAtOnce(done);
      });
    });
  });
});

// After the first one, so the first one's end was an orderly one for the modem, too.
function twoAtOnce(done) {
  var left = 2;
  [3000, 1000].forEach(function(n) {
    https().get(pinned("self", { path : "/" + n }), function(res) {
      collect(res, function(body) {
        equal(sum(body), CONFIG.sums[n]);
        if (!--left) done();
      });
    }).on("error", function(e) { done(e.message); });
  });
}
