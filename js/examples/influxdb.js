/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Writes a reading to InfluxDB 2 every ten seconds. With https-full.min.js in Storage the connection stays open in
between; without it each reading has a handshake of its own, which resumes the session of the one before. Storage has
the root certificate as root.pem; the clock must be right. */

var https = require("https");

var SERVER = {
  host : "influx.example.com",
  path : "/api/v2/write?org=ORG&bucket=BUCKET&precision=s",
  method : "POST",
  headers : { Authorization : "Token YOUR-TOKEN" },
  ca : "root.pem",
  keepAlive : 30000
};

function write(line) {
  https.request(SERVER, function(res) {
    if (res.statusCode != 204) console.log("InfluxDB says", res.statusCode, res.statusMessage);
    else console.log("written");
    res.on("data", function() {});
  }).on("error", function(e) { console.log(e.message); }).end(line);
}

function measure() { write("room,device=pixl temperature=" + E.getTemperature()); }

measure();
setInterval(measure, 10000);
