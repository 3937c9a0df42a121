/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include "tbx-sim-registers.h"

G_BEGIN_DECLS

/* What the kernel tells a program about itself as it starts; 0 where it does not. */
typedef struct
{
  guint64 entry;         /* its first instruction */
  guint64 interpreter;   /* where its loader is */
  guint64 headers;       /* its program headers */
  guint64 n_headers;
} TbxSimStart;

/* One executable mapping of a file. */
typedef struct
{
  guint64 start, end;
  guint64 base;    /* of the file's first mapping, which holds its ELF header */
  guint64 inode;
} TbxSimText;

gboolean tbx_sim_modules_start     (pid_t pid, TbxSimStart *start);
GArray  *tbx_sim_modules_list      (pid_t pid, guint64 interpreter);
guint64  tbx_sim_modules_link_hook (const TbxSimMemory *memory,
                                    const TbxSimStart  *start,
                                    guint64            *state);

G_END_DECLS
