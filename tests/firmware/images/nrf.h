/* The registers and handlers that the small images use. */
#ifndef NRF_H
#define NRF_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

enum {
  STARTRX = 0,
  STARTTX = 8,
  RXDRDY = 0x108,
  TXDRDY = 0x11c,
  ERROR = 0x124,
  ERRORSRC = 0x480,
  ENABLE = 0x500,
  PSELRTS = 0x508,
  PSELTXD = 0x50c,
  PSELRXD = 0x514,
  RXD = 0x518,
  TXD = 0x51c,
  BAUDRATE = 0x524,
  CONFIG = 0x56c,
  INTENSET = 0x304,
  SHORTS = 0x200,
  START = 0,
  STOP = 4
};
#define UART(offset) REGISTER(0x40002000 + (offset))
#define TIMER(n, offset) REGISTER(0x40008000 + 0x1000 * (n) + (offset))
#define RTC(offset) REGISTER(0x4000b000 + (offset))
enum {
  CLEAR = 0xc,
  COMPARE0 = 0x140,
  CAPTURE0 = 0x40,
  MODE = 0x504,
  BITMODE = 0x508,
  PRESCALER = 0x510,
  CC0 = 0x540,
  COUNTER = 0x504,
  RTC_PRESCALER = 0x508
};
#define PPI(offset) REGISTER(0x4001f000 + (offset))
#define NVMC(offset) REGISTER(0x4001e000 + (offset))
#define RNG(offset) REGISTER(0x4000d000 + (offset))
#define WDT(offset) REGISTER(0x40010000 + (offset))
#define RESETREAS REGISTER(0x40000400)

#define ISER(n) REGISTER(0xe000e100 + 4 * ((n) / 32))
#define ISPR(n) REGISTER(0xe000e200 + 4 * ((n) / 32))
#define ICPR(n) REGISTER(0xe000e280 + 4 * ((n) / 32))
#define PRIORITY(n) (*(volatile uint8_t *)(0xe000e400 + (n)))
#define SYSTEM_PRIORITY(n) (*(volatile uint8_t *)(0xe000ed14 + (n))) /* by exception number */
#define ICSR REGISTER(0xe000ed04)
#define CYCLES REGISTER(0xe0001004)
#define SYSTICK(offset) REGISTER(0xe000e010 + (offset))

static inline void interrupt_on(unsigned n, unsigned priority) {
  PRIORITY(n) = (uint8_t)(priority << 5);
  ISER(n) = 1u << n % 32;
}

#define HANDLERS(X)                                                                                                \
  X(nmi)                                                                                                           \
  X(hard_fault) X(memory_fault) X(bus_fault) X(usage_fault) X(reserved7) X(reserved8) X(reserved9) X(reserved10)   \
      X(svc) X(debug) X(reserved13) X(pendsv) X(systick) X(irq0) X(irq1) X(irq2) X(irq3) X(irq4) X(irq5) X(irq6)   \
          X(irq7) X(irq8) X(irq9) X(irq10) X(irq11) X(irq12) X(irq13) X(irq14) X(irq15) X(irq16) X(irq17) X(irq18) \
              X(irq19) X(irq20) X(irq21) X(irq22) X(irq23) X(irq24) X(irq25) X(irq26) X(irq27)

#define CHECK(condition)               \
  do {                                 \
    if (!(condition)) {                \
      say("not so: " #condition "\n"); \
      say_number("line", __LINE__);    \
      quit(1);                         \
    }                                  \
  } while (0)

#endif
