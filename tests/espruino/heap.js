// The heap of a Pixl.js: what is left of it at the handshake's peak. Not through harness.js, which would count, too.
var PEAK = { free : process.memory().free }, OPEN = 0;
function look() {
  var m = process.memory();
  if (m.free < PEAK.free) PEAK = m;
}
Serial1.setup(115200, { path : CONFIG.tty });
print("HEAP start", process.memory().free * process.memory().blocksize);
var wifi = require("ESP8266WiFi").connect(Serial1, function(e) {
  wifi.connect("network", "password", function(e) {
    var poll = setInterval(look, 1), before = process.memory(), req;
    PEAK = before;
    req = require("https").get({ host : "127.0.0.1", port : CONFIG.port, path : "/3000", fingerprint256 : CONFIG.fingerprint }, function(res) {
      var length = 0, handshake = PEAK, info = require("espruino_tls").info(res.socket);
      res.on("data", function(d) { length += d.length; look(); });
      res.on("close", function() {
        clearInterval(poll);
        print("HEAP result", JSON.stringify({ length : length, bytes : before.blocksize, total : before.total, before : before.free,
          handshake : handshake.free, all : PEAK.free, after : process.memory().free, tls : info.memory, authorized : res.socket.authorized }));
        quit();
      });
    });
    req.on("error", function(e) {
      print("HEAP error", e.message);
      quit();
    });
  });
});
