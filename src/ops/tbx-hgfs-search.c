/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-call.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A larger folder is not searched. */
#define MAX_ENTRIES 1000000

/* What the base of all names holds: the one share. */
static TbxFolderList *
list_shares (void)
{
  static const char *const names[] = { ".", "..", TBX_HGFS_SHARE };
  TbxFolderList *list = g_new0 (TbxFolderList, 1);

  g_atomic_ref_count_init (&list->ref_count);
  list->names = g_ptr_array_new ();
  list->memory = g_string_chunk_new (64);
  list->path = g_strdup ("");
  list->fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_ptr_array_add (list->names, g_string_chunk_insert_const (list->memory, names[i]));
  return list;
}

/* A name that is no UTF-8 cannot be told. */
static void
list_drop_invalid (TbxFolderList *list)
{
  guint n = 0;

  for (guint i = 0; i < list->names->len; i++)
    if (g_utf8_validate (g_ptr_array_index (list->names, i), -1, NULL))
      list->names->pdata[n++] = list->names->pdata[i];
  g_ptr_array_set_size (list->names, (int) n);
}

/* Source: docs/wire/hgfs.md, "SEARCH_OPEN". */
guint
tbx_hgfs_do_search_open (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = tbx_hgfs_call_path (&call->request.named.name, TRUE, path);
  TbxFolderList *list;
  TbxHgfsHandle *handle;
  int error_number;

  if (status != TBX_HGFS_OK)
    return status;
  if (tbx_hgfs_handles_is_full (call->handles))
    return TBX_HGFS_GENERIC_ERROR;
  list = path[0] == '\0' ? list_shares () : tbx_folder_list_read (path, NULL, FALSE, &error_number);
  if (list == NULL)
    return error_number == ELOOP ? TBX_HGFS_NOT_DIRECTORY : tbx_hgfs_call_status (error_number);
  list_drop_invalid (list);
  if (list->names->len > MAX_ENTRIES)
    {
      tbx_folder_list_unref (list);
      return TBX_HGFS_GENERIC_ERROR;
    }
  handle = tbx_hgfs_handles_add (call->handles, call->session, path, NULL, list);
  reply->opened.handle = handle->number;
  return TBX_HGFS_OK;
}

/* One entry by its index; one that is gone meanwhile has its name and type only, and
 * an empty name is the end. */
guint
tbx_hgfs_do_search_read (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsSearchRead *request = &call->request.search_read;
  TbxHgfsHandle *handle = tbx_hgfs_handles_find_search (call->handles, call->session,
                                                        request->handle);
  TbxHgfsEntry *entry = &reply->entry;
  struct stat info;
  const char *name;

  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  entry->count = 1;
  if (request->index >= handle->list->names->len)
    return TBX_HGFS_OK;
  name = g_ptr_array_index (handle->list->names, request->index);
  entry->name.data = name;
  entry->name.size = (guint32) strlen (name);
  /* Every entry of the base is the root of the file system. */
  if (fstatat (handle->list->fd, handle->path[0] == '\0' ? "." : name, &info,
               AT_SYMLINK_NOFOLLOW) == 0)
    {
      tbx_hgfs_fill_attr (&entry->attr, &info, name);
      if (reply->op == TBX_HGFS_SEARCH_READ)
        tbx_hgfs_attr_hide_link (&entry->attr);
      if (!(info.st_mode & 0222))
        {
          entry->attr.flags |= TBX_HGFS_FILE_READ_ONLY;
          entry->attr.mask |= TBX_HGFS_ATTR_FLAGS;
        }
    }
  else
    entry->attr.mask = TBX_HGFS_ATTR_TYPE;
  return TBX_HGFS_OK;
}

guint
tbx_hgfs_do_search_close (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  TbxHgfsHandle *handle = tbx_hgfs_handles_find_search (call->handles, call->session,
                                                        call->request.close.handle);

  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  tbx_hgfs_handles_remove (call->handles, handle);
  return TBX_HGFS_OK;
}
