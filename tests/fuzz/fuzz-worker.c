/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"
#include "tbx-worker-codec.h"

static GBytes *
encode (const TbxWorkerMessage *message)
{
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  tbx_writer_init (&w, 2 * TBX_WORKER_MESSAGE_MAX_BYTES);
  tbx_worker_message_encode (message, &w);
  bytes = tbx_writer_end (&w, "message", &error);
  g_assert_no_error (error);
  return bytes;
}

/* All groups are there, as the check of the whole has promised. */
static void
walk_groups (const TbxWorkerLoginResult *result)
{
  gsize pos = 0;
  guint32 n = 0, gid;
  const char *name;

  while (tbx_worker_groups_next (result, &pos, &gid, &name))
    {
      g_assert_true (g_utf8_validate (name, -1, NULL));
      n++;
    }
  g_assert_cmpuint (n, ==, result->n_groups);
  g_assert_cmpuint (pos, ==, result->groups_size);
}

/* The first byte says who sent the rest. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  TbxWorkerMessage message, again;
  TbxWorkerSender sender;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) twice = NULL;
  gconstpointer out;
  gsize out_size;

  if (size == 0)
    return 0;
  sender = data[0] & 1 ? TBX_WORKER_FROM_WORKER : TBX_WORKER_FROM_DAEMON;
  if (!tbx_worker_message_decode (data + 1, size - 1, sender, &message, NULL))
    return 0;
  if (message.type == TBX_WORKER_LOGIN_RESULT || message.type == TBX_WORKER_OPENED)
    walk_groups (&message.login_result);
  bytes = encode (&message);
  out = g_bytes_get_data (bytes, &out_size);
  g_assert_true (tbx_worker_message_decode (out, out_size, sender, &again, NULL));
  twice = encode (&again);
  g_assert_true (g_bytes_equal (bytes, twice));
  return 0;
}
