// The five systems that people wrote about, each a server with the properties of the real one: tests/common/systems.rs.

var FILES = CONFIG.systems.files;

// Options for a request to that system, by name: the address is the same, but the certificate is for the name.
function at(system, options) {
  return Object.assign({ host : "localhost", port : CONFIG.systems.ports[system] }, options);
}

// A GET of n bytes; then check(socket), then done.
function fetches(n, options, check, done) {
  https().get(Object.assign({ path : "/" + n }, options), function(res) {
    equal(res.statusCode, 200);
    collect(res, function(body) {
      equal(body.length, n);
      equal(sum(body), CONFIG.sums[n]);
      check(res.socket);
      done();
    });
  }).on("error", function(e) { done(e.message); });
}

// A POST of this object as JSON; then check(socket, answer), then done.
function posts(data, options, check, done) {
  var json = JSON.stringify(data);
  options = Object.assign({ method : "POST", path : "/readings", headers : { "Content-Type" : "application/json" } }, options);
  https().request(options, function(res) {
    equal(res.statusCode, 200);
    collect(res, function(body) {
      var answer = JSON.parse(body);
      equal(answer.method, "POST");
      equal(answer.path, options.path);
      equal(answer.received, json.length);
      check(res.socket, answer);
      done();
    });
  }).on("error", function(e) { done(e.message); }).end(json);
}

// AWS API Gateway.

var GATEWAY = { ca : FILES["root-rsa.pem"] };
[undefined, "http/1.1"].forEach(function(alpn) {
  test("API Gateway: JSON and records of 16 KB, ALPN " + (alpn || "none"), function(done) {
    var options = at("api-gateway", Object.assign({}, GATEWAY, alpn && { ALPNProtocols : [alpn] }));
    function check(socket) {
      equal(socket.authorized, true, "authorized");
      equal(socket.cipher, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
      equal(socket.protocol, "TLSv1.2");
      equal(socket.alpnProtocol || undefined, alpn, "alpnProtocol");
    }
    posts({ temperature : 21.5 }, options, check, function(problem) {
      if (problem) return done(problem);
      fetches(102400, options, check, done);
    });
  });
});
test("API Gateway: GET of JSON", function(done) {
  https().get(at("api-gateway", Object.assign({ path : "/prod/settings" }, GATEWAY)), function(res) {
    equal(res.headers["content-type"], "application/json");
    collect(res, function(body) {
      equal(JSON.parse(body).path, "/prod/settings");
      equal(JSON.parse(body).filling.length, 3000);
      done();
    });
  }).on("error", function(e) { done(e.message); });
});
test("API Gateway: by IP address, without SNI, there is another certificate", function(done) {
  refused(at("api-gateway", Object.assign({}, GATEWAY, { host : "127.0.0.1" })), "ERR_TLS_CERT_ALTNAME_INVALID", "", done);
});

// api.amazon.com.

[["root-new.pem"], ["root-old.pem"], ["root-new.pem", "TLSv1.2"]].forEach(function(given) {
  test("Amazon: " + given.join(", "), function(done) {
    fetches(1000, at("amazon", { ca : FILES[given[0]], maxVersion : given[1] }), function(socket) {
      equal(socket.authorized, true, "authorized");
      equal(socket.protocol, given[1] || "TLSv1.3");
    }, done);
  });
});
test("Amazon: another root", function(done) {
  refused(at("amazon", { ca : FILES["root-p256.pem"] }), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "give the chain's root as `ca`", done);
});

// AWS IoT.

var THING = { ca : FILES["root-rsa.pem"], ALPNProtocols : ["x-amzn-http-ca"], path : "/topics/meters?qos=1" };

function thing(client, options) {
  return at("aws-iot", Object.assign({}, THING, client && { cert : FILES[client + ".chain.pem"], key : FILES[client + ".key.pem"] }, options));
}

["TLSv1.3", "TLSv1.2"].forEach(function(version) {
  var only = { minVersion : version, maxVersion : version };
  function check(socket) {
    equal(socket.authorized, true, "authorized");
    equal(socket.protocol, version);
    equal(socket.alpnProtocol, "x-amzn-http-ca");
  }
  test("AWS IoT: POST with a certificate, EC, " + version, function(done) { posts({ kWh : 7 }, thing("client", only), check, done); });
  (CONFIG.systems.rsaClient ? test : function(name) {
    SKIPPED++;
    console.log("SKIP " + name + ": this firmware was built without client-rsa");
  })("AWS IoT: POST with a certificate, RSA, " + version, function(done) { posts({ kWh : 7 }, thing("client-rsa", only), check, done); });
  // rustls says the same in TLS 1.2, where others say handshake_failure.
  test("AWS IoT: without a certificate, " + version, function(done) {
    refused(thing(undefined, only), "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "", done);
  });
  test("AWS IoT: a certificate of another CA, " + version, function(done) {
    refused(thing("client-by-rsa", only), "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "", done);
  });
});
test("AWS IoT: another protocol", function(done) {
  refused(thing("client", { ALPNProtocols : ["mqtt"] }), "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "", done);
});
test("AWS IoT: a key that does not belong to the certificate", function(done) {
  refused(thing("client", { key : FILES["client-by-rsa.key.pem"] }), "ERR_OSSL_X509_KEY_VALUES_MISMATCH", "", done);
});
test("AWS IoT: refused twice, connected the third time", function(done) {
  var tries = 0, clients = [undefined, "client-by-rsa", "client"], codes = [];
  https().retry(function(again) {
    var req = https().request(thing(clients[tries++], { method : "POST" }), function(res) {
      collect(res, function(body) {
        equal(codes.join(), "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED,ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");
        equal(JSON.parse(body).received, 2);
        done();
      });
    });
    req.on("error", function(e) {
      codes.push(e.code);
      again(e);
    });
    req.end("{}");
  }, { tries : 3, base : 20 }, done);
});
test("AWS IoT: refused as often as may be", function(done) {
  var tries = 0;
  https().retry(function(again) {
    tries++;
    https().get(thing()).on("error", again);
  }, { tries : 3, base : 20 }, function(e) {
    equal(tries, 3, "tries");
    isError(e, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "", done);
  });
});

// Behind Cloudflare.

["root-p256.pem", "int-p256.pem"].forEach(function(anchor) {
  ["TLSv1.3", "TLSv1.2"].forEach(function(version) {
    test("Cloudflare: POST of JSON, records that grow, " + anchor + ", " + version, function(done) {
      var options = at("cloudflare", { ca : FILES[anchor], minVersion : version, maxVersion : version, ALPNProtocols : ["http/1.1"] });
      function check(socket, answer) {
        equal(socket.authorized, true, "authorized");
        equal(socket.protocol, version);
        equal(socket.alpnProtocol, "http/1.1");
        if (!answer) equal(require("espruino_tls").info(socket).largestRecord, 16384, "largestRecord");
        else equal(answer.host, "localhost:" + options.port, "Host");
      }
      posts({ watts : 230 }, options, check, function(problem) {
        if (problem) return done(problem);
        fetches(102400, options, check, done);
      });
    });
  });
});
test("Cloudflare: another root", function(done) {
  refused(at("cloudflare", { ca : FILES["root-rsa.pem"] }), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "", done);
});

// Powerwall.

function powerwall(options) { return at("powerwall", Object.assign({ host : "127.0.0.1" }, options)); }

test("Powerwall: pinned", function(done) {
  fetches(3000, powerwall({ fingerprint256 : CONFIG.systems.fingerprints["self-ec"] }), function(socket) {
    equal(socket.authorized, true, "authorized");
    equal(socket.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  }, done);
});
test("Powerwall: insecure says so", function(done) {
  fetches(3000, powerwall({ rejectUnauthorized : false }), function(socket) {
    equal(socket.authorized, false, "authorized");
    equal(typeof socket.authorizationError, "string");
    equal(socket.fingerprint256, CONFIG.systems.fingerprints["self-ec"]);
  }, done);
});
// The port leads to another server after two connections; nothing else changes.
test("Powerwall: the certificate changes behind the pin, and behind the session", function(done) {
  var pin = powerwall({ port : CONFIG.systems.ports.changing, fingerprint256 : CONFIG.systems.fingerprints["self-ec"] });
  fetches(3000, pin, function(socket) { equal(!!socket.resumed, false, "resumed"); }, function(problem) {
    if (problem) return done(problem);
    fetches(3000, pin, function(socket) { equal(socket.resumed, true, "resumed"); }, function(problem) {
      if (problem) return done(problem);
      refused(pin, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "was it renewed?", function(problem) {
        if (problem) return done(problem);
        pin.fingerprint256 = CONFIG.systems.fingerprints["self-ec-renewed"];
        fetches(3000, pin, function(socket) { equal(socket.authorized, true, "authorized"); }, done);
      });
    });
  });
});
