/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-messages.h"

G_BEGIN_DECLS

/* Runs a program and executes its backdoor instructions, in a thread of its own:
 * the kernel obeys only the thread that traces. */
typedef struct _TbxSimTracer TbxSimTracer;

/* Called once in the main context: the program did not start, for @error, or it
 * ended with @status as waitpid() has it. */
typedef void (*TbxSimTracerEnded) (int status, const GError *error, gpointer user_data);

TbxSimTracer *tbx_sim_tracer_new    (TbxSimHost       *host,
                                     TbxSimMessages   *messages,
                                     gboolean          follow,
                                     TbxSimTracerEnded ended,
                                     gpointer          user_data);
void          tbx_sim_tracer_free   (TbxSimTracer     *self);
gboolean      tbx_sim_tracer_start  (TbxSimTracer     *self,
                                     const char       *path,
                                     char            **argv,
                                     GError          **error);
void          tbx_sim_tracer_signal (TbxSimTracer     *self, int signo);
void          tbx_sim_tracer_kill   (TbxSimTracer     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimTracer, tbx_sim_tracer_free)

G_END_DECLS
