/* Mbed TLS's own TLS layer, 2.28 or 3.6, doing what etls.c does, with the same options. A self-signed certificate given
   as `ca` is its way to pin: one that is the server's own byte for byte is trusted without a look at its signature.
   The handshake is done step by step, which brings it back to its caller as often as it can be. */

#include "../chip/chip.h"
#include "measure.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/ssl.h"
#ifdef MBEDTLS_PSA_CRYPTO_C
#include "psa/crypto.h"
#endif

#include <string.h>

static mbedtls_ssl_context tls;
static mbedtls_ssl_config config;
static mbedtls_x509_crt ca;
static time_t now;

time_t chip_time(time_t *out) {
  if (out) *out = now;
  return now;
}

#ifndef MBEDTLS3
#define mbedtls_ssl_is_handshake_over(tls) ((tls)->state == MBEDTLS_SSL_HANDSHAKE_OVER)
#else
int64_t mbedtls_ms_time(void) { return now * 1000; }
#endif

/* Instead of the C library's, which wants a heap of its own. */
struct tm *mbedtls_platform_gmtime_r(const time_t *time, struct tm *out) {
  static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 366};
  long days = (long)(*time / 86400), seconds = (long)(*time % 86400), year = 1970, month = 0;
  int leap;
  while (leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0), days >= 365 + leap) days -= 365 + leap, year++;
  while (month < 11 && days >= before[month + 1] + (leap && month >= 1)) month++;
  memset(out, 0, sizeof *out);
  out->tm_year = (int)(year - 1900);
  out->tm_mon = (int)month;
  out->tm_mday = (int)(days - before[month] - (leap && month > 1)) + 1;
  out->tm_hour = (int)(seconds / 3600);
  out->tm_min = (int)(seconds / 60 % 60);
  out->tm_sec = (int)(seconds % 60);
  return out;
}

#ifdef MBEDTLS_PSA_CRYPTO_C
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *out, size_t size,
                                             size_t *length) {
  (void)context;
  *length = size;
  return fixed_random(NULL, out, size) ? PSA_ERROR_INSUFFICIENT_ENTROPY : PSA_SUCCESS;
}
#endif

static int must(int result) {
  if (result < 0) die("Mbed TLS", result);
  return result;
}

static int on_send(void *user, const unsigned char *data, size_t length) {
  (void)user;
  LEAVE();
  transmit(data, length);
  BACK();
  return (int)length;
}

static int on_receive(void *user, unsigned char *data, size_t room) {
  size_t n;
  (void)user;
  LEAVE();
  n = arrived(data, room);
  BACK();
  return n ? (int)n : MBEDTLS_ERR_SSL_WANT_READ;
}

/* Whether a call must be made again; what it is waiting for has come then. */
static int again(int result) {
#ifdef RESTARTABLE
  if (result == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) return 1;
#endif
#ifdef TLS13
  if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) return 1;
#endif
  if (result == MBEDTLS_ERR_SSL_WANT_READ) return wait_for_more(), 1;
  must(result);
  return 0;
}

static void begin(void) {
  static char name[256];
  unsigned long fragment = number("fragment");
  struct file anchor = file("ca");
  strcpy(name, option("name"));
  now = (time_t)number("now");
  COUNT();
#ifdef MBEDTLS_PSA_CRYPTO_C
  must(psa_crypto_init());
#endif
#ifdef RESTARTABLE
  mbedtls_ecp_set_max_ops(RESTARTABLE);
#endif
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
#ifdef TLS13
  mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#ifdef MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(&config,
                                                           MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
  must(mbedtls_ssl_setup(&tls, &config));
  must(mbedtls_ssl_set_hostname(&tls, name));
  mbedtls_ssl_set_bio(&tls, NULL, on_send, on_receive, NULL);
  RETURNED();
}

#ifdef TLS13
static unsigned char saved[4096];

/* A certificate is verified: the session has not been resumed. */
static int not_resumed(void *user, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  (void)user, (void)certificate, (void)flags;
  die("not resumed", depth);
}

static void resume(void) {
  static mbedtls_ssl_session session;
  mbedtls_ssl_conf_verify(&config, not_resumed, NULL);
  struct file before = file("session");
  COUNT();
  mbedtls_ssl_session_init(&session);
  must(mbedtls_ssl_session_load(&session, before.data, before.length));
  must(mbedtls_ssl_set_session(&tls, &session));
  mbedtls_ssl_session_free(&session);
  RETURNED();
}

/* With TLS 1.3 the session comes after the handshake. */
static void keep(void) {
  static mbedtls_ssl_session session;
  size_t length = 0;
  int result;
  if (mbedtls_ssl_get_version_number(&tls) == MBEDTLS_SSL_VERSION_TLS1_3) {
    while (result = mbedtls_ssl_read(&tls, saved, 1), result != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
      if (!again(result)) die("data, not a session", result);
  }
  mbedtls_ssl_session_init(&session);
  must(mbedtls_ssl_get_session(&tls, &session));
  must(mbedtls_ssl_session_save(&session, saved, sizeof saved, &length));
  if (file_write(option("keep"), saved, length)) die("session", (long)length);
  mbedtls_ssl_close_notify(&tls);
}
#endif

int main(void) {
  const size_t lent = sizeof tls + sizeof config + sizeof ca;
  static unsigned char plain[512], request[64] = "GET /";
  size_t received = 0, wanted = number("get");
  int result;
  paint();
  begin();
#ifdef TLS13
  if (option("session")) resume();
#endif
  do {
    COUNT();
    result = mbedtls_ssl_handshake_step(&tls);
    RETURNED();
  } while (again(result) || !mbedtls_ssl_is_handshake_over(&tls));
  report("handshake", lent, 0);
#ifdef TLS13
  if (option("keep")) keep();
#endif
  if (!wanted) return 0;

  strcat(strcat((char *)request, option("get")), " HTTP/1.0\r\n\r\n");
  must(mbedtls_ssl_write(&tls, request, strlen((char *)request)));
  paint();
  while (received < wanted) {
    COUNT();
    result = mbedtls_ssl_read(&tls, plain, sizeof plain);
    RETURNED();
    if (!again(result)) received += (size_t)result;
  }
  report("receive", lent, received);
}
