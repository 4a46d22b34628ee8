// What goes out and what comes back.

test("get, by options", function(done) {
  https().get(pinned("self", { path : "/1000" }), function(res) {
    equal(res.statusCode, 200);
    equal(res.statusMessage, "OK");
    equal(res.httpVersion, "1.1");
    equal(res.headers["content-length"], "1000");
    equal(res.headers["Content-Length"], "1000");
    collect(res, function(body) {
      equal(body.length, 1000);
      equal(sum(body), CONFIG.sums["1000"]);
      equal(res.complete, true);
      done();
    });
  });
});

test("get, by url and options", function(done) {
  https().get("https://localhost:" + CONFIG.ports.self + "/request?a=1/2#gone", { fingerprint256 : CONFIG.fingerprints.self }, function(res) {
    collect(res, function(body) {
      equal(body, "GET /request?a=1/2 HTTP/1.1\r\nHost: localhost:" + CONFIG.ports.self +
        "\r\nUser-Agent: Espruino " + process.version + "\r\nConnection: close");
      done();
    });
  });
});

test("other forms of a url", function(done) {
  var port = CONFIG.ports.self, left = 3;
  [["HTTPS://127.0.0.1:" + port, "404"], ["https://127.0.0.1:" + port + "?x=//y", "404"], ["https://127.0.0.1:" + port + "/1#a", "200"]].forEach(function(t) {
    https().get(t[0], { fingerprint256 : CONFIG.fingerprints.self }, function(res) {
      equal(res.statusCode, 0 | t[1], t[0]);
      if (!--left) done();
    });
  });
});

test("urls that are none", function(done) {
  [["http://127.0.0.1/", "ERR_INVALID_PROTOCOL"], ["127.0.0.1/x", "ERR_INVALID_PROTOCOL"], ["", "ERR_INVALID_PROTOCOL"],
   ["https://", "ERR_INVALID_URL"], ["https:///x", "ERR_INVALID_URL"], ["https://a b/", "ERR_INVALID_URL"],
   ["https://good.test@127.0.0.1/", "ERR_INVALID_URL"], ["https://a:b@127.0.0.1/", "ERR_INVALID_URL"], ["https://[::1]/", "ERR_INVALID_URL"],
   ["https://h:0x50/", "ERR_INVALID_URL"], ["https://h:65536/", "ERR_INVALID_URL"], ["https://h:-1/", "ERR_INVALID_URL"],
   ["https://h\r\nX: y/", "ERR_INVALID_URL"], ["https://h/\r\nX: y", "ERR_UNESCAPED_CHARACTERS"], ["https://h/a b", "ERR_UNESCAPED_CHARACTERS"]
  ].forEach(function(t) {
    var code;
    try {
      https().get(t[0], { rejectUnauthorized : false });
    } catch (e) {
      code = e.code;
      equal(e.message.substr(0, code.length + 2), code + ": ", "text");
    }
    equal(code, t[1], JSON.stringify(t[0]));
  });
  done();
});

test("headers that are none", function(done) {
  [[{ "X" : "a\r\nY: b" }], [{ "X\r\nY" : "a" }], [{ "X Y" : "a" }], [{ "X:" : "a" }], [{ "" : "a\n" }], [{ "X" : "a\0" }],
   [{ "Content-Length" : 3, "transfer-encoding" : "chunked" }]].forEach(function(t) {
    var code;
    try {
      https().request(pinned("self", { headers : t[0] }));
    } catch (e) {
      code = e.code;
    }
    equal(code, "ERR_INVALID_CHAR", JSON.stringify(t[0]));
  });
  ["GET /evil HTTP/1.1\r\nHost: x\r\n\r\nGET", "G T"].forEach(function(m) {
    var code;
    try {
      https().request(pinned("self", { method : m }));
    } catch (e) {
      code = e.code;
    }
    equal(code, "ERR_UNESCAPED_CHARACTERS", JSON.stringify(m));
  });
  done();
});

// Options that somebody else has written: JSON.parse makes keys of these names, and an object may inherit from one.
test("__proto__ and constructor in options", function(done) {
  var port = CONFIG.ports.self, code, pin = "\"fingerprint256\":\"" + CONFIG.fingerprints.self + "\",";
  function options(text) { return JSON.parse("{\"host\":\"127.0.0.1\",\"path\":\"/request\"," + text + ",\"port\":" + port + "}"); }
  ["__proto__", "constructor"].forEach(function(name) {
    ["{\"rejectUnauthorized\":false,\"zz\":1}", "{\"" + name + "\":{\"rejectUnauthorized\":false}}", "5", "\"x\"", "null"].forEach(function(value) {
      try {
        code = "none";
        https().request(options("\"" + name + "\":" + value));
      } catch (e) {
        code = e.code;
      }
      equal(code, "ERR_TLS_NO_TRUST", name + " " + value); // nobody said whom to trust
      equal(({}).zz, undefined, "what every object has");
    });
  });
  https().get(options(pin + "\"__proto__\":{\"method\":\"PUT\"},\"headers\":{\"__proto__\":{\"X-A\":\"1\"},\"hasOwnProperty\":2,\"X-B\":3}"), function(res) {
    collect(res, function(body) {
      equal(body, "GET /request HTTP/1.1\r\nhasOwnProperty: 2\r\nX-B: 3\r\nHost: 127.0.0.1:" + port +
        "\r\nUser-Agent: Espruino " + process.version + "\r\nConnection: close");
      done();
    });
  });
});

test("own headers, Host among them, and auth", function(done) {
  https().get(pinned("self", { path : "/request", auth : "me:secret", headers : { host : "device.test", "X-Number" : 5, Connection : "close" } }), function(res) {
    collect(res, function(body) {
      equal(body, "GET /request HTTP/1.1\r\nhost: device.test\r\nX-Number: 5\r\nConnection: close\r\nAuthorization: Basic bWU6c2VjcmV0\r\n" +
        "User-Agent: Espruino " + process.version);
      done();
    });
  });
});

test("auth outside ASCII is counted in bytes", function(done) {
  https().get(pinned("self", { path : "/request", auth : "m€:sécret" }), function(res) {
    collect(res, function(body) {
      equal(body.indexOf("\r\nAuthorization: Basic beKCrDpzw6ljcmV0\r\n") > 0, true, body);
      done();
    });
  });
});

test("a path that is a number", function(done) {
  https().get(pinned("self", { path : 10 }), function(res) {
    collect(res, function(body) {
      equal(body.length, 10);
      done();
    });
  });
});

test("post: Content-Length by itself", function(done) {
  https().request(pinned("self", { path : "/request", method : "POST", headers : { "Content-Type" : "application/json" } }), function(res) {
    collect(res, function(body) {
      equal(body.split("\r\n").pop(), "Content-Length: 11");
      done();
    });
  }).end("{\"level\":1}");
});

test("post: the body arrives", function(done) {
  https().request(pinned("self", { path : "/echo", method : "POST" }), function(res) {
    collect(res, function(body) {
      equal(body, "{\"a\":\"b\"}");
      done();
    });
  }).end("{\"a\":\"b\"}");
});

test("post: nothing has a length, too; get has none", function(done) {
  https().request(pinned("self", { path : "/request", method : "POST" }), function(res) {
    collect(res, function(body) {
      equal(body.split("\r\n").pop(), "Content-Length: 0");
      done();
    });
  }).end();
});

test("post: 20 KB of bytes", function(done) {
  var data = new Uint8Array(20000), i;
  for (i = 0; i < data.length; i++) data[i] = i * 7;
  https().request(pinned("self", { path : "/echo", method : "PUT" }), function(res) {
    collect(res, function(body) {
      equal(body.length, 20000);
      equal(sum(body), E.sum(data));
      equal(body.charCodeAt(19999), data[19999]);
      done();
    });
  }).end(data);
});

test("post: text outside ASCII is counted in bytes", function(done) {
  https().request(pinned("self", { path : "/echo", method : "POST" }), function(res) {
    equal(res.headers["content-length"], "9");
    collect(res, function(body) {
      equal(hex(body), "c3bc20e282ac20c3a9");
      done();
    });
  }).end("ü € é");
});

test("post: objects are refused", function(done) {
  var code;
  try {
    https().request(pinned("self", { method : "POST" })).end({ a : 1 });
  } catch (e) {
    code = e.code;
  }
  equal(code, "ERR_INVALID_ARG_TYPE");
  done();
});

test("post: written in parts, chunked", function(done) {
  var drains = 0, req = https().request(pinned("self", { path : "/echo", method : "POST" }), function(res) {
    collect(res, function(body) {
      equal(body, "one, two, three");
      done();
    });
  });
  req.write("one, ");
  req.write("");
  req.on("drain", function() {
    if (drains++) return;
    req.write("two, ");
    req.end("three");
  });
});

test("post: written in parts, with a length of one's own", function(done) {
  var req = https().request(pinned("self", { path : "/echo", method : "POST", headers : { "Content-Length" : 7 } }), function(res) {
    collect(res, function(body) {
      equal(body, "one two");
      done();
    });
  });
  req.write("one ");
  req.end("two");
});

test("nothing can be written after the end", function(done) {
  var code, req = https().get(pinned("self", { path : "/1" }), function(res) { collect(res, function() { done(); }); });
  try {
    req.write("x");
  } catch (e) {
    code = e.code;
  }
  equal(code, "ERR_STREAM_WRITE_AFTER_END");
});

test("100 KB with Content-Length", function(done) { large("/102400", done); });
test("100 KB chunked", function(done) { large("/chunked/102400", done); });
test("100 KB until the server closes", function(done) { large("/until-close/102400", done); });

function large(path, done) {
  var length = 0, total = 0;
  https().get(pinned("self", { path : path }), function(res) {
    res.on("data", function(d) {
      length += d.length;
      total += sum(d);
    });
    res.on("end", function() {
      equal(length, 102400);
      equal(total, CONFIG.sums["102400"]);
      if (res.trailers) equal(res.trailers["x-sum"], "" + total);
      done();
    });
  });
}

test("two at once", function(done) {
  var left = 2;
  [30000, 20000].forEach(function(n) {
    https().get(pinned("self", { path : "/" + n }), function(res) {
      collect(res, function(body) {
        equal(body.length, n);
        equal(sum(body), CONFIG.sums[n]);
        if (!--left) done();
      });
    });
  });
});

test("what the connection is", function(done) {
  var req = https().get(pinned("self", { path : "/1", ALPNProtocols : ["http/1.1"] }), function(res) {
    var s = res.socket;
    equal(s, req.socket, "socket");
    equal(s.authorized, true);
    equal(s.authorizationError, undefined);
    equal(s.fingerprint256.replace(/:/g, ""), CONFIG.fingerprints.self);
    equal(s.protocol.substr(0, 6), "TLSv1.");
    equal(s.cipher.substr(0, 4) == "TLS_" || s.cipher.substr(0, 5) == "ECDHE", true, s.cipher);
    equal(s.maxFragmentLength, 1024);
    equal(s.alpnProtocol, "http/1.1");
    done();
  });
});

testNative("TLS 1.2", function(done) {
  https().get(pinned("tls12", { path : "/20000" }), function(res) {
    equal(res.socket.protocol, "TLSv1.2");
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["20000"]);
      done();
    });
  });
});

test("fragments of 512 bytes, if asked for", function(done) {
  https().get(pinned("self", { path : "/5000", maxFragmentLength : 512 }), function(res) {
    equal(res.socket.maxFragmentLength, 512);
    collect(res, function(body) {
      equal(sum(body), CONFIG.sums["5000"]);
      done();
    });
  });
});

test("a body whose listener comes later", function(done) {
  var promise = new Promise(function(resolve) { https().get(pinned("self", { path : "/100" }), resolve); });
  promise.then(function(res) { return res; }).then(function(res) {
    setTimeout(collect, 200, res, function(body) {
      equal(sum(body), CONFIG.sums["100"]);
      done();
    });
  });
});

test("a body that nobody wants does not stay in memory", function(done) {
  https().get(pinned("self", { path : "/30000" }), function(res) {
    res.on("close", function() {
      var code;
      try {
        res.on("data", function() {});
      } catch (e) {
        code = e.code;
      }
      equal(code, "ERR_STREAM_PREMATURE_CLOSE");
      done();
    });
  });
});

test("abort", function(done) {
  var ended = false, req = https().get(pinned("self", { path : "/102400" }), function(res) {
    res.on("data", function() { req.abort(); });
    res.on("end", function() { ended = true; });
  });
  req.on("error", function(e) { done(e.message); });
  req.on("close", function() { done(ended && "there was an end"); });
});

test("an exception in the callback is shown and stops nothing", function(done) {
  var uncaught, ended;
  function both() { if (uncaught && ended) done(); }
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", function(e) {
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", function(e) { finished("uncaught " + e); });
    uncaught = e.message == "mine";
    both();
  });
  https().get(pinned("self", { path : "/10" }), function(res) {
    collect(res, function(body) {
      ended = body.length == 10;
      both();
    });
    throw new Error("mine");
  });
});

test("defaults: each option, and trust as a whole", function(done) {
  var d = https().defaults;
  d.host = "127.0.0.1";
  d.port = CONFIG.ports.self;
  d.headers = { "X-All" : "yes" };
  d.ca = CONFIG.ca; // does not fit this server: a request's own pin must replace it
  https().get({ path : "/request", fingerprint256 : CONFIG.fingerprints.self, headers : { "X-One" : "1" } }, function(res) {
    collect(res, function(body) {
      equal(body.indexOf("X-All: yes\r\nX-One: 1\r\n") > 0, true, "headers");
      delete d.host;
      delete d.port;
      delete d.headers;
      delete d.ca;
      equal(Object.keys(d).join(), "");
      done();
    });
  });
});
