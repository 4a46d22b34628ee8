// What only https-full.min.js has.

function kept(options) { return pinned("kept", Object.assign({ keepAlive : 3000 }, options)); }

// A request: calls done(body, res). An error ends the test.
function body(options, done) {
  var req = https().get(options, function(res) { collect(res, function(text) { done(text, res); }); });
  req.on("error", function(e) { finished("" + e.message); });
  return req;
}

// How many connections the server has seen, on one of its own.
function connections(server, done) {
  body(pinned(server, { path : "/connections" }), function(text) { done(+text); });
}

// Two requests, one after the other: are they on the same connection?
function together(first, second, expected, done) {
  body(first, function(text, one) {
    setTimeout(function() {
      body(second, function(text, two) {
        equal(one.socket === two.socket, expected, "the same connection");
        done();
      });
    }, 20);
  });
}

test("keepAlive: one connection for two requests", function(done) {
  together(kept({ path : "/1000" }), kept({ path : "/request" }), true, done);
});
test("keepAlive: ten requests, one connection, every byte", function(done) {
  var n = 0;
  connections("kept", function(before) {
    function next() {
      body(kept({ path : "/" + (n % 2 ? 100 : 3000) }), function(text) {
        equal(sum(text), CONFIG.sums[n % 2 ? 100 : 3000]);
        if (++n < 10) return setTimeout(next, 5);
        connections("kept", function(after) {
          equal(after - before, 2);
          done();
        });
      });
    }
    next();
  });
});
test("keepAlive: a body is sent again and again", function(done) {
  function post(text, next) {
    https().request(kept({ path : "/echo", method : "POST" }), function(res) {
      collect(res, function(answer) {
        equal(answer, text);
        setTimeout(next, 20, res.socket);
      });
    }).end(text);
  }
  post("one", function(first) { post("another", function(second) { done(first !== second && "two connections"); }); });
});
test("keepAlive: arrays that are equal are the same", function(done) {
  var pins = function() { return { fingerprint256 : [CONFIG.fingerprints.p256, CONFIG.fingerprints.self], path : "/1" }; };
  together(kept(pins()), kept(pins()), true, done);
});
[["another trust", { fingerprint256 : [1] }], ["insecure", { fingerprint256 : undefined, rejectUnauthorized : false }], ["another name", { servername : "device.test" }],
 ["another host", { host : "localhost" }]].forEach(function(t) {
  test("keepAlive: not with " + t[0], function(done) {
    var second = kept(Object.assign({ path : "/1" }, t[1]));
    if (t[1].fingerprint256) second.fingerprint256 = [CONFIG.fingerprints.self];
    together(kept({ path : "/1" }), second, false, done);
  });
});
test("keepAlive: a pin that is wrong is refused, whatever waits", function(done) {
  body(kept({ path : "/1" }), function() {
    setTimeout(refused, 20, kept({ fingerprint256 : CONFIG.fingerprints.p256 }), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "", done);
  });
});
test("keepAlive: not without it", function(done) {
  together(kept({ path : "/1" }), pinned("kept", { path : "/1" }), false, function() {
    together(pinned("kept", { path : "/1" }), kept({ path : "/1" }), false, done);
  });
});
test("keepAlive: closed when its time is over", function(done) {
  body(kept({ path : "/1", keepAlive : 100 }), function(text, res) {
    setTimeout(function() {
      equal(!!res.socket.cls, true, "closed");
      together(kept({ path : "/1" }), kept({ path : "/1" }), true, done);
    }, 400);
  });
});
test("keepAlive: the server says that it closes", function(done) { together(kept({ path : "/close/10" }), kept({ path : "/1" }), false, done); });
test("keepAlive: another server takes its place", function(done) {
  together(kept({ path : "/1" }), pinned("other", { path : "/1", keepAlive : 3000 }), false, done);
});
test("keepAlive: the server closed it meanwhile, get is sent again", function(done) {
  together(kept({ path : "/last/10" }), kept({ path : "/1" }), false, done);
});
test("keepAlive: the server closed it meanwhile, post is not", function(done) {
  body(kept({ path : "/last/10" }), function() {
    setTimeout(function() {
      var req = https().request(kept({ path : "/echo", method : "POST" }), function() { done("there was a response"); });
      req.on("error", function(e) { isError(e, "ECONNRESET", "", done); });
      req.end("x");
    }, 20);
  });
});
test("keepAlive: an aborted request leaves nothing", function(done) {
  var req = https().get(kept({ path : "/30000" }), function(res) {
    res.on("data", function() { req.abort(); });
  });
  req.on("close", function() { setTimeout(together, 20, kept({ path : "/1" }), kept({ path : "/1" }), true, done); });
});
testNative("keepAlive: 30 polls leave nothing behind", function(done) {
  unchanged(30, function(next) { body(kept({ path : "/100" }), function() { setTimeout(next, 5); }); }, done);
});

function to(status, target, options) { return pinned("kept", Object.assign({ path : "/to/" + status + "/" + hex(target), maxRedirects : 3 }, options)); }

[["/100"], ["100"], ["../../../100"], ["/100?a=https://x/"], ["/100#part"]].forEach(function(t) {
  test("redirect to " + t[0], function(done) {
    body(to(302, t[0]), function(text, res) {
      if (t[0].indexOf("..") < 0 && t[0] != "100") {
        equal(res.statusCode, 200);
        equal(sum(text), CONFIG.sums["100"]);
      } else equal(res.statusCode, 404); // beside the page that redirects
      done();
    });
  });
});
test("redirect to another server, by its whole url", function(done) {
  connections("other", function(before) {
    body(to(301, "HTTPS://127.0.0.1:" + CONFIG.ports.other + "/request"), function(text) {
      equal(text.split("\r\n")[0], "GET /request HTTP/1.1");
      equal(text.indexOf("Host: 127.0.0.1:" + CONFIG.ports.other) > 0, true, text);
      connections("other", function(after) {
        equal(after - before, 2);
        done();
      });
    });
  });
});
test("redirect: nothing secret goes to another server", function(done) {
  https().defaults.headers = { "X-Api-Key" : "secret" };
  https().defaults.auth = "me:secret";
  var secret = { headers : { Cookie : "secret", authorization : "secret", Accept : "text/plain" }, servername : "device.test" };
  body(to(302, "/request", secret), function(same) {
    equal(same.split("secret").length, 4, same);
    body(to(302, "https://localhost:" + CONFIG.ports.kept + "/request", secret), function(text) {
      https().defaults = {};
      // Not indexOf(): Espruino's finds a beginning of it at the end of the text, too.
      equal(text.split("secret").length, 1, text);
      equal(text.split("Authorization").length, 1, text);
      equal(text.indexOf("Accept: text/plain") > 0, true, text);
      done();
    });
  });
});
[["to http", "http://127.0.0.1/1", {}], ["to another scheme", "mailto:me", {}], ["more than are wanted", "/1", { maxRedirects : 0 }],
 ["with a body that would have to be kept", "/1", { method : "POST" }, 307], ["of PUT", "/1", { method : "PUT" }]].forEach(function(t) {
  test("redirect: not " + t[0], function(done) {
    body(to(t[3] || 302, t[1], t[2]), function(text, res) {
      equal(res.statusCode, t[3] || 302);
      equal(text, "it is there");
      done();
    });
  });
});
test("redirect: in a circle", function(done) {
  body(to(302, "/to/302/" + hex("/to/302/" + hex("/to/302/" + hex("/1")))), function(text, res) {
    equal(res.statusCode, 302);
    done();
  });
});
test("redirect: post becomes get, without a body", function(done) {
  var req = https().request(to(303, "/request", { method : "POST", headers : { "Content-Type" : "text/plain" } }), function(res) {
    collect(res, function(text) {
      equal(text.split(" ")[0], "GET");
      equal(text.split("Content-").length, 1, text);
      done();
    });
  });
  req.end("secret");
});
test("redirect to where nothing can be: an error", function(done) {
  refused(to(302, "https://a b/"), "ERR_INVALID_URL", "", done);
});
test("redirect: an error afterwards comes to the request", function(done) {
  refused(to(302, "https://127.0.0.1:" + CONFIG.ports.p256 + "/"), "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "", done);
});
test("redirect: with keepAlive", function(done) {
  body(to(302, "/100", { keepAlive : 1000 }), function(text) {
    equal(sum(text), CONFIG.sums["100"]);
    done();
  });
});

test("setHeader, removeHeader", function(done) {
  var req = https().request(pinned("self", { path : "/request", headers : { "X-One" : "1", "x-two" : "2", "X-Three" : "3" } }), function(res) {
    collect(res, function(text) {
      equal(text.split("X-One").length, 1, text);
      equal(text.indexOf("X-Two: two") > 0, true, text);
      equal(text.split("x-two").length, 1, text);
      equal(text.split("\r\n")[0], "GET /request HTTP/1.1");
      done();
    });
  });
  req.removeHeader("x-one");
  req.setHeader("X-Two", "two");
  ["a\r\nb", "\0"].forEach(function(bad) {
    var code;
    try {
      req.setHeader("X-Four", bad);
    } catch (e) {
      code = e.code;
    }
    equal(code, "ERR_INVALID_CHAR");
  });
  req.end();
  try {
    req.setHeader("X-Five", "5");
  } catch (e) {
    return equal(e.code, "ERR_HTTP_HEADERS_SENT");
  }
  done("a header can be set after the request was sent");
});
test("setHeader: a length of one's own", function(done) {
  var req = https().request(pinned("self", { path : "/echo", method : "POST" }), function(res) {
    collect(res, function(text) {
      equal(text, "one two");
      done();
    });
  });
  req.setHeader("Content-Length", 7);
  req.write("one ");
  req.end("two");
});
test("setTimeout: an error", function(done) {
  var req = https().get(pinned("self", { path : "/open/" }));
  req.setTimeout(200).on("error", function(e) { isError(e, "ETIMEDOUT", "nothing happened for 200 ms", done); });
});
test("setTimeout: later, and with a listener, as in Node", function(done) {
  var req = https().get(pinned("self", { path : "/open/" })), times = 0;
  req.on("error", function(e) {
    equal(e.message, "too late");
    equal(times, 1);
    done();
  });
  setTimeout(function() {
    req.setTimeout(200, function() {
      times++;
      req.destroy(new Error("too late"));
    });
  }, 100);
});
test("pipe", function(done) {
  var got = "", ended = 0;
  https().get(pinned("self", { path : "/5000" }), function(res) {
    var to = { write : function(d) { got += d; }, end : function() { ended++; } };
    equal(res.pipe(to), to);
    res.on("end", function() {
      setTimeout(function() {
        equal(sum(got), CONFIG.sums["5000"]);
        equal(ended, 1);
        done();
      }, 50);
    });
  });
});
test("pipe: without an end", function(done) {
  https().get(pinned("self", { path : "/100" }), function(res) {
    res.pipe({ write : function(d) {}, end : function() { done("it was ended"); } }, { end : false });
    res.on("end", function() { setTimeout(done, 50); });
  });
});
test("pipe: an answer becomes another request's body", function(done) {
  https().get(pinned("self", { path : "/3000" }), function(res) {
    res.pipe(https().request(pinned("self", { path : "/echo", method : "POST" }), function(res) {
      collect(res, function(text) {
        equal(sum(text), CONFIG.sums["3000"]);
        done();
      });
    }));
  });
});
test("once, setEncoding, resume", function(done) {
  var times = 0;
  https().get(pinned("self", { path : "/3000" }), function(res) {
    equal(res.setEncoding("utf8"), res);
    res.once("data", function(d) { times++; });
    res.resume();
    res.on("end", function() {
      setTimeout(function() {
        equal(times, 1);
        done();
      }, 50);
    });
  });
});

function json(path, options, done) { https().getJSON(pinned("kept", Object.assign({ path : path }, options)), done); }

test("getJSON", function(done) {
  json("/json/" + hex("{\"a\":[1,2]}"), {}, function(err, value, res) {
    equal(err, undefined);
    equal(value.a[1], 2);
    equal(res.statusCode, 200);
    done();
  });
});
test("getJSON: by url and options", function(done) {
  https().getJSON("https://127.0.0.1:" + CONFIG.ports.kept + "/json/" + hex("5"), { fingerprint256 : CONFIG.fingerprints.self }, function(err, value) {
    equal(value, 5);
    done(err);
  });
});
[["not JSON", "/json/" + hex("<html>"), "ERR_INVALID_JSON"], ["an error of the server", "/nothing", "ERR_HTTP_STATUS"], ["too much", "/10000", "ERR_BODY_TOO_LARGE"],
 ["nothing", "/0", "ERR_INVALID_JSON"]].forEach(function(t) {
  test("getJSON: " + t[0], function(done) {
    var times = 0;
    json(t[1], {}, function(err) {
      if (times++) return done("called twice");
      setTimeout(isError, 50, err, t[2], "", done);
    });
  });
});
test("getJSON: refused", function(done) {
  json("/1", { fingerprint256 : CONFIG.fingerprints.p256 }, function(err) { isError(err, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "", done); });
});

function download(path, options, done) {
  var got = "";
  https().download(pinned("kept", { path : path }), options, { write : function(d) { got += d; } }, function(err, bytes) { done(err, got, bytes); });
}

test("download: in pieces, on one connection", function(done) {
  connections("kept", function(before) {
    download("/range/5000", { piece : 700 }, function(err, got, bytes) {
      equal(err, undefined);
      equal(bytes, 5000);
      equal(sum(got), CONFIG.sums["5000"]);
      connections("kept", function(after) {
        equal(after - before, 2);
        done();
      });
    });
  });
});
test("download: smaller than a piece", function(done) {
  download("/range/100", {}, function(err, got) {
    equal(sum(got), CONFIG.sums["100"]);
    done(err);
  });
});
test("download: a server without ranges sends all at once", function(done) {
  download("/3000", {}, function(err, got) {
    equal(sum(got), CONFIG.sums["3000"]);
    done(err);
  });
});
test("download: it changes meanwhile", function(done) {
  download("/range/3000?change", {}, function(err) { isError(err, "ERR_HTTP_RANGE", "it has changed, byte 1024", done); });
});
test("download: whom to trust is said by the request alone, or by the defaults", function(done) {
  https().defaults = pinned("p256", { fingerprint256 : CONFIG.fingerprints.p256 });
  download("/range/2000", undefined, function(err, got) {
    https().defaults = {};
    if (err) return done(err.message);
    equal(sum(got), sum(got.substr(0, 2000)));
    equal(got.length, 2000);
    done();
  });
});
test("download: not there", function(done) {
  download("/nothing", {}, function(err) { isError(err, "ERR_HTTP_RANGE", "404 Not Found", done); });
});
