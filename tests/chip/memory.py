#!/usr/bin/env python3
"""Draws what lies in a connection's memory, step by step, as the emulated chip shows it: tests/chip/memory.svg.

Runs tests/chip/https.c under QEMU against two servers: openssl, which sends the records of 1 KB that it is asked for, and rustls,
which does not. The program keeps all its memory after each call. What is drawn was found in these bytes: the arena begins where
the ClientHello lies, the part for sending where the first record of data lies.

  memory.py          measures, and draws
  memory.py --draw   draws from target/chip/memory.json, what was measured last"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.append(os.path.join(HERE, "..", "espruino"))
from pki import Pki  # noqa: E402

ROW = 32  # bytes of memory in one row of the picture
FEATURES = "full,tls13,resumption,client-rsa"
MESSAGES = {2: "ServerHello", 11: "Certificate", 12: "ServerKeyExchange", 14: "ServerHelloDone", 4: "NewSessionTicket"}


def build(folder):
    cargo = {**os.environ, "CARGO": os.environ.get("CARGO", "cargo")}
    library = subprocess.run([os.path.join(ROOT, "espruino-patch", "lib.sh"), FEATURES], stdout=subprocess.PIPE, check=True, text=True,
                             env=cargo).stdout.strip()
    elf = os.path.join(folder, "https.elf")
    subprocess.run(["arm-none-eabi-gcc", "-std=c11", "-Os", "-mcpu=cortex-m4", "-mthumb", "-ffunction-sections", "-Iinclude",
                    "-nostartfiles", "--specs=nano.specs", "-T", "tests/chip/link.ld", "-Wl,--gc-sections", "-Wl,--no-warn-execstack",
                    "-o", elf, "tests/chip/https.c", "tests/chip/chip.c", os.path.join(ROOT, library)], cwd=ROOT, check=True)
    return elf


def rustls(certificate, key):
    built = subprocess.run([os.environ.get("CARGO", "cargo"), "build", "-q", "--example", "bench_full_records",
                            "--message-format=json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    program = re.findall(r'"executable":"([^"]*bench_full_records[^"]*)"', built)[-1]
    server = subprocess.Popen([program, certificate, key, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"], stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline())


def openssl(folder, certificate, key):
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", key, "-key", key, "-cert_chain", certificate,
                               "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-WWW"], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in server.stdout:
        if line.startswith("ACCEPT"):
            break
    threading.Thread(target=server.stdout.read, daemon=True).start()
    return server, port


class Relay:
    """Between the chip and a server: keeps what the server sends, and says when that has ended."""

    def __init__(self, port, end):
        self.sent, self.end, self.target = bytearray(), end, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        chip, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.upward, args=(chip, server), daemon=True).start()
        try:
            while data := server.recv(4096):
                self.sent += data
                chip.sendall(data)
        except OSError:
            pass
        with open(self.end, "w", encoding="ascii") as file:
            file.write(str(len(self.sent)))

    @staticmethod
    def upward(chip, server):
        try:
            while data := chip.recv(4096):
                server.sendall(data)
        except OSError:
            pass


def marks(stream):
    """Where in the server's bytes each thing begins: messages of the handshake, records of data."""
    found, at, secret = [], 0, False
    while at + 5 <= len(stream):
        kind, length = stream[at], int.from_bytes(stream[at + 3:at + 5], "big")
        if kind == 20:
            secret = True
        elif kind == 22 and secret:
            found.append((at, "Finished"))
        elif kind == 22:
            inner = at + 5
            while inner + 4 <= at + 5 + length:  # each message of these servers begins in a record of its own or behind another
                name = MESSAGES.get(stream[inner])
                if not name:
                    break
                found.append((at if inner == at + 5 else inner, name))
                inner += 4 + int.from_bytes(stream[inner + 1:inner + 4], "big")
        elif kind == 23:
            found.append((at, f"record of {length - 24:,}"))
        at += 5 + length
    return found


def measure(elf, folder, port, name, options):
    steps, end = os.path.join(folder, f"{name}-steps"), os.path.join(folder, f"{name}-end")
    relay = Relay(port, end)
    job = os.path.join(folder, f"{name}-job")
    with open(job, "w", encoding="ascii") as file:
        file.write(f"now=1795305600\nseed=1\nservername=localhost\nversion=12\nsteps={steps}\nend={end}\n{options}")
    done = subprocess.run(["qemu-system-arm", "-M", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none",
                           "-semihosting-config", f"enable=on,target=native,arg=chip,arg={job}", "-kernel", elf,
                           "-chardev", f"socket,host=127.0.0.1,port={relay.port},id=net", "-serial", "chardev:net"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if done.returncode:
        sys.exit(done.stdout)
    print(f"{name}: " + " ".join(done.stdout.split("step close")[-1].split()))
    lent = int(re.search(r"^lent (\d+)", done.stdout, re.M)[1])
    series, before = [], None
    for number, text in enumerate(re.split(r"^step ", done.stdout, flags=re.M)[1:], 1):
        what = text.split("\n")[0]
        facts = [(key, int(value)) for key, value in re.findall(r"^(status|taken|block|length) (\d+)", text, re.M)]
        with open(f"{steps}.{number:04}", "rb") as file:
            heap = file.read()
        os.remove(f"{steps}.{number:04}")
        facts = dict(facts)
        series.append({"what": what, "status": facts["status"], "taken": facts["taken"],
                       "borrowed": [facts["block"], facts["length"]] if "block" in facts else None, "heap": heap})
    return {"lent": lent, "marks": marks(relay.sent), "total": len(relay.sent), "series": series}


def find(series, what, lent):
    """Where this lies in the first step that has it."""
    for step in series:
        at = step["heap"].find(what, 0, lent)
        if at >= 0:
            return at
    sys.exit(f"{what!r} is in no step")


def summary(run):
    """As it is drawn, and kept in memory.json: for each step, for each row, how many bytes are not zero and how many changed."""
    lent, series = run["lent"], run["series"]
    arena = find(series, b"\x16\x03\x01", lent)
    sending = find([s for s in series if s["what"] == "write"], b"\x17\x03\x03", lent)
    before, out = bytes(len(series[0]["heap"])), []
    for step in series:
        heap = step.pop("heap")
        top = max(lent, sum(step["borrowed"] or (0,)))
        rows = []
        for at in range(0, top, ROW):
            new, old = heap[at:min(at + ROW, top)], before[at:min(at + ROW, top)]
            rows.append((sum(map(bool, new)), sum(a != b for a, b in zip(new, old))))
        out.append({**step, "used": bytes(row[0] for row in rows).hex(), "changed": bytes(row[1] for row in rows).hex()})
        before = heap
    return {"lent": lent, "arena": arena, "sending": sending, "total": run["total"], "marks": run["marks"], "series": out}



# The picture.

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .note { font-size: 11px; fill: #59636e } .end { text-anchor: end } .middle { text-anchor: middle }
  .empty { fill: #8c959f; opacity: .13 } .used { fill: #0a7d4f; opacity: .38 } .new { fill: #0a7d4f }
  .line { stroke: #59636e; stroke-width: 1; fill: none } .thin { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 } .empty { fill: #6e7681; opacity: .22 } .used { fill: #3fb97f; opacity: .4 }
    .new { fill: #3fb97f } .line { stroke: #9198a1 } .thin { stroke: #6e7681 }
  }"""
LEFT, WIDTH, RIGHT = 120, 640, 10
LOCAL = 9  # width of a step in which nothing comes from the network


def columns(run, handshake):
    """What is drawn: (x, width, used, changed, borrowed, step) in whole pixels; steps that are narrower become one. The handshake has
    this part of the width, and each step in which nothing comes from the network has a few pixels."""
    series, total = run["series"], run["total"]
    first = next(at for at, name in run["marks"] if name.startswith("record"))
    local = {id(step) for step in series if step["what"] in ("init", "write", "close")}
    room = WIDTH - LOCAL * len(local)

    def position(taken):
        return room * (taken / first * handshake if taken < first else handshake + (taken - first) / (total - first) * (1 - handshake))

    out, x, extra, changed = [], 0, 0, b""
    for step in series:
        extra += LOCAL * (id(step) in local)
        used, new = bytes.fromhex(step["used"]), bytes.fromhex(step["changed"])
        length = max(len(new), len(changed))
        changed = bytes(max(pair) for pair in zip(new.ljust(length, b"\0"), changed.ljust(length, b"\0")))
        end = round(position(step["taken"]) + extra)
        if end > x:
            out.append((x, end - x, used, changed[:len(used)], step["borrowed"], step))
            x, changed = end, b""
    return out


def place(cells, taken):
    """Where on the x axis so many bytes from the network are."""
    return next((x for x, _, _, _, _, step in cells if step["taken"] > taken), WIDTH)


def rectangles(parts, scale, bottom):
    """One path of many: (x, width, first row, rows), those side by side put together."""
    merged = []
    for x, width, row, rows in sorted(parts, key=lambda part: (part[2], part[3], part[0])):
        last = merged[-1] if merged else None
        if last and last[2:] == [row, rows] and last[0] + last[1] == x:
            last[1] += width
        else:
            merged.append([x, width, row, rows])
    return "".join(f"M{LEFT + x} {bottom - row * scale:.1f}h{width}V{bottom - (row + rows) * scale:.1f}h{-width}z" for x, width, row, rows in merged)


def panel(run, out, top, scale, handshake, title, note, labels, named):
    lent, rows = run["lent"], -(-run["lent"] // ROW)
    cells = columns(run, handshake)
    highest = max(len(used) for _, _, used, _, _, _ in cells)
    bottom = top + 44 + highest * scale
    out.append(f'<text x="0" y="{top + 12}" class="title">{title}</text><text x="0" y="{top + 29}" class="note">{note}</text>')
    classes = {"empty": [], "used": [], "new": []}
    for x, width, used, changed, borrowed, _ in cells:
        kinds = ["new" if c else "used" if u else "empty" for u, c in zip(used, changed)]
        start = 0
        for row in range(1, len(kinds) + 1):
            if row == len(kinds) or kinds[row] != kinds[start] or row == rows:
                classes[kinds[start]].append((x, width, start, row - start))
                start = row
    for name, parts in classes.items():
        out.append(f'<path class="{name}" shape-rendering="crispEdges" d="{rectangles(parts, scale, bottom)}"/>')
    # what lies where
    for begin, end, name, size in labels(run):
        low, high = bottom - begin / ROW * scale, bottom - end / ROW * scale
        middle = (low + high) / 2
        out.append(f'<path class="line" d="M{LEFT - 12} {low - 1:.1f}h6V{high + 1:.1f}h-6"/>')
        out.append(f'<text x="{LEFT - 18}" y="{middle + (0 if size else 4):.1f}" class="end">{name}</text>')
        if size:
            out.append(f'<text x="{LEFT - 18}" y="{middle + 14:.1f}" class="note end">{size}</text>')
    # when
    names = [("ClientHello", 0)] if named else [("the handshake", 0)]
    names += [(name, place(cells, at) + LOCAL * (at == 0)) for at, name in run["marks"]
              if name.startswith("record") or named and name != "ServerHelloDone"]
    ends = [-99, -99, -99]
    for name, x in names:
        length = 6 * len(name)
        row = next((row for row, end in enumerate(ends) if x > end + 8), 2)
        ends[row] = x + length
        y, before = bottom + 16 + 15 * row, x + length > WIDTH
        out.append(f'<line class="thin" x1="{LEFT + x}" x2="{LEFT + x}" y1="{bottom - rows * scale:.1f}" y2="{y}"/>'
                   f'<text x="{LEFT + x + (-4 if before else 4)}" y="{y}" class="note{" end" if before else ""}">{name}</text>')
    return bottom + 16 + 15 * (3 if named else 1)


def draw(results, path):
    small, large = results["small"], results["large"]
    out = ['']

    def detail(run):
        return ((0, run["arena"], "the engine", f"{run['arena']:,} bytes"),
                (run["arena"], run["sending"], "to receive", f"{run['sending'] - run['arena']:,} bytes"),
                (run["sending"], run["lent"], "to send", f"{run['lent'] - run['sending']:,} bytes"))

    def rough(run):
        at, length = next(step["borrowed"] for step in run["series"] if step["borrowed"])
        return ((0, run["lent"], "lent", f"{run['lent']:,} bytes"), (at, at + length, "borrowed", f"{length:,} bytes"))

    out.append('<text x="0" y="14" class="title">A connection’s memory while it works, on a Cortex-M4</text>'
               '<rect class="new" x="0" y="26" width="12" height="12"/><text x="18" y="36" class="note">written in this step</text>'
               '<rect class="used" x="130" y="26" width="12" height="12"/><text x="148" y="36" class="note">holds data</text>'
               '<rect class="empty" x="220" y="26" width="12" height="12"/><text x="238" y="36" class="note">zero: not used yet, or wiped</text>'
               f'<text x="{LEFT + WIDTH}" y="36" class="note end">across: bytes from the network; up: addresses, 32 bytes a row</text>')
    y = panel(small, out, 58, 1.8, .62, "A server that sends records of 1 KB, as it is asked to",
              f"TLS 1.2, {small['total']:,} bytes from the server. The certificates pass through: what stays of them is a key and digests.",
              detail, True)
    y = panel(large, out, y + 14, .36, .15, "A server that ignores it",
              f"The same with {large['total']:,} bytes. Room for a record of 16 KB is borrowed while it lives, and given back wiped.", rough, False)
    width = LEFT + WIDTH + RIGHT
    out[0] = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y:.0f}" width="{width}" height="{y:.0f}" role="img"'
              f' aria-label="What lies in the memory of a connection during a handshake and while data comes">\n<style>{STYLE}\n</style>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")


def main():
    picture, figures = os.path.join(HERE, "memory.svg"), os.path.join(ROOT, "target", "chip", "memory.json")
    if sys.argv[1:] not in ([], ["--draw"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="etls-memory-") as folder:
            pki = Pki(folder)
            shutil.copy(pki.path("root-p256.crt"), os.path.join(folder, "root.pem"))
            with open(os.path.join(folder, "3000"), "wb") as file:
                file.write(bytes((i * 7 + (i >> 8)) & 255 for i in range(3000)))
            elf, results = build(folder), {}
            certificate, key = pki.path("p256.crt"), pki.path("p256.key")
            trust = f"ca={folder}/root.pem\nheap=22528\n"
            for name, (server, port), options in (
                    ("small", openssl(folder, certificate, pki.path("p256.bundle")), "path=/3000\n"),
                    ("large", rustls(certificate, key), "path=/17000\n")):
                try:
                    results[name] = summary(measure(elf, folder, port, name, trust + options))
                finally:
                    server.kill()
                    server.wait()
        os.makedirs(os.path.dirname(figures), exist_ok=True)
        with open(figures, "w", encoding="ascii") as file:
            json.dump(results, file)
    with open(figures, encoding="ascii") as file:
        draw(json.load(file), picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
