/* Tells Espruino's build of crypto.PBKDF2 on boards whose own TLS brings it.

   Espruino has the function in jswrap_crypto.c, but only together with its TLS, whose place this library takes. https.make has
   that file compiled as if it were there. */

#include "jswrap_crypto_pbkdf2.h"

/*JSON{
  "type" : "staticmethod",
  "class" : "crypto",
  "name" : "PBKDF2",
  "generate" : "jswrap_crypto_PBKDF2",
  "params" : [
    ["passphrase","JsVar","The secret that the key is made of"],
    ["salt","JsVar","Bytes that make keys of one secret differ"],
    ["options","JsVar","`keySize` in words of 32 bits, `iterations`, and `hasher`, such as `SHA256`"]
  ],
  "return" : ["JsVar","The key, an ArrayBuffer"],
  "return_object" : "ArrayBuffer"
}
A key from a secret (PBKDF2, RFC 8018).
*/
