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
    ["passphrase","JsVar","Passphrase"],
    ["salt","JsVar","Salt for turning passphrase into a key"],
    ["options","JsVar","`{ keySize: 8 (in 32 bit words), iterations: 10, hasher: 'SHA1'/'SHA224'/'SHA256'/'SHA384'/'SHA512' }`"]
  ],
  "return" : ["JsVar","Returns an `ArrayBuffer`"],
  "return_object" : "ArrayBuffer"
}
Password-Based Key Derivation Function 2 algorithm
*/
