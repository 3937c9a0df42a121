/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-id.h"
#include "tbx-hgfs-call.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The name in @folder that equals @name but for case: the first in byte order. */
static gboolean
find_folded (const char *folder, const char *name, char found[TBX_HGFS_COMPONENT_BYTES + 1])
{
  g_autofree char *wanted = g_utf8_casefold (name, -1);
  DIR *dir = opendir (folder);
  struct dirent *entry;
  gboolean any = FALSE;

  while (dir != NULL && (entry = readdir (dir)) != NULL)
    {
      g_autofree char *folded = g_utf8_validate (entry->d_name, -1, NULL)
                                ? g_utf8_casefold (entry->d_name, -1) : NULL;

      if (g_strcmp0 (folded, wanted) == 0 && (!any || strcmp (entry->d_name, found) < 0))
        {
          g_strlcpy (found, entry->d_name, TBX_HGFS_COMPONENT_BYTES + 1);
          any = TRUE;
        }
    }
  if (dir != NULL)
    closedir (dir);
  return any;
}

/* Finds a path whose components may differ in case; what is not found stays as it is. */
static void
fold_path (char path[TBX_HGFS_PATH_BYTES])
{
  g_auto(GStrv) parts = g_strsplit (path + 1, "/", -1);
  g_autoptr(GString) found = g_string_new ("/");

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char name[TBX_HGFS_COMPONENT_BYTES + 1];
      gsize before = found->len;

      if (before > 1)
        g_string_append_c (found, '/');
      g_string_append (found, parts[i]);
      if (faccessat (AT_FDCWD, found->str, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        continue;
      g_string_truncate (found, before);
      if (!find_folded (found->str, parts[i], name))
        g_strlcpy (name, parts[i], sizeof name);
      g_string_append_printf (found, "%s%s", before > 1 ? "/" : "", name);
    }
  if (found->len < TBX_HGFS_PATH_BYTES)
    g_strlcpy (path, found->str, TBX_HGFS_PATH_BYTES);
}

TbxHgfsStatus
tbx_hgfs_call_path (const TbxHgfsName *name, gboolean may_be_base, char path[TBX_HGFS_PATH_BYTES])
{
  TbxHgfsStatus status;

  if (name->by_handle)
    return TBX_HGFS_INVALID_PARAMETER;
  status = tbx_hgfs_name_to_path (name, may_be_base, path);
  if (status == TBX_HGFS_OK && name->size > 0 && name->case_type == TBX_HGFS_CASE_INSENSITIVE
      && faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
    fold_path (path);
  return status;
}

/* The mode of a new file or folder: groups that are not meant get what the owner has. */
mode_t
tbx_hgfs_new_mode (TbxHgfsCall        *call,
                   guint64             mask_special,
                   guint64             mask_owner,
                   guint64             mask_group,
                   guint64             mask_other,
                   guint64             mask,
                   const TbxHgfsPerms *perms,
                   guint8              owner_default)
{
  mode_t owner = mask & mask_owner ? perms->owner & 7 : owner_default;
  mode_t group = mask & mask_group ? perms->group & 7 : owner;
  mode_t other = mask & mask_other ? perms->other & 7 : owner;
  mode_t special = mask & mask_special ? perms->special & 7 : 0;

  return (special << 9 | owner << 6 | group << 3 | other) & ~call->umask;
}

/* Source: docs/wire/hgfs.md, "CREATE_DIR". */
guint
tbx_hgfs_do_create_dir (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsCreateDir *request = &call->request.create_dir;
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = tbx_hgfs_call_path (&request->name, FALSE, path);
  mode_t mode = tbx_hgfs_new_mode (call, TBX_HGFS_CREATE_DIR_HAS_SPECIAL_PERMS,
                                   TBX_HGFS_CREATE_DIR_HAS_OWNER_PERMS,
                                   TBX_HGFS_CREATE_DIR_HAS_GROUP_PERMS,
                                   TBX_HGFS_CREATE_DIR_HAS_OTHER_PERMS,
                                   request->mask, &request->perms, 7);

  if (status != TBX_HGFS_OK)
    return status;
  if (mkdir (path, mode & 0777) < 0 || (mode & 07000 && chmod (path, mode) < 0))
    return tbx_hgfs_status_from_errno (errno);
  return TBX_HGFS_OK;
}

static gboolean
is_share (const char *path)
{
  return strcmp (path, "/") == 0;
}

/* The name that a handle was opened by, if it still is the same file's; never the share. */
static TbxHgfsStatus
path_of (TbxHgfsCall *call, const TbxHgfsName *name, char path[TBX_HGFS_PATH_BYTES])
{
  TbxHgfsHandle *handle;
  struct stat opened, named;

  if (!name->by_handle)
    {
      TbxHgfsStatus status = tbx_hgfs_call_path (name, FALSE, path);

      return status == TBX_HGFS_OK && is_share (path) ? TBX_HGFS_ACCESS_DENIED : status;
    }
  handle = tbx_hgfs_handles_find_file (call->handles, call->session, name->handle);
  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  if (tbx_file_stat (handle->file, &opened) != 0 || lstat (handle->path, &named) < 0
      || !tbx_file_id_is (tbx_file_id (&opened), &named))
    return TBX_HGFS_NO_SUCH_FILE;
  g_strlcpy (path, handle->path, TBX_HGFS_PATH_BYTES);
  return is_share (path) ? TBX_HGFS_ACCESS_DENIED : TBX_HGFS_OK;
}

static guint
delete_by_name (TbxHgfsCall *call, int flags)
{
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = path_of (call, &call->request.delete_.name, path);

  if (status != TBX_HGFS_OK)
    return status;
  return unlinkat (AT_FDCWD, path, flags) < 0 ? tbx_hgfs_status_from_errno (errno) : TBX_HGFS_OK;
}

guint
tbx_hgfs_do_delete_file (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  return delete_by_name (call, 0);
}

guint
tbx_hgfs_do_delete_dir (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  return delete_by_name (call, AT_REMOVEDIR);
}

static gboolean
is_below (const char *path, const char *folder)
{
  return g_str_has_prefix (path, folder) && path[strlen (folder)] == '/';
}

static int
rename_without_replacing (const char *from, const char *to)
{
  struct stat info;

  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  if (is_below (to, from))
    return EINVAL;
  /* A file system without that: a second name fails where there is one, but a folder
   * can have none. */
  if (lstat (from, &info) < 0)
    return errno;
  if (S_ISDIR (info.st_mode))
    return ENOTSUP;
  if (linkat (AT_FDCWD, from, AT_FDCWD, to, 0) < 0 || unlink (from) < 0)
    return errno;
  return 0;
}

/* Source: docs/wire/hgfs.md, "RENAME". */
guint
tbx_hgfs_do_rename (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsRename *request = &call->request.rename;
  char from[TBX_HGFS_PATH_BYTES], to[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = path_of (call, &request->old_name, from);
  int error_number = 0;

  if (status == TBX_HGFS_OK)
    status = path_of (call, &request->new_name, to);
  /* A name that differs from the old one in its case alone was found to be the old one. */
  if (status == TBX_HGFS_OK && !request->new_name.by_handle && strcmp (from, to) == 0)
    status = tbx_hgfs_name_to_path (&request->new_name, FALSE, to);
  if (status != TBX_HGFS_OK)
    return status;
  if (request->hints & TBX_HGFS_RENAME_NO_REPLACE)
    error_number = rename_without_replacing (from, to);
  else if (rename (from, to) < 0)
    error_number = errno;
  if (error_number == 0)
    tbx_hgfs_handles_renamed (call->handles, from, to);
  return tbx_hgfs_call_status (error_number);
}

guint
tbx_hgfs_do_create_symlink (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsCreateSymlink *request = &call->request.create_symlink;
  char path[TBX_HGFS_PATH_BYTES], target[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = tbx_hgfs_call_path (&request->name, FALSE, path);

  if (status == TBX_HGFS_OK && request->target.by_handle)
    status = TBX_HGFS_INVALID_PARAMETER;
  if (status == TBX_HGFS_OK)
    status = tbx_hgfs_target_to_text (&request->target, target);
  if (status != TBX_HGFS_OK)
    return status;
  return symlink (target, path) < 0 ? tbx_hgfs_status_from_errno (errno) : TBX_HGFS_OK;
}

/* Source: docs/wire/hgfs.md, "QUERY_VOLUME". */
guint
tbx_hgfs_do_query_volume (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = tbx_hgfs_call_path (&call->request.named.name, TRUE, path);
  struct statvfs info;

  if (status != TBX_HGFS_OK)
    return status;
  if (statvfs (path[0] == '\0' ? "/" : path, &info) < 0)
    return tbx_hgfs_status_from_errno (errno);
  reply->volume.free_bytes = (guint64) info.f_frsize
                             * (geteuid () == 0 ? info.f_bfree : info.f_bavail);
  reply->volume.total_bytes = (guint64) info.f_blocks * info.f_frsize;
  return TBX_HGFS_OK;
}
