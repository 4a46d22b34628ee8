#include "measure.h"

#include <string.h>

#include "../chip/chip.h"

void die(const char *why, long number) {
  say("failed: ");
  say_number(why, number);
  quit(1);
}

const char *option(const char *name) {
  size_t n = strlen(name);
  static const char *line;
  static char value[256];
  const char *word;
  if (!line) line = command_line();
  word = line;
  while (*word) {
    size_t length = strcspn(word, " ");
    if (length > n && word[n] == '=' && !memcmp(word, name, n) && length - n <= sizeof value) {
      memcpy(value, word + n + 1, length - n - 1);
      value[length - n - 1] = 0;
      return value;
    }
    word += length + (word[length] == ' ');
  }
  return NULL;
}

unsigned long number(const char *name) {
  const char *text = option(name);
  unsigned long n = 0;
  while (text && *text >= '0' && *text <= '9') n = 10 * n + (unsigned long)(*text++ - '0');
  return n;
}

static int open(const char *option_name) {
  const char *path = option(option_name);
  int handle = path ? file_open(path) : -1;
  if (handle < 0) die(option_name, handle);
  return handle;
}

/* Memory for files, apart from the counted heap. */
static uint8_t shelf[65536];
static size_t shelf_used;

struct file file(const char *option_name) {
  struct file f = {shelf + shelf_used, 0};
  int handle = open(option_name);
  f.length = file_read(handle, f.data, sizeof shelf - shelf_used);
  file_close(handle);
  shelf_used += f.length;
  return f;
}

static int semihost(int operation, const uintptr_t *arguments) {
  register int r0 __asm__("r0") = operation;
  register const uintptr_t *r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

enum { SYS_OPEN = 1, SYS_WRITE = 5, MODE_WB = 5 };
static int in = -1, out = -1;

/* Both at once: what the server says must find somebody waiting for it. */
static void connect(void) {
  const char *path;
  if (in >= 0) return;
  in = open("in");
  path = option("out");
  if (path) out = semihost(SYS_OPEN, (const uintptr_t[]){(uintptr_t)path, MODE_WB, strlen(path)});
}

size_t receive(void *data, size_t room) {
  connect();
  return file_read(in, data, room);
}

void transmit(const void *data, size_t length) {
  connect();
  if (semihost(SYS_WRITE, (const uintptr_t[]){(uintptr_t)out, (uintptr_t)data, length})) die("out", out);
}

static uint8_t socket_in[512];
static size_t socket_start, socket_end;

size_t arrived(void *data, size_t room) {
  size_t n = socket_end - socket_start;
  if (n > room) n = room;
  memcpy(data, socket_in + socket_start, n);
  socket_start += n;
  return n;
}

void wait_for_more(void) {
  if (socket_start != socket_end) return;
  socket_start = 0;
  socket_end = receive(socket_in, sizeof socket_in);
  if (!socket_end) die("the server has closed", 0);
}

/* The heap: blocks with their size before them, first fit, neighbours joined when looking. */
struct block {
  size_t size; /* of the block with this header; bit 0: in use */
};
enum { HEADER = 8, HEAP = 256 * 1024 };
static uint8_t heap[HEAP] __attribute__((aligned(8)));
static size_t heap_now, heap_peak;

static void *allocate(size_t n, size_t size) {
  size_t wanted = n * size, need = (wanted + HEADER + 7) & ~(size_t)7, at = 0;
  if (!((struct block *)heap)->size) ((struct block *)heap)->size = HEAP;
  while (at < HEAP) {
    struct block *b = (struct block *)(heap + at), *next;
    while (!(b->size & 1) && at + b->size < HEAP && !((next = (struct block *)(heap + at + b->size))->size & 1))
      b->size += next->size;
    if (!(b->size & 1) && b->size >= need) {
      if (b->size > need) ((struct block *)(heap + at + need))->size = b->size - need;
      b->size = need | 1;
      memset(heap + at + HEADER, 0, need - HEADER);
      heap_now += need - HEADER; /* a real allocator's own bytes are not counted against anybody */
      if (heap_now > heap_peak) heap_peak = heap_now;
      return heap + at + HEADER;
    }
    at += b->size & ~(size_t)1;
  }
  return NULL;
}

static void release(void *memory) {
  struct block *b;
  if (!memory) return;
  b = (struct block *)((uint8_t *)memory - HEADER);
  b->size &= ~(size_t)1;
  heap_now -= b->size - HEADER;
}

void *counted_calloc(size_t n, size_t size) {
  void *memory;
  LEAVE();
  memory = allocate(n, size);
  BACK();
  return memory;
}

void counted_free(void *memory) {
  LEAVE();
  release(memory);
  BACK();
}

void *counted_realloc(void *memory, size_t size) {
  void *larger;
  LEAVE();
  larger = allocate(1, size);
  if (memory && larger) {
    size_t before = (((struct block *)((uint8_t *)memory - HEADER))->size & ~(size_t)1) - HEADER;
    memcpy(larger, memory, before < size ? before : size);
    release(memory);
  }
  BACK();
  return larger;
}

enum { PAINT = 0x5a17c0de, PAINTED = 96 * 1024, NEAR = 128 };
static char *painted_from;

void paint_below(char *sp) {
  uint32_t *p = (uint32_t *)(sp - PAINTED);
  painted_from = sp;
  while ((char *)p < sp - NEAR) *(volatile uint32_t *)p++ = PAINT;
  heap_peak = heap_now;
}

/* What, bytes of heap at the peak, bytes of stack, bytes of payload. */
void report(const char *what, size_t lent, size_t bytes) {
  const volatile uint32_t *p = (const volatile uint32_t *)(painted_from - PAINTED);
  while (*p == PAINT) p++;
  REPORT();
  say("result ");
  say(what);
  say_number(" heap", (long)(lent + heap_peak));
  say_number("stack", painted_from - (const volatile char *)p);
  say_number("bytes", (long)bytes);
}

int fixed_random(void *unused, uint8_t *out, size_t length) {
  static uint32_t state = 20251122; /* xorshift */
  (void)unused;
  while (length--) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    *out++ = (uint8_t)(state >> 11);
  }
  return 0;
}

/* What newlib's abort() would want of an operating system. */
void abort(void) { die("abort", 0); }
