/* The UART: gives back what it gets, by interrupts; then it does not look for a while. */

#include "../../chip/chip.h"
#include "nrf.h"

static volatile uint8_t ring[256];
static volatile uint32_t in, out, errors, sources;

void irq2(void) {
  if (UART(ERROR)) {
    UART(ERROR) = 0;
    sources |= UART(ERRORSRC);
    UART(ERRORSRC) = UART(ERRORSRC);
    errors++;
  }
  if (UART(RXDRDY)) {
    UART(RXDRDY) = 0;
    ring[in++ % 256] = (uint8_t)UART(RXD);
  }
}

static void put(uint8_t byte) {
  UART(TXDRDY) = 0;
  UART(TXD) = byte;
  while (!UART(TXDRDY)) {
  }
}

int main(void) {
  uint32_t start;
  uart_start();
  UART(BAUDRATE) = 0x01d7e000; /* 115200 */
  UART(CONFIG) = 0;
  interrupt_on(2, 3);
  UART(INTENSET) = 1 << 2 | 1 << 9;
  start = CYCLES;
  put('!');
  CHECK(CYCLES - start > 5400 && CYCLES - start < 5700); /* 10 bits */
  while (out < 2000) {
    while (out == in) __asm__ volatile("nop");
    put(ring[out++ % 256]);
  }
  CHECK(errors == 0);
  put('?'); /* asks for 100 bytes at once, and does not look: the FIFO has 6 */
  __asm__ volatile("cpsid i");
  start = CYCLES;
  while (CYCLES - start < 100 * 5600) {
  }
  __asm__ volatile("cpsie i\n isb");
  start = CYCLES;
  while (CYCLES - start < 50000) {
  }
  say_number("received", (long)(in - out));
  say_number("errors", (long)errors);
  say_number("sources", (long)sources);
  out = in;
  put('.'); /* asks for bytes at another speed */
  start = CYCLES;
  while (CYCLES - start < 200000) {
  }
  say_number("sources", (long)sources);
  return 0;
}
