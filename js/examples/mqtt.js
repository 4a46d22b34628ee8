/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/* MQTT over TLS: Espruino's own MQTT module over a connection that is checked. It takes any connection that is open, so
nothing of it has to be changed. Storage has the broker's root certificate as root.pem; the clock must be right. */

var mqtt = require("MQTT").create("broker.example.com", { username : "USER", password : "PASSWORD" });

mqtt.on("connected", function() {
  mqtt.subscribe("device/command");
  mqtt.publish("device/state", "here");
});
mqtt.on("publish", function(message) { console.log(message.topic, message.message); });
mqtt.on("disconnected", function() {
  console.log("disconnected");
  setTimeout(connect, 5000 + Math.random() * 10000);
});

function connect() {
  // The module's own listeners are there only once it is connected.
  var socket = require("tls").connect({ host : "broker.example.com", port : 8883, ca : "root.pem" }, function() {
    mqtt.connect(socket);
  });
  socket.on("error", function(e) {
    console.log(e.message);
    if (!mqtt.connected) setTimeout(connect, 5000 + Math.random() * 10000);
  });
}

connect();
