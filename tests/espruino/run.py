#!/usr/bin/env python3
"""Runs the scripts beside this file in a real Espruino interpreter against TLS servers on loopback.

  ESPRUINO=FILE          a LINUX build made with espruino-patch/https.make; without it everything is skipped
  ESPRUINO32=FILE        the same with -m32 and VARIABLES=2950, the heap of a Pixl.js; without it that test is skipped
  --stand-in             runs what can be run in node instead, where no Espruino can be had
  ETLS_SOAK=N            connections that soak.js makes in one interpreter; 50 without it
  ESPRUINO_DRIVERS=DIR   a checkout of EspruinoDocs, or a folder with AT.js and ESP8266WiFi_0v25.js from it, and perhaps
                         AT.min.js and ESP8266WiFi_0v25.min.js, which is what an IDE sends to a board; without it the
                         modem is skipped
"""
import argparse
import base64
import json
import os
import pty
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import tty

import drivers
from modem import Modem
from pki import Pki
from programs import gnutls, mosquitto, node
from recipes import service, sntp, websocket
from servers import Server, body, dead, keep, plain, silent, stuck, tls
from systems import Systems

HERE = os.path.dirname(os.path.abspath(__file__))
JS = os.path.join(HERE, "..", "..", "js")
# What an interpreter may take for one script, and a test of it. Far more than it needs.
PATIENCE, TEST_PATIENCE = 180, 60
SHARES = 4  # processes of the stand-in
# Strings from Storage stay in flash, and so does the code of functions made from them; a sum of strings is in RAM. There the driver
# alone takes 12 KB.
START = 'eval(require("Storage").read("app"));\n'
TO_RAM = '["AT", "ESP8266WiFi"].forEach(function(name) { Modules.addCached(name, require("Storage").read(name) + "\\n"); });\n'
# Where the driver is, what comes first, and KB that must be free at the handshake's peak.
DRIVERS = ("in Storage", "", 16), ("in RAM", TO_RAM, 6)


def text(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def cargo_example(cargo, name):
    """The path of an example program, built from the sources as they are."""
    built = subprocess.run([cargo, "build", "-q", "--example", name, "--message-format=json-render-diagnostics"], cwd=os.path.join(HERE, "..", ".."),
                           stdout=subprocess.PIPE, check=True)
    return [message["executable"] for message in map(json.loads, built.stdout.splitlines())
            if message.get("executable") and message["target"]["name"] == name][0]


def drain(terminal, patience):
    """What comes until nothing has come for so many seconds."""
    output = b""
    while select.select([terminal], [], [], patience)[0]:
        try:
            output += os.read(terminal, 4096)
        except OSError:
            break
    return output


class Run:
    def __init__(self, espruino, folder, built_in=False):
        self.espruino, self.folder = espruino, folder  # espruino: a command's words
        self.built_in = built_in  # the module that the firmware has, instead of https.min.js
        self.passed, self.failed, self.skipped = 0, 0, 0
        # A console on which nobody types. At the end of a file the interpreter would read zeros for ever.
        self.no_keys, self.keys = os.pipe()
        self.systems = None
        self.pki = pki = Pki(folder)
        for name, certificate in (("self", "self"), ("p256", "p256"), ("rsa", "rsa"), ("expired", "expired"), ("future", "future"),
                                  ("otherName", "other-name")):
            Server(name, tls(pki.path(certificate + ".bundle")))
        Server("tls12", tls(pki.path("self.bundle"), maximum_version=ssl.TLSVersion.TLSv1_2))
        Server("members", tls(pki.path("self.bundle"), clients=pki.path("root-p256.crt")))
        Server("old", tls(pki.path("self.bundle"), set_ciphers="ECDHE-ECDSA-AES256-SHA384", maximum_version=ssl.TLSVersion.TLSv1_2))
        for name, serve in (("plain", plain), ("dead", dead), ("silent", silent), ("stuck", stuck(pki.path("self.bundle"))),
                            ("kept", keep(pki.path("self.bundle"))), ("other", keep(pki.path("self.bundle")))):
            Server(name, serve)
        self.closed = socket.socket()  # nobody listens there, and nobody else gets it
        self.closed.bind(("127.0.0.1", 0))
        self.config = {
            "patience": TEST_PATIENCE,
            "steps": [0, 1, 2, 7],  # bytes of an answer in each TLS record; 0: all of it
            "ports": {"closed": self.closed.getsockname()[1], **{name: server.port for name, server in Server.all.items()}},
            "fingerprints": {name: pki.fingerprint(name) for name in ("self", "p256", "rsa")},
            "pins": {name: pki.pin(name) for name in ("self", "rsa", "p256")},
            "ca": pki.read("root-p256.crt"), "caRsa": pki.read("root-rsa.crt"), "caSelf": pki.read("self.crt"),
            "caDer": base64.b64encode(pki.der("root-p256")).decode(), "caFile": "root-p256.crt",
            "cert": pki.read("client.crt"), "keyFile": "client.key",
            "sums": {str(n): sum(body(n)) for n in (100, 1000, 3000, 5000, 20000, 30000, 102400)},
        }

    def interpret(self, name, script, espruino=None, environment=None, patience=PATIENCE):
        """What the interpreter prints; None if it does not end."""
        path = os.path.join(self.folder, re.sub(r"\W", "-", name) + ".js")
        with open(path, "w") as file:
            file.write(script)
        try:
            done = subprocess.run((espruino or self.espruino) + [path], cwd=self.folder, stdin=self.no_keys, capture_output=True, timeout=patience,
                                  env={**os.environ, **(environment or {})})
            return done.stdout.decode("latin-1")
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"").decode("latin-1") + "\nFAIL the interpreter does not end"

    def tests(self, title, script, before="", config=None, module=None, environment=None, patience=PATIENCE):
        """Runs one file of tests with the module in the way given: JavaScript that makes require("https") work."""
        print(f"\n==> {title}", flush=True)
        if module is None:
            module = "" if self.built_in else f"Modules.addCached('https', {json.dumps(text(JS, 'https.min.js'))});"
        settings = json.dumps({**self.config, **(config or {})})
        output = self.interpret(title, "\n".join([before, module, f"var CONFIG = {settings};", text(HERE, "harness.js"), text(HERE, script)]),
                                environment=environment, patience=patience)
        result = None
        for line in output.replace("\x1b[J", "\n").splitlines():
            line = line.lstrip(">")
            if re.match(r"(PASS|FAIL|SKIP) ", line):
                print("   " + line)
            elif re.match(r"RESULT \d+ \d+ \d+", line):
                result = [int(n) for n in line.split()[1:4]]
            if "MEMORY" in line or "LOW_MEMORY" in line:
                print("   " + line)
        if result is None or result[0] + result[1] == 0:
            self.failed += 1
            print("   FAIL: the script did not come to its end. It printed:\n" + output[-2000:])
        else:
            self.passed += result[0]
            self.failed += result[1]
            self.skipped += result[2]

    def check(self, name, problem):
        print("   " + (f"FAIL {name}: {problem}" if problem else f"PASS {name}"))
        if problem:
            self.failed += 1
        else:
            self.passed += 1

    def skip(self, what, why):
        self.skipped += 1
        print(f"\n==> {what}: skipped, {why}")

    def result(self):
        print(f"\ntest result: {'FAILED' if self.failed else 'ok'}. {self.passed} passed; {self.failed} failed; {self.skipped} ignored")
        return 1 if self.failed or not self.passed else 0

    # The parts.

    def modules(self):
        for way, module in self.ways().items():
            if module is None:
                self.skip(f"the module, {way}", "this firmware does not have it built in")
                continue
            # The names that there are before and after it, without what the tests themselves add.
            self.tests(f"the module, {way}", "module.js", before="var BEFORE, ADDED;\nBEFORE = Object.keys(global);",
                       module=module + "\nrequire('https');\nADDED = Object.keys(global).filter(function(k) {"
                       # Espruino's own, which become visible by being used.
                       " return BEFORE.concat('Modules', 'File').indexOf(k) < 0; });")

    def ways(self):
        built_in = "BUILTIN" in self.interpret("built-in", "try { if (require('https').retry) print('BUILTIN'); } catch (e) {}\nquit();")
        full, small = text(JS, "https.js"), text(JS, "https.min.js")
        shutil.copy(os.path.join(JS, "https.js"), self.folder)
        return {
            "built in": "" if built_in else None,
            "from Storage": f"require('Storage').write('https', {json.dumps(small)});",
            "pasted": f"Modules.addCached('https', {json.dumps(small)});",
            "pasted as a function": "Modules.addCached('https', function() {" + full + "});",
            "from a file": "Modules.addCached('https', require('fs').readFileSync('https.js'));",
        }

    def start_systems(self):
        """The servers of tests/common/systems.rs. Whether they are there; if not, that was said."""
        cargo = os.environ.get("CARGO", "cargo")
        if self.systems is None and shutil.which(cargo):
            self.systems = Systems(cargo)
            self.config["systems"] = {
                "ports": self.systems.ports, "fingerprints": self.systems.fingerprints,
                "files": {name: text(path) for name, path in self.systems.files.items()}}
        return self.systems

    def five_systems(self, drivers):
        if not self.start_systems():
            return self.skip("the five systems", "their servers are in Rust, and there is no cargo")
        self.tests("the five systems", "systems.js", config=self.with_rsa())
        seen = self.systems.seen
        for name, what, wanted in (("api-gateway", "its name", 'sni: Some("localhost")'), ("api-gateway", "no name, by address", "sni: None"),
                                   ("api-gateway", "ALPN", 'alpn: Some("http/1.1")'), ("api-gateway", "no ALPN", "alpn: None"),
                                   ("aws-iot", "ALPN", 'alpn: Some("x-amzn-http-ca")'), ("cloudflare", "its name", 'sni: Some("localhost")'),
                                   ("powerwall", "no name, by address", "sni: None")):
            found = any(wanted in line for line in seen(name))
            self.check(f"the server {name} was told {what}", not found and f"no connection has {wanted}: {seen(name)}")
        if not drivers:
            return self.skip("a Powerwall over the modem", "ESPRUINO_DRIVERS is not set")
        modem = Modem()
        self.tests("a Powerwall over the modem", "powerwall.js", before=self.drivers(drivers), config={"tty": modem.path})
        self.told(modem)

    def with_rsa(self):
        """Whether this firmware takes RSA keys of clients, which is a feature of its own; without it they are thrown back at once."""
        files = self.config["systems"]["files"]
        options = {"host": "localhost", "port": self.config["ports"]["closed"], "rejectUnauthorized": False,
                   "cert": files["client-rsa.chain.pem"], "key": files["client-rsa.key.pem"]}
        output = self.interpret("rsa-client", f"try {{ require('tls').connect({json.dumps(options)}); }} "
                                "catch (e) { print('THROWN ' + e); }\nquit();")
        return {"systems": {**self.config["systems"], "rsaClient": "ERR_OSSL_X509_KEY_VALUES_MISMATCH" not in output}}

    def clock(self):
        library = os.path.join(self.folder, "clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, os.path.join(HERE, "clock.c"), "-ldl"], check=True)
        # So that "now" becomes some minutes after the beginning of 1970.
        self.tests("clock not set", "clock.js", environment={"LD_PRELOAD": library, "CLOCK_OFFSET": str(600 - int(time.time()))})

    def drivers(self, folder):
        return "".join(f"Modules.addCached('{name}', {json.dumps(drivers.as_sent(folder, file))});\n"
                       for name, file in (("AT", "AT.js"), ("ESP8266WiFi", "ESP8266WiFi_0v25.js")))

    def modem(self, folder):
        step = "/raw/" + b"HTTP/1.1 200 OK\r\n\r\n".hex() + body(1000).hex() + "?step=30"
        drop = {"path": "/5000", "code": "ECONNRESET", "length": 5000, "sum": 0}
        for title, path, length, modem, config in (
                ("as it is, then two at once", "/5000", 5000, Modem(), {"more": True}),
                ("+IPD cut anywhere", "/1000", 1000, Modem(split="anywhere"), {}),
                ("+IPD cut in its header", step, 1000, Modem(split="header"), {}),
                ("slow and busy", "/3000", 3000, Modem(slow=0.05, busy=True), {}),
                ("the link is lost in the handshake", "", 0, Modem(drop_after=300), drop),
                ("the link is lost in the body", "", 0, Modem(drop_after=3000), drop)):
            settings = {"tty": modem.path, "path": path, "length": length, "sum": sum(body(length)), **config}
            self.tests(f"modem, {title}", "modem.js", before=self.drivers(folder), config=settings)
            self.told(modem)
            if config.get("more"):
                print("\n".join("      " + line for line in modem.transcript))

        modem = Modem()
        self.tests("modem, one connection for several requests", "modem_kept.js", before=self.drivers(folder), config={"tty": modem.path},
                   module=f"Modules.addCached('https', {json.dumps(text(JS, 'https-full.min.js'))});")
        count = {word: sum(line[0] == ">" and word in line for line in modem.transcript) for word in ("CIPSTART", "CIPSEND", "CIPCLOSE")}
        # ClientHello; Finished and the first request; five requests more; close_notify.
        self.check("the modem made one connection, and each request was one packet", count != {"CIPSTART": 1, "CIPSEND": 8, "CIPCLOSE": 1} and
                   f"{count}:\n" + "\n".join(modem.transcript))
        self.told(modem)

    def fragments(self, espruino):
        print("\n==> a heap in small pieces")
        self.interpret("fragments-https", f"require('Storage').write('https', {json.dumps(text(JS, 'https.min.js'))});\nquit();", espruino=espruino)
        for module in "https", "http":
            # Differently scattered, and more or less of it; in the second half after many changes.
            for seed, every in enumerate((3, 5, 7, 11, 17, 23)):
                script = text(HERE, "fragments.js")
                for name, value in (("PORT", self.config["ports"]["self"]), ("FINGERPRINT", self.config["fingerprints"]["self"]), ("MODULE", module),
                                    ("SEED", seed), ("EVERY", every), ("ROUNDS", 200 * (module == "http"))):
                    script = script.replace(name, json.dumps(value))
                output = self.interpret(f"fragments-{module}", script, espruino=espruino)
                pieces = [line.partition("PIECES ")[2] for line in output.splitlines() if "PIECES " in line]
                self.check(f"they are put together for {module}.get(), one of {every} is left",
                           pieces != ["of 4000 bytes: none"] * (module == "https") + ["length 1000 damaged 0 of many"] and output[-1500:])

    def examples(self, folder):
        """The scripts in js/examples as they are, but for the names of this network's things."""
        if not self.start_systems():
            return self.skip("the examples", "their servers are in Rust, and there is no cargo")
        print("\n==> the examples")
        ports, files = self.systems.ports, self.config["systems"]["files"]
        module = f"Modules.addCached('https', {json.dumps(text(JS, 'https.min.js'))});\n"

        def adapt(name, *changes):
            script = text(JS, "examples", name)
            for old, new in changes:
                if old not in script:
                    raise ValueError(f"{name} has no {old}")
                script = script.replace(old, new)
            return module + script + "\nsetTimeout(quit, 5000);\n"

        def stored(**names):
            return "".join(f"require('Storage').write('{name.replace('_', '.')}', {json.dumps(files[file])});\n" for name, file in names.items())

        output = self.interpret("post", stored(root_pem="int-p256.pem") + adapt(
            "post_json.js", ("https://example.com/", f"https://localhost:{ports['cloudflare']}/")))
        self.check("post_json.js", ("not delivered" in output or "delivered" not in output) and output[-500:])

        output = self.interpret("gateway", stored(amazon_pem="root-rsa.pem") + adapt(
            "aws_api_gateway.js", ("YOUR-API.execute-api.eu-west-1.amazonaws.com", f"localhost:{ports['api-gateway']}")))
        wrong = [part for part in ("settings: {", '"path": "/prod/settings"', "posted: {", '"path": "/prod/readings"') if part not in output]
        self.check("aws_api_gateway.js", wrong and f"no {wrong[0]} in {output[-500:]}")

        output = self.interpret("amazon", stored(amazon_pem="root-new.pem") + "global.setTime = function(t) { print('CLOCK ' + t); };\n" + adapt(
            "amazon.js", ("http://api.amazon.com/", f"http://127.0.0.1:{self.config['ports']['plain']}/"),
            ('host : "api.amazon.com"', f'host : "localhost", port : {ports["amazon"]}')))
        clock = re.search(r"CLOCK (\d+)", output)
        self.check("amazon.js", (not clock or abs(int(clock[1]) - time.time()) > 3600 or not re.search('200 {.*"/user/profile"', output, re.S))
                   and output[-500:])

        # First with the certificate of somebody else, in whose place the right one comes while it is tried again.
        for title, client in (("aws_iot.js", "client"), ("aws_iot.js, refused first", "client-by-rsa")):
            output = self.interpret("iot", stored(amazon_pem="root-rsa.pem", thing_pem=client + ".chain.pem", thing_key=client + ".key.pem") + adapt(
                "aws_iot.js", ('host : "YOUR-ENDPOINT-ats.iot.eu-west-1.amazonaws.com"', f'host : "localhost", port : {ports["aws-iot"]}'),
                ("base : 1000", "base : 100"), ("      again(e);\n", "      " + stored(
                    thing_pem="client.chain.pem", thing_key="client.key.pem").replace("\n", "") + "\n      again(e);\n")))
            refusals = output.count("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ")
            self.check(title, ("not published" in output or "published" not in output or refusals != (client != "client")) and output[-500:])
        if not folder:
            return
        modem = Modem()
        output = self.interpret("lan", self.drivers(folder) + adapt(
            "lan_device.js", ('host : "192.168.1.50"', f'host : "127.0.0.1", port : {ports["powerwall"]}'),
            (re.search(r'"00:11:[^"]*"', text(JS, "examples", "lan_device.js"))[0], json.dumps(self.systems.fingerprints["self-ec"])),
            ("{ tx : D1, rx : D0 }", json.dumps({"path": modem.path})), ('"Bluetooth"', '"USB"'), ("ESP8266WiFi_0v25", "ESP8266WiFi")) + "onInit();\n")
        self.check("lan_device.js", "solar power: 1234.5" not in output and output[-500:])
        self.told(modem)

    def recipes(self, folder):
        """The other scripts in js/examples, with real servers in the place of those on the Internet."""
        print("\n==> the recipes", flush=True)
        https = {"small": text(JS, "https.min.js"), "full": text(JS, "https-full.min.js")}
        root = f"require('Storage').write('root.pem', {json.dumps(self.config['ca'])});\n"
        certificate = self.pki.path("p256.bundle")

        def recipe(title, name, changes, expected, seconds=2, module="small", before=root, wrong=lambda: None):
            script = text(JS, "examples", name)
            for old, new in changes:
                if old not in script:
                    raise ValueError(f"{name} has no {old}")
                script = script.replace(old, new)
            output = self.interpret("recipe-" + title, f"Modules.addCached('https', {json.dumps(https[module])});\n{before}{script}\nsetTimeout(quit, {seconds * 1000});\n")
            missing = [part for part in expected if part not in output]
            self.check(title, missing and f"no {missing[0]!r} in {output[-700:]}" or wrong())

        def temperature(script=""):
            return "E.getTemperature = function() { return 21; };\n" + script

        for title, module, connections in (("influxdb.js", "small", 3), ("influxdb.js, on one connection", "full", 1)):
            server = service(certificate, lambda path, content: ("204 No Content", None))
            recipe(title, "influxdb.js", (('host : "influx.example.com"', f'host : "localhost", port : {server.port}'), ("10000", "700")),
                   ["written"], module=module, before=root + temperature(),
                   wrong=lambda: [a for a in server.asked if a[2].get("authorization") != "Token YOUR-TOKEN" or not a[3].startswith("room,device=pixl temperature=21")]
                   or (not 2 <= len(server.asked) <= 4 and f"{len(server.asked)} requests")
                   or (not (server.connections == 1 if connections == 1 else server.connections == len(server.asked)) and f"{server.connections} connections"))

        updates = [[{"update_id": 7, "message": {"text": "/temp", "chat": {"id": 5}}}]]

        def telegram(path, content):
            if path.endswith("/getUpdates"):
                if not updates:
                    time.sleep(1)
                return "200 OK", {"ok": True, "result": updates.pop() if updates else []}
            return "200 OK", {"ok": True, "result": {}}

        bot = service(certificate, telegram)
        recipe("telegram.js", "telegram.js", (("https://api.telegram.org", f"https://localhost:{bot.port}"),), [], before=root + temperature(), seconds=3,
               wrong=lambda: not any(path == "/botYOUR-TOKEN/sendMessage" and json.loads(content) == {"chat_id": 5, "text": "It is 21 degrees."}
                                     for _, path, _, content in bot.asked) and str(bot.asked)
               or not any('"offset":8' in content for _, path, _, content in bot.asked) and "the message is not acknowledged")

        home = service(self.pki.path("self.bundle"), lambda path, content: ("200 OK", {}))
        place = (('host : "homeassistant.local"', 'host : "localhost"'), ("port : 8123", f"port : {home.port}"))
        press = ("setWatch(function() { tell(\"pressed\"); }, BTN1, { repeat : true, edge : \"rising\", debounce : 50 });", "tell('pressed');")
        pins = self.config["pins"]
        for title, stored, expected in (("home_assistant.js, the pin of today", [pins["self"], pins["rsa"]], "told 200"),
                                        ("home_assistant.js, the pin of the next key", [pins["rsa"], pins["self"]], "told 200"),
                                        ("home_assistant.js, another key", [pins["rsa"], pins["p256"]], "another key: was it renewed?")):
            recipe(title, "home_assistant.js", (*place, press), [expected], before=f"require('Storage').writeJSON('pins.json', {json.dumps(stored)});\n")
        recipe("home_assistant.js, a new pin", "home_assistant.js", (*place, (press[0], f"setPin({json.dumps(pins['self'])}); tell('pressed');")), ["told 200"],
               before=f"require('Storage').writeJSON('pins.json', {json.dumps([pins['rsa'], pins['p256']])});\n")

        page = service(certificate, lambda path, content: ("200 OK", {}))
        # The interpreter's own clock can't be set back.
        before = root + "global.setTime = function(t) { print('CLOCK ' + t); };\n"
        now = int(time.time())
        for title, seconds, expected in (("set_clock.js", now, [f"CLOCK {now}", "200"]), ("set_clock.js, a time that can't be", 1500000000, ["a wrong answer"])):
            recipe(title, "set_clock.js", (('host : "pool.ntp.org", port : 123', f'host : "127.0.0.1", port : {sntp(seconds)}'),
                                           ("https://example.com/", f"https://localhost:{page.port}/")), expected, before=before)

        if not folder:
            return self.skip("mqtt.js and websocket.js", "ESPRUINO_DRIVERS is not set")
        try:
            modules = {name: drivers.as_sent(folder, name + ".js") for name in ("MQTT", "ws")}
        except drivers.Missing as missing:
            return self.skip("mqtt.js and websocket.js", str(missing))
        load = "".join(f"Modules.addCached('{name}', {json.dumps(code)});\n" for name, code in modules.items())
        socket_server = websocket(certificate)
        recipe("websocket.js", "websocket.js", (('"example.com", { port : 443', f'"localhost", {{ port : {socket_server.port}'),), ["message: hello"], before=root + load)
        recipe("websocket.js, a server that is not trusted", "websocket.js", (('"example.com", { port : 443', f'"localhost", {{ port : {self.config["ports"]["self"]}'),),
               ["DEPTH_ZERO_SELF_SIGNED_CERT"], before=root + load)
        port = mosquitto(self.folder, self.pki.path("p256.key"), self.pki.path("p256.bundle"))
        if not port:
            return self.skip("mqtt.js", "there is no mosquitto")
        here = (("broker.example.com", "localhost"), ("port : 8883", f"port : {port}"),
                ("mqtt.publish(\"device/state\", \"here\");", "mqtt.publish(\"device/command\", \"on\");"))
        recipe("mqtt.js", "mqtt.js", here, ["device/command on"], before=root + load, seconds=3)
        recipe("mqtt.js, a broker that is not trusted", "mqtt.js", here, ["UNABLE_TO_VERIFY_LEAF_SIGNATURE"], before=root.replace(
            json.dumps(self.config["ca"]), json.dumps(self.config["caRsa"])) + load)

    def probe(self):
        """What `tls_probe` prints for a server, pasted into the console: as a user does who has nothing but an address."""
        if not self.start_systems():
            return self.skip("the probe's JavaScript", "it and the systems' servers are in Rust, and there is no cargo")
        print("\n==> the probe's JavaScript", flush=True)
        program = cargo_example(os.environ.get("CARGO", "cargo"), "tls_probe")
        files, systems, servers = self.systems.files, self.systems.ports, self.config["ports"]
        roots = os.path.join(self.folder, "roots.pem")
        with open(roots, "w") as file:
            file.write("".join(text(files[name]) for name in ("root-rsa.pem", "root-new.pem", "root-p256.pem"))
                       + self.config["ca"] + self.config["caRsa"])
        aws = ["--alpn", "x-amzn-http-ca", "--cert", files["client.chain.pem"], "--key", files["client.key.pem"]]
        stored = "".join(f"require('Storage').write({name!r}, {json.dumps(text(files[file]))});\n"
                         for name, file in (("client.pem", "client.chain.pem"), ("client.key", "client.key.pem")))
        key, chain = (self.pki.path("p256" + end) for end in (".key", ".crt"))
        for title, port, arguments, before in (
                ("AWS API Gateway", systems["api-gateway"], [], ""), ("api.amazon.com", systems["amazon"], [], ""),
                ("AWS IoT", systems["aws-iot"], aws, stored), ("Cloudflare", systems["cloudflare"], [], ""), ("a Powerwall", systems["powerwall"], [], ""),
                ("OpenSSL, self-signed", servers["self"], [], ""), ("OpenSSL, RSA", servers["rsa"], [], ""), ("OpenSSL, P-256", servers["p256"], [], ""),
                ("OpenSSL, TLS 1.2", servers["tls12"], [], ""), ("an expired certificate", servers["expired"], ["--trust", "pin"], ""),
                ("GnuTLS", gnutls(key, chain), [], ""), ("node", node(key, chain), [], "")):
            if not port:
                self.skip(title, "there is no such program")
                continue
            done = subprocess.run([program, f"https://localhost:{port}/1000", "--js", "--roots", roots, *arguments], capture_output=True, text=True)
            module = "" if self.built_in else f"Modules.addCached('https', {json.dumps(text(JS, 'https.min.js'))});\n"
            output = done.stderr or self.paste(module + before + done.stdout, "done")
            wrong = "200 TLSv1." not in output or not re.search(r"(?m)(^|\x1b\[J)\W*done\r?$", output)
            self.check(title, wrong and done.stdout + output[-1000:])

    def paste(self, script, end):
        """What the console prints until it has printed this line, or nothing more comes. The script comes line by line, as from a terminal."""
        console, terminal = pty.openpty()
        tty.setraw(terminal)
        child = subprocess.Popen(self.espruino, cwd=self.folder, stdin=terminal, stdout=terminal, stderr=subprocess.DEVNULL)
        os.close(terminal)
        output = b""
        try:
            for part in [b""] + script.encode().splitlines(True):
                os.write(console, part)
                output += drain(console, 0.02)
            deadline = time.time() + TEST_PATIENCE
            while time.time() < deadline and not re.search(rb"(?m)(^|\x1b\[J)\W*" + end.encode() + rb"\r?$", output):
                output += drain(console, 0.5)
        finally:
            child.kill()
            child.wait()
            os.close(console)
        return output.decode("latin-1")

    def told(self, modem):
        """Not one command may ask the modem for TLS of its own."""
        starts = [line for line in modem.transcript if "CIPSTART" in line]
        wrong = [line for line in modem.transcript if line[0] == ">" and '"SSL"' in line]
        self.check('the modem was told "TCP", never "SSL"',
                   (wrong and wrong[0]) or (not starts and "it was told nothing") or ('"TCP"' not in starts[0] and starts[0]))
        modem.close()

    def heap(self, espruino, folder, server):
        print(f"\n==> the heap of a Pixl.js, with {'TLS 1.2' if server == 'tls12' else 'the newest TLS'}")
        modem = Modem()
        # Put into the script, as a user would: an object with them would take more than 100 bytes of the heap.
        script = text(HERE, "heap.js")
        for name, value in (("TTY", modem.path), ("PORT", self.config["ports"][server]), ("FINGERPRINT", self.config["fingerprints"]["self"])):
            script = script.replace(name, json.dumps(value))
        # All in flash first, one a run: there is no room for more.
        for name, script in (("https", text(JS, "https.min.js")), ("AT", drivers.as_sent(folder, "AT.js")),
                             ("ESP8266WiFi", drivers.as_sent(folder, "ESP8266WiFi_0v25.js")),
                             ("app", script)):
            self.interpret("heap-" + name, f"require('Storage').write('{name}', {json.dumps(script)});\nquit();", espruino=espruino)
        for place, first, least in DRIVERS:
            output = self.interpret("heap", first + START, espruino=espruino)
            found = re.search(r"HEAP result (\{.*\})", output)
            if not found:
                self.check(f"a request succeeds with the driver {place}", "it printed:\n" + output[-1500:])
                continue
            figures = json.loads(found[1])
            size = figures["bytes"]
            print(f"   driver {place}, bytes free:", ", ".join(f"{name} {figures[name] * size}" for name in ("before", "handshake", "later")),
                  f"of {figures['total'] * size}; {figures['protocol']} itself {figures['tls']}")
            self.check("the heap is that of a Pixl.js", figures["total"] != 2950 and f"it has {figures['total']} variables, not 2950")
            self.check("a request succeeds", (figures["length"] != 3000 or not figures["authorized"]) and "it does not: " + found[1])
            free = figures["handshake"] * size
            self.check(f"{least} KB are free at the handshake's peak", free < least * 1024 and f"{free} bytes are")
        self.told(modem)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="requests, answers, trust, errors, sessions, full, native, many, soak, systems, module, clock, modem, examples, recipes, probe, heap; all without one")
    parser.add_argument("--stand-in", action="store_true", help="run in node")
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)  # for stand_in()
    parser.add_argument("--built-in", action="store_true", help="with the module as the firmware has it: a byte for each keyword")
    arguments = parser.parse_args()
    parts = arguments.part
    if arguments.stand_in:
        return stand_in(arguments.share)
    espruino, espruino32, modules = (os.environ.get(name) for name in ("ESPRUINO", "ESPRUINO32", "ESPRUINO_DRIVERS"))
    if not espruino:
        print("SKIPPED: no Espruino to test in. Give ESPRUINO=/path/to/a/LINUX/build made with espruino-patch/https.make.")
        return 0
    for path in filter(None, (espruino, espruino32)):
        if not os.access(path, os.X_OK):
            print(f"{path} can't be run", file=sys.stderr)
            return 1
    try:
        if modules:
            drivers.check(modules)
    except drivers.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        run = Run([os.path.abspath(espruino)], folder, arguments.built_in)
        for part, title in (("requests", "requests"), ("answers", "answers"), ("trust", "trust"), ("errors", "errors"), ("sessions", "sessions"), ("native", "Espruino's own calls"),
                            ("many", "many in a row")):
            if not parts or part in parts:
                run.tests(title, part + ".js")
        if not parts or "soak" in parts:
            rounds = int(os.environ.get("ETLS_SOAK", "50")) // 10
            patience = TEST_PATIENCE + 10 * rounds
            run.tests("one interpreter, many connections", "soak.js", config={"rounds": rounds, "patience": patience}, patience=patience)
        if not parts or "full" in parts:
            full = f"Modules.addCached('https', {json.dumps(text(JS, 'https-full.min.js'))});"
            for part in ("full", "requests", "answers", "errors", "sessions"):
                run.tests(f"https-full.min.js: {part}", part + ".js", module=full)
        if not parts or "systems" in parts:
            run.five_systems(modules)
        if not parts or "module" in parts:
            run.modules()
        if not parts or "clock" in parts:
            run.clock()
        if not parts or "modem" in parts:
            run.modem(modules) if modules else run.skip("the modem", "ESPRUINO_DRIVERS is not set")
        if not parts or "examples" in parts:
            run.examples(modules)
        if not parts or "recipes" in parts:
            run.recipes(modules)
        if not parts or "probe" in parts:
            run.probe()
        if not parts or "heap" in parts:
            if espruino32:
                run.fragments([os.path.abspath(espruino32)])
            if espruino32 and modules:
                run.heap([os.path.abspath(espruino32)], modules, "tls12")
                run.heap([os.path.abspath(espruino32)], modules, "self")
            else:
                run.skip("the heap of a Pixl.js", "ESPRUINO32 or ESPRUINO_DRIVERS is not set")
    return run.result()


def stand_in_scripts():
    """What is run in node: titles, scripts, and how."""
    full = f"Modules.addCached('https', {json.dumps(text(JS, 'https.js'))});"
    small = f"Modules.addCached('https', {json.dumps(text(JS, 'https-full.min.js'))});"

    def split_into(split):
        return f"{split} bytes at a time" if split else "as it comes"

    for split in ("", "1", "2", "7"):
        for part in ("requests", "answers", "errors"):
            yield f"{part}, {split_into(split)}", part, {"module": full if split == "2" else None, "environment": {"SPLIT": split}}
    yield "sessions", "sessions", {}
    for part, split in (("full", ""), ("full", "1"), ("requests", ""), ("answers", "7"), ("errors", ""), ("sessions", "")):
        yield f"https-full.min.js: {part}, {split_into(split)}", part, {"module": small, "environment": {"SPLIT": split}}
    yield "the module as it is written", "module", {"before": "var BEFORE, ADDED = [];", "module": full}


def stand_in(share):
    """https.js in node, whose own TLS stands in for ours: its options, its HTTP, its errors, with answers split everywhere. Most of the
    time it waits, so several processes share the scripts, each with its own servers; their output comes one after the other."""
    scripts = list(stand_in_scripts())
    if share is not None:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(["node", os.path.join(HERE, "stand_in.js")], folder)
            for title, part, how in scripts[share::SHARES]:
                run.tests(title, part + ".js", config={"standIn": True, "steps": [0]}, **how)
        return run.result()
    print("This is a stand-in: https.js runs in node, not in Espruino, and over node's TLS. The real thing: make test-espruino ESPRUINO=...", flush=True)
    shares = [subprocess.Popen([sys.executable, "-B", __file__, "--stand-in", f"--share={i}"], stdout=subprocess.PIPE, text=True) for i in range(SHARES)]
    counts, failed = [0, 0, 0], False
    for child in shares:
        printed, _, result = child.communicate()[0].rpartition("test result: ")
        print(printed.rstrip(), flush=True)
        found = re.findall(r"(\d+) (?:passed|failed|ignored)", result)
        failed |= child.returncode != 0 or len(found) != 3
        counts = [a + int(b) for a, b in zip(counts, found)] if found else counts
    print(f"\ntest result: {'FAILED' if failed else 'ok'}. {counts[0]} passed; {counts[1]} failed; {counts[2]} ignored")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
