/* exp() and log(), on which Espruino's Math.pow and Math.sqrt rest, too, for size: 0.8 KB instead of newlib's 1.9. Plain series, with no
   table of coefficients. Errors are below one unit in the last place, as newlib's are, but not the same: a last digit may be another one.
   Compiled without link-time optimisation, which would not know that a program calls them. */

#include <stdint.h>

double exp(double x);
double log(double x);

/* The first 32 bits of ln 2, so that a multiple of it is exact, and the rest. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0

typedef union {
  double number;
  uint64_t bits;
} Double;

static double power_of_two(int n) {
  Double power = {.bits = (uint64_t)(uint32_t)(1023 + n) << 52};
  return power.number;
}

/* x = k ln 2 + r, |r| <= ln 2 / 2 */
double exp(double x) {
  if (!(x < 710)) return x * __builtin_inf(); /* infinite, or NaN */
  if (x < -746) return 0;
  int k = (int)(x * LOG2_E + (x < 0 ? -0.5 : 0.5));
  double high = x - k * LN2_HIGH, low = k * LN2_LOW, r = high - low, sum = 0;
  /* r / 2 * (1 + r / 3 * (1 + r / 4 * ...)) */
  for (int n = 14; n > 1; n--) sum = (sum + 1) * r / n;
  sum = 1 + (high + (r * sum - low));
  return sum * power_of_two(k / 2) * power_of_two(k - k / 2); /* in two steps: it may be more than a double's exponent */
}

/* x = 2^k (1 + f), between the roots of 1/2 and 2; log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s r, where s = f / (2 + f) */
double log(double x) {
  Double u = {x};
  int k = -1023;
  if (!(x > 0)) return x == 0 ? -__builtin_inf() : __builtin_nan("");
  if (u.bits >= 0x7FF0000000000000) return x;
  if (u.bits < 0x0010000000000000) {
    u.number *= 0x1p54;
    k -= 54;
  }
  u.bits += 0x3FF0000000000000 - 0x3FE6A09E667F3BCD;
  k += (int)(u.bits >> 52);
  u.bits = (u.bits & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD;
  double f = u.number - 1, s = f / (f + 2), z = s * s, r = 0;
  for (int n = 23; n > 1; n -= 2) r = (r + 2.0 / n) * z;
  return k * LN2_HIGH + (f - (s * (f - r) - k * LN2_LOW));
}
