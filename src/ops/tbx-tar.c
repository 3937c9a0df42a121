/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tar.h"
#include "tbx-libarchive.h"
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CHUNK_BYTES    (128 * 1024)
#define BLOCK_BYTES    512
#define MAX_STRETCHES  4096
/* Less is not worth a form of archive that a simple reader does not know. */
#define MIN_HOLE_BYTES (1024 * 1024)

/* A part of a file that is no hole. */
typedef struct
{
  off_t start, length;
} Stretch;

struct _TbxTar
{
  const TbxLibarchive  *la;
  struct archive       *archive;   /* (owned) */
  struct archive_entry *entry;     /* of the member at hand (owned) */
  GArray               *data;      /* of Stretch: where the member at hand has data (owned) */
  guint64               exact;     /* how long the archive is to be, bytes, or 0 */
  guint64               written;   /* bytes that went to the sink */
  guint64               members;   /* what all members take, bytes */
  TbxTarSink            sink;
  gpointer              user_data;
  guint8                chunk[CHUNK_BYTES];
};

static la_ssize_t
on_write (struct archive *archive, void *user_data, const void *data, size_t size)
{
  TbxTar *self = user_data;

  if (!self->sink (data, size, self->user_data))
    return -1;
  self->written += size;
  return (la_ssize_t) size;
}

/* libarchive wants to know what a tar archive is called in writing. */
static struct archive *
open_archive (const TbxLibarchive *la, int block_bytes, archive_write_callback *write,
              gpointer user_data)
{
  struct archive *archive = la->archive_write_new ();

  if (archive == NULL)
    g_error ("libarchive: no memory");
  la->archive_write_set_format_pax_restricted (archive);
  la->archive_write_set_bytes_per_block (archive, block_bytes);
  la->archive_write_set_bytes_in_last_block (archive, 1);
  la->archive_write_open (archive, user_data, NULL, write, NULL);
  return archive;
}

/**
 * tbx_tar_new:
 * @exact_bytes: how long it is to be: what does not fit is refused, what is missing is
 *   filled with zeros at the end; or 0
 * @sink: (scope forever): gets the archive
 * @user_data: passed to @sink
 *
 * Returns: (transfer full) (nullable): free with tbx_tar_free(), or %NULL where
 *   libarchive is not installed
 */
TbxTar *
tbx_tar_new (guint64 exact_bytes, TbxTarSink sink, gpointer user_data)
{
  const TbxLibarchive *la = tbx_libarchive_get ();
  TbxTar *self;

  if (la == NULL)
    return NULL;
  self = g_malloc (sizeof *self);
  memset (self, 0, G_STRUCT_OFFSET (TbxTar, chunk));
  self->la = la;
  self->exact = exact_bytes;
  self->sink = sink;
  self->user_data = user_data;
  self->entry = la->archive_entry_new ();
  self->data = g_array_new (FALSE, FALSE, sizeof (Stretch));
  self->archive = open_archive (la, CHUNK_BYTES, on_write, self);
  return self;
}

static gboolean
swallow (const guint8 *data, gsize size, gpointer user_data)
{
  return FALSE;
}

void
tbx_tar_free (TbxTar *self)
{
  self->sink = swallow;   /* freeing would complete it */
  self->la->archive_write_free (self->archive);
  self->la->archive_entry_free (self->entry);
  g_array_unref (self->data);
  g_free (self);
}

/* Finds the holes of a file, if they are worth it: else it is one stretch of data. */
static void
find_data (TbxTar *self, int fd, const struct stat *info)
{
  off_t size = info->st_size, total = 0, start = 0, end;
  Stretch stretch;

  g_array_set_size (self->data, 0);
  if (info->st_blocks * BLOCK_BYTES <= size - MIN_HOLE_BYTES)
    while (start < size && self->data->len < MAX_STRETCHES
           && (start = lseek (fd, start, SEEK_DATA)) >= 0
           && (end = lseek (fd, start, SEEK_HOLE)) >= 0)
      {
        stretch = (Stretch) { start, MIN (end, size) - start };
        if (start >= size)
          break;
        total += stretch.length;
        g_array_append_val (self->data, stretch);
        start = end;
      }
  else
    total = size;
  /* Behind the last data there is none (ENXIO); otherwise they could not be told. */
  if (size - total >= MIN_HOLE_BYTES && (start >= size || (start < 0 && errno == ENXIO)))
    return;
  g_array_set_size (self->data, 0);
  stretch = (Stretch) { 0, size };
  if (size > 0)
    g_array_append_val (self->data, stretch);
}

static gboolean
is_sparse (TbxTar *self, off_t size)
{
  return size > 0
         && (self->data->len != 1 || g_array_index (self->data, Stretch, 0).length != size);
}

/* A file of /proc tells sizes that say nothing: that of kcore is the address space. */
static off_t
true_size (int fd, const struct stat *info)
{
  struct statfs system;

  return info->st_blocks == 0 && info->st_size > 0 && fstatfs (fd, &system) == 0
                 && system.f_type == PROC_SUPER_MAGIC
             ? 0
             : info->st_size;
}

static void
set_content (TbxTar *self, const TbxTarMember *member)
{
  struct stat info = *member->info;
  Stretch *stretches;

  g_array_set_size (self->data, 0);
  if (member->fd < 0 || member->hard_link != NULL)
    {
      self->la->archive_entry_set_size (self->entry, 0);
      return;
    }
  info.st_size = true_size (member->fd, &info);
  find_data (self, member->fd, &info);
  self->la->archive_entry_set_size (self->entry, info.st_size);
  if (!is_sparse (self, info.st_size))
    return;
  stretches = (Stretch *) self->data->data;
  for (guint i = 0; i < self->data->len; i++)
    self->la->archive_entry_sparse_add_entry (self->entry, stretches[i].start,
                                              stretches[i].length);
  if (self->data->len == 0)   /* a hole, and nothing else */
    self->la->archive_entry_sparse_add_entry (self->entry, info.st_size, 0);
}

static void
set_entry (TbxTar *self, const TbxTarMember *member)
{
  const TbxLibarchive *la = self->la;
  struct archive_entry *entry = self->entry;
  const struct stat *info = member->info;

  la->archive_entry_clear (entry);
  la->archive_entry_copy_pathname (entry, member->name);
  la->archive_entry_set_filetype (entry, info->st_mode & S_IFMT);
  la->archive_entry_set_perm (entry, info->st_mode & 07777);
  la->archive_entry_set_uid (entry, info->st_uid);
  la->archive_entry_set_gid (entry, info->st_gid);
  if (member->user != NULL)
    la->archive_entry_copy_uname (entry, member->user);
  if (member->group != NULL)
    la->archive_entry_copy_gname (entry, member->group);
  la->archive_entry_set_mtime (entry, info->st_mtim.tv_sec, info->st_mtim.tv_nsec);
  if (S_ISBLK (info->st_mode) || S_ISCHR (info->st_mode))
    la->archive_entry_set_rdev (entry, info->st_rdev);
  if (member->target != NULL)
    la->archive_entry_copy_symlink (entry, member->target);
  if (member->hard_link != NULL)
    la->archive_entry_copy_hardlink (entry, member->hard_link);
  set_content (self, member);
}

/* Counts, until it is closed. */
typedef struct
{
  guint64  size;   /* bytes */
  gboolean closed;
} Counter;

static la_ssize_t
on_count (struct archive *archive, void *user_data, const void *data, size_t size)
{
  Counter *counter = user_data;

  if (counter->closed)
    return -1;
  counter->size += size;
  return (la_ssize_t) size;
}

/* What the member at hand takes: its header as libarchive writes it, and its data. */
static int
measure_entry (TbxTar *self, guint64 *size)
{
  Counter counter = { 0 };
  struct archive *scratch = open_archive (self->la, 0, on_count, &counter);
  int result = self->la->archive_write_header (scratch, self->entry);
  guint64 data = 0;

  /* The map of a sparse file comes with the first byte of its content. */
  if (result >= ARCHIVE_WARN && is_sparse (self, self->la->archive_entry_size (self->entry)))
    self->la->archive_write_data (scratch, "", 1);
  counter.size -= counter.size % BLOCK_BYTES;
  counter.closed = TRUE;
  self->la->archive_write_free (scratch);
  if (result < ARCHIVE_WARN)
    return EOPNOTSUPP;
  for (guint i = 0; i < self->data->len; i++)
    data += (guint64) g_array_index (self->data, Stretch, i).length;
  *size = counter.size + (data + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
  return 0;
}

/**
 * tbx_tar_measure:
 * @self: an archive; it stays as it is
 * @member: what would be added
 * @size: (out): how many bytes of the archive it would take
 *
 * Returns: 0, or `EOPNOTSUPP` for what cannot be a member
 */
int
tbx_tar_measure (TbxTar *self, const TbxTarMember *member, guint64 *size)
{
  set_entry (self, member);
  return measure_entry (self, size);
}

/* Of a hole libarchive reads nothing; it may be larger than any disk. */
static gboolean
write_zeros (TbxTar *self, off_t size)
{
  static guint8 zeros[1024 * 1024];   /* not constant, or the program would have them */

  for (guint i = 0; size > 0; i++)
    {
      la_ssize_t n = self->la->archive_write_data (self->archive, zeros,
                                                   MIN ((gsize) size, sizeof zeros));

      if (n <= 0 || (i % 1024 == 0 && !self->sink (NULL, 0, self->user_data)))
        return FALSE;
      size -= n;
    }
  return TRUE;
}

/* What is missing of a file that became shorter are zeros. */
static int
write_stretch (TbxTar *self, int fd, const Stretch *stretch, gboolean *changed)
{
  off_t done = 0;

  while (done < stretch->length)
    {
      gsize size = (gsize) MIN ((off_t) CHUNK_BYTES, stretch->length - done);
      gssize n = pread (fd, self->chunk, size, stretch->start + done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno;
      if (n == 0)
        {
          *changed = TRUE;
          return write_zeros (self, stretch->length - done) ? 0 : ECANCELED;
        }
      if (self->la->archive_write_data (self->archive, self->chunk, (gsize) n) != n)
        return ECANCELED;
      done += n;
    }
  return 0;
}

static int
write_content (TbxTar *self, int fd, off_t size, gboolean *changed)
{
  off_t position = 0;
  int error_number;

  for (guint i = 0; i < self->data->len; i++)
    {
      const Stretch *stretch = &g_array_index (self->data, Stretch, i);

      /* libarchive takes the holes too, and leaves them out. */
      if (!write_zeros (self, stretch->start - position))
        return ECANCELED;
      error_number = write_stretch (self, fd, stretch, changed);
      if (error_number != 0)
        return error_number;
      position = stretch->start + stretch->length;
    }
  return write_zeros (self, size - position) ? 0 : ECANCELED;
}

/**
 * tbx_tar_add:
 * @self: an archive
 * @member: what is added
 *
 * Returns: 0, or %TBX_TAR_CHANGED; `EOPNOTSUPP` for what cannot be a member and
 *   `EFBIG` for what has no room in an archive of exact size, after which it goes on;
 *   what reading gave; `ECANCELED` if the sink wanted no more
 */
int
tbx_tar_add (TbxTar *self, const TbxTarMember *member)
{
  gboolean changed = FALSE;
  struct stat info;
  guint64 size = 0;
  off_t length;
  int error_number = 0, result;

  set_entry (self, member);
  if (self->exact > 0)
    error_number = measure_entry (self, &size);
  if (error_number == 0 && self->exact > 0
      && self->members + size + TBX_TAR_END_BYTES > self->exact)
    error_number = EFBIG;
  if (error_number != 0)
    return error_number;
  result = self->la->archive_write_header (self->archive, self->entry);
  if (result < ARCHIVE_WARN)
    return result == ARCHIVE_FATAL ? ECANCELED : EOPNOTSUPP;
  self->members += size;
  length = self->la->archive_entry_size (self->entry);
  if (length > 0)
    error_number = write_content (self, member->fd, length, &changed);
  if (error_number == 0 && self->la->archive_write_finish_entry (self->archive) < ARCHIVE_WARN)
    error_number = ECANCELED;
  if (error_number == 0 && length > 0 && fstat (member->fd, &info) == 0
      && info.st_size != length)
    changed = TRUE;
  return error_number == 0 && changed ? TBX_TAR_CHANGED : error_number;
}

/**
 * tbx_tar_end:
 * @self: an archive; nothing is added after this
 *
 * Returns: 0, or `ECANCELED` if the sink wanted no more
 */
int
tbx_tar_end (TbxTar *self)
{
  if (self->la->archive_write_close (self->archive) < ARCHIVE_WARN)
    return ECANCELED;
  memset (self->chunk, 0, CHUNK_BYTES);
  while (self->written < self->exact)
    if (on_write (NULL, self, self->chunk, MIN (CHUNK_BYTES, self->exact - self->written)) < 0)
      return ECANCELED;
  return 0;
}
