/* The edges of the C ABI: null pointers, too little memory, odd alignment. Exit status 0 if all is as the header says. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETLS_ECDH
#include "espruino_tls.h"

static int failures;

#define CHECK(condition)                                                         \
  do {                                                                           \
    if (!(condition)) {                                                          \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
      failures++;                                                                \
    }                                                                            \
  } while (0)

static int no_random(void *user, uint8_t *out, size_t length) {
  (void)user, (void)out, (void)length;
  return -1;
}

static int some_random(void *user, uint8_t *out, size_t length) {
  (void)user;
  memset(out, 7, length); /* a test, nothing else */
  return 0;
}

static etls_bytes text(const char *s) {
  etls_bytes bytes = {(const uint8_t *)s, strlen(s)};
  return bytes;
}

/* P-256 for others: both sides have the same in common, and what is no key is refused. */
static void ecdh(void) {
  uint8_t private_key[2][32], public_key[2][65], shared[2][32];
  int i;
  for (i = 0; i < 2; i++) {
    memset(private_key[i], 17 + i, sizeof private_key[i]);
    CHECK(etls_ecdh_public(private_key[i], public_key[i]) == 1 && public_key[i][0] == 4);
  }
  for (i = 0; i < 2; i++) CHECK(etls_ecdh_agree(private_key[i], public_key[1 - i], shared[i]) == 1);
  CHECK(!memcmp(shared[0], shared[1], sizeof shared[0]));
  memset(private_key[0], 0, sizeof private_key[0]);
  CHECK(etls_ecdh_public(private_key[0], public_key[0]) == 0 && etls_ecdh_public(NULL, public_key[0]) == 0);
  CHECK(etls_ecdh_agree(private_key[0], public_key[1], shared[0]) == 0);
  public_key[0][64] ^= 1; /* no point of the curve any more */
  CHECK(etls_ecdh_agree(private_key[1], public_key[0], shared[0]) == 0);
  CHECK(etls_ecdh_agree(private_key[1], NULL, shared[0]) == 0 && etls_ecdh_agree(private_key[1], public_key[1], NULL) == 0);
}

int main(void) {
  etls_config config;
  etls_host host;
  etls_error_info error;
  etls_peer_info peer;
  etls *tls = NULL;
  uint8_t bytes[4096];
  char message[400], small[8];
  unsigned char *memory;
  size_t size, i;
  const int invalid = -15, too_small = -13, no_trust = -1, random_failed = -30;

  memset(&config, 0, sizeof config);
  memset(&host, 0, sizeof host);
  host.random = some_random;

  size = etls_size(&config);
  CHECK(size > 1024 && size < 8192);
  CHECK(etls_size(NULL) == 0);
  memory = malloc(size + 16);
  if (!memory) return 2;

  /* The configuration is refused before anything else happens. */
  CHECK(etls_init(memory, size, &config, &host, &tls, &error) == no_trust);
  CHECK(tls == NULL && error.number == 1 && error.alert == -1 && !strcmp(error.code, "ERR_TLS_NO_TRUST"));
  CHECK(etls_init(memory, size, &config, &host, &tls, NULL) == no_trust);

  config.insecure = 1;
  CHECK(etls_init(NULL, size, &config, &host, &tls, &error) == invalid);
  CHECK(etls_init(memory, size, NULL, &host, &tls, &error) == invalid);
  CHECK(etls_init(memory, size, &config, NULL, &tls, &error) == invalid);
  CHECK(etls_init(memory, size, &config, &host, NULL, &error) == invalid);
  config.ca_count = 1;
  CHECK(etls_init(memory, size, &config, &host, &tls, &error) == invalid);
  config.ca_count = (size_t)-1;
  CHECK(etls_size(&config) == 0);
  CHECK(etls_init(memory, size, &config, &host, &tls, &error) == invalid);
  config.ca_count = 0;
  for (i = 0; i < 64; i++) CHECK(etls_init(memory, i, &config, &host, &tls, &error) == too_small);
  CHECK(error.number == -too_small && error.a == 63 && error.b == size);

  /* Without random numbers nothing begins. */
  host.random = NULL;
  CHECK(etls_init(memory, size, &config, &host, &tls, &error) == random_failed);
  host.random = no_random;
  CHECK(etls_init(memory, size, &config, &host, &tls, &error) == random_failed);
  CHECK(etls_describe(&error, message, sizeof message) == strlen(message));
  CHECK(!strncmp(message, "ERR_TLS_RANDOM: ", 16));
  CHECK(etls_describe(&error, small, sizeof small) == strlen(message));
  CHECK(!strcmp(small, "ERR_TLS"));
  CHECK(etls_describe(&error, NULL, 0) == 0 || etls_describe(&error, NULL, 0) == strlen(message));
  CHECK(etls_describe(NULL, message, sizeof message) == 0);
  host.random = some_random;

  /* Any alignment will do, and not a byte beyond is touched. */
  config.servername = text("localhost");
  for (i = 0; i < 16; i++) {
    memset(memory, 0xA5, size + 16);
    CHECK(etls_init(memory + i, size, &config, &host, &tls, &error) == 0);
    CHECK(tls && etls_status(tls) == ETLS_HANDSHAKING);
    CHECK(etls_error(tls, &error) == 0 && error.number == 0 && !strcmp(error.code, ""));
    CHECK(etls_error(tls, NULL) == 0);
    CHECK(etls_peer(tls, &peer) == 0 && !strcmp(peer.version, "") && !strcmp(peer.suite, "") && !peer.trusted_by);

    /* Nothing but the ClientHello can be had before the server has spoken. */
    CHECK(etls_read(tls, bytes, sizeof bytes) == 0);
    CHECK(etls_write(tls, bytes, 10) == 0);
    CHECK(etls_pull(tls, bytes, 0) == 0);
    CHECK(etls_pull(tls, NULL, 10) == invalid);
    CHECK(etls_read(tls, NULL, 10) == invalid);
    CHECK(etls_push(tls, bytes, 0) == 0);
    CHECK(etls_pull(tls, bytes, sizeof bytes) > 100 && bytes[0] == 22 && bytes[1] == 3);
    CHECK(etls_pull(tls, bytes, sizeof bytes) == 0);

    /* Plain HTTP: the error stays, and the alert can be pulled once. */
    CHECK(etls_push(tls, (const uint8_t *)"HTTP/1.1 400 Bad Request\r\n", 26) == -60);
    CHECK(etls_push(tls, bytes, 1) == -60 && etls_read(tls, bytes, 1) == -60 && etls_write(tls, bytes, 1) == -60);
    CHECK(etls_status(tls) == ETLS_FAILED && etls_error(tls, &error) == 60 && error.alert == 70);
    CHECK(!strcmp(error.code, "ERR_SSL_WRONG_VERSION_NUMBER"));
    CHECK(etls_pull(tls, bytes, sizeof bytes) == 7 && bytes[0] == 21 && bytes[6] == 70);
    CHECK(etls_pull(tls, bytes, sizeof bytes) == 0);
    etls_drop(tls);
    {
      size_t j, touched = 0;
      for (j = 0; j < size + 16; j++) touched += (j < i || j >= i + size) && memory[j] != 0xA5;
      CHECK(touched == 0);
    }
  }

  /* No connection: no crash. */
  CHECK(etls_push(NULL, bytes, 1) == invalid && etls_pull(NULL, bytes, 1) == invalid);
  CHECK(etls_read(NULL, bytes, 1) == invalid && etls_write(NULL, bytes, 1) == invalid);
  CHECK(etls_close(NULL) == invalid && etls_eof(NULL) == invalid && etls_peer(NULL, &peer) == invalid);
  CHECK(etls_status(NULL) == ETLS_FAILED && etls_error(NULL, &error) == -invalid);
  etls_drop(NULL);

  ecdh();

  free(memory);
  return failures != 0;
}
