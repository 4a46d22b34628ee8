// https-full.min.js over the real ESP8266 AT driver and a modem: one connection for several requests.

test("three polls and a download over one connection of the modem", function(done) {
  Serial1.setup(115200, { path : CONFIG.tty });
  var wifi = require("ESP8266WiFi").connect(Serial1, function(e) {
    if (e) return done(e);
    wifi.connect("network", "password", function(e) {
      if (e) return done(e);
      poll(3, done);
    });
  });
});

function kept(path) { return pinned("kept", { path : path, keepAlive : 1500 }); }

function poll(n, done) {
  if (!n) return download(done);
  https().get(kept("/100"), function(res) {
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["100"]);
      setTimeout(poll, 300, n - 1, done);
    });
  }).on("error", function(e) { done(e.message); });
}

function download(done) {
  var got = "";
  https().download(kept("/range/3000"), { keepAlive : 1500 }, { write : function(d) { got += d; } }, function(err, bytes) {
    if (err) return done(err.message);
    equal(bytes, 3000);
    equal(sum(got), CONFIG.sums["3000"]);
    setTimeout(done, 2500); // the connection is closed by then
  });
}
