/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-transfer.h"
#include <errno.h>
#include <unistd.h>

void
tbx_archive_transfer_init (TbxArchiveTransfer *self,
                           const TbxFileFuncs *funcs,
                           const char         *way,
                           const char         *path,
                           TbxArchiveLogFunc   log,
                           gpointer            user_data,
                           gint               *running)
{
  self->base.funcs = funcs;
  self->root_fd = -1;
  self->path = g_strdup (path);
  self->log = (TbxArchiveLog) { way, self->path, log, user_data };
  self->running = running;
  if (running != NULL)
    (*running)++;
}

/* Returns whether there is a thread now, which has the ring. */
gboolean
tbx_archive_transfer_start (TbxArchiveTransfer *self, const char *name, GThreadFunc work)
{
  self->thread = g_thread_try_new (name, work, self, NULL);
  return self->thread != NULL;
}

/* Ends the thread, if there is one: nothing is used from there any more. */
void
tbx_archive_transfer_stop (TbxArchiveTransfer *self)
{
  if (self->thread == NULL)
    return;
  tbx_ring_cancel (self->ring);
  g_thread_join (g_steal_pointer (&self->thread));
}

/* After it was stopped. */
void
tbx_archive_transfer_clear (TbxArchiveTransfer *self)
{
  g_clear_pointer (&self->ring, tbx_ring_free);
  if (self->root_fd >= 0)
    close (self->root_fd);
  if (self->running != NULL)
    (*self->running)--;
  g_free (self->path);
}

/* By its handle a folder is a folder. */
int
tbx_archive_transfer_stat (TbxFile *file, struct stat *info)
{
  return fstat (((TbxArchiveTransfer *) file)->root_fd, info) < 0 ? errno : 0;
}

guint
tbx_archive_transfer_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  return tbx_ring_wait (((TbxArchiveTransfer *) file)->ring, ready, user_data);
}

gint64
tbx_archive_transfer_got_on (TbxFile *file)
{
  return tbx_ring_got_on (((TbxArchiveTransfer *) file)->ring);
}
