/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Publishes a reading to a topic of AWS IoT Core over HTTPS, where the device shows a certificate of its own. Storage
has Amazon Root CA 1 as amazon.pem, and what was made for this thing as thing.pem and thing.key. An EC key (P-256) signs
in a fraction of the time that an RSA key takes. The clock must be right: call setTime() first. After a refusal it is
tried again, after ever longer random times: a thousand devices do not all come back at once. */

var https = require("https");

var THING = {
  host : "YOUR-ENDPOINT-ats.iot.eu-west-1.amazonaws.com",
  path : "/topics/meters?qos=1",
  method : "POST",
  headers : { "Content-Type" : "application/json" },
  ALPNProtocols : [ "x-amzn-http-ca" ], // on port 443; without it AWS IoT takes no certificates there
  ca : "amazon.pem",
  cert : "thing.pem",
  key : "thing.key"
};

function publish(message, done) {
  https.retry(function(again) {
    https.request(THING, function(res) {
      if (res.statusCode == 200) done();
      else again("AWS IoT says " + res.statusCode);
    }).on("error", function(e) {
      console.log(e.message);
      again(e);
    }).end(JSON.stringify(message));
  }, { tries : 8, base : 1000, max : 60000 }, done);
}

publish({ temperature : E.getTemperature() }, function(err) {
  console.log(err ? "not published: " + err : "published");
});
