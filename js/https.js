/* Copyright (c) 2026 the espruino-tls authors. MIT licence, see the file LICENSE. */
/*
An HTTPS client that checks whom it talks to, for firmware with espruino-tls in it.

```
require("https").get({
  host : "192.168.1.50", path : "/api/meters", fingerprint256 : "AB:CD:..."
}, function(res) {
  var body = "";
  res.on("data", function(d) { body += d; });
  res.on("end", function() { console.log(res.statusCode, body); });
}).on("error", function(e) { console.log(e.message); });
```

https.md has the rest. There are few functions and no closures here: each costs 85 bytes of a small heap for ever, and
a closure that of every request. What begins with _ is nobody else's business; https.min.js, which minify.js makes of
this file, has shorter names for it. Espruino has no default parameters and no destructuring.

Between `//{ full` and `//} full` is what only https-full.min.js has, which lies in Storage: a firmware's flash has no
room for it.
*/

// Without this library `tls` may be one that checks nothing: fail now.
var library = require("espruino_tls"), EOL = "\r\n", assign = Object.assign,
  // The sessions of the servers asked last, the newest at the end, by host and port. Whether one may be used is for the
  // library to decide: it is bound to the name and to whom was trusted.
  sessions = {};

// What of an answer comes next. The first five are lines, the others are data.
const STATUS = 0;
const HEADER = 1;
const TRAILER = 2;
const CHUNK_SIZE = 3;
const CHUNK_END = 4;
const LENGTH = 5;
const CHUNK = 6;
const UNTIL_CLOSE = 7;

// Most that one write to the network takes; more would only lie in memory.
const PIECE = 536;
// Most of a body that waits for its listener.
const HELD = 1024;
// Tells write() that it is end(), and finish() that all is well.
const END = 1;
const COMPLETE = 1;
// What a header costs in memory besides its text, and what all of them may cost.
const HEADER_COST = 32;
const HEADERS = 4096;
// How long nothing may happen, in milliseconds.
const TIMEOUT = 3e4;

//{ full
// Most of a body that getJSON() takes, and what download() asks for at a time.
const BODY = 8192;
const PIECES = 1024;
// How long download()'s connection waits for its next request.
const KEEP = 5000;

//} full
// How many servers' sessions are kept; each takes about half a kilobyte.
const SESSIONS = 2;

// Options for every request. A request's own come first.
exports.defaults = {};

//{ full
// The connection that waits for the next request to its server, and what only requests and responses of this form have.
var idle, requestMore, responseMore;

//} full
// Without a text: the answer is wrong, HPE_INVALID_ and the code. From "I" on codes stand here without their ERR_.
function error(code, text) {
  if (!text) {
    code = "HPE_INVALID_" + code;
    text = "not HTTP/1.1. Is it the right port?";
  }
  if (code > "I") code = "ERR_" + code;
  text = new Error(code + ": " + text);
  text.code = code;
  return text;
}

// `on` for requests and responses. Unlike Espruino's it returns the object, as Node's does.
function on(event, listener) {
  var late = event == "data" && !this["#ondata"];
  if (late && this._held === undefined)
    throw error("STREAM_PREMATURE_CLOSE", "call res.on('data') at once");
  Object.prototype.on.call(this, event, listener);
  if (late) {
    if (this._held) this.emit("data", this._held);
    this._held = "";
    // Later, for listeners that are added after this one.
    if (this.complete) setTimeout(function(res) {
      res.emit("end");
      res.emit("close", false);
    }, 0, this);
  }
  return this;
}

// Keeps what makes the next connection to this server cheap, or forgets it if this one went wrong.
function remember(req, good) {
  var key = req._server, info = library.info(req.socket), session = info && info.session || sessions[key];
  delete sessions[key];
  if (good && session) {
    sessions[key] = session;
    key = Object.keys(sessions);
    if (key.length > SESSIONS) delete sessions[key[0]];
  }
}

//{ full
// Ends the connection that waits.
function drop() {
  var socket = idle;
  if (!socket) return;
  idle = undefined;
  clearTimeout(socket._waits);
  socket.clsNow = true;
  socket.end();
}

// Whether the answer leaves its connection open for another request.
function isKept(req) {
  var res = req.res, h = res && res.headers;
  return req._keep && res && req._ended && !req._out.length && !req.socket.dSnd && req._mode != UNTIL_CLOSE &&
    res.httpVersion == "1.1" && !/close/i.test("" + h.connection) &&
    !(h["content-length"] && h["transfer-encoding"]); // which of the two counted? (RFC 9112 6.3)
}

// Whether two connections would be made and checked in the same way. Arrays may be made anew for each request; anything
// else that can differ must be the same thing.
function isSame(a, b) {
  var k, n = 0;
  for (k in a) {
    if (k == "session") continue;
    n++;
    if (a[k] !== b[k] && !(Array.isArray(a[k]) && Array.isArray(b[k]) && isSame(a[k], b[k]))) return false;
  }
  for (k in b) if (k != "session") n--;
  return !n;
}

// Makes the same request anew, or with another URL and other options.
function again(req, url, options) {
  var fresh = exports.request(url, options, req._callback), socket = req.socket;
  if (req._timer) clearInterval(req._timer);
  if (req._server) remember(req, true);
  socket._request = { _done : true };
  socket.clsNow = true;
  socket.end();
  assign(req, fresh, {
    res : undefined, socket : undefined, _timer : undefined, _server : undefined,
    _line : "", _field : "", _open : false, _busy : false, _ended : false, _reused : false, _wrote : false
  });
  end.call(req);
}

// Whether the answer sends the request elsewhere, and it goes there. Never to http, never with a body, and to another
// server only with the headers that tell it nothing.
function isRedirected(req, res) {
  var to = res.headers.location, status = res.statusCode, o = assign({}, req._from);
  var method = o.method, path, k, kept;
  if (!to || [301, 302, 303, 307, 308].indexOf(status) < 0) return false;
  if (method == "POST" && status < 307) o.method = "GET";
  else if (method != "GET" && method != "HEAD") return false;
  to = to.split("#")[0];
  path = o.path.split("?")[0];
  k = "https://" + o.host + ":" + o.port;
  if (to.slice(0, 2) == "//") to = "https:" + to;
  else if (to[0] == "/") to = k + to;
  else if (to[0] == "?") to = k + path + to;
  else if (!/^[a-z]*:/i.test(to)) to = k + path.slice(0, path.lastIndexOf("/") + 1) + to;
  if (to.slice(0, 8).toLowerCase() != "https://") return false;
  path = to.split("/")[2].split("?")[0].toLowerCase();
  if (path.indexOf(":") < 0) path += ":443";
  if (path != (o.host + ":" + o.port).toLowerCase()) {
    kept = {};
    for (k in o.headers) if (/^accept/i.test(k) || /^user-agent$/i.test(k)) kept[k] = o.headers[k];
    o.headers = kept;
    o._bare = true; // without the defaults
    ["auth", "cert", "key", "servername", "session"].forEach(function(k) { delete o[k]; });
  } else if (o.method != method) {
    kept = {};
    for (k in o.headers) if (!/^content-/i.test(k) && !/^transfer-/i.test(k)) kept[k] = o.headers[k];
    o.headers = kept;
  }
  ["host", "hostname", "port", "path", "protocol"].forEach(function(k) { delete o[k]; });
  o.maxRedirects = req._redirects - 1;
  again(req, to, o);
  return true;
}

//} full
// The one way out, and req.abort(). e: an error; COMPLETE; or nothing: aborted. What comes afterwards is ignored.
function finish(e) {
  var req = this, res = req.res, socket = req.socket, failed = !!e && e !== COMPLETE;
  if (req._done) return;
  //{ full
  var kept = e === COMPLETE && isKept(req);
  //} full
  req._done = true;
  req._out = [];
  if (req._timer) clearInterval(req._timer);
  if (socket) {
    if (req._server) remember(req, e === COMPLETE);
    //{ full
    if (kept) {
      drop();
      idle = socket;
      socket._request = { _done : true };
      socket._waits = setTimeout(drop, req._keep);
    } else {
    //} full
    socket.clsNow = true; // now, even if the modem hangs and there is still something to send
    socket.end();
    //{ full
    }
    //} full
  }
  if (res) {
    if (failed) res.emit("error", e);
    else if (e) {
      res.complete = true;
      res.emit("end");
    }
    res.emit("close", failed);
  }
  if (failed) req.emit("error", e);
  req.emit("close", failed);
  if (failed && !req["#onerror"] && !(res && res["#onerror"])) throw e; // on the console
}

// From here to over(): what happens on the socket, which is `this`. Most of a body goes this short way: the interpreter
// reads what it does not do as well, and over parse() it takes longer than 1 KB does on a serial line.
function received(d) {
  var req = this._request;
  if (d.length < req._left && req._mode >= LENGTH && req.res["#ondata"] && !req._done) {
    if (req._timer) changeInterval(req._timer, req._timeout);
    req._left -= d.length;
    req.res.emit("data", d);
  } else parse.call(this, d);
}

// One long function, because the stack is as small as the heap is, and the callback comes on top of it.
function parse(d) {
  var req = this._request, res = req.res, at = 0, line, fold, headers, key, value, i;
  try {
    while (at < d.length && !req._done) {
      if (req._mode >= LENGTH) {
        // Only for a piece of the body: somebody could send the rest a byte at a time.
        if (req._timer) changeInterval(req._timer, req._timeout);
        i = d.length - at;
        if (i > req._left) i = req._left;
        req._left -= i;
        value = i == d.length ? d : d.substr(at, i);
        at += i;
        if (res["#ondata"]) res.emit("data", value);
        else if (res._held !== undefined) {
          res._held += value;
          if (res._held.length > HELD) delete res._held;
        }
        if (!req._left) {
          if (req._mode == LENGTH) finish.call(req, COMPLETE);
          else req._mode = CHUNK_END;
        }
        continue;
      }
      // A line. It may have begun earlier.
      i = d.indexOf("\n", at);
      line = (req._line || "") + d.slice(at, i < 0 ? d.length : i);
      if (line.length + req._size > req._limit)
        throw error("HPE_HEADER_OVERFLOW", "Raise `maxHeaderSize`");
      if (i < 0) {
        req._line = line;
        break;
      }
      req._line = "";
      at = i + 1;
      line = line.replace(/\r$/, "");
      if (req._mode == CHUNK_SIZE) {
        value = line.split(";")[0].trim();
        // Any number of zeros in front. parseInt gets only as much as it can count: Espruino's wraps, or throws.
        if (!value || /[^0-9A-Fa-f]/.test(value) || /[^0]/.test(value.slice(0, -13)))
          throw error("CHUNK_SIZE");
        req._left = parseInt(value.slice(-13), 16);
        req._mode = req._left ? CHUNK : TRAILER;
        continue;
      }
      if (req._mode == CHUNK_END) {
        if (line) throw error("CHUNK_SIZE");
        req._mode = CHUNK_SIZE;
        continue;
      }
      req._size += line.length + HEADER_COST;
      if (req._mode == STATUS) {
        if (!/^HTTP\/1\..\D\d\d\d/.test(line)) throw error("CONSTANT");
        req.res = res = {
          on : on,
          socket : this,
          httpVersion : line.slice(5, 8),
          statusCode : +line.slice(9, 12),
          statusMessage : line.slice(13),
          headers : {},
          complete : false,
          _held : ""
        };
        //{ full
        res.__proto__ = responseMore;
        //} full
        req._mode = HEADER;
        continue;
      }
      if (line) {
        // One that begins with a space goes on with the one before it (RFC 9112 5.2): both are read again as one.
        fold = req._field && /^[\t ]/.test(line);
        if (fold) line = req._field + " " + line.trim();
        req._field = line;
        i = line.indexOf(":");
        value = line.slice(0, i);
        if (i < 1 || /[^!-~]/.test(value)) throw error("HEADER_TOKEN");
        headers = res.headers;
        if (req._mode == TRAILER) headers = res.trailers = res.trailers || {};
        key = value.toLowerCase();
        if (key == "__proto__") continue;
        if (fold) headers[key] = req._before;
        else req._before = headers[key];
        line = line.slice(i + 1).trim();
        if (key == "set-cookie") line = (headers[key] || []).concat(line);
        else if (typeof headers[key] == "string") line = headers[key] + ", " + line;
        // In lower case as in Node, and as it came, as in Espruino's http. Not in one statement: if both are the same,
        // Espruino's object would have it twice.
        headers[key] = line;
        headers[value] = line;
        continue;
      }
      req._field = "";
      i = res.statusCode;
      if (req._mode == TRAILER) finish.call(req, COMPLETE);
      else if (i < 200) {
        if (i == 101) throw error("STATUS");
        req._mode = STATUS;
      } else {
        //{ full
        if (req._redirects && isRedirected(req, res)) return;
        //} full
        this.removeAllListeners("data");
        this.on("data", received);
        value = res.headers["content-length"];
        key = res.headers["transfer-encoding"];
        req._mode = LENGTH;
        if (req._method == "HEAD" || i == 204 || i == 304) req._left = 0;
        else if (key !== undefined) {
          if (key.toLowerCase() != "chunked") throw error("TRANSFER_ENCODING");
          req._mode = CHUNK_SIZE;
        } else if (value !== undefined) {
          if (!value || /\D/.test(value) || /[^0]/.test(value.slice(0, -15)))
            throw error("CONTENT_LENGTH");
          req._left = parseInt(value.slice(-15), 10);
        } else {
          req._left = Infinity;
          req._mode = UNTIL_CLOSE;
        }
        try {
          if (req._callback) req._callback(res);
        } catch (e) {
          setTimeout(function() { throw e; }); // on the console; the body still comes
        }
        if (req._mode == LENGTH && !req._left) finish.call(req, COMPLETE);
      }
    }
    //{ full
    // Nobody has asked for this.
    if (at < d.length && this === idle) drop();
    //} full
  } catch (e) {
    over.call(this, e, true);
  }
}

// The connection is open, or can take more: the next piece, made of as many parts as fit.
function ready() {
  var req = this._request, piece = "", ours = true, part, room;
  if (req._done || this.cls) return; // if the connection has gone, that is the next event
  try {
    if (!req._open) {
      req._open = true;
      assign(this, library.info(this));
    }
    if (req._timer) changeInterval(req._timer, req._timeout);
    while (req._out.length && piece.length < PIECE) {
      part = req._out[0];
      room = PIECE - piece.length;
      piece += part.substr(req._sent, room);
      req._sent += room;
      if (req._sent >= part.length) {
        req._out.shift();
        req._sent = 0;
      }
    }
    req._busy = !!piece;
    ours = false;
    if (piece) this.write(piece);
    else if (!req._ended) req.emit("drain");
  } catch (e) {
    over.call(this, e, ours);
  }
}

// The socket failed (e: what it says) or closed (e: whether it failed), the timer ran out (e: the request) or something
// was thrown: by this file (ours), whose fault must not be taken for the network's, or by what is below it.
function over(e, ours) {
  var req = this._request, text = "" + e.message, err = COMPLETE;
  //{ full
  if (idle && this === idle) return drop();
  if (e._out && e["#ontimeout"]) return e.emit("timeout");
  // The server ended the connection while it waited.
  if (req && req._reused && !e._out && !req.res && !req._line && !req._wrote) {
    if (req._method == "GET" || req._method == "HEAD") return again(req, req._from);
  }
  //} full
  if (e._out) {
    req = e;
    err = error("ETIMEDOUT", "nothing happened for " + e._timeout + " ms. Is the server up? See `timeout`");
  } else if (e.code && !(e.code < 0)) err = e; // the library's, or this file's
  else if (ours) err = error("INTERNAL_ASSERTION", text + ", in https.js. Please report it");
  else if (e.message) err = error(/host/.test(text) ? "ENOTFOUND" : "EIO", text); // Espruino's own
  else if (e || req._mode != UNTIL_CLOSE)
    err = error("ECONNRESET", "it ended before the answer did. Ask again");
  finish.call(req, err);
}

// Later than the request was made: the stack is then nearly empty, which the making of keys needs, and the caller has
// added its listeners.
function connect(req) {
  var socket, o = req._options;
  if (req._done) return;
  if (req._timeout) req._timer = setInterval(over, req._timeout, req);
  try {
    if (o.session === undefined) {
      req._server = o.host + ":" + o.port;
      o.session = sessions[req._server] || true;
    }
    //{ full
    if (req._keep && idle && !idle.cls && isSame(idle._options, o)) {
      socket = req.socket = idle;
      idle = undefined;
      clearTimeout(socket._waits);
      socket._request = req;
      req._reused = true;
      req._server = "";
      ready.call(socket);
      return;
    }
    drop(); // the new one needs its memory
    //} full
    socket = req.socket = require("tls").connect(o, ready);
    //{ full
    socket._options = o;
    //} full
    delete req._options;
    socket._request = req;
    socket.on("data", parse);
    socket.on("drain", ready);
    socket.on("error", over);
    socket.on("close", over);
  } catch (e) {
    over.call({ _request : req }, e);
  }
}

// req.write(data), and req.end(data) with END.
function write(data, last) {
  var req = this, head = req._head;
  last = last === END;
  if (req._ended) throw error("STREAM_WRITE_AFTER_END", "make another request");
  if (data == undefined) data = ""; // or null
  if (typeof data != "string") {
    if (!data.buffer && !(data instanceof ArrayBuffer))
      throw error("INVALID_ARG_TYPE", "use a typed array or JSON.stringify()");
    data = E.toString(data);
  }
  if (E.isUTF8 && E.isUTF8(data)) data = E.fromUTF8(data); // bytes
  req._ended = last;
  if (req._done) return false;
  if (head) {
    if (!req._framed && !req._chunked) {
      if (!last) {
        req._chunked = true;
        head += "Transfer-Encoding: chunked" + EOL;
      } else if (data || req._method[0] == "P") // POST, PUT, PATCH
        head += "Content-Length: " + data.length + EOL;
    }
    req._head = "";
    req._out.push(head + EOL);
  }
  if (data) {
    //{ full
    req._wrote = true;
    //} full
    if (req._chunked) req._out.push(data.length.toString(16) + EOL, data, EOL);
    else req._out.push(data);
  }
  if (last && req._chunked) req._out.push("0" + EOL + EOL);
  if (head) setTimeout(connect, 0, req);
  else if (req._open && !req._busy) ready.call(req.socket);
  return false;
}

function end(data) {
  write.call(this, data, END);
  return this;
}

exports.request = function(url, options, callback) {
  var o, k, v, req, bad, trust, ways, seen = {}, defaults = exports.defaults;
  if (typeof options == "function") {
    callback = options;
    options = undefined;
  }
  if (typeof url != "object") {
    url = ("" + url).split("#")[0];
    k = url.split("/");
    v = (k[2] || "").split("?")[0];
    o = { protocol : k[0].toLowerCase(), path : url.substr(k[0].length + 2 + v.length) };
    v = v.split(":");
    if (v.length < 3) o.host = v[0];
    o.port = v[1];
    url = o;
  }
  o = assign({}, url, options);
  // Whom to trust is taken from the request if it says anything about it, else from the defaults, never from both.
  ways = ["ca", "fingerprint256", "pinnedPubKey", "rejectUnauthorized"];
  trust = function(k) { return k[0] == "r" ? o[k] === false : o[k]; };
  v = ways.some(trust) ? ways : [];
  //{ full
  if (o._bare) defaults = {};
  //} full
  for (k in defaults)
    if (o[k] === undefined && v.indexOf(k) < 0) o[k] = defaults[k];
  o.headers = assign({}, defaults.headers, o.headers);
  o.method = o.method || "GET";
  o.path = "" + (o.path || "");
  if (o.path[0] != "/") o.path = "/" + o.path;
  o.host = o.hostname || o.host;
  o.port = o.port || 443;
  if (o.protocol !== undefined && o.protocol != "https:") throw error("INVALID_PROTOCOL", "use https:");
  if (!o.host || /[^-.\w]/.test(o.host) || /\D/.test(o.port) || o.port < 1 || o.port > 65535)
    throw error("INVALID_URL", "write https://host:port/path");
  if (/[^!-~]/.test(o.method + o.path))
    throw error("UNESCAPED_CHARACTERS", "use encodeURIComponent() for the path");
  if (!ways.some(trust))
    throw error("TLS_NO_TRUST", "nothing says whom to trust. Give `fingerprint256`, `pinnedPubKey` or `ca`");
  req = {
    on : on, write : write, end : end, abort : finish, destroy : finish,
    _options : o,
    _callback : callback,
    _method : "" + o.method,
    _timeout : o.timeout === undefined ? TIMEOUT : o.timeout,
    _limit : o.maxHeaderSize || HEADERS,
    _head : o.method + " " + o.path + " HTTP/1.1" + EOL,
    _out : [],
    _sent : 0, // bytes of _out[0]
    _mode : STATUS,
    _size : 0 // what the headers have cost
  };
  //{ full
  req.__proto__ = requestMore;
  req._keep = o.keepAlive;
  req._redirects = o.maxRedirects;
  if (o.keepAlive || o.maxRedirects) req._from = assign({}, o);
  //} full
  // As bytes: of Espruino's UTF-8 strings btoa would leave out the end.
  if (o.auth) o.headers.Authorization = "Basic " + btoa(E.toString("", o.auth));
  for (k in o.headers) {
    v = "" + o.headers[k];
    if (/[^!-9;-~]/.test(k) || /[^\t -~]/.test(v)) bad = k;
    seen[k.toLowerCase()] = true;
    req._head += k + ": " + v + EOL;
  }
  req._chunked = seen["transfer-encoding"];
  req._framed = seen["content-length"];
  if (req._chunked && req._framed) bad = "Content-Length"; // which of the two counts?
  if (bad !== undefined) throw error("INVALID_CHAR", "header '" + bad + "' can't be sent");
  if (!seen.host) req._head += "Host: " + o.host + (o.port == 443 ? "" : ":" + o.port) + EOL;
  if (!seen["user-agent"]) req._head += "User-Agent: Espruino " + process.version + EOL;
  //{ full
  if (o.keepAlive) seen.connection = true; // HTTP/1.1 keeps it if nothing is said
  ["_bare", "auth", "keepAlive", "maxRedirects", "timeout", "maxHeaderSize"].forEach(function(k) { delete o[k]; });
  //} full
  if (!seen.connection) req._head += "Connection: close" + EOL;
  // What TLS does not need would only take room until the end.
  delete o.headers;
  delete o.path;
  delete o.method;
  delete o.protocol;
  return req;
};

exports.get = function(url, options, callback) {
  return exports.request(url, options, callback).end();
};

// Calls task(again). When it calls again(err), task is called once more after a random time between 0 and a limit that
// doubles: many devices do not come back at once. When options.tries are used up, done(err) is called.
exports.retry = function(task, options, done) {
  var o = assign({ tries : 5, base : 1e3, max : 6e4 }, options);
  function attempt() {
    var open = true;
    task(function(e) {
      if (!open) return;
      open = false;
      if (--o.tries < 1) done && done(e);
      else {
        setTimeout(attempt, Math.random() * Math.min(o.max, o.base));
        o.base *= 2;
      }
    });
  }
  attempt();
};

//{ full
function once(event, listener) {
  var self = this;
  function first(a, b) {
    self.removeListener(event, first);
    listener.call(self, a, b);
  }
  return self.on(event, first);
}

requestMore = {
  once : once,
  // Without a value: takes the header out.
  setHeader : function(name, value) {
    var key = ("" + name).toLowerCase() + ":", head = this._head;
    if (!head) throw error("ERR_HTTP_HEADERS_SENT", "set headers before the first write");
    if (/[^!-9;-~]/.test(name) || /[^\t -~]/.test("" + value))
      throw error("INVALID_CHAR", "header '" + name + "' can't be sent");
    head = head.split(EOL).filter(function(line) { return line && line.toLowerCase().indexOf(key); });
    if (value !== undefined) head.push(name + ": " + value);
    this._head = head.join(EOL) + EOL;
    if (key == "content-length:") this._framed = value !== undefined;
    if (key == "transfer-encoding:") this._chunked = value !== undefined;
    if (this._from) this._from.headers[name] = value;
  },
  removeHeader : function(name) { this.setHeader(name); },
  setTimeout : function(ms, listener) {
    var req = this;
    req._timeout = ms;
    if (req._from) req._from.timeout = ms;
    if (req._timer) {
      if (ms) changeInterval(req._timer, ms);
      else clearInterval(req._timer);
    }
    if (!ms) req._timer = undefined;
    return listener ? req.once("timeout", listener) : req;
  }
};

responseMore = {
  once : once,
  // Into anything that has write(): a file, a port, another request. There is no flow control.
  pipe : function(to, options) {
    this.on("data", function(d) { to.write(d); });
    if (!options || options.end !== false) this.on("end", function() {
      if (to.end) to.end();
      else if (to.close) to.close();
    });
    return to;
  },
  resume : function() { return this.on("data", function() {}); },
  setEncoding : function() { return this; } // strings of bytes are all there is
};

// callback(err, value, res)
exports.getJSON = function(url, options, callback) {
  var body = "", req, most;
  if (typeof options == "function") {
    callback = options;
    options = undefined;
  }
  most = options && options.maxBody || BODY;
  req = exports.get(url, options, function(res) {
    res.on("data", function(d) {
      body += d;
      if (body.length > most) req.destroy(error("ERR_BODY_TOO_LARGE", "more than " + most + " bytes. See `maxBody`"));
    });
    res.on("end", function() {
      var err, value;
      try {
        value = JSON.parse(body);
      } catch (e) {
        err = error("INVALID_JSON", "the body is not JSON");
      }
      if (res.statusCode > 299) err = error("ERR_HTTP_STATUS", res.statusCode + " " + res.statusMessage);
      callback(err, value, res);
    });
  });
  return req.on("error", callback);
};

// Fetches in pieces, one request a piece, on one connection: for servers whose records the heap can't hold.
// to: has write(). callback(err, bytes)
exports.download = function(url, options, to, callback) {
  var o = assign({}, options), headers = o.headers, piece = o.piece || PIECES, at = 0, total, tag;
  delete o.piece;
  o.keepAlive = o.keepAlive || exports.defaults.keepAlive || KEEP;
  function next() {
    var begin = at, problem = "", req;
    o.headers = assign({}, headers, { Range : "bytes=" + at + "-" + (at + piece - 1) });
    if (tag) o.headers["If-Range"] = tag;
    req = exports.get(url, o, function(res) {
      var status = res.statusCode, range = ("" + res.headers["content-range"]).split(/[ \/-]/), all = +range[3];
      // bytes FIRST-LAST/ALL
      if (status == 206 && (+range[1] != at || total !== undefined && all != total)) problem = "it has changed";
      else if (status != 206 && (status != 200 || at)) problem = status + " " + res.statusMessage;
      if (problem) return req.destroy(error("ERR_HTTP_RANGE", problem + ", byte " + at));
      total = status == 206 ? all : 0;
      tag = res.headers.etag;
      if (tag && tag[0] == "W") tag = undefined;
      res.on("data", function(d) {
        at += d.length;
        to.write(d);
      });
      res.on("end", function() {
        if (status == 206 && at < total) {
          if (at > begin) return next();
          return callback(error("ERR_HTTP_RANGE", "the server sends nothing, byte " + at));
        }
        callback(undefined, at);
      });
    });
    req.on("error", callback);
  }
  next();
};
//} full
