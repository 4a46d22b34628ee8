/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* A Telegram bot: answers "/temp" with the temperature. The server holds each request until there is a message, at most
25 seconds, so this is one request after the other. Storage has the root certificate of api.telegram.org as root.pem;
the clock must be right. */

var https = require("https");

var BOT = "/botYOUR-TOKEN/";
https.defaults = { ca : "root.pem" };

// done(result); nothing after an error
function call(method, parameters, done) {
  var body = "", failed = function(e) {
    console.log(e.message);
    done();
  };
  https.request("https://api.telegram.org" + BOT + method, {
    method : "POST", headers : { "Content-Type" : "application/json" }, timeout : 60000
  }, function(res) {
    res.on("data", function(d) { body += d; });
    res.on("end", function() {
      var answer;
      try {
        answer = JSON.parse(body);
      } catch (e) {
        return failed(e);
      }
      if (answer.ok) done(answer.result);
      else failed({ message : answer.description });
    });
  }).on("error", failed).end(JSON.stringify(parameters));
}

function poll(offset) {
  // One message at a time: each is a KB or two.
  call("getUpdates", { offset : offset, timeout : 25, limit : 1, allowed_updates : ["message"] }, function(updates) {
    if (!updates) return setTimeout(poll, 5000 + Math.random() * 5000, offset);
    if (!updates.length) return poll(offset);
    var message = updates[0].message, next = updates[0].update_id + 1;
    if (!message || message.text != "/temp") return poll(next);
    call("sendMessage", { chat_id : message.chat.id, text : "It is " + E.getTemperature() + " degrees." }, function() {
      poll(next);
    });
  });
}

poll(0);
