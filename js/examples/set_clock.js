/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Sets the clock by SNTP (RFC 4330), which `ca` needs after each start, and then asks a server. Nobody proves who
answers over SNTP: somebody in between could make an expired certificate look good, but none of their own. An answer
that is older than this script is not taken. It needs `dgram`: HTTPS_KEEP=UDP, if the firmware left it out. */

var NTP = { host : "pool.ntp.org", port : 123 };
var WRITTEN = 1795305600; // 2026-11-22: no clock can be right that says less

function setClock(done) {
  var socket = require("dgram").createSocket("udp4"), timer;
  function end(err) {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    socket.close();
    done(err);
  }
  timer = setTimeout(end, 5000, "no answer");
  socket.on("message", function(m) {
    // Bytes 40 to 43: seconds since 1900; from 2036 on they begin again at 0.
    var bytes = E.toUint8Array(m), seconds = 0, i;
    if (bytes.length < 48) return;
    for (i = 40; i < 44; i++) seconds = seconds * 256 + bytes[i];
    seconds -= 2208988800;
    if (seconds < 0) seconds += 4294967296;
    if (seconds < WRITTEN) return end("a wrong answer");
    setTime(seconds);
    end();
  });
  // A request is 48 bytes, all but the first of them zero: version 4, client.
  socket.send("\x23" + "\0".repeat(47), NTP.port, NTP.host);
}

setClock(function(err) {
  if (err) return console.log("the clock is not set:", err);
  require("https").get("https://example.com/", { ca : "root.pem" }, function(res) {
    console.log(res.statusCode);
  }).on("error", function(e) { console.log(e.message); });
});
