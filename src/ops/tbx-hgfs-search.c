/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-call.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A larger folder is not searched. */
#define MAX_ENTRIES 1000000

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
  list = tbx_folder_list_read (path, NULL, FALSE, &error_number);
  if (list == NULL)
    return error_number == ELOOP ? TBX_HGFS_NOT_DIRECTORY : tbx_hgfs_call_status (error_number);
  if (list->names->len > MAX_ENTRIES)
    {
      tbx_folder_list_unref (list);
      return TBX_HGFS_GENERIC_ERROR;
    }
  handle = tbx_hgfs_handles_add (call->handles, call->session, path, NULL, list);
  if (handle == NULL)
    return TBX_HGFS_GENERIC_ERROR;
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
  if (fstatat (handle->list->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0)
    {
      tbx_hgfs_fill_attr (&entry->attr, &info, name);
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
