"""The pins, GPIOTE and PPI."""

from peripheral import Peripheral


class Gpio(Peripheral):
    """Pins 0 to 31; pins.c has what is put out. What nobody drives from outside follows its pull-up."""

    plain = {0x700 + 4 * i: 2 for i in range(32)}

    def reset(self):
        self.chip.cpu.out = self.direction = self.latch = 0
        super().reset()

    def __init__(self, chip, base):
        self.driven = self.levels = 0
        self.on_input = []
        super().__init__(chip, base)

    def drive(self, pin, level):
        """Puts a level on a pin from outside; None lets go of it."""
        self.driven = self.driven & ~(1 << pin) | (level is not None) << pin
        self.levels = self.levels & ~(1 << pin) | bool(level) << pin
        for look in self.on_input:
            look()

    def level(self, pin):
        config = self.registers[0x700 + 4 * pin]
        if config & 1:
            return self.chip.cpu.out >> pin & 1
        if self.driven >> pin & 1:
            return self.levels >> pin & 1
        return config >> 2 & 3 == 3

    def read(self, offset):
        if offset in (0x504, 0x508, 0x50C):
            return self.chip.cpu.out
        if offset == 0x510:
            return sum(self.level(pin) << pin for pin in range(32) if not self.registers[0x700 + 4 * pin] & 2)
        if offset in (0x514, 0x518, 0x51C):
            return self.direction
        if offset == 0x520:
            return self.latch
        return super().read(offset)

    def write(self, offset, value):
        if offset in (0x514, 0x518, 0x51C):
            old = self.direction
            self.direction = value if offset == 0x514 else old | value if offset == 0x518 else old & ~value
            for pin in range(32):
                self.registers[0x700 + 4 * pin] = self.registers[0x700 + 4 * pin] & ~1 | self.direction >> pin & 1
        elif offset == 0x520:
            self.latch &= ~value
        else:
            super().write(offset, value)
            if offset >= 0x700:
                pin = (offset - 0x700) // 4
                self.direction = self.direction & ~(1 << pin) | (value & 1) << pin
                for look in self.on_input:
                    look()


class Gpiote(Peripheral):
    """Events by pins: 8 channels, and PORT, which is any pin that has the level it is set to sense."""

    tasks = {i * 4: "out" for i in range(8)}
    events = tuple(0x100 + 4 * i for i in range(8)) + (0x17C,)
    plain = {0x510 + 4 * i: 0 for i in range(8)}

    def __init__(self, chip, base, interrupt, gpio):
        self.gpio, self.detected, self.seen = gpio, False, {}
        super().__init__(chip, base, interrupt)
        gpio.on_input.append(self.look)

    def out(self):
        self.chip.unknown["GPIOTE: its tasks are not modelled"] += 1

    def look(self):
        gpio = self.gpio
        senses = [(pin, gpio.registers[0x700 + 4 * pin] >> 16 & 3) for pin in range(32)]
        detected = any(sense and gpio.level(pin) == (sense == 2) for pin, sense in senses)
        if detected and not self.detected:
            self.raise_event(0x17C)
        self.detected = detected
        for i in range(8):
            config = self.registers[0x510 + 4 * i]
            if config & 3 == 1:
                pin = config >> 8 & 31
                level, before = gpio.level(pin), self.seen.get(pin)
                if before is not None and level != before and config >> 16 & (1 if level else 2):
                    self.raise_event(0x100 + 4 * i)
                self.seen[pin] = level


class Ppi(Peripheral):
    """Wires from events to tasks. Channels 20 to 31, whose ends are fixed, are the radio's."""

    plain = {
        0x500: 0,
        **{0x510 + 4 * i: 0 for i in range(40)},
        **{0x800 + 4 * i: 0 for i in range(6)},
        **{0x910 + 4 * i: 0 for i in range(32)},
    }
    tasks = {4 * i: "group" for i in range(12)}

    def reset(self):
        self.wires = {}
        super().reset()

    def task(self, offset):
        channels, on = self.registers[0x800 + offset // 8 * 4], not offset & 4
        self.registers[0x500] = self.registers[0x500] | channels if on else self.registers[0x500] & ~channels
        self.connect()

    def read(self, offset):
        return self.registers[0x500] if offset in (0x504, 0x508) else super().read(offset)

    def write(self, offset, value):
        if offset in (0x504, 0x508):
            old = self.registers[0x500]
            self.registers[0x500] = old | value if offset == 0x504 else old & ~value
        else:
            super().write(offset, value)
        self.connect()

    def connect(self):
        self.wires = {}
        for i in range(20):
            if self.registers[0x500] >> i & 1:
                ends = [self.registers[0x514 + 8 * i], self.registers[0x910 + 4 * i]]
                self.wires.setdefault(self.registers[0x510 + 8 * i], []).extend(end for end in ends if end)

    def signal(self, event):
        for task in self.wires.get(event, ()):
            self.chip.pages[task >> 12].write(task & 0xFFF, 1)
