// A Powerwall in the LAN over the real ESP8266 AT driver and a modem: pinned, insecure, and another than the pinned one.

var PINS = CONFIG.systems.fingerprints, WIFI;

function read(options, done) {
  https().get(Object.assign({ host : "127.0.0.1", port : CONFIG.systems.ports.powerwall, path : "/3000" }, options), function(res) {
    equal(res.socket.authorized, !!options.fingerprint256, "authorized");
    equal(res.socket.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums[3000]);
      done();
    });
  }).on("error", function(e) { done(e.message); });
}

test("the modem is there", function(done) {
  Serial1.setup(115200, { path : CONFIG.tty });
  WIFI = require("ESP8266WiFi").connect(Serial1, function(e) {
    if (e) return done(e);
    WIFI.connect("network", "password", done);
  });
});
test("pinned", function(done) { read({ fingerprint256 : PINS["self-ec"] }, done); });
test("insecure", function(done) { read({ rejectUnauthorized : false }, done); });
test("another certificate than the pinned one", function(done) {
  refused({ host : "127.0.0.1", port : CONFIG.systems.ports["powerwall-renewed"], fingerprint256 : PINS["self-ec"] },
    "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "was it renewed?", function(e) {
    // The server ends the connection when it is told why, and perhaps before the modem is told to: the driver takes half of
    // the modem's refusal for the answer to a command that follows at once.
    setTimeout(done, 500, e);
  });
});
test("pinned again after the refusal", function(done) { read({ fingerprint256 : PINS["self-ec"] }, done); });
