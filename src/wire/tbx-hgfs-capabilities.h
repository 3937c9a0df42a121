/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-ops.h"

G_BEGIN_DECLS

/* What a session's two ends say they can do: pairs of an operation and flags.
 * Source: docs/wire/hgfs.md, "Capabilities". */

#define TBX_HGFS_CAPABILITY_BYTES 8

typedef enum
{
  TBX_HGFS_CAPABILITY_SUPPORTED = 0x1,
  TBX_HGFS_CAPABILITY_ASYNC     = 0x2,
} TbxHgfsCapabilityFlags;

/* The pairs as they are on the wire, not aligned. */
typedef struct
{
  const guint8 *data;
  guint32       count;
} TbxHgfsCapabilities;

guint32 tbx_hgfs_capabilities_get  (const TbxHgfsCapabilities *capabilities,
                                    guint32                    i,
                                    guint32                   *op);
void    tbx_hgfs_capabilities_init (TbxHgfsCapabilities *capabilities,
                                    const guint32        flags[TBX_HGFS_N_OPS],
                                    guint8 storage[TBX_HGFS_N_OPS * TBX_HGFS_CAPABILITY_BYTES]);

G_END_DECLS
