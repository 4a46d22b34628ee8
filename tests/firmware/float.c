/* The floating-point unit: single precision, rounding to nearest, no traps; a NaN that comes in comes out as the
 * default one. */

#include <math.h>
#include <string.h>

#include "cpu.h"

static float as_float(uint32_t x) {
  float f;
  memcpy(&f, &x, 4);
  return f;
}

static uint32_t as_bits(float f) {
  uint32_t x;
  memcpy(&x, &f, 4);
  return isnan(f) ? 0x7fc00000 : x;
}

static void load_store(struct cpu *c, uint32_t a, uint32_t b) {
  uint32_t n = a & 15, count = b & 0xff, is_double = b >> 8 & 1, up = a >> 7 & 1, back = a >> 5 & 1;
  uint32_t first = is_double ? (b >> 12 & 15) << 1 : (b >> 12 & 15) << 1 | (a >> 6 & 1);
  uint32_t base = n == PC ? c->r[PC] & ~3u : c->r[n], address, i;
  if ((a >> 8 & 1) && !back) { /* VLDR, VSTR */
    address = up ? base + 4 * count : base - 4 * count;
    count = is_double ? 2 : 1;
  } else {
    address = a >> 8 & 1 ? base - 4 * count : base;
    if (back) c->r[n] = up ? base + 4 * count : base - 4 * count;
  }
  if (address & 3) cpu_fault(c, "unaligned access to floating-point registers", address);
  for (i = 0; i < count && first + i < 32; i++) {
    if (a >> 4 & 1)
      c->s[first + i] = load(c, address + 4 * i, 4);
    else
      store(c, address + 4 * i, 4, c->s[first + i]);
  }
}

static uint32_t to_integer(float f, bool is_signed, bool towards_zero) {
  double x = towards_zero ? trunc((double)f) : nearbyint((double)f);
  if (isnan(f)) return 0;
  if (is_signed) return (uint32_t)(int32_t)(x <= -2147483648.0 ? -2147483648.0 : x >= 2147483647.0 ? 2147483647.0 : x);
  return (uint32_t)(x <= 0 ? 0 : x >= 4294967295.0 ? 4294967295.0 : x);
}

static void compare(struct cpu *c, float x, float y) {
  uint32_t flags = isnan(x) || isnan(y) ? 3 : x == y ? 6 : x < y ? 8 : 2;
  c->fpscr = (c->fpscr & 0x0fffffff) | flags << 28;
}

/* VMOV, VABS, VNEG, VSQRT, VCMP, VCVT; whether there is such an instruction. */
static bool one_operand(struct cpu *c, uint32_t a, uint32_t b, uint32_t d, uint32_t m) {
  float x = as_float(c->s[m]);
  uint32_t which = a & 15, kind = b >> 6 & 3;
  if (!(kind & 1)) { /* an immediate */
    uint32_t byte = (a & 15) << 4 | (b & 15);
    c->s[d] = (byte & 0x80) << 24 | (byte & 0x40 ? 0x3e000000 : 0x40000000) | (byte & 0x3f) << 19;
    return true;
  }
  switch (which) {
  case 0: c->s[d] = kind == 1 ? c->s[m] : c->s[m] & 0x7fffffff; return true;
  case 1: c->s[d] = kind == 1 ? c->s[m] ^ 0x80000000 : as_bits(sqrtf(x)); return true;
  case 4: compare(c, as_float(c->s[d]), x); return true;
  case 5: compare(c, as_float(c->s[d]), 0); return true;
  case 8: c->s[d] = as_bits(b >> 7 & 1 ? (float)(int32_t)c->s[m] : (float)c->s[m]); return true;
  case 12:
  case 13: c->s[d] = to_integer(x, which & 1, b >> 7 & 1); return true;
  case 10:
  case 11:
  case 14:
  case 15: { /* fixed point of 32 bits */
    int fraction = 32 - (int)((b & 15) << 1 | (b >> 5 & 1));
    if (!(b >> 7 & 1)) return false;
    if (which & 4)
      c->s[d] = to_integer(ldexpf(as_float(c->s[d]), fraction), !(which & 1), true);
    else
      c->s[d] = as_bits((float)ldexp(which & 1 ? (double)c->s[d] : (double)(int32_t)c->s[d], -fraction));
    return true;
  }
  }
  return false;
}

static bool calculate(struct cpu *c, uint32_t a, uint32_t b) {
  uint32_t d = (b >> 12 & 15) << 1 | (a >> 6 & 1), n = (a & 15) << 1 | (b >> 7 & 1), m = (b & 15) << 1 | (b >> 5 & 1);
  float x = as_float(c->s[n]), y = as_float(c->s[m]), old = as_float(c->s[d]);
  bool second = b >> 6 & 1;
  if (b >> 8 & 1) return false; /* double precision */
  switch ((a >> 5 & 4) | (a >> 4 & 3)) {
  case 0:
  case 1: { /* the product is rounded before it is added; its sign is changed first, that of a NaN, too */
    uint32_t product = as_bits(x * y) ^ (second ? 0x80000000 : 0);
    x = (a >> 4 & 1 ? -old : old) + as_float(product);
    c->s[d] = isnan(as_float(product)) ? product : as_bits(x);
    return true;
  }
  case 2: c->s[d] = as_bits(x * y) ^ (second ? 0x80000000 : 0); return true;
  case 3: x = second ? x - y : x + y; break;
  case 4:
    x = x / y;
    c->now += 13;
    break;
  case 5: x = fmaf(second ? -x : x, y, -old); break;
  case 6: x = fmaf(second ? -x : x, y, old); break;
  default: return one_operand(c, a, b, d, m);
  }
  c->s[d] = as_bits(x);
  return true;
}

void float_instruction(struct cpu *c, uint32_t a, uint32_t b) {
  uint32_t t = b >> 12 & 15, n = (a & 15) << 1 | (b >> 7 & 1), m = (b & 15) << 1 | (b >> 5 & 1);
  bool to_core = a >> 4 & 1;
  if ((c->core_registers[0xd88 / 4] >> 20 & 15) != 15)
    cpu_fault(c, "the floating-point unit is off", c->r[PC] - 4); /* CPACR */
  c->control |= CONTROL_FPCA;
  if ((a & 0xffe0) == 0xec40) { /* two core registers */
    if (b >> 8 & 1) m = (b & 15) << 1;
    if (to_core) {
      c->r[t] = c->s[m];
      c->r[a & 15] = c->s[(m + 1) & 31];
    } else {
      c->s[m] = c->r[t];
      c->s[(m + 1) & 31] = c->r[a & 15];
    }
  } else if ((a & 0xfe00) == 0xec00) {
    load_store(c, a, b);
  } else if ((a & 0xff00) == 0xee00 && !(b & 0x10)) {
    if (!calculate(c, a, b)) cpu_fault(c, "a floating-point instruction that the model does not have", c->r[PC] - 4);
  } else if ((a & 0xffe0) == 0xee00 && !(b & 0x100)) { /* one core register */
    if (to_core)
      c->r[t] = c->s[n];
    else
      c->s[n] = c->r[t];
  } else if ((a & 0xffc0) == 0xee00 && (b & 0x100)) { /* half of a double */
    n = (a & 15) << 1 | (a >> 5 & 1);
    if (to_core)
      c->r[t] = c->s[n];
    else
      c->s[n] = c->r[t];
  } else if ((a & 0xfff0) == 0xeef0 && to_core) { /* VMRS */
    if (t == PC)
      cpu_set_flags(c, c->fpscr);
    else
      c->r[t] = c->fpscr;
  } else if ((a & 0xfff0) == 0xeee0) {
    c->fpscr = c->r[t];
  } else
    cpu_fault(c, "a floating-point instruction that the model does not have", c->r[PC] - 4);
}
