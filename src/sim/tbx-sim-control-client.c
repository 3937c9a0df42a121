/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-control-client.h"
#include "tbx-error.h"
#include "tbx-sim-listener.h"
#include "tbx-sim-message.h"
#include <string.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)
#define AWAIT_INTERVAL_US (20 * 1000)
#define MAX_REPLY_BYTES (64 * 1024 * 1024)

/**
 * tbx_sim_control_default_path:
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_NOT_FOUND` for a user without a runtime directory.
 *
 * Returns: (transfer full) (nullable): where this user's host is controlled
 */
char *
tbx_sim_control_default_path (GError **error)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (geteuid () == 0)
    return g_strdup ("/run/vmxsim");
  if (runtime != NULL && *runtime != '\0')
    return g_build_filename (runtime, "vmxsim", NULL);
  g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND,
               "XDG_RUNTIME_DIR is not set; say --control PATH");
  return NULL;
}

static gboolean
transport_error (GError **error, const char *what)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "The host %s", what);
  return FALSE;
}

static gboolean
send_line (GSocket *socket, GBytes *line, GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (line, &size);

  return tbx_sim_send_all (socket, data, size)
         || transport_error (error, "does not listen any more");
}

/* One line, by @deadline_us in monotonic time; 0 for none. */
static gboolean
receive_line (GSocket *socket, GByteArray *line, gint64 deadline_us, GError **error)
{
  while (line->len == 0 || line->data[line->len - 1] != '\n')
    {
      gint64 left_us = deadline_us == 0 ? -1 : MAX (deadline_us - g_get_monotonic_time (), 0);
      guint before = line->len;
      gssize n;

      if (!g_socket_condition_timed_wait (socket, G_IO_IN, left_us, NULL, NULL))
        {
          g_set_error (error, TBX_ERROR, TBX_ERROR_TIMED_OUT, "Timed out");
          return FALSE;
        }
      g_byte_array_set_size (line, before + READ_BYTES);
      n = g_socket_receive (socket, (char *) line->data + before, READ_BYTES, NULL, NULL);
      g_byte_array_set_size (line, before + (guint) MAX (n, 0));
      if (n <= 0 || line->len > MAX_REPLY_BYTES)
        return transport_error (error, "has hung up");
    }
  return TRUE;
}

static gboolean
check_reply (JsonObject *reply, GError **error)
{
  const char *text;

  if (tbx_sim_message_flag (reply, "ok"))
    return TRUE;
  text = tbx_sim_message_text (reply, "error", NULL);
  g_set_error (error, TBX_ERROR,
               tbx_sim_message_flag (reply, "malformed") ? TBX_ERROR_MALFORMED : TBX_ERROR_REFUSED,
               "%s", text != NULL ? text : "refused");
  return FALSE;
}

/**
 * tbx_sim_control_await:
 * @path: control socket of a vmxsim
 * @timeout_ms: longest wait, milliseconds
 * @error: return location for an error
 *
 * Waits for a vmxsim that was just started to listen.
 * Errors: `TBX_ERROR_TRANSPORT`.
 *
 * Returns: whether it does
 */
gboolean
tbx_sim_control_await (const char *path, gint64 timeout_ms, GError **error)
{
  gint64 deadline_us = g_get_monotonic_time () + timeout_ms * 1000;

  while (g_get_monotonic_time () < deadline_us)
    {
      g_autoptr(GSocket) socket = tbx_sim_connect (path, NULL);

      if (socket != NULL)
        return TRUE;
      g_usleep (AWAIT_INTERVAL_US);
    }
  return transport_error (error, "did not come up");
}

/**
 * tbx_sim_control_call:
 * @path: control socket of a live vmxsim
 * @request: what to ask it
 * @timeout_ms: longest wait for the reply, milliseconds; 0 for no limit
 * @error: return location for an error
 *
 * Blocks; for command-line programs.
 * Errors: `TBX_ERROR_TRANSPORT` when no host is there, `TBX_ERROR_TIMED_OUT`,
 * `TBX_ERROR_MALFORMED` when it does not understand, `TBX_ERROR_REFUSED`.
 *
 * Returns: (transfer full) (nullable): its reply, an object
 */
JsonNode *
tbx_sim_control_call (const char *path, JsonNode *request, gint64 timeout_ms, GError **error)
{
  gint64 deadline_us = timeout_ms == 0 ? 0 : g_get_monotonic_time () + timeout_ms * 1000;
  g_autoptr(GSocket) socket = tbx_sim_connect (path, error);
  g_autoptr(GByteArray) line = g_byte_array_new ();
  g_autoptr(GBytes) bytes = tbx_sim_message_line (request);
  g_autoptr(JsonNode) reply = NULL;

  if (socket == NULL || !send_line (socket, bytes, error)
      || !receive_line (socket, line, deadline_us, error))
    return NULL;
  reply = tbx_sim_message_parse ((const char *) line->data, line->len - 1, NULL);
  if (reply == NULL)
    {
      transport_error (error, "does not speak our language");
      return NULL;
    }
  return check_reply (json_node_get_object (reply), error) ? g_steal_pointer (&reply) : NULL;
}
