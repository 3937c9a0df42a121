/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What the backdoor's version command says of the host. */
typedef struct
{
  guint32 version;   /* 6 on every known host */
  guint32 vmx_type;  /* 2 ESXi, 4 Workstation or Fusion, 0 unknown */
} TbxHypervisor;

gboolean    tbx_hypervisor_detect       (gboolean force, TbxHypervisor *hypervisor, GError **error);
const char *tbx_hypervisor_product_name (const TbxHypervisor *hypervisor);

G_END_DECLS
