/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-message.h"
#include <string.h>

/* A guest that does nothing but answer: what is left of a round trip when the daemon
 * costs nothing.  Every request is answered "OK " at once; no main loop, no dispatch. */
int
main (void)
{
  TbxBackdoorMessages messages;
  gboolean owed = FALSE;
  const guint8 *data;
  gsize size;

  tbx_backdoor_messages_init (&messages, &tbx_backdoor_native_calls);
  if (!tbx_backdoor_messages_open (&messages, TBX_PROTOCOL_TCLO, NULL))
    return 1;
  for (;;)
    {
      const char *reply = owed ? "OK " : NULL;

      if (!tbx_backdoor_messages_send (&messages, reply, reply == NULL ? 0 : 3, NULL)
          || !tbx_backdoor_messages_receive (&messages, &data, &size, NULL))
        return 0;
      owed = data != NULL;
      if (owed && size >= 5 && memcmp (data, "reset", 5) == 0)
        {
          if (!tbx_backdoor_messages_send (&messages, "OK ATR toolbox", 14, NULL))
            return 0;
          owed = FALSE;
        }
      else if (!owed)
        g_usleep (1000);
    }
}
