"""A board under test: its Storage, the modem, and what is measured of it."""

import collections
import json
import os
import re
import subprocess
import sys
import time

from board import PINS, Pixl
from chip import HZ
from console import Console, Silence
from cpu import LR, SP
from serial_modem import Modem

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "espruino"))
import drivers  # noqa: E402

PAINT = 0xA5
FLAGS = ("FIFO_FULL", "BUFFER_FULL", "CALLBACK", "LOW_MEMORY", "MEMORY", "MEMORY_BUSY", "UART_OVERFLOW")
STEP = HZ // 500  # between two looks at the memory
# Bytes of a variable, and bits of a reference to one: src/jsutils.h
LAYOUTS = {13: 12}


def minified(path):
    with open(path) as source:
        return subprocess.run(
            ["node", os.path.join(HERE, "..", "..", "js", "minify.js"), "--spaces"],
            stdin=source,
            capture_output=True,
            check=True,
        ).stdout.decode()


class Meter:
    """What a case costs: the deepest stack, the fewest free variables, the longest turn of the main loop, bytes lost."""

    def __init__(self, board):
        self.board = board
        symbols, sizes = board.elf.symbols, board.elf.sizes
        self.bottom, self.top = symbols["__bss_end__"], symbols["__StackTop"]
        self.flags_at = symbols.get("jsErrorFlags")
        self.busy_at = symbols.get("isMemoryBusy")
        self.variables = None
        for size, bits in LAYOUTS.items():
            if "jsVarFirstEmpty" in symbols and sizes.get("jsVars", 0) % size == 0 and sizes.get("jsVars"):
                self.variables = symbols["jsVarFirstEmpty"], symbols["jsVars"], size, bits
        cpu = board.cpu
        cpu.loop_address = symbols.get("jsiLastIdleTime", 0)
        cpu.count_address, cpu.count_mask = self.flags_at or 0, 1
        # Espruino's two queues, of what came and of what is to be sent, have no lock against the UART's interrupt, which is
        # more urgent than those that it does keep off: one may come while another, or the program, is at a queue.
        for i, name in enumerate(("jshGetCharToTransmit", "jshTransmit", "jshPushEvent", "jshPushIOCharEvents")):
            found = [other for other in symbols if other == name or other.startswith(name + ".")]
            if found:
                cpu.guard_start[i] = symbols[found[0]] & ~1
                cpu.guard_end[i] = cpu.guard_start[i] + sizes[found[0]]
        cpu.guard_interrupts = 1 << 2 | 1 << 21 | 1 << 22  # the UART's, the radio's, the SoftDevice's
        self.samples = self.last = None
        self.every = False  # whether each sample is to be without garbage, which takes its time
        self.next = None

    def free(self):
        if self.busy_at and self.board.peek(self.busy_at, 1) != b"\0":
            return None  # its list is being made anew
        return self.board.lib.cpu_free_variables(self.board.pointer, *self.variables) if self.variables else None

    def collected(self):
        """How many would be free if all garbage were collected now: the firmware's own collector is called, on a copy of the board
        that is thrown away. Espruino collects when it has nothing else to do, or nothing left."""
        board = self.board
        collect = board.elf.symbols.get("jsvGarbageCollect")
        if not collect or self.variables is None:
            return self.free()
        return board.on_a_copy(collect, self.top, HZ, self.free)

    def paint(self):
        """Marks what is below the stack, so that what is used of it can be seen."""
        n = max(0, self.board.cpu.r[SP] - 128 - self.bottom)
        self.board.poke(self.bottom, bytes([PAINT]) * n)

    def depth(self):
        stack = self.board.peek(self.bottom, self.top - self.bottom)
        return len(stack.lstrip(bytes([PAINT])))

    def begin(self):
        board, cpu = self.board, self.board.cpu
        self.start, self.start_slept = board.now, cpu.slept
        cpu.loop_longest, cpu.loop_turned = 0, cpu.now - cpu.slept
        self.lost, self.dropped, self.writes, self.erases = (
            board.uart.lost,
            cpu.counted,
            board.nvmc.writes,
            board.nvmc.erases,
        )
        if self.flags_at:
            board.poke(self.flags_at, b"\0")
        self.turns = {}  # of the main loop: how often it was looked at, and what ran
        self.losing = None  # that in which bytes were lost first
        self.deepest, self.fewest, self.samples = 0, self.collected() if self.variables else None, []
        self.looked, self.listed, self.forked = None, None, (0, 0)
        self.races = cpu.guard_broken
        self.real, self.whole = time.time(), board.now
        self.paint()
        self.sample()

    def sample(self):
        board = self.board
        self.next = board.at(board.now + STEP, self.sample)
        if self.samples and board.cpu.instructions == self.looked:
            return  # it was asleep
        self.looked = board.cpu.instructions
        if not board.asleep:
            turn = self.turns.setdefault(board.cpu.loop_turned, [0, collections.Counter()])
            turn[0] += 1
            turn[1][board.elf.where(board.cpu.pc).split("+")[0]] += 1
            if self.losing is None and board.cpu.counted > self.dropped:
                self.losing = turn
        free, depth = self.free(), self.depth()
        if free is not None and free != self.listed:
            self.listed = free
            # Collecting takes its time here: not for each variable that is taken.
            if (
                self.every
                or free < self.fewest
                and (board.now - self.forked[0] > HZ // 100 or free < self.forked[1] - 25)
            ):
                self.forked = board.now, free
                free = self.collected()
            elif free < self.fewest:
                free = None
            if free is not None and free < self.fewest:
                # It may have been in the middle of taking a block, whose length is not there yet.
                board.at(board.now + HZ // 50000, self.confirm, free)
                free = None
        else:
            free = None
        self.deepest = max(self.deepest, depth)
        self.samples.append((board.now - self.start, free, depth))
        self.paint()

    def during(self):
        """What ran most in the turn of the main loop in which bytes were lost, or in the longest one."""
        _, names = self.losing or max(self.turns.values(), key=lambda turn: turn[0], default=(0, collections.Counter()))
        return [name for name, _ in names.most_common(5)]

    def confirm(self, free):
        again = self.collected()
        if again is not None:
            free = max(free, again)
            self.fewest = min(free, self.fewest)
            self.samples.append((self.board.now - self.start, free, self.samples[-1][2]))

    def hopeless(self):
        """Whether bytes were lost some seconds ago: the driver waits for them for ever."""
        if self.board.uart.lost + self.board.cpu.counted == self.lost + self.dropped:
            self.whole = self.board.now
        return self.board.now - self.whole > 3 * HZ

    def end(self):
        board, cpu = self.board, self.board.cpu
        board.cancel(self.next)
        self.sample()
        board.cancel(self.next)
        awake = cpu.now - cpu.slept
        flags = board.peek(self.flags_at, 1)[0] if self.flags_at else 0
        self.last = {
            "seconds": (board.now - self.start) / HZ,
            "asleep": (cpu.slept - self.start_slept) / HZ,
            "stack": self.deepest,
            "room": self.top - self.bottom,
            "free": self.fewest,
            "loop": max(cpu.loop_longest, awake - cpu.loop_turned) / HZ,
            "lost": board.uart.lost - self.lost + cpu.counted - self.dropped,
            "flags": [f for i, f in enumerate(FLAGS) if flags >> i & 1],
            "writes": board.nvmc.writes - self.writes,
            "erases": board.nvmc.erases - self.erases,
            "real": time.time() - self.real,
            "races": cpu.guard_broken - self.races,
            "during": self.during(),
            "samples": self.samples,
        }
        return self.last


class Device:
    """A board with what is in its flash, from boot on."""

    def __init__(self, image, flash=None, slower=100):
        self.board = Pixl(image)
        self.board.cpu.slower = slower
        if flash:
            self.board.poke(0, flash)
        self.meter = Meter(self.board)
        self.console = None
        self.modem = None

    def boot(self, seconds=5):
        """Until it advertises and has gone to sleep."""
        end = self.board.now + seconds * HZ
        while not (self.board.bluetooth.advertising and self.board.asleep):
            if self.board.now > end:
                raise Silence(f"the board does not come up: it is {self.board.place()}")
            self.board.run(HZ // 50)

    def connect(self):
        self.console = Console(self.board)
        self.console.connect()

    def attach(self, **faults):
        self.modem = Modem(self.board, PINS["D2"], PINS["D3"], **faults)

    def join(self, **faults):
        """Attaches the modem, and lets the driver join the network."""
        self.attach(**faults)
        self.console.type(f"require('bench').wifi({faults.get('baud', 115200)})")
        answer = self.console.wait("WIFI [^\r]*\r\n", 60)
        if "WIFI ok" not in answer:
            raise Silence(f"the modem can't be used: {answer!r}")

    def close(self):
        if self.modem:
            self.modem.close()

    def flash(self):
        return bytes(memoryview(self.board.flash))

    def request(self, options, body=None, seconds=60, call="get"):
        """One request, from the console; options is JavaScript. What it printed: END's object, ERROR's text, and the figures."""
        self.meter.begin()
        self.console.type(f"require('bench').{call}({options}{',' + body if body else ''})")
        try:
            text = self.console.wait("=CLOSED=", seconds, unless=self.meter.hopeless)
        finally:
            figures = self.meter.end()
        return outcome(text), figures

    def can(self, options):
        self.console.type(f"require('bench').can({options})")
        answer = re.search("=CAN=(.*?)=\r", self.console.wait("=CAN=.*?=\r", 5), re.S)[1]
        self.board.run(HZ)  # until it has failed
        return answer


def outcome(text):
    found = [json.loads(x) for x in re.findall("=END=(.*?)=\r", text)]
    errors = re.findall("=ERROR=(.*?)=\r", text, re.S)
    return {"answers": found, "errors": errors, "text": text}


def prepared(image, folder, files, device=None):
    """A board on which the drivers and these files have been stored."""
    if not device:
        device = Device(image)
        device.boot()
        device.connect()
    for name, file in drivers.FILES.items():
        device.console.store(name, drivers.as_sent(folder, file))
    device.console.store("bench", minified(os.path.join(HERE, "bench.js")))
    for name, data in files.items():
        device.console.store(name, data)
    return device
