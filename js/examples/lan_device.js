/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Reads from a device in the LAN, such as a Powerwall, over the ESP8266 of a Pixl.js's WiFi shield, every minute. The
device's certificate is its own work, so it is pinned. How to get the fingerprint is in https.md. */

var DEVICE = {
  host : "192.168.1.50",
  path : "/api/meters/aggregates",
  fingerprint256 : "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
};

function read() {
  var body = "";
  require("https").get(DEVICE, function(res) {
    res.on("data", function(d) { body += d; });
    res.on("end", function() {
      if (res.statusCode != 200) console.log("the device says", res.statusCode, res.statusMessage);
      else console.log("solar power:", JSON.parse(body).solar.instant_power);
    });
  }).on("error", function(e) { console.log(e.message); });
}

function onInit() {
  // The console would move to Serial1, where the ESP8266 is, when Bluetooth disconnects.
  E.setConsole("Bluetooth", { force : true });
  Serial1.setup(115200, { tx : D1, rx : D0 });
  var wifi = require("ESP8266WiFi_0v25").connect(Serial1, function(err) {
    if (err) throw err;
    wifi.connect("NETWORK", "PASSWORD", function(err) {
      if (err) throw err;
      read();
      setInterval(read, 60000);
    });
  });
}
