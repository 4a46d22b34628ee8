/* A QEMU plugin that hashes what can be seen of a program's time on a Cortex-M4: the sequence of its program counters and
   that of the addresses of its loads and stores, between the marks of tests/bench/cycles.c.

   A report is one line, "T instructions accesses flow addresses divisions": two counts, two hashes of 64 bits, and the number of
   UDIV and SDIV, whose time depends on their operands (all other arithmetic of a Cortex-M4 takes the same time whatever the
   operands are, long multiplications included). An instruction that an IT block skips counts like one that is done: it takes
   the same cycle, but for loads and stores, whose addresses are seen.

   What the caller declares is not hashed: of accesses to a table the place in it, of accesses by a function the address.

     qemu-system-arm ... -plugin trace.so,out=FILE[,table=HEX-HEX][,function=HEX-HEX]... */

#include "../bench/plugin.h"

/* Instructions that run one after the other. */
struct piece {
  uint64_t start, end, instructions, divisions;
};

enum { TABLES = 8 };
struct range {
  uint64_t start, end;
};
static struct range tables[TABLES], functions[TABLES];
static int table_count, function_count;
static FILE *out;
static bool tracing;
static uint64_t instructions, accesses, flow, addresses, divisions, follows;

/* Multiply and fold: order and value of everything count. */
static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

static void run(unsigned cpu, void *user) {
  const struct piece *p = user;
  (void)cpu;
  if (!tracing) return;
  if (p->start != follows) flow = mix(mix(flow, instructions), p->start);
  instructions += p->instructions;
  divisions += p->divisions;
  follows = p->end;
}

static void access_memory(unsigned cpu, uint32_t info, uint64_t address, void *user) {
  int i;
  (void)cpu;
  if (!tracing) return;
  for (i = 0; i < table_count; i++)
    if (address >= tables[i].start && address < tables[i].end) address = tables[i].start;
  for (i = 0; i < function_count; i++)
    if ((uintptr_t)user >= functions[i].start && (uintptr_t)user < functions[i].end) address = 0;
  accesses++;
  /* size and direction, and the instruction */
  addresses = mix(mix(mix(addresses, info), address), (uintptr_t)user);
}

static void mark(unsigned cpu, void *user) {
  (void)cpu;
  switch ((uintptr_t)user) {
  case START:
    tracing = true;
    follows = 0;
    break;
  case STOP:
    tracing = false;
    break;
  case REPORT:
    fprintf(out, "T %" PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64 " %" PRIu64 "\n", instructions, accesses, flow,
            addresses, divisions);
    fflush(out);
    instructions = accesses = flow = addresses = divisions = 0;
  }
}

static void translate(plugin_id id, struct block *block) {
  size_t n = qemu_plugin_tb_n_insns(block), i;
  struct piece *p = NULL;
  (void)id;
  for (i = 0; i < n; i++) {
    struct instruction *now = qemu_plugin_tb_get_insn(block, i);
    struct code c = code(now);
    unsigned hint = mark_number(c);
    uint64_t at = qemu_plugin_insn_vaddr(now);
    if (hint) {
      qemu_plugin_register_vcpu_insn_exec_cb(now, mark, NO_REGISTERS, (void *)(uintptr_t)hint);
      p = NULL;
      continue;
    }
    if (!p) {
      p = calloc(1, sizeof *p);
      if (!p) abort();
      p->start = at;
      qemu_plugin_register_vcpu_insn_exec_cb(now, run, NO_REGISTERS, p);
    }
    p->instructions++;
    p->divisions += (c.a & 0xffd0) == 0xfb90;
    p->end = at + qemu_plugin_insn_size(now);
    qemu_plugin_register_vcpu_mem_cb(now, access_memory, NO_REGISTERS, READS_AND_WRITES, (void *)(uintptr_t)at);
  }
}

/* NAME=HEX-HEX */
static bool range(const char *argument, const char *name, struct range *out) {
  char *end;
  if (strncmp(argument, name, strlen(name))) return false;
  out->start = strtoull(argument + strlen(name), &end, 16);
  out->end = *end == '-' ? strtoull(end + 1, NULL, 16) : 0;
  return out->end > out->start;
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  int i;
  (void)info;
  out = stderr;
  for (i = 0; i < argc; i++) {
    bool known = false;
    if (!strncmp(argv[i], "out=", 4)) known = (out = fopen(argv[i] + 4, "w"));
    if (table_count < TABLES && range(argv[i], "table=", &tables[table_count])) known = ++table_count;
    if (function_count < TABLES && range(argv[i], "function=", &functions[function_count])) known = ++function_count;
    if (!known) {
      fprintf(stderr, "trace.so: out=FILE to be written, table= and function=HEX-HEX; not %s\n", argv[i]);
      return -1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}
