/* Mbed TLS 2.28's own TLS layer doing what etls.c does, with the same options. A self-signed certificate given as `ca`
   is its way to pin: one that is the server's own byte for byte is trusted without a look at its signature. */

#include "measure.h"
#include "mbedtls/ssl.h"

#include <string.h>

static mbedtls_ssl_context tls;
static mbedtls_ssl_config config;
static mbedtls_x509_crt ca;

static int must(int result) {
  if (result < 0) die("Mbed TLS", result);
  return result;
}

static int on_send(void *user, const unsigned char *data, size_t length) {
  (void)user;
  PAUSE();
  transmit(data, length);
  COUNT();
  return (int)length;
}

static int on_receive(void *user, unsigned char *data, size_t room) {
  size_t n;
  (void)user;
  PAUSE();
  n = receive(data, room < 512 ? room : 512);
  COUNT();
  return n ? (int)n : MBEDTLS_ERR_SSL_CONN_EOF;
}

static void begin(void) {
  static char name[256];
  unsigned long fragment = number("fragment");
  struct file anchor = file("ca");
  strcpy(name, option("name"));
  COUNT();
  mbedtls_ssl_init(&tls);
  mbedtls_ssl_config_init(&config);
  mbedtls_x509_crt_init(&ca);
  must(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                   MBEDTLS_SSL_PRESET_DEFAULT));
  must(mbedtls_x509_crt_parse_der_nocopy(&ca, anchor.data, anchor.length));
  mbedtls_ssl_conf_ca_chain(&config, &ca, NULL);
  mbedtls_ssl_conf_rng(&config, fixed_random, NULL);
  must(mbedtls_ssl_conf_max_frag_len(&config, fragment == 1024 ? MBEDTLS_SSL_MAX_FRAG_LEN_1024
                                                              : MBEDTLS_SSL_MAX_FRAG_LEN_NONE));
  must(mbedtls_ssl_setup(&tls, &config));
  must(mbedtls_ssl_set_hostname(&tls, name));
  mbedtls_ssl_set_bio(&tls, NULL, on_send, on_receive, NULL);
  PAUSE();
}

int main(void) {
  const size_t lent = sizeof tls + sizeof config + sizeof ca;
  static unsigned char plain[512], request[64] = "GET /";
  size_t received = 0, wanted = number("get");
  paint();
  begin();
  COUNT();
  must(mbedtls_ssl_handshake(&tls));
  PAUSE();
  report("handshake", lent, 0);
  if (!wanted) return 0;

  strcat(strcat((char *)request, option("get")), " HTTP/1.0\r\n\r\n");
  must(mbedtls_ssl_write(&tls, request, strlen((char *)request)));
  PAUSE(); /* on_send has started the count again */
  paint();
  COUNT();
  while (received < wanted) received += (size_t)must(mbedtls_ssl_read(&tls, plain, sizeof plain));
  PAUSE();
  report("receive", lent, received);
}
