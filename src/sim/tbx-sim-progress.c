/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-progress.h"
#include <errno.h>
#include <unistd.h>

/* How often it is shown. */
#define SHOW_EVERY_US (200 * 1000)

void
tbx_sim_progress_begin (TbxSimProgress *self, gboolean with_checksum)
{
  *self = (TbxSimProgress) {
    .start_us = g_get_monotonic_time (),
    .checksum = with_checksum ? g_checksum_new (G_CHECKSUM_SHA256) : NULL,
  };
}

static void
progress_show (TbxSimProgress *self, gboolean last)
{
  gint64 now_us = g_get_monotonic_time ();
  double seconds = (double) MAX (now_us - self->start_us, 1) / G_USEC_PER_SEC;
  g_autofree char *bytes = NULL, *rate = NULL;

  if (self->hidden || (!last && now_us - self->shown_us < SHOW_EVERY_US)
      || !isatty (STDERR_FILENO))
    return;
  bytes = g_format_size (self->bytes);
  rate = g_format_size ((guint64) ((double) self->bytes / seconds));
  self->shown_us = now_us;
  g_printerr ("\r%s, %s/s%s", bytes, rate, last ? "\n" : "  ");
}

void
tbx_sim_progress_add (TbxSimProgress *self, const guint8 *data, gsize size)
{
  self->bytes += size;
  if (self->checksum != NULL)
    g_checksum_update (self->checksum, data, (gssize) size);
  progress_show (self, FALSE);
}

void
tbx_sim_progress_end (TbxSimProgress *self)
{
  progress_show (self, TRUE);
  if (self->checksum != NULL)
    g_printerr ("sha256 %s\n", g_checksum_get_string (self->checksum));
  g_clear_pointer (&self->checksum, g_checksum_free);
}

/* Returns: whether all was written; else errno tells why */
gboolean
tbx_sim_write_all (int fd, const guint8 *data, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      gssize n = write (fd, data + done, size - done);

      if (n < 0 && errno != EINTR)
        return FALSE;
      done += (gsize) MAX (n, 0);
    }
  return TRUE;
}
