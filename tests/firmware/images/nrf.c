/* tests/chip/chip.h on an nRF52: start-up, semihosting, the UART at 1 Mbaud with flow control. */

#include "../../chip/chip.h"

#include <string.h>

#include "nrf.h"

int main(void);

extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], stack_top[];

enum {
  SYS_OPEN = 1,
  SYS_CLOSE = 2,
  SYS_WRITE0 = 4,
  SYS_WRITE = 5,
  SYS_READ = 6,
  SYS_GET_CMDLINE = 0x15,
  SYS_EXIT = 0x18
};

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void say(const char *text) { semihost(SYS_WRITE0, text); }

void say_number(const char *name, long value) {
  char digits[12], *p = digits + sizeof digits;
  unsigned long rest = value < 0 ? 0ul - (unsigned long)value : (unsigned long)value;
  *--p = 0;
  do *--p = (char)('0' + rest % 10);
  while (rest /= 10);
  if (value < 0) *--p = '-';
  say(name);
  say(" ");
  say(p);
  say("\n");
}

int file_open(const char *path) { return semihost(SYS_OPEN, (const uintptr_t[]){(uintptr_t)path, 1, strlen(path)}); }

size_t file_read(int file, void *out, size_t length) {
  int missing = semihost(SYS_READ, (const uintptr_t[]){(uintptr_t)file, (uintptr_t)out, length});
  return missing < 0 || (size_t)missing > length ? 0 : length - (size_t)missing;
}

void file_close(int file) { semihost(SYS_CLOSE, (const uintptr_t[]){(uintptr_t)file}); }

int file_write(const char *path, const void *data, size_t length) {
  int file = semihost(SYS_OPEN, (const uintptr_t[]){(uintptr_t)path, 5, strlen(path)}), missing;
  if (file < 0) return -1;
  missing = semihost(SYS_WRITE, (const uintptr_t[]){(uintptr_t)file, (uintptr_t)data, length});
  file_close(file);
  return missing;
}

const char *command_line(void) {
  static char line[512];
  if (semihost(SYS_GET_CMDLINE, (const uintptr_t[]){(uintptr_t)line, sizeof line - 1})) line[0] = 0;
  return line;
}

_Noreturn void quit(int status) {
  semihost(SYS_EXIT, (const void *)(uintptr_t)(status ? 0x20023 : 0x20026));
  for (;;) {
  }
}

void uart_start(void) {
  UART(PSELRXD) = 25;
  UART(PSELTXD) = 26;
  UART(BAUDRATE) = 0x10000000; /* 1 Mbaud */
  UART(PSELRTS) = 27;
  UART(CONFIG) = 1; /* flow control: a program that calculates does not look */
  UART(ENABLE) = 4;
  UART(STARTRX) = 1;
  UART(STARTTX) = 1;
  UART(TXDRDY) = 1; /* there is room at first */
}

int uart_read(void) {
  if (!UART(RXDRDY)) return -1;
  UART(RXDRDY) = 0;
  return (int)(UART(RXD) & 0xff);
}

void uart_wait(void) {
  for (volatile int i = 0; i < 1000; i++) {
  }
}

void uart_write(uint8_t byte) {
  while (!UART(TXDRDY)) {
  }
  UART(TXDRDY) = 0;
  UART(TXD) = byte;
}

static void unexpected(void) {
  say("an exception that was not expected\n");
  quit(1);
}

_Noreturn void reset(void) {
  uint32_t *from = data_image, *to;
  REGISTER(0xe000ed88) |= 15 << 20; /* CPACR: the floating-point unit is on */
  for (to = data_start; to < data_end;) *to++ = *from++;
  for (to = bss_start; to < bss_end;) *to++ = 0;
  quit(main());
}

/* A program defines the handlers that it wants. */
#define HANDLER(name) void name(void) __attribute__((weak, alias("unexpected")));
HANDLERS(HANDLER)
#define ADDRESS(name) name,
typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const handler vectors[] = {(handler)stack_top, (handler)reset,
                                                                             HANDLERS(ADDRESS)};
