/* Fetches one page over https with nothing but the C ABI: the way to use espruino_tls.h, in one file.

   usage: https_get HOST PORT PATH FINGERPRINT256
   The body goes to stdout, everything else to stderr. Exit status 0 only if the server's certificate has this
   fingerprint and the body is complete. */

#define _POSIX_C_SOURCE 200112L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include "espruino_tls.h"

/* What the device lends. The engine asks for memory only when a server sends records larger than it was asked to. */
struct device {
  FILE *urandom;
  size_t outstanding;
};

static void *host_alloc(void *user, size_t length) {
  struct device *device = user;
  void *memory = malloc(length);
  if (memory) device->outstanding += length;
  return memory;
}

static void host_free(void *user, void *memory, size_t length) {
  struct device *device = user;
  device->outstanding -= length;
  free(memory);
}

static int host_random(void *user, uint8_t *out, size_t length) {
  struct device *device = user;
  return device->urandom && fread(out, 1, length, device->urandom) == length ? 0 : -1;
}

static int64_t host_now(void *user) {
  (void)user;
  return (int64_t)time(NULL);
}

static etls_bytes text(const char *s) {
  etls_bytes bytes = {(const uint8_t *)s, strlen(s)};
  return bytes;
}

static int complain(const etls_error_info *error) {
  char message[400];
  etls_describe(error, message, sizeof message);
  fprintf(stderr, "%s\n", message);
  return 1;
}

static int connect_to(const char *host, const char *port) {
  struct addrinfo hints, *list, *a;
  struct timeval patience = {30, 0};
  int s = -1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host, port, &hints, &list)) return -1;
  for (a = list; a && s < 0; a = a->ai_next) {
    s = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (s >= 0 && connect(s, a->ai_addr, a->ai_addrlen)) {
      close(s);
      s = -1;
    }
  }
  freeaddrinfo(list);
  if (s >= 0) setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return s;
}

/* Sends what the engine has for the network. A server that has gone away is noticed when reading. */
static void send_pending(int s, etls *tls) {
  uint8_t out[512];
  ptrdiff_t n;
  while ((n = etls_pull(tls, out, sizeof out)) > 0) {
    ptrdiff_t sent = 0;
    while (sent < n) {
      ssize_t k = send(s, out + sent, (size_t)(n - sent), 0);
      if (k <= 0) break;
      sent += k;
    }
  }
}

/* Waits for something from the network and gives it to the engine. */
static void receive_some(int s, etls *tls, uint8_t *in, size_t size, size_t *start, size_t *end) {
  if (*start == *end) {
    ssize_t n = recv(s, in, size, 0);
    *start = 0;
    *end = n > 0 ? (size_t)n : 0;
    if (n <= 0) etls_eof(tls);
  }
  if (*start < *end) {
    ptrdiff_t taken = etls_push(tls, in + *start, *end - *start);
    if (taken > 0) *start += (size_t)taken; /* errors are sticky: etls_status() tells */
  }
}

/* The HTTP response as it comes: headers are kept, the body is printed. */
struct response {
  char head[4096];
  size_t head_length;
  int in_body;
  unsigned long body_length, expected;
};

static void response_bytes(struct response *r, const uint8_t *data, size_t n) {
  while (n && !r->in_body) {
    if (r->head_length < sizeof r->head - 1) r->head[r->head_length++] = (char)*data;
    data++;
    n--;
    if (r->head_length >= 4 && !memcmp(r->head + r->head_length - 4, "\r\n\r\n", 4)) {
      const char *length = strstr(r->head, "\r\nContent-Length:");
      r->expected = length ? strtoul(length + 17, NULL, 10) : 0;
      r->in_body = 1;
    }
  }
  fwrite(data, 1, n, stdout);
  r->body_length += n;
}

static void print_fingerprint(const char *before, const etls_peer_info *peer) {
  size_t i;
  fputs(before, stderr);
  for (i = 0; i < sizeof peer->fingerprint256; i++) fprintf(stderr, i ? ":%02X" : "%02X", peer->fingerprint256[i]);
  fputc('\n', stderr);
}

static void print_facts(const etls_peer_info *peer) {
  fprintf(stderr, "%s\n%s\nfragment %u\n", peer->version, peer->suite, (unsigned)peer->fragment);
  print_fingerprint("fingerprint ", peer);
  fprintf(stderr, "engine peak memory %lu bytes (stack not included)\n", (unsigned long)peer->memory_peak);
}

/* Runs the connection to its end. Returns the exit status. */
static int fetch(int s, etls *tls, const char *host, const char *path) {
  static struct response response; /* zeros */
  char request[1024];
  uint8_t in[1024], out[1024];
  size_t start = 0, end = 0, sent = 0, request_length;
  ptrdiff_t n;
  etls_error_info error;
  etls_peer_info peer;

  n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
  if (n < 0 || (size_t)n >= sizeof request) return 2;
  request_length = (size_t)n;

  for (;;) {
    if (etls_status(tls) == ETLS_OPEN && sent < request_length) {
      n = etls_write(tls, (const uint8_t *)request + sent, request_length - sent);
      if (n > 0) sent += (size_t)n;
    }
    send_pending(s, tls);
    if (etls_status(tls) == ETLS_OPEN && sent < request_length) continue;
    while ((n = etls_read(tls, out, sizeof out)) > 0) response_bytes(&response, out, (size_t)n);
    if (etls_status(tls) == ETLS_CLOSED || etls_status(tls) == ETLS_FAILED) break;
    receive_some(s, tls, in, sizeof in, &start, &end);
  }
  send_pending(s, tls); /* the alert, if it failed */

  etls_peer(tls, &peer);
  if (etls_error(tls, &error)) {
    static const uint8_t unknown[sizeof peer.fingerprint256]; /* zeros */
    complain(&error);
    if (memcmp(peer.fingerprint256, unknown, sizeof unknown)) {
      print_fingerprint("the server's certificate has the fingerprint ", &peer);
    }
    return 1;
  }
  etls_close(tls);
  send_pending(s, tls);
  fflush(stdout);
  print_facts(&peer);
  if (!response.in_body || response.body_length < response.expected || !peer.close_notify) {
    fprintf(stderr, "the answer is not complete\n");
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  struct device device = {0};
  etls_config config;
  etls_host host = {0};
  etls_error_info error;
  etls *tls;
  size_t size;
  void *memory;
  int s, status;

  if (argc != 5) {
    fprintf(stderr, "usage: https_get HOST PORT PATH FINGERPRINT256\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN); /* a server that closes early is an error to report, not a reason to die */
  device.urandom = fopen("/dev/urandom", "rb");

  memset(&config, 0, sizeof config);
  config.servername = text(argv[1]);
  config.fingerprint256 = text(argv[4]);
  host.user = &device;
  host.alloc = host_alloc;
  host.free = host_free;
  host.random = host_random;
  host.now = host_now;

  size = etls_size(&config);
  memory = malloc(size);
  if (!memory) return 1;
  if (etls_init(memory, size, &config, &host, &tls, &error)) {
    free(memory);
    return complain(&error);
  }
  s = connect_to(argv[1], argv[2]);
  if (s < 0) {
    fprintf(stderr, "no connection to %s port %s\n", argv[1], argv[2]);
    status = 1;
  } else {
    status = fetch(s, tls, argv[1], argv[3]);
    close(s);
  }
  etls_drop(tls);
  free(memory);
  if (device.urandom) fclose(device.urandom);
  if (device.outstanding) {
    fprintf(stderr, "%lu bytes of memory were not given back\n", (unsigned long)device.outstanding);
    return 1;
  }
  return status;
}
