/* What a measured program finds on the bare chip: marks for cycles.c, a painted stack, a counted heap, fixed random
   numbers, and the host's files through semihosting. A "connection" is two files: pipes to a real server when it is
   being recorded, the recording itself when it is played back. */

#ifndef CHIP_H
#define CHIP_H

#include <stddef.h>
#include <stdint.h>

/* Starts counting, stops, reports: hint instructions that only the plugin understands. */
#define COUNT() __asm volatile(".inst.w 0xf3af8020" ::: "memory")
#define PAUSE() __asm volatile(".inst.w 0xf3af8021" ::: "memory")
#define REPORT() __asm volatile(".inst.w 0xf3af8022" ::: "memory")

/* Command line, as "name=value" words: NULL, or the value. number() gives 0 if it is not there. */
const char *option(const char *name);
unsigned long number(const char *name);

/* The whole file that an option names. Ends the program if it can't be read. */
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
#define paint() paint_below(({ char *sp; __asm volatile("mov %0, sp" : "=r"(sp)); sp; }))
void paint_below(char *sp);
void report(const char *what, size_t lent, size_t bytes);

void *counted_calloc(size_t n, size_t size);
void counted_free(void *);

int fixed_random(void *unused, uint8_t *out, size_t length);

/* Says why and ends with a failure. */
void die(const char *why, long number) __attribute__((noreturn));

/* The measured program. */
void run(void);

#endif
