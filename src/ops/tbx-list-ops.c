/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static guint
file_type (const struct stat *info)
{
  if (S_ISDIR (info->st_mode))
    return TBX_VIX_FILE_IS_DIRECTORY;
  return S_ISLNK (info->st_mode) ? TBX_VIX_FILE_IS_SYMLINK : 0;
}

static void
read_target (int dir_fd, const char *name, char target[PATH_MAX])
{
  gssize n = readlinkat (dir_fd, name, target, PATH_MAX - 1);

  target[MAX (n, 0)] = '\0';
}

/* Appends one record; FALSE when it does not fit.  A file that is gone meanwhile, or
 * may not be looked at, is listed with what is known. */
static gboolean
append_info (GString *text, gsize limit, int dir_fd, const char *name, const char *shown)
{
  TbxVixFileInfo record = { .name = shown };
  char target[PATH_MAX] = "";
  struct stat info, other;

  if (fstatat (dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0)
    {
      record.type = file_type (&info);
      record.size = S_ISREG (info.st_mode) ? (guint64) info.st_size : 0;
      if (S_ISLNK (info.st_mode))
        {
          read_target (dir_fd, name, target);
          record.link_target = target;
          if (fstatat (dir_fd, name, &other, 0) == 0)
            info = other;
        }
      record.mtime = info.st_mtim.tv_sec;
      record.atime = info.st_atim.tv_sec;
      record.uid = (gint32) info.st_uid;
      record.gid = (gint32) info.st_gid;
      record.mode = info.st_mode;
    }
  return tbx_vix_file_info_append (text, limit, &record);
}

/* The page [@start, @start + @count) of @n entries, as far as it fits; whether there are
 * more after it. */
static gboolean
return_page (TbxOp *op, const TbxFolderList *list, const char *single, guint64 n, guint64 start,
             guint64 count)
{
  const gsize limit = TBX_VIX_PAYLOAD_MAX_BYTES - TBX_VIX_FILE_LIST_HEADER_MAX_BYTES;
  g_autoptr(GString) records = g_string_sized_new (32 * 1024);
  g_autoptr(GString) text = g_string_sized_new (32 * 1024);
  guint64 end = start > n ? start : start + MIN (count, n - start);
  gboolean fits = TRUE;
  guint64 i = start;

  while (i < end && fits)
    {
      const char *name = list == NULL ? single : g_ptr_array_index (list->names, i);

      fits = append_info (records, limit, list == NULL ? AT_FDCWD : list->fd, name, name);
      if (fits)
        i++;
    }
  tbx_vix_file_list_header (text, !fits, n > i ? n - i : 0);
  g_string_append_len (text, records->str, (gssize) records->len);
  tbx_op_return_data (op, text->str, text->len);
  return n > i;
}

/* The list for a page: read anew for the first, remembered for those after it. */
static TbxFolderList *
get_list (TbxOps *self, const TbxVixListFiles *request, int *error_number)
{
  TbxFolderList *last = tbx_ops_get_folder_list (self);
  TbxFolderList *list;

  if ((request->index > 0 || request->offset > 0) && last != NULL
      && tbx_folder_list_is_fresh (last, request->path, request->pattern))
    return tbx_folder_list_ref (last);
  list = tbx_folder_list_read (request->path, request->pattern, FALSE, error_number);
  tbx_ops_set_folder_list (self, list);
  return list;
}

/* Source: docs/wire/vix.md, "LIST_FILES (177)". */
void
tbx_handle_list_files (TbxOps *self, TbxOp *op)
{
  const TbxVixListFiles *request = &tbx_op_get_request (op)->list_files;
  guint64 start = (guint64) request->index + request->offset;
  guint64 most = (guint64) request->max_results;
  guint64 count = most - MIN (request->offset, most);
  g_autoptr(TbxFolderList) list = NULL;
  gboolean valid, matches;
  int error_number = 0;
  struct stat info;

  if (!tbx_pattern_is_valid (request->pattern))   /* wherever the path leads */
    {
      tbx_op_return (op, TBX_VIX_INVALID_ARG, 0);
      return;
    }
  if (lstat (request->path, &info) < 0)
    {
      tbx_op_return_errno (op, errno);
      return;
    }
  if (!S_ISDIR (info.st_mode))
    {
      matches = tbx_pattern_matches (request->pattern, request->path, &valid);
      if (valid)
        return_page (op, NULL, request->path, matches ? 1 : 0, start, count);
      else
        tbx_op_return (op, TBX_VIX_INVALID_ARG, 0);
      return;
    }
  list = get_list (self, request, &error_number);
  if (list == NULL && error_number != 0)
    tbx_op_return_errno (op, error_number);
  else if (list == NULL)
    tbx_op_return (op, TBX_VIX_INVALID_ARG, 0);
  else if (!return_page (op, list, NULL, list->names->len, start, count))
    tbx_ops_set_folder_list (self, NULL);   /* no page follows: let go of the folder */
}

/* What the legacy records say of one file. */
static TbxVixFileEntry
describe (int dir_fd, const char *name, const char *shown)
{
  TbxVixFileEntry entry = { .name = shown, .size = -1, .mtime = -1 };
  struct stat info, other;

  if (fstatat (dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return entry;
  entry.flags = file_type (&info);
  if (S_ISLNK (info.st_mode) && fstatat (dir_fd, name, &other, 0) == 0)
    {
      info = other;
      if (S_ISDIR (info.st_mode))
        entry.flags = TBX_VIX_FILE_IS_DIRECTORY;
    }
  entry.size = S_ISREG (info.st_mode) ? info.st_size : 0;
  entry.mtime = info.st_mtim.tv_sec;
  return entry;
}

/* Source: docs/wire/vix.md, "LIST_DIRECTORY (79) – legacy". */
void
tbx_handle_list_directory (TbxOps *self, TbxOp *op)
{
  const TbxVixListDirectory *request = &tbx_op_get_request (op)->list_directory;
  gboolean paged = (request->options & TBX_VIX_LIST_DIRECTORY_HAS_OFFSET) != 0;
  g_autoptr(GString) records = g_string_sized_new (32 * 1024);
  g_autoptr(GString) text = g_string_sized_new (32 * 1024);
  g_autoptr(TbxFolderList) list = NULL;
  gboolean fits = TRUE;
  int error_number;

  list = tbx_folder_list_read (request->path, NULL, TRUE, &error_number);
  if (list == NULL)
    {
      tbx_op_return_errno (op, error_number);
      return;
    }
  for (guint64 i = 2 + (guint64) request->offset; fits && i < list->names->len; i++)
    {
      const char *name = g_ptr_array_index (list->names, i);
      const TbxVixFileEntry entry = describe (list->fd, name, name);

      fits = tbx_vix_file_entry_append (records, TBX_VIX_PAYLOAD_MAX_BYTES - 16, &entry,
                                        tbx_op_get_escape (op));
    }
  tbx_vix_legacy_list_header (text, paged, !fits, tbx_op_get_escape (op));
  g_string_append_len (text, records->str, (gssize) records->len);
  tbx_op_return_data (op, text->str, text->len);
}

/* Source: docs/wire/vix.md, "Simple queries – legacy". */
void
tbx_handle_get_file_info (TbxOps *self, TbxOp *op)
{
  const char *path = tbx_op_get_request (op)->file.path;
  const TbxVixFileEntry entry = describe (AT_FDCWD, path, "");
  g_autoptr(GString) text = g_string_new (NULL);

  if (access (path, F_OK) < 0)
    {
      tbx_op_return (op, TBX_VIX_FILE_NOT_FOUND, errno);
      return;
    }
  tbx_vix_file_entry_append (text, TBX_VIX_PAYLOAD_MAX_BYTES, &entry, FALSE);
  tbx_op_return_data (op, text->str, text->len);
}

static void
return_flag (TbxOp *op, gboolean flag)
{
  tbx_op_return_data (op, flag ? "1" : "0", 1);
}

void
tbx_handle_file_exists (TbxOps *self, TbxOp *op)
{
  struct stat info;

  return_flag (op, stat (tbx_op_get_request (op)->file.path, &info) == 0 && S_ISREG (info.st_mode));
}

void
tbx_handle_directory_exists (TbxOps *self, TbxOp *op)
{
  struct stat info;

  return_flag (op, stat (tbx_op_get_request (op)->file.path, &info) == 0 && S_ISDIR (info.st_mode));
}
