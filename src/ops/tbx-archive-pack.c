/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-pack.h"
#include "tbx-archive-owners.h"
#include "tbx-file-id.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

/* A folder that is deeper is left out. */
#define MAX_DEPTH        256
/* So many names of a folder are in memory, and in order. */
#define MAX_BATCH        16384
/* Of more files with several names some are there twice. */
#define MAX_LINKS        65536
/* What may be looked at in the main loop to tell the size beforehand. */
#define MAX_MEASURED     1000
#define MAX_MEASURING_US (50 * 1000)

typedef struct
{
  TbxFileId  id;
  char      *name;    /* of its first member (owned) */
  nlink_t    left;    /* names that it may still have */
} Link;

typedef struct
{
  const TbxArchivePack *pack;
  TbxTar               *tar;       /* (owned) */
  TbxArchiveOwners     *owners;    /* (owned) */
  GString              *name;      /* of the member at hand (owned) */
  GHashTable           *links;     /* Link, by its id -> itself (owned) */
  gboolean              measure;   /* nothing is packed */
  guint64               size;      /* measured so far, bytes */
  guint                 members;   /* measured so far */
  gint64                deadline_us;
} Packer;

static int pack_entry (Packer *self, int dir_fd, const char *name, guint depth);

static void
link_free (gpointer data)
{
  Link *link = data;

  g_free (link->name);
  g_free (link);
}

/* The first member that is the same file. */
static Link *
find_link (Packer *self, const struct stat *info)
{
  const TbxFileId id = tbx_file_id (info);

  return info->st_nlink > 1 && !S_ISDIR (info->st_mode) ? g_hash_table_lookup (self->links, &id)
                                                        : NULL;
}

static void
note_link (Packer *self, const struct stat *info)
{
  Link *link;

  if (info->st_nlink < 2 || !S_ISREG (info->st_mode)
      || g_hash_table_size (self->links) >= MAX_LINKS)
    return;
  link = g_new (Link, 1);
  *link = (Link) { tbx_file_id (info), g_strdup (self->name->str), info->st_nlink - 1 };
  g_hash_table_add (self->links, link);
}

static int
measure_member (Packer *self, const TbxTarMember *member)
{
  guint64 size;
  int error_number = tbx_tar_measure (self->tar, member, &size);

  if (error_number != 0)
    return error_number == EOPNOTSUPP ? 0 : error_number;
  self->size += size;
  return ++self->members > MAX_MEASURED || g_get_monotonic_time () > self->deadline_us ? EFBIG : 0;
}

/* Returns: 0, also where the member is left out, or what ends the archive */
static int
add_member (Packer *self, TbxTarMember *member)
{
  TbxArchiveLog *log = self->pack->log;
  int error_number;

  member->name = self->name->str;
  member->user = tbx_archive_owners_user (self->owners, member->info->st_uid);
  member->group = tbx_archive_owners_group (self->owners, member->info->st_gid);
  error_number = self->measure ? measure_member (self, member) : tbx_tar_add (self->tar, member);
  if (self->measure)
    return error_number;
  if (error_number == TBX_TAR_CHANGED)
    tbx_archive_log (log, self->name->str, "changed while it was read");
  else if (error_number == EOPNOTSUPP)
    tbx_archive_log_skip (log, self->name->str, "cannot be in an archive");
  else if (error_number == EFBIG)
    tbx_archive_log_skip (log, self->name->str, "came after the size was told");
  else if (error_number != 0)
    return error_number;
  return 0;
}

/* What cannot be opened is left out, unless it is our own trouble.
 * Returns: 0 then, else the errno */
static int
leave_out (Packer *self, int error_number)
{
  switch (error_number)
    {
    case ENOENT:    /* it is gone since the folder was read */
    case ENOTDIR:   /* it is something else now */
    case ELOOP:
    case ENXIO:
      return 0;
    case EACCES:
    case EPERM:
      if (!self->measure)
        tbx_archive_log_skip (self->pack->log, self->name->str, g_strerror (error_number));
      return 0;
    default:
      return error_number;
    }
}

static int
pack_as_link (Packer *self, Link *link, const struct stat *info)
{
  TbxTarMember member = { .info = info, .hard_link = link->name, .fd = -1 };
  int error_number = add_member (self, &member);

  if (--link->left == 0)
    g_hash_table_remove (self->links, link);
  return error_number;
}

/* @fd: an open file; closed here */
static int
pack_open_file (Packer *self, int fd)
{
  struct stat info;
  TbxTarMember member = { .info = &info, .fd = fd };
  Link *link;
  int error_number = 0;

  if (fstat (fd, &info) < 0)
    error_number = errno;
  else if (S_ISREG (info.st_mode))
    {
      link = find_link (self, &info);
      error_number = link != NULL ? pack_as_link (self, link, &info) : add_member (self, &member);
      if (link == NULL && error_number == 0)
        note_link (self, &info);
    }
  close (fd);
  return error_number;
}

static int
pack_file (Packer *self, int dir_fd, const char *name)
{
  int fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  return fd < 0 ? leave_out (self, errno) : pack_open_file (self, fd);
}

static int
pack_symlink (Packer *self, int dir_fd, const char *name, const struct stat *info)
{
  char target[PATH_MAX];
  TbxTarMember member = { .info = info, .target = target, .fd = -1 };
  gssize n = readlinkat (dir_fd, name, target, sizeof target - 1);

  if (n < 0)
    return errno == EINVAL ? 0 : leave_out (self, errno);
  target[n] = '\0';
  return add_member (self, &member);
}

static int
pack_special (Packer *self, const struct stat *info)
{
  TbxTarMember member = { .info = info, .fd = -1 };

  if (!S_ISSOCK (info->st_mode))
    return add_member (self, &member);
  g_debug ("A socket is not packed");
  return 0;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The next names of a folder, in order. */
static int
read_batch (DIR *dir, GPtrArray *names)
{
  struct dirent *entry;

  g_ptr_array_set_size (names, 0);
  errno = 0;
  while (names->len < MAX_BATCH && (entry = readdir (dir)) != NULL)
    {
      if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
        g_ptr_array_add (names, g_strdup (entry->d_name));
      errno = 0;
    }
  g_ptr_array_sort (names, compare_names);
  return errno;
}

/* @fd: an open folder; closed here */
static int
pack_entries (Packer *self, int fd, guint depth)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  DIR *dir = fdopendir (fd);
  int error_number;

  if (dir == NULL)
    {
      error_number = errno;
      close (fd);
      return error_number;
    }
  error_number = read_batch (dir, names);
  while (error_number == 0 && names->len > 0)
    {
      const gboolean last = names->len < MAX_BATCH;

      for (guint i = 0; error_number == 0 && i < names->len; i++)
        error_number = pack_entry (self, dirfd (dir), g_ptr_array_index (names, i), depth);
      if (last)
        break;
      if (error_number == 0)
        error_number = read_batch (dir, names);
    }
  closedir (dir);
  return error_number;
}

static int
pack_folder (Packer *self, int dir_fd, const char *name, guint depth)
{
  struct stat info;
  TbxTarMember member = { .info = &info, .fd = -1 };
  int error_number = 0;
  int fd;

  if (depth >= MAX_DEPTH)
    {
      if (!self->measure)
        tbx_archive_log_skip (self->pack->log, self->name->str, "too deep");
      return 0;
    }
  fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return leave_out (self, errno);
  g_string_append_c (self->name, '/');
  error_number = fstat (fd, &info) < 0 ? errno : add_member (self, &member);
  if (error_number == 0)
    return pack_entries (self, fd, depth + 1);
  close (fd);
  return error_number;
}

static int
pack_entry (Packer *self, int dir_fd, const char *name, guint depth)
{
  gsize length = self->name->len;
  struct stat info;
  int error_number;

  if (!self->measure && self->pack->cancelled (self->pack->user_data))
    return ECANCELED;
  g_string_append (self->name, name);
  if (fstatat (dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    error_number = leave_out (self, errno);
  else if (S_ISREG (info.st_mode))
    error_number = pack_file (self, dir_fd, name);
  else if (S_ISDIR (info.st_mode))
    error_number = pack_folder (self, dir_fd, name, depth);
  else if (S_ISLNK (info.st_mode))
    error_number = pack_symlink (self, dir_fd, name, &info);
  else
    error_number = pack_special (self, &info);
  g_string_truncate (self->name, length);
  return error_number;
}

static int
pack_root (Packer *self)
{
  int fd;

  if (self->pack->name == NULL)
    {
      /* A place of its own in the folder, and none that others hold. */
      fd = openat (self->pack->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      return fd < 0 ? errno : pack_entries (self, fd, 0);
    }
  g_string_append (self->name, self->pack->name);
  fd = fcntl (self->pack->root_fd, F_DUPFD_CLOEXEC, 0);
  return fd < 0 ? errno : pack_open_file (self, fd);
}

static int
packer_run (Packer *self)
{
  const TbxArchivePack *pack = self->pack;
  /* libarchive believes that names are in the locale's character set. */
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t before = uselocale (utf8);
  int error_number;

  self->tar = tbx_tar_new (pack->exact_bytes, pack->sink, pack->user_data);
  self->owners = tbx_archive_owners_new ();
  self->name = g_string_new (pack->prefix);
  self->links = g_hash_table_new_full (tbx_file_id_hash, tbx_file_id_equal, NULL, link_free);
  error_number = self->tar != NULL ? pack_root (self) : EOPNOTSUPP;
  if (error_number == 0 && !self->measure)
    error_number = tbx_tar_end (self->tar);
  g_hash_table_unref (self->links);
  g_string_free (self->name, TRUE);
  tbx_archive_owners_free (self->owners);
  g_clear_pointer (&self->tar, tbx_tar_free);
  uselocale (before);
  if (utf8 != (locale_t) 0)
    freelocale (utf8);
  return error_number;
}

/**
 * tbx_archive_pack:
 * @pack: what, and where to
 *
 * Walks by descriptor, in the order of names, and follows no links.  What may not be
 * read is left out and logged.
 *
 * Returns: 0, or the errno that ended it; `ECANCELED` if the sink wanted no more
 */
int
tbx_archive_pack (const TbxArchivePack *pack)
{
  Packer packer = { .pack = pack };
  int error_number = packer_run (&packer);

  tbx_archive_log_end (pack->log, error_number);
  return error_number;
}

static gboolean
no_sink (const guint8 *data, gsize size, gpointer user_data)
{
  return FALSE;
}

/**
 * tbx_archive_measure:
 * @root_fd: as in #TbxArchivePack
 * @name: (nullable): as there
 * @prefix: as there
 * @size: (out): length of the archive, bytes
 *
 * Returns: 0, or an errno; `EFBIG` if to know it takes too long
 */
int
tbx_archive_measure (int root_fd, const char *name, const char *prefix, guint64 *size)
{
  const TbxArchivePack pack = {
    .root_fd = root_fd,
    .name = name,
    .prefix = prefix,
    .sink = no_sink,
  };
  Packer packer = {
    .pack = &pack,
    .measure = TRUE,
    .deadline_us = g_get_monotonic_time () + MAX_MEASURING_US,
  };
  int error_number = packer_run (&packer);

  *size = packer.size + TBX_TAR_END_BYTES;
  return error_number;
}
