/* wolfSSL's settings for our client's work: ECDHE, P-256 and P-384, RSA, AES-128-GCM, certificate paths, names, dates,
   and the smallest memory it offers. Compiled with
     CURVES     its assembly for the Cortex-M4, of curves and RSA alone
     ASSEMBLY   of these, AES and SHA-2
     FAST       its arithmetic for speed instead of size
     P256_ONLY  without P-384 and RSA
     TLS13      TLS 1.3 beside 1.2, and sessions
     NONBLOCK   its ECC and RSA in pieces, by its asynchronous software device */

#ifndef __ASSEMBLER__
#include "measure.h"
#include <errno.h>
#include <time.h>
time_t chip_time(time_t *);
int chip_random(unsigned char *, unsigned int);
#endif
#define XMALLOC_OVERRIDE
#define XMALLOC(size, heap, type) ((void)(heap), (void)(type), counted_calloc(1, size))
#define XFREE(memory, heap, type) ((void)(heap), (void)(type), counted_free(memory))
#define XREALLOC(memory, size, heap, type) ((void)(heap), (void)(type), counted_realloc(memory, size))

/* The chip: wolfssl.c has clock and random numbers. */
#define SINGLE_THREADED
#define WOLFSSL_USER_IO
#define WOLFSSL_NO_SOCK
#define NO_FILESYSTEM
#define NO_WRITEV
#define NO_MAIN_DRIVER
#define NO_ERROR_STRINGS
#define WOLFSSL_IGNORE_FILE_WARN
#define WOLFSSL_GENERAL_ALIGNMENT 4
#define SIZEOF_LONG_LONG 8
#define WOLFSSL_SMALL_STACK
#define XTIME chip_time
#define XTIME_MS(x) (chip_time(x) * 1000)
#define WOLFSSL_GMTIME
#define WC_NO_HASHDRBG
#define CUSTOM_RAND_GENERATE_BLOCK chip_random

/* The protocol. */
#define NO_WOLFSSL_SERVER
#define NO_OLD_TLS
#define NO_PSK
#define WOLFSSL_NO_CLIENT_AUTH
#define HAVE_TLS_EXTENSIONS
#define HAVE_SNI
#define HAVE_MAX_FRAGMENT
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define WOLFSSL_TRUST_PEER_CERT /* its way to pin */
#ifndef NONBLOCK /* of which it knows nothing */
#define WOLFSSL_SMALL_CERT_VERIFY
#endif
#define WOLFSSL_ASN_TEMPLATE
#ifdef TLS13
#define WOLFSSL_TLS13
#define HAVE_HKDF
#ifndef P256_ONLY
#define WC_RSA_PSS
#endif
#define HAVE_SESSION_TICKET
#define HAVE_EXT_CACHE /* to keep a session as bytes */
#define SESSION_TICKET_LEN 512
#define MICRO_SESSION_CACHE
#else
#define NO_SESSION_CACHE
#endif

/* What the cryptography is made of. */
#define NO_DES3
#define NO_DES3_TLS_SUITES
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_SHA
#define NO_DSA
#define NO_DH
#define NO_PWDBASED
#define NO_PKCS7
#define NO_PKCS12
#ifndef NONBLOCK /* whose device names it */
#define NO_AES_CBC
#endif
#define NO_AES_192
#ifndef EVERY
#define NO_AES_256
#else
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ONE_TIME_AUTH
#endif
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define WOLFSSL_AES_SMALL_TABLES
#ifndef FAST
#define USE_SLOW_SHA256
#define USE_SLOW_SHA512
#define GCM_SMALL_TABLE
#endif
#define HAVE_ECC
#define ECC_USER_CURVES
#define ECC_TIMING_RESISTANT
#define NO_ECC_SIGN
#define WOLFSSL_NO_SHAKE128
#define WOLFSSL_NO_SHAKE256

#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_MATH
#define SP_WORD_SIZE 32
#ifndef FAST
#define WOLFSSL_SP_SMALL
#endif
#ifdef P256_ONLY
#define NO_RSA
#else
#define HAVE_ECC384
#define WOLFSSL_SP_384
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_SP_4096
#ifndef FAST /* whose 4096 bits want a function that is left out by the first of these */
#define WOLFSSL_RSA_PUBLIC_ONLY
#define WOLFSSL_RSA_VERIFY_ONLY
#define RSA_LOW_MEM
#endif
#define WC_RSA_NO_RNG
#define WC_NO_RSA_OAEP
#endif

#ifdef ASSEMBLY
#define WOLFSSL_ARMASM
#define WOLFSSL_ARMASM_THUMB2
#define WOLFSSL_ARMASM_NO_HW_CRYPTO
#define WOLFSSL_ARMASM_NO_NEON
#define WOLFSSL_ARM_ARCH 7
#endif
#if (defined CURVES || defined ASSEMBLY) && !defined NONBLOCK /* with which they do not compile: a type is missing */
#define WOLFSSL_SP_ASM
#define WOLFSSL_SP_ARM_CORTEX_M_ASM
#endif

#ifdef NONBLOCK
#define WOLFSSL_ASYNC_CRYPT
#define WOLFSSL_ASYNC_CRYPT_SW
#define HAVE_WOLF_BIGINT
#define WC_NO_ASYNC_THREADING
#define WC_NO_ASYNC_SLEEP
#define WC_ASYNC_NO_CRYPT
#define WC_ASYNC_NO_HASH
#define WC_ASYNC_NO_RNG
#define WC_ECC_NONBLOCK
#define WOLFSSL_SP_NONBLOCK
#define WOLFSSL_SP_NO_MALLOC
#define WC_RSA_NONBLOCK
#undef WOLFSSL_RSA_PUBLIC_ONLY /* by which this would be left out */
#undef WOLFSSL_RSA_VERIFY_ONLY
#endif
