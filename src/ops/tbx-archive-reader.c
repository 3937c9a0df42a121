/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-reader.h"
#include "tbx-archive-pack.h"
#include "tbx-archive-transfer.h"
#include "tbx-gzip.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a client would take for the start of another member, and stops at. */
static const guint8 trailer[TBX_ARCHIVE_TRAILER_BYTES] = { 0x1f, 0x8b, 0x08 };

typedef struct
{
  TbxArchiveTransfer base;
  guint64            delivered;    /* bytes read so far */
  guint64            kept;         /* the last read began here, and can be repeated */

  /* The thread's from here on. */
  char              *member;       /* name of the member that one file becomes, or NULL (owned) */
  char              *prefix;       /* (owned) */
  gboolean           trailer;
  guint64            exact_bytes;  /* of the tar archive alone, or 0 */
  TbxGzip           *gzip;         /* (owned), or NULL: no compression */
} ArchiveReader;

static int
reader_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  ArchiveReader *self = (ArchiveReader *) file;
  guint64 position = self->delivered;
  int error_number;

  /* Else what the host asks for comes in order, wherever it says that it is. */
  if (offset >= self->kept && offset < self->delivered)
    position = offset;   /* the reply was lost */
  else
    {
      tbx_ring_release (self->base.ring, self->delivered);
      self->kept = self->delivered;
    }
  error_number = tbx_ring_read (self->base.ring, position, buffer, size, done);
  if (error_number == 0)
    self->delivered = MAX (self->delivered, position + *done);
  return error_number;
}

static int
reader_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  *done = 0;
  return EBADF;
}

static int
reader_close (TbxFile *file)
{
  return 0;
}

static void
reader_free (TbxFile *file)
{
  ArchiveReader *self = (ArchiveReader *) file;

  tbx_archive_transfer_stop (&self->base);
  g_clear_pointer (&self->gzip, tbx_gzip_free);
  tbx_archive_transfer_clear (&self->base);
  g_free (self->member);
  g_free (self->prefix);
  g_free (self);
}

static const TbxFileFuncs reader_funcs = {
  reader_read, reader_write, tbx_archive_transfer_stat, reader_close, reader_free,
  tbx_archive_transfer_wait, tbx_archive_transfer_got_on,
};

static gboolean
on_compressed (const guint8 *data, gsize size, gpointer user_data)
{
  return tbx_ring_put (((ArchiveReader *) user_data)->base.ring, data, size);
}

static gboolean
on_packed (const guint8 *data, gsize size, gpointer user_data)
{
  ArchiveReader *self = user_data;

  /* What compresses well puts nothing for long. */
  if (tbx_ring_is_cancelled (self->base.ring))
    return FALSE;
  return self->gzip != NULL ? tbx_gzip_write (self->gzip, data, size, FALSE)
                            : tbx_ring_put (self->base.ring, data, size);
}

static gboolean
is_cancelled (gpointer user_data)
{
  return tbx_ring_is_cancelled (((ArchiveReader *) user_data)->base.ring);
}

static gpointer
reader_thread (gpointer data)
{
  ArchiveReader *self = data;
  const TbxArchivePack pack = {
    .root_fd = self->base.root_fd,
    .name = self->member,
    .prefix = self->prefix,
    .exact_bytes = self->exact_bytes,
    .sink = on_packed,
    .cancelled = is_cancelled,
    .user_data = self,
    .log = &self->base.log,
  };
  int error_number = tbx_archive_pack (&pack);

  if (error_number == 0 && self->gzip != NULL && !tbx_gzip_write (self->gzip, NULL, 0, TRUE))
    error_number = ECANCELED;
  if (error_number == 0 && self->trailer)
    tbx_ring_put (self->base.ring, trailer, sizeof trailer);
  tbx_ring_finish (self->base.ring, error_number);
  return NULL;
}

static int
check_root (const TbxArchiveName *name, const struct stat *info)
{
  if (S_ISDIR (info->st_mode))
    return 0;
  if (!name->by_scheme)
    return ENOTDIR;
  return S_ISREG (info->st_mode) ? 0 : EACCES;
}

/* Opens what is packed: a folder, or by the scheme a file.  Not even a look is had at
 * anything else. */
static int
open_root (const TbxArchiveName *name, int *root_fd, struct stat *info)
{
  int error_number = stat (name->path, info) < 0 ? errno : check_root (name, info);

  if (error_number != 0)
    return error_number;
  *root_fd = open (name->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*root_fd < 0 || fstat (*root_fd, info) < 0)
    return errno == EAGAIN ? EACCES : errno;   /* somebody has a lease on it */
  return check_root (name, info);
}

static ArchiveReader *
reader_new (const TbxArchiveReaderOpen *how)
{
  const TbxArchiveName *name = how->name;
  ArchiveReader *self = g_new0 (ArchiveReader, 1);
  const guint64 trailer_bytes = name->trailer ? TBX_ARCHIVE_TRAILER_BYTES : 0;

  tbx_archive_transfer_init (&self->base, &reader_funcs, "download", name->path, how->log,
                             how->user_data, how->running);
  self->prefix = g_strdup (name->prefix);
  self->trailer = name->trailer;
  if (how->exact_bytes > trailer_bytes && !name->gzip)
    self->exact_bytes = how->exact_bytes - trailer_bytes;
  return self;
}

/**
 * tbx_archive_reader_open:
 * @how: what is opened
 * @error_number: (out): the errno of a failure
 *
 * Reads give `EAGAIN` while they wait for the thread.  They come in order, whatever
 * their offset, but for the last one, which can be repeated.
 *
 * Returns: (transfer full) (nullable): free with tbx_file_free(), which ends the thread
 */
TbxFile *
tbx_archive_reader_open (const TbxArchiveReaderOpen *how, int *error_number)
{
  ArchiveReader *self = reader_new (how);
  struct stat info;

  *error_number = open_root (how->name, &self->base.root_fd, &info);
  if (*error_number == 0)
    {
      if (!S_ISDIR (info.st_mode))
        self->member = g_path_get_basename (how->name->path);
      self->base.ring = tbx_ring_new ();
      if (how->name->gzip)
        self->gzip = tbx_gzip_new (on_compressed, self);
      if (tbx_archive_transfer_start (&self->base, "archive-reader", reader_thread))
        return (TbxFile *) self;
      *error_number = ENOMEM;
    }
  reader_free ((TbxFile *) self);
  return NULL;
}

/**
 * tbx_archive_reader_stat:
 * @name: of an archive
 * @info: (out): what the host is told: a regular file
 * @exact_bytes: (out): its size where that is known, else 0
 *
 * The size of a tar archive of few members is known, of all others it is the largest
 * that there is.
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_reader_stat (const TbxArchiveName *name, struct stat *info, guint64 *exact_bytes)
{
  g_autofree char *member = NULL;
  int root_fd = -1;
  int error_number = open_root (name, &root_fd, info);

  *exact_bytes = 0;
  if (error_number == 0 && !S_ISDIR (info->st_mode))
    member = g_path_get_basename (name->path);
  if (error_number == 0 && !name->gzip
      && tbx_archive_measure (root_fd, member, name->prefix, exact_bytes) == 0)
    *exact_bytes += name->trailer ? TBX_ARCHIVE_TRAILER_BYTES : 0;
  else
    *exact_bytes = 0;
  if (root_fd >= 0)
    close (root_fd);
  info->st_mode = S_IFREG | 0600;
  info->st_size = *exact_bytes > 0 ? (off_t) *exact_bytes : G_MAXINT64;
  info->st_nlink = 1;
  return error_number;
}
