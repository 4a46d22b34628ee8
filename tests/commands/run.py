#!/usr/bin/env python3
"""Types what the documents tell people to type, and looks at what comes of it.

  run.py          what takes no time: each command is known, make's and cargo's have their targets, scripts run in a stand-in
  run.py --all    the others, too, in a copy of this repository whose path has a space in it
  ESPRUINO_SOURCE=DIR   with --all: a checkout of Espruino's source; its commands are run in a copy. The scripts of the
                        documents then run in the interpreter that was built, too
  ONLY=PATTERN    only the commands and scripts that this matches
  COMMANDS_IN=DIR where the copies are made and left; otherwise they are temporary
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, "..", "espruino")]
from documents import ROOT, all_commands, all_scripts, other_blocks  # noqa: E402
from known import COMMANDS, ESPRUINO, SCRIPTS, Excused  # noqa: E402
from pki import Pki  # noqa: E402
from recipes import service  # noqa: E402
from servers import Server, tls  # noqa: E402

JS = os.path.join(ROOT, "js")
STAND_IN = ["node", os.path.join(ROOT, "tests", "espruino", "stand_in.js")]
PATIENCE, SCRIPT_PATIENCE = 3600, 30


def text(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Result:
    passed = failed = skipped = 0

    def check(self, name, problem):
        print(f"   {'FAIL' if problem else 'PASS'} {name}" + (f": {problem}" if problem else ""), flush=True)
        self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)

    def skip(self, name, why):
        self.skipped += 1
        print(f"   SKIP {name}: {why}", flush=True)


class Device:
    """The server that the documents' addresses stand for here."""

    def __init__(self, folder):
        self.pki = Pki(folder)
        self.server = service(self.pki.path("p256.bundle"), self.answer)
        chain = Server("chain", tls(self.pki.path("rsa.bundle")))
        fingerprint = self.pki.fingerprint("p256")
        pem = self.pki.read("root-p256.crt")
        self.names = {"port": str(self.server.port), "chain": str(chain.port), "pem": pem.strip(), "root": json.dumps(pem),
                      "fingerprint": ":".join(fingerprint[i:i + 2] for i in range(0, len(fingerprint), 2))}

    def answer(self, path, content):
        again = [asked[1] for asked in self.server.asked].count(path) > 1
        if "fails-once" in path and not again:
            return "500 Not Yet", {}
        headers = self.server.asked[-1][2]
        return "200 OK", {"temperature": 21, "headers": "X-Api-Key" if "x-api-key" in headers else "none"}

    def fill(self, text, **more):
        return re.sub(r"\{(\w+)\}", lambda name: {**self.names, **more}.get(name[1], name[0]), text)

    def reset(self):
        self.server.asked.clear()

    def seen(self):
        """What the server was asked, in the form of output."""
        return "\n".join(f"asked: {method} {path} {content}" for method, path, _, content in list(self.server.asked))


def change(text, changes, device, **more):
    for old, new in changes:
        if old in text:
            text = text.replace(old, device.fill(new, **more))
    return text


def wanted(name):
    return re.search(os.environ.get("ONLY", ""), name)


# JavaScript.

def known_script(script):
    found = [known for known in SCRIPTS if known.line in script]
    return found[0] if len(found) == 1 else None


def interpret(command, folder, device, expect):
    """Runs a script until it has printed all that is expected, or has ended: what is missing, and what it printed."""
    log = os.path.join(folder, "script.log")
    keys, silent = os.pipe()  # a console on which nobody types
    with open(log, "wb") as file:
        process = subprocess.Popen(command, cwd=folder, stdin=keys, stdout=file, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 2 * SCRIPT_PATIENCE
    while True:
        ended = process.poll() is not None or time.monotonic() > deadline
        with open(log, encoding="latin-1") as file:
            output = re.sub(r"^[>=]", "", file.read().replace("\x1b[J", "\n").replace("\r", ""), flags=re.M) + "\n" + device.seen()
        missing = [e for e in expect if not re.search(device.fill(e), output, re.M | re.S if "asked:" in e else re.M)]
        if ended or not missing:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    os.close(keys), os.close(silent)
    return missing, output


def scripts(result, device, folder, interpreter, title):
    print(f"\n==> the documents' JavaScript in {title}", flush=True)
    places = all_scripts()
    for known in SCRIPTS:
        if sum(known.line in script for _, script in places) != 1:
            result.check(f"known.py: {known.line}", "it is in no document, or in several blocks")
    for place, script in places:
        known = known_script(script)
        if not wanted(place):
            continue
        if not known:
            result.check(place, "this block is not in known.py")
            continue
        missing = [old for old, _ in known.changes if old not in script]
        if missing:
            result.check(place, f"known.py changes {missing[0]!r}, which is not there")
            continue
        script = device.fill(known.before) + change(script, known.changes, device) + "\n" + device.fill(known.after)
        path = os.path.join(folder, "script.js")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        done = subprocess.run(["node", "--check", path], capture_output=True, text=True)
        if done.returncode:
            result.check(place, "it is not JavaScript: " + done.stderr[-500:])
        elif not known.expect:
            result.check(f"{place} (parsed alone: {known.why})", None)
        else:
            module = json.dumps(text(JS, known.module))
            with open(path, "w", encoding="utf-8") as file:
                file.write(f'if (typeof print == "undefined") global.print = console.log;\nModules.addCached("https", {module});\n'
                           f"{script}\nsetTimeout(quit, {SCRIPT_PATIENCE * 1000});\n")
            device.reset()
            missing, output = interpret(interpreter + [path], folder, device, known.expect)
            result.check(place, missing and f"no {missing[0]!r} in\n{output[-1500:]}")


# Commands.

def targets(folder):
    """What make can be asked for there."""
    done = subprocess.run(["make", "-pqrR"], cwd=folder, capture_output=True, text=True)
    return set(re.findall(r"^([\w-]+):", done.stdout, re.M))


def unknown(command, ours):
    """Whether make and cargo have no such thing."""
    words = [word for word in command.split() if "=" not in word and word != "make"]
    if command.startswith("make ") and words and words[0] not in ours:
        return f"the Makefile has no {words[0]}"
    test = re.search(r"^cargo test --test (\w+)", command)
    if test and not os.path.exists(os.path.join(ROOT, "tests", test[1] + ".rs")):
        return f"there is no tests/{test[1]}.rs"
    return None


def run(known, command, where, device, link):
    """What is wrong with it."""
    command = change(command, known.changes, device, link=link)
    print(f"   ...  {command}", flush=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("CARGO_TARGET_DIR", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ONLY")}
    try:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, env=environment)
    except subprocess.TimeoutExpired as late:
        return f"it does not end: {(late.stdout or b'').decode('utf-8', 'replace')[-2000:]}"
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        return f"status {done.returncode}:\n{output[-3000:]}"
    missing = [e for e in known.expect if not re.search(device.fill(e), output, re.M)]
    if missing:
        return f"no {missing[0]!r} in\n{output[-3000:]}"
    if known.makes and not glob.glob(os.path.join(glob.escape(where), known.makes)):
        return f"there is no {known.makes} now:\n{output[-1000:]}"
    return None


def copy(folder):
    """This repository as it lies here, but for what is not in git, in a folder with a space in its path."""
    place = os.path.join(folder, "a folder", "espruino-tls")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in map(os.fsdecode, filter(None, names)):
        source, target = os.path.join(ROOT, name), os.path.join(place, name)
        if not os.path.isfile(source):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target) or text_differs(source, target):
            shutil.copy2(source, target)
    link = os.path.join(folder, "espruino-tls")
    if not os.path.islink(link):
        os.symlink(place, link)
    return place, link


def text_differs(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        return a.read() != b.read()


def copy_espruino(folder):
    source = os.environ.get("ESPRUINO_SOURCE")
    if not source:
        return None
    place = os.path.join(folder, "espruino")
    if not os.path.isdir(place):
        shutil.copytree(source, place, symlinks=True)
    for name in ("bin", "objdfu", "objlinux", "gen-objdfu", "gen-objlinux"):
        os.makedirs(os.path.join(place, name), exist_ok=True)
    return place


def commands(result, device, folder, everything):
    print("\n==> the documents' commands", flush=True)
    found = all_commands()
    for command in COMMANDS.keys() - found.keys():
        result.check(f"known.py: {command}", "no document has it any more")
    place, link = copy(folder) if everything else (folder, None)
    espruino = copy_espruino(folder) if everything else None
    shutil.copy(device.pki.path("root-p256.crt"), os.path.join(place, "root.pem"))
    shutil.copy(device.pki.path("root-p256.crt"), os.path.join(place, "ca.pem"))
    ours, left = targets(ROOT), []
    for command, places in found.items():
        name = f"{command}  ({places[0]})"
        if not wanted(name):
            continue
        known = COMMANDS.get(command)
        problem = known and known.where != ESPRUINO and unknown(command, ours)
        if not known or problem:
            result.check(name, problem or "it is neither run nor excused: tests/commands/known.py")
        elif not everything and (isinstance(known, Excused) or not known.quick):
            left.append(command)
        elif isinstance(known, Excused):
            result.skip(name, known.why)
        elif known.where == ESPRUINO and not espruino:
            result.skip(name, "ESPRUINO_SOURCE is not set")
        elif known.needs and subprocess.run(["bash", "-c", known.needs[0]], capture_output=True).returncode:
            result.skip(name, known.needs[1])
        else:
            result.check(name, run(known, command, espruino if known.where == ESPRUINO else place, device, link))
    if left:
        print(f"   {len(left)} more are known; `make test-commands` runs those that can be run, and says why not the others")
    return espruino and os.path.join(espruino, "bin", "espruino")


def main():
    arguments = sys.argv[1:]
    if arguments not in ([], ["--all"]):
        print(__doc__, file=sys.stderr)
        return 2
    result = Result()
    with tempfile.TemporaryDirectory(prefix="etls-commands-") as temporary:
        device = Device(temporary)
        for place, language, block in other_blocks():
            if language not in ("", "rust", "c") or language == "" and re.search(r"^\s*\$ ", block, re.M):
                result.check(place, f"a block in an unknown language: {language!r}")
        scripts(result, device, temporary, STAND_IN, "a stand-in for the interpreter")
        folder = os.environ.get("COMMANDS_IN") or temporary
        os.makedirs(folder, exist_ok=True)
        espruino = commands(result, device, folder, bool(arguments))
        if espruino and os.path.exists(espruino):
            scripts(result, device, temporary, [espruino], "Espruino")
    print(f"\ntest result: {'FAILED' if result.failed else 'ok'}. {result.passed} passed; {result.failed} failed; {result.skipped} ignored")
    return 1 if result.failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
