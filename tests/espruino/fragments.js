// A heap that is nearly empty, but has no piece as large as TLS needs: what days of use make of it. What lies about is of all
// kinds, and must be what it was when it has been moved.
var KEPT = {}, count = 0, random = SEED, i;
require(MODULE);

function make(i) {
  var a = "a text of " + i + ", longer than one variable";
  switch (i % 8) {
    case 0: return i * 1.5;
    case 1: return a;
    case 2: return { number : i, list : [i, a, { deep : [[i]] }] };
    case 3: return [i, undefined, a, [], i + 1];
    case 4: return new Function("a", "return a+'" + a + "'");
    case 5: return i % 3 ? true : null;
    case 6: return new Uint16Array([i, 2, i + 3]);
    case 7: return (function() { var inner = { a : a }; return function(b) { return b + inner.a + i; }; })();
  }
}

function tell(x) { return typeof x == "function" ? x("called: ") : JSON.stringify(x); }

// Full but for a little, then only a few are kept.
while (process.memory(false).free > 150) KEPT["k" + count] = make(count++);
for (i = 0; i < count; i++) if (i % EVERY != SEED % EVERY) delete KEPT["k" + i];

function damaged() {
  var n = 0;
  for (var key in KEPT) if (tell(KEPT[key]) !== tell(make(+key.slice(1)))) n++;
  return n;
}

// Things come and go, and are moved again and again.
for (i = 0; i < ROUNDS; i++) {
  random = (random * 5 + 12345) & 0xffff;
  var key = "k" + random % count;
  if (key in KEPT) delete KEPT[key];
  else if (process.memory(false).free > 400) KEPT[key] = make(+key.slice(1));
  if (i % 4) continue;
  E.defrag();
  if (damaged()) {
    print("PIECES damaged in round", i);
    break;
  }
}

// An array that does not lie in one piece has no address.
if (!ROUNDS) print("PIECES of 4000 bytes:", E.getAddressOf(new Uint8Array(4000), true) ? "some" : "none");
require(MODULE).get({ protocol : "https:", host : "127.0.0.1", port : PORT, path : "/1000", fingerprint256 : FINGERPRINT }, function(res) {
  var length = 0;
  res.on("data", function(d) { length += d.length; });
  res.on("close", function() {
    print("PIECES length", length, "damaged", damaged(), "of", Object.keys(KEPT).length > 5 ? "many" : "few");
    quit();
  });
}).on("error", function(e) {
  print("PIECES", e.message);
  quit();
});
