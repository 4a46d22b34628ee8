"""POWER and CLOCK, which share a page: clocks start at once or nearly so; why the chip was reset."""

from chip import HZ
from peripheral import Peripheral


class Power(Peripheral):
    tasks = {
        0x000: "high_start",
        0x004: "high_stop",
        0x008: "low_start",
        0x00C: "low_stop",
        0x010: "calibrate",
        0x078: "nothing",
        0x07C: "nothing",
    }
    events = (0x100, 0x104, 0x108, 0x10C, 0x110, 0x114, 0x118)
    plain = {
        0x500: 0,
        0x510: 0,
        0x518: 0,
        0x51C: 0,
        0x520: 0,
        0x524: 3,
        0x528: 0,
        0x538: 0,
        0x554: 3,
        0x578: 0,
        0x53C: 0,
        0xEE4: 0,  # these two without a name, for errata
        **{0x900 + 16 * i: 0xFFFF for i in range(8)},
        **{0x904 + 16 * i: 0 for i in range(8)},
        **{0x908 + 16 * i: 0 for i in range(8)},
    }
    reason = 1  # RESETREAS; it stays until it is cleared

    def reset(self):
        kept = getattr(self, "registers", {}).get(0x51C, 0)  # GPREGRET
        self.high = self.low = False
        super().reset()
        self.registers[0x51C] = kept

    def high_start(self):
        self.high = True
        self.chip.at(self.chip.now + HZ // 2800, self.raise_event, 0x100)

    def high_stop(self):
        self.high = False

    def low_start(self):
        self.low = True
        self.chip.at(self.chip.now + HZ // 4000, self.raise_event, 0x104)

    def low_stop(self):
        self.low = False

    def calibrate(self):
        self.chip.at(self.chip.now + HZ // 60, self.raise_event, 0x10C)

    def nothing(self):
        pass

    def read(self, offset):
        state = {
            0x400: self.reason,
            0x408: self.high,
            0x40C: 0x10001 if self.high else 0,
            0x414: self.low,
            0x418: 0x10000 | self.registers[0x518] if self.low else 0,
            0x41C: self.registers[0x518],
        }
        return int(state[offset]) if offset in state else super().read(offset)

    def write(self, offset, value):
        if offset == 0x400:
            self.reason &= ~value
        else:
            super().write(offset, value)
