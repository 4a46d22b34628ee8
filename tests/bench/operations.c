/* Public-key operations one by one, as vectors for tests/chip/vectors, which does them. The option "in" names the list:
   a name and a vector in turn, each with its length in two bytes, little-endian, before it. */

#include <stdbool.h>

#include "measure.h"

int vectors_run(uint8_t *vector, size_t length);

/* Between two slices of an operation: each counts by itself. */
void vectors_slice(void) {
  RETURNED();
  COUNT();
}

static bool next(uint8_t *out, size_t room, size_t *length) {
  uint8_t two[2];
  if (receive(two, 2) != 2) return false;
  *length = two[0] | (size_t)two[1] << 8;
  if (*length > room || receive(out, *length) != *length) die("list", (long)*length);
  return true;
}

int main(void) {
  static uint8_t name[64], vector[4096];
  size_t length;
  while (next(name, sizeof name - 1, &length)) {
    int good;
    name[length] = 0;
    if (!next(vector, sizeof vector, &length)) die((char *)name, 0);
    paint();
    COUNT();
    good = vectors_run(vector, length);
    RETURNED();
    if (good != 1) die((char *)name, good);
    report((char *)name, 0, 0);
  }
  return 0;
}
