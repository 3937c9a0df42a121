/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"

G_BEGIN_DECLS

/* The reply to a VIX request, a whole TCLO message.
 * Source: docs/wire/vix.md, "Reply" and "Size limits". */

#define TBX_VIX_REPLY_MAX_BYTES   65536   /* "OK " and final NUL included */
#define TBX_VIX_PAYLOAD_MAX_BYTES 65447   /* the most that an operation may answer */
#define TBX_VIX_PREFIX_MAX_BYTES  27      /* longest prefix; room to keep before a payload */

typedef struct
{
  guint32       code;           /* TbxVixCode, or any other number */
  gint64        error_number;   /* an errno of the guest; 0 when there is none */
  const guint8 *payload;        /* into the message; a text ends at @payload_size, without NUL */
  gsize         payload_size;   /* bytes */
} TbxVixReply;

gsize      tbx_vix_reply_prefix (char     prefix[TBX_VIX_PREFIX_MAX_BYTES],
                                 guint32  code,
                                 int      error_number,
                                 gboolean binary);
GBytes    *tbx_vix_reply_encode (guint32       code,
                                 int           error_number,
                                 gboolean      binary,
                                 gconstpointer payload,
                                 gsize         payload_size);
TbxVixCode tbx_vix_reply_decode (gconstpointer data, gsize size, gboolean binary, TbxVixReply *reply);

G_END_DECLS
