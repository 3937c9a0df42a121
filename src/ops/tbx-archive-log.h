/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Gets one line for people, without contents; called from the thread of an archive. */
typedef void (*TbxArchiveLogFunc) (const char *text, gpointer user_data);

/* What of one transfer was left out, and why: the first by name, the rest as a number. */
typedef struct
{
  const char       *what;       /* "download" or "upload" */
  const char       *path;       /* of the folder or file (not owned) */
  TbxArchiveLogFunc func;       /* or NULL: to the journal */
  gpointer          user_data;
  guint             skipped;    /* members so far */
} TbxArchiveLog;

void tbx_archive_log      (TbxArchiveLog *self, const char *name, const char *reason);
void tbx_archive_log_skip (TbxArchiveLog *self, const char *name, const char *reason);
void tbx_archive_log_end  (TbxArchiveLog *self, int error_number);

G_END_DECLS
