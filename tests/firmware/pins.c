/* GPIO's registers OUT, OUTSET and OUTCLR, and what a serial display makes of them. */

#include "cpu.h"

void pins_write(struct cpu *c, uint32_t address, uint32_t value) {
  uint32_t old = c->out;
  c->out = address == 0x50000504 ? value : address == 0x50000508 ? old | value : old & ~value;
  if (!c->display) return;
  if (c->out & c->display_select) {
    c->display_bits = 0;
  } else if (c->out & ~old & c->display_clock) {
    c->display_byte = c->display_byte << 1 | !!(c->out & c->display_line);
    if (++c->display_bits < 8) return;
    c->display_bits = 0;
    c->display(c->display_byte & 0xff);
  }
}
