/* Our client, through its C ABI. Options (see measure.h for "in" and "out"):
     ca=FILE (DER) or fingerprint=HEX; name=HOST; fragment=, record=, chunk=BYTES; get=BYTES of body to ask for
     send=BYTES to send after the handshake (only when played back: nobody reads them)
     cert=FILE and key=FILE of a client certificate
     slices=1: each call comes back after a slice of a long computation
     keep=FILE to write a session to; session=FILE with one that must be resumed
     step=1: takes single bytes, so that what the handshake is said to have taken is nothing but the handshake */

#include "../chip/chip.h"
#include "espruino_tls.h"
#include "measure.h"

#include <string.h>

static void *host_alloc(void *user, size_t length) {
  (void)user;
  return counted_calloc(1, length);
}

static void host_free(void *user, void *memory, size_t length) {
  (void)user;
  (void)length;
  counted_free(memory);
}

static int64_t now;

static int64_t host_now(void *user) {
  (void)user;
  return now;
}

/* `in` is counted as memory of ours: a rival's buffer for what comes from the network is part of what it is lent. What goes
   to the network is taken from where it lies. */
static uint8_t lent[40 * 1024], in[512], plain[512];
static size_t in_start, in_end, taken;
static struct etls *tls;
static size_t size;

static void must(ptrdiff_t result) {
  static struct etls_error_info error;
  if (result >= 0) return;
  etls_error(tls, &error);
  say_number("a", (long)error.a);
  say_number("b", (long)error.b);
  die(error.code, result);
}

/* What the engine has to say goes to the network: whether there was any. */
static int pull(void) {
  const uint8_t *data;
  size_t n;
  int any;
  for (any = 0;; any = 1) {
    COUNT();
    n = etls_queued(tls, &data);
    RETURNED();
    if (!n) return any;
    transmit(data, n);
    COUNT();
    etls_sent(tls, n);
    RETURNED();
  }
}

/* Long computations go on, slice by slice. */
static void work(void) {
#ifdef SLICES
  int more;
  do {
    COUNT();
    more = etls_work(tls);
    RETURNED();
  } while (more);
#endif
}

/* What the network has goes to the engine, at most so much at a time. */
static void push(size_t piece) {
  ptrdiff_t n;
  if (in_start == in_end) {
    in_start = 0;
    in_end = receive(in, piece);
    if (!in_end) die("the server has closed", etls_status(tls));
  }
  COUNT();
  n = etls_push(tls, in + in_start, in_end - in_start);
  RETURNED();
  must(n);
  in_start += (size_t)n;
  taken += (size_t)n;
  work();
}

static struct etls_bytes whole(const char *option_name) {
  struct file f = file(option_name);
  return (struct etls_bytes){f.data, f.length};
}

static void begin(void) {
  static struct etls_bytes anchor;
  static char fingerprint[256], name[256];
  static struct etls_config config; /* static: not on the stack that is measured */
  static const struct etls_host host = {NULL, host_alloc, host_free, fixed_random, host_now};
  int status;
  now = (int64_t)number("now");
  strcpy(name, option("name"));
  config.servername = (struct etls_bytes){(const uint8_t *)name, strlen(name)};
  config.max_fragment = (uint16_t)number("fragment");
  config.max_record = (uint16_t)number("record");
  config.max_send = (uint16_t)number("chunk");
  if (option("fingerprint")) {
    strcpy(fingerprint, option("fingerprint"));
    config.fingerprint256 = (struct etls_bytes){(const uint8_t *)fingerprint, strlen(fingerprint)};
  } else {
    anchor = whole("ca");
    config.ca = &anchor;
    config.ca_count = 1;
  }
  if (option("cert")) {
    config.cert = whole("cert");
    config.key = whole("key");
  }
  if (option("session")) config.session = whole("session");
#ifdef SLICES
  config.slices = !!option("slices");
#endif
  config.keep_session = option("session") || option("keep");
  size = etls_size(&config);
  if (size > sizeof lent) die("etls_size", (long)size);
  COUNT();
  status = etls_init(lent, size, &config, &host, &tls, NULL);
  RETURNED();
  must(status);
}

static void send(size_t bytes) {
  size_t sent = 0;
  static uint8_t data[16384];
  size_t chunk = number("chunk");
  while (sent < bytes) {
    ptrdiff_t n;
    COUNT();
    n = etls_write(tls, data, chunk);
    RETURNED();
    must(n);
    sent += (size_t)n;
    pull();
  }
  report("send", size + sizeof in, sent);
}

static void get(const char *bytes) {
  char request[64] = "GET /";
  size_t received = 0, wanted = number("get");
  strcat(strcat(request, bytes), " HTTP/1.0\r\n\r\n");
  must(etls_write(tls, (const uint8_t *)request, strlen(request)));
  for (;;) { /* the request is not what is measured */
    const uint8_t *data;
    size_t n = etls_queued(tls, &data);
    if (!n) break;
    transmit(data, n);
    etls_sent(tls, n);
  }
  while (received < wanted) {
    ptrdiff_t n;
    push(sizeof in);
    do {
      COUNT();
      n = etls_read(tls, plain, sizeof plain);
      RETURNED();
      must(n);
      received += (size_t)n;
    } while (n);
  }
  report("receive", size + sizeof in, received);
}

/* With TLS 1.3 the session comes after the handshake. */
static void keep(void) {
  struct etls_bytes session;
  while (!etls_session(tls, &session)) push(sizeof in);
  if (file_write(option("keep"), session.data, session.length)) die("session", (long)session.length);
}

int main(void) {
  /* If a body follows, its first bytes must not slip in with the handshake's last. */
  size_t piece = number("get") || number("step") ? 1 : sizeof in;
  static struct etls_peer_info peer;
  paint();
  begin();
  for (;;) {
    do work();
    while (pull()); /* which can bring new work */
    if (etls_status(tls) != ETLS_HANDSHAKING) break;
    push(piece);
  }
  if (etls_status(tls) != ETLS_OPEN) die("not open", etls_status(tls));
  etls_peer(tls, &peer);
  if (peer.resumed != !!option("session")) die("resumed", peer.resumed);
  report("handshake", size + sizeof in, taken);
  if (option("keep")) keep();
  if (number("send")) {
    paint();
    send(number("send"));
  }
  if (option("get")) {
    paint();
    get(option("get"));
  }
}
