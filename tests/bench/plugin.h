/* What the plugins for QEMU share: its interface, the code of an instruction, and the marks in the program (see cycles.c). */

#ifndef PLUGIN_H
#define PLUGIN_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The part of QEMU's plugin interface that is used here: version 1, QEMU 4.2 to 8.1. Newer ones ask for 2 (8.2) or 3
   (9.1, where an instruction's bytes are copied); with those this has not been run yet. */
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif
typedef uint64_t plugin_id;
struct block;       /* qemu_plugin_tb */
struct instruction; /* qemu_plugin_insn */
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *, void (*)(unsigned cpu, void *user), int flags,
                                            void *user);
void qemu_plugin_register_vcpu_mem_cb(struct instruction *,
                                      void (*)(unsigned cpu, uint32_t info, uint64_t address, void *user), int flags,
                                      int rw, void *user);
size_t qemu_plugin_tb_n_insns(const struct block *);
struct instruction *qemu_plugin_tb_get_insn(const struct block *, size_t);
#if PLUGIN_VERSION < 3
const void *qemu_plugin_insn_data(const struct instruction *);
#else
size_t qemu_plugin_insn_data(const struct instruction *, void *out, size_t room);
#endif
size_t qemu_plugin_insn_size(const struct instruction *);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *);
__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

enum { START = 0x20, STOP, REPORT, LEAVE, BACK };

struct code {
  uint16_t a, b;
  bool is_long;
};

static struct code code(const struct instruction *i) {
  uint8_t bytes[4] = {0};
#if PLUGIN_VERSION < 3
  memcpy(bytes, qemu_plugin_insn_data(i), qemu_plugin_insn_size(i));
#else
  qemu_plugin_insn_data(i, bytes, sizeof bytes);
#endif
  return (struct code){(uint16_t)(bytes[0] | bytes[1] << 8), (uint16_t)(bytes[2] | bytes[3] << 8),
                       qemu_plugin_insn_size(i) == 4};
}

/* The mark that an instruction is; 0: none. */
static unsigned mark_number(struct code c) {
  unsigned hint = c.b & 0xff;
  return c.is_long && c.a == 0xf3af && (c.b & 0xff00) == 0x8000 && hint >= START && hint <= BACK ? hint : 0;
}

#endif
