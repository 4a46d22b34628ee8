/* Preloaded into openssl, so that every run of the benchmark gets the same keys and signatures: random numbers and the
   clock are fixed, and so is what else OpenSSL stirs in (process, thread; rdtsc and addresses are seen to by bench.py).
   The keys that come of it are worth nothing. */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

/* BENCH_SEED: whose keys are made, so that not all are the same. */
static void fill(unsigned char *out, size_t length) {
  static uint64_t state; /* xorshift */
  if (!state) {
    const char *name = getenv("BENCH_SEED");
    state = 20251122;
    while (name && *name) state = state * 31 + (unsigned char)*name++;
  }
  while (length--) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    *out++ = (unsigned char)(state >> 32);
  }
}

int getentropy(void *out, size_t length) {
  fill(out, length);
  return 0;
}

ssize_t getrandom(void *out, size_t length, unsigned flags) {
  (void)flags;
  fill(out, length);
  return (ssize_t)length;
}

enum { NOW = 1800000000 }; /* January 2027 */

time_t time(time_t *out) {
  if (out) *out = NOW;
  return NOW;
}

int clock_gettime(clockid_t which, struct timespec *out) {
  (void)which;
  *out = (struct timespec){NOW, 0};
  return 0;
}

pid_t getpid(void) { return 1; }

pthread_t pthread_self(void) { return 1; }
