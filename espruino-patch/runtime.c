/* Functions of the C library and of the compiler's run-time library, for size: 3.3 KB less on a Cortex-M4. newlib's are fast for long
   strings and blocks, which Espruino does not have; a division of 64 bits is only made where a serial port is set up.
   Compiled without link-time optimisation, which would not know that the compiler calls them. */

#include <stddef.h>
#include <stdint.h>

int strcmp(const char *a, const char *b);
size_t strlen(const char *s);
char *strchr(const char *s, int c);
char *strcpy(char *to, const char *from);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t most);
void __aeabi_uldivmod(void);

int strcmp(const char *a, const char *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *s) {
  const char *end = s;
  while (*end) end++;
  return (size_t)(end - s);
}

char *strchr(const char *s, int c) {
  for (; *s != (char)c; s++)
    if (!*s) return 0;
  return (char *)s;
}

char *strcpy(char *to, const char *from) {
  char *end = to;
  while ((*end++ = *from++)) {}
  return to;
}

char *strcat(char *to, const char *from) {
  strcpy(to + strlen(to), from);
  return to;
}

char *strncat(char *to, const char *from, size_t most) {
  char *end = to + strlen(to);
  while (most-- && (*end = *from++)) end++;
  *end = 0;
  return to;
}

int memcmp(const void *a, const void *b, size_t length);
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int c, size_t length);

int memcmp(const void *a, const void *b, size_t length) {
  const unsigned char *x = a, *y = b;
  for (; length--; x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

/* 16 bytes at a time, then 4, then 1; the processor takes words from anywhere. What is read is written afterwards and not beyond, so
   that it also moves things to a place that overlaps theirs and begins before it. */
#define FUNCTION(name) ".section .text." name ",\"ax\",%progbits\n.thumb_func\n.type " name ",%function\n.global " name "\n" name ":\n"
__asm__(
    ".syntax unified\n" FUNCTION("memcpy")
    "push {r0, r4, r5, r6, lr}\n"
    "1:\n"
    "subs r2, #16\n"
    "blo 2f\n"
    "ldr r3, [r1]\n"
    "ldr r4, [r1, #4]\n"
    "ldr r5, [r1, #8]\n"
    "ldr r6, [r1, #12]\n"
    "adds r1, #16\n"
    "str r3, [r0]\n"
    "str r4, [r0, #4]\n"
    "str r5, [r0, #8]\n"
    "str r6, [r0, #12]\n"
    "adds r0, #16\n"
    "b 1b\n"
    "2:\n"
    "adds r2, #12\n"
    "bmi 4f\n"
    "3:\n"
    "ldr r3, [r1], #4\n"
    "str r3, [r0], #4\n"
    "subs r2, #4\n"
    "bpl 3b\n"
    "4:\n"
    "adds r2, #4\n"
    "beq 6f\n"
    "5:\n"
    "ldrb r3, [r1], #1\n"
    "strb r3, [r0], #1\n"
    "subs r2, #1\n"
    "bne 5b\n"
    "6:\n"
    "pop {r0, r4, r5, r6, pc}\n"
    ".size memcpy, . - memcpy\n"
    ".text\n");

void *memmove(void *to, const void *from, size_t length) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if ((uintptr_t)t - (uintptr_t)f >= length) return memcpy(to, from, length);
  while (length--) t[length] = f[length];
  return to;
}

/* With the order of arguments of ARM's run-time interface, for which newlib has a whole second memset, and with C's. */
__asm__(
    ".syntax unified\n" FUNCTION("__aeabi_memset")
    "mov r3, r1\n"
    "mov r1, r2\n"
    "mov r2, r3\n"
    ".thumb_func\n"
    ".type memset, %function\n"
    ".global memset\n"
    "memset:\n"
    "mov r12, r0\n"
    "uxtb r1, r1\n"
    "orr r1, r1, r1, lsl #8\n"
    "orr r1, r1, r1, lsl #16\n"
    "1:\n"
    "subs r2, #8\n"
    "blo 2f\n"
    "str r1, [r0]\n"
    "str r1, [r0, #4]\n"
    "adds r0, #8\n"
    "b 1b\n"
    "2:\n"
    "adds r2, #8\n"
    "beq 4f\n"
    "3:\n"
    "strb r1, [r0], #1\n"
    "subs r2, #1\n"
    "bne 3b\n"
    "4:\n"
    "mov r0, r12\n"
    "bx lr\n"
    ".size memset, . - memset\n"
    ".global __aeabi_memset4, __aeabi_memset8\n"
    ".thumb_set __aeabi_memset4, __aeabi_memset\n"
    ".thumb_set __aeabi_memset8, __aeabi_memset\n"
    ".text\n");

/* Rounds by the bits of the number, as newlib does, whose shifts of one half and of the other are written out. */
double floor(double x);
double ceil(double x);

double floor(double x) {
  union {
    double number;
    int64_t bits;
  } u = {x};
  int exponent = (int)(u.bits >> 52 & 0x7FF) - 1023;
  if (exponent >= 52) return x; /* a whole number, infinite, or none */
  if (exponent < 0) return u.bits >= 0 ? 0 : u.bits & INT64_MAX ? -1 : x;
  int64_t fraction = ((int64_t)1 << (52 - exponent)) - 1;
  if (u.bits < 0) u.bits += fraction; /* to the larger magnitude; may carry into the exponent, as it should */
  u.bits &= ~fraction;
  return u.number;
}

double ceil(double x) {
  return -floor(-x);
}

/* r0:r1 divided by r2:r3, and the rest, bit by bit. Division by zero gives the largest number. */
__attribute__((naked)) void __aeabi_uldivmod(void) {
  __asm__(
      "push {r4, r5, r6, lr}\n"
      "movs r4, #0\n"
      "movs r5, #0\n"
      "movs r6, #64\n"
      "1:\n"
      "adds r0, r0, r0\n"
      "adcs r1, r1, r1\n"
      "adcs r4, r4, r4\n"
      "adcs r5, r5, r5\n"
      "bcs 2f\n"
      "cmp r4, r2\n"
      "sbcs r12, r5, r3\n"
      "bcc 3f\n"
      "2:\n"
      "subs r4, r4, r2\n"
      "sbcs r5, r5, r3\n"
      "adds r0, r0, #1\n"
      "3:\n"
      "subs r6, r6, #1\n"
      "bne 1b\n"
      "mov r2, r4\n"
      "mov r3, r5\n"
      "pop {r4, r5, r6, pc}\n");
}
