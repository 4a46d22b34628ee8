#!/usr/bin/env python3
"""make bench: what the client costs on a Cortex-M4, beside its rivals. Exact counts, no stop-watch.

  bench.py            measure, print the table, write target/bench.json
  bench.py --update   and keep it: figures.json, and what is made from it: figures.md, the picture, README's tables
  bench.py --repeat   measure some of it twice, keys and servers made anew, and fail if a figure differs
  bench.py --top      measure our handshakes only and say which functions the cycles go to
  bench.py --only=WORD[,WORD...]   measure handshakes of the libraries whose name begins so, and nothing else

How: the chip's own code runs under QEMU (mps2-an386); a plugin of ours (cycles.c) counts instructions and models
cycles, only while the library itself runs. Each connection happens twice: once with a real server, while its bytes are
recorded, then from the recording. The client's random numbers are fixed, so it says the same again, and what is
counted does not depend on the network. OpenSSL's are fixed, too (same_random.c), and each connection has a server of
its own, so that another run, or a part of it, gives the same counts; with other keys and signatures, handshakes would
differ by about 1 %.

Ours is what `make lib` makes; rivals.py says how the rivals are built. All are for a Cortex-M4 without floating point,
configured for the same work, and linked with --gc-sections. Flash is everything linked but the measuring program and
the C library (memcpy and the like). Heap is all the memory lent, allocated and static: contexts, buffers, keys; a
library's calls of the allocator are not among its cycles. Stack is counted below the caller. The longest call is what a
library computes between two returns to its caller, if it is given at most 512 bytes at a time and never waits."""

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
import tables
from pki import SAME, Pki, command, same_random
from rivals import ALL, BOTH, OLD, PATHS, PIN, Build

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
CROSS = "arm-none-eabi-"
CHIP = "-std=gnu99 -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -ffunction-sections -fdata-sections".split()
CFLAGS = [*CHIP, "-Os"]
NOW = "1893456000"  # 2030-01-01: the clock of the chip
SUITES = {
    "AES-128-GCM": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "AES-256-GCM": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ChaCha20-Poly1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
# Whether the library computes in slices.
SLICES = "etls_work" in (ROOT / "include" / "espruino_tls.h").read_text()
SUITE13 = "TLS_AES_128_GCM_SHA256"
OURS = {  # the features of each build
    "pins": Build("pin", "TLS 1.2, pins only", PIN, OLD),
    "TLS 1.2": Build("full", "TLS 1.2, certificate paths", ALL, OLD),
    "TLS 1.3": Build("full,tls13,resumption", "TLS 1.2 and 1.3, sessions", ALL, BOTH, True),
    "fast P-256": Build("full,tls13,resumption,fast-p256", "TLS 1.2 and 1.3, sessions, fast P-256", ALL, BOTH, True),
    "all suites": Build("full,aes256,chacha20,x25519", "certificate paths, all suites, X25519", (), OLD),
    "client keys": Build("full,tls13,resumption,client-rsa", "with client certificates, RSA keys too", (), BOTH),
}
# What is measured again to see that figures repeat.
REPEATED = [("ours", "TLS 1.2", "P-384, TLS 1.2"), ("ours", "fast P-256", "pin, TLS 1.3"),
            ("ours", "fast P-256", "resumed, TLS 1.3"), ("BearSSL 0.6", "-O2", "RSA-2048, TLS 1.2"),
            ("wolfSSL 5.9", "-O2, TLS 1.3", "P-384, TLS 1.3"), ("Mbed TLS 3.6", "-O2", "pin, TLS 1.2")]
# Bytes of our driver's buffer for what comes from the network, which is counted as heap (etls.c).
DRIVER = 512
# Cycles, or bytes: what must be reached, and what is aimed at.
MUSTS = {
    "resumed, TLS 1.2": (600_000, 400_000),
    "resumed, TLS 1.3, fast P-256": (2_000_000, 1_400_000),
    "pin, TLS 1.3, fast P-256": (3_300_000, 2_900_000),
    "P-384, TLS 1.3, fast P-256": (18_000_000, 12_000_000),
    "RSA-2048, TLS 1.3, fast P-256": (5_500_000, 4_000_000),
    "longest call": (1_280_000, 640_000),
    "longest call, RSA client key": (1_600_000, 640_000),
    "client signature, RSA-2048": (110_000_000, 50_000_000),
    "lent, 10 KB in one record": (4608, 4096),
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
        self.name = re.sub(r"[^A-Za-z0-9.]+", "-", name)
        self.elf = WORK / f"{self.name}.elf"
        objects = []
        for file in ("../chip/chip.c", "measure.c", source):
            object_file = WORK / f"{self.name}-{Path(file).name}.o"
            run(CROSS + "gcc", *flags, *CFLAGS, "-Wall", "-Wextra", "-c", HERE / file, "-o", object_file)
            objects.append(object_file)
        map_file = self.elf.with_suffix(".map")
        run(CROSS + "gcc", *CFLAGS, "-nostartfiles", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments",
            f"-Wl,-T,{HERE / 'link.ld'}", f"-Wl,-Map,{map_file}", *objects, *archives, "-o", self.elf)
        linked = map_file.read_text().split("Linker script and memory map")[1]
        self.flash = self._bytes(linked, "text|rodata|data|ARM")
        self.static = self._bytes(linked, "data|bss")

    @staticmethod
    def _bytes(linked, sections):
        """Without the measuring program and the C library (some of which Rust has of its own)."""
        pattern = rf"^ (?:\.(?:{sections})\S*|COMMON)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$"
        if "bss" not in sections:
            pattern = pattern.replace("|COMMON", "")
        return sum(int(size, 16) for size, file in re.findall(pattern, linked, re.M)
                   if not re.search(r"-(chip|measure|etls|operations|bearssl|mbedtls|wolfssl|embedded_tls)\.c\.o$"
                                    r"|/lib[cg](_nano)?\.a\(|\(compiler_builtins.*mem", file))


def our_program(kind):
    features = OURS[kind].flags[0]
    say(f"building the library: {features}")
    path = run(ROOT / "espruino-patch" / "lib.sh", features, cwd=ROOT).split()[-1]
    # A copy, since a profile's archive may be built again with other flags.
    library = shutil.copy(ROOT / path, WORK / f"libetls-{kind.replace(' ', '-')}.a")
    return Program(f"ours, {kind}", "etls.c", [library], ["-I", ROOT / "include", *(["-DSLICES"] if SLICES else [])])


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
    for (name, heap, stack, size), count, cost in zip(reports, counts, costs, strict=True):
        instructions, cycles, _, _, longest = count
        results[name] = {"instructions": instructions, "cycles": cycles, "heap": int(heap) + program.static,
                         "stack": int(stack), "longest": longest}
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
    """A server at a time, with a certificate and a suite."""

    def __init__(self, stack, pki):
        self.pki, self.server = pki, None
        self.root = pki.directory
        stack.callback(self._stop)

    def body(self, size):
        (self.root / str(size)).write_bytes(bytes(i * 7 & 255 for i in range(size)))
        return str(size)

    def _stop(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()

    def _start(self, command, **options):
        self._stop()
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       stdin=subprocess.DEVNULL, text=True, **options)

    def openssl(self, entry, cipher, *options):
        """openssl s_server, a new one, since its random numbers go on from connection to connection. A cipher of TLS
        1.2, or one of 1.3; more of s_server's options. The body is N bytes for /N. Returns the port."""
        version = ["-tls1_3", "-ciphersuites"] if cipher.startswith("TLS_") else ["-tls1_2", "-cipher"]
        chain = self.pki.path(entry, "chain")
        arguments = ["-accept", "127.0.0.1:0", *version, cipher, "-groups", "P-256", *options,
                     "-cert", self.pki.path(entry, "cert"), "-key", self.pki.path(entry, "key"),
                     *(["-cert_chain", chain] if chain.stat().st_size else []), "-HTTP"]
        self._start(command("s_server", *self.pki.local(arguments)), cwd=self.root, env=SAME)
        for line in self.server.stdout:
            if match := re.match(r"ACCEPT .*:(\d+)$", line):
                return int(match[1])
        fail("openssl s_server does not start")

    def rustls(self, entry, suite, prefix="TLS_ECDHE_ECDSA_WITH_"):
        """tests/bench/full_records.rs"""
        names = {"AES-128-GCM": "AES_128_GCM_SHA256", "AES-256-GCM": "AES_256_GCM_SHA384",
                 "ChaCha20-Poly1305": "CHACHA20_POLY1305_SHA256"}
        cargo = os.environ.get("CARGO", "cargo")
        built = run(cargo, "build", "--example", "bench_full_records", "--message-format=json-render-diagnostics",
                    cwd=ROOT)
        program = re.findall(r'"executable":"([^"]*bench_full_records[^"]*)"', built)[-1]
        self._start([program, self.pki.path(entry, "cert"), self.pki.path(entry, "key"), prefix + names[suite]])
        return int(self.server.stdout.readline())


# Public-key operations


def operations(pki):
    """The list of vectors for operations.c. What is signed is the empty message: hashing it costs next to nothing."""

    def field(data):
        return len(data).to_bytes(2, "little") + data

    def vector(name, operation, *fields):
        return field(name.encode()) + field(bytes([operation, 1, len(fields)]) + b"".join(map(field, fields)))

    def signature(name, entry, kind, algorithm, digest):
        signed = pki.openssl("dgst", f"-sha{digest}", "-sign", pki.path(entry, "key"), data=b"")
        key = (pki.directory / f"{entry}.key").read_bytes()
        number = {256: 4, 384: 5}[digest]
        return vector(name, 5, bytes([kind]), bytes([algorithm]), bytes([number]), key,
                      (65537).to_bytes(4, "little"), b"", signed)

    def keys(name, group, kind):
        """Key generation and agreement."""
        private, public, secret = pki.agreement(kind)
        return (vector(f"{name}-keygen", 6, bytes([group]), private, public)
                + vector(f"{name}-agree", 3 + group, private, public, secret))

    return (keys("P-256", 0, "P-256") + keys("X25519", 1, "X25519")
            + signature("P-256-verify", "self", 0, 0, 256)
            + signature("P-384-verify", "root384", 1, 0, 384)
            + signature("RSA-2048-verify", "rootrsa", 2, 1, 256)
            + signature("RSA-4096-verify", "rsa4096", 2, 1, 256))


def operations_program():
    built = run(ROOT / "espruino-patch" / "cargo-chip.sh", "build", "--release", "--manifest-path",
                "tests/chip/vectors/Cargo.toml", "--target-dir", os.environ.get("CARGO_TARGET_DIR", "target"),
                "--message-format=json-render-diagnostics", cwd=ROOT)
    libraries = re.findall(r'"([^"]*libchip_vectors\.a)"', built)
    if not libraries:
        fail("cargo built no library of operations")
    return Program("operations", "operations.c", [libraries[-1]])


# What is measured


def main():
    arguments = set(sys.argv[1:])
    only = {a for a in arguments if a.startswith("--only=")}
    if unknown := arguments - {"--update", "--top", "--repeat"} - only:
        fail(f"--update, --repeat, --top or --only=, not {' '.join(unknown)}")
    check_tools()
    WORK.mkdir(parents=True, exist_ok=True)
    plugin()
    same_random(host_library("same_random"))
    words = [w for a in only for w in a.removeprefix("--only=").split(",")]
    if "--repeat" in arguments:
        return repeat()
    ours = {} if words and not any("ours".startswith(w) for w in words) else {k: our_program(k) for k in OURS}
    if "--top" in arguments:
        with contextlib.ExitStack() as stack:
            return top(ours, Servers(stack, keys("pki")))
    programs, missing = theirs(words)
    clients = {"ours": ours, **programs}
    figures = {"missing": missing, "broken": [], "builds": builds(clients), "handshake": {}}
    with contextlib.ExitStack() as stack:
        servers = Servers(stack, keys("pki"))
        handshakes(clients, servers, figures)
        if words:
            return tables.handshakes(figures)
        measure_rest(clients, servers, figures)
    repeated = {(library, kind, what): measured(figures, library, kind, what) for library, kind, what in REPEATED}
    check_repeats(clients, {r: v for r, v in repeated.items() if v}, figures["broken"])
    for what, value, most, _ in musts(figures):
        if value > most:
            figures["broken"].append(f"{what}: {value:,}, more than {most:,}")
    text = json.dumps(figures, indent=1) + "\n"
    (ROOT / "target" / "bench.json").write_text(text)
    tables.everything(figures, list(musts(figures)))
    if "--update" in arguments:
        (HERE / "figures.json").write_text(text)
        picture.draw(figures, HERE / "figures.svg")
        tables.update_readme(figures, ROOT / "README.md")
        tables.write_all(figures, HERE / "figures.md")
    if figures["broken"]:
        fail("; ".join(figures["broken"]))


def keys(directory):
    say("making keys and certificates")
    return Pki(WORK / directory)


def theirs(words=(), wanted=None):
    """The rivals' programs: {library: {build: Program}}; and, for those that can't be had, why. words: libraries whose
    name begins with one of them; wanted: of these, (library, build) alone."""
    programs, missing = {}, {}
    for name, (library, kinds) in rivals.RIVALS.items():
        if words and not any(name.lower().startswith(w.lower()) for w in words):
            continue
        maker = library(WORK, ROOT, CROSS, CHIP)
        for kind, build in kinds.items():
            if wanted is not None and (name, kind) not in wanted:
                continue
            say(f"building {name}, {kind}")
            try:
                title = re.sub(r"[^A-Za-z0-9.]+", "-", f"{name}-{kind}")
                archives, flags = maker.make(title, build.flags)
                programs.setdefault(name, {})[kind] = Program(f"{name}, {kind}", library.source, archives, flags)
            except rivals.Missing as reason:
                missing[f"{name}, {kind}"] = str(reason)
                say(f"{name}, {kind} is left out: {reason}")
    return programs, missing


def build_of(library, kind):
    return OURS[kind] if library == "ours" else rivals.RIVALS[library][1][kind]


def builds(clients):
    return {library: {kind: {"text": build_of(library, kind).text, "flags": " ".join(build_of(library, kind).flags),
                             "flash": program.flash, "static": program.static}
                      for kind, program in programs.items()} for library, programs in clients.items()}


ENTRIES = {"pin": ("self", "self", "ECDSA"), "P-384": ("leaf256", "root384", "ECDSA"),
           "RSA-2048": ("leafrsa", "rootrsa", "RSA")}


def trust(pki, what):
    """The options of a client that trusts what it must."""
    _, anchor, _ = ENTRIES[what]
    folder = pki.directory.name
    options = {"ca": f"{folder}/{anchor}.der", "dn": f"{folder}/{anchor}.dn", "key": f"{folder}/{anchor}.key"}
    return {**options, "fingerprint": pki.fingerprint(anchor)} if what == "pin" else options


def suite_of(what, version):
    return SUITE13 if version == "TLS 1.3" else f"ECDHE-{ENTRIES[what][2]}-AES128-GCM-SHA256"


def handshake(library, program, what, version, servers, **more):
    """One full handshake, or with what="resumed" one that resumes a session."""
    resumed = what == "resumed"
    what = "P-384" if resumed else what
    options = {**trust(servers.pki, what), **more}
    # These can't take a handshake message that is cut into several records, and Mbed TLS does not take the answer to
    # its max_fragment_length in TLS 1.3.
    if (what == "RSA-2048" and library.startswith(("Mbed TLS 2", "embedded-tls"))
            or version == "TLS 1.3" and library.startswith("Mbed TLS")):
        options["fragment"] = 0
    by_id = ["-no_ticket"] if resumed and library.startswith("BearSSL") else []
    port = servers.openssl(ENTRIES[what][0], suite_of(what, version), *by_id)
    if resumed:
        options = keep_session(program, options, port)
    return connection(program, options, port)["handshake"]


def handshakes(clients, servers, figures):
    for version in BOTH:
        for what in (*ALL, "resumed"):
            for library, programs in clients.items():
                for kind, program in programs.items():
                    build = build_of(library, kind)
                    does = build.sessions if what == "resumed" else what in build.trusts
                    if version not in build.versions or not does:
                        continue
                    say(f"{what}, {version}: {library}, {kind}")
                    results = figures["handshake"].setdefault(f"{what}, {version}", {}).setdefault(library, {})
                    results[kind] = handshake(library, program, what, version, servers)
                    if library == "ours" and SLICES:
                        results[f"{kind}, in slices"] = handshake(library, program, what, version, servers, slices=1)


def measured(figures, library, kind, what):
    return figures["handshake"].get(what, {}).get(library, {}).get(kind)


def check_repeats(clients, expected, broken):
    """Measures again, with keys and servers made anew."""
    before, again = WORK / "pki", keys("pki-again")
    for file in sorted(again.directory.iterdir()):
        if file.read_bytes() != (before / file.name).read_bytes():
            broken.append(f"{file.name} is another in each run")
    with contextlib.ExitStack() as stack:
        servers = Servers(stack, again)
        for (library, kind, what), figures in expected.items():
            trusted, version = what.split(", ")
            say(f"once more {what}: {library}, {kind}")
            got = handshake(library, clients[library][kind], trusted, version, servers)
            if got != figures:
                broken.append(f"{what}, {library}, {kind}: {got}, and before {figures}")


def repeat():
    wanted = [r[:2] for r in REPEATED]
    clients = {"ours": {kind: our_program(kind) for library, kind in wanted if library == "ours"}}
    programs, missing = theirs(wanted=wanted)
    clients.update(programs)
    expected, broken = {}, []
    with contextlib.ExitStack() as stack:
        servers = Servers(stack, keys("pki"))
        for library, kind, what in REPEATED:
            if kind in clients.get(library, {}):
                trusted, version = what.split(", ")
                say(f"{what}: {library}, {kind}")
                expected[library, kind, what] = handshake(library, clients[library][kind], trusted, version, servers)
    check_repeats(clients, expected, broken)
    if broken:
        fail("; ".join(broken))
    print(f"{len(expected)} handshakes measured twice: no figure differs")


def measure_rest(clients, servers, figures):
    pki, ours = servers.pki, clients["ours"]
    ca, pin = trust(pki, "P-384"), trust(pki, "pin")

    figures["receive"], figures["send"] = {}, {}

    def bulk(what, library, kind, cipher, *options):
        say(f"bulk, {what}: {library}, {kind}")
        result = connection(clients[library][kind], {**ca, "get": servers.body(65536)},
                            servers.openssl("leaf256", cipher, *options), 65536 if library == "ours" else 0)
        for way in ("receive", "send"):
            if way in result:
                figures[way].setdefault(what, {}).setdefault(library, {})[kind] = result[way]

    for suite, cipher in SUITES.items():
        for library, programs in clients.items():
            for kind in programs:
                build = build_of(library, kind)
                paths = "P-384" in build.trusts and OLD[0] in build.versions
                if paths if suite == "AES-128-GCM" else kind.endswith("all suites"):
                    bulk(f"{suite}, 1 KB", library, kind, cipher)
        say(f"bulk, {suite}, 16 KB records")
        options = {**pin, "get": 262144, "chunk": 16384}
        result = connection(ours["all suites"], options, servers.rustls("self", suite), 262144)
        for way in ("receive", "send"):
            figures[way][f"{suite}, 16 KB"] = {"ours": {"all suites": result[way]}}
    for library, kind in (("ours", "TLS 1.3"), ("ours", "fast P-256"), ("wolfSSL 5.9", "-Os, TLS 1.3"),
                          ("wolfSSL 5.9", "-O2, TLS 1.3"), ("embedded-tls 0.19", "z"), ("embedded-tls 0.19", "3")):
        if kind in clients.get(library, {}):
            bulk("AES-128-GCM, 1 KB, TLS 1.3", library, kind, SUITE13, "-num_tickets", "0")

    say("public-key operations")
    program = operations_program()
    (WORK / "recording").write_bytes(operations(pki))
    figures["operations"] = measure(program, {})

    figures["certificate message"] = {}
    for names in (17, 51, 120, 256, 529):
        entry = f"names{names}"
        others = [f"host-{i:04}.of-many.bench.test" for i in range(names)]
        pki.certificate(entry, "P-256", issuer="root384", names=others)
        size = pki.message_size(entry)
        say(f"a certificate message of {size} bytes")
        result = connection(ours["TLS 1.2"], ca, servers.openssl(entry, SUITES["AES-128-GCM"]))
        figures["certificate message"][size] = result["handshake"]
    heaps = {r["heap"] for r in figures["certificate message"].values()}
    if len(heaps) > 1:
        figures["broken"].append(f"heap grows with the certificate message: {sorted(heaps)}")

    figures["body"] = {}
    for size in (1024, 16384, 65536, 262144, 1048576):
        say(f"a body of {size} bytes")
        options = {**pin, "get": servers.body(size)}
        result = connection(ours["TLS 1.2"], options, servers.openssl("self", SUITES["AES-128-GCM"]))
        figures["body"][size] = result["receive"]
    rates = [r["cycles"] / r["bytes"] for r in figures["body"].values()]
    if max(rates) > 1.05 * min(rates):
        figures["broken"].append("cycles per KB grow with the body")

    # RSA verifies in nearly the same time whatever is signed, so that the difference is the client's signature, and
    # its certificate's way.
    figures["client signature"] = {}
    pki.certificate("clientrsa", "rsa:2048")
    program, rsa = ours["client keys"], trust(pki, "RSA-2048")
    for version in BOTH:
        suite = suite_of("RSA-2048", version)
        without = connection(program, rsa, servers.openssl("leafrsa", suite))["handshake"]["cycles"]
        for key, entry in (("P-256", "self"), ("RSA-2048", "clientrsa")):
            say(f"client {key}, {version}")
            options = {**rsa, **{what: f"pki/{entry}.{what}.pem" for what in ("cert", "key")},
                       **({"slices": 1} if SLICES else {})}
            result = connection(program, options, servers.openssl("leafrsa", suite, "-Verify", "1"))["handshake"]
            figures["client signature"][f"{key}, {version}"] = {**result, "cycles": result["cycles"] - without}

    # The server's keys are not fixed, so only memory is counted.
    pki.certificate("names322", "P-256", issuer="root384",
                    names=[f"host-{i:04}.of-many.bench.test" for i in range(322)])
    size = pki.message_size("names322")
    say(f"a certificate message of {size} bytes in one record, TLS 1.3")
    result = connection(ours["TLS 1.3"], ca, servers.rustls("names322", "AES-128-GCM", "TLS13_"))["handshake"]
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
    values = {f"{what}{suffix}": results["ours"][kind]["cycles"]
              for kind, suffix in (("TLS 1.3", ""), ("fast P-256", ", fast P-256"))
              for what, results in figures["handshake"].items()}
    signatures = figures["client signature"]
    values["client signature, RSA-2048"] = max(r["cycles"] for k, r in signatures.items() if k.startswith("RSA"))
    values["longest call, RSA client key"] = max(r["longest"] for k, r in signatures.items() if k.startswith("RSA"))
    values["lent, 10 KB in one record"] = figures["one record"]["heap"] - DRIVER
    values["longest call"] = max(r["longest"] for results in figures["handshake"].values()
                                 for kind, r in results["ours"].items() if not SLICES or kind.endswith("in slices"))
    for what, (most, aim) in MUSTS.items():
        yield what, values[what], most, aim


def top(ours, servers):
    """Our handshakes and bulk, by function."""
    pki, suite = servers.pki, SUITES["AES-128-GCM"]
    pin, ca = {"fingerprint": pki.fingerprint("self")}, {"ca": "pki/root384.der"}
    bulk = {**pin, "get": servers.body(65536)}
    client = {**pin, "cert": "pki/clientrsa.cert.pem", "key": "pki/clientrsa.key.pem"}
    pki.certificate("clientrsa", "rsa:2048")

    def resumed(cipher):
        return keep_session(ours["fast P-256"], ca, servers.openssl("leaf256", cipher))

    cases = [
        ("pin", "all suites", "handshake", "self", pin, suite),
        ("P-384", "all suites", "handshake", "leaf256", ca, suite),
        ("AES-128-GCM", "all suites", "receive", "self", bulk, suite),
        ("ChaCha20-Poly1305", "all suites", "receive", "self", bulk, SUITES["ChaCha20-Poly1305"]),
        ("P-384, TLS 1.3", "fast P-256", "handshake", "leaf256", ca, SUITE13),
        ("resumed, TLS 1.2", "fast P-256", "handshake", "leaf256", lambda: resumed(suite), suite),
        ("resumed, TLS 1.3", "fast P-256", "handshake", "leaf256", lambda: resumed(SUITE13), SUITE13),
        ("client RSA-2048", "client keys", "handshake", "self", client, suite, "-Verify", "1"),
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
        print(f"{what}, {part}: {tables.number(result['cycles'])} cycles, stack {tables.number(result['stack'])}")
        for name, cycles in sorted(spent.items(), key=lambda s: -s[1])[:16]:
            print(f"{cycles / result['cycles']:7.1%} {tables.number(cycles):>12}  {name:.120}")
        print()
    frames(ours["all suites"])


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
        print(f"{tables.number(size):>8}  {name:.120}")


if __name__ == "__main__":
    main()
