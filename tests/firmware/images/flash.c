/* NVMC: pages are erased, bits only cleared, and the processor stands still meanwhile. Also the random numbers. */

#include "../../chip/chip.h"
#include "nrf.h"

enum { PAGE = 0x70000 };

int main(void) {
  uint32_t before, seen = 0, i;
  RTC(START) = 1;
  CHECK(REGISTER(0x10000010) == 4096 && REGISTER(0x10000014) == 128); /* FICR */
  CHECK(REGISTER(PAGE) == 0xffffffff);
  NVMC(0x504) = 1;
  REGISTER(PAGE) = 0xffff0f0f;
  REGISTER(PAGE) = 0x12345678;
  CHECK(REGISTER(PAGE) == (0xffff0f0f & 0x12345678));
  NVMC(0x504) = 2;
  before = RTC(COUNTER);
  NVMC(0x508) = PAGE;
  while (!NVMC(0x400)) {
  }
  CHECK(RTC(COUNTER) - before > 2800 && RTC(COUNTER) - before < 3000); /* 89.7 ms of 32,768 Hz */
  NVMC(0x504) = 0;
  CHECK(REGISTER(PAGE) == 0xffffffff);
  RNG(START) = 1;
  for (i = 0; i < 64; i++) {
    while (!RNG(0x100)) {
    }
    RNG(0x100) = 0;
    seen |= 1u << (RNG(0x508) & 31);
  }
  CHECK(__builtin_popcount(seen) > 20);
  REGISTER(PAGE) = 1; /* not enabled: this is to end in a fault */
  return 0;
}
