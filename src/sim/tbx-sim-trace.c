/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-trace.h"
#include <errno.h>
#include <stdio.h>

/* Longer than any command's name; what follows may be a payload without a space. */
#define MAX_NAME_BYTES 48

struct _TbxSimTrace
{
  FILE *file;   /* owned; line buffered, appended to, so that several may share it */
};

/**
 * tbx_sim_trace_new:
 * @path: a file, made or appended to
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the trace
 */
TbxSimTrace *
tbx_sim_trace_new (const char *path, GError **error)
{
  FILE *file = fopen (path, "ae");
  TbxSimTrace *self;

  if (file == NULL)
    {
      int code = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", path,
                   g_strerror (code));
      return NULL;
    }
  setvbuf (file, NULL, _IOLBF, BUFSIZ);
  self = g_new0 (TbxSimTrace, 1);
  self->file = file;
  return self;
}

/**
 * tbx_sim_trace_free:
 * @self: (nullable): a trace
 *
 * Closes the file.
 */
void
tbx_sim_trace_free (TbxSimTrace *self)
{
  if (self == NULL)
    return;
  fclose (self->file);
  g_free (self);
}

/* The command of a request or "OK", "ERROR", "1", "0" of a reply: what is before
 * the first space or NUL, so that no argument gets out. */
static void
copy_name (GBytes *message, char name[MAX_NAME_BYTES + 1])
{
  gsize size;
  const char *data = g_bytes_get_data (message, &size);
  gsize n = 0;

  while (n < size && n < MAX_NAME_BYTES && data[n] != ' ' && data[n] != '\0')
    {
      name[n] = g_ascii_isgraph (data[n]) ? data[n] : '?';
      n++;
    }
  if (n == 0)
    name[n++] = '-';
  name[n] = '\0';
}

/**
 * tbx_sim_trace_message:
 * @self: (nullable): a trace
 * @pid: the process that sent or took the message
 * @channel: id of the channel
 * @protocol: of the channel
 * @from_guest: whether it went to the host
 * @message: the message; only its first word and length are written
 *
 * Writes time, process, channel, direction, command and length in bytes.
 */
void
tbx_sim_trace_message (TbxSimTrace   *self,
                       int            pid,
                       guint          channel,
                       TbxSimProtocol protocol,
                       gboolean       from_guest,
                       GBytes        *message)
{
  g_autoptr(GDateTime) now = NULL;
  g_autofree char *time = NULL;
  char name[MAX_NAME_BYTES + 1];

  if (self == NULL)
    return;
  now = g_date_time_new_now_utc ();
  time = g_date_time_format (now, "%H:%M:%S.%f");
  copy_name (message, name);
  fprintf (self->file, "%s %d %s#%u %s %s %" G_GSIZE_FORMAT "\n", time, pid,
           protocol == TBX_SIM_TCLO ? "TCLO" : "RPCI", channel,
           from_guest ? "guest->host" : "host->guest", name, g_bytes_get_size (message));
}
