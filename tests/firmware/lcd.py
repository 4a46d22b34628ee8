"""The LCD of a Pixl.js (ST7567, 128 x 64), whose serial lines Espruino moves by hand."""
import struct
import zlib

SELECT, RESET, DATA, CLOCK, LINE = 12, 11, 13, 14, 15
WIDTH, HEIGHT, COLUMNS = 128, 64, 132


class Lcd:
    def __init__(self, gpio):
        self.memory = [bytearray(COLUMNS) for _ in range(HEIGHT // 8)]
        self.page = self.column = 0
        self.byte = self.bits = 0
        self.on = False
        gpio.on_output.append(self.look)

    def look(self, old, new):
        if new >> SELECT & 1:
            self.bits = 0
        elif new & ~old & 1 << CLOCK:
            self.byte = (self.byte << 1 | new >> LINE & 1) & 0xff
            self.bits += 1
            if self.bits == 8:
                self.bits = 0
                if new >> DATA & 1:
                    self.memory[self.page % 8][self.column % COLUMNS] = self.byte
                    self.column += 1
                else:
                    self.command(self.byte)

    def command(self, byte):
        if byte & 0xf0 == 0xb0:
            self.page = byte & 15
        elif byte & 0xf0 == 0x10:
            self.column = self.column & 15 | (byte & 15) << 4
        elif byte & 0xf0 == 0:
            self.column = self.column & 0xf0 | byte & 15
        elif byte & 0xfe == 0xae:
            self.on = bool(byte & 1)

    def pixel(self, x, y):
        return self.memory[y // 8][x] >> y % 8 & 1

    def rows(self):
        return ["".join("#" if self.pixel(x, y) else " " for x in range(WIDTH)) for y in range(HEIGHT)]

    def png(self, scale=3):
        """The picture as a PNG file."""
        lines = b"".join((b"\0" + b"".join((b"\x20" if self.pixel(x, y) else b"\xd0") * scale for x in range(WIDTH))) * scale for y in range(HEIGHT))

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = struct.pack(">IIBBBBB", WIDTH * scale, HEIGHT * scale, 8, 0, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
