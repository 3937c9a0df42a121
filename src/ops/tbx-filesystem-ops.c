/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include <errno.h>
#include <mntent.h>
#include <sys/statvfs.h>

#define MOUNT_TABLE "/proc/self/mounts"

/* Longest line of the mount table that is read. */
#define MAX_LINE_BYTES 8192

/* Source: docs/wire/vix.md, "System information". */
void
tbx_handle_list_filesystems (TbxOps *self, TbxOp *op)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *line = g_malloc (MAX_LINE_BYTES);
  FILE *table = setmntent (MOUNT_TABLE, "re");
  struct mntent entry;
  struct statvfs info;
  gboolean fits = TRUE;

  if (table == NULL)
    {
      tbx_op_return (op, TBX_VIX_FILE_NOT_FOUND, errno);
      return;
    }
  while (fits && getmntent_r (table, &entry, line, MAX_LINE_BYTES) != NULL)
    {
      tbx_op_progress (op);
      if (statvfs (entry.mnt_dir, &info) < 0)
        continue;
      fits = tbx_vix_filesystem_append (text, TBX_VIX_PAYLOAD_MAX_BYTES, &(TbxVixFilesystem) {
        .name = entry.mnt_fsname,
        .size = (guint64) info.f_blocks * info.f_frsize,
        .free_space = (guint64) info.f_bfree * info.f_frsize,
        .type = entry.mnt_type,
      }, tbx_op_get_escape (op));
    }
  endmntent (table);
  tbx_op_return_data (op, text->str, text->len);
}
