/* Functions of the C library and of the compiler's run-time library, for size: 2.2 KB less on a Cortex-M4. newlib's string functions
   are fast for long strings, which Espruino does not have; a division of 64 bits is only made where a serial port is set up.
   Compiled without link-time optimisation, which would not know that the compiler calls them. */

#include <stddef.h>

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

/* The order of arguments of ARM's run-time interface; newlib has a whole second memset for it. */
void *memset(void *to, int c, size_t length);
void __aeabi_memset(void *to, size_t length, int c);
void __aeabi_memset4(void *to, size_t length, int c) __attribute__((alias("__aeabi_memset")));
void __aeabi_memset8(void *to, size_t length, int c) __attribute__((alias("__aeabi_memset")));

void __aeabi_memset(void *to, size_t length, int c) {
  memset(to, c, length);
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
