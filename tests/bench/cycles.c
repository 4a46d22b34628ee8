/* A QEMU plugin that counts instructions and estimates Cortex-M4 cycles between marks in the program.

   The program marks with hint instructions (Thumb-2 `nop.w` with a number, which a real core ignores, too):
     0x20 start counting    0x21 stop counting: the call that was counted has returned    0x22 report, and begin at zero
     0x23 leave out what comes, whether counting or not    0x24 go on as before
   A report is one line, "R instructions cycles taken-branches calls cycles-of-the-longest-call". With profile=on, lines
   "P address cycles" follow, one for each straight piece of code that ran: which function costs how much.

     qemu-system-arm ... -plugin cycles.so,out=FILE[,profile=on]

   The model (Cortex-M4 Technical Reference Manual, table 3-1; memory without wait states):
     data processing, UMULL, UMLAL, UMAAL, ...             1
     LDR alone 2, or 1 if another load or store follows it; STR 1, through the write buffer
     LDM, STM, PUSH, POP, LDRD, STRD of n registers        1 + n
     UDIV, SDIV 2 to 12, by their operands                 6
     MRS, MSR                                              2
     whatever changes the flow of instructions           + 2, refilling the pipeline takes 1 to 3
   Branches are found as they happen: the next piece of code is not the one that follows in memory. */

#include "plugin.h"

/* Instructions that run one after the other, in memory from `start` up to `end`. */
struct piece {
  struct piece *next;
  uint64_t start, end;
  uint64_t instructions, cycles; /* of running it once */
  uint64_t spent;                /* cycles since the last report */
  /* QEMU cuts code at every page of 1 KB, the processor does not: a load at one piece's end is paired with a load or
     store at the next one's beginning. */
  bool begins_single, ends_in_load;
};

static struct piece *pieces;
static uint64_t instructions, cycles, branches;
static uint64_t calls, longest, call_began; /* call_began: `cycles` when the last one had returned */
static uint64_t follows; /* what is next in memory after the piece that ran last; 0: counting has just begun */
static bool counting, left_out, profile, load_waits;
static FILE *out;

static void run(unsigned cpu, void *user) {
  struct piece *p = user;
  (void)cpu;
  if (counting) {
    uint64_t spent = p->cycles;
    if (follows && p->start != follows) {
      branches++;
      spent += 2;
    } else if (follows && load_waits && p->begins_single) {
      spent--;
    }
    instructions += p->instructions;
    cycles += spent;
    p->spent += spent;
  }
  follows = p->end;
  load_waits = p->ends_in_load;
}

static void mark(unsigned cpu, void *user) {
  struct piece *p;
  (void)cpu;
  switch ((uintptr_t)user) {
  case START:
    counting = true;
    follows = 0;
    break;
  case LEAVE:
    left_out = counting;
    counting = false;
    break;
  case BACK:
    counting = left_out;
    follows = 0;
    break;
  case STOP:
    counting = false;
    calls++;
    if (cycles - call_began > longest) longest = cycles - call_began;
    call_began = cycles;
    break;
  case REPORT:
    fprintf(out, "R %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", instructions, cycles, branches,
            calls, longest);
    for (p = pieces; p; p = p->next) {
      if (profile && p->spent) fprintf(out, "P %" PRIx64 " %" PRIu64 "\n", p->start, p->spent);
      p->spent = 0;
    }
    fflush(out);
    instructions = cycles = branches = calls = longest = call_began = 0;
  }
}

/* An instruction: its first halfword, and the second of a long one. */
/* Whether it loads or stores one register. */
static bool is_single(struct code c, bool *load) {
  unsigned top = c.a >> 12;
  if (c.is_long) {
    *load = c.a >> 4 & 1;
    return (c.a & 0xfe00) == 0xf800;
  }
  if (c.a >> 11 == 9) { /* from the literal pool */
    *load = true;
    return true;
  }
  if (top == 5) { /* register offset: three stores, then five loads */
    *load = (c.a >> 9 & 7) >= 3;
    return true;
  }
  *load = c.a >> 11 & 1;
  return top >= 6 && top <= 9;
}

static unsigned cost(struct code c, bool before_single) {
  bool load;
  if (is_single(c, &load)) return load && !before_single ? 2 : 1;
  if (!c.is_long) {
    if ((c.a & 0xf600) == 0xb400) return 1 + (unsigned)__builtin_popcount(c.a & 0x1ff); /* PUSH, POP */
    if (c.a >> 12 == 0xc) return 1 + (unsigned)__builtin_popcount(c.a & 0xff);          /* LDM, STM */
    return 1;
  }
  if ((c.a & 0xfe40) == 0xe800) return 1 + (unsigned)__builtin_popcount(c.b); /* LDM, STM */
  if ((c.a & 0xffe0) == 0xe8c0) return 2;                                    /* TBB, TBH, exclusive access */
  if ((c.a & 0xfe40) == 0xe840) return 3;                                    /* LDRD, STRD */
  if ((c.a & 0xffd0) == 0xfb90) return 6;                                    /* SDIV, UDIV */
  if ((c.a & 0xffef) == 0xf3ef || (c.a & 0xffe0) == 0xf380) return 2;        /* MRS, MSR */
  return 1;
}

/* QEMU translates a block: it gets counted in one piece, or in several with the marks between them. */
static void translate(plugin_id id, struct block *block) {
  size_t n = qemu_plugin_tb_n_insns(block), i;
  struct piece *p = NULL;
  (void)id;
  for (i = 0; i < n; i++) {
    struct instruction *now = qemu_plugin_tb_get_insn(block, i);
    struct code c = code(now);
    unsigned number = mark_number(c);
    bool load, before_single = i + 1 < n && is_single(code(qemu_plugin_tb_get_insn(block, i + 1)), &load);
    if (number) {
      qemu_plugin_register_vcpu_insn_exec_cb(now, mark, NO_REGISTERS, (void *)(uintptr_t)number);
      p = NULL;
      continue;
    }
    if (!p) {
      p = calloc(1, sizeof *p);
      if (!p) abort();
      p->next = pieces;
      pieces = p;
      p->start = qemu_plugin_insn_vaddr(now);
      p->begins_single = is_single(c, &load);
      qemu_plugin_register_vcpu_insn_exec_cb(now, run, NO_REGISTERS, p);
    }
    p->instructions++;
    p->cycles += cost(c, before_single);
    p->ends_in_load = is_single(c, &load) && load;
    p->end = qemu_plugin_insn_vaddr(now) + qemu_plugin_insn_size(now);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  int i;
  (void)info;
  out = stderr;
  for (i = 0; i < argc; i++) {
    if (!strncmp(argv[i], "out=", 4)) out = fopen(argv[i] + 4, "w");
    else if (!strcmp(argv[i], "profile=on")) profile = true;
    else out = NULL;
    if (!out) {
      fprintf(stderr, "cycles.so: out=FILE to be written, and profile=on; not %s\n", argv[i]);
      return -1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}
