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
        if (CONFIG.code) isError(problem || {message : "no error"}, CONFIG.code, "", done);
        else done(problem && problem.message);
      });
    });
  });
});
