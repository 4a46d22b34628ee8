"""UART without DMA: a FIFO of 6 bytes for what is received; what finds it full is lost, and counted."""

import collections

from chip import HZ
from peripheral import Peripheral

FIFO = 6
OVERRUN, FRAMING = 1, 4


class Uart(Peripheral):
    RXDRDY, TXDRDY, ERROR, RXTO = 0x108, 0x11C, 0x124, 0x144
    tasks = {
        0x000: "start_receiving",
        0x004: "stop_receiving",
        0x008: "start_sending",
        0x00C: "stop_sending",
        0x01C: "stop_sending",
    }
    events = (0x100, 0x104, RXDRDY, TXDRDY, ERROR, RXTO)
    plain = {
        0x480: 0,
        0x500: 0,
        0x508: 0xFFFFFFFF,
        0x50C: 0xFFFFFFFF,
        0x510: 0xFFFFFFFF,
        0x514: 0xFFFFFFFF,
        0x524: 0x4000000,
        0x56C: 0,
    }
    on_byte = None  # what is at the other end: on_byte(byte, baud rate, pin)
    lost = unheard = 0

    def reset(self):
        self.fifo = collections.deque()
        self.receiving = self.sending = False
        self.shifting = None
        self.waiting = collections.deque()
        super().reset()

    @property
    def baud(self):
        return self.registers[0x524] * 16_000_000 / 2**32

    def byte_time(self, baud=None):
        return 10 * HZ / (baud or self.baud)

    @property
    def ready(self):
        """Whether RTS lets the other end send; without flow control it always may."""
        return not self.registers[0x56C] & 1 or len(self.fifo) < FIFO - 2

    def start_receiving(self):
        self.receiving = True

    def stop_receiving(self):
        self.receiving = False
        self.raise_event(self.RXTO)

    def start_sending(self):
        self.sending = True

    def stop_sending(self):
        self.sending = False

    def receive(self, byte, baud, pin):
        """A byte has arrived on that pin, at that speed."""
        if not self.receiving or self.registers[0x500] != 4 or self.registers[0x514] != pin:
            self.unheard += 1
        elif abs(self.baud - baud) > 0.04 * baud:
            self.fail(FRAMING)
        elif len(self.fifo) >= FIFO:
            self.lost += 1
            self.fail(OVERRUN)
        else:
            self.fifo.append(byte)
            if len(self.fifo) == 1:
                self.raise_event(self.RXDRDY)

    def fail(self, reason):
        self.registers[0x480] |= reason
        self.raise_event(self.ERROR)

    def read(self, offset):
        if offset != 0x518:
            return super().read(offset)
        byte = self.fifo.popleft() if self.fifo else 0
        if self.fifo:
            self.raise_event(self.RXDRDY)  # the next one moves up
        return byte

    def write(self, offset, value):
        if offset == 0x480:
            self.registers[offset] &= ~value
        elif offset == 0x51C:
            if self.sending and self.registers[0x500] == 4:
                self.waiting.append(value & 0xFF)
                if not self.shifting:
                    self.shift()
        else:
            super().write(offset, value)

    def shift(self):
        self.shifting = self.chip.at(
            self.chip.now + self.byte_time(), self.sent, self.waiting.popleft(), self.baud, self.registers[0x50C]
        )

    def sent(self, byte, baud, pin):
        self.shifting = None
        if self.waiting:
            self.shift()
        self.raise_event(self.TXDRDY)
        if self.on_byte:
            self.on_byte(byte, baud, pin)
