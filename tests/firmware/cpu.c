/* Instructions: decoded once for each address in flash, then executed from that form.

   What an instruction costs, as in tests/bench/cycles.c (Cortex-M4 Technical Reference Manual, table 3-1):
     data processing, UMULL, UMLAL, UMAAL, ...             1
     LDR alone 2, or 1 if another load or store follows it; STR 1, through the write buffer
     LDM, STM, PUSH, POP, LDRD, STRD of n registers        1 + n
     UDIV, SDIV 2 to 12, by their operands                 6
     MRS, MSR                                              2
     whatever changes the flow of instructions           + 2, refilling the pipeline takes 1 to 3
     exceptions: 12 to enter, 10 to leave, 6 from one to the next
     a peripheral's register                             + 4, its bus has 16 MHz
   Flash has no wait states here. On the nRF52832 it has two, hidden by a prefetch buffer where code runs straight on,
   and by a cache that Espruino leaves off. `slower` multiplies everything, to see what such a chip would make of it. */

#include "cpu.h"

#include <stdlib.h>
#include <string.h>

enum op {
  UNDECODED,
  ALU_IMMEDIATE,
  ALU_REGISTER,
  ALU_SHIFTED,
  SHIFT_BY_REGISTER,
  ADDRESS,
  MOVE_TOP,
  LOAD,
  LOAD_SIGNED,
  STORE,
  LOAD_INDEXED,
  LOAD_SIGNED_INDEXED,
  STORE_INDEXED,
  LOAD_LITERAL,
  LOAD_DOUBLE,
  STORE_DOUBLE,
  LOAD_MANY,
  STORE_MANY,
  BRANCH,
  BRANCH_IF,
  BRANCH_LINK,
  BRANCH_EXCHANGE,
  BRANCH_LINK_EXCHANGE,
  COMPARE_BRANCH,
  TABLE_BRANCH,
  IF_THEN,
  HINT,
  EXTEND,
  REVERSE,
  MULTIPLY,
  MULTIPLY_ADD,
  MULTIPLY_SUBTRACT,
  UMULL,
  SMULL,
  UMLAL,
  SMLAL,
  UMAAL,
  UDIV,
  SDIV,
  BITFIELD_EXTRACT_SIGNED,
  BITFIELD_EXTRACT,
  BITFIELD_INSERT,
  BITFIELD_CLEAR,
  COUNT_ZEROS,
  CHANGE_STATE,
  SUPERVISOR_CALL,
  BREAK,
  READ_SPECIAL,
  WRITE_SPECIAL,
  FLOATING,
  RARE,
  UNDEFINED
};
enum alu { AND, EOR, ORR, ORN, BIC, MOV, MVN, TST, TEQ, ADD, ADC, SBC, SUB, RSB, CMP, CMN };
enum shift { LSL, LSR, ASR, ROR, RRX };
/* When flags are set. */
enum { NEVER, OUTSIDE_IT, ALWAYS };
enum { SINGLE = 1, SINGLE_LOAD = 3 };
/* Of loads and stores. */
enum { BEFORE = 1, UP = 2, WRITE_BACK = 4 };

struct code {
  uint8_t op, d, n, m;
  uint8_t kind; /* enum alu, or the size of memory, or what else the operation needs */
  uint8_t sets; /* flags: NEVER, OUTSIDE_IT, ALWAYS; of loads and stores BEFORE, UP, WRITE_BACK */
  uint8_t shift, amount;
  uint8_t length; /* 2 or 4 */
  uint8_t cost;
  uint8_t single; /* SINGLE, SINGLE_LOAD */
  uint8_t carry;  /* of an immediate: 0 or 1, or 2 if it leaves the carry as it is */
  uint32_t immediate;
};

/* Decoding */

static uint32_t bits(uint32_t x, unsigned high, unsigned low) { return x >> low & ((2u << (high - low)) - 1); }
static int32_t extend(uint32_t x, unsigned width) { return (int32_t)(x << (32 - width)) >> (32 - width); }
static uint32_t rotate(uint32_t x, unsigned n) { return n ? x >> n | x << (32 - n) : x; }

static void alu_immediate(struct code *k, enum alu kind, unsigned d, unsigned n, uint32_t immediate, unsigned sets) {
  k->op = ALU_IMMEDIATE;
  k->kind = kind;
  k->d = (uint8_t)d;
  k->n = (uint8_t)n;
  k->immediate = immediate;
  k->sets = (uint8_t)sets;
  k->carry = 2;
}

static void alu_register(struct code *k, enum alu kind, unsigned d, unsigned n, unsigned m, unsigned sets) {
  alu_immediate(k, kind, d, n, 0, sets);
  k->op = ALU_REGISTER;
  k->m = (uint8_t)m;
}

/* The amount as encoded, where 0 means 32 for LSR and ASR, and RRX for ROR. */
static void alu_shifted(struct code *k, enum alu kind, unsigned d, unsigned n, unsigned m, unsigned shift,
                        unsigned amount, unsigned sets) {
  alu_register(k, kind, d, n, m, sets);
  if (shift == LSL && amount == 0) return;
  k->op = ALU_SHIFTED;
  k->shift = (uint8_t)(shift == ROR && !amount ? RRX : shift);
  k->amount = (uint8_t)(amount || shift == ROR ? amount : 32);
}

static void memory(struct code *k, enum op op, unsigned size, unsigned d, unsigned n, uint32_t offset, unsigned how) {
  k->op = op;
  k->kind = (uint8_t)size;
  k->d = (uint8_t)d;
  k->n = (uint8_t)n;
  k->immediate = offset;
  k->sets = (uint8_t)how;
  k->single = op == STORE || op == STORE_INDEXED ? SINGLE : SINGLE_LOAD;
  k->cost = op == STORE || op == STORE_INDEXED ? 1 : 2;
}

static void many(struct code *k, enum op op, unsigned n, uint32_t list, unsigned how) {
  k->op = op;
  k->n = (uint8_t)n;
  k->immediate = list;
  k->sets = (uint8_t)how;
  k->cost = (uint8_t)(1 + __builtin_popcount(list));
}

static void decode_short(struct code *k, uint32_t a, uint32_t at) {
  static const uint8_t register_operations[16] = {AND, EOR, 0, 0, 0, ADC, SBC, 0, TST, 0, CMP, CMN, ORR, 0, BIC, MVN};
  static const uint8_t sizes[8] = {4, 2, 1, 1, 4, 2, 1, 2};
  unsigned d = bits(a, 2, 0), n = bits(a, 5, 3), m = bits(a, 8, 6), high = bits(a, 10, 8);
  unsigned long_d = d | bits(a, 7, 7) << 3, long_m = bits(a, 6, 3);
  switch (bits(a, 15, 11)) {
  case 0:
  case 1:
  case 2: alu_shifted(k, MOV, d, 0, n, bits(a, 12, 11), bits(a, 10, 6), OUTSIDE_IT); return;
  case 3:
    if (bits(a, 10, 10))
      alu_immediate(k, bits(a, 9, 9) ? SUB : ADD, d, n, m, OUTSIDE_IT);
    else
      alu_register(k, bits(a, 9, 9) ? SUB : ADD, d, n, m, OUTSIDE_IT);
    return;
  case 4: alu_immediate(k, MOV, high, 0, bits(a, 7, 0), OUTSIDE_IT); return;
  case 5: alu_immediate(k, CMP, 0, high, bits(a, 7, 0), ALWAYS); return;
  case 6: alu_immediate(k, ADD, high, high, bits(a, 7, 0), OUTSIDE_IT); return;
  case 7: alu_immediate(k, SUB, high, high, bits(a, 7, 0), OUTSIDE_IT); return;
  case 8:
    if (!bits(a, 10, 10)) {
      unsigned which = bits(a, 9, 6);
      switch (which) {
      case 2:
      case 3:
      case 4:
      case 7:
        alu_register(k, MOV, d, d, n, OUTSIDE_IT);
        k->op = SHIFT_BY_REGISTER;
        k->shift = (uint8_t)(which == 7 ? ROR : which - 2);
        return;
      case 9: alu_immediate(k, RSB, d, n, 0, OUTSIDE_IT); return;
      case 13:
        k->op = MULTIPLY;
        k->d = (uint8_t)d;
        k->n = (uint8_t)n;
        k->m = (uint8_t)d;
        k->sets = OUTSIDE_IT;
        return;
      default:
        alu_register(k, register_operations[which], d, d, n,
                     which == 8 || which == 10 || which == 11 ? ALWAYS : OUTSIDE_IT);
        return;
      }
    }
    switch (bits(a, 9, 8)) {
    case 0: alu_register(k, ADD, long_d, long_d, long_m, NEVER); return;
    case 1: alu_register(k, CMP, 0, long_d, long_m, ALWAYS); return;
    case 2: alu_register(k, MOV, long_d, 0, long_m, NEVER); return;
    default:
      k->op = bits(a, 7, 7) ? BRANCH_LINK_EXCHANGE : BRANCH_EXCHANGE;
      k->m = (uint8_t)long_m;
      return;
    }
  case 9: memory(k, LOAD_LITERAL, 4, high, PC, ((at + 4) & ~3u) + 4 * bits(a, 7, 0), 0); return;
  case 10:
  case 11: {
    unsigned which = bits(a, 11, 9);
    memory(k,
           which < 3                  ? STORE_INDEXED
           : which == 3 || which == 7 ? LOAD_SIGNED_INDEXED
                                      : LOAD_INDEXED,
           sizes[which], d, n, 0, BEFORE | UP);
    k->m = (uint8_t)m;
    return;
  }
  case 12: memory(k, STORE, 4, d, n, bits(a, 10, 6) * 4, BEFORE | UP); return;
  case 13: memory(k, LOAD, 4, d, n, bits(a, 10, 6) * 4, BEFORE | UP); return;
  case 14: memory(k, STORE, 1, d, n, bits(a, 10, 6), BEFORE | UP); return;
  case 15: memory(k, LOAD, 1, d, n, bits(a, 10, 6), BEFORE | UP); return;
  case 16: memory(k, STORE, 2, d, n, bits(a, 10, 6) * 2, BEFORE | UP); return;
  case 17: memory(k, LOAD, 2, d, n, bits(a, 10, 6) * 2, BEFORE | UP); return;
  case 18: memory(k, STORE, 4, high, SP, bits(a, 7, 0) * 4, BEFORE | UP); return;
  case 19: memory(k, LOAD, 4, high, SP, bits(a, 7, 0) * 4, BEFORE | UP); return;
  case 20:
    k->op = ADDRESS;
    k->d = (uint8_t)high;
    k->immediate = ((at + 4) & ~3u) + 4 * bits(a, 7, 0);
    return;
  case 21: alu_immediate(k, ADD, high, SP, 4 * bits(a, 7, 0), NEVER); return;
  case 22:
  case 23:
    switch (bits(a, 11, 8)) {
    case 0: alu_immediate(k, bits(a, 7, 7) ? SUB : ADD, SP, SP, 4 * bits(a, 6, 0), NEVER); return;
    case 1:
    case 3:
    case 9:
    case 11:
      k->op = COMPARE_BRANCH;
      k->n = (uint8_t)d;
      k->kind = (uint8_t)bits(a, 11, 11);
      k->immediate = at + 4 + (bits(a, 9, 9) << 6 | bits(a, 7, 3) << 1);
      return;
    case 2:
      k->op = EXTEND;
      k->d = (uint8_t)d;
      k->m = (uint8_t)n;
      k->kind = (uint8_t)bits(a, 7, 6);
      k->n = PC;
      return;
    case 4:
    case 5: many(k, STORE_MANY, SP, bits(a, 7, 0) | bits(a, 8, 8) << LR, BEFORE | WRITE_BACK); return;
    case 6:
      if ((a & 0xffe8) != 0xb660) break;
      k->op = CHANGE_STATE;
      k->kind = (uint8_t)bits(a, 4, 4);
      k->immediate = bits(a, 1, 0);
      return;
    case 10:
      k->op = REVERSE;
      k->d = (uint8_t)d;
      k->m = (uint8_t)n;
      k->kind = (uint8_t)bits(a, 7, 6);
      return;
    case 12:
    case 13: many(k, LOAD_MANY, SP, bits(a, 7, 0) | bits(a, 8, 8) << PC, UP | WRITE_BACK); return;
    case 14:
      k->op = BREAK;
      k->immediate = bits(a, 7, 0);
      return;
    case 15:
      k->op = bits(a, 3, 0) ? IF_THEN : HINT;
      k->immediate = bits(a, 3, 0) ? bits(a, 7, 0) : bits(a, 7, 4);
      return;
    }
    break;
  case 24: many(k, STORE_MANY, high, bits(a, 7, 0), UP | WRITE_BACK); return;
  case 25: many(k, LOAD_MANY, high, bits(a, 7, 0), UP | (bits(a, 7, 0) >> high & 1 ? 0 : WRITE_BACK)); return;
  case 26:
  case 27:
    if (bits(a, 11, 8) == 15) {
      k->op = SUPERVISOR_CALL;
      k->immediate = bits(a, 7, 0);
      return;
    }
    if (bits(a, 11, 8) == 14) break;
    k->op = BRANCH_IF;
    k->kind = (uint8_t)bits(a, 11, 8);
    k->immediate = at + 4 + (uint32_t)extend(bits(a, 7, 0) << 1, 9);
    return;
  case 28:
    k->op = BRANCH;
    k->immediate = at + 4 + (uint32_t)extend(bits(a, 10, 0) << 1, 12);
    return;
  }
  k->op = UNDEFINED;
}

/* ThumbExpandImm */
static void expand(struct code *k, uint32_t immediate) {
  uint32_t byte = bits(immediate, 7, 0);
  switch (bits(immediate, 11, 8)) {
  case 0: k->immediate = byte; return;
  case 1: k->immediate = byte << 16 | byte; return;
  case 2: k->immediate = byte << 24 | byte << 8; return;
  case 3: k->immediate = byte << 24 | byte << 16 | byte << 8 | byte; return;
  default: k->immediate = rotate(0x80 | byte, bits(immediate, 11, 7)); k->carry = (uint8_t)(k->immediate >> 31);
  }
}

/* The operations of data processing with an immediate and with a shifted register, by their number; whether there is
 * one. */
static bool alu_kind(struct code *k, unsigned number, unsigned d, unsigned n, bool sets) {
  static const uint8_t kinds[16] = {AND, BIC, ORR, ORN, EOR, 255, 255, 255, ADD, 255, ADC, SBC, 255, SUB, RSB, 255};
  k->kind = kinds[number];
  if (k->kind == 255) return false;
  if (n == PC) { /* MOV and MVN are ORR and ORN of nothing */
    if (k->kind == ORR)
      k->kind = MOV;
    else if (k->kind == ORN)
      k->kind = MVN;
  }
  if (d == PC && sets) { /* comparisons are operations whose result nobody gets */
    k->kind = k->kind == AND ? TST : k->kind == EOR ? TEQ : k->kind == ADD ? CMN : k->kind == SUB ? CMP : 255;
    k->d = 0;
  }
  return k->kind != 255;
}

static void decode_branch(struct code *k, uint32_t a, uint32_t b, uint32_t at) {
  uint32_t s = bits(a, 10, 10), j1 = bits(b, 13, 13), j2 = bits(b, 11, 11);
  if (bits(b, 14, 14) || bits(b, 12, 12)) { /* BL, B */
    uint32_t offset = s << 24 | (j1 ^ s ^ 1) << 23 | (j2 ^ s ^ 1) << 22 | bits(a, 9, 0) << 12 | bits(b, 10, 0) << 1;
    k->op = bits(b, 14, 14) ? BRANCH_LINK : BRANCH;
    if (bits(b, 14, 14) && !bits(b, 12, 12)) k->op = UNDEFINED;
    k->immediate = at + 4 + (uint32_t)extend(offset, 25);
  } else if (bits(a, 9, 7) != 7) {
    uint32_t offset = s << 20 | j2 << 19 | j1 << 18 | bits(a, 5, 0) << 12 | bits(b, 10, 0) << 1;
    k->op = BRANCH_IF;
    k->kind = (uint8_t)bits(a, 9, 6);
    k->immediate = at + 4 + (uint32_t)extend(offset, 21);
  } else if ((a & 0xffe0) == 0xf380) {
    k->op = WRITE_SPECIAL;
    k->n = (uint8_t)bits(a, 3, 0);
    k->immediate = bits(b, 7, 0);
    k->cost = 2;
  } else if ((a & 0xffef) == 0xf3ef) {
    k->op = READ_SPECIAL;
    k->d = (uint8_t)bits(b, 11, 8);
    k->immediate = bits(b, 7, 0);
    k->cost = 2;
  } else if (a == 0xf3af) {
    k->op = HINT;
    k->immediate = bits(b, 7, 0);
  } else if (a == 0xf3bf) {
    k->op = HINT;
    k->immediate = 0; /* CLREX, DSB, DMB, ISB: nothing is out of order here */
  }
}

static void decode_multiply(struct code *k, uint32_t a, uint32_t b) {
  static const uint8_t long_ones[8] = {SMULL, SDIV, UMULL, UDIV, SMLAL, RARE, UMLAL, RARE};
  unsigned which = bits(a, 6, 4), second = bits(b, 7, 4);
  k->n = (uint8_t)bits(a, 3, 0);
  k->m = (uint8_t)bits(b, 3, 0);
  k->d = (uint8_t)bits(b, 11, 8);
  k->shift = (uint8_t)bits(b, 15, 12); /* the addend, or the lower half of the result */
  if (!bits(a, 7, 7)) {
    if (which != 0) return;
    k->op = second == 0 ? (k->shift == PC ? MULTIPLY : MULTIPLY_ADD) : second == 1 ? MULTIPLY_SUBTRACT : UNDEFINED;
    return;
  }
  k->op = which == 6 && second == 6                                                       ? UMAAL
          : (which == 1 || which == 3) == (second == 15) && (second == 0 || second == 15) ? long_ones[which]
                                                                                          : RARE;
  if (k->op == UDIV || k->op == SDIV) k->cost = 6;
}

static void decode_long(struct code *k, uint32_t a, uint32_t b, uint32_t at) {
  unsigned n = bits(a, 3, 0), d = bits(b, 11, 8), t = bits(b, 15, 12), m = bits(b, 3, 0);
  uint32_t i12 = bits(a, 10, 10) << 11 | bits(b, 14, 12) << 8 | bits(b, 7, 0);
  unsigned which = bits(a, 8, 5);
  k->op = RARE;
  k->immediate = a << 16 | b;
  if ((a & 0xec00) == 0xec00) { /* a coprocessor's */
    if ((b & 0xe00) == 0xa00) k->op = FLOATING;
    if ((a & 0xfe00) == 0xec00) k->cost = (uint8_t)(1 + ((a & 0x120) == 0x100 ? 0 : b & 0xff));
    return;
  }
  if ((a & 0xf800) == 0xf000) {
    if (bits(b, 15, 15)) {
      decode_branch(k, a, b, at);
      return;
    }
    k->d = (uint8_t)d;
    k->n = (uint8_t)n;
    if (!bits(a, 9, 9)) { /* modified immediate */
      alu_immediate(k, 0, d, n, 0, bits(a, 4, 4) ? ALWAYS : NEVER);
      expand(k, i12);
      if (!alu_kind(k, which, d, n, bits(a, 4, 4))) k->op = UNDEFINED;
      return;
    }
    switch (bits(a, 8, 4)) { /* plain immediate */
    case 0:
    case 10:
      if (n == PC) {
        k->op = ADDRESS;
        k->immediate = bits(a, 8, 4) ? ((at + 4) & ~3u) - i12 : ((at + 4) & ~3u) + i12;
      } else
        alu_immediate(k, bits(a, 8, 4) ? SUB : ADD, d, n, i12, NEVER);
      return;
    case 4: alu_immediate(k, MOV, d, 0, n << 12 | i12, NEVER); return;
    case 12:
      k->op = MOVE_TOP;
      k->immediate = n << 12 | i12;
      return;
    case 20:
    case 22:
    case 28:
      k->op = bits(a, 8, 4) == 20   ? BITFIELD_EXTRACT_SIGNED
              : bits(a, 8, 4) == 28 ? BITFIELD_EXTRACT
              : n == PC             ? BITFIELD_CLEAR
                                    : BITFIELD_INSERT;
      k->shift = (uint8_t)(bits(b, 14, 12) << 2 | bits(b, 7, 6)); /* lowest bit */
      k->amount = (uint8_t)bits(b, 4, 0);                         /* width - 1, or highest bit */
      return;
    }
    return;
  }
  if ((a & 0xfe40) == 0xe800) { /* LDM, STM */
    unsigned back = bits(a, 5, 5) ? WRITE_BACK : 0;
    if (bits(a, 8, 7) == 1)
      many(k, bits(a, 4, 4) ? LOAD_MANY : STORE_MANY, n, b, UP | back);
    else if (bits(a, 8, 7) == 2)
      many(k, bits(a, 4, 4) ? LOAD_MANY : STORE_MANY, n, b, BEFORE | back);
    return;
  }
  if ((a & 0xfe40) == 0xe840) { /* LDRD, STRD, exclusive, TBB */
    k->d = (uint8_t)t;
    k->m = (uint8_t)d;
    if (bits(a, 8, 8) || bits(a, 5, 5)) {
      k->op = bits(a, 4, 4) ? LOAD_DOUBLE : STORE_DOUBLE;
      k->n = (uint8_t)n;
      k->immediate = 4 * bits(b, 7, 0);
      k->sets = (uint8_t)((bits(a, 8, 8) ? BEFORE : 0) | (bits(a, 7, 7) ? UP : 0) | (bits(a, 5, 5) ? WRITE_BACK : 0));
      k->cost = 3;
    } else if ((a & 0xfff0) == 0xe8d0 && bits(b, 7, 5) == 0) {
      k->op = TABLE_BRANCH;
      k->n = (uint8_t)n;
      k->m = (uint8_t)m;
      k->kind = (uint8_t)bits(b, 4, 4);
      k->cost = 2;
    } else
      k->cost = 2;
    return;
  }
  if ((a & 0xfe00) == 0xea00) { /* shifted register */
    if (which == 6) return;     /* PKH */
    alu_shifted(k, 0, d, n, m, bits(b, 5, 4), bits(b, 14, 12) << 2 | bits(b, 7, 6), bits(a, 4, 4) ? ALWAYS : NEVER);
    if (!alu_kind(k, which, d, n, bits(a, 4, 4))) k->op = UNDEFINED;
    return;
  }
  if ((a & 0xfe00) == 0xf800) { /* one register */
    unsigned size = 1u << bits(a, 6, 5);
    bool is_load = bits(a, 4, 4), is_signed = bits(a, 8, 8);
    enum op op = is_load ? is_signed ? LOAD_SIGNED : LOAD : STORE;
    if (size == 8 || (is_signed && size == 4)) {
      k->op = UNDEFINED;
      return;
    }
    if (is_load && t == PC && size != 4) {
      k->op = HINT;
      k->immediate = 0;
      return;
    } /* PLD, PLI */
    if (n == PC) {
      if (!is_load) {
        k->op = UNDEFINED;
        return;
      }
      memory(k, op, size, t, PC, ((at + 4) & ~3u) + (bits(a, 7, 7) ? bits(b, 11, 0) : -bits(b, 11, 0)), 0);
      k->op = size == 4 ? LOAD_LITERAL : RARE;
      if (k->op == RARE) {
        k->shift = (uint8_t)is_signed;
        k->carry = 7;
      }
    } else if (bits(a, 7, 7))
      memory(k, op, size, t, n, bits(b, 11, 0), BEFORE | UP);
    else if (bits(b, 11, 11))
      memory(k, op, size, t, n, bits(b, 7, 0),
             (bits(b, 10, 10) ? BEFORE : 0) | (bits(b, 9, 9) ? UP : 0) | (bits(b, 8, 8) ? WRITE_BACK : 0));
    else if (bits(b, 10, 6) == 0) {
      memory(k, is_load ? is_signed ? LOAD_SIGNED_INDEXED : LOAD_INDEXED : STORE_INDEXED, size, t, n, 0, BEFORE | UP);
      k->m = (uint8_t)m;
      k->amount = (uint8_t)bits(b, 5, 4);
    } else
      k->op = UNDEFINED;
    return;
  }
  if ((a & 0xff00) == 0xfa00) {
    k->d = (uint8_t)d;
    k->n = (uint8_t)n;
    k->m = (uint8_t)m;
    if (!bits(a, 7, 7) && bits(b, 7, 4) == 0) { /* shift by a register */
      alu_register(k, MOV, d, n, m, bits(a, 4, 4) ? ALWAYS : NEVER);
      k->op = SHIFT_BY_REGISTER;
      k->shift = (uint8_t)bits(a, 6, 5);
    } else if (!bits(a, 7, 7) && bits(b, 7, 7) && (bits(a, 6, 5) == 0 || bits(a, 6, 5) == 2)) {
      k->op = EXTEND;
      k->kind = (uint8_t)((bits(a, 4, 4) << 1) | (bits(a, 6, 5) == 2)); /* unsigned, byte */
      k->amount = (uint8_t)(8 * bits(b, 5, 4));
    } else if ((a & 0xfff0) == 0xfa90 && bits(b, 7, 6) == 2) {
      k->op = REVERSE;
      k->kind = (uint8_t)bits(b, 5, 4);
    } else if ((a & 0xfff0) == 0xfab0 && bits(b, 7, 4) == 8)
      k->op = COUNT_ZEROS;
    return;
  }
  if ((a & 0xff00) == 0xfb00) decode_multiply(k, a, b);
}

static void decode(struct cpu *c, struct code *k, uint32_t at) {
  uint32_t a = load(c, at, 2);
  memset(k, 0, sizeof *k);
  k->cost = 1;
  k->length = a >> 11 > 28 ? 4 : 2;
  if (k->length == 2)
    decode_short(k, a, at);
  else
    decode_long(k, a, load(c, at + 2, 2), at);
}

void cpu_flash_changed(struct cpu *c, uint32_t address, uint32_t length) {
  uint32_t i = address < 2 ? 0 : (address - 2) / 2, end = (address + length + 1) / 2;
  for (; i < end && i < FLASH_SIZE / 2; i++) c->codes[i].op = UNDECODED;
}

/* Memory */

static uint32_t load_elsewhere(struct cpu *c, uint32_t address, uint32_t size) {
  uint32_t value = 0;
  if (address - INFO_BASE <= INFO_SIZE - size) {
    memcpy(&value, c->info + (address - INFO_BASE), size);
    return value;
  }
  if (address & (size - 1))
    cpu_fault(c, "unaligned access to a peripheral", address);
  else if (address >> 16 == 0xe000)
    return core_read(c, address, size);
  else {
    c->now += 4;
    return c->read(address, size);
  }
  return 0;
}

static inline uint32_t get(struct cpu *c, uint32_t address, uint32_t size) {
  const uint8_t *from;
  uint32_t value;
  if (address - RAM_BASE <= c->ram_size - size)
    from = c->ram + (address - RAM_BASE);
  else if (address <= FLASH_SIZE - size)
    from = c->flash + address;
  else
    return load_elsewhere(c, address, size);
  if (size == 1) return *from;
  if (size == 2) return (uint32_t)(from[0] | from[1] << 8);
  memcpy(&value, from, 4);
  return value;
}

uint32_t load(struct cpu *c, uint32_t address, uint32_t size) { return get(c, address, size); }

static void store_elsewhere(struct cpu *c, uint32_t address, uint32_t size, uint32_t value) {
  if (address & (size - 1))
    cpu_fault(c, "unaligned access to a peripheral", address);
  else if (address >> 16 == 0xe000)
    core_write(c, address, size, value);
  else if (address >= 0x50000504 && address <= 0x5000050c)
    pins_write(c, address, value);
  else {
    c->now += 4;
    c->write(address, size, value);
  }
}

/* What is watched has been stored to. */
static void watched(struct cpu *c, uint32_t address, uint32_t value) {
  if (address == c->loop_address) {
    uint64_t awake = c->now - c->slept, gap = awake - c->loop_turned;
    if (gap > c->loop_longest) c->loop_longest = gap, c->loop_longest_at = c->now;
    c->loop_turned = awake;
    c->loop_turns++;
  } else if (value & c->count_mask)
    c->counted++;
}

static inline void put(struct cpu *c, uint32_t address, uint32_t size, uint32_t value) {
  if (address - RAM_BASE <= c->ram_size - size) {
    memcpy(c->ram + (address - RAM_BASE), &value, size); /* both are little-endian */
    if (address == c->loop_address || address == c->count_address) watched(c, address, value);
  } else
    store_elsewhere(c, address, size, value);
}

void store(struct cpu *c, uint32_t address, uint32_t size, uint32_t value) { put(c, address, size, value); }

void cpu_fault(struct cpu *c, const char *why, uint32_t address) {
  if (c->reason == FAULT) return;
  c->reason = FAULT;
  c->why = why;
  c->detail = address;
  c->attention = 1;
}

static inline uint32_t get_of(struct cpu *c, uint32_t address, uint32_t size) {
  return size == 4 ? get(c, address, 4) : size == 1 ? get(c, address, 1) : get(c, address, 2);
}

static inline void put_of(struct cpu *c, uint32_t address, uint32_t size, uint32_t value) {
  if (size == 4)
    put(c, address, 4, value);
  else if (size == 1)
    put(c, address, 1, value);
  else
    put(c, address, 2, value);
}

static void stop(struct cpu *c, enum stop reason, uint32_t detail) {
  c->reason = reason;
  c->detail = detail;
  c->attention = 1;
}

/* Execution */

uint32_t cpu_flags(const struct cpu *c) {
  return (uint32_t)(c->n < 0) << 31 | (uint32_t)(c->z == 0) << 30 | c->c << 29 | c->v << 28;
}

void cpu_set_flags(struct cpu *c, uint32_t x) {
  c->n = (int32_t)x;
  c->z = !(x >> 30 & 1);
  c->c = x >> 29 & 1;
  c->v = x >> 28 & 1;
}

bool cpu_passed(const struct cpu *c, uint32_t condition) {
  bool yes;
  switch (condition >> 1) {
  case 0: yes = c->z == 0; break;
  case 1: yes = c->c; break;
  case 2: yes = c->n < 0; break;
  case 3: yes = c->v; break;
  case 4: yes = c->c && c->z != 0; break;
  case 5: yes = (c->n < 0) == c->v; break;
  case 6: yes = (c->n < 0) == c->v && c->z != 0; break;
  default: return true;
  }
  return yes != (condition & 1);
}

static void branch(struct cpu *c, uint32_t target) {
  c->pc = target & ~1u;
  c->now += 2;
  c->load_waits = 0;
}

/* To an address with the state in bit 0, or back from an exception. */
static void exchange(struct cpu *c, uint32_t target) {
  if (target >= 0xffffff00 && c->depth) {
    exceptions_return(c, target);
    return;
  }
  if (!(target & 1)) cpu_fault(c, "a branch to ARM code", target);
  branch(c, target);
}

static uint32_t shifted(const struct cpu *c, unsigned kind, uint32_t x, unsigned n, uint32_t *carry) {
  if (kind == RRX) {
    *carry = x & 1;
    return x >> 1 | c->c << 31;
  }
  if (n == 0) return x;
  switch (kind) {
  case LSL: *carry = n <= 32 ? x >> (32 - n) & 1 : 0; return n < 32 ? x << n : 0;
  case LSR: *carry = n <= 32 ? x >> (n - 1) & 1 : 0; return n < 32 ? x >> n : 0;
  case ASR:
    if (n > 31) {
      *carry = x >> 31;
      return (uint32_t)((int32_t)x >> 31);
    }
    *carry = x >> (n - 1) & 1;
    return (uint32_t)((int32_t)x >> n);
  default:
    x = rotate(x, n & 31);
    *carry = x >> 31;
    return x;
  }
}

static inline void alu(struct cpu *c, const struct code *k, uint32_t b, uint32_t carry) {
  uint32_t a = c->r[k->n], x, add, in;
  bool result = true;
  switch (k->kind) {
  case TST: result = false; /* fall through */
  case AND: x = a & b; goto logical;
  case TEQ: result = false; /* fall through */
  case EOR: x = a ^ b; goto logical;
  case ORR: x = a | b; goto logical;
  case ORN: x = a | ~b; goto logical;
  case BIC: x = a & ~b; goto logical;
  case MOV: x = b; goto logical;
  case MVN: x = ~b; goto logical;
  case CMN: result = false; /* fall through */
  case ADD:
    add = b;
    in = 0;
    break;
  case ADC:
    add = b;
    in = c->c;
    break;
  case SBC:
    add = ~b;
    in = c->c;
    break;
  case CMP: result = false; /* fall through */
  case SUB:
    add = ~b;
    in = 1;
    break;
  default:
    add = b;
    a = ~a;
    in = 1;
    break; /* RSB */
  }
  x = a + add + in;
  if (k->sets > c->in_it) {
    c->n = (int32_t)x;
    c->z = x;
    c->c = (uint32_t)(((uint64_t)a + add + in) >> 32);
    c->v = ((a ^ x) & (add ^ x)) >> 31;
  }
  goto done;
logical:
  if (k->sets > c->in_it) {
    c->n = (int32_t)x;
    c->z = x;
    c->c = carry;
  }
done:
  if (!result) return;
  if (k->d == PC)
    branch(c, x);
  else
    c->r[k->d] = x;
}

static uint32_t sign_extend(uint32_t x, unsigned size) {
  return size == 2 ? (uint32_t)(int16_t)x : (uint32_t)(int8_t)x;
}

/* The address of a load or store with an immediate offset, written back if that is asked for. */
static inline uint32_t offset_address(struct cpu *c, const struct code *k) {
  uint32_t base = c->r[k->n], moved = k->sets & UP ? base + k->immediate : base - k->immediate;
  if (k->sets & WRITE_BACK) c->r[k->n] = moved;
  return k->sets & BEFORE ? moved : base;
}

static inline void loaded(struct cpu *c, unsigned d, uint32_t value) {
  if (d == PC)
    exchange(c, value);
  else
    c->r[d] = value;
}

static void load_many(struct cpu *c, const struct code *k) {
  uint32_t list = k->immediate, n = (uint32_t)__builtin_popcount(list), base = c->r[k->n],
           at = k->sets & UP ? base : base - 4 * n;
  unsigned i;
  if (at & 3) cpu_fault(c, "unaligned LDM", at);
  if (k->sets & WRITE_BACK) c->r[k->n] = k->sets & UP ? base + 4 * n : at;
  for (i = 0; i < 15; i++) {
    if (!(list >> i & 1)) continue;
    c->r[i] = get(c, at, 4);
    at += 4;
  }
  if (list >> PC & 1) exchange(c, get(c, at, 4));
}

static void store_many(struct cpu *c, const struct code *k) {
  uint32_t list = k->immediate, n = (uint32_t)__builtin_popcount(list), base = c->r[k->n],
           at = k->sets & UP ? base : base - 4 * n;
  unsigned i;
  if (at & 3) cpu_fault(c, "unaligned STM", at);
  for (i = 0; i < 15; i++) {
    if (!(list >> i & 1)) continue;
    put(c, at, 4, c->r[i]);
    at += 4;
  }
  if (k->sets & WRITE_BACK) c->r[k->n] = k->sets & UP ? base + 4 * n : base - 4 * n;
}

static void sleep_until_event(struct cpu *c, bool for_interrupt) {
  if (!for_interrupt && c->event)
    c->event = 0;
  else if (!cpu_would_wake(c))
    stop(c, SLEEP, for_interrupt);
}

static uint32_t half(uint32_t x, bool top) { return (uint32_t)(int16_t)(top ? x >> 16 : x); }

/* The Q flag is not kept. */
static uint32_t saturate(int64_t x, int64_t low, int64_t high) {
  return (uint32_t)(x < low ? low : x > high ? high : x);
}

/* SADD8, UADD8, UQSUB16, ...: two or four sums or differences at once. */
static bool in_lanes(struct cpu *c, uint32_t kind, unsigned width, bool subtract, unsigned d, uint32_t x, uint32_t y) {
  bool is_unsigned = kind & 4, half_of = (kind & 3) == 2, saturates = (kind & 3) == 1;
  uint32_t result = 0, mask = (1u << width) - 1, ge = 0;
  unsigned at;
  if ((kind & 3) == 3) return false;
  for (at = 0; at < 32; at += width) {
    int32_t p = is_unsigned ? (int32_t)(x >> at & mask) : extend(x >> at, width),
            q = is_unsigned ? (int32_t)(y >> at & mask) : extend(y >> at, width);
    int32_t sum = subtract ? p - q : p + q;
    if (is_unsigned && !subtract ? sum > (int32_t)mask : sum >= 0) ge |= (width == 8 ? 1u : 3u) << at / 8;
    if (saturates && is_unsigned)
      sum = sum<0 ? 0 : sum>(int32_t) mask ? (int32_t)mask : sum;
    else if (saturates)
      sum = (int32_t)saturate(sum, -(int64_t)(mask >> 1) - 1, mask >> 1);
    else if (half_of)
      sum >>= 1;
    result |= ((uint32_t)sum & mask) << at;
  }
  if (!half_of && !saturates) c->ge = ge;
  c->r[d] = result;
  return true;
}

/* What hardly any program has, from the encoding itself. */
static void rare(struct cpu *c, const struct code *k) {
  uint32_t a = k->immediate >> 16, b = k->immediate & 0xffff;
  uint32_t *r = c->r, n = bits(a, 3, 0), m = bits(b, 3, 0), d = bits(b, 11, 8), t = bits(b, 15, 12);
  if (k->carry == 7) { /* LDRB, LDRH, LDRSB, LDRSH of a literal */
    uint32_t x = load(c, k->immediate, k->kind);
    r[k->d] = k->shift ? sign_extend(x, k->kind) : x;
  } else if ((a & 0xfff0) == 0xe850) { /* LDREX */
    c->exclusive = 1;
    r[t] = load(c, r[n] + 4 * bits(b, 7, 0), 4);
  } else if ((a & 0xfff0) == 0xe840) { /* STREX */
    if (c->exclusive) store(c, r[n] + 4 * bits(b, 7, 0), 4, r[t]);
    r[d] = !c->exclusive;
    c->exclusive = 0;
  } else if ((a & 0xffe0) == 0xe8c0 && (b & 0xe0) == 0x40) { /* LDREXB, LDREXH, STREXB, STREXH */
    uint32_t size = b & 0x10 ? 2 : 1;
    if (a & 0x10) {
      c->exclusive = 1;
      r[t] = load(c, r[n], size);
    } else {
      if (c->exclusive) store(c, r[n], size, r[t]);
      r[m] = !c->exclusive;
      c->exclusive = 0;
    }
  } else if ((a & 0xfff0) == 0xeac0) { /* PKHBT, PKHTB */
    uint32_t amount = bits(b, 14, 12) << 2 | bits(b, 7, 6), carry = 0;
    if (bits(b, 5, 5))
      r[d] = (r[n] & 0xffff0000) | (shifted(c, ASR, r[m], amount ? amount : 32, &carry) & 0xffff);
    else
      r[d] = (r[n] & 0xffff) | (r[m] << amount & 0xffff0000);
  } else if ((a & 0xffd0) == 0xf300 || (a & 0xffd0) == 0xf380) { /* SSAT, USAT */
    uint32_t amount = bits(b, 14, 12) << 2 | bits(b, 7, 6), carry = 0, x;
    int64_t high = (1ll << bits(b, 4, 0)) - 1;
    x = bits(a, 5, 5) ? shifted(c, ASR, r[n], amount ? amount : 32, &carry) : r[n] << amount;
    r[d] = saturate((int32_t)x, bits(a, 7, 7) ? 0 : -high - 1, high);
  } else if ((a & 0xfff0) == 0xfb10) { /* SMULxy, SMLAxy */
    r[d] = half(r[n], b & 0x20) * half(r[m], b & 0x10) + (t == PC ? 0 : r[t]);
  } else if ((a & 0xfff0) == 0xfb30) { /* SMULWy, SMLAWy */
    r[d] = (uint32_t)((int64_t)(int32_t)r[n] * (int32_t)half(r[m], b & 0x10) >> 16) + (t == PC ? 0 : r[t]);
  } else if ((a & 0xfff0) == 0xfb20 || (a & 0xfff0) == 0xfb40) { /* SMUAD, SMLAD, SMUSD, SMLSD */
    uint32_t y = b & 0x10 ? rotate(r[m], 16) : r[m], first = half(r[n], 0) * half(y, 0),
             second = half(r[n], 1) * half(y, 1);
    r[d] = first + (a & 0x40 ? -second : second) + (t == PC ? 0 : r[t]);
  } else if ((a & 0xfff0) == 0xfb50 || (a & 0xfff0) == 0xfb60) { /* SMMUL, SMMLA, SMMLS */
    int64_t product = (int64_t)(int32_t)r[n] * (int32_t)r[m], sum = t == PC ? 0 : (int64_t)((uint64_t)r[t] << 32);
    r[d] = (uint32_t)((uint64_t)((a & 0x20 ? sum - product : sum + product) + (b & 0x10 ? 0x80000000ll : 0)) >> 32);
  } else if ((a & 0xfff0) == 0xfbc0 && (b & 0xc0) == 0x80) { /* SMLALxy */
    uint64_t sum =
        ((uint64_t)r[d] << 32 | r[t]) + (uint64_t)(int64_t)(int32_t)(half(r[n], b & 0x20) * half(r[m], b & 0x10));
    r[t] = (uint32_t)sum;
    r[d] = (uint32_t)(sum >> 32);
  } else if ((a & 0xff80) == 0xfa80 && (b & 0xf080) == 0xf000 && !(bits(a, 6, 4) & 2)) {
    if (!in_lanes(c, bits(b, 6, 4), bits(a, 4, 4) ? 16 : 8, bits(a, 6, 6), d, r[n], r[m]))
      cpu_fault(c, "an instruction that the model does not have", c->r[PC] - 4);
  } else if ((a & 0xfff0) == 0xfaa0 && (b & 0xf0f0) == 0xf080) { /* SEL */
    uint32_t mask =
        (c->ge & 1) * 0xff | (c->ge >> 1 & 1) * 0xff00 | (c->ge >> 2 & 1) * 0xff0000 | (c->ge >> 3 & 1) * 0xff000000;
    r[d] = (r[n] & mask) | (r[m] & ~mask);
  } else {
    cpu_fault(c, "an instruction that the model does not have", c->r[PC] - 4);
  }
}

static inline void execute(struct cpu *c, const struct code *k) {
  uint32_t *r = c->r, carry = c->c, x, address;
  switch (k->op) {
  case ALU_IMMEDIATE: alu(c, k, k->immediate, k->carry == 2 ? carry : k->carry); return;
  case ALU_REGISTER: alu(c, k, r[k->m], carry); return;
  case ALU_SHIFTED:
    x = shifted(c, k->shift, r[k->m], k->amount, &carry);
    alu(c, k, x, carry);
    return;
  case SHIFT_BY_REGISTER:
    x = shifted(c, k->shift, r[k->n], r[k->m] & 0xff, &carry);
    alu(c, k, x, carry);
    return;
  case ADDRESS: r[k->d] = k->immediate; return;
  case MOVE_TOP: r[k->d] = (r[k->d] & 0xffff) | k->immediate << 16; return;
  case LOAD_LITERAL: loaded(c, k->d, get(c, k->immediate, 4)); return;
  case LOAD:
    address = offset_address(c, k);
    loaded(c, k->d, get_of(c, address, k->kind));
    return;
  case LOAD_SIGNED:
    address = offset_address(c, k);
    r[k->d] = sign_extend(load(c, address, k->kind), k->kind);
    return;
  case LOAD_INDEXED: loaded(c, k->d, get_of(c, r[k->n] + (r[k->m] << k->amount), k->kind)); return;
  case LOAD_SIGNED_INDEXED: r[k->d] = sign_extend(load(c, r[k->n] + (r[k->m] << k->amount), k->kind), k->kind); return;
  case STORE:
    x = r[k->d];
    address = offset_address(c, k);
    put_of(c, address, k->kind, x);
    return;
  case STORE_INDEXED: put_of(c, r[k->n] + (r[k->m] << k->amount), k->kind, r[k->d]); return;
  case LOAD_DOUBLE:
    address = k->n == PC ? (r[PC] & ~3u) + (k->sets & UP ? k->immediate : -k->immediate) : offset_address(c, k);
    if (address & 3) cpu_fault(c, "unaligned LDRD", address);
    r[k->d] = get(c, address, 4);
    r[k->m] = get(c, address + 4, 4);
    return;
  case STORE_DOUBLE: {
    uint32_t first = r[k->d], second = r[k->m];
    address = offset_address(c, k);
    if (address & 3) cpu_fault(c, "unaligned STRD", address);
    store(c, address, 4, first);
    store(c, address + 4, 4, second);
    return;
  }
  case LOAD_MANY: load_many(c, k); return;
  case STORE_MANY: store_many(c, k); return;
  case BRANCH: branch(c, k->immediate); return;
  case BRANCH_IF:
    if (cpu_passed(c, k->kind)) branch(c, k->immediate);
    return;
  case BRANCH_LINK:
    r[LR] = c->pc | 1;
    branch(c, k->immediate);
    return;
  case BRANCH_EXCHANGE: exchange(c, r[k->m]); return;
  case BRANCH_LINK_EXCHANGE:
    x = r[k->m];
    r[LR] = c->pc | 1;
    exchange(c, x);
    return;
  case COMPARE_BRANCH:
    if ((r[k->n] == 0) != k->kind) branch(c, k->immediate);
    return;
  case TABLE_BRANCH:
    x = k->kind ? load(c, r[k->n] + 2 * r[k->m], 2) : load(c, r[k->n] + r[k->m], 1);
    branch(c, r[PC] + 2 * x);
    return;
  case IF_THEN: c->it = k->immediate; return;
  case HINT:
    if (k->immediate == 2 || k->immediate == 3)
      sleep_until_event(c, k->immediate == 3);
    else if (k->immediate == 4)
      c->event = 1;
    else if (k->immediate >= 0x20 && k->immediate <= 0x22)
      stop(c, MARK, k->immediate); /* of tests/bench */
    return;
  case EXTEND:
    x = rotate(r[k->m], k->amount);
    switch (k->kind) {
    case 0: x = (uint32_t)(int16_t)x; break;
    case 1: x = (uint32_t)(int8_t)x; break;
    case 2: x = (uint16_t)x; break;
    default: x = (uint8_t)x; break;
    }
    r[k->d] = k->n == PC ? x : x + r[k->n];
    return;
  case REVERSE:
    x = r[k->m];
    if (k->kind == 0)
      r[k->d] = __builtin_bswap32(x);
    else if (k->kind == 1)
      r[k->d] = (x & 0xff00ff) << 8 | (x >> 8 & 0xff00ff);
    else if (k->kind == 3)
      r[k->d] = (uint32_t)(int16_t)__builtin_bswap16((uint16_t)x);
    else {
      uint32_t y = 0;
      int i;
      for (i = 0; i < 32; i++) y |= (x >> i & 1) << (31 - i);
      r[k->d] = y;
    }
    return;
  case MULTIPLY:
    x = r[k->d] = r[k->n] * r[k->m];
    if (k->sets > c->in_it) c->n = (int32_t)x, c->z = x;
    return;
  case MULTIPLY_ADD: r[k->d] = r[k->n] * r[k->m] + r[k->shift]; return;
  case MULTIPLY_SUBTRACT: r[k->d] = r[k->shift] - r[k->n] * r[k->m]; return;
  case UMULL:
  case SMULL:
  case UMLAL:
  case SMLAL:
  case UMAAL: {
    uint64_t y = k->op == SMULL || k->op == SMLAL ? (uint64_t)((int64_t)(int32_t)r[k->n] * (int32_t)r[k->m])
                                                  : (uint64_t)r[k->n] * r[k->m];
    if (k->op == UMLAL || k->op == SMLAL)
      y += (uint64_t)r[k->d] << 32 | r[k->shift];
    else if (k->op == UMAAL)
      y += (uint64_t)r[k->d] + r[k->shift];
    r[k->shift] = (uint32_t)y;
    r[k->d] = (uint32_t)(y >> 32);
    return;
  }
  case UDIV: r[k->d] = r[k->m] ? r[k->n] / r[k->m] : 0; return;
  case SDIV: r[k->d] = r[k->m] ? (uint32_t)((int64_t)(int32_t)r[k->n] / (int32_t)r[k->m]) : 0; return;
  case BITFIELD_EXTRACT_SIGNED: r[k->d] = (uint32_t)extend(r[k->n] >> k->shift, k->amount + 1u); return;
  case BITFIELD_EXTRACT: r[k->d] = bits(r[k->n], k->shift + k->amount, k->shift); return;
  case BITFIELD_INSERT:
  case BITFIELD_CLEAR: {
    uint32_t mask = ((2u << (k->amount - k->shift)) - 1) << k->shift;
    r[k->d] = (r[k->d] & ~mask) | (k->op == BITFIELD_INSERT ? r[k->n] << k->shift & mask : 0);
    return;
  }
  case COUNT_ZEROS: r[k->d] = r[k->m] ? (uint32_t)__builtin_clz(r[k->m]) : 32; return;
  case CHANGE_STATE:
    if (k->immediate & 2) c->primask = k->kind;
    if (k->immediate & 1) c->faultmask = k->kind;
    c->attention = 1;
    return;
  case SUPERVISOR_CALL:
    if (c->svc_stops)
      stop(c, SVC, k->immediate);
    else
      exceptions_pend(c, 11);
    return;
  case BREAK: stop(c, BREAKPOINT, k->immediate); return;
  case READ_SPECIAL: r[k->d] = special_read(c, k->immediate); return;
  case WRITE_SPECIAL: special_write(c, k->immediate, r[k->n]); return;
  case FLOATING: float_instruction(c, k->immediate >> 16, k->immediate & 0xffff); return;
  case RARE: rare(c, k); return;
  default: cpu_fault(c, "an undefined instruction", r[PC] - 4);
  }
}

static inline const struct code *fetch(struct cpu *c, struct code *scratch) {
  if (c->pc < FLASH_SIZE) {
    struct code *k = &c->codes[c->pc / 2];
    if (k->op == UNDECODED) decode(c, k, c->pc);
    return k;
  }
  if (c->pc - RAM_BASE < c->ram_size) { /* may change at any time: decoded each time */
    decode(c, scratch, c->pc);
    return scratch;
  }
  return NULL;
}

static inline void step(struct cpu *c) {
  struct code scratch;
  const struct code *k = fetch(c, &scratch);
  if (!k) {
    cpu_fault(c, "there is no code", c->pc);
    return;
  }
  c->r[PC] = c->pc + 4;
  c->pc += k->length;
  c->now += k->cost;
  c->instructions++;
  if (c->load_waits && k->single) c->now--; /* a load or store right after a load: pipelined */
  c->load_waits = k->single == SINGLE_LOAD;
  c->in_it = 0;
  if (c->it) {
    uint32_t condition = c->it >> 4;
    c->in_it = 1;
    c->it = c->it & 7 ? (c->it & 0xe0) | (c->it << 1 & 0x1f) : 0;
    if (!cpu_passed(c, condition)) {
      c->now -= k->cost - 1u; /* what is skipped takes one cycle */
      c->load_waits = 0;
      return;
    }
  }
  execute(c, k);
}

uint32_t cpu_run(struct cpu *c, uint64_t until) {
  c->until = until;
  c->reason = DUE;
  for (;;) {
    uint64_t tick = exceptions_tick_due(c);
    exceptions_look(c);
    if (c->now >= c->until) return DUE;
    if (c->slower == 100) {
      while (c->now < c->until && c->now < tick && !c->attention) step(c);
    } else {
      while (c->now < c->until && c->now < tick && !c->attention) {
        uint64_t before = c->now;
        step(c);
        c->spent += (c->now - before) * (c->slower - 100);
        c->now += c->spent / 100;
        c->spent %= 100;
      }
    }
    if (c->reason != DUE) {
      c->attention = 1; /* exceptions may be due as well */
      return c->reason;
    }
  }
}

void cpu_reset(struct cpu *c, uint32_t vectors) {
  if (!c->codes) c->codes = calloc(FLASH_SIZE / 2, sizeof *c->codes);
  if (!c->codes) abort();
  cpu_flash_changed(c, 0, FLASH_SIZE);
  memset(c->r, 0, sizeof c->r);
  memset(c->priority, 0, sizeof c->priority);
  memset(c->core_registers, 0, sizeof c->core_registers);
  c->control = c->primask = c->basepri = c->faultmask = c->fpscr = c->it = c->event = c->exclusive = 0;
  c->pending = c->enabled = c->active = c->line = 0;
  c->system_pending = c->depth = c->tick_control = c->load_waits = 0;
  c->vectors = vectors;
  c->attention = 1;
  c->r[SP] = load(c, vectors, 4);
  c->r[LR] = 0xffffffff;
  c->pc = load(c, vectors + 4, 4) & ~1u;
}

uint32_t cpu_free_variables(struct cpu *c, uint32_t first, uint32_t table, uint32_t size, uint32_t bits_of_reference) {
  uint32_t n = 0, which = load(c, first, bits_of_reference > 8 ? 2 : 1), base = load(c, table, 4);
  if (!base) base = table;
  /* A variable that is free has the next one's number behind its 4 bytes of data. */
  for (; which && n < 1u << bits_of_reference; n++)
    which = load(c, base + (which - 1) * size + 4, 2) & ((1u << bits_of_reference) - 1);
  return n;
}

uint32_t cpu_size(void) { return sizeof(struct cpu); }
