/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-tar.h"

G_BEGIN_DECLS

/* A folder, or one file, that becomes a tar archive. */
typedef struct
{
  int            root_fd;       /* the folder, or the file, open for reading (not owned) */
  const char    *name;          /* of the member that one file becomes; of a folder NULL */
  const char    *prefix;        /* before each member's name */
  guint64        exact_bytes;   /* how long the archive is to be, or 0 */
  TbxTarSink     sink;
  gpointer       user_data;     /* for @sink and @cancelled */
  gboolean     (*cancelled) (gpointer user_data);
  TbxArchiveLog *log;
} TbxArchivePack;

int tbx_archive_pack    (const TbxArchivePack *pack);
int tbx_archive_measure (int root_fd, const char *name, const char *prefix, guint64 *size);

G_END_DECLS
