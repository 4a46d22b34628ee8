/* Nordic's functions for the keys of Bluetooth's pairing (LE Secure Connections), by the TLS library's P-256: in constant time, some
   milliseconds, and without micro-ecc, which is 3.6 KB and does not look whether the other's key is a point of the curve
   (CVE-2018-5383). Bluetooth has its numbers with the lowest byte first.

   https.make gives these functions other names, here and in bluetooth.c. */

#include <stdbool.h>
#include <stdint.h>

#include "sdk_errors.h" /* ecc.h needs it first */

#include "ecc.h"
#include "espruino_tls.h"
#include "jsutils.h"
#include "nrf_drv_rng.h"

#define LENGTH 32 /* bytes of a number */
/* Bytes of stack that must be left in the interrupt in which a phone pairs: 2,560 were measured, and the SoftDevice's own interrupts
   take 1,536. While JavaScript is deep down, a phone has to try again. */
#define STACK 4200

static void reverse(uint8_t *to, const uint8_t *from) {
  for (int i = 0; i < LENGTH; i++) to[i] = from[LENGTH - 1 - i];
}

static void wipe(volatile uint8_t *number) {
  for (int i = 0; i < LENGTH; i++) number[i] = 0;
}

void ecc_init(bool rng) {
  (void)rng;
}

ret_code_t ecc_p256_keypair_gen(uint8_t *p_le_sk, uint8_t *p_le_pk) {
  uint8_t private_key[LENGTH], point[1 + 2 * LENGTH];
  int done = 0;
  for (int tries = 0; tries < 4 && !done; tries++) { /* one number in 2^32 is no private key */
    nrf_drv_rng_block_rand(p_le_sk, LENGTH);
    reverse(private_key, p_le_sk);
    done = etls_ecdh_public(private_key, point);
  }
  wipe(private_key);
  if (!done) return NRF_ERROR_INTERNAL;
  reverse(p_le_pk, point + 1);
  reverse(p_le_pk + LENGTH, point + 1 + LENGTH);
  return NRF_SUCCESS;
}

ret_code_t ecc_p256_shared_secret_compute(uint8_t const *p_le_sk, uint8_t const *p_le_pk, uint8_t *p_le_ss) {
  uint8_t private_key[LENGTH], point[1 + 2 * LENGTH], shared[LENGTH];
  reverse(private_key, p_le_sk);
  point[0] = 4; /* uncompressed */
  reverse(point + 1, p_le_pk);
  reverse(point + 1 + LENGTH, p_le_pk + LENGTH);
  int done = jsuGetFreeStack() > STACK && etls_ecdh_agree(private_key, point, shared);
  wipe(private_key);
  /* The caller answers the other side in any case: not with a number that it could know. */
  if (!done) nrf_drv_rng_block_rand(shared, LENGTH);
  reverse(p_le_ss, shared);
  wipe(shared);
  return done ? NRF_SUCCESS : NRF_ERROR_INTERNAL;
}
