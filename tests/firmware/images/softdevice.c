/* A program with a SoftDevice below it: calls, flash with its event, random numbers, sleep, Bluetooth. */

#include "../../chip/chip.h"
#include "nrf.h"

#define CALL(number, name)                                                             \
  __attribute__((naked)) static uint32_t name(uintptr_t a, uintptr_t b, uintptr_t c) { \
    (void)a, (void)b, (void)c;                                                         \
    __asm__ volatile("svc " #number "\n bx lr");                                       \
  }
CALL(0x10, enable)
CALL(0x12, is_enabled) CALL(0x28, erase) CALL(0x29, write) CALL(0x2f, available) CALL(0x30, random_bytes)
    CALL(0x3e, wait) CALL(0x48, event_get) CALL(0x61, bluetooth_event_get) CALL(0x73, advertise) CALL(0xa0, add_service)
        CALL(0xa6, notify) CALL(0x5f, nonsense)

            enum {
              PAGE = 0x70
            };
static volatile uint32_t flash_events, connected, written, sent;
static uint16_t handles[4];

void irq22(void) {
  static uint8_t event[64] __attribute__((aligned(4)));
  uint32_t id;
  uint16_t length = sizeof event;
  while (event_get((uintptr_t)&id, 0, 0) == 0) flash_events += id == 2;
  while (length = sizeof event, bluetooth_event_get((uintptr_t)event, (uintptr_t)&length, 0) == 0) {
    if (event[0] == 0x10) connected = 1;
    if (event[0] == 0x11) connected = 0;
    if (event[0] == 0x50 && event[6] == handles[0]) written += length;
    if (event[0] == 0x01) sent += event[8];
  }
}

int main(void) {
  static uint32_t words[4] = {1, 2, 3, 4};
  uint8_t on = 7, bytes[16] = {0}, properties[32] = {0x1c};
  uint16_t service, n = 5;
  struct {
    uint16_t handle;
    uint8_t type, pad;
    uint16_t offset;
    uint16_t *length;
    const uint8_t *data;
  } packet = {0};
  uint32_t i;
  CHECK(is_enabled((uintptr_t)&on, 0, 0) == 0 && on == 0);
  CHECK(enable(0, 0, 0) == 0 && enable(0, 0, 0) == 8);
  CHECK(is_enabled((uintptr_t)&on, 0, 0) == 0 && on == 1);
  CHECK(nonsense(0, 0, 0) == 6);
  ISER(22) = 1u << 22;
  CHECK(erase(PAGE, 0, 0) == 0);
  CHECK(erase(PAGE, 0, 0) == 17); /* busy */
  while (!flash_events) wait(0, 0, 0);
  CHECK(write(PAGE * 4096, (uintptr_t)words, 4) == 0);
  while (flash_events < 2) wait(0, 0, 0);
  CHECK(REGISTER(PAGE * 4096 + 12) == 4);
  CHECK(random_bytes((uintptr_t)bytes, 16, 0) == 0);
  for (i = 0; i < 4; i++) CHECK(random_bytes((uintptr_t)bytes, 12, 0) == 0);
  CHECK(random_bytes((uintptr_t)bytes, 16, 0) != 0); /* the pool is empty */
  CHECK(available((uintptr_t)&on, 0, 0) == 0 && on < 8);

  CHECK(add_service(1, 0, (uintptr_t)&service) == 0);
  {
    register uintptr_t r0 __asm__("r0") = service, r1 __asm__("r1") = (uintptr_t)properties, r2 __asm__("r2") = 0,
                          r3 __asm__("r3") = (uintptr_t)handles;
    __asm__ volatile("svc 0xa2" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
    CHECK(r0 == 0 && handles[0] && handles[2] == handles[0] + 1);
  }
  CHECK(advertise(0, 0, 0) == 0);
  while (!connected) wait(0, 0, 0);
  while (!written) wait(0, 0, 0);
  packet.handle = handles[0];
  packet.length = &n;
  packet.data = (const uint8_t *)"hello";
  for (i = 0; i < 7; i++) CHECK(notify(1, (uintptr_t)&packet, 0) == 0);
  CHECK(notify(1, (uintptr_t)&packet, 0) == 0x3004); /* no buffer until the radio's turn */
  while (sent < 7) wait(0, 0, 0);
  while (connected) wait(0, 0, 0);
  say("connected, written, sent, disconnected\n");
  return 0;
}
