/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Posts a reading as JSON to a server on the Internet, such as one behind Cloudflare, again and again until it has
arrived. The server's certificate is checked against the authority that lies in Storage as root.pem, so the
clock must be right: call setTime() first. */

var https = require("https");
https.defaults.ca = "root.pem";

function post(reading, done) {
  https.retry(function(again) {
    https.request("https://example.com/readings", {
      method : "POST",
      headers : { "Content-Type" : "application/json" }
    }, function(res) {
      // The server can't do it now: later. What it will never do is not tried again.
      if (res.statusCode >= 500 || res.statusCode == 429) again("the server says " + res.statusCode);
      else done(res.statusCode < 300 ? undefined : "the server says " + res.statusCode);
    }).on("error", again).end(JSON.stringify(reading));
  }, { tries : 8, base : 2000 }, done);
}

post({ temperature : E.getTemperature() }, function(err) {
  console.log(err ? "not delivered: " + err : "delivered");
});
