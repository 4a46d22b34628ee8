/* A Cortex-M4F in software, as fast as an interpreter gets and exact to the instruction: memory, registers, exceptions.

   cpu.c        instructions: decoding, once for each address, and execution
   pins.c       the pins' output register, which a program that moves pins by hand writes more than anything else
   float.c      those of the floating-point unit
   exceptions.c the interrupt controller, SysTick, the other registers of the core's own
   Peripherals are elsewhere (Python): whatever is not memory is a call of `read` or `write`. */

#ifndef FIRMWARE_CPU_H
#define FIRMWARE_CPU_H

#include <stdbool.h>
#include <stdint.h>

enum { FLASH_SIZE = 0x80000, RAM_BASE = 0x20000000, INFO_BASE = 0x10000000, INFO_SIZE = 0x2000 };
enum { SP = 13, LR = 14, PC = 15 };
enum { INTERRUPTS = 64, FIRST_INTERRUPT = 16 };
enum { CONTROL_SPSEL = 2, CONTROL_FPCA = 4 };

/* Why cpu_run() came back. */
enum stop { DUE, SVC, SLEEP, RESET, FAULT, BREAKPOINT, MARK };

struct code;

/* The fields up to `private` are the interface; machine.py has the same list. */
struct cpu {
  uint32_t r[16];    /* r[15] is what an instruction reads as PC: its own address + 4 */
  uint32_t pc;       /* of the next instruction */
  uint32_t other_sp; /* the stack pointer that is not in use, of MSP and PSP */
  uint32_t control, primask, basepri, faultmask;
  uint32_t s[32], fpscr;
  uint32_t it;         /* IT: condition and mask, 0 outside of a block */
  int32_t n;           /* N is its sign */
  uint32_t z;          /* Z is whether it is 0 */
  uint32_t c, v;       /* 0 or 1 */
  uint64_t now, slept; /* cycles since power on, and how many of them asleep */
  uint64_t until;      /* when to come back */
  uint64_t instructions;
  uint32_t reason,
      detail;         /* why it stopped: enum stop; the number of the SVC, BKPT or mark, or the address of a fault */
  const char *why;    /* of a fault */
  uint32_t attention; /* ends the run: look at exceptions, or at `reason` */
  uint32_t event;     /* what WFE waits for */
  uint32_t svc_stops; /* an SVC stops, for it is the SoftDevice's; otherwise it is exception 11 */
  uint32_t vectors;   /* VTOR */
  /* The interrupt controller. A line stays up until the peripheral's event is cleared. */
  uint64_t pending, enabled, active, line;
  uint32_t system_pending; /* by exception number: SVC 11, PendSV 14, SysTick 15 */
  uint32_t depth;          /* exceptions in progress, the innermost last */
  uint8_t stack[64];
  uint8_t priority[FIRST_INTERRUPT + INTERRUPTS];
  uint32_t entered[FIRST_INTERRUPT + INTERRUPTS]; /* how often */
  uint32_t deepest_nesting;
  /* The main loop: each store to this address is a turn of it. */
  uint32_t loop_address;
  uint64_t loop_turned, loop_longest, loop_turns, loop_longest_at; /* turned, longest: in cycles awake */
  /* Another address that stores are counted to, if they have a bit of this mask: an error flag that goes up. */
  uint32_t count_address, count_mask, counted;
  /* Code that some interrupts should not come into the middle of: how often one did. */
  uint32_t guard_start[4], guard_end[4], guard_interrupts, guard_broken;
  /* Pins: their levels, and a serial display at four of them (masks), which gets a byte each 8 clocks while it is
   * selected. */
  uint32_t out, display_select, display_clock, display_line, display_bits, display_byte;
  void (*display)(uint32_t byte);
  uint32_t slower; /* percent of the cycles that instructions take: 100, or more to see what margin there is */
  uint64_t spent;  /* hundredths of a cycle, if `slower` is not 100 */
  uint8_t *flash, *ram, *info;
  uint32_t ram_size;
  uint32_t (*read)(uint32_t address, uint32_t size);
  void (*write)(uint32_t address, uint32_t size, uint32_t value);
  /* private */
  uint32_t load_waits; /* the instruction before was a load of one register */
  uint32_t in_it;
  uint32_t exclusive;
  uint32_t ge;        /* of the instructions for lanes */
  struct code *codes; /* decoded: one for each halfword of flash */
  uint32_t tick_control, tick_reload;
  uint64_t tick_zero; /* when SysTick gets to 0, in cycles awake */
  uint32_t core_registers[0x1000 / 4];
};

/* Of this structure: who has it in another language compares. */
uint32_t cpu_size(void);
/* Runs until `until`, or until there is something that only the outside can do. */
uint32_t cpu_run(struct cpu *, uint64_t until);
void cpu_reset(struct cpu *, uint32_t vectors);
/* Memory as instructions see it. */
uint32_t load(struct cpu *, uint32_t address, uint32_t size);
void store(struct cpu *, uint32_t address, uint32_t size, uint32_t value);
void cpu_fault(struct cpu *, const char *why, uint32_t address);
uint32_t cpu_flags(const struct cpu *);
void cpu_set_flags(struct cpu *, uint32_t);
bool cpu_passed(const struct cpu *, uint32_t condition);
/* Decoded instructions are forgotten where flash has changed. */
void cpu_flash_changed(struct cpu *, uint32_t address, uint32_t length);
/* A peripheral's interrupt line goes up or down. */
void cpu_line(struct cpu *, uint32_t interrupt, uint32_t up);
/* Whether WFE or WFI would wake up now. */
uint32_t cpu_would_wake(struct cpu *);
/* How many variables Espruino has free: its list of them is walked. `first` is the address of the list's beginning. */
uint32_t cpu_free_variables(struct cpu *, uint32_t first, uint32_t table, uint32_t size, uint32_t bits);

/* Between the files. */
void float_instruction(struct cpu *, uint32_t a, uint32_t b);
void exceptions_look(struct cpu *);
void exceptions_return(struct cpu *, uint32_t how);
void exceptions_pend(struct cpu *, uint32_t number);
uint32_t exceptions_priority(const struct cpu *);
uint64_t exceptions_tick_due(struct cpu *);
uint32_t core_read(struct cpu *, uint32_t address, uint32_t size);
void core_write(struct cpu *, uint32_t address, uint32_t size, uint32_t value);
void pins_write(struct cpu *, uint32_t address, uint32_t value);
uint32_t special_read(struct cpu *, uint32_t which);
void special_write(struct cpu *, uint32_t which, uint32_t value);

#endif
