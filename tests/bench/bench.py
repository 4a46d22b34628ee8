#!/usr/bin/env python3
"""make bench: what the client costs on a Cortex-M4, beside BearSSL and Mbed TLS. Exact counts, no stop-watch.

  bench.py            measure, print the table, write target/bench.json
  bench.py --update   and keep it: tests/bench/figures.json and the picture drawn from it
  bench.py --top      measure our handshakes only and say which functions the cycles go to
  bench.py --operations   measure our public-key operations only

How: the chip's own code runs under QEMU (mps2-an386); a plugin of ours (cycles.c) counts instructions and models
cycles, only while the library itself runs. Each connection happens twice: once with a real server, while its bytes are
recorded, then from the recording. The client's random numbers are fixed, so it says the same again, and what is
counted does not depend on the network. OpenSSL's are fixed, too (same_random.c), so that another run, too, gives the
same counts; with other keys and signatures, handshakes would differ by about 1 %.

Ours is what `make lib` makes; the rivals are compiled with -Os for a Cortex-M4 without floating point and configured
for the same work; all are linked with --gc-sections. Flash is everything linked but the measuring program and the C
library (memcpy and the like). Heap is all the memory lent and allocated: contexts, buffers, keys. Stack is counted
below the caller."""

import bisect
import contextlib
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import picture
import rivals
from pki import SAME, Pki, command, openssl, same_random

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
CROSS = "arm-none-eabi-"
CFLAGS = "-std=gnu99 -Os -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -ffunction-sections -fdata-sections".split()
NOW = "1893456000"  # 2030-01-01: the clock of the chip
SUITES = {
    "AES-128-GCM": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "AES-256-GCM": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ChaCha20-Poly1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
SUITE13 = "TLS_AES_128_GCM_SHA256"
KINDS = {  # of our library; each figure belongs to the build that it stands beside
    "pin": "pin",
    "ca": "full",
    "every": "full,aes256,chacha20,x25519",
    "small": "full,tls13,resumption",
    "fast": "full,tls13,resumption,fast-p256",
    "client": "full,tls13,resumption,client-rsa",
}
TEXTS = {"pin": "pins only, TLS 1.2", "ca": "certificate paths, TLS 1.2", "every": "and all suites, X25519",
         "tables": "certificate paths, TLS 1.2, AES by tables",
         "small": "paths, TLS 1.2 and 1.3, sessions", "fast": "the same, fast P-256",
         "client": "and client certificates, RSA keys too"}
# Bytes of our driver's buffer for what comes from the network, which is counted as heap (etls.c).
DRIVER = 512
# Cycles, or bytes: what must be reached, and what is aimed at.
MUSTS = {
    "resumed, TLS 1.2": (600_000, 400_000),
    "resumed, TLS 1.3, fast P-256": (2_000_000, 1_400_000),
    "pin, TLS 1.3, fast P-256": (3_300_000, 2_900_000),
    "P-384, TLS 1.3, fast P-256": (18_000_000, 12_000_000),
    "RSA-2048, TLS 1.3, fast P-256": (5_500_000, 4_000_000),
    "client signature, RSA-2048": (110_000_000, 50_000_000),
    "lent, 10 KB in one record": (4608, 4096),
}
# By how much a must is known to be missed; more is a failure.
MISSED = {
    "pin, TLS 1.3, fast P-256": 90_000,
    "P-384, TLS 1.3, fast P-256": 1_450_000,
    "RSA-2048, TLS 1.3, fast P-256": 1_650_000,
}


def fail(text):
    sys.exit(f"bench: {text}")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def run(*command, **options):
    """A command that must succeed; its output is shown if it does not."""
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, **options)
    if done.returncode:
        fail(f"{' '.join(map(str, command))}\n{done.stderr or done.stdout}")
    return done.stdout


def check_tools():
    packages = {
        CROSS + "gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        "qemu-system-arm": "qemu-system-arm",
        "openssl": "openssl",
        "cc": "gcc",
    }
    missing = {tool: package for tool, package in packages.items() if not shutil.which(tool)}
    if missing:
        fail(f"{', '.join(missing)} missing; Debian's packages: {' '.join(missing.values())}")


# Building


class Program:
    """A client linked for the chip, and what it weighs."""

    def __init__(self, name, source, archives, flags=()):
        self.name = name
        self.elf = WORK / f"{name}.elf"
        objects = []
        for file in ("../chip/chip.c", "measure.c", source):
            object_file = WORK / f"{name}-{Path(file).name}.o"
            run(CROSS + "gcc", *CFLAGS, "-Wall", "-Wextra", *flags, "-c", HERE / file, "-o", object_file)
            objects.append(object_file)
        map_file = self.elf.with_suffix(".map")
        run(CROSS + "gcc", *CFLAGS, "-nostartfiles", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments",
            f"-Wl,-T,{HERE / 'link.ld'}", f"-Wl,-Map,{map_file}", *objects, *archives, "-o", self.elf)
        self.flash = self._flash(map_file.read_text())

    def _flash(self, text):
        """Bytes in flash, without the measuring program and the C library."""
        linked = text.split("Linker script and memory map")[1]
        pattern = r"^ (?:\.(text|rodata|data|ARM)\S*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$"
        total = 0
        for _, size, file in re.findall(pattern, linked, re.M):
            if not re.search(r"\.c\.o$|/lib[cg](_nano)?\.a\(", file):
                total += int(size, 16)
        return total


def our_library(kind):
    say(f"building the library: {kind}")
    path = run(ROOT / "espruino-patch" / "lib.sh", KINDS[kind], cwd=ROOT).split()[-1]
    return shutil.copy(ROOT / path, WORK / f"libetls-{kind}.a")


def host_library(name, *flags):
    library = WORK / f"{name}.so"
    run("cc", "-std=gnu99", "-O2", "-Wall", "-Wextra", *flags, "-shared", "-fPIC", HERE / f"{name}.c", "-o", library)
    return library


def plugin():
    version = re.search(r"version (\d+)\.(\d+)", run("qemu-system-arm", "--version"))
    version = tuple(map(int, version.groups())) if version else (0, 0)
    return host_library("cycles", f"-DPLUGIN_VERSION={1 + (version >= (8, 2)) + (version >= (9, 1))}")


# Running


def qemu(program, options, plugin=()):
    """Starts a program on the chip."""
    arguments = ",".join(f"arg={k}={v}" for k, v in {"program": program.name, **options}.items())
    return subprocess.Popen(
        ["qemu-system-arm", "-M", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none",
         "-serial", "none", "-semihosting-config", f"enable=on,target=native,{arguments}",
         *plugin, "-kernel", program.elf],
        cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def record(program, options, port):
    """One connection with a real server. The server's bytes are kept in the file `recording`: those of the handshake, if
    the client says how many it took for it, and nothing is asked for after it."""
    for name in ("in.pipe", "out.pipe"):
        (WORK / name).unlink(missing_ok=True)
        os.mkfifo(WORK / name)
    # Opened for both directions, which on Linux does not wait for the other side.
    to_chip, from_chip = (os.open(WORK / name, os.O_RDWR) for name in ("in.pipe", "out.pipe"))
    recording = bytearray()
    chip = qemu(program, {**options, "in": "in.pipe", "out": "out.pipe"})
    with socket.create_connection(("127.0.0.1", port)) as server:
        watched, waiting = [server, from_chip, chip.stdout], b""
        said = ""
        while True:
            readable, writable, _ = select.select(watched, [to_chip] if waiting else [], [], 60)
            if not readable and not writable:
                chip.kill()
                fail(f"{program.name} {options}: nothing moves")
            if writable:
                waiting = waiting[os.write(to_chip, waiting[:4096]):]
            if from_chip in readable:
                server.sendall(os.read(from_chip, 65536))
            if server in readable and len(waiting) < 65536:
                data = server.recv(65536)
                recording += data
                waiting += data
                if not data:
                    watched.remove(server)
            if chip.stdout in readable:
                text = chip.stdout.readline()
                said += text
                if not text:
                    break
            if server not in watched and not waiting and to_chip >= 0:
                os.close(to_chip)  # the chip sees the end
                to_chip = -1
    if to_chip >= 0:
        os.close(to_chip)
    os.close(from_chip)
    if chip.wait():
        fail(f"{program.name} {options}: {said}")
    taken = re.search(r"^result handshake .*\n.*\nbytes (\d+)$", said, re.M)
    if taken and int(taken[1]) and "get" not in options:
        recording = recording[:int(taken[1])]
    (WORK / "recording").write_bytes(recording)


def measure(program, options, profile=False):
    """Runs from the recording. A dictionary: for each thing reported its figures."""
    plugin = ["-plugin", f"./cycles.so,out=counts{',profile=on' if profile else ''}"]
    chip = qemu(program, {**options, "in": "recording", "out": "sent"}, plugin)
    said, _ = chip.communicate(timeout=600)
    if chip.returncode:
        fail(f"{program.name} {options}: {said}")
    reports = re.findall(r"^result (\S+) heap (\d+)\nstack (\d+)\nbytes (\d+)$", said, re.M)
    counts, costs = [], []
    for line in (WORK / "counts").read_text().splitlines():
        kind, *values = line.split()
        if kind == "R":
            counts.append([int(v) for v in values])
            costs.append({})
        else:
            address = int(values[0], 16)
            costs[-1][address] = costs[-1].get(address, 0) + int(values[1])
    results = {}
    for (name, heap, stack, size), (instructions, cycles, _, longest), cost in zip(reports, counts, costs, strict=True):
        results[name] = {"instructions": instructions, "cycles": cycles, "longest": longest,
                         "heap": int(heap), "stack": int(stack)}
        if int(size):
            results[name]["bytes"] = int(size)
        if profile:
            results[name]["cost"] = cost
    return results


def with_defaults(options):
    return {"name": "bench.test", "now": NOW, "fragment": 1024, "record": 16384, "chunk": 1024, **options}


def connection(program, options, port, send=0, profile=False):
    options = with_defaults(options)
    record(program, {**options, "step": 1}, port)
    return measure(program, {**options, **({"send": send} if send else {})}, profile)


def keep_session(program, options, port):
    """A connection that is not measured. The options for the one that resumes its session."""
    record(program, with_defaults({**options, "keep": "session"}), port)
    return {**options, "session": "session"}


class Servers:
    """openssl s_server, one process for each certificate and suite, serving a body of N bytes as /N."""

    def __init__(self, stack, pki):
        self.stack, self.pki, self.ports = stack, pki, {}
        self.root = WORK / "www"
        self.root.mkdir(exist_ok=True)

    def body(self, size):
        (self.root / str(size)).write_bytes(bytes(i * 7 & 255 for i in range(size)))
        return str(size)

    def openssl(self, entry, cipher, *options):
        """A cipher of TLS 1.2, or one of 1.3; more of s_server's options."""
        if (entry, cipher, options) not in self.ports:
            version = ["-tls1_3", "-ciphersuites"] if cipher.startswith("TLS_") else ["-tls1_2", "-cipher"]
            chain = self.pki.path(entry, "chain")
            server = subprocess.Popen(
                command("s_server", "-accept", "127.0.0.1:0", *version, cipher, "-groups", "P-256", *options,
                        "-cert", self.pki.path(entry, "cert"), "-key", self.pki.path(entry, "key"),
                        *(["-cert_chain", chain] if chain.stat().st_size else []), "-HTTP"),
                cwd=self.root, env=SAME, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                text=True)
            self.stack.callback(server.wait)
            self.stack.callback(server.kill)
            for line in server.stdout:
                if match := re.match(r"ACCEPT .*:(\d+)$", line):
                    self.ports[entry, cipher, options] = int(match[1])
                    break
            else:
                fail("openssl s_server does not start")
        return self.ports[entry, cipher, options]

    def rustls(self, entry, suite, prefix="TLS_ECDHE_ECDSA_WITH_"):
        """tests/bench/full_records.rs"""
        names = {"AES-128-GCM": "AES_128_GCM_SHA256", "AES-256-GCM": "AES_256_GCM_SHA384",
                 "ChaCha20-Poly1305": "CHACHA20_POLY1305_SHA256"}
        cargo = os.environ.get("CARGO", "cargo")
        built = run(cargo, "build", "--example", "bench_full_records", "--message-format=json-render-diagnostics",
                    cwd=ROOT)
        program = re.findall(r'"executable":"([^"]*bench_full_records[^"]*)"', built)[-1]
        server = subprocess.Popen(
            [program, self.pki.path(entry, "cert"), self.pki.path(entry, "key"),
             prefix + names[suite]],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.stack.callback(server.wait)
        self.stack.callback(server.kill)
        return int(server.stdout.readline())


# Public-key operations


def operations(pki, kind):
    """The list of vectors for operations.c: all, or what is another without the fast P-256, or what only clients with
    certificates have. What is signed is the empty message: hashing it costs next to nothing."""

    def field(data):
        return len(data).to_bytes(2, "little") + data

    def vector(name, operation, *fields):
        return field(name.encode()) + field(bytes([operation, 1, len(fields)]) + b"".join(map(field, fields)))

    def signature(name, entry, kind, algorithm, digest):
        signed = openssl("dgst", f"-sha{digest}", "-sign", pki.path(entry, "key"), data=b"")
        key = (pki.directory / f"{entry}.key").read_bytes()
        number = {256: 4, 384: 5}[digest]
        return vector(name, 5, bytes([kind]), bytes([algorithm]), bytes([number]), key,
                      (65537).to_bytes(4, "little"), b"", signed)

    def keys(kind, group, agreement, name):
        """Key generation and agreement."""
        private, public, secret = pki.agreement(kind)
        return (vector(f"{name}-keygen", 6, bytes([group]), private, public)
                + vector(f"{name}-agree", agreement, private, public, secret))

    if kind == "client":
        pki.certificate("clientrsa", "rsa:2048")
        signed = openssl("dgst", "-sha256", "-sign", pki.path("clientrsa", "key"), data=b"")
        return vector("RSA-2048-sign", 9, pki.path("clientrsa", "key").read_bytes(), bytes([4]), b"", signed)
    if kind == "small":
        return keys("P-256", 0, 3, "small-P-256") + signature("small-P-256-verify", "self", 0, 0, 256)
    return (keys("P-256", 0, 3, "P-256") + keys("P-384", 2, 8, "P-384") + keys("X25519", 1, 4, "X25519")
            + signature("P-256-verify", "self", 0, 0, 256)
            + signature("P-384-verify", "root384", 1, 0, 384)
            + signature("RSA-2048-verify", "rootrsa", 2, 1, 256)
            + signature("RSA-4096-verify", "rsa4096", 2, 1, 256))


def operations_program(name, *features):
    built = run(ROOT / "espruino-patch" / "cargo-chip.sh", "build", "--release", "--manifest-path",
                "tests/chip/vectors/Cargo.toml", "--target-dir", os.environ.get("CARGO_TARGET_DIR", "target"),
                *features, "--message-format=json-render-diagnostics", cwd=ROOT)
    libraries = re.findall(r'"([^"]*libchip_vectors\.a)"', built)
    if not libraries:
        fail("cargo built no library of operations")
    return Program(name, "operations.c", [libraries[-1]])


def measure_operations(pki):
    say("public-key operations")
    figures = {}
    for kind, features in (("fast", ()), ("small", ("--no-default-features", "--features", "full")),
                           ("client", ("--features", "client-rsa"))):
        program = operations_program(f"operations-{kind}", *features)
        (WORK / "recording").write_bytes(operations(pki, kind))
        figures.update(measure(program, {}))
    return figures


# What is measured


def main():
    arguments = set(sys.argv[1:])
    if unknown := arguments - {"--update", "--top", "--operations"}:
        fail(f"--update, --top or --operations, not {' '.join(unknown)}")
    check_tools()
    WORK.mkdir(parents=True, exist_ok=True)
    plugin()
    same_random(host_library("same_random"))
    if "--operations" in arguments:
        return table_of_operations(measure_operations(Pki(WORK / "pki")))
    our_flags = ["-I", ROOT / "include"]
    ours = {kind: Program(f"etls-{kind}", "etls.c", [our_library(kind)], our_flags) for kind in KINDS}
    say("making keys and certificates")
    pki = Pki(WORK / "pki")
    with contextlib.ExitStack() as stack:
        servers = Servers(stack, pki)
        if "--top" in arguments:
            return top(ours, servers)
        figures = measure_all(ours, pki, servers)
    text = json.dumps(figures, indent=1) + "\n"
    (ROOT / "target" / "bench.json").write_text(text)
    table(figures)
    if "--update" in arguments:
        (HERE / "figures.json").write_text(text)
        picture.draw(figures, HERE / "figures.svg")
    if figures["broken"]:
        fail("; ".join(figures["broken"]))


def theirs():
    """The rivals' programs: {name: {kind: Program}}; and, for those that can't be had, why."""
    programs, missing = {}, {}
    flags_of = {"pin": ["-DPIN"], "ca": [], "every": ["-DEVERY"], "tables": ["-DTABLES"]}
    makers = {
        "BearSSL": ("bearssl", flags_of, lambda flags, kind: rivals.bearssl(WORK, CROSS, flags)),
        "Mbed TLS": ("mbedtls", ["ca", "every"], lambda flags, kind: rivals.mbedtls(WORK, ROOT, CROSS, flags, kind)),
    }
    for name, (file, kinds, make) in makers.items():
        try:
            say(f"building {name}")
            made = {}
            for kind in kinds:
                library, flags = make([*CFLAGS, *flags_of[kind]], kind)
                made[kind] = Program(f"{file}-{kind}", f"{file}.c", [library], flags)
            programs[name] = made
        except rivals.Missing as reason:
            missing[name] = str(reason)
            say(f"{name} is left out: {reason}")
    return programs, missing


def measure_all(ours, pki, servers):
    programs, missing = theirs()
    clients = {"ours": ours, **programs}
    figures = {"missing": missing, "broken": []}
    figures["flash"] = {n: {kind: program.flash for kind, program in kinds.items()} for n, kinds in clients.items()}

    def trusting(entry):
        return {"ca": f"pki/{entry}.der", "dn": f"pki/{entry}.dn", "key": f"pki/{entry}.key"}

    pin = {**trusting("self"), "fingerprint": pki.fingerprint("self")}
    handshakes = {
        "pin": ("pin", "self", "ECDHE-ECDSA-AES128-GCM-SHA256", pin),
        "P-384": ("ca", "leaf256", "ECDHE-ECDSA-AES128-GCM-SHA256", trusting("root384")),
        "RSA-2048": ("ca", "leafrsa", "ECDHE-RSA-AES128-GCM-SHA256", trusting("rootrsa")),
    }
    figures["handshake"] = {}
    for what, (kind, entry, suite, options) in handshakes.items():
        figures["handshake"][what] = {}
        for name, kinds in clients.items():
            say(f"handshake {what}, {name}")
            # Mbed TLS can't take a handshake message that is cut into fragments.
            cut = {"fragment": 0} if name == "Mbed TLS" and what == "RSA-2048" else {}
            result = connection(kinds.get(kind, kinds["ca"]), {**options, **cut}, servers.openssl(entry, suite))
            figures["handshake"][what][name] = result["handshake"]

    if "BearSSL" in clients:
        say("handshake resumed, BearSSL")
        options, program = trusting("root384"), clients["BearSSL"]["ca"]
        port = servers.openssl("leaf256", SUITES["AES-128-GCM"], "-no_ticket")
        result = connection(program, keep_session(program, options, port), port)
        figures["handshake"]["resumed, TLS 1.2"] = {"BearSSL": result["handshake"]}

    figures["receive"], figures["send"] = {}, {}
    for suite, cipher in SUITES.items():
        for name, kinds in clients.items():
            say(f"bulk, {suite}, {name}")
            send = 65536 if name == "ours" else 0
            kind = "ca" if suite == "AES-128-GCM" else "every"
            result = connection(kinds[kind], {**trusting("root384"), "get": servers.body(65536)},
                                servers.openssl("leaf256", cipher), send)
            for way in ("receive", "send"):
                if way in result:
                    figures[way].setdefault(f"{suite}, 1 KB", {})[name] = result[way]
        if suite == "AES-128-GCM" and "BearSSL" in clients:
            result = connection(clients["BearSSL"]["tables"], {**trusting("root384"), "get": servers.body(65536)},
                                servers.openssl("leaf256", cipher))
            figures["receive"][f"{suite}, 1 KB"]["BearSSL, AES by tables"] = result["receive"]
        say(f"bulk, {suite}, 16 KB records")
        options = {**pin, "get": 262144, "chunk": 16384}
        result = connection(ours["every"], options, servers.rustls("self", suite), 262144)
        for way in ("receive", "send"):
            figures[way][f"{suite}, 16 KB"] = {"ours": result[way]}

    figures["operations"] = measure_operations(pki)

    figures["certificate message"] = {}
    for names in (17, 51, 120, 256, 529):
        entry = f"names{names}"
        others = [f"host-{i:04}.of-many.bench.test" for i in range(names)]
        pki.certificate(entry, "P-256", issuer="root384", names=others)
        size = pki.message_size(entry)
        say(f"a certificate message of {size} bytes")
        result = connection(ours["ca"], trusting("root384"), servers.openssl(entry, SUITES["AES-128-GCM"]))
        figures["certificate message"][size] = result["handshake"]
    heaps = {r["heap"] for r in figures["certificate message"].values()}
    if len(heaps) > 1:
        figures["broken"].append(f"heap grows with the certificate message: {sorted(heaps)}")

    figures["body"] = {}
    for size in (1024, 16384, 65536, 262144, 1048576):
        say(f"a body of {size} bytes")
        options = {**pin, "get": servers.body(size)}
        result = connection(ours["ca"], options, servers.openssl("self", SUITES["AES-128-GCM"]))
        figures["body"][size] = result["receive"]
    rates = [r["cycles"] / r["bytes"] for r in figures["body"].values()]
    if max(rates) > 1.05 * min(rates):
        figures["broken"].append("cycles per KB grow with the body")

    newer(ours, pki, servers, trusting, figures)
    for what, value, most, _ in musts(figures):
        if value > most + MISSED.get(what, 0):
            figures["broken"].append(f"{what}: {number(value)}, more than {number(most)}")
    return figures


def newer(ours, pki, servers, trusting, figures):
    """What the profiles for the chip leave out and the rivals, in the versions measured here, do not have or are not asked
    for: TLS 1.3, sessions, client certificates."""
    pin, ca, rsa = {"fingerprint": pki.fingerprint("self")}, trusting("root384"), trusting("rootrsa")
    suites = {"TLS 1.2": "ECDHE-{}-AES128-GCM-SHA256", "TLS 1.3": SUITE13}

    def handshake(what, options, port, program):
        say(what)
        result = connection(program, options, port)["handshake"]
        figures["handshake"].setdefault(what, {})["ours"] = result
        return result

    for kind, suffix in (("small", ""), ("fast", ", fast P-256")):
        program = ours[kind]
        for what, entry, options in (("pin", "self", pin), ("P-384", "leaf256", ca), ("RSA-2048", "leafrsa", rsa)):
            handshake(f"{what}, TLS 1.3{suffix}", options, servers.openssl(entry, SUITE13), program)
        for version, suite in suites.items():
            port = servers.openssl("leaf256", suite.format("ECDSA"))
            handshake(f"resumed, {version}{suffix}", keep_session(program, ca, port), port, program)
    program = ours["client"]

    # RSA verifies in nearly the same time whatever is signed, so that the difference is the client's signature, and
    # its certificate's way.
    figures["client signature"] = {}
    pki.certificate("clientrsa", "rsa:2048")
    for version, suite in suites.items():
        suite = suite.format("RSA")
        without = connection(program, rsa, servers.openssl("leafrsa", suite))["handshake"]["cycles"]
        port = servers.openssl("leafrsa", suite, "-Verify", "1")
        for key, entry in (("P-256", "self"), ("RSA-2048", "clientrsa")):
            options = {**rsa, **{what: f"pki/{entry}.{what}.pem" for what in ("cert", "key")}}
            result = handshake(f"client {key}, {version}", options, port, program)
            figures["client signature"][f"{key}, {version}"] = {"cycles": result["cycles"] - without}

    say("bulk, TLS 1.3")
    program = ours["small"]
    options = {**ca, "get": servers.body(65536)}
    result = connection(program, options, servers.openssl("leaf256", SUITE13, "-num_tickets", "0"), 65536)
    for way in ("receive", "send"):
        figures[way]["AES-128-GCM, 1 KB, TLS 1.3"] = {"ours": result[way]}

    # The server's keys are not fixed, so only memory is counted.
    pki.certificate("names322", "P-256", issuer="root384",
                    names=[f"host-{i:04}.of-many.bench.test" for i in range(322)])
    size = pki.message_size("names322")
    say(f"a certificate message of {size} bytes in one record, TLS 1.3")
    result = connection(program, ca, servers.rustls("names322", "AES-128-GCM", "TLS13_"))["handshake"]
    figures["one record"] = {"certificate message": size, "heap": result["heap"], "stack": result["stack"]}
    if max(records((WORK / "recording").read_bytes())) < size:
        figures["broken"].append("the server has cut its certificate message")


def records(stream):
    """The sizes of the records in what a server has sent."""
    at = 0
    while at < len(stream):
        size = int.from_bytes(stream[at + 3:at + 5], "big")
        yield size
        at += 5 + size


def musts(figures):
    """For each of MUSTS its name, what was measured, the must and the aim."""
    measured = {what: results["ours"]["cycles"] for what, results in figures["handshake"].items() if "ours" in results}
    signatures = figures["client signature"]
    measured["client signature, RSA-2048"] = max(r["cycles"] for k, r in signatures.items() if k.startswith("RSA"))
    measured["lent, 10 KB in one record"] = figures["one record"]["heap"] - DRIVER
    for what, (most, aim) in MUSTS.items():
        yield what, measured[what], most, aim


# What is shown


def number(n):
    return f"{n:,}"


def columns(rows):
    """Prints rows of texts, the first column to the left."""
    widths = [max(len(r[i]) for r in rows if i < len(r)) for i in range(max(map(len, rows)))]
    for row in rows:
        print("  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip())
    print()


def table(figures):
    names = list(figures["flash"])
    rows = [["flash, bytes", *names]]
    for kind, text in TEXTS.items():
        rows.append([text, *(number(figures["flash"][n][kind]) if kind in figures["flash"][n] else "–" for n in names)])
    columns(rows)

    rows = [["handshake", "", "instructions", "cycles", "heap", "stack"]]
    for what, results in figures["handshake"].items():
        for name, r in results.items():
            rows.append([what, name, *(number(r[k]) for k in ("instructions", "cycles", "heap", "stack"))])
    columns(rows)

    rows = [["bulk", "", "instructions/KB", "cycles/KB", "heap", "stack"]]
    for way in ("receive", "send"):
        for what, results in figures[way].items():
            for name, r in results.items():
                rate = [number(round(r[k] * 1024 / r["bytes"])) for k in ("instructions", "cycles")]
                rows.append([f"{way} {what}", name, *rate, number(r["heap"]), number(r["stack"])])
    columns(rows)

    rows = [["client signature, ours", "cycles"]]
    rows += [[what, number(r["cycles"])] for what, r in figures["client signature"].items()]
    columns(rows)

    rows = [["ours", "measured", "must", "aim"]]
    rows += [[what, *map(number, values)] for what, *values in musts(figures)]
    columns(rows)
    for what, value, most, _ in musts(figures):
        if value > most:
            print(f"THE MUST OF {number(most)} IS STILL MISSED: {what}, by {number(value - most)}\n")

    table_of_operations(figures["operations"])

    rows = [["certificate message, ours", "cycles", "heap", "stack"]]
    for size, r in figures["certificate message"].items():
        rows.append([f"{number(int(size))} bytes", *(number(r[k]) for k in ("cycles", "heap", "stack"))])
    columns(rows)

    rows = [["body received, ours", "cycles/KB", "heap", "stack"]]
    for size, r in figures["body"].items():
        rows.append([f"{number(int(size))} bytes", number(round(r["cycles"] * 1024 / r["bytes"])), number(r["heap"]),
                     number(r["stack"])])
    columns(rows)
    for name, reason in figures["missing"].items():
        print(f"{name} is missing: {reason}")


def table_of_operations(operations):
    rows = [["operation, ours", "instructions", "cycles", "longest slice", "stack"]]
    for what, r in operations.items():
        rows.append([what, *(number(r[k]) for k in ("instructions", "cycles", "longest", "stack"))])
    columns(rows)


def top(ours, servers):
    """Our handshakes and bulk, by function."""
    pki, suite = servers.pki, SUITES["AES-128-GCM"]
    pin, ca = {"fingerprint": pki.fingerprint("self")}, {"ca": "pki/root384.der"}
    bulk = {**pin, "get": servers.body(65536)}
    client = {**pin, "cert": "pki/clientrsa.cert.pem", "key": "pki/clientrsa.key.pem"}
    pki.certificate("clientrsa", "rsa:2048")

    def resumed(cipher):
        return keep_session(ours["fast"], ca, servers.openssl("leaf256", cipher))

    cases = [
        ("pin", "every", "handshake", "self", pin, suite),
        ("P-384", "every", "handshake", "leaf256", ca, suite),
        ("AES-128-GCM", "every", "receive", "self", bulk, suite),
        ("ChaCha20-Poly1305", "every", "receive", "self", bulk, SUITES["ChaCha20-Poly1305"]),
        ("P-384, TLS 1.3", "fast", "handshake", "leaf256", ca, SUITE13),
        ("resumed, TLS 1.2", "fast", "handshake", "leaf256", lambda: resumed(suite), suite),
        ("resumed, TLS 1.3", "fast", "handshake", "leaf256", lambda: resumed(SUITE13), SUITE13),
        ("client RSA-2048", "client", "handshake", "self", client, suite, "-Verify", "1"),
    ]
    for what, kind, part, entry, options, *server in cases:
        program = ours[kind]
        options = options() if callable(options) else options
        result = connection(program, options, servers.openssl(entry, *server), profile=True)[part]
        symbols = functions(program)
        spent = {}
        for address, cycles in result["cost"].items():
            name = symbols[bisect.bisect(symbols, (address + 1,)) - 1][1]
            spent[name] = spent.get(name, 0) + cycles
        print(f"{what}, {part}: {number(result['cycles'])} cycles, stack {number(result['stack'])}")
        for name, cycles in sorted(spent.items(), key=lambda s: -s[1])[:16]:
            print(f"{cycles / result['cycles']:7.1%} {number(cycles):>12}  {name:.120}")
        print()
    frames(ours["every"])


def functions(program):
    """Address and name of each, in order."""
    symbols = []
    for line in run(CROSS + "nm", "-n", "-C", program.elf).splitlines():
        address, kind, name = line.split(maxsplit=2)
        if kind in "tTwW" and not name.startswith("$"):
            symbols.append((int(address, 16), name))
    return symbols


def frames(program):
    print("largest stack frames, without pushed registers:")
    sizes, name = {}, None
    for line in run(CROSS + "objdump", "-d", "-C", program.elf).splitlines():
        if found := re.match(r"[0-9a-f]+ <(.*)>:", line):
            name = found[1]
        elif found := re.search(r"\tsubw?(?:\.w)?\tsp, (?:sp, )?#(\d+)", line):
            sizes[name] = sizes.get(name, 0) + int(found[1])
    for name, size in sorted(sizes.items(), key=lambda f: -f[1])[:16]:
        print(f"{number(size):>8}  {name:.120}")


if __name__ == "__main__":
    main()
