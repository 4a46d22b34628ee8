/* Fetches one page over https on the chip, through the C ABI, and says how that went: result, memory, stack.

   The command line names a file of lines KEY=VALUE, read by semihosting:
     now, seed           the clock and the random numbers. The chip has neither; A SEED IS FOR THIS TEST ONLY
     servername, fingerprint256   as in etls_config; ca, cert and key are paths of files, DER or PEM
     version             12 or 13: no other one
     alpn, insecure      as in etls_config
     heap                bytes
     session             path of a file: a session in it is resumed, and one that comes is written to it
     path                what to ask for; the body is compared with the pattern below
     end                 path of a file that appears when the network has ended, holding the number of bytes it carried.
                         A serial port has no end of its own
     dump                path of a file: what is left in the heap after etls_drop(); with .stack behind it: on the stack; with
                         .before: in what was lent, before etls_drop()
     steps               path of files: the heap after each call, with .0001, .0002, ... behind it (tests/chip/memory.py)
     rounds              so many connections one after the other, each with a line of its own; see soak()
   Exit status 0: the program ran through; what came of it is for the caller to judge by the lines printed. */

#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "espruino_tls.h"

/* All the memory that TLS gets: what is lent in front, records that grew in the rest. As a rule no more than what must do,
   with everything that is in this build and with a session,
   for a handshake; the option `heap` gives more, for servers that send large records. */
enum { HEAP_MOST = 22528, HEAP_USUAL = 5632 };
static size_t heap_len = HEAP_USUAL;
static uint8_t heap[HEAP_MOST] __attribute__((aligned(8)));
static size_t lent, grown, grown_peak;
/* What was given out of the rest: a record and a session, at most. */
static struct block {
  size_t at, length;
} blocks[2];

static char options[1024];
static uint8_t ca_file[6144], cert_file[6144], key_file[2048], session_file[1024];
static uint64_t random_state;
/* Calls that still give random numbers; negative: all do. */
static int randoms_left = -1;

/* What is left is to be dumped: nothing is painted over. */
static int is_dumping;

/* Deepest stack below the C ABI so far, and the call that went there. */
static size_t deepest;
static const char *deepest_call = "";
#define WATCHED(call)                                            \
  do {                                                           \
    uint32_t *mark = is_dumping ? stack_pointer() : stack_paint(); \
    call;                                                        \
    size_t used = stack_used(mark); \
    if (used > deepest) {           \
      deepest = used;               \
      deepest_call = #call;         \
    }                               \
  } while (0)

static void *host_alloc(void *user, size_t length) {
  size_t at = lent;
  struct block *block = NULL;
  (void)user;
  length = (length + 7) & ~(size_t)7;
  for (int i = 0; i < 2; i++) {
    if (!blocks[i].length) block = &blocks[i];
  }
  for (int i = 0; i < 2; i++) {
    /* the other one, if it is in the way */
    if (blocks[i].length && at < blocks[i].at + blocks[i].length && blocks[i].at < at + length) {
      at = blocks[i].at + blocks[i].length;
    }
  }
  if (!block || at > heap_len || length > heap_len - at) return NULL;
  *block = (struct block){at, length};
  grown += length;
  if (at + length - lent > grown_peak) grown_peak = at + length - lent;
  return heap + at;
}

static void host_free(void *user, void *memory, size_t length) {
  (void)user;
  length = (length + 7) & ~(size_t)7;
  for (int i = 0; i < 2; i++) {
    if (blocks[i].length == length && heap + blocks[i].at == memory) {
      blocks[i].length = 0;
      grown -= length;
      return;
    }
  }
  say("fault: memory given back that was not given\n");
  quit(1);
}

/* SplitMix64: reproducible and therefore useless outside of tests. */
static int host_random(void *user, uint8_t *out, size_t length) {
  (void)user;
  if (randoms_left == 0) return -1;
  if (randoms_left > 0) randoms_left--;
  while (length--) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    *out++ = (uint8_t)(z ^ (z >> 31));
  }
  return 0;
}

static int64_t host_now(void *user) { return *(const int64_t *)user; }

/* The value of an option, "" if it is not there. */
static const char *option(const char *name) {
  size_t n = strlen(name);
  const char *line = options;
  for (;;) {
    if (!strncmp(line, name, n) && line[n] == '=') return line + n + 1;
    line += strlen(line);
    if (line[1] == 0) return "";
    line++;
  }
}

static uint64_t number(const char *text) {
  uint64_t n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (uint64_t)(*text++ - '0');
  return n;
}

static etls_bytes text(const char *s) { return (etls_bytes){(const uint8_t *)s, strlen(s)}; }

static void write_session(const etls *tls) {
  etls_bytes session;
  if (etls_session(tls, &session) && file_write(option("session"), session.data, session.length)) {
    say("fault: can't write the session\n");
    quit(1);
  }
}

/* Reads a whole file; a file that does not fit is a mistake of the caller. */
static size_t load(const char *path, void *out, size_t room) {
  int file = file_open(path);
  size_t n = file < 0 ? room : file_read(file, out, room);
  if (file >= 0) file_close(file);
  if (n == room) {
    say("fault: can't read ");
    say(path);
    say("\n");
    quit(1);
  }
  return n;
}

static void read_options(void) {
  const char *path = strchr(command_line(), ' ');
  size_t n = load(path ? path + 1 : command_line(), options, sizeof options - 1);
  for (size_t i = 0; i < n; i++)
    if (options[i] == '\n') options[i] = 0;
}

/* The response: the body's bytes are (i * 7 + (i >> 8)) mod 256, as the servers of the tests send them. */
static size_t body, wrong;
static unsigned line_ends;

static void response(const uint8_t *data, size_t n) {
  for (; n; data++, n--) {
    if (line_ends == 4) {
      wrong += *data != (uint8_t)(body * 7 + (body >> 8));
      body++;
    } else if (*data == (line_ends % 2 ? '\n' : '\r')) {
      line_ends++;
    } else {
      line_ends = 0;
    }
  }
}

static size_t received;

/* Whether the network has ended, and all that it carried was received. */
static int has_ended(const char *path) {
  char count[24];
  int file = *path ? file_open(path) : -1;
  if (file < 0) return 0;
  count[file_read(file, count, sizeof count - 1)] = 0;
  file_close(file);
  return number(count) == received;
}

/* Says what was done last, the state, the bytes that TLS has taken from the network, and what is lent of the heap behind
   its own block; and keeps the heap as it is now. */
static void step(const char *what, const etls *tls, size_t taken) {
  static char path[256];
  static unsigned count;
  size_t n = strlen(option("steps"));
  if (!n) return;
  if (n >= sizeof path - 6 || count == 9999) {
    say("fault: too many steps\n");
    quit(1);
  }
  count++;
  memcpy(path, option("steps"), n);
  path[n] = '.';
  for (unsigned i = 0, rest = count; i < 4; i++, rest /= 10) path[n + 4 - i] = (char)('0' + rest % 10);
  say("step ");
  say(what);
  say("\n");
  say_number("status", etls_status(tls));
  say_number("taken", (long)taken);
  for (int i = 0; i < 2; i++) {
    if (blocks[i].length) say_number("block", (long)blocks[i].at), say_number("length", (long)blocks[i].length);
  }
  if (file_write(path, heap, HEAP_MOST)) {
    say("fault: can't write a step\n");
    quit(1);
  }
}

/* Several connections over the one serial port: what goes either way comes in frames, each with its length in two bytes
   before it. A frame of nothing is the end of a connection, and each side sends one. */
static int is_framed, is_ended;
static size_t frame_left;

static int net_read(void) {
  static int high = -1;
  int byte = is_ended ? -1 : uart_read();
  while (byte >= 0 && is_framed && !frame_left) {
    if (high < 0) {
      high = byte;
    } else {
      frame_left = (size_t)high << 8 | (size_t)byte;
      high = -1;
      is_ended = !frame_left;
    }
    byte = is_ended ? -1 : uart_read();
  }
  if (byte >= 0 && is_framed) frame_left--;
  return byte;
}

static void net_write(const uint8_t *data, size_t length) {
  if (is_framed) {
    uart_write((uint8_t)(length >> 8));
    uart_write((uint8_t)length);
  }
  while (length--) uart_write(*data++);
}

static int has_moved; /* something went into the library or out of it */

static void send_pending(etls *tls) {
  uint8_t out[256];
  ptrdiff_t n;
  for (;;) {
    WATCHED(n = etls_pull(tls, out, sizeof out));
    if (n <= 0) return;
    has_moved = 1;
    net_write(out, (size_t)n);
  }
}

/* What the chip itself does to a connection, after so many bytes from the network: it goes away or closes it. */
static enum { NOTHING, LEAVES, CLOSES } whim;
static size_t whim_at;

static void run(etls *tls) {
  char request[256] = "GET ";
  uint8_t in[128], out[128];
  size_t have = 0, sent = 0, length;
  ptrdiff_t n;
  const char *end = option("end");

  strcat(strncat(request, option("path"), 128), " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  length = strlen(request);
  for (;;) {
    int status = etls_status(tls);
    has_moved = 0;
    if (status == ETLS_OPEN && sent < length) {
      WATCHED(n = etls_write(tls, (const uint8_t *)request + sent, length - sent));
      if (n > 0) sent += (size_t)n, has_moved = 1;
      step("write", tls, received - have);
    }
    send_pending(tls);
    for (;;) {
      WATCHED(n = etls_read(tls, out, sizeof out));
      if (n <= 0) break;
      has_moved = 1;
      response(out, (size_t)n);
      step("read", tls, received - have);
    }
    status = etls_status(tls);
    if (status == ETLS_CLOSED || status == ETLS_FAILED) return;

    if (whim && received >= whim_at) {
      if (whim == CLOSES) WATCHED(etls_close(tls));
      return;
    }
    int byte = have < sizeof in ? net_read() : -1, ended = 0;
    /* With nothing to do the library is not called while the network is silent: the look at the stack takes longest. */
    while (byte < 0 && !have && !ended && !has_moved) {
      uart_wait();
      byte = net_read();
      ended = byte < 0 && (is_ended || has_ended(end));
    }
    if (byte >= 0) {
      do {
        in[have++] = (uint8_t)byte;
        received++;
      } while (have < sizeof in && (byte = net_read()) >= 0);
    } else if (ended) {
      etls_eof(tls);
    }
    if (have) {
      WATCHED(n = etls_push(tls, in, have));
      if (n > 0) {
        have -= (size_t)n;
        memmove(in, in + n, have);
      }
      step("push", tls, received - have);
    }
  }
}

/* A file beside the one that `dump` names; 0 if that worked. */
static int dump_as(const char *end, const void *data, size_t length) {
  static char path[256];
  size_t n = strlen(option("dump"));
  if (n + strlen(end) >= sizeof path) return -1;
  memcpy(path, option("dump"), n);
  strcpy(path + n, end);
  return file_write(path, data, length);
}

/* The stack below `top`, the heap with the records and sessions that were given back, and a copy of what was lent, which
   was made before etls_drop(). */
static void dump(const uint32_t *top, const void *before) {
  if (dump_as(".stack", top - STACK_WATCHED / 4, STACK_WATCHED) || dump_as("", heap, HEAP_MOST) ||
      dump_as(".before", before, lent)) {
    say("fault: can't write the dump\n");
    quit(1);
  }
}

static void report(etls *tls) {
  etls_peer_info peer;
  etls_error_info error;
  etls_peer(tls, &peer);
  etls_error(tls, &error);
  say("version ");
  say(peer.version);
  say("\nsuite ");
  say(peer.suite);
  say("\nerror ");
  say(error.number ? error.code : "none");
  say("\n");
  say_number("number", error.number);
  say_number("alert", error.alert);
  say_number("trusted", peer.trusted_by);
  say_number("fragment", peer.fragment);
  say_number("resumed", peer.resumed);
  say_number("largest", peer.largest_record);
  say_number("received", (long)received);
}

/* Connections until `rounds` is reached, each with faults by chance: no memory, no random numbers, gone or closed in the
   middle; every second one resumes the session of the one before. Of each it says the number, its own fault, the error, the
   bytes of the body, whether a session was resumed, and the bytes that did not come back or were not wiped. */
static void soak(etls_config *config, etls_host *host) {
  unsigned rounds = (unsigned)number(option("rounds"));
  size_t enough = heap_len;
  is_framed = 1;
  is_dumping = 1; /* not to paint the stack at every call */
  for (unsigned round = 0; round < rounds; round++) {
    etls_error_info error = {0};
    etls_peer_info peer = {0};
    etls_bytes session;
    etls *tls;
    uint8_t chance[4], *next = NULL;
    size_t left = 0;
    randoms_left = -1;
    host_random(NULL, chance, sizeof chance);
    unsigned fault = chance[0] % 10;
    is_ended = 0;
    received = body = line_ends = 0;
    whim = fault == 1 ? LEAVES : fault == 2 ? CLOSES : NOTHING;
    whim_at = 1 + (size_t)chance[1] * 16;
    randoms_left = fault == 3 ? chance[1] % 4 : -1;
    lent = etls_size(config);
    heap_len = fault == 4 ? lent : enough;
    if (round % 2 == 0) config->session.length = 0;
    if (etls_init(heap, lent, config, host, &tls, &error) == 0) {
      run(tls);
      etls_error(tls, &error);
      etls_peer(tls, &peer);
      /* Not over the one that this connection was given. */
      if (etls_session(tls, &session) && session.length <= sizeof session_file) {
        next = config->session.data == session_file ? cert_file : session_file;
        memcpy(next, session.data, session.length);
      }
      if (whim != LEAVES) {
        etls_close(tls);
        send_pending(tls);
      }
      etls_drop(tls);
      if (next) config->session = (etls_bytes){next, session.length};
    }
    net_write(NULL, 0);
    while (!is_ended)
      if (net_read() < 0) uart_wait();
    /* All is zero again but the copies of the host's functions and of the trusted certificates' places. */
    size_t first = enough, last = 0;
    for (size_t i = 0; i < enough; i++) {
      if (heap[i] && first == enough) first = i;
      if (heap[i]) last = i;
    }
    if (last >= first + sizeof *host + sizeof config->ca[0]) left = last - first;
    say("round ");
    say_number(error.number ? error.code : "none", (long)round);
    say_number("fault", fault < 5 ? (long)fault : 0);
    say_number("body", (long)body);
    say_number("resumed", peer.resumed);
    say_number("left", (long)(left + grown));
  }
  say_number("wrong", (long)wrong);
}

int main(void) {
  etls_config config;
  etls_host host;
  etls_error_info error;
  etls_bytes ca;
  etls *tls;
  int64_t now;
  int status;

  uart_start();
  read_options();
  now = (int64_t)number(option("now"));
  random_state = number(option("seed"));
  memset(&config, 0, sizeof config);
  if (*option("ca")) {
    ca.data = ca_file;
    ca.length = load(option("ca"), ca_file, sizeof ca_file);
    config.ca = &ca;
    config.ca_count = 1;
  }
  if (*option("cert")) {
    config.cert = (etls_bytes){cert_file, load(option("cert"), cert_file, sizeof cert_file)};
    config.key = (etls_bytes){key_file, load(option("key"), key_file, sizeof key_file)};
  }
  if (*option("heap")) heap_len = number(option("heap")) < HEAP_MOST ? (size_t)number(option("heap")) : HEAP_MOST;
  config.alpn = text(option("alpn"));
  config.insecure = *option("insecure") == '1';
  if (*option("version")) {
    config.min_version = config.max_version = number(option("version")) == 13 ? 0x0304 : 0x0303;
  }
  if (*option("session")) {
    config.keep_session = 1;
    config.session = (etls_bytes){session_file, load(option("session"), session_file, sizeof session_file)};
  }
  config.servername = text(option("servername"));
  config.fingerprint256 = text(option("fingerprint256"));
  host = (etls_host){
      .user = &now, .alloc = host_alloc, .free = host_free, .random = host_random, .now = host_now};

  if (*option("rounds")) {
    config.keep_session = 1;
    config.session = (etls_bytes){session_file, 0};
    soak(&config, &host);
    return 0;
  }
  if (*option("dump")) {
    stack_paint();
    is_dumping = 1;
  }
  WATCHED(lent = etls_size(&config));
  say_number("lent", (long)lent);
  if (!lent || lent > heap_len) {
    say("fault: more than the heap\n");
    return 1;
  }
  WATCHED(status = etls_init(heap, lent, &config, &host, &tls, &error));
  if (status) {
    say("error ");
    say(error.code);
    say("\n");
    return 0;
  }
  step("init", tls, 0);
  run(tls);
  report(tls);
  if (*option("session")) write_session(tls);
  WATCHED(etls_close(tls));
  send_pending(tls);
  step("close", tls, received);
  /* The configuration's text, which nobody looks at any more, makes way. */
  if (is_dumping && lent <= sizeof ca_file) memcpy(ca_file, heap, lent);
  WATCHED(etls_drop(tls));
  if (is_dumping) dump(stack_pointer(), ca_file);
  say_number("body", (long)body);
  say_number("wrong", (long)wrong);
  say_number("grown", (long)grown_peak);
  say_number("heap", (long)(lent + grown_peak));
  say_number("leaked", (long)grown);
  say_number("stack", (long)deepest);
  say("deepest ");
  say(deepest_call);
  say("\n");
  return 0;
}
