"""What Nordic's peripherals have in common: tasks, events, shortcuts, an interrupt line, plain registers."""


class Peripheral:
    """A subclass names what it has; any other register is reported as unknown.

    tasks:  offset -> name of a method       events: offsets
    plain:  offsets of registers that only keep what is written, with the value after a reset
    shorts: bit -> (event's offset, task's offset)
    """

    tasks, events, plain, shorts = {}, (), {}, {}

    def __init__(self, chip, base, interrupt=None):
        self.chip, self.base, self.interrupt = chip, base, interrupt
        self.pages = [base]
        self.reset()

    def reset(self):
        self.registers = dict(self.plain)
        self.event = dict.fromkeys(self.events, 0)
        self.enabled = self.short = 0

    def read(self, offset):
        if offset in self.event:
            return self.event[offset]
        if offset in self.registers:
            return self.registers[offset]
        if offset in (0x300, 0x304, 0x308):
            return self.enabled
        if offset == 0x200:
            return self.short
        if offset in self.tasks:
            return 0
        return self.chip.not_known("read", self.base + offset)

    def write(self, offset, value):
        if offset in self.event:
            self.event[offset] = value & 1
            self.update()
        elif offset in self.tasks:
            if value & 1:
                self.task(offset)
        elif offset in self.registers:
            self.registers[offset] = value
            self.changed(offset, value)
        elif offset == 0x304:
            self.enabled |= value
            self.update()
        elif offset == 0x308:
            self.enabled &= ~value
            self.update()
        elif offset == 0x300:
            self.enabled = value
            self.update()
        elif offset == 0x200:
            self.short = value
        elif offset != 0xFFC:  # power of the peripheral itself
            self.chip.not_known("written", self.base + offset)

    def changed(self, offset, value):
        pass

    def task(self, offset):
        getattr(self, self.tasks[offset])()

    def raise_event(self, offset):
        self.event[offset] = 1
        self.update()
        for bit, (event, task) in self.shorts.items():
            if event == offset and self.short >> bit & 1:
                self.task(task)
        ppi = self.chip.ppi
        if ppi is not None and ppi.wires:
            ppi.signal(self.base + offset)

    def update(self):
        """The interrupt line is up as long as an event is that has its interrupt enabled."""
        if self.interrupt is not None:
            self.chip.line(
                self.interrupt,
                any(value and self.enabled >> (offset - 0x100 >> 2) & 1 for offset, value in self.event.items()),
            )
