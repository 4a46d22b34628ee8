/* Random numbers, the same in every run, and the bits of doubles. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stdint.h>
#include <string.h>

static uint64_t random_state = 88172645463325252u;

static inline uint64_t random64(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static inline uint64_t bits(double x) {
  uint64_t n;
  memcpy(&n, &x, sizeof n);
  return n;
}

static inline double from_bits(uint64_t n) {
  double x;
  memcpy(&x, &n, sizeof x);
  return x;
}

#endif
