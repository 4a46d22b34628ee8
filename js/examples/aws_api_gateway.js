/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Asks an API behind AWS API Gateway for its settings, and posts a reading to it. Storage has Amazon Root CA 1 as
amazon.pem (or the root that the API's own domain needs). The clock must be right: call setTime() first. The host is
given by name, never by IP address: the gateway has thousands of names at one address. */

var https = require("https");
https.defaults = {
  ca : "amazon.pem",
  headers : { "X-Api-Key" : "YOUR KEY" }
};

var API = "https://YOUR-API.execute-api.eu-west-1.amazonaws.com/prod";

// With data it is a POST of it. One call at a time: each connection takes 4 KB of the heap while it lasts.
function call(path, data, done) {
  https.request(API + path, {
    method : data ? "POST" : "GET",
    headers : { "Content-Type" : "application/json" }
  }, function(res) {
    var body = "";
    res.on("data", function(d) { body += d; });
    res.on("end", function() {
      if (res.statusCode < 300) done(JSON.parse(body));
      else console.log("the API says", res.statusCode, body);
    });
  }).on("error", function(e) { console.log(e.message); }).end(data && JSON.stringify(data));
}

call("/settings", undefined, function(settings) {
  console.log("settings:", settings);
  call("/readings", { temperature : E.getTemperature() }, function(answer) { console.log("posted:", answer); });
});
