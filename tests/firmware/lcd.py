"""The LCD of a Pixl.js (ST7567, 128 x 64), whose serial lines Espruino moves by hand."""

import struct
import zlib

from cpu import DISPLAY

SELECT, DATA, CLOCK, LINE = 12, 13, 14, 15
WIDTH, HEIGHT, COLUMNS = 128, 64, 132


class Lcd:
    def __init__(self, chip):
        self.memory = [bytearray(COLUMNS) for _ in range(HEIGHT // 8)]
        self.page = self.column = 0
        self.on = False
        self.cpu = cpu = chip.cpu
        cpu.display_select, cpu.display_clock, cpu.display_line = 1 << SELECT, 1 << CLOCK, 1 << LINE
        cpu.display = self.callback = DISPLAY(self.take)

    def take(self, byte):
        if self.cpu.out >> DATA & 1:
            if self.column < COLUMNS:
                self.memory[self.page % 8][self.column] = byte
            self.column += 1
        else:
            self.command(byte)

    def command(self, byte):
        if byte & 0xF0 == 0xB0:
            self.page = byte & 15
        elif byte & 0xF0 == 0x10:
            self.column = self.column & 15 | (byte & 15) << 4
        elif byte & 0xF0 == 0:
            self.column = self.column & 0xF0 | byte & 15
        elif byte & 0xFE == 0xAE:
            self.on = bool(byte & 1)

    def pixel(self, x, y):
        return self.memory[y // 8][x] >> y % 8 & 1

    def rows(self):
        return ["".join("#" if self.pixel(x, y) else " " for x in range(WIDTH)) for y in range(HEIGHT)]

    def png(self, scale=3):
        """The picture as a PNG file."""
        lines = b"".join(
            (b"\0" + b"".join((b"\x20" if self.pixel(x, y) else b"\xd0") * scale for x in range(WIDTH))) * scale
            for y in range(HEIGHT)
        )

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = struct.pack(">IIBBBBB", WIDTH * scale, HEIGHT * scale, 8, 0, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
        )
