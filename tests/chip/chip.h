/* The bare chip under QEMU: console and files by semihosting, the network by a serial port, the stack's depth. */
#ifndef CHIP_H
#define CHIP_H

#include <stddef.h>
#include <stdint.h>

/* Console, files and the end, all on the machine that runs QEMU. */
void say(const char *text);
void say_number(const char *name, long value);
int file_open(const char *path); /* for reading; negative: there is none */
size_t file_read(int file, void *out, size_t length);
void file_close(int file);
int file_write(const char *path, const void *data, size_t length); /* the whole file; 0 if that worked */
const char *command_line(void);
_Noreturn void quit(int status);

/* The serial port that is joined to a TCP socket. */
void uart_start(void);
int uart_read(void); /* a byte, or -1 if there is none now */
void uart_wait(void); /* until one may be there, some milliseconds at most */
void uart_write(uint8_t byte);

/* How deep calls go. Around a call: `mark = stack_paint(); call(); depth = stack_used(mark);` The functions are inlined,
   so what is measured begins with the caller's own stack pointer. */
enum { STACK_WATCHED = 16384, STACK_PAINT = 0x5ca1ab1e };
extern char stack_limit[];

static inline __attribute__((always_inline)) uint32_t *stack_pointer(void) {
  uint32_t *sp;
  __asm__ volatile("mov %0, sp" : "=r"(sp));
  return sp;
}

static inline __attribute__((always_inline)) uint32_t *stack_paint(void) {
  uint32_t *top = stack_pointer();
  for (volatile uint32_t *p = top - STACK_WATCHED / 4; p < top; p++) *p = STACK_PAINT;
  return top;
}

/* STACK_WATCHED means: that deep, or deeper. */
static inline __attribute__((always_inline)) size_t stack_used(const uint32_t *top) {
  const volatile uint32_t *p = top - STACK_WATCHED / 4;
  while (p < top && *p == STACK_PAINT) p++;
  return (size_t)((const char *)top - (const char *)p);
}

#endif
