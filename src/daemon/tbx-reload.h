/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-command-line.h"
#include "tbx-guest-operations.h"
#include "tbx-network.h"

G_BEGIN_DECLS

/* Reads the configuration again on SIGHUP. */
typedef struct _TbxReload TbxReload;

TbxReload *tbx_reload_new  (const TbxCommandLine *line,
                            TbxNetwork           *network,
                            TbxGuestOperations   *operations);
void       tbx_reload_free (TbxReload *self);

G_END_DECLS
