/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-requests.h"

G_BEGIN_DECLS

/* Which way of a transfer a packet belongs to. */
typedef enum
{
  TBX_HGFS_WAY_EITHER,       /* sessions, attributes, lists; and what is served by nobody */
  TBX_HGFS_WAY_FROM_GUEST,
  TBX_HGFS_WAY_TO_GUEST,     /* all that changes something */
  TBX_HGFS_N_WAYS
} TbxHgfsWay;

TbxHgfsWay tbx_hgfs_way (gconstpointer data, gsize size);

G_END_DECLS
