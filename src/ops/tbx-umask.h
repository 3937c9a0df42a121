/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

mode_t tbx_umask_get (void);

G_END_DECLS
