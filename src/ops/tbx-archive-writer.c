/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-writer.h"
#include "tbx-archive-transfer.h"
#include "tbx-umask.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* Of the folder itself, where it is missing. */
#define FOLDER_MODE 0750

typedef struct
{
  TbxArchiveTransfer base;
  TbxArchiveUnpack   unpack;   /* the thread's */
} ArchiveWriter;

static int
writer_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  *done = 0;
  return EBADF;
}

/* The stream has no other place than its end. */
static int
writer_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  int error_number = tbx_ring_offer (((ArchiveWriter *) file)->base.ring, data, size);

  *done = error_number == 0 ? size : 0;
  return error_number;
}

static int
writer_close (TbxFile *file)
{
  return tbx_ring_end (((ArchiveWriter *) file)->base.ring);
}

static void
writer_free (TbxFile *file)
{
  ArchiveWriter *self = (ArchiveWriter *) file;

  tbx_archive_transfer_stop (&self->base);
  tbx_archive_transfer_clear (&self->base);
  g_free (self);
}

static const TbxFileFuncs writer_funcs = {
  writer_read, writer_write, tbx_archive_transfer_stat, writer_close, writer_free,
  tbx_archive_transfer_wait, tbx_archive_transfer_got_on,
};

static gpointer
writer_thread (gpointer data)
{
  ArchiveWriter *self = data;
  sigset_t set;

  /* A file that becomes larger than the user's limit is an error of the write alone. */
  sigemptyset (&set);
  sigaddset (&set, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  tbx_ring_finish (self->base.ring, tbx_archive_unpack (&self->unpack));
  return NULL;
}

/* The folder; one that is named by the scheme may be new. */
static int
open_root (const TbxArchiveName *name, int *root_fd)
{
  *root_fd = open (name->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*root_fd < 0 && errno == ENOENT && name->by_scheme)
    {
      if (g_mkdir_with_parents (name->path, FOLDER_MODE) < 0)
        return errno;
      *root_fd = open (name->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
  return *root_fd < 0 ? errno : 0;
}

/**
 * tbx_archive_writer_open:
 * @how: what is opened
 * @error_number: (out): the errno of a failure
 *
 * Writes give `EAGAIN` while the thread has enough to do, and after a failure what it
 * failed with.  So does closing, which gives `EAGAIN` until all is unpacked; without it
 * the thread stops where it is, and only what is complete is there.
 * Source: docs/wire/archives.md, "Uploads".
 *
 * Returns: (transfer full) (nullable): free with tbx_file_free(), which ends the thread
 */
TbxFile *
tbx_archive_writer_open (const TbxArchiveWriterOpen *how, int *error_number)
{
  ArchiveWriter *self = g_new0 (ArchiveWriter, 1);

  tbx_archive_transfer_init (&self->base, &writer_funcs, "upload", how->name->path, how->log,
                             how->user_data, how->running);
  *error_number = open_root (how->name, &self->base.root_fd);
  if (*error_number == 0)
    {
      self->base.ring = tbx_ring_new ();
      self->unpack = (TbxArchiveUnpack) {
        .root_fd = self->base.root_fd,
        .ring = self->base.ring,
        .mask = tbx_umask_get (),
        .all_links = how->name->all_links,
        .set_id = how->name->set_id,
        .owner = how->name->owner,
        .limits = how->limits,
        .log = &self->base.log,
      };
      if (tbx_archive_transfer_start (&self->base, "archive-writer", writer_thread))
        return (TbxFile *) self;
      *error_number = ENOMEM;
    }
  writer_free ((TbxFile *) self);
  return NULL;
}
