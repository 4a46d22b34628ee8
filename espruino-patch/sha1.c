/* crypto.SHA1 in 0.4 KB instead of 1.3, for https.make's images, where every byte counts: Mbed TLS has each of the 80 rounds written out. A
   PIXLJS image hashes 80 KB in two thirds of the time, since Espruino compiles these rounds as calls of a function. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

void espruinoTlsSha1(const unsigned char *input, size_t length, unsigned char output[20]);

static uint32_t left(uint32_t x, unsigned int by) {
  return x << by | x >> (32 - by);
}

/* RFC 3174 section 6.1. The block is the first 16 of 96 words. */
static __attribute__((noinline)) void compress(uint32_t state[5], uint32_t *words) {
  static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (unsigned int t = 0; t < 80; t++) {
    unsigned int part = t / 20;
    uint32_t f = b ^ c ^ d;
    if (part == 0) f = d ^ (b & (c ^ d));
    if (part == 2) f = (b & c) | (d & (b | c));
    f += left(a, 5) + e + *words + constants[part];
    words[16] = left(words[0] ^ words[2] ^ words[8] ^ words[13], 1);
    words++;
    e = d;
    d = c;
    c = left(b, 30);
    b = a;
    a = f;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void espruinoTlsSha1(const unsigned char *input, size_t length, unsigned char output[20]) {
  uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint32_t words[96];
  /* One byte 0x80, zeros, and 64 bits for the length. */
  size_t end = (length + 8) / 64 * 64 + 64;
  for (size_t i = 0; i < end; i++) {
    uint32_t *word = &words[i / 4 % 16]; /* what it held before is shifted out */
    *word = *word << 8 | (i < length ? input[i] : i == length ? 0x80 : 0);
    if (i % 64 != 63) continue;
    if (i + 1 == end) {
      words[14] = (uint32_t)(length >> 29);
      words[15] = (uint32_t)(length << 3);
    }
    compress(state, words);
  }
  for (unsigned int i = 0; i < 5; i++) {
    uint32_t word = __builtin_bswap32(state[i]);
    memcpy(output + 4 * i, &word, sizeof word); /* the result may lie anywhere */
  }
  /* Mbed TLS wipes, too. */
  for (volatile uint32_t *word = words; word < words + 96; word++) *word = 0;
}
