/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-messages.h"

G_BEGIN_DECLS

/* How `vmxsim run` emulates. */
typedef struct
{
  TbxSimBandwidth bandwidth;
  gboolean        follow;       /* programs that the program starts, too */
  const char     *trace_path;   /* a line for each message goes there; or NULL */
} TbxSimRunOptions;

int tbx_sim_run (TbxSimHost *host, const TbxSimRunOptions *options, char **argv);

G_END_DECLS
