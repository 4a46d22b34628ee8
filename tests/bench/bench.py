#!/usr/bin/env python3
"""make bench: what the client costs on a Cortex-M4, beside BearSSL and Mbed TLS. Exact counts, no stop-watch.

  bench.py            measure, print the table, write target/bench.json
  bench.py --update   and keep it: tests/bench/figures.json and the picture drawn from it
  bench.py --top      measure our handshakes only and say which functions the cycles go to

How: the chip's own code runs under QEMU (mps2-an386); a plugin of ours (cycles.c) counts instructions and models
cycles, only while the library itself runs. Each connection happens twice: once with a real server, while its bytes are
recorded, then from the recording. The client's random numbers are fixed, so it says the same again, and what is
counted does not depend on the network. Another recording has other signatures: that moves handshakes a little.

All clients are compiled with -Os for a Cortex-M4 without floating point, linked with --gc-sections, and configured for
the same work. Flash is everything linked but the measuring program and the C library (memcpy and the like). Heap is
all the memory lent and allocated: contexts, buffers, keys. Stack is counted below the caller."""

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

import rivals
from pki import Pki

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
CROSS = "arm-none-eabi-"
CFLAGS = ["-std=gnu99", "-Os", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-ffunction-sections", "-fdata-sections"]
NOW = "1893456000"  # 2030-01-01: the clock of the chip
SUITES = {
    "AES-128-GCM": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "AES-256-GCM": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ChaCha20-Poly1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
}


def fail(text):
    sys.exit(f"bench: {text}")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def run(*command, **options):
    """A command that must succeed; its output is shown if it does not."""
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, **options)
    if done.returncode:
        fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
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
        for file in ("chip.c", source):
            object_file = WORK / f"{name}-{file}.o"
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


def our_library(profile):
    say(f"building the library, profile {profile}")
    path = run(ROOT / "espruino-patch" / "lib.sh", profile, cwd=ROOT).split()[-1]
    return Path(path)


def plugin():
    library = WORK / "cycles.so"
    run("cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", HERE / "cycles.c", "-o", library)
    return library


# Running


def qemu(program, options, profile=False):
    """Starts a program on the chip."""
    arguments = ",".join(f"arg={k}={v}" for k, v in {"program": program.name, **options}.items())
    return subprocess.Popen(
        ["qemu-system-arm", "-M", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none",
         "-serial", "none", "-semihosting-config", f"enable=on,target=native,{arguments}",
         "-plugin", f"./cycles.so,out=counts{',profile=on' if profile else ''}", "-kernel", program.elf],
        cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def record(program, options, port):
    """One connection with a real server. The server's bytes are kept in the file `recording`."""
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
    (WORK / "recording").write_bytes(recording)


def measure(program, options, profile=False):
    """Runs from the recording. A dictionary: for each thing reported its figures."""
    chip = qemu(program, {**options, "in": "recording", "out": "sent"}, profile)
    said, _ = chip.communicate(timeout=600)
    if chip.returncode:
        fail(f"{program.name} {options}: {said}")
    names = [line.split()[1:] for line in said.splitlines() if line.startswith("result ")]
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
    for (name, heap, stack, size), (instructions, cycles, _), cost in zip(names, counts, costs, strict=True):
        results[name] = {"instructions": instructions, "cycles": cycles, "heap": int(heap), "stack": int(stack)}
        if int(size):
            results[name]["bytes"] = int(size)
        if profile:
            results[name]["cost"] = cost
    return results


def connection(program, options, port, send=0, profile=False):
    options = {"name": "bench.test", "now": NOW, "fragment": 1024, "record": 16384, "chunk": 1024, **options}
    record(program, options, port)
    return measure(program, {**options, **({"send": send} if send else {})}, profile)


class Servers:
    """openssl s_server, one process for each certificate and suite, serving a body of N bytes as /N."""

    def __init__(self, stack, pki):
        self.stack, self.pki, self.ports = stack, pki, {}
        self.root = WORK / "www"
        self.root.mkdir(exist_ok=True)

    def body(self, size):
        (self.root / str(size)).write_bytes(bytes(i * 7 & 255 for i in range(size)))
        return str(size)

    def openssl(self, entry, cipher):
        if (entry, cipher) not in self.ports:
            server = subprocess.Popen(
                ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cipher", cipher, "-groups", "P-256",
                 "-cert", self.pki.path(entry, "cert"), "-key", self.pki.path(entry, "key"),
                 "-cert_chain", self.pki.path(entry, "chain"), "-HTTP"],
                cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
            self.stack.callback(server.wait)
            self.stack.callback(server.kill)
            for line in server.stdout:
                if match := re.match(r"ACCEPT .*:(\d+)$", line):
                    self.ports[entry, cipher] = int(match[1])
                    break
            else:
                fail("openssl s_server does not start")
        return self.ports[entry, cipher]
