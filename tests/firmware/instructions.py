"""A program with instructions of all kinds, for two processors to compare: each kind runs with many operands, and what comes out
of it, registers and flags, goes into a checksum that is printed."""

import random

VALUES = (
    0,
    1,
    2,
    7,
    0x1F,
    0x20,
    0x21,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x12345678,
    0x7FFFFFFF,
    0x80000000,
    0x80000001,
    0xDEADBEEF,
    0xFFFFFFF0,
    0xFFFFFFFF,
)
# r0 and r1 are operands, r2 and r3 results or more operands; flags are set before, and read after.
REGISTERS = [
    "adds r2, r0, r1",
    "subs r2, r0, r1",
    "adcs r2, r0, r1",
    "sbcs r2, r0, r1",
    "rsbs r2, r0, #0",
    "ands r2, r0, r1",
    "orrs r2, r0, r1",
    "eors r2, r0, r1",
    "bics r2, r0, r1",
    "orns r2, r0, r1",
    "mvns r2, r0",
    "movs r2, r0",
    "cmp r0, r1",
    "cmn r0, r1",
    "tst r0, r1",
    "teq r0, r1",
    "muls r2, r0, r2",
    "mul r2, r0, r1",
    "mla r2, r0, r1, r3",
    "mls r2, r0, r1, r3",
    "umull r2, r3, r0, r1",
    "smull r2, r3, r0, r1",
    "umlal r2, r3, r0, r1",
    "smlal r2, r3, r0, r1",
    "umaal r2, r3, r0, r1",
    "udiv r2, r0, r1",
    "sdiv r2, r0, r1",
    "lsls r2, r0, r1",
    "lsrs r2, r0, r1",
    "asrs r2, r0, r1",
    "rors r2, r0, r1",
    "clz r2, r0",
    "rbit r2, r0",
    "rev r2, r0",
    "rev16 r2, r0",
    "revsh r2, r0",
    "sxtb r2, r0",
    "sxth r2, r0",
    "uxtb r2, r0",
    "uxth r2, r0",
    "sxtab r2, r0, r1",
    "uxtah r2, r0, r1, ror #8",
    "sxtb.w r2, r1, ror #16",
    "smulbb r2, r0, r1",
    "smultb r2, r0, r1",
    "smlabt r2, r0, r1, r3",
    "smulwt r2, r0, r1",
    "smlawb r2, r0, r1, r3",
    "smmul r2, r0, r1",
    "smmulr r2, r0, r1",
    "smmla r2, r0, r1, r3",
    "smmls r2, r0, r1, r3",
    "smlalbt r2, r3, r0, r1",
    "smuad r2, r0, r1",
    "smusdx r2, r0, r1",
    "smlad r2, r0, r1, r3",
    "smlsd r2, r0, r1, r3",
    "pkhbt r2, r0, r1, lsl #4",
    "pkhtb r2, r0, r1, asr #7",
    "ssat r2, #9, r0",
    "usat r2, #11, r0",
    "ssat r2, #17, r0, lsl #3",
    "usat r2, #5, r0, asr #6",
    "rrxs r2, r0",
    "uadd8 r2, r0, r1",
    "usub8 r2, r0, r1",
    "sadd8 r2, r0, r1",
    "ssub8 r2, r0, r1",
    "uadd16 r2, r0, r1",
    "usub16 r2, r0, r1",
    "sadd16 r2, r0, r1",
    "ssub16 r2, r0, r1",
    "uqadd8 r2, r0, r1",
    "uqsub16 r2, r0, r1",
    "qadd8 r2, r0, r1",
    "qsub16 r2, r0, r1",
    "uhadd8 r2, r0, r1",
    "shsub16 r2, r0, r1",
    "uadd8 r2, r0, r1; sel r2, r1, r3",
    "addw r2, r0, #0xabc",
    "subw r2, r0, #0xabc",
    "movw r2, #0xbeef",
    "movt r2, #0xbeef",
    "mrs r2, apsr; and r2, #0xf0000000",
]
CODES = [
    "ite eq; addeq r2, r0, r1; subne r2, r0, r1",
    "itte hi; movhi r2, r0; addhi r2, #3; movls r2, r1",
    "ittt lt; addlt r2, #1; addlt r2, #2; addlt r2, #4",
    "itee ge; addge r2, r0; eorlt r2, r1; addlt r2, #9",
    "it vs; mvnvs r2, r0",
    "it pl; lslpl r2, r0, #3",
    "itt cs; addcs r2, r0; cmpcs r2, r1",
]
BRANCHES = ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
# r4 points into memory that has a pattern; r5 is a small offset.
MEMORY = [
    "ldr r2, [r4]",
    "ldr r2, [r4, #1]",
    "ldrh r2, [r4, #3]",
    "ldrb r2, [r4, #5]",
    "ldrsb r2, [r4, #7]",
    "ldrsh r2, [r4, #5]",
    "ldr r2, [r4, #-8]",
    "ldr r2, [r4], #12",
    "ldr r2, [r4, #12]!",
    "ldrb r2, [r4], #-3",
    "ldrsh r2, [r4, #-6]!",
    "ldr r2, [r4, r5]",
    "ldr r2, [r4, r5, lsl #2]",
    "ldrh r2, [r4, r5, lsl #1]",
    "ldrsb r2, [r4, r5]",
    "ldrsh r2, [r4, r5]",
    "ldrb.w r2, [r4, r5, lsl #3]",
    "ldrd r2, r3, [r4, #8]",
    "ldrd r2, r3, [r4], #16",
    "ldrd r2, r3, [r4, #-16]!",
    "ldm r4, {r2, r3}",
    "ldm r4!, {r2, r3, r6}",
    "ldmdb r4!, {r2, r3}",
    "str r0, [r4]",
    "strh r0, [r4, #2]",
    "strb r0, [r4, #1]",
    "str r0, [r4], #4",
    "str r0, [r4, #-4]!",
    "str r0, [r4, r5]",
    "strh.w r0, [r4, r5, lsl #1]",
    "strd r0, r1, [r4, #8]",
    "strd r0, r1, [r4], #-8",
    "stm r4!, {r0, r1}",
    "stmdb r4!, {r0, r1}",
    "push {r0, r1}; pop {r2, r3}",
    "ldrex r2, [r4]; strex r3, r0, [r4]",
    "ldrexb r2, [r4]; strexb r3, r0, [r4]",
    "str r0, [r4, #2]",
    "push {r0}; pop {r3}",
    "tbb [pc, r5]; .byte 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16; add r2, #1; add r2, #1; add r2, #1; add r2, #1; add r2, #1; add r2, #1; add r2, #1; add r2, #1",
]
FLOATS = [
    "vadd.f32 s2, s0, s1",
    "vsub.f32 s2, s0, s1",
    "vmul.f32 s2, s0, s1",
    "vdiv.f32 s2, s0, s1",
    "vnmul.f32 s2, s0, s1",
    "vmla.f32 s2, s0, s1",
    "vmls.f32 s2, s0, s1",
    "vnmla.f32 s2, s0, s1",
    "vnmls.f32 s2, s0, s1",
    "vfma.f32 s2, s0, s1",
    "vfms.f32 s2, s0, s1",
    "vfnma.f32 s2, s0, s1",
    "vfnms.f32 s2, s0, s1",
    "vsqrt.f32 s2, s0",
    "vabs.f32 s2, s0",
    "vneg.f32 s2, s0",
    "vmov.f32 s2, s0",
    "vmov.f32 s2, #1.25",
    "vmov.f32 s2, #-0.1875",
    "vcvt.f32.s32 s2, s0",
    "vcvt.f32.u32 s2, s0",
    "vcvt.s32.f32 s2, s0",
    "vcvt.u32.f32 s2, s0",
    "vcvtr.s32.f32 s2, s0",
    "vcmp.f32 s0, s1; vmrs apsr_nzcv, fpscr",
    "vcmp.f32 s0, #0.0; vmrs apsr_nzcv, fpscr",
    "vmov r2, r3, s0, s1",
    "vmov d1, r0, r1",
    "vmov s2, r1",
    "vpush {s0-s3}; vpop {s0-s3}",
    "vstr s0, [r4]; vldr s2, [r4]",
    "vstr d0, [r4]; vldr d1, [r4]",
    "vstmia r4!, {s0-s1}",
    "vldmdb r4!, {s2-s3}",
]
FLOAT_VALUES = (
    0,
    0x80000000,
    0x3F800000,
    0xBF800000,
    0x40490FDB,
    0x7F7FFFFF,
    0x7F800000,
    0xFF800000,
    0x4F000000,
    0xCF000000,
    0x4EFFFFFF,
    0x3F000000,
    0x3EFFFFFF,
    0x3FC00000,
    0x4B000001,
    0x12345678,
    0xDEADBEEF & 0x7FFFFFFF,
    0x4F800000,
    0xC0A00000,
)
TEMPLATE = """
__attribute__((naked, noinline)) static void case_{n}(struct state *s __attribute__((unused))) {{
  __asm__ volatile("push {{r4-r8, lr}}\\n mov r8, r0\\n ldr r4, [r8, #36]\\n ldr r5, [r8, #40]\\n ldr r0, [r8, #16]\\n msr apsr_nzcvq, r0\\n"
    "vldr s0, [r8, #20]\\n vldr s1, [r8, #24]\\n vldr s2, [r8, #28]\\n vldr s3, [r8, #32]\\n"
    "ldr r0, [r8]\\n ldr r1, [r8, #4]\\n ldr r2, [r8, #8]\\n ldr r3, [r8, #12]\\n mov r6, #0\\n"
    "{code}\\n"
    "str r0, [r8]\\n str r1, [r8, #4]\\n str r2, [r8, #8]\\n str r3, [r8, #12]\\n str r4, [r8, #36]\\n mrs r0, apsr\\n str r0, [r8, #16]\\n"
    "vstr s0, [r8, #20]\\n vstr s1, [r8, #24]\\n vstr s2, [r8, #28]\\n vstr s3, [r8, #32]\\n str r6, [r8, #44]\\n pop {{r4-r8, pc}}");
}}
"""
MAIN = """
static uint32_t sum;
static void add(uint32_t x) { sum = (sum << 5 | sum >> 27) ^ x * 2654435761u; }
static const uint32_t values[] = {VALUES}, float_values[] = {FLOAT_VALUES};
enum { N = sizeof values / 4, F = sizeof float_values / 4 };
static uint32_t memory[32];

static void try(void (*run)(struct state *), const char *name, int is_float) {
  uint32_t i, j, flags, k;
  sum = 0;
  for (i = 0; i < (is_float ? F : N); i++)
    for (j = 0; j < (is_float ? F : N); j++)
      for (flags = 0; flags < 16; flags += is_float ? 16 : 5) {
        struct state s = {0};
        for (k = 0; k < 32; k++) memory[k] = k * 0x87654321u + i;
        s.r[0] = values[i % N];
        s.r[1] = values[j % N];
        s.r[2] = values[(i + j) % N];
        s.r[3] = values[(i * 7 + j) % N];
        s.flags = flags << 28;
        s.s[0] = float_values[i % F];
        s.s[1] = float_values[j % F];
        s.s[2] = float_values[(i + j) % F];
        s.s[3] = float_values[(i * 7 + j) % F];
        s.address = (uint32_t)(uintptr_t)(memory + 8);
        s.offset = j % 8;
        run(&s);
        for (k = 0; k < 4; k++) add(s.r[k]), add(s.s[k]);
        add(s.flags & 0xf0000000);
        add(s.address - (uint32_t)(uintptr_t)memory);
        add(s.more);
        for (k = 0; k < 32; k++) add(memory[k]);
      }
  say_number(name, (long)sum);
}

int main(void) {
  *(volatile uint32_t *)0xe000ed88 |= 15 << 20; /* CPACR: the floating-point unit is on */
CALLS  return 0;
}
"""


def program():
    rng = random.Random(3)
    codes = list(REGISTERS) + list(CODES) + list(MEMORY)
    codes += [f"b{c} 1f; add r2, #1; 1: add r2, #2" for c in BRANCHES] + [
        f"b{c}.w 1f; add r2, #1; 1: add r2, #2" for c in BRANCHES
    ]
    codes += [
        "cbz r1, 1f; add r2, #1; 1: add r2, #2",
        "cbnz r1, 1f; add r2, #1; 1: add r2, #2",
        "bl 1f; b 2f; 1: add r2, #5; bx lr; 2: nop",
    ]
    for op in ("add", "sub", "adc", "sbc", "rsb", "and", "orr", "eor", "bic", "orn"):
        for _ in range(3):
            constant = rng.choice(
                (
                    rng.randrange(256),
                    0x01010101 * rng.randrange(256),
                    0x00010001 * rng.randrange(256),
                    (0x80 | rng.randrange(128)) << rng.randrange(1, 24),
                )
            )
            codes.append(f"{op}s.w r2, r0, #{constant:#x}")
            codes.append(f"{op}s.w r2, r0, r1, {rng.choice(('lsl', 'lsr', 'asr', 'ror'))} #{rng.randrange(1, 32)}")
    codes += [f"{op}s r2, r0, #{n}" for op in ("lsl", "lsr", "asr") for n in (1, 15, 31)] + [
        "lsrs r2, r0, #32",
        "asrs r2, r0, #32",
    ]
    for _ in range(6):
        low = rng.randrange(31)
        width = rng.randrange(1, 33 - low)
        codes += [
            f"ubfx r2, r0, #{low}, #{width}",
            f"sbfx r2, r0, #{low}, #{width}",
            f"bfi r2, r0, #{low}, #{width}",
            f"bfc r2, #{low}, #{width}",
        ]
    text = (
        '#include <stdint.h>\n#include "chip.h"\nstruct state { uint32_t r[4], flags, s[4], address, offset, more; };\n'
    )
    calls = ""
    for n, code in enumerate(codes + FLOATS):
        text += TEMPLATE.format(n=n, code=code.replace("; ", "\\n "))
        calls += f'  try(case_{n}, "{n} {code[:60]}", {int(code in FLOATS)});\n'
    values = ", ".join(f"{v:#x}u" for v in VALUES)
    floats = ", ".join(f"{v:#x}u" for v in FLOAT_VALUES)
    return text + MAIN.replace("FLOAT_VALUES}", floats + "}").replace("{VALUES}", "{" + values + "}").replace(
        "CALLS", calls
    )
