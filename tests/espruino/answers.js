// Answers, byte for byte, and what must become of each, however it is cut into pieces. One table for the interpreter and
// for the stand-in. What may be in a row:
//   text      the answer
//   end       what the server does then: "open" (nothing, if it is missing), "raw" (close_notify) or "cut" (TCP ends)
//   method    GET if it is missing
//   code      the error that comes; without it the answer must be complete, and
//   body, status, headers, trailers   what is in it: "" and 200, if they are missing; of headers the ones to look at
var OK = "HTTP/1.1 200 OK\r\n", CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

function zeros(n) { return "0".repeat(n); }

function bytes() {
  var text = "", i;
  for (i = 0; i < 256; i++) text += String.fromCharCode(i);
  return text;
}

var ANSWERS = {
  "a length" : { text : OK + "Content-Length: 5\r\n\r\nhello", body : "hello", headers : { "Content-Length" : "5", "content-length" : "5" } },
  "a length of nothing" : { text : OK + "Content-Length: 0\r\n\r\n" },
  "no length" : { text : OK + "\r\nhello", end : "raw", body : "hello" },
  "no length, nothing" : { text : OK + "\r\n", end : "raw" },
  "HTTP/1.0" : { text : "HTTP/1.0 404 Not Found\r\n\r\nhello", end : "raw", status : 404, body : "hello" },
  "a status without words" : { text : "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", body : "ok" },
  "chunks, their extensions and trailers" : {
    text : OK + "X-A: 1\r\nx-a:2\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6 ;x=\"y\"\r\n world\r\n0\r\nX-T: 1\r\n\r\n",
    body : "hello world", headers : { "x-a" : "1, 2" }, trailers : { "x-t" : "1" }
  },
  "chunks and a length" : { text : OK + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", body : "ok" },
  "answers before the answer" : {
    text : "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + "Content-Length: 2\r\n\r\nok",
    body : "ok", headers : { link : undefined }
  },
  "to HEAD, a length" : { method : "HEAD", text : OK + "Content-Length: 100\r\n\r\n" },
  "to HEAD, chunks" : { method : "HEAD", text : CHUNKED },
  "204" : { text : "HTTP/1.1 204 No Content\r\n\r\n", status : 204 },
  "304 with a length" : { text : "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status : 304 },
  "a redirect, which is not followed" : {
    text : "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n",
    status : 302, headers : { location : "https://elsewhere.test/" }
  },
  "a connection to be kept" : { text : OK + "Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok", body : "ok" },
  "more than its length" : { text : OK + "Content-Length: 2\r\n\r\nok, and more", body : "ok" },
  "every byte" : { text : OK + "Content-Length: 256\r\n\r\n" + bytes(), body : bytes() },

  // Lines that end in LF alone (RFC 9112 2.2).
  "LF, a length" : { text : "HTTP/1.1 200 OK\nX-A:\nContent-Length: 7\n\n{\"a\":1}", body : "{\"a\":1}", headers : { "x-a" : "" } },
  "LF, chunks" : { text : "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5;x\nhello\n0\nX-T: 1\n\n", body : "hello", trailers : { "x-t" : "1" } },
  "LF, no length" : { text : "HTTP/1.1 200 OK\n\nhello", end : "raw", body : "hello" },
  "LF, answers before the answer" : { text : "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", body : "ok" },
  "LF, to HEAD" : { method : "HEAD", text : "HTTP/1.1 200 OK\n\n" },
  "LF and CR LF" : { text : "HTTP/1.1 200 OK\nA: b\r\nTransfer-Encoding: chunked\n\r\n1\na\r\n1\r\nb\n0\r\n\n", body : "ab" },

  // Numbers: zeros in front are legal, and what can't be counted must not be taken for something else.
  "a last chunk of eight zeros" : { text : CHUNKED + "7\r\n{\"a\":1}\r\n00000000\r\n\r\n", body : "{\"a\":1}" },
  "a chunk size of eight digits" : { text : CHUNKED + "00000007\r\n{\"a\":1}\r\n0\r\n\r\n", body : "{\"a\":1}" },
  "chunk sizes of many digits" : { text : CHUNKED + zeros(300) + "A \r\n0123456789\r\n" + zeros(14) + "1\r\na\r\n" + zeros(90) + ";x\r\n\r\n", body : "0123456789a" },
  "a length of many digits" : { text : OK + "Content-Length: " + zeros(300) + "12\r\n\r\nhello, world", body : "hello, world" },
  "a chunk size beyond 64 bits" : { text : CHUNKED + "10000000000000005\r\nhello\r\n0\r\n\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size beyond counting" : { text : CHUNKED + "ffffffffffffffff1\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size just beyond counting" : { text : CHUNKED + "10000000000000\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size of a hundred digits" : { text : CHUNKED + "1" + zeros(100) + "\r\nhello", code : "HPE_INVALID_CHUNK_SIZE" },
  "a length beyond 64 bits" : { text : OK + "Content-Length: 18446744073709551621\r\n\r\nhello", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length just beyond counting" : { text : OK + "Content-Length: 1000000000000000\r\n\r\n", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length of a hundred digits" : { text : OK + "Content-Length: 1" + zeros(100) + "\r\n\r\nhello", code : "HPE_INVALID_CONTENT_LENGTH" },
  "half of a large chunk" : { text : CHUNKED + "fffffffffffff\r\nhello", end : "raw", code : "ECONNRESET" },
  "half of a large body" : { text : OK + "Content-Length: 999999999999999\r\n\r\nhello", end : "raw", code : "ECONNRESET" },
  "a length that is no number" : { text : OK + "Content-Length: 5x\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length that is empty" : { text : OK + "Content-Length:\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length below zero" : { text : OK + "Content-Length: -5\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length with a plus" : { text : OK + "Content-Length: +5\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a length in hexadecimal" : { text : OK + "Content-Length: 0x5\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "two lengths" : { text : OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a chunk size of letters" : { text : CHUNKED + "zz\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size below zero" : { text : CHUNKED + "-5\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size with 0x" : { text : CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk size with a space that is none" : { text : CHUNKED + "\xa05\r\nhello\r\n0\r\n\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "no chunk size" : { text : CHUNKED + "\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "an extension without a chunk size" : { text : CHUNKED + ";x\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk longer than its size" : { text : CHUNKED + "2\r\nabc\r\n", code : "HPE_INVALID_CHUNK_SIZE" },
  "a chunk with thousands of extensions" : { text : CHUNKED + "2" + ";".repeat(3000) + "\r\nok\r\n0\r\n\r\n", body : "ok", steps : [0] },

  // Folded headers (RFC 9112 5.2).
  "a folded header" : { text : OK + "X-Long: one\r\n  two\r\nContent-Length: 7\r\n\r\n{\"a\":1}", body : "{\"a\":1}", headers : { "x-long" : "one two", "X-Long" : "one two" } },
  "a header folded often" : { text : OK + "A:\r\n\tb \r\n \t c\r\n \r\n\td: e\r\nContent-Length: 0\r\n\r\n", headers : { a : "b c  d: e", d : undefined } },
  "a folded header, LF" : { text : "HTTP/1.1 200 OK\nA: b\n c\nContent-Length: 0\n\n", headers : { a : "b c" } },
  "folded cookies" : { text : OK + "Set-Cookie: a=1;\r\n Secure\r\nSet-Cookie: b=2;\r\n\tSecure\r\nContent-Length: 0\r\n\r\n", headers : { "set-cookie" : ["a=1; Secure", "b=2; Secure"] } },
  "one header, folded twice" : { text : OK + "A: 1\r\n 2\r\na: 3\r\n 4\r\n 5\r\nContent-Length: 0\r\n\r\n", headers : { a : "1 2, 3 4 5" } },
  "a folded length" : { text : OK + "Content-Length:\r\n 5\r\n\r\nhello", body : "hello" },
  "a folded encoding" : { text : OK + "Transfer-Encoding:\r\n\tchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", body : "ok" },
  "a length and half a length" : { text : OK + "Content-Length: 1\r\n 0\r\n\r\nhello", code : "HPE_INVALID_CONTENT_LENGTH" },
  "a folded trailer" : { text : CHUNKED + "2\r\nok\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", body : "ok", trailers : { "x-t" : "1 2" } },
  "a folded __proto__" : { text : OK + "A: 1\r\n__proto__: 1\r\n 2\r\nContent-Length: 0\r\n\r\n", headers : { a : "1" } },
  "a fold before the first header" : { text : OK + " A: b\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "a fold before the first trailer" : { text : CHUNKED + "0\r\n X-T: 1\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "a fold after an answer before the answer" : { text : "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + " y\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "a folded name" : { text : OK + "A\r\n B: c\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },

  // Names that an object has of its own, and other odd ones.
  "cookies, an array" : { text : OK + "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", headers : { "set-cookie" : ["a=1", "b=2"] } },
  "headers named like methods" : {
    text : OK + "toString: a\r\nvalueof: b\r\nhasownproperty: c\r\nconstructor: d\r\non: e\r\nemit: f\r\nlength: g\r\nprototype: h\r\nContent-Length: 0\r\n\r\n",
    headers : { tostring : "a", toString : "a", valueof : "b", hasownproperty : "c", constructor : "d", on : "e", emit : "f", length : "g", prototype : "h" }
  },
  "constructor twice" : { text : OK + "Constructor: a\r\nconstructor: b\r\nContent-Length: 0\r\n\r\n", headers : { constructor : "a, b" } },
  "__proto__" : { text : OK + "__proto__: x\r\n__PROTO__: y\r\nContent-Length: 0\r\n\r\n", headers : { length : undefined, __PROTO__ : undefined } },
  "a number" : { text : OK + "7: a\r\n007: b\r\n-1: c\r\nContent-Length: 0\r\n\r\n", headers : { "7" : "a", "007" : "b", "-1" : "c" } },
  "long names" : {
    text : OK + zeros(200) + ": a\r\n" + zeros(201) + ": b\r\nContent-Length: 0\r\n\r\n",
    headers : [[zeros(200), "a"], [zeros(201), "b"]]
  },
  "a name in lower case, once in memory" : { text : OK + "content-length: 0\r\nx-a: b\r\n\r\n", json : "{\"content-length\":\"0\",\"x-a\":\"b\"}" },
  "values of any bytes" : { text : OK + "A: \t\xe4\xa0 \r\nB: \x00b\r\nContent-Length: 0\r\n\r\n", headers : { a : "\xe4\xa0", b : "\x00b" } },

  "not HTTP" : { text : "SSH-2.0-OpenSSH\r\n\r\n", code : "HPE_INVALID_CONSTANT" },
  "nothing in front" : { text : "\n\n", code : "HPE_INVALID_CONSTANT" },
  "HTTP/2" : { text : "HTTP/2.0 200 OK\r\n\r\n", code : "HPE_INVALID_CONSTANT" },
  "a status of letters" : { text : "HTTP/1.1 2x0 OK\r\n\r\n", code : "HPE_INVALID_CONSTANT" },
  "a short status" : { text : "HTTP/1.1 20\r\n\r\n", code : "HPE_INVALID_CONSTANT" },
  "a header without a colon" : { text : OK + "foo\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "a header without a name" : { text : OK + ": foo\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "a header with a space in its name" : { text : OK + "foo : bar\r\n\r\n", code : "HPE_INVALID_HEADER_TOKEN" },
  "an encoding that was not asked for" : { text : OK + "Transfer-Encoding: gzip, chunked\r\n\r\n", code : "HPE_INVALID_TRANSFER_ENCODING" },
  "another protocol" : { text : "HTTP/1.1 101 Switching Protocols\r\n\r\n", code : "HPE_INVALID_STATUS" },

  "cut before it began" : { text : "", end : "cut", code : "ECONNRESET" },
  "cut in the headers" : { text : OK + "Content-Len", end : "cut", code : "ECONNRESET" },
  "cut in a body with a length" : { text : OK + "Content-Length: 10\r\n\r\n12345", end : "cut", code : "ECONNRESET" },
  "cut in a chunked body" : { text : CHUNKED + "5\r\n12345\r\n", end : "cut", code : "ECONNRESET" },
  "cut in a chunk size" : { text : CHUNKED + "5\r\n12345\r\n0", end : "cut", code : "ECONNRESET" },
  "cut in the trailers" : { text : CHUNKED + "5\r\n12345\r\n0\r\nX-T: 1", end : "cut", code : "ECONNRESET" },
  "cut in a body without a length" : { text : OK + "\r\n12345", end : "cut", code : "ECONNRESET", says : "without close_notify" },
  "closed in a body with a length" : { text : OK + "Content-Length: 10\r\n\r\n12345", end : "raw", code : "ECONNRESET", says : "ended before the answer did" },
  "closed in a chunked body" : { text : CHUNKED + "5\r\n12345\r\n", end : "raw", code : "ECONNRESET" },
  "cut after a complete one with a length" : { text : OK + "Content-Length: 5\r\n\r\n12345", end : "cut", body : "12345" },
  "cut after a complete one in chunks" : { text : CHUNKED + "5\r\n12345\r\n0\r\n\r\n", end : "cut", body : "12345" }
};

Object.keys(ANSWERS).forEach(function(name) {
  var row = ANSWERS[name];
  test("an answer: " + name, function(done) { answer(row, (row.steps || CONFIG.steps).slice(), done); });
});

// With each number of bytes in a TLS record; 0: all in one.
function answer(row, steps, done) {
  var step = steps.shift(), where;
  if (step === undefined) return done();
  where = " (" + step + " bytes at a time)";
  function next(problem) {
    if (problem) done(problem + where);
    else answer(row, steps, done);
  }
  row.options = pinned("self", { method : row.method || "GET", path : "/" + (row.end || "open") + "/" + hex(row.text) + (step ? "?step=" + step : "") });
  if (row.code) broken(row.options, row.code, row.says || "", next);
  else whole(row, next);
}

// Expects what is in the row, then an end, then a close, and no error.
function whole(row, done) {
  var body = "", order = "", res, req = https().request(row.options, function(r) {
    res = r;
    res.on("data", function(d) { body += d; });
    res.on("end", function() { order += "end "; });
    res.on("close", function(hadError) { order += "close " + hadError; });
  });
  req.on("error", function(e) { order += "error " + e.message; });
  req.on("close", function() {
    setTimeout(function() {
      var problem;
      try {
        equal(order, "end close false", "what happens");
        equal(res.statusCode, row.status || 200, "status");
        equal(hex(body), hex(row.body || ""), "body");
        equal(res.complete, true, "complete");
        same("header ", res.headers, row.headers);
        same("trailer ", res.trailers, row.trailers);
        if (row.json) equal(JSON.stringify(res.headers), row.json, "headers");
        equal(({}).zz, undefined, "what every object has"); // from __proto__
      } catch (e) {
        problem = e.message;
      }
      done(problem);
    }, 50);
  });
  req.end();
}

// wanted: an object, or pairs where the names are too long to be written in one.
function same(what, is, wanted) {
  if (!wanted) return;
  if (!(wanted instanceof Array)) wanted = Object.keys(wanted).map(function(name) { return [name, wanted[name]]; });
  wanted.forEach(function(w) { equal(JSON.stringify(is[w[0]]), JSON.stringify(w[1]), what + w[0]); });
}
