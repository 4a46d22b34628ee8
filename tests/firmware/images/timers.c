/* RTC, TIMER, SysTick, PPI, sleep, the watchdog and what is known after its reset. */

#include "../../chip/chip.h"
#include "nrf.h"

/* Without a look at a peripheral, which takes the emulator longest. */
static void spin(uint32_t cycles) {
  uint32_t start = CYCLES;
  while (CYCLES - start < cycles) {
  }
}

static volatile uint32_t rings, rang_at;
void irq11(void) {
  RTC(COMPARE0) = 0;
  rings++;
  rang_at = RTC(COUNTER);
}
static volatile uint32_t systicks;
void systick(void) { systicks++; }
static volatile uint32_t timed;
void irq9(void) {
  TIMER(1, COMPARE0) = 0;
  timed++;
}

/* Survives a reset. */
__attribute__((section(".noinit"))) uint32_t survivor;

int main(void) {
  uint32_t start, ticks, i;
  if (RESETREAS & 2) { /* by the watchdog */
    CHECK(survivor == 0x600dcafe);
    say_number("reset by the watchdog after ms", (long)(REGISTER(0x20000000 + 0xfff0) * 1000 / 32768));
    return 0;
  }
  CHECK(RESETREAS == 1);

  /* One tick of the RTC is 1,953.125 cycles; the core sees 64,000,000 of them a second. */
  RTC(RTC_PRESCALER) = 0;
  RTC(START) = 1;
  start = CYCLES;
  ticks = RTC(COUNTER);
  while (RTC(COUNTER) - ticks < 328) {
  }
  CHECK(CYCLES - start > 635000 && CYCLES - start < 645000);

  /* A compare wakes from sleep. Sleep costs no cycles of the core, and SysTick stands still. */
  interrupt_on(11, 6);
  RTC(CC0) = RTC(COUNTER) + 32768;
  RTC(INTENSET) = 1 << 16;
  SYSTICK(4) = 6399; /* each 0.1 ms awake */
  SYSTICK(8) = 0;
  SYSTICK(0) = 7;
  start = CYCLES;
  ticks = RTC(COUNTER);
  while (!rings) __asm__ volatile("wfi");
  CHECK(rings == 1 && rang_at - ticks == 32768);
  CHECK(CYCLES - start < 10000 && systicks <= 1);
  while (CYCLES - start < 640000) {
  }
  CHECK(systicks >= 98 && systicks <= 101);
  SYSTICK(0) = 0;

  /* A compare at the counter's own value is a round later, not now; the next tick is soon enough here. */
  rings = 0;
  RTC(CC0) = RTC(COUNTER);
  for (i = 0; i < 20000; i++) __asm__ volatile("nop");
  CHECK(rings == 0);

  /* TIMER at 1 MHz, an interrupt each 50 us by a shortcut that clears it. */
  interrupt_on(9, 6);
  TIMER(1, BITMODE) = 3;
  TIMER(1, PRESCALER) = 4;
  TIMER(1, CC0) = 50;
  TIMER(1, SHORTS) = 1;
  TIMER(1, INTENSET) = 1 << 16;
  TIMER(1, CLEAR) = 1;
  start = CYCLES;
  TIMER(1, START) = 1;
  while (timed < 100) {
  }
  CHECK(CYCLES - start > 319000 && CYCLES - start < 322000);
  TIMER(1, STOP) = 1;

  /* A wire: this timer's compare lets another one be captured, without a program. */
  TIMER(2, BITMODE) = 3;
  TIMER(2, PRESCALER) = 0;
  TIMER(2, CLEAR) = 1;
  TIMER(2, START) = 1;
  PPI(0x510) = 0x40009000 + COMPARE0;
  PPI(0x514) = 0x4000a000 + CAPTURE0 + 4;
  PPI(0x504) = 1;
  TIMER(1, CLEAR) = 1;
  TIMER(1, START) = 1;
  TIMER(2, CLEAR) = 1;
  while (timed < 101) {
  }
  CHECK(TIMER(2, CC0 + 4) > 780 && TIMER(2, CC0 + 4) < 805); /* 50 us at 16 MHz */
  TIMER(1, STOP) = 1;

  /* The watchdog: fed for a while, then not. */
  WDT(0x504) = 3276; /* 0.1 s */
  WDT(START) = 1;
  ticks = RTC(COUNTER);
  while (RTC(COUNTER) - ticks < 32768) {
    spin(1000000);
    WDT(0x600) = 0x6e524635;
  }
  survivor = 0x600dcafe;
  ticks = RTC(COUNTER);
  for (;;) {
    REGISTER(0x20000000 + 0xfff0) = RTC(COUNTER) - ticks;
    spin(10000);
  }
}
