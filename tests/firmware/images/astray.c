/* Functions that are called on a copy of the board, see Chip.on_a_copy. */

#include "../../chip/chip.h"

static volatile uint32_t counter;

__attribute__((noinline)) uint32_t counts(void) { return ++counter; }
__attribute__((noinline)) uint32_t goes_astray(void) { return counter += *(volatile uint32_t *)0x20080000; }
__attribute__((noinline)) uint32_t does_not_end(void) {
  for (;;) counter++;
}

uint32_t (*const volatile to_be_linked[])(void) = {counts, goes_astray, does_not_end};

int main(void) {
  uint32_t i, called = to_be_linked[0] != counts;
  for (i = 0; i < 100000; i++) __asm__ volatile("");
  say_number("counter", (long)(counter + called));
  return 0;
}
