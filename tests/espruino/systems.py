"""Starts the servers of tests/common/systems.rs, each a program of its own, built by cargo."""
import atexit
import json
import os
import socket
import subprocess
import threading

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Systems:
    def __init__(self, cargo):
        print("\n==> building the servers of the five systems", flush=True)
        built = subprocess.run([cargo, "build", "-q", "--example", "system_server", "--message-format=json-render-diagnostics"], cwd=ROOT,
                               stdout=subprocess.PIPE, check=True)
        programs = [message["executable"] for message in map(json.loads, built.stdout.splitlines())
                    if message.get("executable") and message["target"]["name"] == "system_server"]
        self.program = programs[0]
        self.names, self.files, self.fingerprints, self.ports, self.lines = [], {}, {}, {}, {}
        for line in subprocess.run([self.program], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines():
            kind, name, *rest = line.split(" ", 2)
            if kind == "SYSTEM":
                self.names.append(name)
            elif kind == "FILE":
                self.files[name] = rest[0]
            elif kind == "FINGERPRINT":
                self.fingerprints[name] = rest[0]
        for name in self.names:
            self.start(name)
        self.ports["changing"] = self.changing("powerwall", "powerwall-renewed", 2)

    def start(self, name):
        server = subprocess.Popen([self.program, name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        atexit.register(server.kill)
        word, port = server.stdout.readline().split()
        if word != "PORT":
            raise ValueError(f"the server {name} said {word}")
        self.ports[name], self.lines[name] = int(port), []
        threading.Thread(target=lambda: self.lines[name].extend(iter(server.stdout.readline, "")), daemon=True).start()

    def seen(self, name):
        """What that server has said of its connections."""
        return list(self.lines[name])

    def changing(self, before, after, connections):
        """A port that leads to one server for so many connections, and then to another."""
        listener = socket.create_server(("127.0.0.1", 0))

        def copy(source, target):
            try:
                while data := source.recv(4096):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # one of the two went away, and with it both connections

        def accept():
            n = 0
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.ports[before if n < connections else after]))
                n += 1
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]
