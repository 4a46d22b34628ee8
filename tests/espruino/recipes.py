"""The servers that the recipes in js/examples want, but for the MQTT broker: a WebSocket, SNTP, and services with a few answers."""
import base64
import hashlib
import json
import socket
import ssl
import struct
import threading

from servers import Server, receive, request_body


def service(certificate, answer):
    """Serves HTTP over TLS: answer(method, path, headers, body) gives a status and JSON. What was asked is kept in `asked`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(server, connection):
        stream = context.wrap_socket(connection, server_side=True)
        while True:
            data = b""
            while b"\r\n\r\n" not in data:
                data += receive(stream)
            head, data = data.split(b"\r\n\r\n", 1)
            method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            content = request_body(stream, head, data).decode()
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.decode().split("\r\n")[1:])}
            server.asked.append((method, path, headers, content))
            status, value = answer(path, content)
            body = b"" if value is None else json.dumps(value).encode()
            stream.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(body)) + body)
            if headers.get("connection") == "close":
                stream.unwrap()
                return

    server = Server("service", serve)
    server.asked = []
    return server


def websocket(certificate):
    """Echoes each short text over TLS (RFC 6455)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(server, connection):
        stream = context.wrap_socket(connection, server_side=True)
        data = b""
        while b"\r\n\r\n" not in data:
            data += receive(stream)
        head, data = data.split(b"\r\n\r\n", 1)
        key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        stream.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        while True:
            while len(data) < 6 or len(data) < 6 + (data[1] & 127):
                data += receive(stream)
            length, mask = data[1] & 127, data[2:6]
            text = bytes(b ^ mask[i & 3] for i, b in enumerate(data[6:6 + length]))
            data = data[6 + length:]
            stream.sendall(bytes([0x81, len(text)]) + text)

    return Server("websocket", serve)


def sntp(seconds):
    """Answers with this time; the port."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def run():
        while True:
            request, client = server.recvfrom(100)
            if len(request) == 48 and request[0] & 7 == 3:
                server.sendto(bytes([0x24]) + bytes(39) + struct.pack(">II", seconds + 2208988800, 0), client)

    threading.Thread(target=run, daemon=True).start()
    return server.getsockname()[1]
