/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-unpack.h"
#include "tbx-archive-file.h"
#include "tbx-archive-late.h"
#include "tbx-archive-source.h"
#include "tbx-file-id.h"
#include "tbx-libarchive.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAX_NAME_BYTES 4095
#define BLOCK_BYTES    512
/* Smaller files are written without a look at the space: it will show. */
#define MIN_CHECKED    (1024 * 1024)

const TbxArchiveLimits tbx_archive_default_limits = {
  .max_members = 1000000,
  .ratio = 200,
  .ratio_from = G_GUINT64_CONSTANT (16) << 30,
};

typedef struct
{
  const TbxArchiveUnpack *unpack;
  const TbxLibarchive    *la;
  struct archive         *archive;   /* (owned) */
  TbxArchiveSource       *source;    /* (owned) */
  TbxArchiveRoot         *root;      /* (owned) */
  TbxArchiveLate         *late;      /* (owned) */
  GHashTable             *files;     /* what was unpacked: a set of TbxFileId (owned) */
} Unpacker;

/* A member's path in the folder: without slashes around it, without "." steps.
 * Returns: (nullable): NULL if it has a ".." step */
static char *
normalise (const char *name)
{
  g_auto(GStrv) steps = g_strsplit (name, "/", -1);
  g_autoptr(GString) path = g_string_new (NULL);

  for (char **step = steps; *step != NULL; step++)
    {
      if (g_str_equal (*step, "") || g_str_equal (*step, "."))
        continue;
      if (g_str_equal (*step, ".."))
        return NULL;
      if (path->len > 0)
        g_string_append_c (path, '/');
      g_string_append (path, *step);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

static void
get_attributes (Unpacker *self, struct archive_entry *entry, TbxArchiveAttributes *attributes)
{
  const mode_t mode = self->la->archive_entry_perm (entry);

  *attributes = (TbxArchiveAttributes) {
    .mode = mode & (self->unpack->set_id ? 07777 : 0777) & ~self->unpack->mask,
    .owned = self->unpack->owner && geteuid () == 0,
    .uid = (uid_t) self->la->archive_entry_uid (entry),
    .gid = (gid_t) self->la->archive_entry_gid (entry),
    .mtime = { self->la->archive_entry_mtime (entry), self->la->archive_entry_mtime_nsec (entry) },
  };
}

/* Whether there is room for what is to come, as far as its header tells. */
static int
check_space (Unpacker *self, struct archive_entry *entry)
{
  const TbxLibarchive *la = self->la;
  guint64 size = (guint64) la->archive_entry_size (entry);
  guint64 data = 0;
  la_int64_t offset, length;
  struct statvfs info;

  if (la->archive_entry_sparse_reset (entry) > 0)
    {
      while (la->archive_entry_sparse_next (entry, &offset, &length) == ARCHIVE_OK)
        data += (guint64) MAX (length, 0);
      size = MIN (size, data);
    }
  if (size < MIN_CHECKED || fstatvfs (self->unpack->root_fd, &info) < 0 || info.f_blocks == 0)
    return 0;
  return size / info.f_frsize > info.f_bavail ? ENOSPC : 0;
}

static int
write_all (int fd, const guint8 *data, gsize size, off_t offset)
{
  while (size > 0)
    {
      gssize n = pwrite (fd, data, size, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno;
      data += n;
      size -= (gsize) n;
      offset += n;
    }
  return 0;
}

/* What libarchive failed with: what its source failed with, or it is damaged. */
static int
archive_error (Unpacker *self)
{
  const int error_number = tbx_archive_source_get_error (self->source);

  return error_number != 0 ? error_number : EBADMSG;
}

/* Where the archive has nothing the file has a hole. */
static int
write_content (Unpacker *self, struct archive_entry *entry, int fd)
{
  const la_int64_t size = self->la->archive_entry_size (entry);
  const void *data;
  size_t n;
  la_int64_t offset, end = 0;
  int error_number = 0, result;

  while (error_number == 0
         && (result = self->la->archive_read_data_block (self->archive, &data, &n, &offset))
            != ARCHIVE_EOF)
    {
      if (result != ARCHIVE_OK || offset < 0 || offset > size || (la_int64_t) n > size - offset)
        return archive_error (self);
      /* A little archive may be much content. */
      error_number = tbx_ring_is_cancelled (self->unpack->ring) ? ECANCELED
                                                                : write_all (fd, data, n, offset);
      end = offset + (la_int64_t) n;
    }
  if (error_number == 0 && end < size && ftruncate (fd, size) < 0)
    error_number = errno;
  return error_number;
}

static int
unpack_file (Unpacker *self, struct archive_entry *entry, const char *path)
{
  g_auto(TbxArchiveFile) file = { .fd = -1, .parent_fd = -1 };
  TbxArchiveAttributes attributes;
  struct stat info;
  int error_number = check_space (self, entry);

  if (error_number == 0)
    error_number = tbx_archive_file_begin (&file, self->root, path,
                                           self->unpack->limits->named_temporaries);
  if (error_number == 0)
    error_number = write_content (self, entry, file.fd);
  if (error_number != 0)
    return error_number;
  get_attributes (self, entry, &attributes);
  error_number = tbx_archive_file_complete (&file, &attributes);
  if (error_number == 0 && fstat (file.fd, &info) == 0)
    {
      const TbxFileId id = tbx_file_id (&info);

      g_hash_table_add (self->files, g_memdup2 (&id, sizeof id));
    }
  return error_number;
}

static int
unpack_folder (Unpacker *self, struct archive_entry *entry, const char *path)
{
  TbxArchiveAttributes attributes;
  gboolean made;
  int error_number = tbx_archive_root_make_folder (self->root, path, &made);

  if (error_number != 0 || !made)
    return error_number;
  get_attributes (self, entry, &attributes);
  return tbx_archive_late_add_folder (self->late, path, &attributes);
}

static int
unpack_symlink (Unpacker *self, struct archive_entry *entry, const char *path)
{
  const char *target = self->la->archive_entry_symlink (entry);
  TbxArchiveAttributes attributes;

  if (target == NULL || *target == '\0')
    {
      tbx_archive_log_skip (self->unpack->log, path, "a symlink to nowhere");
      return 0;
    }
  get_attributes (self, entry, &attributes);
  return tbx_archive_late_add_symlink (self->late, path, target, &attributes);
}

/* Opens what a hard link is to, if it came from this archive. */
static int
open_unpacked (Unpacker *self, const char *target)
{
  g_autofree char *path = normalise (target);
  const char *name;
  struct stat info;
  int parent_fd, fd;

  if (path == NULL || *path == '\0'
      || tbx_archive_root_open_parent (self->root, path, FALSE, &parent_fd, &name) != 0)
    return -1;
  fd = openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  close (parent_fd);
  if (fd < 0)
    return -1;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      const TbxFileId id = tbx_file_id (&info);

      if (g_hash_table_contains (self->files, &id))
        return fd;
    }
  close (fd);
  return -1;
}

static int
unpack_link (Unpacker *self, const char *target, const char *path)
{
  int fd = open_unpacked (self, target);
  int error_number;

  if (fd < 0)
    {
      tbx_archive_log_skip (self->unpack->log, path, "a hard link to what is not in the archive");
      return 0;
    }
  error_number = tbx_archive_file_link (self->root, fd, path);
  close (fd);
  return error_number;
}

static int
unpack_member (Unpacker *self, struct archive_entry *entry)
{
  const char *name = self->la->archive_entry_pathname (entry);
  const char *link = self->la->archive_entry_hardlink (entry);
  g_autofree char *path = NULL;

  if (name == NULL)
    return EILSEQ;
  if (strlen (name) > MAX_NAME_BYTES)
    return ENAMETOOLONG;
  path = normalise (name);
  if (path == NULL)
    {
      tbx_archive_log_skip (self->unpack->log, name, "it would leave the folder");
      return 0;
    }
  if (*path == '\0')   /* the folder itself, which is as it is */
    return 0;
  if (link != NULL)
    return unpack_link (self, link, path);
  switch (self->la->archive_entry_filetype (entry))
    {
    case AE_IFREG:
      return unpack_file (self, entry, path);
    case AE_IFDIR:
      return unpack_folder (self, entry, path);
    case AE_IFLNK:
      return unpack_symlink (self, entry, path);
    default:
      tbx_archive_log_skip (self->unpack->log, path, "neither file, folder nor link");
      return 0;
    }
}

static la_ssize_t
on_read (struct archive *archive, void *user_data, const void **block)
{
  Unpacker *self = user_data;

  return tbx_archive_source_read (self->source, block);
}

/* The next header: 0 with @entry NULL at the end.  A warning is about a name that is not
 * in the locale's character set, which is of no concern, or else about what got lost. */
static int
next_header (Unpacker *self, struct archive_entry **entry)
{
  const TbxLibarchive *la = self->la;
  const int result = la->archive_read_next_header (self->archive, entry);

  if (result == ARCHIVE_OK
      || (result == ARCHIVE_WARN && la->archive_errno (self->archive) == EILSEQ))
    return 0;
  *entry = NULL;
  if (result != ARCHIVE_EOF || tbx_archive_source_get_error (self->source) != 0)
    return archive_error (self);
  /* A whole archive has a block of zeros here, not the end of all bytes. */
  if (tbx_archive_source_get_bytes (self->source)
      < (guint64) la->archive_read_header_position (self->archive) + BLOCK_BYTES)
    return EBADMSG;
  return 0;
}

static int
unpack_members (Unpacker *self)
{
  struct archive_entry *entry = NULL;
  int error_number = 0;
  guint members = 0;

  do
    {
      error_number = next_header (self, &entry);
      if (error_number == 0 && entry != NULL)
        error_number = ++members > self->unpack->limits->max_members
                           ? E2BIG
                           : unpack_member (self, entry);
    }
  while (error_number == 0 && entry != NULL);
  return error_number;
}

/* What follows the archive: a gzip has its checksum there. */
static int
unpack_rest (Unpacker *self)
{
  const void *block;

  while (tbx_archive_source_read (self->source, &block) > 0)
    continue;
  return tbx_archive_source_get_error (self->source);
}

/* Reads the first bytes, so that it is known whether there are any. */
static int
open_archive (Unpacker *self)
{
  const TbxLibarchive *la = self->la;

  self->archive = la->archive_read_new ();
  if (self->archive == NULL)
    g_error ("libarchive: no memory");
  la->archive_read_support_format_tar (self->archive);
  return la->archive_read_open (self->archive, self, NULL, on_read, NULL) == ARCHIVE_OK
             ? 0
             : archive_error (self);
}

static int
unpacker_run (Unpacker *self)
{
  int error_number = open_archive (self);
  int result;

  if (error_number == 0)
    error_number = unpack_members (self);
  /* Nothing at all is an archive of nothing. */
  if (error_number == EBADMSG && tbx_archive_source_get_error (self->source) == 0
      && tbx_archive_source_get_bytes (self->source) == 0)
    error_number = 0;
  if (error_number == 0)
    error_number = unpack_rest (self);
  if (error_number == 0)
    error_number = tbx_archive_late_make_links (self->late);
  result = tbx_archive_late_set_folders (self->late);
  return error_number != 0 ? error_number : result;
}

/**
 * tbx_archive_unpack:
 * @unpack: what, and where to
 *
 * Ends at the first error; what is there then are whole files.
 * Source: docs/wire/archives.md, "Uploads".
 *
 * Returns: 0, or an errno: `EBADMSG` for a damaged or truncated archive, `EFBIG` for
 *   one that becomes too large, `E2BIG` for too many members, `ECANCELED` when the host
 *   gave up, `EOPNOTSUPP` where libarchive is not installed; else what a file gave
 */
int
tbx_archive_unpack (const TbxArchiveUnpack *unpack)
{
  Unpacker self = { .unpack = unpack, .la = tbx_libarchive_get () };
  /* Names are bytes: in a locale with a character set libarchive would rewrite them. */
  locale_t plain = newlocale (LC_CTYPE_MASK, "C", (locale_t) 0);
  locale_t before = uselocale (plain);
  int error_number = EOPNOTSUPP;

  self.source = tbx_archive_source_new (unpack->ring, unpack->limits->ratio,
                                        unpack->limits->ratio_from);
  self.root = tbx_archive_root_new (unpack->root_fd);
  self.late = tbx_archive_late_new (self.root, unpack->all_links, unpack->ring, unpack->log);
  self.files = g_hash_table_new_full (tbx_file_id_hash, tbx_file_id_equal, g_free, NULL);
  if (self.la != NULL)
    {
      error_number = unpacker_run (&self);
      self.la->archive_read_free (self.archive);
    }
  tbx_archive_log_end (unpack->log, error_number);
  g_hash_table_unref (self.files);
  tbx_archive_late_free (self.late);
  tbx_archive_root_free (self.root);
  tbx_archive_source_free (self.source);
  uselocale (before);
  if (plain != (locale_t) 0)
    freelocale (plain);
  return error_number;
}
