/* Espruino's app_config.h, which says what of Nordic's SDK is compiled, without what HTTPS_LEAVE_OUT names. */
#include_next "app_config.h"

#ifdef HTTPS_NO_HID
#undef BLE_HIDS_ENABLED
#define BLE_HIDS_ENABLED 0
#endif

#ifdef HTTPS_NO_BONDING
#undef PEER_MANAGER_ENABLED
#define PEER_MANAGER_ENABLED 0
#undef FDS_ENABLED
#define FDS_ENABLED 0
#undef FSTORAGE_ENABLED
#define FSTORAGE_ENABLED 0
#endif
