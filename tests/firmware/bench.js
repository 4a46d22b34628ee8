// In Storage as "bench": what the cases call.

// Joins the network and prints WIFI ok.
exports.wifi = function(baud) {
  E.setConsole("Bluetooth", { force : true }); // or it would be on Serial1 when nobody is connected
  Serial1.setup(baud, { rx : D2, tx : D3 });
  var w = require("ESP8266WiFi_0v25").connect(Serial1, function(e) {
    if (e) return print("WIFI " + e);
    w.connect("network", "password", function(e) { print("WIFI " + (e || "ok")); });
  });
};

// What the servers' bodies have at that place.
function at(i) { return i * 7 + (i >> 8) & 255; }

// A request. Prints END with what came, or ERROR, and then CLOSED.
exports.get = function(options, body) {
  var n = 0, wrong = 0;
  var q = require("https").request(options, function(r) {
    r.on("data", function(d) {
      if (d.charCodeAt(0) != at(n)) wrong++;
      n += d.length;
      if (d.charCodeAt(d.length - 1) != at(n - 1)) wrong++;
    });
    r.on("end", function() {
      var i = require("espruino_tls").info(r.socket);
      print("=END=" + JSON.stringify({ status : r.statusCode, length : n, wrong : wrong, protocol : i.protocol, resumed : i.resumed,
        memory : i.memory, authorized : i.authorized, record : i.largestRecord }) + "=");
    });
  });
  q.on("error", function(e) { print("=ERROR=" + e.message + "="); });
  q.on("close", function() { print("=CLOSED="); });
  q.end(body);
};

// The same by Espruino's own client, without TLS or with it: to compare.
exports.plain = function(options) {
  var n = 0, wrong = 0;
  require("http").get(options, function(r) {
    r.on("data", function(d) {
      if (d.charCodeAt(0) != at(n)) wrong++;
      n += d.length;
    });
    r.on("close", function() {
      print("=END=" + JSON.stringify({ status : +r.statusCode, length : n, wrong : wrong }) + "=");
      print("=CLOSED=");
    });
  }).on("error", function(e) { print("=ERROR=" + e.message + "="); });
};

// Whether such a connection could be made; prints why not. It goes where nobody listens.
exports.can = function(options) {
  options.host = "127.0.0.1";
  options.port = 1;
  try {
    var s = require("tls").connect(options);
    s.on("error", function() {});
    print("=CAN=yes=");
  } catch (e) {
    print("=CAN=" + e.message + "=");
  }
};
