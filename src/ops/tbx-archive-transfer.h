/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-file.h"
#include "tbx-ring.h"

G_BEGIN_DECLS

/* What an archive that is read and one that is written have in common: a file whose bytes
 * pass a ring, at the other end of which a thread works on a folder. */
typedef struct
{
  TbxFile       base;
  TbxRing      *ring;      /* what is between the host and the thread (owned) */
  GThread      *thread;    /* (owned), or NULL */
  int           root_fd;   /* the folder, or the file (owned); -1: none yet */
  char         *path;      /* its name (owned) */
  TbxArchiveLog log;
  gint         *running;   /* counts those there are (not owned), or NULL */
} TbxArchiveTransfer;

void     tbx_archive_transfer_init   (TbxArchiveTransfer *self,
                                      const TbxFileFuncs *funcs,
                                      const char         *way,
                                      const char         *path,
                                      TbxArchiveLogFunc   log,
                                      gpointer            user_data,
                                      gint               *running);
gboolean tbx_archive_transfer_start  (TbxArchiveTransfer *self, const char *name, GThreadFunc work);
void     tbx_archive_transfer_stop   (TbxArchiveTransfer *self);
void     tbx_archive_transfer_clear  (TbxArchiveTransfer *self);

/* For their TbxFileFuncs. */
int      tbx_archive_transfer_stat   (TbxFile *file, struct stat *info);
guint    tbx_archive_transfer_wait   (TbxFile *file, TbxFileReady ready, gpointer user_data);
gint64   tbx_archive_transfer_got_on (TbxFile *file);

G_END_DECLS
