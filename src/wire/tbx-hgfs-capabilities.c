/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-capabilities.h"
#include <string.h>

/**
 * tbx_hgfs_capabilities_get:
 * @capabilities: those of a session
 * @i: which; less than their count
 * @op: (out): the operation, `TbxHgfsOp` or any other number
 *
 * Returns: its flags, `TbxHgfsCapabilityFlags` and more above them
 */
guint32
tbx_hgfs_capabilities_get (const TbxHgfsCapabilities *capabilities, guint32 i, guint32 *op)
{
  guint32 pair[2];

  *op = 0;
  g_return_val_if_fail (i < capabilities->count, 0);
  memcpy (pair, capabilities->data + (gsize) i * TBX_HGFS_CAPABILITY_BYTES, sizeof pair);
  *op = GUINT32_FROM_LE (pair[0]);
  return GUINT32_FROM_LE (pair[1]);
}

/**
 * tbx_hgfs_capabilities_init:
 * @capabilities: (out): all operations, in their order
 * @flags: those of each operation; 0 where it does not work
 * @storage: gets the pairs, and must outlive @capabilities unchanged
 *
 * Source: docs/wire/hgfs.md, "Capabilities".
 */
void
tbx_hgfs_capabilities_init (TbxHgfsCapabilities *capabilities,
                            const guint32        flags[TBX_HGFS_N_OPS],
                            guint8 storage[TBX_HGFS_N_OPS * TBX_HGFS_CAPABILITY_BYTES])
{
  for (guint32 op = 0; op < TBX_HGFS_N_OPS; op++)
    {
      guint32 pair[2] = { GUINT32_TO_LE (op), GUINT32_TO_LE (flags[op]) };

      memcpy (storage + (gsize) op * TBX_HGFS_CAPABILITY_BYTES, pair, sizeof pair);
    }
  *capabilities = (TbxHgfsCapabilities) { storage, TBX_HGFS_N_OPS };
}
