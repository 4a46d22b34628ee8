/* TLS for Espruino's sockets: what Espruino's socket code calls instead of its network functions, and what JavaScript
   sees. See jswrap_espruino_tls.c. */
#ifndef JSWRAP_ESPRUINO_TLS_H
#define JSWRAP_ESPRUINO_TLS_H

#include "jsvar.h"
#include "network.h"

int espruinoTlsCreateSocket(JsNetwork *net, SocketType socketType, uint32_t host, unsigned short port, JsVar *options);
void espruinoTlsCloseSocket(JsNetwork *net, SocketType socketType, int sckt);
int espruinoTlsRecv(JsNetwork *net, SocketType socketType, int sckt, void *buf, size_t len);
int espruinoTlsSend(JsNetwork *net, SocketType socketType, int sckt, const void *buf, size_t len);
void espruinoTlsQueueCallbacks(JsVar *object, const char *callbackName, JsVar **args, int argCount);

bool jswrap_espruino_tls_idle(void);
void jswrap_espruino_tls_kill(void);
JsVar *jswrap_espruino_tls_connect(JsVar *options, JsVar *callback);
JsVar *jswrap_espruino_tls_info(JsVar *socket);

#endif
