#include "chip.h"

#include <string.h>

/* Arm's semihosting: the debugger, here QEMU, does what the chip can't. */
enum { OPEN = 1, WRITE0 = 4, WRITE = 5, READ = 6, LENGTH = 12, COMMAND_LINE = 21, EXIT = 24 };
enum { OPEN_READ = 1, OPEN_WRITE = 5 };

static int host(int operation, const void *block) {
  register int r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = block;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void print(const char *text) { host(WRITE0, text); }

static void print_number(unsigned long n) {
  char digits[12], *p = digits + sizeof digits - 1;
  *p = 0;
  do *--p = (char)('0' + n % 10);
  while (n /= 10);
  print(p);
}

static void leave(int good) {
  host(EXIT, (void *)(good ? 0x20026 : 0x20024));
  for (;;) continue;
}

void die(const char *why, long number) {
  print("failed: ");
  print(why);
  print(number < 0 ? " -" : " ");
  print_number((unsigned long)(number < 0 ? -number : number));
  print("\n");
  leave(0);
  for (;;) continue;
}

static char command_line[1024];

const char *option(const char *name) {
  size_t n = strlen(name);
  char *word = command_line;
  static char value[256];
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

static int open(const char *option_name, int mode) {
  const char *path = option(option_name);
  int handle;
  if (!path) die(option_name, 0);
  handle = host(OPEN, (const uintptr_t[]){(uintptr_t)path, (uintptr_t)mode, strlen(path)});
  if (handle < 0) die(path, handle);
  return handle;
}

/* Memory for files, apart from the counted heap. */
static uint8_t shelf[65536];
static size_t shelf_used;

struct file file(const char *option_name) {
  int handle = open(option_name, OPEN_READ);
  int length = host(LENGTH, (const uintptr_t[]){(uintptr_t)handle});
  struct file f = {shelf + shelf_used, (size_t)length};
  if (length < 0 || f.length > sizeof shelf - shelf_used) die(option_name, length);
  if (host(READ, (const uintptr_t[]){(uintptr_t)handle, (uintptr_t)f.data, f.length})) die(option_name, length);
  shelf_used += f.length;
  return f;
}

size_t receive(void *data, size_t room) {
  static int handle = -1;
  int missing;
  if (handle < 0) handle = open("in", OPEN_READ);
  missing = host(READ, (const uintptr_t[]){(uintptr_t)handle, (uintptr_t)data, room});
  return missing < 0 ? 0 : room - (size_t)missing;
}

void transmit(const void *data, size_t length) {
  static int handle = -1;
  if (handle < 0) handle = open("out", OPEN_WRITE);
  if (host(WRITE, (const uintptr_t[]){(uintptr_t)handle, (uintptr_t)data, length})) die("out", 0);
}

/* The heap: blocks with their size before them, first fit, neighbours joined when looking. */
struct block {
  size_t size; /* of the block with this header; bit 0: in use */
};
enum { HEADER = 8, HEAP = 256 * 1024 };
static uint8_t heap[HEAP] __attribute__((aligned(8)));
static size_t heap_now, heap_peak;

void *counted_calloc(size_t n, size_t size) {
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

void counted_free(void *memory) {
  struct block *b;
  if (!memory) return;
  b = (struct block *)((uint8_t *)memory - HEADER);
  b->size &= ~(size_t)1;
  heap_now -= b->size - HEADER;
}

enum { PAINT = 0x5a17c0de, PAINTED = 96 * 1024, NEAR = 128 };
static char *painted_from;

void paint_below(char *sp) {
  uint32_t *p = (uint32_t *)(sp - PAINTED);
  painted_from = sp;
  while ((char *)p < sp - NEAR) *(volatile uint32_t *)p++ = PAINT;
  heap_peak = heap_now;
}

/* One line: what, bytes of heap at the peak, bytes of stack, bytes of payload. */
void report(const char *what, size_t lent, size_t bytes) {
  const volatile uint32_t *p = (const volatile uint32_t *)(painted_from - PAINTED);
  while (*p == PAINT) p++;
  REPORT();
  print("result ");
  print(what);
  print(" ");
  print_number(lent + heap_peak);
  print(" ");
  print_number((unsigned long)(painted_from - (const volatile char *)p));
  print(" ");
  print_number(bytes);
  print("\n");
}

/* The same numbers in every run (xorshift); nothing here is a secret. */
int fixed_random(void *unused, uint8_t *out, size_t length) {
  static uint32_t state = 20251122;
  (void)unused;
  while (length--) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    *out++ = (uint8_t)(state >> 11);
  }
  return 0;
}

extern char data_begin, data_end, data_image, bss_begin, bss_end, stack_top;

void reset(void);
void reset(void) {
  memcpy(&data_begin, &data_image, (size_t)(&data_end - &data_begin));
  memset(&bss_begin, 0, (size_t)(&bss_end - &bss_begin));
  if (host(COMMAND_LINE, (uintptr_t[]){(uintptr_t)command_line, sizeof command_line})) die("command line", 0);
  run();
  leave(1);
}

static void fault(void) { die("fault", 0); }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault};

/* What newlib's abort() and friends would want of an operating system. */
void abort(void) { die("abort", 0); }
