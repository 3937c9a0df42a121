/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>
#include <sys/user.h>

G_BEGIN_DECLS

gboolean tbx_sim_inject_cpuid_faulting (pid_t                          tid,
                                        const struct user_regs_struct *regs,
                                        guint64                        place,
                                        gboolean                       on);

G_END_DECLS
