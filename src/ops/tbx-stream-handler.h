/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file-handler.h"
#include "tbx-programs.h"

G_BEGIN_DECLS

/* Serves /proc/PID/stdin, stdout and stderr of programs that have streams. */
extern const TbxFileHandlerFuncs tbx_stream_handler_funcs;   /* their self is a TbxPrograms */

G_END_DECLS
