"""Servers that are programs of others. Each gives the port, or None where there is no such program."""
import atexit
import os
import shutil
import socket
import subprocess
import time

NODE = """
const fs = require("fs"), [key, cert, port] = process.argv.slice(1);
require("https").createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (request, answer) => answer.end("of node\\n"))
  .listen(+port, "127.0.0.1");
"""


def free_port():
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return finder.getsockname()[1]


def started(command, port):
    """Runs it to the end of the tests; the port, as soon as it listens there."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(server.kill)
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return port
        except OSError:
            time.sleep(0.05)
    raise OSError(f"{command[0]} does not listen")


def mosquitto(folder, key, chain):
    """An MQTT broker over TLS."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if not program:
        return None
    port, config = free_port(), os.path.join(folder, "mosquitto.conf")
    with open(config, "w") as file:
        file.write(f"listener {port} 127.0.0.1\ncertfile {chain}\nkeyfile {key}\nallow_anonymous true\n" + ("user root\n" if os.getuid() == 0 else ""))
    return started([program, "-c", config], port)


def gnutls(key, chain):
    """HTTP over GnuTLS: the same page for every path."""
    program, port = shutil.which("gnutls-serv"), free_port()
    return program and started([program, "--quiet", "--http", f"--port={port}", f"--x509keyfile={key}", f"--x509certfile={chain}"], port)


def node(key, chain):
    """HTTP over node's own https."""
    program, port = shutil.which("node"), free_port()
    return program and started([program, "-e", NODE, key, chain, str(port)], port)
