"""A Pixl.js: the chip with its peripherals, SoftDevice, LCD and buttons."""

from bluetooth import Bluetooth
from chip import HZ, Chip
from flash import Nvmc
from gpio import Gpio, Gpiote, Ppi
from lcd import Lcd
from power import Power
from small import Egu, Pwm, Rng, RomTable, Saadc, SpiMaster, Temperature
from softdevice import SoftDevice
from timers import Rtc, Timer, Watchdog
from uart import Uart

PINS = {"D0": 25, "D1": 26, "D2": 27, "D3": 30, "D4": 31, "BTN1": 23, "BTN2": 21, "BTN3": 22, "BTN4": 24}


def add_peripherals(chip):
    """Everything that an nRF52832 has and a program here may use."""
    chip.power = chip.add(Power(chip, 0x40000000, 0))
    chip.uart = chip.add(Uart(chip, 0x40002000, 2))
    chip.spi = [
        chip.add(SpiMaster(chip, base, irq)) for base, irq in ((0x40003000, 3), (0x40004000, 4), (0x40023000, 35))
    ]
    chip.gpio = chip.add(Gpio(chip, 0x50000000))
    chip.gpiote = chip.add(Gpiote(chip, 0x40006000, 6, chip.gpio))
    chip.saadc = chip.add(Saadc(chip, 0x40007000, 7))
    chip.timers = [
        chip.add(Timer(chip, base, irq))
        for base, irq in ((0x40008000, 8), (0x40009000, 9), (0x4000A000, 10), (0x4001A000, 26), (0x4001B000, 27))
    ]
    chip.rtc0, chip.rtc1, chip.rtc2 = (
        chip.add(Rtc(chip, base, irq)) for base, irq in ((0x4000B000, 11), (0x40011000, 17), (0x40024000, 36))
    )
    chip.temperature = chip.add(Temperature(chip, 0x4000C000, 12))
    chip.rng = chip.add(Rng(chip, 0x4000D000, 13))
    chip.watchdog = chip.add(Watchdog(chip, 0x40010000, 16))
    for i in range(6):
        chip.add(Egu(chip, 0x40014000 + 0x1000 * i, 20 + i))
    for base, irq in ((0x4001C000, 28), (0x40021000, 33), (0x40022000, 34)):
        chip.add(Pwm(chip, base, irq))
    chip.add(RomTable(chip, 0xF0000000))
    chip.nvmc = chip.add(Nvmc(chip, 0x4001E000))
    chip.ppi = chip.add(Ppi(chip, 0x4001F000))


class Pixl(Chip):
    """With the SoftDevice in front of the program, as `espruino-patch/README.md` builds it."""

    def __init__(self, image):
        super().__init__(image)
        add_peripherals(self)
        self.lcd = Lcd(self)
        self.bluetooth = Bluetooth(self)
        self.softdevice = SoftDevice(self)
        self.on_reset = self.restart

    def restart(self, why):
        self.bluetooth.reset(why)
        self.softdevice.reset(why)

    def press(self, button, down=True):
        self.gpio.drive(PINS[button], 0 if down else None)  # pulled up
