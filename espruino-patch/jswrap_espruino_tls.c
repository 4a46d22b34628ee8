/* TLS for Espruino's sockets.

   Espruino's socket code (socketserver.c) is compiled with its network calls renamed to the espruinoTls... functions
   below (see https.make). Sockets without ST_TLS go on to the real functions untouched. For the others the engine of
   espruino_tls.h stands in between:

     JavaScript - socketserver.c - espruinoTlsSend/Recv - engine - netSend/netRecv - driver (WiFi module, WIZnet, ...)

   Everything happens from Espruino's idle loop, a little in each call, and the engine is never on the stack while the
   driver runs, which may itself be JavaScript. All memory comes from the interpreter's variables.

   This file is parsed by Espruino's build for the comments that say what JavaScript sees. */

#include "jswrap_espruino_tls.h"

#include <string.h>

#include "espruino_tls.h"
#include "jsflash.h"
#include "jshardware.h"
#include "jsinteractive.h"
#include "jsparse.h"
#include "jsutils.h"
#include "jsvariterator.h"
#include "jswrap_date.h"
#include "jswrap_error.h"
#include "jswrap_net.h"
#include "jswrap_storage.h"
#include "socketerrors.h"
#ifdef USE_FILESYSTEM
#include "jswrap_fs.h"
#endif
#ifdef ESPRUINO_TLS_AES_HOOK
#include "nrf_soc.h"
#endif
#ifdef LINUX
#include <errno.h>
#include <sys/random.h>
#endif

/* What socketserver.c calls its things. */
#define CLIENT_CONNECTIONS "HttpCC" /* array of sockets and requests in the hidden root */
#define SOCKET_NUMBER "sckt"        /* number of the driver's socket, plus one */
#define RESPONSE "res"              /* a request's response */
#define HAD_HEADERS "hdrs"
#define CONTENT_TO_RECEIVE "cRcv" /* bytes still to come; 1 while there are chunks; 0 if there is no length */

/* What is left of a TLS connection after its end, on the socket object. */
#define INFO JS_HIDDEN_CHAR_STR "tls"

/* Longest "CODE: what happened. What to do.", without sentences longest text of numbers; no shorter than a fingerprint. */
#ifdef ETLS_ERROR_TEXT
#define TEXT_LENGTH 400
#else
#define TEXT_LENGTH 96
#endif
/* A shorter string is a file name: Espruino's convention for `ca`. */
#define FILE_NAME_LENGTH 100
/* Parts of `ca`, each of which may be several certificates. */
#define CERTIFICATES 8
/* Bytes of stack that the engine may need, to begin and to go on: more than what was measured on a Cortex-M4. */
#define STACK_TO_BEGIN 2600
#define STACK_TO_GO_ON 4300
/* Bytes fetched at once: a record of 1 KB and the next one's header. A driver in JavaScript needs as long for each call as a
   serial line for 100 bytes, and so do the listeners for "data". What is sent at once is what Espruino sends at once. */
#define FETCH 1060
#define SEND 536
/* Room for a session in the block of a connection that has none yet. */
#define SESSION_LENGTH 512
/* Pieces taken from the network in one call, so that the idle loop comes round. */
#define STEPS_PER_CALL 4

/* A TLS connection: one block of the interpreter's memory, with the texts of the configuration and the engine's memory
   behind it. */
typedef struct TlsSocket {
  struct TlsSocket *next;
  void *memory;            /* what jsvMalloc gave: it aligns to 4 bytes, a 64-bit computer wants 8 */
  size_t memoryLength;
  etls *tls;
  int sckt;
  int transportError;      /* what the driver said when it failed; 0: nothing */
  unsigned char *rest;     /* bytes from the network that the engine does not take yet: in `few` or allocated */
  unsigned short restLength;
  unsigned short owed;     /* plaintext the engine has taken while the network had not yet */
  unsigned short recordLeft; /* bytes of the present record still to come */
  unsigned char few[5];    /* a record's header: more is hardly ever left */
  unsigned char header;    /* bytes of the next record's header that have come */
  unsigned char lengthHigh;
  unsigned char heldCount;
  bool ended;              /* the driver has nothing more */
  bool wasOpen;
  JsVar *held[];           /* certificates and key: locked while the engine looks at them */
} TlsSocket;

static TlsSocket *tlsSockets;

static TlsSocket *tlsFind(int sckt) {
  TlsSocket *s = tlsSockets;
  while (s && s->sckt != sckt) s = s->next;
  return s;
}

static SocketType tlsPlainType(SocketType socketType) {
  return (SocketType)((int)socketType & ~(int)ST_TLS);
}

/* ------------------------------------------------------------------------------------------------------------------
   What the device lends to the engine */

static void tlsForgetException(void) {
  jsvUnLock(jspGetException());
  execInfo.execute &= (JsExecFlags)~EXEC_EXCEPTION;
}

/* Makes room for something that must lie in one piece. What is locked stays where it is: that is everything that the engine has a
   pointer to. */
static void tlsMakeRoom(void) {
#ifdef RESIZABLE_JSVARS
  /* Espruino gets more memory for variables here, but not for such. */
  jsvSetMemoryTotal(2 * jsvGetMemoryTotal());
#endif
  jsvDefragment(); /* ours. It finds the free variables again, too, that were not in the list any more. */
}

/* The block of the last connection, kept for the next one. Between two connections variables would come to lie in its place, and
   a heap of 30 KB has no second one: variables would have to be moved. */
static void *tlsSpare;
static size_t tlsSpareLength;

static void tlsFreeSpare(void) {
  if (tlsSpare) jsvFree(tlsSpare);
  tlsSpare = 0;
}

static void *tlsMalloc(size_t length) {
  void *memory = jsvMalloc(length);
  if (!memory && tlsSpare) {
    tlsFreeSpare();
    memory = jsvMalloc(length);
  }
  if (!memory) {
    tlsMakeRoom();
    memory = jsvMalloc(length);
  }
  return memory;
}

static void *tlsAlloc(void *user, size_t length) {
  NOT_USED(user);
  return tlsMalloc(length);
}

static void tlsFree(void *user, void *memory, size_t length) {
  NOT_USED(user);
  NOT_USED(length);
  jsvFree(memory);
}

#ifdef LINUX
/* Espruino's own random numbers are the same in every run here. */
static int tlsRandom(void *user, uint8_t *out, size_t length) {
  NOT_USED(user);
  while (length) {
    ssize_t n = getrandom(out, length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    out += n;
    length -= (size_t)n;
  }
  return 0;
}
#else
/* The hardware's generator. If it does not answer, Espruino throws and goes on with a zero: that is the end here. */
static int tlsRandom(void *user, uint8_t *out, size_t length) {
  NOT_USED(user);
  while (length) {
    unsigned int r = jshGetRandomNumber();
    if (jspHasError()) {
      tlsForgetException();
      return -1;
    }
    size_t n = length < sizeof r ? length : sizeof r;
    memcpy(out, &r, n);
    out += n;
    length -= n;
  }
  return 0;
}
#endif

#ifdef ESPRUINO_TLS_AES_HOOK
/* AES by the nRF52's hardware, through the SoftDevice, which uses it, too. The engine has no way to hear of a failure,
   so nothing goes out or comes in any more once it has failed. */
static bool tlsAesFailed;

static void tlsAes128(void *user, const uint8_t *key, uint8_t *block) {
  NOT_USED(user);
  nrf_ecb_hal_data_t job;
  memcpy(job.key, key, sizeof job.key);
  memcpy(job.cleartext, block, sizeof job.cleartext);
  if (sd_ecb_block_encrypt(&job) == NRF_SUCCESS) memcpy(block, job.ciphertext, sizeof job.ciphertext);
  else tlsAesFailed = true;
  volatile uint8_t *secret = job.key;
  for (size_t i = 0; i < sizeof job.key; i++) secret[i] = 0;
}
#else
enum { tlsAesFailed = false };
#endif

static int64_t tlsNow(void *user) {
  NOT_USED(user);
  return (int64_t)(jswrap_date_now() / 1000);
}

/* ------------------------------------------------------------------------------------------------------------------
   Errors: a code, and a message "CODE: what happened. What to do." */

/* Puts both into an object, the message under this name. */
static void tlsSetError(JsVar *object, const char *name, const char *code, const char *text) {
  jsvObjectSetStringChild(object, "code", code);
  jsvObjectSetChildAndUnLock(object, name, jsvVarPrintf("%s: %s", code, text));
}

/* For errors before anything has been sent. */
static void tlsThrow(const char *code, const char *text) {
  if (jspHasError()) return;
  JsVar *error = jswrap_error_constructor(0);
  if (error) {
    tlsSetError(error, "message", code, text);
    jspSetException(error);
  }
  jsvUnLock(error);
}

/* What the engine says about an error besides its code; the text may lie in `room`. */
static const char *tlsDescribe(const etls_error_info *error, char *room) {
#ifdef ETLS_ERROR_TEXT
  etls_describe_for(error, ETLS_JAVASCRIPT, room, TEXT_LENGTH);
  return room + strlen(error->code) + 2; /* the colon and the space */
#else
  /* Without sentences the numbers that belong to it help, and where to look it up: the shortest address there is. */
  char *text = room;
  if (error->alert >= 0) text += espruino_snprintf(room, TEXT_LENGTH, "alert %d ", error->alert);
  espruino_snprintf(text, TEXT_LENGTH / 2, "%d %d, errors.md#%d", (int)error->a, (int)error->b, error->number);
  return room;
#endif
}

/* On its own, so that the text is not on the stack while the engine runs. */
static NO_INLINE void tlsThrowEngineError(const etls_error_info *error) {
  char room[TEXT_LENGTH];
  tlsThrow(error->code, tlsDescribe(error, room));
}

/* What a driver says: Node's name, in the order of Espruino's numbers, and Espruino's text. */
static const char *tlsTransportError(int error, const char **text) {
  static const char *const codes[] = {
      "ECONNRESET", "ENOMEM", "ETIMEDOUT", "EHOSTUNREACH", "EBUSY",  "ENOTFOUND",  "EMFILE",    "EPIPE",
      "ECONNRESET", "EIO",    "ENOTCONN",  "EINVAL",       "EPROTO", "EPROTO",     "ECONNRESET"};
  if (error > SOCKET_ERR_CLOSED || error < SOCKET_ERR_LAST) error = SOCKET_ERR_UNKNOWN;
  *text = socketErrorString(error);
  return codes[-1 - error];
}

/* Puts the error of a connection into its info, if it failed. */
static NO_INLINE void tlsAddError(const TlsSocket *s, JsVar *info) {
  etls_error_info error;
  char room[TEXT_LENGTH];
  const char *code = error.code, *text;
  if (!etls_error(s->tls, &error)) return;
  if (s->transportError && s->ended) code = tlsTransportError(s->transportError, &text);
  else text = tlsDescribe(&error, room);
  tlsSetError(info, "error", code, text);
  if (!s->wasOpen) jsvObjectSetStringChild(info, "authorizationError", code);
}

/* ------------------------------------------------------------------------------------------------------------------
   Options */

/* An option; 0 if it is missing, undefined or null. */
static JsVar *tlsOption(JsVar *options, const char *name) {
  JsVar *value = jsvIsObject(options) ? jsvObjectGetChildIfExists(options, name) : 0;
  if (!jsvIsNull(value)) return value;
  jsvUnLock(value);
  return 0;
}

/* A string, or an array of them as one string. */
static JsVar *tlsTextOption(JsVar *options, const char *name, const char *separator) {
  JsVar *value = tlsOption(options, name);
  JsVar *text;
  if (!value) return 0;
  if (jsvIsArray(value)) {
    JsVar *between = jsvNewFromString(separator);
    text = jsvArrayJoin(value, between, false);
    jsvUnLock(between);
  } else {
    text = jsvAsString(value);
  }
  jsvUnLock(value);
  return text;
}

static uint16_t tlsNumberOption(JsVar *options, const char *name) {
  JsVar *value = tlsOption(options, name);
  JsVarInt n = jsvGetIntegerAndUnLock(value);
  return (uint16_t)(n < 0 || n > 0xFFFF ? 0xFFFF : n);
}

/* false, and nothing else that is merely falsy: what switches a check off must be meant. */
static bool tlsIsFalse(JsVar *options, const char *name) {
  JsVar *value = tlsOption(options, name);
  bool isFalse = jsvIsBoolean(value) && !jsvGetBool(value);
  jsvUnLock(value);
  return isFalse;
}

/* "TLSv1.2" as it is on the wire; 0: not given. */
static bool tlsVersionOption(JsVar *options, const char *name, uint16_t *version) {
  JsVar *value = tlsOption(options, name);
  bool good = true;
  *version = 0;
  if (value) {
    if (jsvIsStringEqual(value, "TLSv1.2")) *version = 0x0303;
    else if (jsvIsStringEqual(value, "TLSv1.3")) *version = 0x0304;
    else if (jsvIsStringEqual(value, "TLSv1.1")) *version = 0x0302;
    else if (jsvIsStringEqual(value, "TLSv1")) *version = 0x0301;
    else good = false;
    jsvUnLock(value);
  }
  if (!good)
    tlsThrow("ERR_TLS_INVALID_PROTOCOL_VERSION", "`minVersion` or `maxVersion` is unknown. "
             "use \"TLSv1.2\" or \"TLSv1.3\"");
  return good;
}

/* A file of Storage or of the file system; 0 if there is none. */
static JsVar *tlsReadFile(JsVar *name) {
  JsVar *data = 0;
  if (jsvGetStringLength(name) <= JSF_MAX_FILENAME_LENGTH) data = jswrap_storage_read(name, 0, 0);
#ifdef USE_FILESYSTEM
  if (!data) data = jswrap_fs_readFile(name);
#endif
  return data;
}

/* Puts certificates or a key into `list`, each as a string that lies in one piece: given as such, by the name of a
   file, in an array, or by a function that returns any of these. */
static bool tlsParts(JsVar *list, JsVar *value, JsVarInt most, int depth) {
  bool good = false;
  JsVar *data;
  if (depth < 3 && jsvIsFunction(value)) {
    data = jspExecuteFunction(value, 0, 0, 0);
    good = !jspHasError() && tlsParts(list, data, most, depth + 1);
    jsvUnLock(data);
    return good;
  }
  if (depth < 3 && jsvIsArray(value)) {
    JsVarInt i, count = jsvGetArrayLength(value);
    for (i = 0, good = true; good && i < count; i++) {
      data = jsvGetArrayItem(value, i);
      good = tlsParts(list, data, most, depth + 1);
      jsvUnLock(data);
    }
    return good;
  }
  if (jsvGetArrayLength(list) == most) {
    tlsThrow("ERR_OUT_OF_RANGE", "`ca`, `cert` or `key` has too many parts. "
             "`ca` may have 8, the others 1; each may be several certificates");
    return false;
  }
  /* A short text that begins like PEM is a piece of one: the engine says where it ends. */
  if (jsvIsString(value) && jsvGetStringLength(value) <= FILE_NAME_LENGTH && jsvGetCharInString(value, 0) != '-') {
    data = tlsReadFile(value);
    if (!data) {
      tlsForgetException(); /* the file system's, which does not say which option is meant */
      tlsThrow("ENOENT", "no file has the name given as `ca`, `cert` or `key`. "
               "give the text itself, or the name of a file that is there");
    }
  } else if (jsvIsIterable(value)) {
    data = jsvLockAgain(value);
  } else {
    data = 0;
    tlsThrow("ERR_INVALID_ARG_TYPE", "`ca`, `cert` or `key` has the wrong type. "
             "give a string (PEM, DER or a file's name), a function or an array");
  }
  if (!data) return false;
  size_t length = 0;
  if (jsvIsString(data) && jsvGetDataPointer(data, &length) && length > FILE_NAME_LENGTH && jsvGetLocks(data) < 8) {
    good = jsvArrayPush(list, data) != 0; /* flash or a flat string: no copy (a variable can be locked 15 times) */
  } else {
    length = jsvIterateCallbackCount(data);
    JsVar *flat = length ? jsvNewFlatStringOfLength((unsigned int)length) : 0;
    if (length && !flat) {
      tlsMakeRoom();
      flat = jsvNewFlatStringOfLength((unsigned int)length);
    }
    if (flat) {
      jsvIterateCallbackToBytes(data, (unsigned char *)jsvGetFlatStringPointer(flat), (unsigned int)length);
      good = jsvArrayPushAndUnLock(list, flat) != 0;
    } else if (length) {
      tlsThrow("ERR_OUT_OF_MEMORY", "no memory for a copy of `ca`, `cert` or `key`. "
               "keep it in Storage, where it needs none");
    } else {
      tlsThrow("ERR_OSSL_PEM_NO_START_LINE", "`ca`, `cert` or `key` is empty. give a certificate or key");
    }
  }
  jsvUnLock(data);
  return good;
}

/* The same for an option, if it is given. Returns how many parts the list has then; -1: an error was thrown. */
static JsVarInt tlsPartsOption(JsVar *list, JsVar *options, const char *name, JsVarInt most) {
  JsVar *value = tlsOption(options, name);
  bool good = !value || tlsParts(list, value, most, 0);
  jsvUnLock(value);
  return good ? jsvGetArrayLength(list) : -1;
}

/* The texts of the configuration, in the order of their places in memory. */
enum { TEXT_NAME, TEXT_FINGERPRINT, TEXT_KEY, TEXT_ALPN, TEXT_SESSION, TEXTS };

/* ------------------------------------------------------------------------------------------------------------------
   Beginning and end of a connection */

static void tlsFreeRest(TlsSocket *s) {
  if (s->rest && s->rest != s->few) jsvFree(s->rest);
  s->rest = 0;
}

static void tlsDrop(TlsSocket *s) {
  TlsSocket **link = &tlsSockets;
  while (*link && *link != s) link = &(*link)->next;
  if (*link) *link = s->next;
  etls_drop(s->tls);
  jsvUnLockMany(s->heldCount, s->held);
  tlsFreeRest(s);
  void *memory = s->memory;
  size_t length = s->memoryLength;
  memset(memory, 0, length); /* the session is a secret */
  if (tlsSpare) {
    jsvFree(memory);
  } else {
    tlsSpare = memory;
    tlsSpareLength = length;
  }
}

#ifdef ETLS_TRACE
/* The option `trace`: what happens, a line each on the console. Numbers of records and messages are those of RFC 8446. */
static void tlsTrace(void *user, const etls_event *event) {
  static const char *const names[] = {"< record", "> record", "< message", "> message", "< alert", "> alert", "slice", "open", "failed"};
  char state[24];
  NOT_USED(user);
  if (event->kind < ETLS_TRACE_RECORD_IN || event->kind > ETLS_TRACE_FAILED) return;
  jsiConsolePrintf("TLS %s", names[event->kind - ETLS_TRACE_RECORD_IN]);
  if (event->kind != ETLS_TRACE_SLICE && event->kind != ETLS_TRACE_OPEN) jsiConsolePrintf(" %d", event->type);
  if (event->kind <= ETLS_TRACE_MESSAGE_OUT) jsiConsolePrintf(", %d bytes", (int)event->length);
  if (event->kind == ETLS_TRACE_MESSAGE_IN && event->state_length < sizeof state) {
    memcpy(state, event->state, event->state_length);
    state[event->state_length] = 0;
    jsiConsolePrintf(", awaited: %s", state);
  }
  jsiConsolePrintf("\n");
}
#endif

/* Makes a connection from the options, not yet in the list and without a socket. Throws and returns 0 if that can't be
   done. */
static TlsSocket *tlsNew(JsVar *options) {
  static const etls_host host = {
    .alloc = tlsAlloc,
    .free = tlsFree,
    .random = tlsRandom,
    .now = tlsNow,
#ifdef ESPRUINO_TLS_AES_HOOK
    .aes128 = tlsAes128,
#endif
  };
  etls_config config;
  JsVar *texts[TEXTS], *list;
  JsVarInt ca, cert, key;
  TlsSocket *s = 0;
  size_t i, lengths = 0;

  if (jsuGetFreeStack() < STACK_TO_BEGIN) {
    tlsThrow("ERR_OUT_OF_MEMORY", "too little stack is left for TLS. "
             "call this from setTimeout(..., 0), with fewer functions around it");
    return 0;
  }
  JsVar *pfx = tlsOption(options, "pfx");
  if (pfx) {
    jsvUnLock(pfx);
    tlsThrow("ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "`pfx` can't be read. "
             "give `cert` and `key`: openssl pkcs12 -nodes prints them");
    return 0;
  }
  memset(&config, 0, sizeof config);
  if (!tlsVersionOption(options, "minVersion", &config.min_version) ||
      !tlsVersionOption(options, "maxVersion", &config.max_version))
    return 0;
  config.max_fragment = tlsNumberOption(options, "maxFragmentLength");
  config.max_record = tlsNumberOption(options, "maxRecord");
  config.max_send = SEND;
  config.insecure = tlsIsFalse(options, "rejectUnauthorized");
  config.ignore_validity = tlsIsFalse(options, "checkValidity");
  config.slices = 1;

  texts[TEXT_NAME] = tlsTextOption(options, "servername", "");
  if (!texts[TEXT_NAME]) texts[TEXT_NAME] = tlsTextOption(options, "host", "");
  texts[TEXT_FINGERPRINT] = tlsTextOption(options, "fingerprint256", ",");
  texts[TEXT_KEY] = tlsTextOption(options, "pinnedPubKey", ";");
  texts[TEXT_ALPN] = tlsTextOption(options, "ALPNProtocols", ",");
  /* true asks for a session, a string is one to resume; both make the next one known to info() */
  texts[TEXT_SESSION] = tlsOption(options, "session");
  config.keep_session = jsvGetBool(texts[TEXT_SESSION]);
  if (texts[TEXT_SESSION] && !jsvIsString(texts[TEXT_SESSION])) {
    jsvUnLock(texts[TEXT_SESSION]);
    texts[TEXT_SESSION] = 0;
  }
  for (i = 0; i < TEXTS; i++) lengths += texts[i] ? jsvGetStringLength(texts[i]) : 0;

  /* the list has the parts of `ca`, then `cert`, then `key` */
  list = jsvNewEmptyArray();
  ca = list ? tlsPartsOption(list, options, "ca", CERTIFICATES) : -1;
  cert = ca < 0 ? -1 : tlsPartsOption(list, options, "cert", ca + 1);
  key = cert < 0 ? -1 : tlsPartsOption(list, options, "key", cert + 1);

  if (key >= 0) {
    size_t held = (size_t)key * sizeof(JsVar *);
    config.ca_count = (size_t)ca;
    size_t engine = etls_size(&config);
    size_t length = sizeof *s + sizeof(void *) - 4 + held + lengths + engine;
    void *memory = 0;
    if (engine && tlsSpare && tlsSpareLength >= length) {
      memory = tlsSpare;
      length = tlsSpareLength;
      tlsSpare = 0;
    } else if (engine) {
      tlsFreeSpare();
      if (config.keep_session && !texts[TEXT_SESSION]) length += SESSION_LENGTH; /* the next connection gives it */
      memory = tlsMalloc(length);
    }
    if (memory) {
      s = (TlsSocket *)(((uintptr_t)memory + sizeof(void *) - 1) & ~(uintptr_t)(sizeof(void *) - 1));
      s->memory = memory;
      s->memoryLength = length;
      unsigned char *place = (unsigned char *)s->held + held;
      etls_bytes parts[CERTIFICATES + 2];
      etls_bytes *const fields[TEXTS] = {&config.servername, &config.fingerprint256, &config.pinned_pub_key,
                                         &config.alpn, &config.session};
      etls_error_info error;
      for (i = 0; i < TEXTS; i++) {
        fields[i]->data = place;
        fields[i]->length = texts[i] ? jsvGetStringLength(texts[i]) : 0;
        if (texts[i]) place += jsvGetStringChars(texts[i], 0, (char *)place, fields[i]->length);
      }
      for (i = 0; i < (size_t)key; i++) {
        s->held[i] = jsvGetArrayItem(list, (JsVarInt)i);
        parts[i].data = (const uint8_t *)jsvGetDataPointer(s->held[i], &parts[i].length);
      }
      s->heldCount = (unsigned char)key;
      s->sckt = -1;
      config.ca = parts;
      if (cert > ca) config.cert = parts[ca];
      if (key > cert) config.key = parts[cert];
      jshKickWatchDog();
#ifdef ETLS_TRACE
      JsVar *option = tlsOption(options, "trace");
      const etls_trace trace = {0, jsvGetBool(option) ? tlsTrace : 0};
      jsvUnLock(option);
      int failed = etls_init_traced(place, engine, &config, &host, &trace, &s->tls, &error);
#else
      int failed = etls_init(place, engine, &config, &host, &s->tls, &error);
#endif
      if (failed) {
        tlsThrowEngineError(&error);
        tlsDrop(s);
        s = 0;
      }
      jshKickWatchDog();
    } else {
      tlsThrow("ERR_OUT_OF_MEMORY", "there is no memory for a TLS connection. "
               "free some, or use a smaller `maxFragmentLength`");
    }
  }
  jsvUnLock(list);
  jsvUnLockMany(TEXTS, texts);
  return s;
}

/* What is known about a connection, for JavaScript. */
static JsVar *tlsInfo(TlsSocket *s) {
  static const char hex[] = "0123456789ABCDEF";
  static const char *const states[] = {"handshaking", "open", "closed", "failed"};
  char text[3 * 32];
  etls_peer_info peer;
  int i, status = etls_status(s->tls);
  JsVar *info = jsvNewObject();
  if (!info) return 0;
  etls_peer(s->tls, &peer);
  jsvObjectSetStringChild(info, "state", states[status & 3]);
  /* a certificate that is the right one proves nothing before the handshake is complete */
  bool authorized = s->wasOpen && peer.trusted_by;
  jsvObjectSetBoolChild(info, "authorized", authorized);
  if (s->wasOpen && !authorized) jsvObjectSetStringChild(info, "authorizationError", "ERR_TLS_UNCHECKED");
  tlsAddError(s, info);
  if (peer.version[0]) jsvObjectSetStringChild(info, "protocol", peer.version);
  if (peer.suite[0]) jsvObjectSetStringChild(info, "cipher", peer.suite);
  unsigned char any = 0;
  for (i = 0; i < 32; i++) {
    any |= peer.fingerprint256[i];
    text[3 * i] = hex[peer.fingerprint256[i] >> 4];
    text[3 * i + 1] = hex[peer.fingerprint256[i] & 15];
    text[3 * i + 2] = ':';
  }
  if (any) jsvObjectSetChildAndUnLock(info, "fingerprint256", jsvNewStringOfLength(95, text));
  if (peer.alpn.length)
    jsvObjectSetChildAndUnLock(info, "alpnProtocol",
                               jsvNewStringOfLength((unsigned int)peer.alpn.length, (const char *)peer.alpn.data));
  else
    jsvObjectSetBoolChild(info, "alpnProtocol", false);
  etls_bytes session;
  if (etls_session(s->tls, &session))
    jsvObjectSetChildAndUnLock(info, "session",
                               jsvNewStringOfLength((unsigned int)session.length, (const char *)session.data));
  jsvObjectSetBoolChild(info, "resumed", peer.resumed != 0);
  jsvObjectSetIntChild(info, "maxFragmentLength", peer.fragment);
  jsvObjectSetIntChild(info, "largestRecord", peer.largest_record);
  jsvObjectSetIntChild(info, "memory", (JsVarInt)peer.memory_peak);
  jsvObjectSetBoolChild(info, "ended", peer.close_notify != 0);
  return info;
}

/* The socket or request object with this number; 0 if it is gone. */
static JsVar *tlsConnection(int sckt) {
  JsVar *found = 0, *all = jsvObjectGetChildIfExists(execInfo.hiddenRoot, CLIENT_CONNECTIONS);
  if (!all) return 0;
  JsvObjectIterator it;
  jsvObjectIteratorNew(&it, all);
  while (!found && jsvObjectIteratorHasValue(&it)) {
    found = jsvObjectIteratorGetValue(&it);
    if (jsvObjectGetIntegerChild(found, SOCKET_NUMBER) != sckt + 1) {
      jsvUnLock(found);
      found = 0;
    }
    jsvObjectIteratorNext(&it);
  }
  jsvObjectIteratorFree(&it);
  jsvUnLock(all);
  return found;
}

/* Leaves the information on the JavaScript objects, where the handlers of 'error', 'end' and 'close' find it, which run
   when the connection is gone. */
static void tlsLeaveInfo(TlsSocket *s) {
  JsVar *connection = tlsConnection(s->sckt);
  if (!connection) return;
  JsVar *info = tlsInfo(s), *response = jsvObjectGetChildIfExists(connection, RESPONSE);
  if (info) {
    jsvObjectSetChild(connection, INFO, info);
    if (response) jsvObjectSetChild(response, INFO, info);
  }
  jsvUnLock3(info, response, connection);
}

/* ------------------------------------------------------------------------------------------------------------------
   Bytes to and from the network */

/* Sends what the engine has. Returns whether all of it is on its way. The driver may be JavaScript that ends this very
   connection, so look whether it is still there afterwards. */
static bool tlsFlush(JsNetwork *net, TlsSocket *s, SocketType plainType) {
  const uint8_t *data;
  size_t length;
  int sckt = s->sckt;
  if (tlsAesFailed) return false;
  while ((length = etls_queued(s->tls, &data)) != 0) {
    if (length > (size_t)net->chunkSize) length = (size_t)net->chunkSize;
    int n = netSend(net, plainType, sckt, data, length);
    if (tlsFind(sckt) != s) return false;
    if (n < 0) s->transportError = n; /* noticed when there is nothing left to read */
    if (n <= 0) return false;
    etls_sent(s->tls, (size_t)n);
  }
  return true;
}

/* Drops what has come, a few KB at most, and returns whether the server is still there. If it is gone, a modem refuses what
   else it is told about the connection in two lines, of which ESP8266WiFi takes the second one for the answer to its next
   command, so that the next connection fails. The driver only forgets a connection when all has been fetched. */
static NO_INLINE bool tlsIsConnected(JsNetwork *net, TlsSocket *s, SocketType plainType) {
  unsigned char dropped[64];
  int n = 1, sckt = s->sckt;
  for (int step = 0; n > 0 && step < 64; step++) {
    n = netRecv(net, plainType, sckt, dropped, sizeof dropped);
    if (tlsFind(sckt) != s) return false;
  }
  return n >= 0 || n == SOCKET_ERR_NO_CONN;
}

/* Counts where records end, so that not more is fetched from the network than the engine can take: the rest of this
   record and the header of the next. */
static size_t tlsWanted(const TlsSocket *s) {
  return s->recordLeft ? s->recordLeft + 5u : 5u - s->header;
}

static void tlsCount(TlsSocket *s, const unsigned char *data, size_t length) {
  while (length) {
    if (s->recordLeft) {
      size_t n = length < s->recordLeft ? length : s->recordLeft;
      s->recordLeft = (unsigned short)(s->recordLeft - n);
      data += n;
      length -= n;
    } else {
      if (s->header == 3) s->lengthHigh = *data;
      if (++s->header == 5) {
        s->header = 0;
        s->recordLeft = (unsigned short)(s->lengthHigh << 8 | *data);
      }
      data++;
      length--;
    }
  }
}

/* The connection can't go on for want of memory. */
static bool tlsFail(TlsSocket *s) {
  s->transportError = SOCKET_ERR_MEM;
  s->ended = true;
  etls_eof(s->tls);
  return true;
}

/* Gives bytes to the engine and keeps what it does not take. `data` may be the kept ones. */
static bool tlsPush(TlsSocket *s, unsigned char *data, size_t length) {
  if (jsuGetFreeStack() < STACK_TO_GO_ON) return tlsFail(s);
  jshKickWatchDog();
  ptrdiff_t n = etls_push(s->tls, data, length);
  jshKickWatchDog();
  size_t left = n < 0 ? 0 : length - (size_t)n; /* errors are sticky: etls_status() tells */
  if (data == s->rest) {
    memmove(s->rest, s->rest + (length - left), left);
    if (!left) tlsFreeRest(s);
  } else if (left) {
    s->rest = left <= sizeof s->few ? s->few : tlsMalloc(left);
    if (!s->rest) return tlsFail(s);
    memcpy(s->rest, data + (length - left), left);
  }
  s->restLength = (unsigned short)left;
  return n != 0;
}

/* Fetches something from the network and gives it to the engine. Returns whether anything happened. `buf` is only used
   in between. */
static bool tlsTake(JsNetwork *net, TlsSocket *s, SocketType plainType, void *buf, size_t len) {
  int sckt = s->sckt;
  if (s->rest) return tlsPush(s, s->rest, s->restLength);
  if (s->ended) return false;
  if (len > tlsWanted(s)) len = tlsWanted(s);
  int n = netRecv(net, plainType, sckt, buf, len);
  if (tlsFind(sckt) != s) return false;
  if (n > 0) {
    tlsCount(s, buf, (size_t)n);
    return tlsPush(s, buf, (size_t)n);
  }
  if (n == SOCKET_ERR_NO_CONN && etls_status(s->tls) == ETLS_HANDSHAKING) return false;
  if (n == 0 && !s->transportError) return false;
  if (n < SOCKET_ERR_CLOSED) s->transportError = n;
  s->ended = true;
  etls_eof(s->tls);
  return true;
}

/* Does a slice of what the engine has to compute, if it has: one each time the idle loop comes round. */
static void tlsWork(TlsSocket *s) {
  if (!etls_has_work(s->tls)) return;
  if (jsuGetFreeStack() < STACK_TO_GO_ON) {
    tlsFail(s);
    return;
  }
  jshKickWatchDog();
  etls_work(s->tls);
  jshKickWatchDog();
}

/* Whether an HTTP answer has come as long as it said it would be: then it does not matter how the server ended. */
static bool tlsAnswerIsComplete(int sckt) {
  JsVar *connection = tlsConnection(sckt);
  JsVar *response = jsvObjectGetChildIfExists(connection, RESPONSE);
  bool complete = response && jsvObjectGetBoolChild(response, HAD_HEADERS) &&
                  jsvObjectGetIntegerChild(response, CONTENT_TO_RECEIVE) <= 0;
  jsvUnLock2(response, connection);
  return complete;
}

/* ------------------------------------------------------------------------------------------------------------------
   What socketserver.c calls */

int espruinoTlsCreateSocket(JsNetwork *net, SocketType socketType, uint32_t host, unsigned short port, JsVar *options) {
  if (!(socketType & ST_TLS)) return netCreateSocket(net, socketType, host, port, options);
  if (!host) {
    tlsThrow("ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "a TLS server is not supported. "
             "use TLS as a client, or a plain server");
    return SOCKET_ERR_BAD_ARG;
  }
  TlsSocket *s = tlsNew(options);
  if (!s) return SOCKET_ERR_BAD_ARG;
  /* Without options: some drivers look at them and would start a TLS of their own. */
  int sckt = netCreateSocket(net, tlsPlainType(socketType), host, port, 0);
  if (sckt < 0) {
    tlsDrop(s);
    tlsThrow("ECONNREFUSED", "the network could not connect. "
             "is the address right, the server up, and this device online?");
    return sckt;
  }
  TlsSocket *stale = tlsFind(sckt); /* the network went away and is back */
  if (stale) tlsDrop(stale);
  s->sckt = sckt;
  s->next = tlsSockets;
  tlsSockets = s;
  if (net->data.recvBufferSize < FETCH) {
    net->data.recvBufferSize = FETCH; /* for all connections, from the next turn of the idle loop on */
    networkSet(net);
  }
  return sckt;
}

void espruinoTlsCloseSocket(JsNetwork *net, SocketType socketType, int sckt) {
  TlsSocket *s = socketType & ST_TLS ? tlsFind(sckt) : 0;
  if (s) {
    if (!s->ended && tlsIsConnected(net, s, tlsPlainType(socketType)) && etls_status(s->tls) != ETLS_CLOSED) {
      etls_close(s->tls);
      tlsFlush(net, s, tlsPlainType(socketType)); /* if the driver is busy, close_notify is lost: no harm to us */
    }
    if (tlsFind(sckt) == s) {
      tlsLeaveInfo(s);
      tlsDrop(s);
    }
  }
  netCloseSocket(net, tlsPlainType(socketType), sckt);
}

int espruinoTlsRecv(JsNetwork *net, SocketType socketType, int sckt, void *buf, size_t len) {
  SocketType plainType = tlsPlainType(socketType);
  if (!(socketType & ST_TLS)) return netRecv(net, socketType, sckt, buf, len);
  TlsSocket *s = tlsFind(sckt);
  if (!s) return SOCKET_ERR_CLOSED;
  tlsWork(s);
  for (int step = 0; !etls_has_work(s->tls); step++) {
    if (!s->wasOpen && etls_status(s->tls) == ETLS_OPEN) {
      /* Finished waits for what the application writes when it hears of this, before the next call: one write for both.
         A server's delayed ACK of a first one would hold up the second. */
      s->wasOpen = true;
      return 0;
    }
    bool flushed = tlsFlush(net, s, plainType);
    if (tlsFind(sckt) != s) return SOCKET_ERR_CLOSED;
    if (tlsAesFailed) return SOCKET_ERR_SSL_INVALID;
    ptrdiff_t n = etls_read(s->tls, buf, len);
    if (n > 0) {
      s->wasOpen = true;
      return (int)n;
    }
    switch (etls_status(s->tls)) {
      case ETLS_CLOSED: return SOCKET_ERR_CLOSED;
      case ETLS_FAILED:
        if (s->ended) {
          if (s->wasOpen && (socketType & ST_TYPE_MASK) == ST_HTTP && tlsAnswerIsComplete(sckt))
            return SOCKET_ERR_CLOSED;
          return s->transportError ? s->transportError : SOCKET_ERR_RESET;
        }
        return s->wasOpen ? SOCKET_ERR_SSL_INVALID : SOCKET_ERR_SSL_HAND;
      default: break;
    }
    if (!flushed && !s->wasOpen && !s->transportError) break; /* the handshake's next move is ours */
    if (step == STEPS_PER_CALL || !tlsTake(net, s, plainType, buf, len)) break;
    if (tlsFind(sckt) != s) return SOCKET_ERR_CLOSED;
  }
  if (tlsFind(sckt) != s) return SOCKET_ERR_CLOSED;
  return s->wasOpen ? 0 : SOCKET_ERR_NO_CONN;
}

int espruinoTlsSend(JsNetwork *net, SocketType socketType, int sckt, const void *buf, size_t len) {
  SocketType plainType = tlsPlainType(socketType);
  if (!(socketType & ST_TLS)) return netSend(net, socketType, sckt, buf, len);
  TlsSocket *s = tlsFind(sckt);
  if (!s) return SOCKET_ERR_CLOSED;
  /* Errors are told by espruinoTlsRecv(), after everything that came before them has been read. */
  if (etls_status(s->tls) != ETLS_OPEN) return 0;
  if (!s->owed) {
    ptrdiff_t n = etls_write(s->tls, buf, len); /* 0: no room behind what is queued */
    if (n > 0) s->owed = (unsigned short)n;
  }
  if (!tlsFlush(net, s, plainType)) return 0;
  /* Data counts as sent when the network has it: Espruino may close right afterwards. */
  int sent = s->owed;
  s->owed = 0;
  return sent;
}

/* An answer with neither length nor chunks ends with the connection. Espruino counts it as complete at once: it would cut
   the body, and not notice when somebody else cuts the connection. With more to come than ever will, it reads on until
   close_notify, and takes anything else for the error that it is. */
static NO_INLINE void tlsReadUntilClosed(JsVar *request, JsVar *response) {
  JsVarInt status = jsvObjectGetIntegerChild(response, "statusCode"); /* a plain socket has none */
  if (status < 200 || status == 204 || status == 304 || jsvObjectGetIntegerChild(response, CONTENT_TO_RECEIVE) ||
      !tlsFind((int)jsvObjectGetIntegerChild(request, SOCKET_NUMBER) - 1))
    return;
  JsVar *options = jsvObjectGetChildIfExists(request, "opt");
  JsVar *method = jsvObjectGetChildIfExists(options, "method");
  JsVar *headers = jsvObjectGetChildIfExists(response, "headers");
  JsVar *length = jsvObjectGetChildI(headers, "Content-Length");
  if (!length && !jsvIsStringEqual(method, "HEAD"))
    jsvObjectSetIntChild(response, CONTENT_TO_RECEIVE, 0x7FFFFFFF);
  jsvUnLock2(options, method);
  jsvUnLock2(headers, length);
}

/* Espruino's error events carry a number as their code. For our connections they are errors with Node's name. */
void espruinoTlsQueueCallbacks(JsVar *object, const char *callbackName, JsVar **args, int argCount) {
  JsVar *error = 0;
  if (argCount == 1 && !strcmp(callbackName, JS_EVENT_PREFIX "connect")) tlsReadUntilClosed(object, args[0]);
  if (argCount == 1 && !strcmp(callbackName, JS_EVENT_PREFIX "error")) {
    JsVar *info = jsvObjectGetChildIfExists(object, INFO);
    if (info && (error = jswrap_error_constructor(0)) != 0) {
      JsVar *code = jsvObjectGetChildIfExists(info, "code");
      if (code) {
        jsvObjectSetChildAndUnLock(error, "code", code);
        jsvObjectSetChildAndUnLock(error, "message", jsvObjectGetChildIfExists(info, "error"));
      } else {
        const char *text, *name = tlsTransportError((int)jsvObjectGetIntegerChild(args[0], "code"), &text);
        tlsSetError(error, "message", name, text);
      }
      args = &error;
      JsVar *listener = jsvObjectGetChildIfExists(object, callbackName);
      if (!listener && !jspHasError()) jspSetException(error); /* on the console, as any error that nobody catches */
      jsvUnLock(listener);
    }
    jsvUnLock(info);
  }
  jsiQueueObjectCallbacks(object, callbackName, args, argCount);
  jsvUnLock(error);
}

/* ------------------------------------------------------------------------------------------------------------------
   What JavaScript and the interpreter call */

/*JSON{
  "type" : "idle",
  "generate" : "jswrap_espruino_tls_idle"
}*/
/* When the network goes away, Espruino forgets its sockets without closing them. Returns whether there is something to
   compute: then the device does not sleep. */
bool jswrap_espruino_tls_idle(void) {
  bool busy = false;
  while (tlsSockets && networkState != NETWORKSTATE_ONLINE) tlsDrop(tlsSockets);
  for (TlsSocket *s = tlsSockets; s; s = s->next) busy |= etls_has_work(s->tls);
  return busy;
}

/*JSON{
  "type" : "kill",
  "generate" : "jswrap_espruino_tls_kill"
}*/
void jswrap_espruino_tls_kill(void) {
  while (tlsSockets) tlsDrop(tlsSockets);
  tlsFreeSpare();
}

/*JSON{
  "type" : "library",
  "class" : "tls"
}
TLS connections: sockets like those of `net`, encrypted, to a server that proves who it is.
*/

/*JSON{
  "type" : "staticmethod",
  "class" : "tls",
  "name" : "connect",
  "generate" : "jswrap_espruino_tls_connect",
  "params" : [
    ["options","JsVar","`host`, `port` and one of `fingerprint256`, `pinnedPubKey`, `ca`, `rejectUnauthorized:false`"],
    ["callback","JsVar","A `function(socket)` that is called when the server is known to be the right one"]
  ],
  "return" : ["JsVar","A Socket"],
  "return_object" : "Socket"
}
Connects to a server with TLS.
*/
JsVar *jswrap_espruino_tls_connect(JsVar *options, JsVar *callback) {
  return jswrap_net_connect(options, callback, (SocketType)((int)ST_NORMAL | (int)ST_TLS));
}

/*JSON{
  "type" : "library",
  "class" : "espruino_tls"
}
What is known about TLS connections.
*/

/*JSON{
  "type" : "staticmethod",
  "class" : "espruino_tls",
  "name" : "info",
  "generate" : "jswrap_espruino_tls_info",
  "params" : [
    ["socket","JsVar","A socket, HTTP request or HTTP response"]
  ],
  "return" : ["JsVar","An object, or undefined if this is no TLS connection"]
}
Who the server is and how the connection to it is protected; after its end, how it ended.
*/
JsVar *jswrap_espruino_tls_info(JsVar *socket) {
  if (!jsvIsObject(socket)) return 0;
  JsVar *info = jsvObjectGetChildIfExists(socket, INFO);
  if (info) return info;
  for (TlsSocket *s = tlsSockets; s && !info; s = s->next) {
    JsVar *connection = tlsConnection(s->sckt);
    JsVar *response = jsvObjectGetChildIfExists(connection, RESPONSE);
    if (connection == socket || response == socket) info = tlsInfo(s);
    jsvUnLock2(response, connection);
  }
  return info;
}
