"""What is needed of an ELF file: what is in flash, and where the symbols are."""

import bisect
import struct


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{path} is no ELF file of a 32-bit processor")
        self.path = path
        self.entry, programs, sections = struct.unpack_from("<III", data, 24)
        program_size, n_programs, section_size, n_sections = struct.unpack_from("<HHHH", data, 42)
        self.segments = []  # (address in flash, bytes)
        for i in range(n_programs):
            kind, offset, _, physical, length = struct.unpack_from("<IIIII", data, programs + i * program_size)
            if kind == 1 and length:
                self.segments.append((physical, data[offset : offset + length]))
        self.symbols, self.sizes, names = {}, {}, []
        headers = [struct.unpack_from("<IIIIIIIIII", data, sections + i * section_size) for i in range(n_sections)]
        for _, kind, _, _, offset, length, link, _, _, entry in headers:
            if kind != 2:
                continue
            text = data[headers[link][4] : headers[link][4] + headers[link][5]]
            for at in range(offset, offset + length, entry):
                name, value, size, info, _, section = struct.unpack_from("<IIIBBH", data, at)
                if not section or info & 15 > 2:
                    continue
                name = text[name : text.index(b"\0", name)].decode()
                if name and name[0] != "$":
                    self.symbols[name] = value
                    self.sizes[name] = size
                    if info & 15 == 2:
                        names.append((value & ~1, name))
        self.functions = sorted(names)

    def where(self, address):
        """The function that an address is in, for messages."""
        i = bisect.bisect_right(self.functions, (address & ~1, "\x7f")) - 1
        return f"{self.functions[i][1]}+{(address & ~1) - self.functions[i][0]:#x}" if i >= 0 else f"{address:#x}"
