/* espruino-patch/runtime.c on the chip: string functions and the division of 64 bits, against loops that are plainly right. */
#include <string.h>

#include "chip.h"

static uint64_t state = 88172645463325252u;

static uint64_t random64(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* A number of any length. */
static uint64_t number(void) {
  uint64_t n = random64();
  return n >> (random64() & 63);
}

static int wrong_divisions(void) {
  int wrong = 0;
  for (int i = 0; i < 50000; i++) {
    volatile uint64_t n = number(), d = number();
    if (i % 16 == 0) n = UINT64_MAX;
    if (i % 64 == 0) d = UINT64_MAX - (uint64_t)(i & 255);
    if (!d) d = 1;
    uint64_t q = n / d, r = n % d;
    /* q * d does not overflow where q <= n / d. */
    if (r >= d || q * d + r != n || (d > 1 && q && q >= n)) wrong++;
  }
  return wrong;
}

static int sign(int n) { return (n > 0) - (n < 0); }

static int wrong_strings(void) {
  static char a[40], b[40], joined[96];
  int wrong = 0;
  for (int i = 0; i < 20000; i++) {
    size_t la = random64() % 12, lb = random64() % 12, most = random64() % 16, n, same = 0;
    for (n = 0; n < la; n++) a[n] = (char)(random64() % 2 ? 'a' : 0x80 + random64() % 3);
    for (n = 0; n < lb; n++) b[n] = (char)(random64() % 2 ? 'a' : 0x80 + random64() % 3);
    a[la] = b[lb] = 0;
    while (a[same] && a[same] == b[same]) same++;
    if (sign(strcmp(a, b)) != sign((unsigned char)a[same] - (unsigned char)b[same])) wrong++;
    if (strlen(a) != la) wrong++;
    char *at = strchr(a, 0x81);
    for (n = 0; n < la && a[n] != (char)0x81; n++) {}
    if (at != (n < la ? a + n : 0) || strchr(a, 0) != a + la) wrong++;
    memset(joined, 0x55, sizeof joined);
    if (strcpy(joined, a) != joined || strcat(joined, b) != joined || strncat(joined, a, most) != joined) wrong++;
    size_t last = most < la ? most : la;
    if (memcmp(joined, a, la) || memcmp(joined + la, b, lb) || memcmp(joined + la + lb, a, last)) wrong++;
    if (joined[la + lb + last] || joined[la + lb + last + 1] != 0x55) wrong++;
  }
  return wrong;
}

void __aeabi_memset(void *to, size_t length, int c);

int main(void) {
  static unsigned char bytes[24];
  __aeabi_memset(bytes + 3, 17, 0x1A5);
  int wrong = 0;
  for (int i = 0; i < 24; i++) wrong += bytes[i] != (i >= 3 && i < 20 ? 0xA5 : 0);
  say_number("divisions", wrong_divisions());
  say_number("strings", wrong_strings());
  say_number("memory", wrong);
  quit(0);
}
