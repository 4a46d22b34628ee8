/* embedded-tls doing what etls.c does, with the same options; the client itself is embedded_tls/src/lib.rs. */

#include "../chip/chip.h"
#include "measure.h"

#include <string.h>

static struct rival {
  const char *name;
  size_t name_length;
  const uint8_t *certificate;
  size_t certificate_length;
  const uint8_t *key;
  size_t key_length;
  int small;
  size_t wanted;
  int opened;
  size_t received;
  int failed;
} rival;

int rival_poll(struct rival *);

size_t rival_arrived(uint8_t *data, size_t room) {
  size_t n;
  LEAVE();
  n = arrived(data, room);
  BACK();
  return n;
}

void rival_transmit(const uint8_t *data, size_t length) {
  LEAVE();
  transmit(data, length);
  BACK();
}

static uint64_t now;
uint64_t rival_now(void) { return now; }
void rival_panics(void) { die("embedded-tls panics", 0); }

/* Polls the client until that much of it is done. */
static void until(int opened, size_t received) {
  for (;;) {
    int ended;
    size_t before = rival.received;
    COUNT();
    ended = rival_poll(&rival);
    RETURNED();
    if (rival.failed) die("embedded-tls", ended);
    if (rival.opened >= opened && rival.received >= received) return;
    if (ended) die("embedded-tls has ended", 0);
    if (rival.received == before) wait_for_more();
  }
}

int main(void) {
  static char name[256];
  struct file certificate = file("ca"), key = file("key");
  strcpy(name, option("name"));
  now = number("now");
  rival.name = name;
  rival.name_length = strlen(name);
  rival.certificate = certificate.data;
  rival.certificate_length = certificate.length;
  rival.key = key.data;
  rival.key_length = key.length;
  rival.small = number("fragment") == 1024;
  rival.wanted = number("get");
  paint();
  until(1, 0);
  report("handshake", 0, 0);
  if (!rival.wanted) return 0;

  rival_poll(&rival); /* the request is not what is measured */
  paint();
  until(2, rival.wanted);
  report("receive", 0, rival.received);
}
