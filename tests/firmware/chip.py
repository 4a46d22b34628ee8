"""The chip: the processor, its memory, the bus with the peripherals, and time.

Time is counted in cycles of the core (64 MHz). Only instructions make it pass, and sleep, which jumps to the next thing that
happens: a peripheral says when that is with `at(time, function)`.
"""

import collections
import ctypes
import heapq
import itertools

import cpu as core
from cpu import BREAKPOINT, DUE, FAULT, MARK, RESET, SLEEP, SVC, Cpu
from elf import Elf

HZ = 64_000_000
NOWHERE = 0x60000000  # where there is no code


class Fault(Exception):
    """The program did what the chip can't."""


class Chip:
    def __init__(self, image, ram_size=core.RAM_SIZE):
        self.lib = core.library()
        self.elf = Elf(image)
        self.cpu = Cpu()
        self.pointer = ctypes.pointer(self.cpu)
        self.flash = (ctypes.c_uint8 * core.FLASH_SIZE)()
        self.ram = (ctypes.c_uint8 * ram_size)()
        self.info = (ctypes.c_uint8 * core.INFO_SIZE)()  # FICR and UICR
        ctypes.memset(self.flash, 0xFF, core.FLASH_SIZE)
        ctypes.memset(self.info, 0xFF, core.INFO_SIZE)
        for address, data in self.elf.segments:
            if address + len(data) <= core.FLASH_SIZE:
                ctypes.memmove(ctypes.addressof(self.flash) + address, data, len(data))
        self.cpu.flash, self.cpu.ram, self.cpu.info = map(ctypes.addressof, (self.flash, self.ram, self.info))
        self.cpu.slower, self.cpu.ram_size = 100, ram_size
        self.pages = {}
        self.peripherals = []
        self.unknown = collections.Counter()
        self.queue, self.order = [], itertools.count()
        self.failure = None
        self.cpu.read, self.cpu.write = self.callbacks = core.READ(self.read), core.WRITE(self.write)
        self.vectors = min(address for address, _ in self.elf.segments)
        self.asleep = False
        self.resets = []
        self.on_svc = self.on_breakpoint = self.on_mark = self.on_reset = None
        self.ppi = self.nvmc = self.power = None  # peripherals that others need
        self.lib.cpu_reset(self.pointer, self.vectors)

    # The bus

    def add(self, peripheral):
        self.peripherals.append(peripheral)
        for page in peripheral.pages:
            self.pages[page >> 12] = peripheral
        return peripheral

    def read(self, address, size):
        try:
            peripheral = self.pages.get(address >> 12)
            if peripheral is None:
                return self.not_known("read", address)
            return peripheral.read(address & 0xFFF) & ((1 << 8 * size) - 1)
        except Exception as e:
            self.fail(e)
            return 0

    def write(self, address, size, value):
        try:
            peripheral = self.pages.get(address >> 12)
            if peripheral is not None:
                peripheral.write(address & 0xFFF, value)
            elif self.nvmc and (address < core.FLASH_SIZE or address >> 12 == (core.INFO_BASE >> 12) + 1):
                self.nvmc.store(address, value)
            else:
                self.not_known("written", address)
        except Exception as e:
            self.fail(e)

    def fail(self, problem):
        """An exception can't get through C code: it stops the processor, and run() raises it."""
        self.failure = self.failure or problem
        self.cpu.reason, self.cpu.attention = FAULT, 1

    def not_known(self, what, address, value=0):
        """A register that no peripheral has is reported in the end, and reads as 0."""
        if address < 0x40000000:
            raise Fault(f"an address where there is nothing is {what}: {address:#x}")
        self.unknown[f"{what} {address:#010x}"] += 1
        return value

    # Time

    @property
    def now(self):
        return self.cpu.now

    @property
    def seconds(self):
        return self.cpu.now / HZ

    def at(self, time, function, *arguments):
        """Calls it at that time; what is returned can be given to cancel()."""
        entry = [max(int(time), self.cpu.now), next(self.order), function, arguments]
        heapq.heappush(self.queue, entry)
        self.cpu.until = min(self.cpu.until, entry[0])
        return entry

    def cancel(self, entry):
        if entry:
            entry[2] = None

    def halt(self, cycles):
        """The processor stands still for so long, as while flash is written."""
        self.cpu.now += int(cycles)

    def run(self, cycles):
        """Runs for so long."""
        cpu, end = self.cpu, self.cpu.now + int(cycles)
        while True:
            while self.queue and self.queue[0][0] <= cpu.now:
                _, _, function, arguments = heapq.heappop(self.queue)
                if function:
                    function(*arguments)
            if cpu.now >= end:
                return
            until = min(end, self.queue[0][0]) if self.queue else end
            if self.asleep:
                if not (self.asleep == "event" and cpu.event) and not self.lib.cpu_would_wake(self.pointer):
                    cpu.slept += until - cpu.now
                    cpu.now = until
                    continue
                self.asleep = False
            reason = self.lib.cpu_run(self.pointer, until)
            if self.failure:
                failure, self.failure = self.failure, None
                raise failure if not isinstance(failure, Fault) else Fault(f"{failure}, {self.place()}")
            if reason == SLEEP:
                self.asleep = "interrupt" if cpu.detail else "event"
            elif reason == SVC:
                self.on_svc(cpu.detail)
            elif reason == BREAKPOINT and self.on_breakpoint:
                if self.on_breakpoint(cpu.detail):
                    return
            elif reason == MARK:
                if self.on_mark:
                    self.on_mark(cpu.detail)
            elif reason == RESET:
                self.reset("asked for")
            elif reason != DUE:
                why = cpu.why.decode() if reason == FAULT else "a breakpoint"
                raise Fault(f"{why} ({cpu.detail:#x}), {self.place()}")

    def on_a_copy(self, function, sp, cycles, look):
        """Calls a function of the program and gives what look() finds then; after that the processor and RAM are as before.

        None if the function does not come back. The program was interrupted anywhere, so what the function finds half done
        may lead it astray: that is no fault of the program."""
        size = self.lib.cpu_size()
        registers, memory = ctypes.string_at(self.pointer, size), bytes(self.ram)
        queue, asleep, failure, unknown = self.queue, self.asleep, self.failure, self.unknown.copy()
        cpu = self.cpu
        cpu.r[core.LR], cpu.r[core.SP], cpu.pc, cpu.primask, cpu.it = NOWHERE | 1, sp, function & ~1, 1, 0
        self.lib.cpu_run(self.pointer, cpu.now + cycles)
        found = look() if cpu.pc == NOWHERE and not self.failure else None
        ctypes.memmove(self.pointer, registers, size)
        ctypes.memmove(self.ram, memory, len(memory))
        self.queue, self.asleep, self.failure, self.unknown = queue, asleep, failure, unknown
        return found

    def wait_for_event(self):
        """What WFE does, for a SoftDevice that is asked to wait."""
        if self.cpu.event:
            self.cpu.event = 0
        else:
            self.asleep = "event"

    def place(self):
        """Where the program is, for messages."""
        cpu, where = self.cpu, self.elf.where
        words = self.words(cpu.r[core.SP], 64) if 0 <= cpu.r[core.SP] - core.RAM_BASE < len(self.ram) else []
        stack = [
            where(x)
            for x in words
            if x & 1
            and self.vectors <= x < core.FLASH_SIZE
            and self.elf.functions
            and x <= self.elf.functions[-1][0] + 4096
        ]
        return f"in {where(cpu.pc)}, from {where(cpu.r[core.LR])}; on the stack: {', '.join(stack[:12])}; at {self.seconds:.4f} s"

    def reset(self, why):
        """RAM stays; time goes on; everything else begins anew."""
        self.resets.append((self.seconds, why))
        self.asleep = False
        self.lib.cpu_reset(self.pointer, self.vectors)
        for peripheral in self.peripherals:
            peripheral.reset()
        if self.on_reset:
            self.on_reset(why)

    # Interrupts and memory, for peripherals

    def line(self, interrupt, up):
        self.lib.cpu_line(self.pointer, interrupt, 1 if up else 0)

    def memory(self, address):
        for base, buffer in ((core.RAM_BASE, self.ram), (0, self.flash), (core.INFO_BASE, self.info)):
            if base <= address < base + len(buffer):
                return buffer, address - base
        raise Fault(f"no memory at {address:#x}")

    def peek(self, address, length):
        buffer, at = self.memory(address)
        if at + length > len(buffer):
            raise Fault(f"no memory at {address + length:#x}")
        return bytes(memoryview(buffer)[at : at + length])

    def poke(self, address, data):
        buffer, at = self.memory(address)
        if at + len(data) > len(buffer):
            raise Fault(f"no memory at {address + len(data):#x}")
        ctypes.memmove(ctypes.addressof(buffer) + at, bytes(data), len(data))
        if buffer is self.flash:
            self.lib.cpu_flash_changed(self.pointer, address, len(data))

    def word(self, address):
        return int.from_bytes(self.peek(address, 4), "little")

    def words(self, address, n):
        """So many words, or as many as there are up to the end of the memory."""
        buffer, at = self.memory(address)
        data = bytes(memoryview(buffer)[at : at + 4 * n])
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data) & ~3, 4)]

    def set_word(self, address, value):
        self.poke(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))
