/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* A remembered list is for the pages that follow at once. */
#define TBX_FOLDER_LIST_FRESH_S 30

/* The names in a folder, ".", ".." and then the others by their bytes: an order that
 * is the same from page to page.  Kept for the next page, so that the pages of a large
 * folder take linear time in all.  Reference counted. */
typedef struct
{
  gatomicrefcount ref_count;
  GPtrArray      *names;       /* of char (in @memory) */
  GStringChunk   *memory;      /* (owned) */
  int             fd;          /* of the folder (owned) */
  char           *path;        /* (owned) */
  char           *pattern;     /* that the names match (owned), or NULL */
  gint64          mtime_ns;    /* of the folder when it was read */
  guint64         inode;
  gint64          read_us;     /* monotonic time */
} TbxFolderList;

TbxFolderList *tbx_folder_list_read      (const char *path, const char *pattern,
                                          gboolean follow, int *error_number);
TbxFolderList *tbx_folder_list_ref       (TbxFolderList *self);
void           tbx_folder_list_unref     (TbxFolderList *self);
gboolean       tbx_folder_list_is_fresh  (TbxFolderList *self, const char *path,
                                          const char *pattern);
gboolean       tbx_pattern_is_valid      (const char *pattern);
gboolean       tbx_pattern_matches       (const char *pattern, const char *text, gboolean *valid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxFolderList, tbx_folder_list_unref)

G_END_DECLS
