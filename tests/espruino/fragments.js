// A heap that is nearly empty, but has no piece as large as TLS needs: what days of use make of it.
var KEPT = {}, i = 0, j;
require(MODULE);
// Full but for a little, then only every 50th is kept.
while (process.memory(false).free > 150) KEPT["k" + i] = i++ * 1.5;
for (j = 0; j < i; j++) if (j % 50) delete KEPT["k" + j];

// An array that does not lie in one piece has no address.
print("PIECES of 4000 bytes:", E.getAddressOf(new Uint8Array(4000), true) ? "some" : "none");
require(MODULE).get({ protocol : "https:", host : "127.0.0.1", port : PORT, path : "/1000", fingerprint256 : FINGERPRINT }, function(res) {
  var length = 0;
  res.on("data", function(d) { length += d.length; });
  res.on("close", function() {
    print("PIECES length", length);
    quit();
  });
}).on("error", function(e) {
  print("PIECES", e.message);
  quit();
});
