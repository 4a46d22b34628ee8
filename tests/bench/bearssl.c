/* BearSSL doing what etls.c does, with the same options, and made for the same work: its 31-bit arithmetic, the faster
   one on a core with a long multiplication, and the suites, curves and hashes that our client has. (X25519 comes with
   P-384: there is no ready-made choice without it.)
     key=FILE           the known public key (the pin): a point on P-256
     dn=FILE key=FILE   the trust anchor: subject's name in DER, and a point on P-384 or the modulus of an RSA key
     keep=FILE session=FILE   a session, by its id, to be kept and to be resumed
   Compiled with PIN (known key) or without (certificate path), with EVERY for all suites; with TABLES for its AES by
   tables, twice as fast as its constant-time one. */

#include "bearssl.h"
#include "measure.h"
#include "../chip/chip.h"

#include <string.h>

static br_ssl_client_context client;
static br_ssl_engine_context *const engine = &client.eng;
/* One buffer for both directions, as small as 1 KB fragments allow: 325 bytes are what a record may add. */
static unsigned char buffer[1024 + 325];

static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,       BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
#ifdef EVERY
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,       BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#endif
};

static void must(int good) {
  if (!good) die("BearSSL", br_ssl_engine_last_error(engine));
}

#ifdef PIN
static br_x509_knownkey_context x509;

static void trust(void) {
  struct file key = file("key");
  static br_ec_public_key point;
  point = (br_ec_public_key){BR_EC_secp256r1, key.data, key.length};
  br_x509_knownkey_init_ec(&x509, &point, BR_KEYTYPE_SIGN);
}
#else
static br_x509_minimal_context x509;

static void trust(void) {
  static br_x509_trust_anchor anchor;
  static unsigned char exponent[] = {1, 0, 1};
  struct file dn = file("dn"), key = file("key");
  anchor.dn.data = dn.data;
  anchor.dn.len = dn.length;
  anchor.flags = BR_X509_TA_CA;
  if (key.length == 97) {
    anchor.pkey.key_type = BR_KEYTYPE_EC;
    anchor.pkey.key.ec = (br_ec_public_key){BR_EC_secp384r1, key.data, key.length};
  } else {
    anchor.pkey.key_type = BR_KEYTYPE_RSA;
    anchor.pkey.key.rsa = (br_rsa_public_key){key.data, key.length, exponent, sizeof exponent};
  }
  br_x509_minimal_init(&x509, &br_sha256_vtable, &anchor, 1);
  br_x509_minimal_set_rsa(&x509, &br_rsa_i31_pkcs1_vrfy);
  br_x509_minimal_set_ecdsa(&x509, &br_ec_all_m31, &br_ecdsa_i31_vrfy_asn1);
  br_x509_minimal_set_hash(&x509, br_sha256_ID, &br_sha256_vtable);
  br_x509_minimal_set_hash(&x509, br_sha384_ID, &br_sha384_vtable);
  br_x509_minimal_set_hash(&x509, br_sha512_ID, &br_sha512_vtable);
  br_x509_minimal_set_time(&x509, 719528 + number("now") / 86400, number("now") % 86400);
}
#endif

static void begin(void) {
  static char name[256];
  unsigned char seed[32];
  strcpy(name, option("name"));
  static br_ssl_session_parameters session;
  if (option("session")) session = *(br_ssl_session_parameters *)file("session").data;
  trust();
  fixed_random(NULL, seed, sizeof seed);
  COUNT();
  br_ssl_client_zero(&client);
  br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
  br_ssl_engine_set_suites(engine, suites, sizeof suites / sizeof suites[0]);
  br_ssl_engine_set_rsavrfy(engine, &br_rsa_i31_pkcs1_vrfy);
#ifdef PIN
  br_ssl_engine_set_ec(engine, &br_ec_p256_m31);
#else
  br_ssl_engine_set_ec(engine, &br_ec_all_m31);
#endif
  br_ssl_engine_set_ecdsa(engine, &br_ecdsa_i31_vrfy_asn1);
  br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
#ifndef PIN
  br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_hash(engine, br_sha512_ID, &br_sha512_vtable);
#endif
#ifdef EVERY
  br_ssl_engine_set_prf_sha384(engine, &br_tls12_sha384_prf);
  br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
  br_ssl_engine_set_chacha20(engine, &br_chacha20_ct_run);
  br_ssl_engine_set_poly1305(engine, &br_poly1305_ctmul_run);
#endif
  br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
#ifdef TABLES
  br_ssl_engine_set_aes_ctr(engine, &br_aes_big_ctr_vtable);
#else
  br_ssl_engine_set_aes_ctr(engine, &br_aes_ct_ctr_vtable);
#endif
  br_ssl_engine_set_ghash(engine, &br_ghash_ctmul);
  br_ssl_engine_set_x509(engine, &x509.vtable);
  br_ssl_engine_set_buffer(engine, buffer, sizeof buffer, 0);
  br_ssl_engine_inject_entropy(engine, seed, sizeof seed);
  if (option("session")) br_ssl_engine_set_session_parameters(engine, &session);
  must(br_ssl_client_reset(&client, name, !!option("session")));
  RETURNED();
}

/* Moves records until one of the wanted states is there. */
static void until(unsigned wanted) {
  for (;;) {
    unsigned state = br_ssl_engine_current_state(engine);
    unsigned char *place;
    size_t n;
    must(state != BR_SSL_CLOSED);
    if (state & BR_SSL_SENDREC) {
      place = br_ssl_engine_sendrec_buf(engine, &n);
      transmit(place, n);
      COUNT();
      br_ssl_engine_sendrec_ack(engine, n);
      RETURNED();
    } else if (state & wanted) {
      return;
    } else {
      place = br_ssl_engine_recvrec_buf(engine, &n);
      if (n > 512) n = 512;
      n = receive(place, n);
      must(n != 0);
      COUNT();
      br_ssl_engine_recvrec_ack(engine, n);
      RETURNED();
    }
  }
}

int main(void) {
  const size_t lent = sizeof client + sizeof x509 + sizeof buffer;
  size_t received = 0, wanted = number("get"), n;
  unsigned char *place;
  paint();
  begin();
  until(BR_SSL_SENDAPP);
  report("handshake", lent, 0);
  if (option("session") || option("keep")) {
    br_ssl_session_parameters now;
    br_ssl_engine_get_session_parameters(engine, &now);
    if (option("session")) {
      struct file before = file("session");
      if (memcmp(&now, before.data, sizeof now)) die("not resumed", 0);
    } else if (file_write(option("keep"), &now, sizeof now)) {
      die("session", 0);
    }
    br_ssl_engine_close(engine); /* openssl forgets the sessions of connections that are cut */
    while (br_ssl_engine_current_state(engine) & BR_SSL_SENDREC) {
      place = br_ssl_engine_sendrec_buf(engine, &n);
      transmit(place, n);
      br_ssl_engine_sendrec_ack(engine, n);
    }
  }
  if (!wanted) return 0;

  until(BR_SSL_SENDAPP);
  place = br_ssl_engine_sendapp_buf(engine, &n);
  strcpy((char *)place, "GET /");
  strcat(strcat((char *)place, option("get")), " HTTP/1.0\r\n\r\n");
  br_ssl_engine_sendapp_ack(engine, strlen((char *)place));
  br_ssl_engine_flush(engine, 0);
  paint();
  while (received < wanted) {
    until(BR_SSL_RECVAPP);
    COUNT();
    place = br_ssl_engine_recvapp_buf(engine, &n);
    br_ssl_engine_recvapp_ack(engine, n);
    RETURNED();
    received += n;
  }
  report("receive", lent, received);
}
