"""The processor (cpu.c), loaded as a library."""

import ctypes
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FLASH_SIZE, RAM_BASE, RAM_SIZE, INFO_BASE, INFO_SIZE = 0x80000, 0x20000000, 0x10000, 0x10000000, 0x2000
INTERRUPTS = 64
DUE, SVC, SLEEP, RESET, FAULT, BREAKPOINT, MARK = range(7)
SP, LR, PC = 13, 14, 15
READ = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
DISPLAY = ctypes.CFUNCTYPE(None, ctypes.c_uint32)
WRITE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)


def words(*names):
    return [(name, ctypes.c_uint32) for name in names]


def long_words(*names):
    return [(name, ctypes.c_uint64) for name in names]


class Cpu(ctypes.Structure):
    """`struct cpu` as far as it is public."""

    _fields_ = (
        [("r", ctypes.c_uint32 * 16)]
        + words("pc", "other_sp", "control", "primask", "basepri", "faultmask")
        + [("s", ctypes.c_uint32 * 32)]
        + words("fpscr", "it")
        + [("n", ctypes.c_int32)]
        + words("z", "c", "v")
        + long_words("now", "slept", "until", "instructions")
        + words("reason", "detail")
        + [("why", ctypes.c_char_p)]
        + words("attention", "event", "svc_stops", "vectors")
        + long_words("pending", "enabled", "active", "line")
        + words("system_pending", "depth")
        + [
            ("stack", ctypes.c_uint8 * 64),
            ("priority", ctypes.c_uint8 * (16 + INTERRUPTS)),
            ("entered", ctypes.c_uint32 * (16 + INTERRUPTS)),
        ]
        + words("deepest_nesting", "loop_address")
        + long_words("loop_turned", "loop_longest", "loop_turns", "loop_longest_at")
        + words("count_address", "count_mask", "counted")
        + [("guard_start", ctypes.c_uint32 * 4), ("guard_end", ctypes.c_uint32 * 4)]
        + words("guard_interrupts", "guard_broken")
        + words("out", "display_select", "display_clock", "display_line", "display_bits", "display_byte")
        + [("display", DISPLAY)]
        + words("slower")
        + long_words("spent")
        + [(name, ctypes.c_void_p) for name in ("flash", "ram", "info")]
        + words("ram_size")
        + [("read", READ), ("write", WRITE), ("private", ctypes.c_uint8 * 0x1100)]
    )


def library():
    """Builds cpu.so where cargo builds, if its sources are newer."""
    path = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "firmware", "cpu.so")
    sources = [os.path.join(HERE, name) for name in os.listdir(HERE) if name.endswith((".c", ".h", ".sh"))]
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, sources)):
        subprocess.run([os.path.join(HERE, "build.sh"), path], check=True)
    lib = ctypes.CDLL(path)
    p = ctypes.POINTER(Cpu)
    for name, result, *arguments in (
        ("cpu_run", ctypes.c_uint32, p, ctypes.c_uint64),
        ("cpu_reset", None, p, ctypes.c_uint32),
        ("cpu_line", None, p, ctypes.c_uint32, ctypes.c_uint32),
        ("cpu_would_wake", ctypes.c_uint32, p),
        ("cpu_flash_changed", None, p, ctypes.c_uint32, ctypes.c_uint32),
        ("cpu_flags", ctypes.c_uint32, p),
        ("exceptions_priority", ctypes.c_uint32, p),
        ("cpu_size", ctypes.c_uint32),
        ("cpu_free_variables", ctypes.c_uint32, p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    if lib.cpu_size() > ctypes.sizeof(Cpu):
        raise ValueError("cpu.py does not fit cpu.h")
    return lib
