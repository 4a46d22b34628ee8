"""NVMC, which writes flash while the processor stands still, and the pages with what the factory and the user have set."""

from chip import HZ, Fault
from cpu import FLASH_SIZE, INFO_BASE
from peripheral import Peripheral

PAGE = 4096
WRITE_WORD, ERASE_PAGE = HZ * 67.5e-6, HZ * 89.7e-3  # nRF52832 product specification 1.4, table 10
FICR = {
    0x010: PAGE,
    0x014: FLASH_SIZE // PAGE,
    0x060: 0x12345678,
    0x064: 0x9ABCDEF0,
    0x0A0: 0xFFFFFF01,
    0x0A4: 0xAABBCCDD,
    0x0A8: 0xFFFF1122,
    0x100: 0x52832,
    0x104: 0x41414530,
    0x108: 0x2000,
    0x10C: 64,
    0x110: 512,
    0x130: 8,
    0x134: 0,
}
UICR = {0x1200: 21, 0x1204: 21, 0x120C: 0xFFFFFFFE}  # the reset pin, NFC off, as Espruino's bootloader leaves them


class Nvmc(Peripheral):
    plain = {0x504: 0, 0x540: 0, 0x548: 0, 0x54C: 0}
    writes = erases = 0

    def __init__(self, chip, base):
        super().__init__(chip, base)
        for offset, value in {**FICR, **UICR}.items():
            chip.set_word(INFO_BASE + offset, value)

    def read(self, offset):
        return 1 if offset in (0x400, 0x408) else super().read(offset)

    def write(self, offset, value):
        if offset == 0x508:
            self.erase(value)
        elif offset == 0x514:
            self.chip.poke(INFO_BASE + 0x1000, b"\xff" * PAGE)
        else:
            super().write(offset, value)

    def store(self, address, value):
        """What the processor writes to an address in flash or UICR."""
        if self.registers[0x504] & 3 != 1:
            raise Fault(f"a write to flash at {address:#x}, which is not enabled")
        self.program(address, value.to_bytes(4, "little"))

    def program(self, address, data):
        """Bits can only be cleared."""
        old = self.chip.peek(address, len(data))
        self.chip.poke(address, bytes(x & y for x, y in zip(old, data)))
        self.writes += len(data) // 4
        self.chip.halt(len(data) // 4 * WRITE_WORD)

    def erase(self, address):
        self.chip.poke(address & -PAGE, b"\xff" * PAGE)
        self.erases += 1
        self.chip.halt(ERASE_PAGE)
