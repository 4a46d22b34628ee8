"""Peripherals that need few lines: random numbers, temperature, analog inputs, SPI, PWM, software interrupts."""

import random

from chip import HZ
from peripheral import Peripheral


class Rng(Peripheral):
    """Numbers from a generator with a seed, so that a run can be repeated; 120 us a byte as with bias correction."""

    tasks = {0x000: "start", 0x004: "stop"}
    events = (0x100,)
    plain = {0x504: 0}
    shorts = {0: (0x100, 0x004)}

    def __init__(self, chip, base, interrupt, seed=1):
        self.random = random.Random(seed)
        super().__init__(chip, base, interrupt)

    def reset(self):
        self.alarm, self.value = None, 0
        super().reset()

    def start(self):
        if not self.alarm:
            self.alarm = self.chip.at(self.chip.now + HZ * 120e-6, self.ready)

    def stop(self):
        self.chip.cancel(self.alarm)
        self.alarm = None

    def ready(self):
        self.alarm, self.value = None, self.random.getrandbits(8)
        self.start()
        self.raise_event(0x100)

    def read(self, offset):
        return self.value if offset == 0x508 else super().read(offset)


class Temperature(Peripheral):
    tasks = {0x000: "start", 0x004: "stop"}
    events = (0x100,)
    plain = {0x508: 25 * 4, 0x570: 0, **{0x520 + 4 * i: 0 for i in range(20)}}

    def start(self):
        self.chip.at(self.chip.now + HZ * 36e-6, self.raise_event, 0x100)

    def stop(self):
        pass


class Saadc(Peripheral):
    """Analog inputs: `volts` says what is on input n; full scale is gain and reference of the channel, with a supply of 3.3 V."""

    STARTED, END, DONE, RESULT, CALIBRATED, STOPPED = 0x100, 0x104, 0x108, 0x10C, 0x110, 0x114
    tasks = {0x000: "start", 0x004: "sample", 0x008: "stop", 0x00C: "calibrate"}
    events = (STARTED, END, DONE, RESULT, CALIBRATED, STOPPED) + tuple(0x118 + 4 * i for i in range(16))
    plain = {
        0x400: 0,
        0x500: 0,
        **{0x510 + 4 * i: 0x20000 if i % 4 == 2 else 0x7FFF8000 if i % 4 == 3 else 0 for i in range(32)},
        0x5F0: 1,
        0x5F4: 0,
        0x5F8: 0,
        0x62C: 0,
        0x630: 0,
        0x634: 0,
    }
    SUPPLY = 3.3

    def __init__(self, chip, base, interrupt):
        self.volts = {9: self.SUPPLY}
        super().__init__(chip, base, interrupt)

    def start(self):
        self.registers[0x634] = 0
        self.raise_event(self.STARTED)

    def sample(self):
        self.chip.at(self.chip.now + HZ * 5e-6, self.sampled)

    def sampled(self):
        for i in range(8):
            which, config = self.registers[0x510 + 16 * i], self.registers[0x518 + 16 * i]
            if not which or self.registers[0x634] >= self.registers[0x630]:
                continue
            gain = (1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1, 2, 4)[config >> 8 & 7]
            reference = self.SUPPLY / 4 if config >> 12 & 1 else 0.6
            full = 1 << (8, 10, 12, 14)[self.registers[0x5F0] & 3]
            value = max(0, min(full - 1, int(self.volts.get(which, 0) * gain / reference * full)))
            self.chip.poke(self.registers[0x62C] + 2 * self.registers[0x634], value.to_bytes(2, "little"))
            self.registers[0x634] += 1
        self.raise_event(self.DONE)
        self.raise_event(self.RESULT)
        if self.registers[0x634] >= self.registers[0x630]:
            self.raise_event(self.END)

    def stop(self):
        self.raise_event(self.STOPPED)

    def calibrate(self):
        self.raise_event(self.CALIBRATED)


class SpiMaster(Peripheral):
    """SPI with DMA (SPIM) or without, by what it is enabled as; TWI is not modelled. `on_transfer(bytes)` gives the answer."""

    READY, STOPPED, ENDRX, END, ENDTX, STARTED = 0x108, 0x104, 0x110, 0x118, 0x120, 0x14C
    tasks = {0x010: "start", 0x014: "stop", 0x01C: "nothing", 0x020: "nothing"}
    events = (READY, STOPPED, ENDRX, END, ENDTX, STARTED)
    plain = {
        0x500: 0,
        0x508: 0xFFFFFFFF,
        0x50C: 0xFFFFFFFF,
        0x510: 0xFFFFFFFF,
        0x524: 0x4000000,
        0x534: 0,
        0x538: 0,
        0x53C: 0,
        0x540: 0,
        0x544: 0,
        0x548: 0,
        0x54C: 0,
        0x550: 0,
        0x554: 0,
        0x5C0: 0,
    }
    on_transfer = None

    def reset(self):
        self.received = []
        super().reset()

    @property
    def byte_time(self):
        return 8 * HZ / (self.registers[0x524] * 16_000_000 / 2**32 * 8 / 8 or 1)

    def exchange(self, data):
        return self.on_transfer(data) if self.on_transfer else b"\xff" * len(data)

    def start(self):
        pointer, length = self.registers[0x544], self.registers[0x548]
        data = self.chip.peek(pointer, length) if length else b""
        answer = self.exchange(data)[: self.registers[0x538]]
        if answer:
            self.chip.poke(self.registers[0x534], answer)
        self.registers[0x53C], self.registers[0x54C] = len(answer), length
        self.raise_event(self.STARTED)
        self.chip.at(self.chip.now + max(length, len(answer), 1) * self.byte_time, self.done)

    def done(self):
        for event in (self.ENDTX, self.ENDRX, self.END):
            self.raise_event(event)

    def stop(self):
        self.raise_event(self.STOPPED)

    def nothing(self):
        pass

    def read(self, offset):
        if offset == 0x518:
            return self.received.pop(0) if self.received else 0
        return super().read(offset)

    def write(self, offset, value):
        if offset == 0x51C:
            self.received += self.exchange(bytes([value & 0xFF]))
            self.chip.at(self.chip.now + self.byte_time, self.raise_event, self.READY)
        else:
            super().write(offset, value)


class Pwm(Peripheral):
    """Keeps its settings and says that sequences have ended; there is no wave."""

    tasks = {0x004: "stop", 0x008: "begin", 0x00C: "begin", 0x010: "nothing"}
    events = tuple(0x104 + 4 * i for i in range(7))
    plain = {
        0x500: 0,
        0x504: 0,
        0x508: 0x3FF,
        0x50C: 0,
        0x510: 0,
        0x514: 0,
        **{0x520 + 4 * i: 0 for i in range(4)},
        **{0x540 + 4 * i: 0 for i in range(4)},
        **{0x560 + 4 * i: 0xFFFFFFFF for i in range(4)},
    }

    def begin(self):
        self.raise_event(0x108)
        self.raise_event(0x110)

    def stop(self):
        self.raise_event(0x104)

    def nothing(self):
        pass


class Egu(Peripheral):
    """Software interrupts by registers. (The other way, by the interrupt controller, needs nothing here.)"""

    tasks = {4 * i: "trigger" for i in range(16)}
    events = tuple(0x100 + 4 * i for i in range(16))

    def task(self, offset):
        self.raise_event(0x100 + offset)


class RomTable(Peripheral):
    """By which Nordic's code knows the chip and its revision, and so which errata it has to go round."""

    plain = {0xFE0: 6, 0xFE4: 0, 0xFE8: 0x50, 0xFEC: 0}
