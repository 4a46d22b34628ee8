"""The servers that the interpreter is tried against: TLS by OpenSSL, HTTP by hand, so that any byte can be sent.

  /N                    a body of N bytes with Content-Length
  /chunked/N            the same in chunks, with a trailer
  /until-close/N        the same without a length, ended by close_notify
  /echo                 the request's body
  /request              the request's head
  /raw/HEX?step=S       these bytes, S in a TLS record (all, if it is missing), then close_notify
  /cut/HEX?step=S       the same, then the TCP connection is dropped without close_notify
  /slow/HEX?step=S      the same as raw, with a tenth of a second after each record
  /open/HEX?step=S      the same, and the connection stays open. HEX*N: N times; several parts with - between them
  /count/NAME           how many connections the server of that name has seen, and how many bytes on them
"""
import email.utils
import re
import socket
import ssl
import threading
import time


def body(size):
    return bytes((i * 7 + (i >> 8)) & 255 for i in range(size))


class Server:
    """Accepts on a port of its own and hands each connection to `serve` in a thread."""
    all = {}

    def __init__(self, name, serve):
        self.name, self.serve = name, serve
        self.connections = self.bytes = 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that who sends much can be made to wait
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(50)
        self.port = self.listener.getsockname()[1]
        Server.all[name] = self
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            connection.settimeout(30)
            self.connections += 1
            threading.Thread(target=self.guard, args=(connection,), daemon=True).start()

    def guard(self, connection):
        try:
            self.serve(self, connection)
        except (OSError, ValueError):
            pass  # the client went away or was refused: that is what some tests are about
        finally:
            connection.close()


def tls(certificate, clients=None, **settings):
    """Serves HTTP over TLS with this file of key and chain; to clients with a certificate of that CA only, if there is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["http/1.1"])
    for name, value in settings.items():
        getattr(context, name)(value) if callable(getattr(context, name)) else setattr(context, name, value)

    def serve(server, connection):
        stream = context.wrap_socket(connection, server_side=True)
        http(server, stream)

    return serve


def plain(server, connection):
    """A server that does not know TLS."""
    connection.recv(4096)
    date = email.utils.formatdate(usegmt=True).encode()
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nDate: %s\r\nContent-Length: 0\r\n\r\n" % date)


def dead(server, connection):
    """Closes as soon as somebody speaks."""
    server.bytes += len(connection.recv(1))


def silent(server, connection):
    """Listens for ever."""
    while True:
        data = connection.recv(4096)
        if not data:
            return
        server.bytes += len(data)


def stuck(certificate):
    """Shakes hands and then reads nothing for a minute."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(server, connection):
        stream = context.wrap_socket(connection, server_side=True)
        time.sleep(60)
        stream.close()

    return serve


def http(server, stream):
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(stream)
    head, data = data.split(b"\r\n\r\n", 1)
    method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
    path, _, query = path.partition("?")
    kind, _, argument = path[1:].partition("/")
    if kind.isdigit():
        answer = body(int(kind))
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    elif kind == "chunked":
        answer = body(int(argument))
        chunks = b"".join(b"%x;note=1\r\n%s\r\n" % (len(c), c) for c in (answer[i:i + 1000] for i in range(0, len(answer), 1000)))
        stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Sum: %d\r\n\r\n" % sum(answer))
    elif kind == "until-close":
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body(int(argument)))
    elif kind == "echo":
        answer = request_body(stream, head, data)
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    elif kind == "request":
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + (b"" if method == "HEAD" else head))
    elif kind == "count":
        other = Server.all[argument]
        answer = b"%d %d" % (other.connections, other.bytes)
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    elif kind in ("raw", "cut", "open", "slow"):
        parts = (part.partition("*") for part in argument.split("-"))
        answer = b"".join(bytes.fromhex(text) * int(times or 1) for text, _, times in parts)
        step = int(query[5:]) if query.startswith("step=") else len(answer) or 1
        for i in range(0, len(answer), step):
            stream.sendall(answer[i:i + step])
            if kind == "slow":
                time.sleep(0.1)
        if kind == "cut":
            time.sleep(0.1)  # what is in one segment with the end may be seen as one
            return
        while kind == "open" and receive(stream):
            pass
    else:
        stream.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n")
    try:
        stream.settimeout(5)
        stream.unwrap()  # close_notify
    except (OSError, ValueError):
        pass


def keep(certificate):
    """Serves one request after the other on a connection, until the client has gone.

      /N, /echo, /request   as above
      /connections          how many connections this server has seen
      /to/STATUS/HEX        redirects to there
      /range/N              a body of N bytes, of which only the part that is asked for comes; /range/N?change: another N with each request
      /json/HEX             these bytes, status 200; /error: status 404
      /close/N              says that it closes, and does
      /last/N               N bytes, and the next request on this connection gets no answer
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(server, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = context.wrap_socket(connection, server_side=True)
        last, rest, changes = False, b"", 0
        while True:
            data = rest
            while b"\r\n\r\n" not in data:
                data += receive(stream)
            if last:
                return
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.split(b"\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(b":") for line in lines[1:])}
            method, path, _ = lines[0].decode().split(" ")
            path, _, query = path.partition("?")
            kind, _, argument = path[1:].partition("/")
            content = request_body(stream, head, data)
            status, more, answer = "200 OK", "", b""
            if kind.isdigit() or kind in ("close", "last"):
                answer = body(int(kind if kind.isdigit() else argument))
            elif kind == "echo":
                answer = content
            elif kind == "request":
                answer = head
            elif kind == "connections":
                answer = b"%d" % server.connections
            elif kind == "json":
                answer = bytes.fromhex(argument)
            elif kind == "to" and re.fullmatch(r"\d+/([\da-f]{2})+", argument):  # else it is beside such a page
                number, _, target = argument.partition("/")
                status, more = number + " There", "Location: %s\r\n" % bytes.fromhex(target).decode()
                answer = b"it is there"
            elif kind == "range":
                answer = body(int(argument) + changes)
                changes += 10 if query else 0
                begin, _, end = headers.get(b"range", b"").removeprefix(b"bytes=").decode().partition("-")
                if begin and headers.get(b"if-range", b'"%d"' % len(answer)) == b'"%d"' % len(answer):
                    end = min(int(end), len(answer) - 1)
                    status, more = "206 Partial Content", "Content-Range: bytes %s-%d/%d\r\n" % (begin, end, len(answer))
                    more += "" if query else 'ETag: "%d"\r\n' % len(answer)
                    answer = answer[int(begin):end + 1]
            else:
                status, answer = "404 Not Found", b"{}"
            last = kind == "last"
            more += "Connection: close\r\n" if kind == "close" else ""
            head = "HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, len(answer), more)
            stream.sendall(head.encode() + (b"" if method == "HEAD" else answer))
            rest = b""
            if kind == "close":
                stream.unwrap()
                return

    return serve


def receive(stream):
    data = stream.recv(4096)
    if not data:
        raise OSError("the client has gone")
    return data



def request_body(stream, head, data):
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
    if headers.get(b"transfer-encoding") != b"chunked":
        length = int(headers.get(b"content-length", b"0"))
        while len(data) < length:
            data += receive(stream)
        return data[:length]
    result = b""
    while True:
        while b"\r\n" not in data:
            data += receive(stream)
        size, data = data.split(b"\r\n", 1)
        size = int(size, 16)
        while len(data) < size + 2:
            data += receive(stream)
        if data[size:size + 2] != b"\r\n":
            raise ValueError("the chunk has another length than announced")
        if size == 0:
            return result
        result, data = result + data[:size], data[size + 2:]
