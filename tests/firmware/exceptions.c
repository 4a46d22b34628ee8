/* The interrupt controller: priorities, nesting, tail-chaining, stacking; SysTick; the core's other registers.
   Priorities have 3 bits, as on the nRF52, and no subpriorities. */

#include <string.h>

#include "cpu.h"

enum { SVCALL = 11, PENDSV = 14, SYSTICK = 15, LOWEST = 256 };
enum { TICK_ENABLE = 1, TICK_INTERRUPT = 2, TICK_REACHED = 1 << 16 };
/* EXC_RETURN: bit 4 clear: with floating-point registers; bit 3: to thread mode; bit 2: with PSP. */
enum { NO_FLOATS = 0x10, TO_THREAD = 8, WITH_PSP = 4 };

static uint32_t priority_of(const struct cpu *c, uint32_t number) { return number < 4 ? 0 : c->priority[number]; }

/* Of what runs: an exception has to have a smaller number to get in. */
uint32_t exceptions_priority(const struct cpu *c) {
  uint32_t i, lowest = LOWEST;
  for (i = 0; i < c->depth; i++)
    if (priority_of(c, c->stack[i]) < lowest) lowest = priority_of(c, c->stack[i]);
  if (c->basepri && c->basepri < lowest) lowest = c->basepri;
  if (c->primask || c->faultmask) lowest = 0;
  return lowest;
}

/* The most urgent exception that waits; 0 if there is none. */
static uint32_t waiting(const struct cpu *c, uint32_t below) {
  uint64_t ready = c->pending & c->enabled;
  uint32_t best = 0, i;
  for (i = SVCALL; i <= SYSTICK; i++)
    if (c->system_pending >> i & 1 && priority_of(c, i) < below) best = i, below = priority_of(c, i);
  for (; ready; ready &= ready - 1) {
    i = FIRST_INTERRUPT + (uint32_t)__builtin_ctzll(ready);
    if (priority_of(c, i) < below) best = i, below = priority_of(c, i);
  }
  return best;
}

static void begin(struct cpu *c, uint32_t number) {
  c->stack[c->depth++] = (uint8_t)number;
  if (c->depth > c->deepest_nesting) c->deepest_nesting = c->depth;
  c->entered[number]++;
  if (number >= FIRST_INTERRUPT) {
    c->pending &= ~(1ull << (number - FIRST_INTERRUPT));
    c->active |= 1ull << (number - FIRST_INTERRUPT);
  } else
    c->system_pending &= ~(1u << number);
  c->event = 1;
  c->it = 0;
  c->exclusive = 0; /* an exception ends what LDREX began, coming and going */
  c->load_waits = 0;
  c->pc = load(c, c->vectors + 4 * number, 4) & ~1u;
}

static void use_stack(struct cpu *c, bool psp) {
  uint32_t sp = c->r[SP];
  if (psp == (c->control >> 1 & 1)) return;
  c->r[SP] = c->other_sp;
  c->other_sp = sp;
  c->control ^= CONTROL_SPSEL;
}

static void look_at_guards(struct cpu *c) {
  uint32_t i;
  for (i = 0; i < sizeof c->guard_start / sizeof *c->guard_start; i++)
    if (c->pc > c->guard_start[i] && c->pc < c->guard_end[i]) c->guard_broken++;
}

static void enter(struct cpu *c, uint32_t number) {
  static const uint8_t kept[6] = {0, 1, 2, 3, 12, LR};
  bool floats = c->control & CONTROL_FPCA;
  uint32_t how = 0xffffffe1 | (floats ? 0 : NO_FLOATS), old = c->r[SP], sp = (old - (floats ? 104 : 32)) & ~7u, i;
  uint32_t it = c->it, status = cpu_flags(c) | 0x01000000 | (it & 3) << 25 | (it & 0xfc) << 8 |
                                (c->depth ? c->stack[c->depth - 1] : 0);
  if (number >= FIRST_INTERRUPT && c->guard_interrupts >> (number - FIRST_INTERRUPT) & 1) look_at_guards(c);
  if (!c->depth) how |= TO_THREAD | (c->control & CONTROL_SPSEL ? WITH_PSP : 0);
  if ((old - (floats ? 104 : 32)) & 4) status |= 1 << 9; /* a word more, for alignment */
  for (i = 0; i < 6; i++) store(c, sp + 4 * i, 4, c->r[kept[i]]);
  store(c, sp + 24, 4, c->pc);
  store(c, sp + 28, 4, status);
  if (floats) { /* the core may put that off until it is needed, but it does reserve the place */
    for (i = 0; i < 16; i++) store(c, sp + 32 + 4 * i, 4, c->s[i]);
    store(c, sp + 96, 4, c->fpscr);
  }
  c->control &= ~(uint32_t)CONTROL_FPCA;
  c->r[SP] = sp;
  use_stack(c, false);
  c->r[LR] = how;
  c->now += 12;
  begin(c, number);
}

void exceptions_look(struct cpu *c) {
  uint32_t number;
  c->attention = c->reason != 0;
  if (c->attention) return;
  number = waiting(c, exceptions_priority(c));
  if (number) enter(c, number);
}

void exceptions_return(struct cpu *c, uint32_t how) {
  uint32_t number = c->stack[c->depth - 1], sp, status, i, next;
  if (number >= FIRST_INTERRUPT) {
    uint64_t bit = 1ull << (number - FIRST_INTERRUPT);
    c->active &= ~bit;
    if (c->line & bit) c->pending |= bit;
  }
  c->depth--;
  c->faultmask = c->exclusive = 0;
  c->event = 1;
  c->attention = 1;
  next = waiting(c, exceptions_priority(c));
  if (next) { /* tail-chaining: the frame stays */
    c->r[LR] = how;
    c->now += 6;
    begin(c, next);
    return;
  }
  if (!(how & TO_THREAD) != (c->depth > 0)) {
    cpu_fault(c, "EXC_RETURN does not fit the exceptions in progress", how);
    return;
  }
  use_stack(c, how & WITH_PSP);
  sp = c->r[SP];
  for (i = 0; i < 4; i++) c->r[i] = load(c, sp + 4 * i, 4);
  c->r[12] = load(c, sp + 16, 4);
  c->r[LR] = load(c, sp + 20, 4);
  c->pc = load(c, sp + 24, 4) & ~1u;
  status = load(c, sp + 28, 4);
  if (how & NO_FLOATS) {
    c->control &= ~(uint32_t)CONTROL_FPCA;
    sp += 32;
  } else {
    for (i = 0; i < 16; i++) c->s[i] = load(c, sp + 32 + 4 * i, 4);
    c->fpscr = load(c, sp + 96, 4);
    c->control |= CONTROL_FPCA;
    sp += 104;
  }
  c->r[SP] = sp | (status >> 9 & 1) << 2;
  cpu_set_flags(c, status);
  c->it = (status >> 25 & 3) | (status >> 8 & 0xfc);
  c->load_waits = 0;
  c->now += 10;
}

void exceptions_pend(struct cpu *c, uint32_t number) {
  if (number == SVCALL && exceptions_priority(c) <= priority_of(c, SVCALL))
    cpu_fault(c, "SVC where it is masked", c->r[PC] - 4);
  c->system_pending |= 1u << number;
  c->attention = 1;
}

void cpu_line(struct cpu *c, uint32_t interrupt, uint32_t up) {
  uint64_t bit = 1ull << interrupt;
  if (!up) {
    c->line &= ~bit;
    return;
  }
  if (!(c->line & bit) || !(c->active & bit)) c->pending |= bit;
  c->line |= bit;
  c->attention = 1;
}

uint32_t cpu_would_wake(struct cpu *c) {
  uint32_t mask = c->primask;
  c->primask = 0;
  bool yes = waiting(c, exceptions_priority(c)) != 0;
  c->primask = mask;
  return yes;
}

/* SysTick: it counts the core's clock, which stands still in sleep. */

static uint64_t awake(const struct cpu *c) { return c->now - c->slept; }

uint64_t exceptions_tick_due(struct cpu *c) {
  if (!(c->tick_control & TICK_ENABLE) || !c->tick_reload) return UINT64_MAX;
  while (awake(c) >= c->tick_zero) {
    c->tick_zero += c->tick_reload + 1u;
    c->tick_control |= TICK_REACHED;
    if (c->tick_control & TICK_INTERRUPT) exceptions_pend(c, SYSTICK);
  }
  return c->tick_zero + c->slept;
}

/* The core's own registers, 0xe000xxxx */

static uint32_t field(uint64_t set, uint32_t address) { return (uint32_t)(set >> (address & 4 ? 32 : 0)); }

static uint32_t control_and_state(const struct cpu *c) {
  uint32_t next = waiting(c, LOWEST);
  return (c->depth ? c->stack[c->depth - 1] : 0) | (c->depth == 1) << 11 | next << 12 |
         (uint32_t)(c->pending != 0) << 22 | (c->system_pending >> SYSTICK & 1) << 26 |
         (c->system_pending >> PENDSV & 1) << 28;
}

uint32_t core_read(struct cpu *c, uint32_t address, uint32_t size) {
  uint32_t word = address & ~3u, value, i;
  if (address >= 0xe000e400 && address < 0xe000e400 + INTERRUPTS) {
    for (value = i = 0; i < size; i++)
      value |= (uint32_t)c->priority[FIRST_INTERRUPT + address - 0xe000e400 + i] << 8 * i;
    return value;
  }
  if (address >= 0xe000ed18 && address < 0xe000ed24) {
    for (value = i = 0; i < size; i++) value |= (uint32_t)c->priority[4 + address - 0xe000ed18 + i] << 8 * i;
    return value;
  }
  switch (word) {
  case 0xe0001004: value = (uint32_t)awake(c); break; /* CYCCNT */
  case 0xe000e010:
    value = c->tick_control | 4;
    c->tick_control &= ~(uint32_t)TICK_REACHED;
    break;
  case 0xe000e014: value = c->tick_reload; break;
  case 0xe000e018:
    value = c->tick_control & TICK_ENABLE && c->tick_reload ? (uint32_t)(c->tick_zero - awake(c)) & 0xffffff : 0;
    break;
  case 0xe000e100:
  case 0xe000e104:
  case 0xe000e180:
  case 0xe000e184: value = field(c->enabled, word); break;
  case 0xe000e200:
  case 0xe000e204:
  case 0xe000e280:
  case 0xe000e284: value = field(c->pending, word); break;
  case 0xe000e300:
  case 0xe000e304: value = field(c->active, word); break;
  case 0xe000ed00: value = 0x410fc241; break; /* CPUID */
  case 0xe000ed04: value = control_and_state(c); break;
  case 0xe000ed08: value = c->vectors; break;
  case 0xe000ed0c: value = 0xfa050000 | (c->core_registers[0xd0c / 4] & 0x700); break;
  default: value = (address & 0xfffff000) == 0xe000e000 ? c->core_registers[(word & 0xfff) / 4] : 0;
  }
  return size == 4 ? value : value >> 8 * (address & 3) & ((1u << 8 * size) - 1);
}

void core_write(struct cpu *c, uint32_t address, uint32_t size, uint32_t value) {
  uint64_t set = (uint64_t)value << (address & 4 ? 32 : 0);
  uint32_t i;
  c->attention = 1;
  if (address >= 0xe000e400 && address < 0xe000e400 + INTERRUPTS) {
    for (i = 0; i < size; i++) c->priority[FIRST_INTERRUPT + address - 0xe000e400 + i] = value >> 8 * i & 0xe0;
    return;
  }
  if (address >= 0xe000ed18 && address < 0xe000ed24) {
    for (i = 0; i < size; i++) c->priority[4 + address - 0xe000ed18 + i] = value >> 8 * i & 0xe0;
    return;
  }
  switch (address) {
  case 0xe000e010:
    if (value & ~c->tick_control & TICK_ENABLE) c->tick_zero = awake(c) + c->tick_reload;
    c->tick_control = value & 7;
    return;
  case 0xe000e014: c->tick_reload = value & 0xffffff; return;
  case 0xe000e018:
    c->tick_control &= ~(uint32_t)TICK_REACHED;
    c->tick_zero = awake(c) + c->tick_reload;
    return;
  case 0xe000e100:
  case 0xe000e104: c->enabled |= set; return;
  case 0xe000e180:
  case 0xe000e184: c->enabled &= ~set; return;
  case 0xe000e200:
  case 0xe000e204: c->pending |= set; return;
  case 0xe000e280:
  case 0xe000e284: c->pending = (c->pending & ~set) | (c->line & ~c->active); return;
  case 0xe000ef00: c->pending |= 1ull << (value & 63); return;
  case 0xe000ed04:
    if (value >> 28 & 1) c->system_pending |= 1u << PENDSV;
    if (value >> 27 & 1) c->system_pending &= ~(1u << PENDSV);
    if (value >> 26 & 1) c->system_pending |= 1u << SYSTICK;
    if (value >> 25 & 1) c->system_pending &= ~(1u << SYSTICK);
    return;
  case 0xe000ed08: c->vectors = value & ~0x7fu; return;
  case 0xe000ed0c:
    if (value >> 16 != 0x5fa) return;
    c->core_registers[0xd0c / 4] = value;
    if (value & 4) c->reason = RESET;
    return;
  }
  if ((address & 0xfffff000) != 0xe000e000) return;
  if (size == 4)
    c->core_registers[(address & 0xfff) / 4] = value;
  else
    memcpy((uint8_t *)c->core_registers + (address & 0xfff), &value, size);
}

/* MRS, MSR */

uint32_t special_read(struct cpu *c, uint32_t which) {
  uint32_t active = c->depth ? c->stack[c->depth - 1] : 0;
  bool psp = c->control & CONTROL_SPSEL;
  switch (which) {
  case 0:
  case 2: return cpu_flags(c);
  case 1:
  case 3: return cpu_flags(c) | active;
  case 5:
  case 7: return active;
  case 6: return 0;
  case 8: return psp ? c->other_sp : c->r[SP];
  case 9: return psp ? c->r[SP] : c->other_sp;
  case 16: return c->primask;
  case 17:
  case 18: return c->basepri;
  case 19: return c->faultmask;
  case 20: return c->control;
  }
  cpu_fault(c, "MRS of a register that there is not", which);
  return 0;
}

void special_write(struct cpu *c, uint32_t which, uint32_t value) {
  bool psp = c->control & CONTROL_SPSEL;
  c->attention = 1;
  switch (which) {
  case 0:
  case 1:
  case 2:
  case 3: cpu_set_flags(c, value); return;
  case 8: *(psp ? &c->other_sp : &c->r[SP]) = value & ~3u; return;
  case 9: *(psp ? &c->r[SP] : &c->other_sp) = value & ~3u; return;
  case 16: c->primask = value & 1; return;
  case 18:
    if (!(value & 0xe0) || (c->basepri && (value & 0xe0) >= c->basepri)) return; /* BASEPRI_MAX only raises */
    /* fall through */
  case 17: c->basepri = value & 0xe0; return;
  case 19: c->faultmask = value & 1; return;
  case 20:
    if (!c->depth) use_stack(c, value & CONTROL_SPSEL);
    c->control = (c->control & CONTROL_SPSEL) | (value & (1 | CONTROL_FPCA));
    return;
  case 5:
  case 6:
  case 7: return;
  }
  cpu_fault(c, "MSR of a register that there is not", which);
}
