/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Asks api.amazon.com who the user of a token is. The server is checked against Amazon Root CA 1, which Storage has as
amazon.pem; for its dates the clock must be right, and after a start it is not. Here it is set by what a web server
says without TLS. Somebody in between could lie about it, so that a certificate that has expired still looks good,
but not make a certificate of their own look good. Where that is not enough, set the clock from another source. */

function setClock(done) {
  require("http").get("http://api.amazon.com/", function(res) {
    var time = Date.parse(res.headers.Date);
    if (time > 0) {
      setTime(time / 1000);
      done();
    } else console.log("the server does not say what time it is");
    res.on("data", function() {});
  }).on("error", function(e) { console.log("the clock is not set:", e.message); });
}

function getProfile(token) {
  var body = "";
  require("https").get({
    host : "api.amazon.com",
    path : "/user/profile",
    headers : { Authorization : "Bearer " + token },
    ca : "amazon.pem"
  }, function(res) {
    res.on("data", function(d) { body += d; });
    res.on("end", function() { console.log(res.statusCode, JSON.parse(body)); });
  }).on("error", function(e) { console.log(e.message); });
}

setClock(function() { getProfile("YOUR TOKEN"); });
