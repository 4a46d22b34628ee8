#!/usr/bin/env python3
"""Runs the firmware itself: PIXLJS images, built as espruino-patch/README.md says, in a Pixl.js in software.

run.py --drivers FOLDER IMAGE.elf [more]   the cases of cases.py; FOLDER is a checkout of EspruinoDocs, or has its drivers
    --only PATTERN                         those whose title matches
    --slower PERCENT                       instructions take so much of their time (100), to see what margin there is
    --figures FILE                         writes what was measured, as JSON, for picture.py
run.py --list                              only says what cases there are
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "espruino"))
from cases import CASES  # noqa: E402
from chains import Chains  # noqa: E402
from chip import HZ, Fault  # noqa: E402
from console import Silence, quoted  # noqa: E402
from device import Device, drivers, prepared  # noqa: E402
from systems import Systems  # noqa: E402

CHAINS = (  # name, keys from the leaf to the root, names in the leaf, the chain whose root it shares
    ("self", ["p256"], 1, None),
    ("ec", ["p256", "p384", "p384"], 40, None),
    ("rsa", ["rsa2048", "rsa4096", "rsa4096"], 1, None),
    ("rsa-2", ["rsa2048", "rsa2048"], 1, None),
    ("mixed", ["p256", "p384", "p384", "rsa4096"], 40, None),
    ("long", ["rsa2048", "rsa4096"], 100, "mixed"),
    ("ten", ["p256", "rsa4096"], 320, "mixed"),
    ("client-p256", ["p256", "p256"], 1, None),
    ("client-rsa2048", ["rsa2048", "p256"], 1, None),
)
SERVERS = ("self", "ec", "rsa", "rsa-2", "mixed", "long", "ten")
COLUMNS = (
    f"{'':7} {'':66} {'chip s':>7} {'loop ms':>7} {'stack':>11} {'free':>5} {'lost':>4} {'flash':>6} {'here s':>6}"
)


class World:
    """Certificates and servers, for all images."""

    def __init__(self, folder):
        self.folder, self.ports, self.systems = folder, {}, None
        self.chains = chains = Chains(folder)
        print("==> certificates and servers", flush=True)
        self.sizes = {name: chains.make(name, keys, names, root) for name, keys, names, root in CHAINS}
        with open(chains.path("clients"), "w") as file:
            file.write(chains.read("client-p256.root") + chains.read("client-rsa2048.root"))
        serve = {name: [chains.path(name + ".bundle"), {}] for name in SERVERS}
        serve["kept"] = [chains.path("self.bundle"), {"keep": True}]
        serve["members"] = [chains.path("self.bundle"), {"clients": chains.path("clients")}]
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(HERE, "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process.stdin.write(json.dumps(serve) + "\n")
        self.process.stdin.flush()
        self.ports.update(json.loads(self.process.stdout.readline()))
        if shutil.which("cargo"):
            self.systems = Systems("cargo")
            self.ports.update(self.systems.ports)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def files(self):
        """What a board has in its Storage."""
        chains = self.chains
        files = {"pin": chains.fingerprint("self")}
        for name in ("ec", "rsa", "rsa-2", "mixed"):
            files[name + ".pem"] = chains.read(name + ".root")
        for name in ("long", "ten"):
            files[name + ".pem"] = files["mixed.pem"]
        for kind in ("p256", "rsa2048"):
            files[kind + ".crt"] = chains.read(f"client-{kind}.chain")
            files[kind + ".key"] = chains.read(chains.key(kind, 0))
        if self.systems:
            known = {
                "sys-rsa.pem": "root-rsa.pem",
                "sys-new.pem": "root-new.pem",
                "sys-p256.pem": "int-p256.pem",
                "sys-client.crt": "client.chain.pem",
                "sys-client.key": "client.key.pem",
            }
            for name, file in known.items():
                with open(self.systems.files[file]) as source:
                    files[name] = source.read()
            files["sys-pin"] = self.systems.fingerprints["self-ec"]
        return files


class Session:
    """A board that has just been switched on, for one case."""

    def __init__(self, world, image, flash, features, slower, settings):
        self.world, self.ports, self.features = world, world.ports, features
        self.clock, self.quoted = int(time.time()), quoted
        self.kept = {}
        self.device = Device(image, flash, slower)
        self.image, self.slower = image, slower
        self.device.boot()
        self.device.connect()
        self.short()
        if settings.get("clock", True):
            self.console.type(f"setTime({self.clock})")

    def short(self):
        self.board, self.meter, self.console = self.device.board, self.device.meter, self.device.console

    @property
    def modem(self):
        return self.device.modem

    def join(self, **faults):
        self.device.join(**faults)

    def request(self, *arguments, **options):
        return self.device.request(*arguments, **options)

    def keep(self, title, figures):
        self.kept[title] = figures

    def restart(self):
        """Switched off and on again, with what is in flash; the modem is there from the beginning. Ends after some seconds."""
        flash = self.device.flash()
        self.device.close()
        self.device = Device(self.image, flash, self.slower)
        self.device.attach()
        self.device.meter.begin()
        self.device.boot()
        self.device.board.run(8 * HZ)
        figures = self.device.meter.end()
        self.device.connect()
        self.short()
        return figures


def features_of(device):
    """Asks the image what it has, by options that are refused if it has not."""
    wanted = {
        "chain": '{ca:"rsa-2.pem"}',
        "tls13": '{rejectUnauthorized:false,minVersion:"TLSv1.3"}',
        "resumption": "{rejectUnauthorized:false,session:true}",
        "client-auth": '{rejectUnauthorized:false,cert:"p256.crt",key:"p256.key"}',
        "client-rsa": '{rejectUnauthorized:false,cert:"rsa2048.crt",key:"rsa2048.key"}',
    }
    return {feature for feature, options in wanted.items() if device.can(options) == "yes"}


def run_case(world, image, flash, features, slower, one):
    """Its result, why, and its figures."""
    session = None
    try:
        session = Session(world, image, flash, features, slower, one["settings"])
        problem, figures = one["run"](session)
    except (Silence, Fault) as e:
        problem, figures = str(e), None
        if session:
            figures = session.meter.last
    if figures and figures["lost"]:
        problem = f"{figures['lost']} bytes lost ({', '.join(figures['flags'])})" + (f"; {problem}" if problem else "")
    unknown = sorted(session.board.unknown.items()) if session else []
    told = [line for line in session.modem.transcript if '"SSL"' in line] if session and session.modem else []
    if told:
        problem = problem or f"the modem was told {told[0]}"
    if session:
        session.device.close()
    if not problem:
        result = "PASS"
    elif one["known"] == "race" and figures and figures["races"]:
        result = "RACE"
    else:
        result = "FAIL"
    return result, problem, figures, unknown, session.kept if session else {}


def show(result, title, problem, figures):
    line = f"{result:7} {title:66}"
    if figures:
        line += (
            f" {figures['seconds']:7.2f} {figures['loop'] * 1000:7.0f} {figures['stack']:5}/{figures['room']:5} {figures['free'] or 0:5} {figures['lost']:4}"
            f" {figures['writes']:4}+{figures['erases']:1} {figures['real']:6.1f}"
        )
        flags = [flag for flag in figures["flags"] if flag != "FIFO_FULL" or not problem]
        line += f"  {' '.join(flags)}" if flags else ""
    print(line, flush=True)
    if problem:
        print(f"        {problem[:400]}", flush=True)
        if figures and figures["lost"]:
            print(f"        meanwhile: {', '.join(figures['during'])}", flush=True)
    elif figures and figures.get("note"):
        print(f"        {figures['note'][:200]}", flush=True)


def run_image(world, image, folder, arguments):
    print(f"\n==> {image}", flush=True)
    began = time.time()
    device = Device(image)
    device.boot()
    booted = time.time() - began
    device.connect()
    env = device.console.ask("process.env")
    free = device.console.ask("process.memory().free")
    measured = device.meter.free()
    if measured is None or abs(measured - free) > 40:
        print(f"    (variables are not counted: {measured} instead of {free})")
        device.meter.variables = None
    prepared(image, folder, world.files(), device)
    device.join()
    features = features_of(device)
    device.close()
    flash = device.flash()
    print(
        f"    {env['BOARD']} {env['VERSION']}; up after {booted:.1f} s of this computer; {free} variables free; "
        f"{device.board.nvmc.writes} words of flash written, {device.board.nvmc.erases} pages erased\n"
        f"    features: {' '.join(sorted(features)) or 'none'}"
    )
    if world.systems:
        features.add("systems")
    if "m_lesc_sk" in device.board.elf.symbols:
        features.add("pairing")
    results, figures_of, all_unknown = {}, {}, set(device.board.unknown)
    print(COLUMNS)
    for one in CASES:
        if arguments.only and not re.search(arguments.only, one["title"]):
            continue
        missing = one["needs"] - features
        if missing:
            results[one["title"]] = "SKIP"
            continue
        result, problem, figures, unknown, kept = run_case(world, image, flash, features, arguments.slower, one)
        results[one["title"]] = result
        for title, more in {one["title"]: figures, **kept}.items():
            figures_of[title] = more
        all_unknown |= {what for what, _ in unknown}
        show(result, one["title"], problem, figures)
    skipped = [title for title, result in results.items() if result == "SKIP"]
    if skipped:
        print(f"    not in this image: {len(skipped)} cases")
    if all_unknown:
        print(f"    not modelled, but used: {', '.join(sorted(all_unknown))}")
    return {
        "image": os.path.basename(image),
        "board": env["BOARD"],
        "version": env["VERSION"],
        "features": sorted(features),
        "free": free,
        "booted": booted,
        "results": results,
        "figures": figures_of,
        "sizes": world.sizes,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="*")
    parser.add_argument("--drivers", default=os.environ.get("ESPRUINO_DRIVERS"))
    parser.add_argument("--only")
    parser.add_argument("--slower", type=int, default=100)
    parser.add_argument("--figures")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for one in CASES:
            print(
                one["title"]
                + (f" (known to fail: {one['known']})" if one["known"] else "")
                + "".join(f" [{need}]" for need in sorted(one["needs"]))
            )
        return 0
    if not arguments.image:
        print(
            "SKIPPED: no firmware to test. Build one for PIXLJS as espruino-patch/README.md says, and give FIRMWARE=espruino_..._pixljs.elf."
        )
        return 0
    problem = None
    for image in arguments.image:
        if not os.path.exists(image):
            problem = f"FIRMWARE={image}: there is no such file"
    if not arguments.drivers:
        problem = (
            problem
            or "ESPRUINO_DRIVERS is not set: a checkout of EspruinoDocs, or a folder with its AT.js and ESP8266WiFi_0v25.js"
        )
    try:
        if not problem:
            drivers.check(arguments.drivers)
    except drivers.Missing as missing:
        problem = str(missing)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        all_results = [run_image(world, image, arguments.drivers, arguments) for image in arguments.image]
        world.close()
    if arguments.figures:
        os.makedirs(os.path.dirname(os.path.abspath(arguments.figures)), exist_ok=True)
        with open(arguments.figures, "w") as file:
            json.dump(all_results, file, indent=1)
    count = {}
    for results in all_results:
        for result in results["results"].values():
            count[result] = count.get(result, 0) + 1
    for image in all_results:
        for title, result in image["results"].items():
            if result == "RACE":
                print(f"waits for locks in Espruino's queues: {title}")
    print(
        f"test result: {'FAILED' if count.get('FAIL') else 'ok'}. {count.get('PASS', 0)} passed; {count.get('FAIL', 0)} failed; "
        f"{count.get('RACE', 0)} for locks in Espruino; {count.get('SKIP', 0)} not in the image"
    )
    return 1 if count.get("FAIL") else 0


if __name__ == "__main__":
    sys.exit(main())
