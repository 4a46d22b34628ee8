/* What a measured program finds on the chip besides tests/chip/chip.h: marks for cycles.c, a painted stack, a counted
   heap, fixed random numbers, and a "connection" that is two files of the host's: pipes to a real server while it is
   being recorded, the recording itself when it is played back. */

#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Starts counting, stops, reports: hint instructions that only the plugin understands. */
#define COUNT() __asm__ volatile(".inst.w 0xf3af8020" ::: "memory")
#define PAUSE() __asm__ volatile(".inst.w 0xf3af8021" ::: "memory")
#define REPORT() __asm__ volatile(".inst.w 0xf3af8022" ::: "memory")

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

/* Measuring: paint() before, report() after, with the counts of instructions going to the plugin's file at the same
   time. Heap is what has been lent (static contexts and buffers) and the peak of what was taken from counted_calloc()
   since paint(). Stack is counted from the stack pointer of the function that says paint(). */
#define paint() paint_below(({ char *sp; __asm__ volatile("mov %0, sp" : "=r"(sp)); sp; }))
void paint_below(char *sp);
void report(const char *what, size_t lent, size_t bytes);

void *counted_calloc(size_t n, size_t size);
void counted_free(void *);

/* The same numbers in every run; nothing here is a secret. */
int fixed_random(void *unused, uint8_t *out, size_t length);

/* Says why and ends with a failure. */
void die(const char *why, long number) __attribute__((noreturn));

#endif
