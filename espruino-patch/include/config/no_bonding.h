/* Before Espruino's bluetooth.c where HTTPS_LEAVE_OUT names BONDING: it sets two members of ble_nus_init_t that Nordic's header has only
   with bonding. They come behind the one that is read without. */
#include "sdk_config.h"
#undef PEER_MANAGER_ENABLED
#define PEER_MANAGER_ENABLED 1
#include "ble_nus.h"
#undef PEER_MANAGER_ENABLED
#define PEER_MANAGER_ENABLED 0
