// The heap of a Pixl.js: what is left of it at the handshake's peak. This is in flash, https.js is in flash, the modem's
// driver is in Storage or in RAM. Not through harness.js, which would count, too. run.py puts values for TTY, PORT and FINGERPRINT.
var FREE = { handshake : Infinity, later : Infinity }, REQ;

function look() {
  var when = REQ && REQ.socket && REQ.socket.authorized === undefined ? "handshake" : "later";
  FREE[when] = Math.min(FREE[when], process.memory().free);
}

Serial1.setup(115200, { path : TTY });
var WIFI = require("ESP8266WiFi").connect(Serial1, function() {
  WIFI.connect("network", "password", function() {
    FREE.before = process.memory().free;
    setInterval(look, 1);
    REQ = require("https").get({ host : "127.0.0.1", port : PORT, path : "/3000", fingerprint256 : FINGERPRINT }, function(res) {
      look();
      FREE.length = 0;
      FREE.tls = require("espruino_tls").info(res.socket).memory;
      res.on("data", function(d) {
        FREE.length += d.length;
        look();
      });
      res.on("close", function() {
        FREE.authorized = res.socket.authorized;
        FREE.protocol = res.socket.protocol;
        FREE.total = process.memory().total;
        FREE.bytes = process.memory().blocksize;
        print("HEAP result", JSON.stringify(FREE));
        quit();
      });
    });
    REQ.on("error", function(e) {
      print("HEAP error", e.message);
      quit();
    });
  });
});
