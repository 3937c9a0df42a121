/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-message.h"
#include <string.h>

#define READ_REPLY_BYTES  (52 + 12 + 61440 + 1)
#define OTHER_REPLY_BYTES (52 + 12)
#define OK_VIX            "OK 0 0 #"

/* As long as the answer to a packet of a transfer: what asks for 61,440 bytes is short,
 * what carries them is long. */
static const char *
answer_to (const guint8 *request, gsize size, gsize *reply_size)
{
  static char reply[sizeof OK_VIX + READ_REPLY_BYTES] = OK_VIX;

  *reply_size = 3;
  if (size > 5 && memcmp (request, "Vix_1", 5) == 0)
    *reply_size = strlen (OK_VIX) + (size < 1000 ? READ_REPLY_BYTES : OTHER_REPLY_BYTES);
  return reply;
}

/* A guest that does nothing but answer: what is left of a round trip when the daemon
 * costs nothing.  Every request is answered "OK " at once; no main loop, no dispatch. */
int
main (void)
{
  TbxBackdoorMessages messages;
  const char *reply = NULL;
  gsize reply_size = 0;
  const guint8 *data;
  gsize size;

  tbx_backdoor_messages_init (&messages, &tbx_backdoor_native_calls);
  if (!tbx_backdoor_messages_open (&messages, TBX_PROTOCOL_TCLO, NULL))
    return 1;
  for (;;)
    {
      if (!tbx_backdoor_messages_send (&messages, reply, reply_size, NULL)
          || !tbx_backdoor_messages_receive (&messages, &data, &size, NULL))
        return 0;
      reply = NULL;
      reply_size = 0;
      if (data == NULL)
        g_usleep (1000);
      else if (size >= 5 && memcmp (data, "reset", 5) == 0)
        {
          if (!tbx_backdoor_messages_send (&messages, "OK ATR toolbox", 14, NULL))
            return 0;
        }
      else
        reply = answer_to (data, size, &reply_size);
    }
}
