/* The glue at work without Espruino: an interpreter's variables and a driver's sockets, both faked in the simplest way,
   around the real glue, the real engine, a real TCP connection and a real server. What it shows is the glue's own
   conduct: order of calls, partial sends and receives, errors, memory. It shows nothing about Espruino.

   usage: host PORT [http] [NAME=VALUE|NAME=@FILE|NAME=+VALUE]... [-MODE]...
     NAME=VALUE   an option: true, false, a number or a string; NAME=@FILE its text from a file (by a function), NAME=%FILE
                  by name, NAME=&FILE its bytes; a second value for a name makes an array of them
     -slow        the driver takes and gives a few bytes at a time, and often nothing
     -get=PATH    sends a request for this path when connected
     -kill        ends the interpreter in the middle of the handshake
     -offline     takes the network away in the middle of the handshake
     -norandom    the device has no random numbers
     -nomemory=N  the interpreter's Nth allocation of raw memory fails
     -stack=N     so many bytes of stack are left
     -1970        the clock has not been set
     -server      a server is asked for instead
     -answered    Espruino thinks that the answer is complete
   The body's bytes go to stdout, what happened to stderr, a line each. The last line counts what was not given back. */

#define _GNU_SOURCE
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* ---- variables: counted by locks and references alike; the last one out frees */

enum kind { NULL_, BOOL, INT, STRING, ARRAY, OBJECT, FUNCTION };
struct JsVar {
  enum kind kind;
  int count;
  JsVarInt number;
  char *data;
  size_t length;
  JsVar **values;
  char **names;
  int size;
};

static int variables, allocations, allocationsLeft = -1;
static size_t stack = 100000;
static bool slow, noRandom, clockUnset;
JsExecInfo execInfo;
JsNetworkState networkState = NETWORKSTATE_ONLINE;
static JsVar *exception;

static JsVar *make(enum kind kind) {
  JsVar *var = calloc(1, sizeof *var);
  var->kind = kind;
  var->count = 1;
  variables++;
  return var;
}

JsVar *jsvLockAgain(JsVar *var) { var->count++; return var; }

unsigned char jsvGetLocks(JsVar *var) { return (unsigned char)var->count; }

void jsvUnLock(JsVar *var) {
  int i;
  if (!var || --var->count) return;
  for (i = 0; i < var->size; i++) {
    jsvUnLock(var->values[i]);
    if (var->names) free(var->names[i]);
  }
  free(var->values);
  free(var->names);
  free(var->data);
  free(var);
  variables--;
}

void jsvUnLock2(JsVar *a, JsVar *b) { jsvUnLock(a); jsvUnLock(b); }
void jsvUnLock3(JsVar *a, JsVar *b, JsVar *c) { jsvUnLock(a); jsvUnLock2(b, c); }
void jsvUnLockMany(unsigned int count, JsVar **vars) { while (count) jsvUnLock(vars[--count]); }
JsVar *jsvNewObject(void) { return make(OBJECT); }
JsVar *jsvNewEmptyArray(void) { return make(ARRAY); }

JsVar *jsvNewFlatStringOfLength(unsigned int length) {
  JsVar *var = make(STRING);
  var->data = calloc(1, (size_t)length + 1);
  var->length = length;
  return var;
}

JsVar *jsvNewStringOfLength(unsigned int length, const char *data) {
  JsVar *var = jsvNewFlatStringOfLength(length);
  memcpy(var->data, data, length);
  return var;
}

JsVar *jsvNewFromString(const char *text) { return jsvNewStringOfLength((unsigned int)strlen(text), text); }
JsVar *jsvVarPrintf(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return jsvNewFromString(text);
}
static JsVar *makeNumber(enum kind kind, JsVarInt n) { JsVar *var = make(kind); var->number = n; return var; }

static bool is(const JsVar *var, enum kind kind) { return var && var->kind == kind; }
bool jsvIsObject(const JsVar *var) { return is(var, OBJECT); }
bool jsvIsArray(const JsVar *var) { return is(var, ARRAY); }
bool jsvIsString(const JsVar *var) { return is(var, STRING); }
bool jsvIsNull(const JsVar *var) { return is(var, NULL_); }
bool jsvIsBoolean(const JsVar *var) { return is(var, BOOL); }
bool jsvIsFunction(const JsVar *var) { return is(var, FUNCTION); }
bool jsvIsIterable(const JsVar *var) { return is(var, STRING) || is(var, ARRAY); }
bool jsvGetBool(const JsVar *var) { return var && (var->number || var->length); }

JsVarInt jsvGetIntegerAndUnLock(JsVar *var) {
  JsVarInt n = var ? var->number : 0;
  jsvUnLock(var);
  return n;
}

JsVar *jsvAsString(JsVar *var) {
  char text[16];
  if (is(var, STRING)) return jsvLockAgain(var);
  snprintf(text, sizeof text, "%d", (int)var->number);
  return jsvNewFromString(text);
}

bool jsvIsStringEqual(JsVar *var, const char *text) { return is(var, STRING) && !strcmp(var->data, text); }
size_t jsvGetStringLength(const JsVar *var) { return var->length; }
int jsvGetCharInString(JsVar *var, size_t index) { return index < var->length ? (unsigned char)var->data[index] : 0; }

size_t jsvGetStringChars(const JsVar *var, size_t start, char *out, size_t length) {
  if (length > var->length - start) length = var->length - start;
  memcpy(out, var->data + start, length);
  return length;
}

char *jsvGetDataPointer(JsVar *var, size_t *length) {
  *length = var->length;
  return var->data;
}

char *jsvGetFlatStringPointer(JsVar *var) { return var->data; }
uint32_t jsvIterateCallbackCount(JsVar *var) { return (uint32_t)var->length; }

unsigned int jsvIterateCallbackToBytes(JsVar *var, unsigned char *out, unsigned int size) {
  return (unsigned int)jsvGetStringChars(var, 0, (char *)out, size);
}

JsVarInt jsvGetArrayLength(const JsVar *array) { return array->size; }
JsVar *jsvGetArrayItem(const JsVar *array, JsVarInt i) { return i < array->size ? jsvLockAgain(array->values[i]) : 0; }

static int append(JsVar *var, JsVar *value) {
  var->values = realloc(var->values, sizeof *var->values * (size_t)(var->size + 1));
  var->values[var->size] = jsvLockAgain(value);
  return ++var->size;
}

JsVarInt jsvArrayPush(JsVar *array, JsVar *value) { return append(array, value); }

JsVarInt jsvArrayPushAndUnLock(JsVar *array, JsVar *value) {
  JsVarInt n = append(array, value);
  jsvUnLock(value);
  return n;
}

JsVar *jsvArrayJoin(JsVar *array, JsVar *filler, bool ignoreNull) {
  char text[2048] = "";
  int i;
  (void)ignoreNull;
  for (i = 0; i < array->size; i++) {
    if (i) strncat(text, filler->data, sizeof text - strlen(text) - 1);
    strncat(text, array->values[i]->data, sizeof text - strlen(text) - 1);
  }
  return jsvNewFromString(text);
}

static int indexOf(const JsVar *object, const char *name) {
  int i;
  for (i = 0; object->names && i < object->size; i++)
    if (!strcmp(object->names[i], name)) return i;
  return -1;
}

JsVar *jsvObjectGetChildIfExists(JsVar *object, const char *name) {
  int i = object ? indexOf(object, name) : -1;
  return i < 0 ? 0 : jsvLockAgain(object->values[i]);
}

JsVar *jsvObjectGetChildI(JsVar *object, const char *name) {
  for (int i = 0; object && object->names && i < object->size; i++)
    if (!strcasecmp(object->names[i], name)) return jsvLockAgain(object->values[i]);
  return 0;
}

JsVarInt jsvObjectGetIntegerChild(JsVar *object, const char *name) {
  return jsvGetIntegerAndUnLock(jsvObjectGetChildIfExists(object, name));
}

bool jsvObjectGetBoolChild(JsVar *object, const char *name) { return jsvObjectGetIntegerChild(object, name) != 0; }

JsVar *jsvObjectSetChild(JsVar *object, const char *name, JsVar *value) {
  int i = indexOf(object, name);
  if (i >= 0) {
    JsVar *old = object->values[i];
    object->values[i] = jsvLockAgain(value);
    jsvUnLock(old);
  } else {
    object->names = realloc(object->names, sizeof *object->names * (size_t)(object->size + 1));
    object->names[object->size] = strdup(name);
    append(object, value);
  }
  return value;
}

void jsvObjectSetChildAndUnLock(JsVar *object, const char *name, JsVar *value) {
  jsvObjectSetChild(object, name, value);
  jsvUnLock(value);
}

void jsvObjectSetStringChild(JsVar *object, const char *name, const char *value) {
  jsvObjectSetChildAndUnLock(object, name, jsvNewFromString(value));
}

void jsvObjectSetIntChild(JsVar *object, const char *name, JsVarInt value) {
  jsvObjectSetChildAndUnLock(object, name, makeNumber(INT, value));
}

void jsvObjectSetBoolChild(JsVar *object, const char *name, bool value) {
  jsvObjectSetChildAndUnLock(object, name, makeNumber(BOOL, value));
}

void *jsvMalloc(size_t size) {
  if (allocationsLeft == 0) return 0;
  if (allocationsLeft > 0) allocationsLeft--;
  allocations++;
  return calloc(1, size);
}

/* Nothing lies in pieces here. */
void jsvDefragment(void) {}

void jsvFree(void *memory) {
  allocations--;
  free(memory);
}

void jsvObjectIteratorNew(JsvObjectIterator *it, JsVar *object) { it->object = jsvLockAgain(object); it->index = 0; }
bool jsvObjectIteratorHasValue(JsvObjectIterator *it) { return it->index < it->object->size; }
JsVar *jsvObjectIteratorGetValue(JsvObjectIterator *it) { return jsvLockAgain(it->object->values[it->index]); }
void jsvObjectIteratorNext(JsvObjectIterator *it) { it->index++; }
void jsvObjectIteratorFree(JsvObjectIterator *it) { jsvUnLock(it->object); }

size_t jsuGetFreeStack(void) { return stack; }

int espruino_snprintf(char *out, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(out, size, format, arguments);
  va_end(arguments);
  return n;
}

void jsiConsolePrintf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
}

/* ---- running code */

bool jspHasError(void) { return (execInfo.execute & EXEC_EXCEPTION) != 0; }

void jspSetException(JsVar *value) {
  jsvUnLock(exception);
  exception = jsvLockAgain(value);
  execInfo.execute |= EXEC_EXCEPTION;
}

JsVar *jspGetException(void) {
  JsVar *e = exception;
  exception = 0;
  return e;
}

/* A function returns the file it stands for. */
JsVar *jspExecuteFunction(JsVar *function, JsVar *thisArg, int argCount, JsVar **args) {
  (void)thisArg, (void)argCount, (void)args;
  return jsvNewStringOfLength((unsigned int)function->length, function->data);
}

JsVar *jswrap_error_constructor(JsVar *message) {
  (void)message;
  return jsvNewObject();
}

static JsVar *lastError;

void jsiQueueObjectCallbacks(JsVar *object, const char *name, JsVar **args, int argCount) {
  (void)object, (void)name;
  if (argCount) {
    jsvUnLock(lastError);
    lastError = jsvLockAgain(args[0]);
  }
}

/* ---- the device */

unsigned int jshGetRandomNumber(void) { return 4; } /* the glue must not use it here */
void jshKickWatchDog(void) {}
JsVarFloat jswrap_date_now(void) { return clockUnset ? 5000.0 : (JsVarFloat)time(0) * 1000.0; }

JsVar *jswrap_storage_read(JsVar *name, int offset, int length) {
  (void)offset, (void)length;
  FILE *file = fopen(name->data, "rb");
  char text[65536];
  size_t n;
  if (!file) return 0;
  n = fread(text, 1, sizeof text, file);
  fclose(file);
  return jsvNewStringOfLength((unsigned int)n, text);
}

JsVar *jswrap_fs_readFile(JsVar *name) {
  JsVar *error, *data = jswrap_storage_read(name, 0, 0);
  if (!data) {
    error = jsvNewObject();
    jsvObjectSetStringChild(error, "message", "Could not open file");
    jspSetException(error);
    jsvUnLock(error);
  }
  return data;
}

/* The engine's random numbers come from here in this build. */
ssize_t getrandom(void *out, size_t length, unsigned int flags) {
  int file;
  ssize_t n;
  (void)flags;
  if (noRandom) {
    errno = EIO;
    return -1;
  }
  file = open("/dev/urandom", O_RDONLY);
  n = read(file, out, length < 7 ? length : 7); /* never all at once */
  close(file);
  return n;
}

/* ---- the network: TCP, and a driver with moods */

static unsigned turn;
static int plainTypes, plainOptions, writes;

char *socketErrorString(int error) {
  (void)error;
  return (char *)"what the driver says";
}

void networkSet(JsNetwork *net) { net->chunkSize = net->data.recvBufferSize; }

int netCreateSocket(JsNetwork *net, SocketType type, uint32_t host, unsigned short port, JsVar *options) {
  struct sockaddr_in address = {0};
  int s = socket(AF_INET, SOCK_STREAM, 0);
  (void)net;
  if (type & ST_TLS) plainTypes++;
  if (options) plainOptions++;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = host;
  address.sin_port = htons(port);
  if (connect(s, (struct sockaddr *)&address, sizeof address)) {
    close(s);
    return SOCKET_ERR_CLOSED;
  }
  fcntl(s, F_SETFL, O_NONBLOCK);
  return s;
}

void netCloseSocket(JsNetwork *net, SocketType type, int sckt) {
  (void)net;
  if (type & ST_TLS) plainTypes++;
  close(sckt);
}

int netRecv(JsNetwork *net, SocketType type, int sckt, void *buf, size_t len) {
  ssize_t n;
  (void)net;
  if (type & ST_TLS) plainTypes++;
  if (slow) {
    if (++turn % 3) return 0;
    if (len > 11) len = 11;
  }
  n = recv(sckt, buf, len, 0);
  if (n > 0) return (int)n;
  return n < 0 && errno == EAGAIN ? 0 : SOCKET_ERR_CLOSED;
}

int netSend(JsNetwork *net, SocketType type, int sckt, const void *buf, size_t len) {
  ssize_t n;
  (void)net;
  if (type & ST_TLS) plainTypes++;
  if (slow) {
    if (++turn % 2) return 0;
    if (len > 13) len = 13;
  }
  n = send(sckt, buf, len, MSG_NOSIGNAL);
  writes++;
  if (n > 0) return (int)n;
  return n < 0 && errno == EAGAIN ? 0 : SOCKET_ERR_CLOSED;
}

JsVar *jswrap_net_connect(JsVar *options, JsVar *callback, SocketType type) {
  (void)options, (void)callback, (void)type;
  return 0;
}

/* ---- the real thing */

#include "../../espruino-patch/jswrap_espruino_tls.c"

/* ---- what socketserver.c would do */

static JsVar *option(const char *value) {
  JsVar *var, *name;
  if (!strcmp(value, "true") || !strcmp(value, "false")) return makeNumber(BOOL, *value == 't');
  if (*value && strspn(value, "0123456789") == strlen(value)) return makeNumber(INT, atoi(value));
  if (*value != '@' && *value != '&') return jsvNewFromString(value + (*value == '%'));
  name = jsvNewFromString(value + 1);
  var = jswrap_storage_read(name, 0, 0);
  jsvUnLock(name);
  if (!var) exit(2);
  if (*value == '@') var->kind = FUNCTION;
  return var;
}

static void show(const char *what, JsVar *var) {
  int i;
  for (i = 0; var && i < var->size; i++) {
    JsVar *value = var->values[i];
    if (!strcmp(var->names[i], "session")) {
      size_t k;
      fprintf(stderr, "session ");
      for (k = 0; k < value->length; k++) fprintf(stderr, "%02x", (unsigned char)value->data[k]);
      fprintf(stderr, "\n");
    } else if (is(value, STRING)) fprintf(stderr, "%s %s=%s\n", what, var->names[i], value->data);
    else if (value->kind != OBJECT) fprintf(stderr, "%s %s=%d\n", what, var->names[i], (int)value->number);
  }
}

static bool again;

static int end(JsVar *options, JsVar *connection) {
  if (jspHasError()) {
    show("thrown", exception);
    jsvUnLock(jspGetException());
  }
  for (size_t i = 0; tlsSpare && i < tlsSpareLength; i++)
    if (((unsigned char *)tlsSpare)[i]) fprintf(stderr, "not wiped: byte %zu of the memory that is kept\n", i);
  if (again) { /* where the last connection's memory was, and without asking for more */
    void *spare = tlsSpare;
    JsVar *session = jsvObjectGetChildIfExists(options, "session");
    if (session) jsvObjectSetChildAndUnLock(options, "session", jsvNewFlatStringOfLength(SESSION_LENGTH));
    jsvUnLock(session);
    int before = allocations;
    TlsSocket *next = tlsNew(options);
    fprintf(stderr, "again: %s\n", spare && next && next->memory == spare && allocations == before ? "the same memory" : "other memory");
    if (next) tlsDrop(next);
  }
  jsvUnLock3(options, connection, execInfo.hiddenRoot);
  if (plainTypes || plainOptions) fprintf(stderr, "the driver saw TLS or options\n");
  /* But for the block that is kept for the next connection, nothing is left before the interpreter ends, and nothing after. */
  const char *sockets = tlsSockets ? "sockets" : "no sockets";
  int kept = allocations;
  jswrap_espruino_tls_kill();
  if (kept > allocations + 1) fprintf(stderr, "%d allocations were left\n", kept);
  fprintf(stderr, "left: %d variables, %d allocations, %s\n", variables, allocations, kept > allocations + 1 ? "more" : sockets);
  return 0;
}

int main(int argc, char **argv) {
  JsNetwork net = {.chunkSize = 536};
  SocketType type = ST_TLS;
  JsVar *options = jsvNewObject(), *connections = jsvNewEmptyArray(), *connection = jsvNewObject();
  const char *path = 0;
  bool kill = false, offline = false, answered = false, server = false, connected = false, asked = false;
  int i, n, sckt, code = 0, idle = 0;
  char request[512] = "", buf[536];
  size_t sent = 0;

  execInfo.execute = EXEC_YES;
  execInfo.hiddenRoot = jsvNewObject();
  jsvObjectSetChildAndUnLock(execInfo.hiddenRoot, "HttpCC", connections);
  for (i = 2; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (!strcmp(argv[i], "http")) type = (SocketType)(ST_HTTP | ST_TLS);
    else if (!strcmp(argv[i], "-slow")) slow = true;
    else if (!strcmp(argv[i], "-kill")) kill = true;
    else if (!strcmp(argv[i], "-again")) again = true;
    else if (!strcmp(argv[i], "-offline")) offline = true;
    else if (!strcmp(argv[i], "-norandom")) noRandom = true;
    else if (!strcmp(argv[i], "-answered")) answered = true;
    else if (!strcmp(argv[i], "-server")) server = true;
    else if (!strcmp(argv[i], "-listening")) jsvObjectSetBoolChild(connection, JS_EVENT_PREFIX "error", true);
    else if (!strcmp(argv[i], "-1970")) clockUnset = true;
    else if (!strncmp(argv[i], "-nomemory=", 10)) allocationsLeft = atoi(value + 1);
    else if (!strncmp(argv[i], "-stack=", 7)) stack = (size_t)atoi(value + 1);
    else if (!strncmp(argv[i], "-get=", 5)) path = value + 1;
    else if (value) {
      JsVar *given = option(value + 1);
      *value = 0;
      JsVar *before = jsvObjectGetChildIfExists(options, argv[i]);
      if (is(before, ARRAY)) {
        jsvArrayPush(before, given);
      } else if (before) {
        JsVar *both = jsvNewEmptyArray();
        jsvArrayPush(both, before);
        jsvArrayPush(both, given);
        jsvObjectSetChildAndUnLock(options, argv[i], both);
      } else {
        jsvObjectSetChild(options, argv[i], given);
      }
      jsvUnLock2(before, given);
    } else return 2;
  }

  sckt = espruinoTlsCreateSocket(&net, type, server ? 0 : htonl(INADDR_LOOPBACK), (unsigned short)atoi(argv[1]), options);
  if (sckt < 0) {
    fprintf(stderr, "not created %d\n", sckt);
    return end(options, connection);
  }
  jsvObjectSetIntChild(connection, "sckt", sckt + 1);
  jsvArrayPush(connections, connection);
  if (answered) {
    JsVar *response = jsvNewObject();
    jsvObjectSetBoolChild(response, "hdrs", true);
    jsvObjectSetChildAndUnLock(connection, "res", response);
  }
  if (path) snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);

  /* the idle loop */
  while (!code && idle < 20000) {
    if ((kill || offline) && idle == 1) break;
    if (*request && sent < strlen(request)) {
      size_t length = strlen(request) - sent;
      n = espruinoTlsSend(&net, type, sckt, request + sent, length < sizeof buf ? length : sizeof buf);
      if (n < 0) code = n;
      else sent += (size_t)n;
      if (sent == strlen(request) && !asked) {
        asked = true;
        fprintf(stderr, "asked\nasked in %d writes\n", writes);
      }
    }
    n = espruinoTlsRecv(&net, type, sckt, buf, sizeof buf);
    if (n == SOCKET_ERR_NO_CONN && !connected) {
      n = 0;
    } else if (n >= 0 && !connected) {
      connected = true;
      JsVar *info = jswrap_espruino_tls_info(connection);
      fprintf(stderr, "connected\n");
      show("info", info);
      jsvUnLock(info);
      if (!path) break;
    }
    if (n > 0) fwrite(buf, 1, (size_t)n, stdout);
    else if (n < 0) code = n;
    else {
      struct pollfd p = {sckt, POLLIN, 0};
      poll(&p, 1, slow ? 1 : 5);
      idle++;
    }
  }
  fprintf(stderr, "ended %d\n", code);
  if (kill) jswrap_espruino_tls_kill();
  if (offline) {
    networkState = NETWORKSTATE_OFFLINE;
    jswrap_espruino_tls_idle();
  }
  if (kill || offline) {
    close(sckt);
    return end(options, connection);
  }
  /* an error stays one, however often it is asked for */
  if (code && espruinoTlsRecv(&net, type, sckt, buf, sizeof buf) != code) fprintf(stderr, "the error did not stay\n");
  espruinoTlsCloseSocket(&net, type, sckt);
  {
    JsVar *info = jswrap_espruino_tls_info(connection), *error = jsvNewObject();
    show("after", info);
    jsvUnLock(info);
    if (code < SOCKET_ERR_CLOSED) {
      jsvObjectSetIntChild(error, "code", code);
      espruinoTlsQueueCallbacks(connection, JS_EVENT_PREFIX "error", &error, 1);
      show("error", lastError);
      jsvUnLock(lastError);
      lastError = 0;
    }
    jsvUnLock(error);
  }
  fflush(stdout);
  return end(options, connection);
}
