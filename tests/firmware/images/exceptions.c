/* Exceptions: priorities, nesting, tail-chaining, masks, SVC, PendSV, both stacks, floating-point registers, IT blocks.
 */

#include "../../chip/chip.h"
#include "nrf.h"

static char log_of[64];
static unsigned logged;
static void note(char c) { log_of[logged++ % sizeof log_of] = c; }
static int same(const char *text) {
  unsigned i;
  for (i = 0; text[i] && i < logged; i++)
    if (text[i] != log_of[i]) return 0;
  i = !text[i] && i == logged;
  logged = 0;
  return (int)i;
}

static volatile uint32_t left, active;
static unsigned once, again;

/* Interrupts 20 to 25 are SWI0 to SWI5. 20 is the least urgent, 22 the most. */
void irq20(void) {
  note('a');
  active = ICSR & 0x1ff;
  ISPR(21) = 1u << 21; /* more urgent: at once */
  __asm__ volatile("dsb\n isb");
  note('A');
}
void irq21(void) {
  note('b');
  ISPR(22) = 1u << 22;
  if (!once++) ISPR(20) = 1u << 20; /* it is active, below: later */
  __asm__ volatile("dsb\n isb");
  note('B');
}
void irq22(void) { note('c'); }
void irq23(void) {
  note('d');
  if (!again++) {
    ISPR(24) = 1u << 24; /* the same priority: after this one, without unstacking */
    __asm__ volatile("dsb\n isb");
  }
  left = CYCLES;
  note('D');
}
static volatile uint32_t chained;
void irq24(void) {
  chained = CYCLES - left;
  note('e');
}
void pendsv(void) { note('p'); }

static volatile uint32_t svc_argument, svc_number;
__attribute__((naked)) void svc(void) {
  __asm__ volatile("tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n b svc_with_frame");
}
__attribute__((used)) void svc_with_frame(uint32_t *stacked) {
  svc_argument = stacked[0];
  svc_number = ((uint16_t *)stacked[6])[-1] & 0xff;
  stacked[0] = 4711;
}

uint32_t sp_seen[2]; /* stack pointer and LR in the handler */
__attribute__((naked)) void irq25(void) {
  __asm__ volatile(
      "ldr r0, =sp_seen\n mov r1, sp\n str r1, [r0]\n str lr, [r0, #4]\n vmov s0, r1\n vmov s15, r1\n bx lr\n .ltorg");
}
static uint32_t call_svc(uint32_t x) {
  register uint32_t r0 __asm__("r0") = x;
  __asm__ volatile("svc 42" : "+r"(r0)::"memory");
  return r0;
}

/* Adds 17 to the word, with these interrupts on the way; what STREX says: 1 if it did not store. */
static uint32_t word;
static uint32_t exclusive(uint32_t interrupts) {
  uint32_t failed, x;
  __asm__ volatile(
      "ldrex %1, [%2]\n add %1, #17\n str %3, [%4]\n dsb\n isb\n strex %0, %1, [%2]"
      : "=&r"(failed), "=&r"(x)
      : "r"(&word), "r"(interrupts), "r"(&ISPR(0))
      : "memory");
  return failed;
}

static void pend(unsigned n) {
  ISPR(n) = 1u << n;
  __asm__ volatile("dsb\n isb" ::: "memory");
}

/* A timer's interrupt, at every possible place of a loop with IT blocks. */
static volatile uint32_t ticks;
void irq8(void) {
  TIMER(0, COMPARE0) = 0;
  ticks++;
  __asm__ volatile("movs r0, #1\n cmp r0, #2\n vmov s3, r0" ::: "r0", "cc"); /* other flags, other registers */
}

static uint32_t with_blocks(uint32_t n) {
  uint32_t x = 1, i;
  for (i = 0; i < n; i++) {
    __asm__ volatile(
        "tst %0, #1\n ittee ne\n addne %0, %0, %1\n eorne %0, %0, #0x55\n lsreq %0, %0, #1\n addeq %0, %0, #3\n"
        "cmp %0, %1\n itett hi\n subhi %0, %0, #7\n addls %0, %0, #11\n rorhi %0, %0, #3\n mvnhi %0, %0"
        : "+r"(x)
        : "r"(i)
        : "cc");
  }
  return x;
}

int main(void) {
  uint32_t before, with_psp, i, expected;
  static uint32_t other_stack[256] __attribute__((aligned(8)));
  interrupt_on(20, 6);
  interrupt_on(21, 4);
  interrupt_on(22, 2);
  interrupt_on(23, 5);
  interrupt_on(24, 5);
  interrupt_on(25, 3);
  SYSTEM_PRIORITY(14) = 7 << 5;

  /* Nesting: 20 begins, 21 interrupts it, 22 interrupts that; 20 is pended again meanwhile. */
  pend(20);
  CHECK(same("abcBAabcBA"));
  CHECK(active == 16 + 20);
  pend(23);
  CHECK(same("dDe"));
  CHECK(chained < 30); /* no unstacking and stacking between them */

  /* Masks. */
  __asm__ volatile("msr basepri, %0" ::"r"(4 << 5));
  pend(23);
  note('-');
  pend(22);
  note('-');
  __asm__ volatile("msr basepri, %0\n isb" ::"r"(0));
  CHECK(same("-c-dD"));
  __asm__ volatile("cpsid i");
  pend(22);
  ICSR = 1u << 28;
  note('-');
  __asm__ volatile("cpsie i\n isb");
  CHECK(same("-cp"));

  /* An interrupt between LDREX and STREX: nothing is stored. */
  CHECK(exclusive(0) == 0 && word == 17);
  CHECK(exclusive(1u << 22) == 1 && word == 17 && same("c"));

  /* What SVC is given and gives back; it is no interrupt, but an exception with a number. */
  CHECK(call_svc(17) == 4711);
  CHECK(svc_argument == 17 && svc_number == 42);

  /* Frames: 32 bytes without floating-point registers, 104 with them, which come back unharmed. */
  __asm__ volatile("mrs r0, control\n bic r0, r0, #4\n msr control, r0\n isb" ::: "r0");
  before = (uint32_t)(uintptr_t)stack_pointer();
  pend(25);
  CHECK(before - sp_seen[0] >= 32 && before - sp_seen[0] <= 40 && sp_seen[1] == 0xfffffff9);
  __asm__ volatile("vmov.f32 s0, #1.5\n vmov.f32 s15, #2.0" ::: "s0", "s15");
  pend(25);
  CHECK(before - sp_seen[0] >= 104 && before - sp_seen[0] <= 112 && sp_seen[1] == 0xffffffe9);
  __asm__ volatile("vmov %0, s0\n vmov %1, s15" : "=r"(i), "=r"(expected)::"s0", "s15");
  CHECK(i == 0x3fc00000 && expected == 0x40000000);

  /* The other stack. */
  __asm__ volatile("mrs r0, control\n bic r0, r0, #4\n msr control, r0\n isb" ::: "r0");
  __asm__ volatile("mov r4, sp\n msr psp, %1\n mrs r0, control\n orr r0, r0, #2\n msr control, r0\n isb\n"
                   "ldr r0, =0xe000e200\n mov r1, #0x02000000\n str r1, [r0]\n dsb\n isb\n"
                   "mov %0, sp\n mrs r0, control\n bic r0, r0, #2\n msr control, r0\n isb\n"
                   : "=r"(with_psp)
                   : "r"(other_stack + 256)
                   : "r0", "r1", "r4", "memory");
  CHECK(with_psp == (uint32_t)(uintptr_t)(other_stack + 256));
  CHECK(sp_seen[1] == 0xfffffffd && other_stack[255 - 1] != 0);
  CHECK(sp_seen[0] > (uint32_t)(uintptr_t)other_stack + 1024); /* the handler itself is on the main one */

  /* Interrupted everywhere. */
  expected = with_blocks(3000);
  interrupt_on(8, 6);
  TIMER(0, BITMODE) = 3;
  TIMER(0, PRESCALER) = 0;
  TIMER(0, SHORTS) = 1;
  TIMER(0, INTENSET) = 1 << 16;
  for (i = 31; i < 61; i++) {
    TIMER(0, CC0) = i;
    TIMER(0, CLEAR) = 1;
    TIMER(0, START) = 1;
    CHECK(with_blocks(3000) == expected);
    TIMER(0, STOP) = 1;
  }
  CHECK(ticks > 10000);
  say_number("interrupts", (long)ticks);
  return 0;
}
