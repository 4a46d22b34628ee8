// A heap that is nearly empty, but has no piece as large as TLS needs: what days of use make of it.
var KEPT = {}, i = 0, j;
require("https");
require("tls");
// Full but for a little, then only every 50th is kept.
while (process.memory(false).free > 150) KEPT["k" + i] = i++ * 1.5;
for (j = 0; j < i; j++) if (j % 50) delete KEPT["k" + j];

try {
  require("tls").connect({ host : "127.0.0.1", port : PORT, fingerprint256 : FINGERPRINT });
  print("PIECES there are large enough ones");
} catch (e) {
  print("PIECES", e.code, process.memory().free * process.memory().blocksize);
}
require("https").get({ host : "127.0.0.1", port : PORT, path : "/1000", fingerprint256 : FINGERPRINT }, function(res) {
  var length = 0;
  res.on("data", function(d) { length += d.length; });
  res.on("end", function() {
    print("PIECES length", length);
    quit();
  });
}).on("error", function(e) {
  print("PIECES", e.message);
  quit();
});
