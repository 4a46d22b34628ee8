#!/usr/bin/env python3
"""Tests of the model itself, with small images of our own; needs the compiler for the chip, and QEMU to compare with.

selftest.py [NAME ...]    exceptions, astray, late, timers, uart, flash, softdevice, instructions, cycles, handshake; all without one
"""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(1, os.path.join(HERE, "..", "espruino"))
from board import add_peripherals  # noqa: E402
from bluetooth import Bluetooth  # noqa: E402
from chip import HZ, Chip, Fault  # noqa: E402
from semihosting import Semihosting  # noqa: E402
from softdevice import SoftDevice  # noqa: E402

GCC = [
    "arm-none-eabi-gcc",
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Os",
    "-mcpu=cortex-m4",
    "-mthumb",
    "-mfloat-abi=softfp",
    "-mfpu=fpv4-sp-d16",
    "-ffunction-sections",
    "-nostartfiles",
    "--specs=nano.specs",
    "-Wl,--gc-sections",
    "-Wl,--no-warn-execstack",
    "-Wl,--no-warn-rwx-segments",
]


class Failed(Exception):
    """A test came out differently."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def build(folder, name, *sources, origin=0):
    elf = os.path.join(folder, name + ".elf")
    script = os.path.join(folder, name + ".ld")
    with open(os.path.join(HERE, "images", "link.ld")) as file, open(script, "w") as out:
        out.write(file.read().replace("ORIGIN = ORIGIN_FLASH", f"ORIGIN = {origin:#x}"))
    files = [os.path.join(HERE, "images", source) if "/" not in source else source for source in sources]
    subprocess.run(GCC + ["-I", os.path.join(ROOT, "include"), "-T", script, "-o", elf, *files], check=True)
    return elf


def chip_with(elf, command="chip"):
    chip = Chip(elf)
    chip.semihosting = Semihosting(chip, command)
    add_peripherals(chip)
    return chip


def run(chip, seconds):
    """Until the program ends; what it printed."""
    chip.semihosting.ended = None
    end = chip.now + seconds * HZ
    while chip.semihosting.ended is None:
        check(chip.now < end, f"it does not end: {chip.place()}; {chip.semihosting.text}")
        chip.run(HZ // 10)
    check(chip.semihosting.ended == 0, f"it failed:\n{chip.semihosting.text}")
    check(not chip.unknown, f"not modelled: {dict(chip.unknown)}")
    return chip.semihosting.text


def exceptions(folder):
    chip = chip_with(build(folder, "exceptions", "exceptions.c", "nrf.c"))
    text = run(chip, 20)
    check(chip.cpu.deepest_nesting == 3, f"exceptions were nested {chip.cpu.deepest_nesting} deep")
    return text


def timers(folder):
    chip = chip_with(build(folder, "timers", "timers.c", "nrf.c"))
    text = run(chip, 10)
    check([why for _, why in chip.resets] == ["watchdog"], f"it was reset: {chip.resets}")
    after = int(re.search(r"watchdog after ms (\d+)", text)[1])
    check(99 <= after <= 101, text)
    return text


def late(folder):
    """A compare that falls into a time when the processor stands still, as for the radio, comes when it goes on."""
    chip = chip_with(build(folder, "astray", "astray.c", "nrf.c"))
    for timer, tick, enable in ((chip.rtc2, HZ // 32768, 0x344), (chip.timers[4], HZ // 1_000_000, None)):
        timer.write(0x540, 100)
        timer.write(0x544, 102)
        if enable:
            timer.write(enable, 3 << 16)
        timer.write(0x000, 1)
        chip.at(chip.now + 100 * tick - 10, chip.halt, 10 * tick)
        chip.run(90 * tick)
        check(timer.read(0x140) == timer.read(0x144) == 0, "it came too early")
        chip.run(30 * tick)
        check(timer.read(0x140) == timer.read(0x144) == 1, f"{type(timer).__name__}: it did not come")
    return "the RTC's and the TIMER's events came"


def astray(folder):
    """What is called on a copy of the board leaves no trace, wherever it goes."""
    chip = chip_with(build(folder, "astray", "astray.c", "nrf.c"))
    chip.run(HZ // 10_000)
    symbols, before, sp = chip.elf.symbols, (chip.now, bytes(chip.ram)), chip.cpu.r[13]

    def call(name):
        return chip.on_a_copy(symbols[name], sp - 64, HZ // 1000, lambda: (chip.cpu.r[0], chip.word(symbols["counter"])))

    check(call("counts") == (1, 1), "it did not run")
    check(call("goes_astray") is None and chip.failure is None, "where there is no memory")
    check(call("does_not_end") is None, "it came back")
    check((chip.now, bytes(chip.ram)) == before, "something of the copy is left")
    text = run(chip, 10)
    check("counter 0\n" in text, text)
    return text


def uart(folder):
    chip = chip_with(build(folder, "uart", "uart.c", "nrf.c"))
    sent, back, said = random.Random(1).randbytes(2000), bytearray(), bytearray()
    state = {"mode": "start"}

    def feed(data, baud, i=0):
        if i < len(data):
            chip.uart.receive(data[i], baud, 25)
            chip.at(chip.now + 10 * HZ / baud, feed, data, baud, i + 1)

    def hear(byte, baud, pin):
        check(pin == 26 and abs(baud - 115200) < 300, f"{baud} baud on pin {pin}")
        if state["mode"] == "start":
            state["mode"] = "echo"
            feed(sent, 115200)
        elif state["mode"] == "echo":
            back.append(byte)
            if len(back) == len(sent):
                state["mode"] = "wait"
        else:
            said.append(byte)
            baud = 115200 if byte == ord("?") else 57600
            chip.at(chip.now + 10 * HZ / baud, feed, b"x" * 100, baud)

    chip.uart.on_byte = hear
    text = run(chip, 10)
    check(bytes(back) == sent, "what came back is not what was sent")
    check(chip.uart.lost == 94 and "received 6\n" in text, f"{chip.uart.lost} of 100 bytes were lost; {text}")
    check(re.findall(r"sources (\d+)", text) == ["1", "5"], f"an overrun, and later a framing error: {text}")
    return text


def flash(folder):
    chip = chip_with(build(folder, "flash", "flash.c", "nrf.c"))
    try:
        run(chip, 10)
    except Fault as fault:
        check("a write to flash" in str(fault), str(fault))
    else:
        raise Failed("a write to flash that is not enabled had no consequences")
    check((chip.nvmc.writes, chip.nvmc.erases) == (2, 1), f"{chip.nvmc.writes} writes, {chip.nvmc.erases} erases")
    return "faults as it should"


def softdevice(folder):
    chip = chip_with(build(folder, "softdevice", "softdevice.c", "nrf.c", origin=0x1F000))
    chip.bluetooth = Bluetooth(chip)
    chip.softdevice = SoftDevice(chip)
    while not chip.bluetooth.advertising:
        chip.run(HZ // 100)
        check(chip.semihosting.ended is None and chip.seconds < 5, chip.semihosting.text)
    check(chip.unknown.pop("call 0x5f of the SoftDevice") == 1, "an unknown call was not reported")
    chip.bluetooth.connect()
    chip.bluetooth.type(b"abc")
    chip.at(chip.now + HZ, chip.bluetooth.disconnect)
    text = run(chip, 5)
    check(bytes(chip.bluetooth.received) == b"hello" * 7, f"notified: {bytes(chip.bluetooth.received)}")
    return text


def instructions(folder):
    """The same program, of instructions of all kinds with all kinds of operands, here and in QEMU: what comes out must be equal."""
    import instructions as kinds

    source = os.path.join(folder, "instructions.c")
    with open(source, "w") as file:
        file.write(kinds.program())
    elf = os.path.join(folder, "instructions.elf")
    chip_c, script = os.path.join(ROOT, "tests/chip/chip.c"), os.path.join(ROOT, "tests/chip/link.ld")
    subprocess.run(GCC + ["-I", os.path.join(ROOT, "tests/chip"), "-T", script, "-o", elf, source, chip_c], check=True)
    qemu = subprocess.run(
        [
            "qemu-system-arm",
            "-M",
            "mps2-an386",
            "-cpu",
            "cortex-m4",
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "none",
            "-semihosting-config",
            "enable=on,target=native",
            "-kernel",
            elf,
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    there = (qemu.stdout + qemu.stderr).splitlines()
    chip = Chip(elf)
    chip.semihosting = Semihosting(chip, "chip")
    here = run(chip, 200).splitlines()
    check(len(there) > 100, f"QEMU said {there[-3:]}")
    for mine, other in zip(here, there):
        check(mine == other, f"here {mine}, QEMU {other}")
    check(len(here) == len(there), "one of the two ended early")
    return f"{len(here)} kinds of instructions as in QEMU"


def cycles(folder):
    """The library's own operations cost what tests/bench says, within 10 %."""
    sys.path.insert(1, os.path.join(ROOT, "tests", "bench"))
    import bench
    from pki import Pki  # that of tests/bench

    bench.WORK.mkdir(parents=True, exist_ok=True)
    bench.plugin()
    pki = Pki(bench.WORK / "pki")
    program = bench.operations_program()
    (bench.WORK / "recording").write_bytes(bench.operations(pki))
    expected = bench.measure(program, {})
    chip = Chip(str(program.elf), ram_size=0x400000)
    chip.semihosting = Semihosting(chip, "program=operations in=recording out=sent", folder=str(bench.WORK))
    text = run(chip, 100)
    names = re.findall(r"^result (\S+) ", text, re.M)
    lines = []
    for name, counted in zip(names, chip.semihosting.counts, strict=True):
        there = expected[name]["cycles"]
        lines.append(f"{name} {counted:,} ({100 * counted / there - 100:+.1f} %)")
        check(abs(counted / there - 1) < 0.1, f"{name}: {counted} cycles here, {there} in tests/bench")
    check(len(lines) > 4, text)
    return "\n".join(lines)


def handshake(folder):
    """A TLS handshake over the model's UART with a real server, with the library as it is linked for the chip."""
    from chains import Chains
    from servers import Server, body, tls

    chains = Chains(folder)
    chains.make("self", ["p256"])
    server = Server("self", tls(chains.path("self.bundle")))
    archive = subprocess.run(
        [os.path.join(ROOT, "espruino-patch/lib.sh"), "full,tls13,resumption"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    elf = build(folder, "https", os.path.join(ROOT, "tests/chip/https.c"), "nrf.c", archive)
    lines = []
    for version in (12, 13):
        end = os.path.join(folder, f"end-{version}")
        options = os.path.join(folder, f"options-{version}")
        with open(options, "w") as file:
            file.write(
                "".join(
                    f"{k}={v}\n"
                    for k, v in {
                        "now": int(time.time()),
                        "seed": 5,
                        "servername": "localhost",
                        "version": version,
                        "path": "/3000",
                        "fingerprint256": chains.fingerprint("self"),
                        "end": end,
                    }.items()
                )
            )
        chip = chip_with(elf, "chip " + options)
        link = socket.create_connection(("127.0.0.1", server.port))
        outgoing, carried = bytearray(), 0

        def feed(data, i=0):
            if i < len(data):
                if chip.uart.ready:
                    chip.uart.receive(data[i], 1_000_000, 25)
                    i += 1
                chip.at(chip.now + 10 * HZ / 1_000_000, feed, data, i)
            else:
                chip.at(chip.now + HZ / 1000, listen)

        def listen():
            nonlocal carried
            if outgoing:
                link.sendall(outgoing)
                outgoing.clear()
            link.settimeout(0.03)
            try:
                data = link.recv(1000)
            except TimeoutError:
                data = None
            if data == b"":
                with open(end + ".new", "w") as file:
                    file.write(str(carried))
                os.rename(end + ".new", end)
            else:
                carried += len(data or b"")
                feed(data or b"")

        chip.uart.on_byte = lambda byte, baud, pin: outgoing.append(byte)
        chip.at(chip.now + HZ / 1000, listen)
        text = run(chip, 60)
        link.close()
        check(chip.uart.lost == 0, f"{chip.uart.lost} bytes were lost")
        check("3000" in text, text)
        lines.append(f"TLS 1.{version - 10}: {chip.cpu.instructions:,} instructions, {chip.seconds:.2f} s\n{text}")
    return "\n".join(lines)


TESTS = (exceptions, astray, late, timers, uart, flash, softdevice, instructions, cycles, handshake)


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {test.__name__ for test in TESTS}
    if unknown:
        print(f"there is no test {', '.join(unknown)}", file=sys.stderr)
        return 2
    if not shutil.which("arm-none-eabi-gcc"):
        print("the tests of the emulated nRF52 need arm-none-eabi-gcc: `make deps` installs it", file=sys.stderr)
        return 1
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        for test in TESTS:
            if wanted and test.__name__ not in wanted:
                continue
            began = time.time()
            try:
                said = test(folder)
                passed += 1
                print(f"PASS {test.__name__} ({time.time() - began:.1f} s)", flush=True)
                if wanted:
                    print(said)
            except (Failed, Fault, subprocess.SubprocessError, OSError) as problem:
                failed += 1
                print(f"FAIL {test.__name__}: {problem}", flush=True)
    threading.excepthook = lambda _: None
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
