"""RTC, TIMER and the watchdog."""

from peripheral import Peripheral

TICKS, CYCLES = 8, 15625  # so many ticks of 32,768 Hz in so many cycles of the core


class Rtc(Peripheral):
    """24 bits, 32,768 Hz through a prescaler; compares."""

    TICK, OVERFLOW, COMPARE = 0x100, 0x104, 0x140
    tasks = {0x000: "start", 0x004: "stop", 0x008: "clear"}
    events = (TICK, OVERFLOW, 0x140, 0x144, 0x148, 0x14C)
    plain = {0x508: 0, 0x540: 0, 0x544: 0, 0x548: 0, 0x54C: 0, 0x340: 0, 0x344: 0, 0x348: 0}

    def reset(self):
        self.started, self.count, self.alarm = None, 0, None
        super().reset()

    @property
    def period(self):
        return (self.registers[0x508] & 0xFFF) + 1

    def counter(self):
        if self.started is None:
            return self.count & 0xFFFFFF
        return (self.count + self.passed()) & 0xFFFFFF

    def passed(self):
        """Ticks since it was started."""
        return (self.chip.now - self.started) * TICKS // CYCLES // self.period

    def start(self):
        if self.started is None:
            self.started = self.chip.now
        self.schedule()

    def stop(self):
        self.count, self.started = self.counter(), None
        self.schedule()

    def clear(self):
        self.count = 0
        if self.started is not None:
            self.started = self.chip.now
        self.schedule()

    def read(self, offset):
        return self.counter() if offset == 0x504 else super().read(offset)

    def write(self, offset, value):
        if offset in (0x344, 0x348):  # EVTENSET, EVTENCLR
            old = self.registers[0x340]
            self.registers[0x340] = old | value if offset == 0x344 else old & ~value
        else:
            super().write(offset, value)
        if offset >= 0x300:
            self.schedule()

    def schedule(self, passed=None):
        """Sets the alarm for the next compare after so many ticks, those of now; a register that has the counter's value now
        waits for a whole round."""
        self.chip.cancel(self.alarm)
        self.alarm = None
        if self.started is None:
            return
        passed = self.passed() if passed is None else passed
        wanted = self.enabled | self.registers[0x340]
        if wanted & 3:
            self.chip.unknown[f"RTC {self.base:#x}: its tick and its overflow are not modelled"] += 1
        next_count = self.count + passed + 1
        waits = [(self.registers[0x540 + 4 * i] - next_count) & 0xFFFFFF for i in range(4) if wanted >> 16 + i & 1]
        if waits:
            due = passed + 1 + min(waits)
            self.alarm = self.chip.at(self.started - (-due * self.period * CYCLES // TICKS), self.ring, due)

    def ring(self, due):
        """A compare at that tick. The processor may have stood still since: the counter has gone on, the event comes all the same."""
        self.schedule(due)
        now = (self.count + due) & 0xFFFFFF
        for i in range(4):
            if (self.enabled | self.registers[0x340]) >> 16 + i & 1 and self.registers[0x540 + 4 * i] & 0xFFFFFF == now:
                self.raise_event(0x140 + 4 * i)


class Timer(Peripheral):
    """16 MHz through a prescaler, or counting; captures and compares."""

    tasks = {
        0x000: "start",
        0x004: "stop",
        0x008: "increment",
        0x00C: "clear",
        0x010: "stop",
        **{0x040 + 4 * i: "capture" for i in range(6)},
    }
    events = tuple(0x140 + 4 * i for i in range(6))
    plain = {0x504: 0, 0x508: 0, 0x510: 4, **{0x540 + 4 * i: 0 for i in range(6)}}
    shorts = {**{i: (0x140 + 4 * i, 0x00C) for i in range(6)}, **{8 + i: (0x140 + 4 * i, 0x004) for i in range(6)}}

    def reset(self):
        self.started, self.count, self.alarm = None, 0, None
        super().reset()

    @property
    def mask(self):
        return (1 << {0: 16, 1: 8, 2: 24, 3: 32}[self.registers[0x508] & 3]) - 1

    @property
    def period(self):
        return 4 << min(self.registers[0x510] & 15, 9)

    def value(self):
        if self.started is None or self.registers[0x504]:
            return self.count & self.mask
        return (self.count + self.passed()) & self.mask

    def passed(self):
        return (self.chip.now - self.started) // self.period

    def task(self, offset):
        if 0x040 <= offset < 0x058:
            self.registers[0x540 + offset - 0x040] = self.value()
        super().task(offset)

    def capture(self):
        self.schedule()

    def start(self):
        if self.started is None:
            self.started = self.chip.now
        self.schedule()

    def stop(self):
        self.count, self.started = self.value(), None
        self.schedule()

    def clear(self):
        self.count = 0
        if self.started is not None:
            self.started = self.chip.now
        self.schedule()

    def increment(self):
        if self.registers[0x504]:
            self.count = (self.count + 1) & self.mask
            self.compare(self.count)

    def changed(self, offset, value):
        if offset >= 0x540:
            self.schedule()

    def schedule(self, passed=None):
        self.chip.cancel(self.alarm)
        self.alarm = None
        if self.started is None or self.registers[0x504]:
            return
        passed = self.passed() if passed is None else passed
        next_count = self.count + passed + 1
        due = passed + 1 + min((self.registers[0x540 + 4 * i] - next_count) & self.mask for i in range(6))
        self.alarm = self.chip.at(self.started + due * self.period, self.ring, due)

    def ring(self, due):
        """As for the RTC."""
        self.schedule(due)
        self.compare((self.count + due) & self.mask)

    def compare(self, now):
        for i in range(6):
            if self.registers[0x540 + 4 * i] & self.mask == now:
                self.raise_event(0x140 + 4 * i)


class Watchdog(Peripheral):
    """Resets the chip if its 8 reload registers, those that are enabled, are not all written in time."""

    tasks = {0x000: "start"}
    events = (0x100,)
    plain = {0x504: 0xFFFFFFFF, 0x508: 1, 0x50C: 1}
    RELOAD = 0x6E524635

    def reset(self):
        if getattr(self, "alarm", None) and self.chip.resets and self.chip.resets[-1][1] == "asked for":
            return  # it goes on over a soft reset
        self.running, self.alarm, self.requested = False, None, 0
        super().reset()

    def start(self):
        if not self.running:
            self.running = True
            self.reload()

    def reload(self):
        self.requested = self.registers[0x508] & 0xFF
        self.chip.cancel(self.alarm)
        self.alarm = self.chip.at(self.chip.now + (self.registers[0x504] + 1) * CYCLES // TICKS, self.bark)

    def bark(self):
        self.alarm = None
        self.chip.power.reason |= 2
        self.chip.reset("watchdog")

    def read(self, offset):
        return (
            {0x400: int(self.running), 0x404: self.requested}[offset]
            if offset in (0x400, 0x404)
            else super().read(offset)
        )

    def write(self, offset, value):
        if 0x600 <= offset < 0x620:
            if value == self.RELOAD and self.running:
                self.requested &= ~(1 << (offset - 0x600) // 4)
                if not self.requested:
                    self.reload()
        elif not (self.running and offset in self.plain):
            super().write(offset, value)
