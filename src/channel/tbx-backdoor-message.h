/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include "tbx-backdoor-call.h"
#include "tbx-channel.h"

G_BEGIN_DECLS

/* The message channel on top of the backdoor: whole messages in both directions,
 * with the restarts that a checkpoint asks for.  Knows no main loop; each function
 * blocks the virtual CPU for as long as the host likes.
 * Source: docs/wire/transport.md, "The message channel". */

#define TBX_BACKDOOR_MAX_SEND_BYTES 65536

/* The calls, so that a test can play the host. */
typedef struct
{
  void (*low)      (TbxBackdoorCall *call);
  void (*high_out) (TbxBackdoorBulk *bulk);
  void (*high_in)  (TbxBackdoorBulk *bulk);
} TbxBackdoorCalls;

extern const TbxBackdoorCalls tbx_backdoor_native_calls;

typedef struct
{
  const TbxBackdoorCalls *calls;
  gboolean                open;
  guint16                 id;           /* of the channel; 0 is valid */
  guint32                 cookie_high;
  guint32                 cookie_low;
  guint8                 *buffer;       /* last message received, and a NUL (owned) */
  gsize                   capacity;     /* of @buffer, bytes */
} TbxBackdoorMessages;

void     tbx_backdoor_messages_init    (TbxBackdoorMessages    *self,
                                        const TbxBackdoorCalls *calls);
gboolean tbx_backdoor_messages_open    (TbxBackdoorMessages *self,
                                        TbxProtocol          protocol,
                                        GError             **error);
gboolean tbx_backdoor_messages_send    (TbxBackdoorMessages *self,
                                        gconstpointer        data,
                                        gsize                size,
                                        GError             **error);
gboolean tbx_backdoor_messages_receive (TbxBackdoorMessages *self,
                                        const guint8       **data,
                                        gsize               *size,
                                        GError             **error);
void     tbx_backdoor_messages_close   (TbxBackdoorMessages *self);

G_END_DECLS
