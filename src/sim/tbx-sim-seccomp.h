/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

int tbx_sim_seccomp_refuse_vsock (void);

G_END_DECLS
