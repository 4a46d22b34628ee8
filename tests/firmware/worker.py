"""The servers of the cases, in a process of their own, so that they never wait for the emulator. Not to be run by hand: it reads
what to serve as JSON from standard input, {name: [bundle, {"clients": file, "version": "TLSv1_2"}]}, prints the ports, and
lives until standard input ends. With {"keep": true} connections stay open between requests."""

import json
import os
import ssl
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "espruino"))
from servers import Server, dead, http, keep, plain, silent, tls  # noqa: E402


class Bare:
    """A connection without TLS, for http()."""

    def __init__(self, connection):
        self.recv, self.sendall, self.settimeout = connection.recv, connection.sendall, connection.settimeout

    def unwrap(self):
        pass


def main():
    for name, (bundle, settings) in json.loads(sys.stdin.readline()).items():
        if settings.get("keep"):
            Server(name, keep(bundle))
            continue
        versions = {}
        if "version" in settings:
            versions = {
                "minimum_version": ssl.TLSVersion[settings["version"]],
                "maximum_version": ssl.TLSVersion[settings["version"]],
            }
        Server(name, tls(bundle, clients=settings.get("clients"), **versions))
    for name, serve in (
        ("http", lambda server, connection: http(server, Bare(connection))),
        ("plain", plain),
        ("dead", dead),
        ("silent", silent),
    ):
        Server(name, serve)
    print(json.dumps({name: server.port for name, server in Server.all.items()}), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
