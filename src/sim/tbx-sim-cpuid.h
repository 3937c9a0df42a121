/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint32 eax, ebx, ecx, edx;
} TbxSimCpuid;

TbxSimCpuid tbx_sim_cpuid (guint32 leaf, guint32 subleaf);

G_END_DECLS
