/* What the glue uses of an interpreter, and nothing else: declarations written for the tests, so that the glue can be
   compiled and run where no Espruino is. host.c is the interpreter: a fake, good for nothing but this. */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOT_USED(x) ((void)(x))
#define NO_INLINE __attribute__((noinline))
#define JS_HIDDEN_CHAR_STR "\xFF"
#define JS_EVENT_PREFIX "#on"
#define JSF_MAX_FILENAME_LENGTH 28u

typedef struct JsVar JsVar;
typedef int32_t JsVarInt;
typedef double JsVarFloat;
typedef enum { EXEC_YES = 1, EXEC_EXCEPTION = 32 } JsExecFlags;
typedef struct { JsVar *hiddenRoot; JsExecFlags execute; } JsExecInfo;
extern JsExecInfo execInfo;

/* Variables: each pointer a function returns is locked. */
JsVar *jsvLockAgain(JsVar *var);
unsigned char jsvGetLocks(JsVar *var);
void jsvUnLock(JsVar *var);
void jsvUnLock2(JsVar *a, JsVar *b);
void jsvUnLock3(JsVar *a, JsVar *b, JsVar *c);
void jsvUnLockMany(unsigned int count, JsVar **vars);
JsVar *jsvNewObject(void);
JsVar *jsvNewEmptyArray(void);
JsVar *jsvNewFromString(const char *text);
JsVar *jsvNewStringOfLength(unsigned int length, const char *data);
JsVar *jsvNewFlatStringOfLength(unsigned int length);
bool jsvIsObject(const JsVar *var);
bool jsvIsArray(const JsVar *var);
bool jsvIsString(const JsVar *var);
bool jsvIsNull(const JsVar *var);
bool jsvIsBoolean(const JsVar *var);
bool jsvIsFunction(const JsVar *var);
bool jsvIsIterable(const JsVar *var);
bool jsvGetBool(const JsVar *var);
JsVarInt jsvGetIntegerAndUnLock(JsVar *var);
JsVar *jsvAsString(JsVar *var);
bool jsvIsStringEqual(JsVar *var, const char *text);
size_t jsvGetStringLength(const JsVar *var);
int jsvGetCharInString(JsVar *var, size_t index);
size_t jsvGetStringChars(const JsVar *var, size_t start, char *out, size_t length);
char *jsvGetDataPointer(JsVar *var, size_t *length);
char *jsvGetFlatStringPointer(JsVar *var);
uint32_t jsvIterateCallbackCount(JsVar *var);
unsigned int jsvIterateCallbackToBytes(JsVar *var, unsigned char *out, unsigned int size);
JsVarInt jsvGetArrayLength(const JsVar *array);
JsVar *jsvGetArrayItem(const JsVar *array, JsVarInt index);
JsVarInt jsvArrayPush(JsVar *array, JsVar *value);
JsVarInt jsvArrayPushAndUnLock(JsVar *array, JsVar *value);
JsVar *jsvArrayJoin(JsVar *array, JsVar *filler, bool ignoreNull);
JsVar *jsvObjectGetChildIfExists(JsVar *object, const char *name);
JsVar *jsvObjectGetChildI(JsVar *object, const char *name);
bool jsvObjectGetBoolChild(JsVar *object, const char *name);
JsVarInt jsvObjectGetIntegerChild(JsVar *object, const char *name);
JsVar *jsvObjectSetChild(JsVar *object, const char *name, JsVar *value);
void jsvObjectSetChildAndUnLock(JsVar *object, const char *name, JsVar *value);
void jsvObjectSetStringChild(JsVar *object, const char *name, const char *value);
void jsvObjectSetIntChild(JsVar *object, const char *name, JsVarInt value);
void jsvObjectSetBoolChild(JsVar *object, const char *name, bool value);
void *jsvMalloc(size_t size);
void jsvDefragment(void);
void jsvFree(void *memory);

typedef struct { JsVar *object; int index; } JsvObjectIterator;
void jsvObjectIteratorNew(JsvObjectIterator *it, JsVar *object);
bool jsvObjectIteratorHasValue(JsvObjectIterator *it);
JsVar *jsvObjectIteratorGetValue(JsvObjectIterator *it);
void jsvObjectIteratorNext(JsvObjectIterator *it);
void jsvObjectIteratorFree(JsvObjectIterator *it);

/* Limits */
size_t jsuGetFreeStack(void);

/* Text */
int espruino_snprintf(char *out, size_t size, const char *format, ...);
JsVar *jsvVarPrintf(const char *format, ...);
void jsiConsolePrintf(const char *format, ...);

/* Running code */
bool jspHasError(void);
void jspSetException(JsVar *value);
JsVar *jspGetException(void);
JsVar *jspExecuteFunction(JsVar *function, JsVar *thisArg, int argCount, JsVar **args);
JsVar *jswrap_error_constructor(JsVar *message);
void jsiQueueObjectCallbacks(JsVar *object, const char *name, JsVar **args, int argCount);

/* The device */
unsigned int jshGetRandomNumber(void);
void jshKickWatchDog(void);
JsVarFloat jswrap_date_now(void);
JsVar *jswrap_storage_read(JsVar *name, int offset, int length);
JsVar *jswrap_fs_readFile(JsVar *name);

/* The network */
typedef enum { ST_NORMAL = 0, ST_HTTP = 1, ST_UDP = 2, ST_TYPE_MASK = 3, ST_TLS = 4 } SocketType;
typedef enum { NETWORKSTATE_OFFLINE, NETWORKSTATE_ONLINE = 2 } JsNetworkState;
extern JsNetworkState networkState;
typedef struct JsNetwork { struct { int recvBufferSize; } data; int chunkSize; } JsNetwork;
void networkSet(JsNetwork *net);
enum {
  SOCKET_ERR_CLOSED = -1,
  SOCKET_ERR_MEM = -2,
  SOCKET_ERR_RESET = -9,
  SOCKET_ERR_UNKNOWN = -10,
  SOCKET_ERR_NO_CONN = -11,
  SOCKET_ERR_BAD_ARG = -12,
  SOCKET_ERR_SSL_HAND = -13,
  SOCKET_ERR_SSL_INVALID = -14,
  SOCKET_ERR_LAST = -15
};
char *socketErrorString(int error);
int netCreateSocket(JsNetwork *net, SocketType type, uint32_t host, unsigned short port, JsVar *options);
void netCloseSocket(JsNetwork *net, SocketType type, int sckt);
int netRecv(JsNetwork *net, SocketType type, int sckt, void *buf, size_t len);
int netSend(JsNetwork *net, SocketType type, int sckt, const void *buf, size_t len);
JsVar *jswrap_net_connect(JsVar *options, JsVar *callback, SocketType type);

#endif
