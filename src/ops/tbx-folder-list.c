/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-folder-list.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Steps that a pattern may take on one name before it is refused: no name is worth
 * more, and some patterns would take for ever. */
#define MATCH_LIMIT "(*LIMIT_MATCH=100000)"

/* What a pattern may take for all names of a folder together. */
#define MATCH_TIME_US (2 * G_USEC_PER_SEC)

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

/* A compiled pattern; none lets every name pass. */
static GRegex *
compile (const char *pattern, GError **error)
{
  g_autofree char *limited = g_strconcat (MATCH_LIMIT, pattern, NULL);

  return g_regex_new (limited, 0, 0, error);
}

static gboolean
regex_matches (GRegex *regex, const char *name, gboolean *valid)
{
  g_autofree char *text = g_utf8_make_valid (name, -1);
  g_autoptr(GError) error = NULL;
  gboolean matches = g_regex_match_full (regex, text, -1, 0, 0, NULL, &error);

  if (error != NULL)
    *valid = FALSE;
  return matches;
}

/**
 * tbx_pattern_is_valid:
 * @pattern: (nullable): a regular expression
 *
 * Returns: whether it is one
 */
gboolean
tbx_pattern_is_valid (const char *pattern)
{
  g_autoptr(GRegex) regex = pattern == NULL ? NULL : compile (pattern, NULL);

  return pattern == NULL || regex != NULL;
}

/**
 * tbx_pattern_matches:
 * @pattern: (nullable): a regular expression, not anchored
 * @text: any bytes
 * @valid: (out): whether @pattern could be used
 *
 * Returns: whether @text matches
 */
gboolean
tbx_pattern_matches (const char *pattern, const char *text, gboolean *valid)
{
  g_autoptr(GRegex) regex = pattern == NULL ? NULL : compile (pattern, NULL);

  *valid = pattern == NULL || regex != NULL;
  return regex == NULL ? *valid : regex_matches (regex, text, valid);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
list_add (TbxFolderList *self, GRegex *regex, const char *name, gboolean *valid)
{
  if (regex != NULL && g_get_monotonic_time () - self->read_us > MATCH_TIME_US)
    *valid = FALSE;
  if (*valid && (regex == NULL || regex_matches (regex, name, valid)))
    g_ptr_array_add (self->names, g_string_chunk_insert (self->memory, name));
}

/* Reads all names; FALSE when they cannot be read, or the pattern went too far. */
static gboolean
list_fill (TbxFolderList *self, GRegex *regex, int *error_number)
{
  int fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 3);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  gboolean valid = TRUE;
  struct dirent *entry;
  guint n_first;

  if (dir == NULL)
    {
      *error_number = errno;
      return FALSE;
    }
  list_add (self, regex, ".", &valid);
  list_add (self, regex, "..", &valid);
  n_first = self->names->len;
  while (valid && (entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      list_add (self, regex, entry->d_name, &valid);
  closedir (dir);
  if (self->names->len > n_first)
    qsort (self->names->pdata + n_first, self->names->len - n_first, sizeof (gpointer),
           compare_names);
  return valid;
}

/**
 * tbx_folder_list_read:
 * @path: a folder
 * @pattern: (nullable): what names must match
 * @follow: whether @path may be a symlink
 * @error_number: (out): why there is no list: an errno, or 0 for a bad pattern
 *
 * Returns: (transfer full) (nullable): the list, with the folder open
 */
TbxFolderList *
tbx_folder_list_read (const char *path,
                      const char *pattern,
                      gboolean    follow,
                      int        *error_number)
{
  g_autoptr(TbxFolderList) self = g_new0 (TbxFolderList, 1);
  g_autoptr(GRegex) regex = NULL;
  struct stat info;

  g_atomic_ref_count_init (&self->ref_count);
  self->names = g_ptr_array_new ();
  self->memory = g_string_chunk_new (16 * 1024);
  self->path = g_strdup (path);
  self->pattern = g_strdup (pattern);
  self->read_us = g_get_monotonic_time ();
  *error_number = 0;
  self->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (self->fd < 0 || fstat (self->fd, &info) < 0)
    {
      *error_number = errno;
      return NULL;
    }
  self->mtime_ns = info.st_mtim.tv_sec * NS_PER_S + info.st_mtim.tv_nsec;
  self->inode = info.st_ino;
  if (pattern != NULL && (regex = compile (pattern, NULL)) == NULL)
    return NULL;
  return list_fill (self, regex, error_number) ? g_steal_pointer (&self) : NULL;
}

TbxFolderList *
tbx_folder_list_ref (TbxFolderList *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_folder_list_unref (TbxFolderList *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_ptr_array_unref (self->names);
  g_string_chunk_free (self->memory);
  g_free (self->path);
  g_free (self->pattern);
  g_free (self);
}

/**
 * tbx_folder_list_is_fresh:
 * @self: a list that was read before
 * @path: the folder that is asked for
 * @pattern: (nullable): the pattern that is asked for
 *
 * Returns: whether reading it again would give the same
 */
gboolean
tbx_folder_list_is_fresh (TbxFolderList *self, const char *path, const char *pattern)
{
  struct stat info;

  return g_get_monotonic_time () - self->read_us < TBX_FOLDER_LIST_FRESH_S * G_USEC_PER_SEC
         && strcmp (self->path, path) == 0
         && g_strcmp0 (self->pattern, pattern) == 0 && lstat (path, &info) == 0
         && info.st_ino == self->inode
         && info.st_mtim.tv_sec * NS_PER_S + info.st_mtim.tv_nsec == self->mtime_ns;
}
