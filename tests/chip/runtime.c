/* espruino-patch/runtime.c, exponential.c and sha1.c on the chip, against loops that are plainly right, and known answers. */
#include <math.h>
#include <string.h>

#include "chip.h"
#include "numbers.h"

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

/* Each length and each place within a word, and moves by each distance. */
static int wrong_memory(void) {
  static unsigned char from[128], to[128], want[128];
  int wrong = 0;
  for (size_t length = 0; length < 70; length++) {
    for (size_t f = 0; f < 40; f++) {
      size_t t = random64() % 40, i;
      for (i = 0; i < sizeof from; i++) {
        from[i] = (unsigned char)random64();
        to[i] = want[i] = (unsigned char)random64();
      }
      for (i = 0; i < length; i++) want[t + i] = from[f + i];
      if (memcpy(to + t, from + f, length) != to + t) wrong++;
      for (i = 0; i < sizeof to; i++) wrong += to[i] != want[i];

      for (i = 0; i < length; i++) want[t + i] = to[f + i];
      if (memmove(to + t, to + f, length) != to + t) wrong++;
      for (i = 0; i < sizeof to; i++) wrong += to[i] != want[i];

      for (i = 0; i < length; i++) want[f + i] = 0xA5;
      if (length & 1) __aeabi_memset(to + f, length, 0x1A5);
      else if (memset(to + f, 0x1A5, length) != to + f) wrong++;
      for (i = 0; i < sizeof to; i++) wrong += to[i] != want[i];

      if (memcmp(to, want, sizeof to)) wrong++;
      size_t at = random64() % sizeof to;
      to[at] ^= (unsigned char)(1 + random64() % 255);
      if (sign(memcmp(to, want, sizeof to)) != sign(to[at] - want[at]) || memcmp(to, want, at)) wrong++;
    }
  }
  return wrong;
}

/* The largest whole number that is not larger, by the processor's conversions. */
static double plain_floor(double x) {
  if (!(x > -9e15 && x < 9e15)) return x;
  double whole = (double)(long long)x;
  if (whole > x) whole -= 1;
  return whole == 0 && bits(x) >> 63 ? -0.0 : whole;
}

static int wrong_numbers(void) {
  int wrong = 0;
  for (int i = 0; i < 100000; i++) {
    /* Exponents from 2^-20 to 2^60, mostly, and numbers close to whole ones. */
    uint64_t n = random64();
    volatile double x = from_bits(i % 8 ? (n & ~(0x7FFull << 52)) | (uint64_t)(1003 + n % 80) << 52 : n);
    if (i % 16 == 1) x = (double)(int32_t)n;
    if (i % 16 == 3) x = from_bits(bits((double)(int32_t)n) + (n >> 32) % 3 - 1);
    if (i < 8) x = from_bits((uint64_t[]){0, 1ull << 63, 1, 1ull << 63 | 1, 0x3FF0000000000000, 0xBFF0000000000000,
                                         0x7FF0000000000000, 0xFFF0000000000000}[i]);
    if (x != x) {
      if (floor(x) == floor(x) || ceil(x) == ceil(x)) wrong++;
      continue;
    }
    if (bits(floor(x)) != bits(plain_floor(x)) || bits(ceil(x)) != bits(-plain_floor(-x))) wrong++;
  }
  return wrong;
}

double __ieee754_exp(double x);
double __ieee754_log(double x);

/* newlib's errors are below one unit in the last place, and ours: they are neighbours at most. */
static int differ(double ours, double newlibs) {
  if (ours != ours) return newlibs == newlibs;
  int64_t apart = (int64_t)(bits(ours) - bits(newlibs));
  return apart < -1 || apart > 1;
}

static int wrong_exponentials(void) {
  static const double exact[][2] = {{0, 1}, {-0.0, 1}, {1e-300, 1}, {-1000, 0}, {-746.5, 0}, {1000, INFINITY}, {710.5, INFINITY},
                                    {INFINITY, INFINITY}, {-INFINITY, 0}};
  int wrong = 0;
  for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) wrong += exp(exact[i][0]) != exact[i][1];
  wrong += log(1) != 0 || log(0) != -INFINITY || log(-0.0) != -INFINITY || log(INFINITY) != INFINITY;
  wrong += log(-1) == log(-1) || log(-INFINITY) == log(-INFINITY) || log(NAN) == log(NAN) || exp(NAN) == exp(NAN);
  wrong += differ(exp(-740), 0x1.54d8cp-1068) + differ(log(0x1p-1074), -0x1.74385446d71c3p+9); /* by Python */
  for (int i = 0; i < 60000; i++) {
    uint64_t n = random64();
    double unit = from_bits(1023ull << 52 | n >> 12) - 1, wide = from_bits((n & 0xFFFFFFFFFFFFF) | (1023 - 40 + n % 50) << 52);
    double x = i % 3 == 0 ? unit * 1416 - 708 : i % 3 == 1 ? wide : -wide;
    double y = i % 3 == 0 ? from_bits(n >> 1) : i % 3 == 1 ? unit * 2 : 1 + (unit - 0.5) * 0x1p-20;
    wrong += differ(exp(x), __ieee754_exp(x));
    if (y > 0 && y < INFINITY && y >= 0x1p-1022) wrong += differ(log(y), __ieee754_log(y));
  }
  return wrong;
}

void espruinoTlsSha1(const unsigned char *input, size_t length, unsigned char output[20]);

/* The examples of RFC 3174 section 7.3, and what all lengths around a block's end come to, hashed in a row (by Python's hashlib). */
static int wrong_hashes(void) {
  static const struct { const char *text; int times; unsigned char hash[4]; } examples[] = {
      {"abc", 1, {0xA9, 0x99, 0x3E, 0x36}},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, {0x84, 0x98, 0x3E, 0x44}},
      {"0123456701234567012345670123456701234567012345670123456701234567", 10, {0xDE, 0xA3, 0x56, 0xA2}},
      {"", 1, {0xDA, 0x39, 0xA3, 0xEE}},
  };
  static unsigned char message[640], all[20 * 200 + 1];
  int wrong = 0;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    size_t length = strlen(examples[i].text);
    for (int n = 0; n < examples[i].times; n++) memcpy(message + n * length, examples[i].text, length);
    espruinoTlsSha1(message, length * (size_t)examples[i].times, all + 1); /* at no word's beginning */
    wrong += memcmp(all + 1, examples[i].hash, 4) != 0;
  }
  for (size_t i = 0; i < sizeof message; i++) message[i] = (unsigned char)(7 * i);
  for (size_t length = 0; length < 200; length++) espruinoTlsSha1(message, length, all + 20 * length);
  static const unsigned char of_all[20] = {0x88, 0x7D, 0x03, 0x88, 0x6A, 0xA4, 0x73, 0xFF, 0x04, 0xD2, 0x37, 0x0F, 0x0F, 0x86, 0x57, 0x76, 0x37, 0xBA, 0xF5, 0x5D};
  espruinoTlsSha1(all, 20 * 200, message);
  return wrong + (memcmp(message, of_all, sizeof of_all) != 0);
}

int main(void) {
  say_number("divisions", wrong_divisions());
  say_number("strings", wrong_strings());
  say_number("memory", wrong_memory());
  say_number("numbers", wrong_numbers());
  say_number("exponentials", wrong_exponentials());
  say_number("hashes", wrong_hashes());
  quit(0);
}
