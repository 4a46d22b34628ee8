/* crypto.PBKDF2, see jswrap_crypto_pbkdf2.c. */
#ifndef JSWRAP_CRYPTO_PBKDF2_H
#define JSWRAP_CRYPTO_PBKDF2_H

#include "jsvar.h"

JsVar *jswrap_crypto_PBKDF2(JsVar *passphrase, JsVar *salt, JsVar *options);

#endif
