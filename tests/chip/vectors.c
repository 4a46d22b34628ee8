/* Runs the file of test vectors that the command line names: a number of vectors, each with its length in front, both
   four bytes little-endian. Says which came out wrong, by their place in the file, and how many ran. Without a file it
   only says how large a connection's structure is, and what a caller lends. */
#include <string.h>

#include "chip.h"
#include "espruino_tls.h"

/* vectors/src/lib.rs */
int vectors_run(uint8_t *vector, size_t length);
size_t vectors_context(void);

/* Called between two slices of an operation. */
void vectors_slice(void) {}

static uint8_t vector[8192];

static int number(int file, uint32_t *out) {
  uint8_t b[4];
  if (file_read(file, b, 4) != 4) return 0;
  *out = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
  return 1;
}

int main(void) {
  const char *path = strchr(command_line(), ' ');
  uint32_t count, length;
  size_t deepest = 0;
  long wrong = 0;
  int file;

  if (!path) {
    etls_config config;
    memset(&config, 0, sizeof config);
    config.insecure = 1;
    say_number("context", (long)vectors_context());
    say_number("lent", (long)etls_size(&config));
    return 0;
  }
  file = file_open(path + 1);
  if (file < 0 || !number(file, &count)) {
    say("fault: can't read the vectors\n");
    return 1;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!number(file, &length) || length > sizeof vector || file_read(file, vector, length) != length) {
      say_number("fault: can't read vector", (long)i);
      return 1;
    }
    uint32_t *mark = stack_paint();
    int right = vectors_run(vector, length);
    size_t used = stack_used(mark);
    if (used > deepest) deepest = used;
    if (right != 1) {
      say_number(right ? "unreadable" : "wrong", (long)i);
      wrong++;
    }
  }
  say_number("ran", (long)count);
  say_number("differing", wrong);
  say_number("stack", (long)deepest);
  return 0;
}
