/* What a measured program finds on the chip besides tests/chip/chip.h: marks for cycles.c, a painted stack, a counted
   heap, fixed random numbers, and a "connection" that is two files of the host's: pipes to a real server while it is
   being recorded, the recording itself when it is played back. */

#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Hint instructions that only the plugin understands. COUNT() stands before each call into a library, RETURNED() after
   it: the longest is reported. LEAVE() and BACK() leave out what a callback of ours does. */
#define COUNT() __asm__ volatile(".inst.w 0xf3af8020" ::: "memory")
#define RETURNED() __asm__ volatile(".inst.w 0xf3af8021" ::: "memory")
#define REPORT() __asm__ volatile(".inst.w 0xf3af8022" ::: "memory")
#define LEAVE() __asm__ volatile(".inst.w 0xf3af8023" ::: "memory")
#define BACK() __asm__ volatile(".inst.w 0xf3af8024" ::: "memory")

/* Command line, as "name=value" words: NULL, or the value until the next call. number() gives 0 if it is not there. */
const char *option(const char *name);
unsigned long number(const char *name);

/* The whole file that an option names. */
struct file {
  uint8_t *data;
  size_t length;
};
struct file file(const char *option_name);

/* The connection: options "in" and "out". The number of bytes read; 0: the end. */
size_t receive(void *data, size_t room);
void transmit(const void *data, size_t length);

/* The connection as a socket that never waits, for libraries with callbacks. What has arrived is at most 512 bytes;
   when it has been taken, the library must return to its caller, who waits for more. */
size_t arrived(void *data, size_t room); /* how many were taken; 0: none are there */
void wait_for_more(void);                /* dies at the end of the connection */

/* Measuring: paint() before, report() after, with the counts of instructions going to the plugin's file at the same
   time. Allocating is not counted: it is the host's. Heap is what has been lent (static contexts and buffers) and the
   peak of what was taken from counted_calloc() since paint(). Stack is counted from the stack pointer of the function that says paint(). */
#define paint() paint_below(({ char *sp; __asm__ volatile("mov %0, sp" : "=r"(sp)); sp; }))
void paint_below(char *sp);
void report(const char *what, size_t lent, size_t bytes);

void *counted_calloc(size_t n, size_t size);
void *counted_realloc(void *, size_t size);
void counted_free(void *);

/* The same numbers in every run; nothing here is a secret. */
int fixed_random(void *unused, uint8_t *out, size_t length);

/* Says why and ends with a failure. */
void die(const char *why, long number) __attribute__((noreturn));

#endif
