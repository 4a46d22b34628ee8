/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* A WebSocket over TLS (wss:) with Espruino's own ws module. It asks for the module `net`; while it connects, that is
one that makes connections over TLS. ws needs the library `crypto`: HTTPS_KEEP=CRYPTO, if the firmware left it
out. Storage has the server's root certificate as root.pem; the clock must be right. */

function overTls(trust, make) {
  Modules.addCached("net", "");
  require("net").connect = function(options, connected) {
    var socket = require("tls").connect(Object.assign({}, trust, options), connected);
    socket.on("error", function(e) { console.log(e.message); });
    return socket;
  };
  try {
    return make();
  } finally {
    Modules.removeCached("net"); // Espruino's own again
  }
}

var WebSocket = require("ws");
var ws = overTls({ ca : "root.pem" }, function() {
  return new WebSocket("example.com", { port : 443, path : "/events" });
});
ws.on("open", function() { ws.send("hello"); });
ws.on("message", function(text) { console.log("message:", text); });
ws.on("close", function() { console.log("closed"); });
