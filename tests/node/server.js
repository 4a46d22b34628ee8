// An https server for the tests: node server.js BUNDLE (key and chain in one PEM file). Prints its port.
//   /N             N bytes, Content-Length
//   /chunked/N     N bytes in chunks, with a trailer
//   /until-close/N N bytes without a length; the end is the close_notify
//   POST /echo     the request's body
//   /cut/N         announces N bytes, sends half of them and drops the connection
'use strict';
const fs = require('fs');
const https = require('https');

const pem = fs.readFileSync(process.argv[2]);
const body = (n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 7 + (i >> 8)) & 255));

const server = https.createServer({ key: pem, cert: pem, ALPNProtocols: ['http/1.1'] }, (request, response) => {
  if (request.url === '/echo') {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => response.end(Buffer.concat(parts)));
    return;
  }
  const [, kind, last] = /^\/(?:([a-z-]+)\/)?(\d+)$/.exec(request.url) || [];
  if (last === undefined) {
    response.writeHead(404, { 'Content-Length': 9 }).end('not here\n');
    return;
  }
  const data = body(Number(last));
  if (kind === 'chunked') {
    response.writeHead(200, { Trailer: 'X-Sum' });
    for (let i = 0; i < data.length; i += 1000) response.write(data.subarray(i, i + 1000));
    response.addTrailers({ 'X-Sum': String(data.reduce((a, b) => a + b, 0)) });
    response.end();
  } else if (kind === 'until-close') {
    response.removeHeader('Transfer-Encoding');
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.writeHead(200, { Connection: 'close' }).end(data);
  } else if (kind === 'cut') {
    response.writeHead(200, { 'Content-Length': data.length });
    // Destroying the TCP socket below TLS leaves out the close_notify.
    response.write(data.subarray(0, data.length / 2), () => request.socket._parent
      ? request.socket._parent.destroy() : request.socket.destroy());
  } else {
    response.writeHead(200, { 'Content-Length': data.length }).end(data);
  }
});
server.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`));
