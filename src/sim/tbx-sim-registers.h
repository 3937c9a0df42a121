/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What a guest loads before a backdoor instruction, and finds after it.  Named
 * without size as in docs/wire/transport.md; only low halves carry meaning, but
 * for CX, SI and DI where they are a count or an address. */
typedef struct
{
  guint64 ax, bx, cx, dx, si, di, bp;
} TbxSimRegisters;

typedef enum
{
  TBX_SIM_INSTRUCTION_IN,     /* ED: low bandwidth */
  TBX_SIM_INSTRUCTION_OUTS,   /* F3 6E: high bandwidth, guest to host */
  TBX_SIM_INSTRUCTION_INS,    /* F3 6C: high bandwidth, host to guest */
} TbxSimInstruction;

/* The memory of the guest; both answer whether all bytes could be moved. */
typedef struct
{
  gpointer   data;
  gboolean (*read)  (gpointer data, guint64 address, gpointer to, gsize size);
  gboolean (*write) (gpointer data, guint64 address, gconstpointer from, gsize size);
} TbxSimMemory;

/* One backdoor instruction that a guest is about to execute. */
typedef struct
{
  TbxSimInstruction   instruction;
  TbxSimRegisters     regs;       /* as they are, then as they shall be */
  const TbxSimMemory *memory;     /* what addresses in them mean */
  int                 pid;        /* process that executes it */
  guint               delay_ms;   /* out: how long the host keeps the guest waiting, milliseconds */
} TbxSimAccess;

/* Replaces one 16-bit half of the low 32 bits, and clears the high 32 bits. */
static inline guint64
tbx_sim_with_high_half (guint64 value, guint32 half)
{
  return (value & 0xFFFF) | (guint64) half << 16;
}

static inline guint32
tbx_sim_high_half (guint64 value)
{
  return (value >> 16) & 0xFFFF;
}

G_END_DECLS
