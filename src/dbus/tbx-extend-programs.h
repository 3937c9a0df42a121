/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-host-programs.h"

G_BEGIN_DECLS

/* Has clients run as programs, for workers that ask: knows all that run. */
#define TBX_TYPE_EXTEND_PROGRAMS (tbx_extend_programs_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendPrograms, tbx_extend_programs, TBX, EXTEND_PROGRAMS, GObject)

TbxExtendPrograms *tbx_extend_programs_new (TbxExtensions   *extensions,
                                            TbxWorkerPool   *pool,
                                            TbxHostPrograms *programs);

G_END_DECLS
