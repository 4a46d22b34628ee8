/* wolfSSL doing what etls.c does, with the same options. `ca` is a trust anchor; the pin is its "trusted peer
   certificate": the server's own, byte for byte. */

#include "../chip/chip.h"
#include "user_settings.h"

#include "wolfssl/ssl.h"
#include "wolfssl/wolfcrypt/error-crypt.h"
#ifdef NONBLOCK
#include "wolfssl/wolfcrypt/async.h"
#endif

#include <string.h>

static WOLFSSL_CTX *context;
static WOLFSSL *tls;
static time_t now;

time_t chip_time(time_t *out) {
  if (out) *out = now;
  return now;
}

int chip_random(unsigned char *out, unsigned length) { return fixed_random(NULL, out, length); }

static void must(int result) {
  if (result != WOLFSSL_SUCCESS) die("wolfSSL", tls ? wolfSSL_get_error(tls, result) : result);
}

static int on_send(WOLFSSL *t, char *data, int length, void *user) {
  (void)t, (void)user;
  LEAVE();
  transmit(data, (size_t)length);
  BACK();
  return length;
}

static int on_receive(WOLFSSL *t, char *data, int room, void *user) {
  size_t n;
  (void)t, (void)user;
  LEAVE();
  n = arrived(data, (size_t)room);
  BACK();
  return n ? (int)n : WOLFSSL_CBIO_ERR_WANT_READ;
}

/* Whether a call must be made again; what it is waiting for has come then. */
static int again(int result) {
  int error;
  if (result > 0) return 0;
  error = wolfSSL_get_error(tls, result);
#ifdef NONBLOCK
  if (error == WC_NO_ERR_TRACE(WC_PENDING_E)) {
    COUNT();
    result = wolfSSL_AsyncPoll(tls, WOLF_POLL_FLAG_CHECK_HW);
    RETURNED();
    if (result < 0) die("wolfSSL_AsyncPoll", result);
    return 1;
  }
#endif
  if (error != WOLFSSL_ERROR_WANT_READ) die("wolfSSL", error);
  wait_for_more();
  return 1;
}

static void begin(void) {
  static char name[256];
  struct file anchor = file("ca"), before = {0};
  unsigned long fragment = number("fragment");
  int pinned = !!option("fingerprint");
  strcpy(name, option("name"));
  now = (time_t)number("now");
  if (option("session")) before = file("session");
  COUNT();
  must(wolfSSL_Init());
#ifdef TLS13
  context = wolfSSL_CTX_new(wolfTLS_client_method());
#else
  context = wolfSSL_CTX_new(wolfTLSv1_2_client_method());
#endif
  if (!context) die("wolfSSL_CTX_new", 0);
#ifdef NONBLOCK
  static int device;
  must(wolfAsync_DevOpen(&device) == 0);
  must(wolfSSL_CTX_SetDevId(context, device));
#endif
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
  must(pinned ? wolfSSL_CTX_trust_peer_buffer(context, anchor.data, (long)anchor.length, WOLFSSL_FILETYPE_ASN1)
              : wolfSSL_CTX_load_verify_buffer(context, anchor.data, (long)anchor.length, WOLFSSL_FILETYPE_ASN1));
  wolfSSL_SetIORecv(context, on_receive);
  wolfSSL_SetIOSend(context, on_send);
  if (fragment == 1024) must(wolfSSL_CTX_UseMaxFragment(context, WOLFSSL_MFL_2_10));
#ifdef TLS13
  must(wolfSSL_CTX_UseSessionTicket(context));
#endif
  tls = wolfSSL_new(context);
  if (!tls) die("wolfSSL_new", 0);
  must(wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name)));
  must(wolfSSL_check_domain_name(tls, name));
  must(wolfSSL_UseSupportedCurve(tls, WOLFSSL_ECC_SECP256R1));
#ifdef TLS13
  if (before.length) {
    const unsigned char *bytes = before.data;
    WOLFSSL_SESSION *session = wolfSSL_d2i_SSL_SESSION(NULL, &bytes, (long)before.length);
    if (!session) die("session", 0);
    must(wolfSSL_set_session(tls, session));
    wolfSSL_SESSION_free(session);
  }
#endif
  RETURNED();
}

#ifdef TLS13
static int on_ticket(WOLFSSL *t, const unsigned char *ticket, int length, void *arrived) {
  (void)t, (void)ticket, (void)length;
  *(int *)arrived = 1;
  return 0;
}

/* With TLS 1.3 the session comes after the handshake. */
static void keep(void) {
  static unsigned char saved[4096], *end = saved;
  static int ticket;
  WOLFSSL_SESSION *session;
  int length;
  if (wolfSSL_version(tls) == TLS1_3_VERSION) {
    wolfSSL_set_SessionTicket_cb(tls, on_ticket, &ticket);
    while (wolfSSL_read(tls, saved, 1), !ticket) wait_for_more();
  }
  session = wolfSSL_get1_session(tls);
  if (!session) die("no session", 0);
  length = wolfSSL_i2d_SSL_SESSION(session, NULL);
  if (length <= 0 || (size_t)length > sizeof saved) die("session's length", length);
  wolfSSL_i2d_SSL_SESSION(session, &end);
  if (file_write(option("keep"), saved, (size_t)length)) die("session", length);
  wolfSSL_shutdown(tls);
}
#endif

int main(void) {
  static unsigned char plain[512], request[64] = "GET /";
  size_t received = 0, wanted = number("get");
  int result;
  paint();
  begin();
  do {
    COUNT();
    result = wolfSSL_connect(tls);
    RETURNED();
  } while (again(result));
  report("handshake", 0, 0);
#ifdef TLS13
  if (option("session") && !wolfSSL_session_reused(tls)) die("not resumed", 0);
  if (option("keep")) keep();
#endif
  if (!wanted) return 0;

  strcat(strcat((char *)request, option("get")), " HTTP/1.0\r\n\r\n");
  if (wolfSSL_write(tls, request, (int)strlen((char *)request)) <= 0) die("wolfSSL_write", 0);
  paint();
  while (received < wanted) {
    COUNT();
    result = wolfSSL_read(tls, plain, sizeof plain);
    RETURNED();
    if (!again(result)) received += (size_t)result;
  }
  report("receive", 0, received);
}
