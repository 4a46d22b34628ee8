/* Start-up, semihosting and the serial port of QEMU's mps2-an386. */
#include "chip.h"

#include <string.h>

int main(void);

extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], stack_top[];

/* Operations of Arm's semihosting. */
enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE0 = 4, SYS_WRITE = 5, SYS_READ = 6, SYS_GET_CMDLINE = 0x15, SYS_EXIT = 0x18 };
enum { STOPPED_APPLICATION_EXIT = 0x20026, STOPPED_RUN_TIME_ERROR = 0x20023 };

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

int file_open(const char *path) {
  const uintptr_t arguments[] = {(uintptr_t)path, 1 /* "rb" */, strlen(path)};
  return semihost(SYS_OPEN, arguments);
}

size_t file_read(int file, void *out, size_t length) {
  const uintptr_t arguments[] = {(uintptr_t)file, (uintptr_t)out, length};
  int missing = semihost(SYS_READ, arguments); /* how many were not read */
  return missing < 0 || (size_t)missing > length ? 0 : length - (size_t)missing;
}

void file_close(int file) {
  const uintptr_t arguments[] = {(uintptr_t)file};
  semihost(SYS_CLOSE, arguments);
}

int file_write(const char *path, const void *data, size_t length) {
  const uintptr_t open[] = {(uintptr_t)path, 5 /* "wb" */, strlen(path)};
  int file = semihost(SYS_OPEN, open);
  const uintptr_t arguments[] = {(uintptr_t)file, (uintptr_t)data, length};
  int missing;
  if (file < 0) return -1;
  missing = semihost(SYS_WRITE, arguments);
  file_close(file);
  return missing;
}

const char *command_line(void) {
  static char line[512];
  uintptr_t arguments[] = {(uintptr_t)line, sizeof line - 1};
  if (semihost(SYS_GET_CMDLINE, arguments)) line[0] = 0;
  return line;
}

_Noreturn void quit(int status) {
  semihost(SYS_EXIT, (const void *)(status ? STOPPED_RUN_TIME_ERROR : STOPPED_APPLICATION_EXIT));
  for (;;) {
  }
}

/* CMSDK UART (Arm's DDI 0479, section 4.3). */
struct uart {
  volatile uint32_t data, state, control, interrupt, divider;
};
#define UART ((struct uart *)0x40004000)
enum { TX_FULL = 1, RX_FULL = 2, TX_ENABLE = 1, RX_ENABLE = 2, RX_INTERRUPT = 8, RX_INTERRUPTED = 2 };
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYSTICK ((volatile uint32_t *)0xe000e010) /* control, reload */
#define NVIC_ENABLE REGISTER(0xe000e100)
#define NVIC_FORGET REGISTER(0xe000e280)
#define ICSR REGISTER(0xe000ed04)

void uart_start(void) {
  __asm__ volatile("cpsid i"); /* interrupts are never taken, they end the sleep */
  UART->divider = 16;
  UART->control = TX_ENABLE | RX_ENABLE | RX_INTERRUPT;
  NVIC_ENABLE = 1;         /* of the UART, that it has received */
  SYSTICK[1] = 250000 - 1; /* 10 ms */
  SYSTICK[0] = 7;
}

/* While a program looks at the UART all the time QEMU fetches a byte in 0.3 ms: a connection took a second. */
void uart_wait(void) {
  __asm__ volatile("wfi" ::: "memory");
  UART->interrupt = RX_INTERRUPTED;
  NVIC_FORGET = 1;
  ICSR = 1 << 25; /* SysTick's */
}

int uart_read(void) { return UART->state & RX_FULL ? (int)(UART->data & 0xff) : -1; }

void uart_write(uint8_t byte) {
  while (UART->state & TX_FULL) {
  }
  UART->data = byte;
}

static _Noreturn void fault(void) {
  say("fault: the processor stopped the program\n");
  quit(1);
}

_Noreturn void reset(void) {
  uint32_t *from = data_image, *to;
  for (to = data_start; to < data_end;) *to++ = *from++;
  for (to = bss_start; to < bss_end;) *to++ = 0;
  quit(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};
