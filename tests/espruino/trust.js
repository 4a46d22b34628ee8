// Whom to trust.

function accepted(options, authorized, done) {
  https().get(options, function(res) {
    equal(res.socket.authorized, authorized, "authorized");
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["1000"]);
      done();
    });
  }).on("error", function(e) { done(e.message); });
}

function server(name, options) { return Object.assign({ host : "127.0.0.1", port : CONFIG.ports[name], path : "/1000" }, options); }

test("fingerprint: right, with and without colons, one of several", function(done) {
  var plain = CONFIG.fingerprints.self, colons = plain.match(/../g).join(":").toLowerCase();
  accepted(server("self", { fingerprint256 : plain }), true, function(p) {
    if (p) return done(p);
    accepted(server("self", { fingerprint256 : colons }), true, function(p) {
      if (p) return done(p);
      accepted(server("self", { fingerprint256 : [CONFIG.fingerprints.p256, colons] }), true, done);
    });
  });
});
test("fingerprint: wrong", function(done) {
  refused(server("self", { fingerprint256 : CONFIG.fingerprints.p256 }), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "is not the pinned one. was it renewed?", done);
});
test("fingerprint: unreadable", function(done) {
  refused(server("self", { fingerprint256 : "AB:CD" }), "ERR_INVALID_ARG_VALUE", "fingerprint256", done);
});
test("public key: right", function(done) { accepted(server("rsa", { pinnedPubKey : CONFIG.pins.rsa }), true, done); });
test("public key: wrong", function(done) {
  refused(server("rsa", { pinnedPubKey : CONFIG.pins.self }), "ERR_TLS_PINNED_KEY_MISMATCH", "key is not the pinned one", done);
});

test("ca: right, ECDSA", function(done) { accepted(server("p256", { ca : CONFIG.ca }), true, done); });
test("ca: right, RSA with an intermediate", function(done) { accepted(server("rsa", { ca : CONFIG.caRsa }), true, done); });
test("ca: the server's own", function(done) { accepted(server("self", { ca : CONFIG.caSelf }), true, done); });
test("ca: one of an array", function(done) { accepted(server("p256", { ca : [CONFIG.caRsa, CONFIG.ca] }), true, done); });
test("ca: a function that returns it", function(done) { accepted(server("p256", { ca : function() { return CONFIG.ca; } }), true, done); });
test("ca: DER", function(done) { accepted(server("p256", { ca : atob(CONFIG.caDer) }), true, done); });
test("ca: a name in Storage", function(done) {
  require("Storage").write("root.pem", CONFIG.ca);
  accepted(server("p256", { ca : "root.pem" }), true, function(p) {
    require("Storage").erase("root.pem");
    done(p);
  });
});
test("ca: a file", function(done) { accepted(server("p256", { ca : CONFIG.caFile }), true, done); });
test("ca: servername instead of host", function(done) { accepted(server("p256", { ca : CONFIG.ca, servername : "device.test" }), true, done); });
test("ca and fingerprint: both hold", function(done) {
  accepted(server("p256", { ca : CONFIG.ca, fingerprint256 : CONFIG.fingerprints.p256 }), true, done);
});

test("ca and fingerprint: one is wrong", function(done) {
  refused(server("p256", { ca : CONFIG.caRsa, fingerprint256 : CONFIG.fingerprints.p256 }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "`ca`", done);
});
test("ca: another, only the leaf is sent", function(done) {
  refused(server("p256", { ca : CONFIG.caRsa }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "issued by a CA that is not among `ca`", done);
});
test("ca: another, with an intermediate", function(done) {
  refused(server("rsa", { ca : CONFIG.ca }), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "give the chain's root as `ca`", done);
});
test("ca: the server's is self-signed", function(done) {
  refused(server("self", { ca : CONFIG.ca }), "DEPTH_ZERO_SELF_SIGNED_CERT", "pin it with `fingerprint256`", done);
});
test("ca: another name", function(done) {
  refused(server("otherName", { ca : CONFIG.ca }), "ERR_TLS_CERT_ALTNAME_INVALID", "does not name this IP address", done);
});
test("ca: another name in servername", function(done) {
  refused(server("p256", { ca : CONFIG.ca, servername : "wrong.test" }), "ERR_TLS_CERT_ALTNAME_INVALID", "is for another host name", done);
});
test("ca: expired", function(done) { refused(server("expired", { ca : CONFIG.ca }), "CERT_HAS_EXPIRED", "setTime()", done); });
test("ca: not valid yet", function(done) { refused(server("future", { ca : CONFIG.ca }), "CERT_NOT_YET_VALID", "setTime()", done); });
test("ca: unreadable", function(done) {
  refused(server("p256", { ca : CONFIG.ca.substr(0, 300) }), "ERR_OSSL_PEM_BAD_END_LINE", "was the text cut off?", done);
});
test("ca: no such name", function(done) {
  var code;
  try {
    https().get(server("p256", { ca : "missing.pem" }), function() { done("there was a response"); }).on("error", function(e) {
      done(/^[A-Z_]+: /.test(e.message) ? undefined : e.message);
    });
  } catch (e) {
    done("" + e);
  }
});

test("client certificate: the server wants one", function(done) {
  accepted(pinned("members", { cert : CONFIG.cert, key : CONFIG.keyFile, path : "/1000" }), true, done);
});
test("client certificate: the server misses one", function(done) {
  var problem, req = https().get(pinned("members", { path : "/1000" }), function() { done("there was a response"); });
  req.on("error", function(e) { done(/^ERR_SSL_[A-Z0-9_]*(CERTIFICATE|HANDSHAKE)/.test(e.code) ? undefined : e.message); });
});

["self", "tls12"].forEach(function(server) {
  test("session: the second connection resumes the first, " + (server == "self" ? "newest TLS" : "TLS 1.2"), function(done) {
    https().get(pinned(server, { path : "/1000", session : true }), function(res) {
      equal(!!res.socket.resumed, false, "resumed");
      res.on("data", function() {});
      res.on("close", function() {
        var session = require("espruino_tls").info(res.socket).session;
        equal(typeof session, "string", "session");
        https().get(pinned(server, { path : "/1000", session : session }), function(res) {
          equal(res.socket.resumed, true, "resumed");
          equal(res.socket.authorized, true);
          collect(res, function(body) {
            equal(sum(body), CONFIG.sums["1000"]);
            done();
          });
        });
      });
    });
  });
});

test("defaults: their trust holds unless the request has its own", function(done) {
  https().defaults = { ca : CONFIG.ca };
  accepted(server("p256", {}), true, function(p) {
    if (p) return done(p);
    accepted(server("p256", { rejectUnauthorized : true }), true, function(p) {
      if (p) return done(p);
      refused(server("self", {}), "DEPTH_ZERO_SELF_SIGNED_CERT", "", function(p) {
        https().defaults = { rejectUnauthorized : false };
        refused(p ? {} : server("p256", { rejectUnauthorized : true }), "ERR_TLS_NO_TRUST", "", function(q) {
          https().defaults = {};
          done(p || q);
        });
      });
    });
  });
});

test("insecure: says so", function(done) {
  https().get(server("self", { rejectUnauthorized : false }), function(res) {
    equal(res.socket.authorized, false);
    equal(res.socket.fingerprint256.replace(/:/g, ""), CONFIG.fingerprints.self);
    equal(typeof res.socket.authorizationError, "string");
    done();
  });
});

// A pin that is given must hold, also in the insecure mode, which drops `ca` alone: 16 combinations, and each wrong once.
(function() {
  var right = { fingerprint256 : CONFIG.fingerprints.p256, pinnedPubKey : CONFIG.pins.p256, ca : CONFIG.ca, rejectUnauthorized : false };
  var wrong = { fingerprint256 : CONFIG.fingerprints.self, pinnedPubKey : CONFIG.pins.self, ca : CONFIG.caRsa };
  var codes = { fingerprint256 : "ERR_TLS_CERT_FINGERPRINT_MISMATCH", pinnedPubKey : "ERR_TLS_PINNED_KEY_MISMATCH", ca : "UNABLE_TO_VERIFY_LEAF_SIGNATURE" };
  var names = Object.keys(right);
  for (var i = 1; i < 16; i++) (function(chosen) {
    var insecure = chosen.indexOf("rejectUnauthorized") >= 0;
    test("all that is given holds: " + chosen.join(), function(done) {
      var options = {};
      chosen.forEach(function(name) { options[name] = right[name]; });
      var holds = chosen.some(function(name) { return name != "rejectUnauthorized" && !(name == "ca" && insecure); });
      var todo = chosen.filter(function(name) { return codes[name] && !(name == "ca" && insecure); });
      function next(problem) {
        if (problem || !todo.length) return done(problem);
        var name = todo.pop(), changed = Object.assign({}, options);
        changed[name] = wrong[name];
        refused(server("p256", changed), codes[name], "", next);
      }
      accepted(server("p256", options), holds, next);
    });
  })(names.filter(function(name, bit) { return i >> bit & 1; }));
})();

test("nothing given: refused before a byte is sent", function(done) {
  refused({ host : "127.0.0.1", port : CONFIG.ports.silent }, "ERR_TLS_NO_TRUST", "nothing says whom to trust. Give `fingerprint256`", function(p) {
    if (p) return done(p);
    refused({ host : "127.0.0.1", port : CONFIG.ports.silent, rejectUnauthorized : true }, "ERR_TLS_NO_TRUST", "whom to trust", function(p) {
      if (p) return done(p);
      var native;
      try {
        require("tls").connect({ host : "127.0.0.1", port : CONFIG.ports.silent });
      } catch (e) {
        native = e.message.substr(0, 16);
      }
      equal(native, "ERR_TLS_NO_TRUST");
      https().get(pinned("self", { path : "/count/silent" }), function(res) {
        collect(res, function(body) {
          equal(body, "0 0", "connections and bytes");
          done();
        });
      });
    });
  });
});
