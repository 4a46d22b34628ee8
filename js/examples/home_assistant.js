/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* Tells Home Assistant of a button by a webhook. Its certificate is its own work and will be made anew one day, so its
key is pinned, and the next key as soon as it is known: one of the two must be right. `make probe URL=...` prints a pin.
The pins are in Storage, so that they can be changed without another program. */

var store = require("Storage");

function pins() { return store.readJSON("pins.json") || ["sha256//PIN-OF-TODAY=", "sha256//PIN-OF-THE-NEXT-KEY="]; }

function tell(event) {
  require("https").request({
    host : "homeassistant.local",
    port : 8123,
    path : "/api/webhook/YOUR-WEBHOOK",
    method : "POST",
    headers : { "Content-Type" : "application/json" },
    pinnedPubKey : pins()
  }, function(res) {
    console.log("told", res.statusCode);
  }).on("error", function(e) {
    if (e.code == "ERR_TLS_PINNED_KEY_MISMATCH") console.log("another key: was it renewed? See setPin()");
    else console.log(e.message);
  }).end(JSON.stringify({ event : event }));
}

// From the console, with what `make probe` prints for the renewed server.
function setPin(pin) { store.writeJSON("pins.json", [pin].concat(pins()).slice(0, 2)); }

setWatch(function() { tell("pressed"); }, BTN1, { repeat : true, edge : "rising", debounce : 50 });
