"""Arm's semihosting, by which the small images print, read files and end; and the marks of tests/bench."""

import os

SYS_OPEN, SYS_CLOSE, SYS_WRITE0, SYS_WRITE, SYS_READ, SYS_GET_CMDLINE, SYS_EXIT = 1, 2, 4, 5, 6, 0x15, 0x18
APPLICATION_EXIT = 0x20026
MODES = {1: "rb", 5: "wb"}


class Semihosting:
    def __init__(self, chip, command, folder=None):
        self.chip, self.command, self.folder = chip, command, folder
        self.printed, self.files, self.ended = bytearray(), {}, None
        self.counting, self.counted, self.counts = None, 0, []
        chip.on_breakpoint, chip.on_mark = self.call, self.mark

    @property
    def text(self):
        return self.printed.decode("latin-1")

    def string(self, at):
        data = bytearray()
        while (byte := self.chip.peek(at + len(data), 1)) != b"\0":
            data += byte
        return bytes(data)

    def call(self, _):
        """Whether the program has ended."""
        r, chip = self.chip.cpu.r, self.chip
        operation, at = r[0], r[1]
        r[0] = 0
        if operation == SYS_WRITE0:
            self.printed += self.string(at)
        elif operation == SYS_OPEN:
            name, mode, length = chip.words(at, 3)
            path = os.path.join(self.folder or "", chip.peek(name, length).decode())
            try:
                file = open(path, MODES[mode], buffering=0)
                self.files[file.fileno()] = file
                r[0] = file.fileno()
            except OSError:
                r[0] = 0xFFFFFFFF
        elif operation == SYS_READ:
            number, to, length = chip.words(at, 3)
            data = self.files[number].read(length)
            chip.poke(to, data)
            r[0] = length - len(data)
        elif operation == SYS_WRITE:
            number, data, length = chip.words(at, 3)
            self.files[number].write(chip.peek(data, length))
        elif operation == SYS_CLOSE:
            self.files.pop(chip.word(at)).close()
        elif operation == SYS_GET_CMDLINE:
            to, _ = chip.words(at, 2)
            chip.poke(to, self.command.encode() + b"\0")
            chip.set_word(at + 4, len(self.command))
        elif operation == SYS_EXIT:
            self.ended = 0 if at == APPLICATION_EXIT else 1
            return True
        else:
            raise ValueError(f"semihosting operation {operation:#x}")
        return False

    def mark(self, which):
        """Start counting cycles, stop, report."""
        now = self.chip.now
        if which == 0x20:
            self.counting = now
        elif which == 0x21 and self.counting is not None:
            self.counted += now - self.counting
            self.counting = None
        elif which == 0x22:
            self.counts.append(self.counted)
            self.counted = 0
