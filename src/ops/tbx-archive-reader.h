/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-archive-name.h"
#include "tbx-file.h"

G_BEGIN_DECLS

/* Downloads that are packed while they are read, by a thread of their own. */

/* Ends each: clients that were not told the size look for it. */
#define TBX_ARCHIVE_TRAILER_BYTES 3

/* One that is to be opened. */
typedef struct
{
  const TbxArchiveName *name;
  guint64               exact_bytes;   /* how long it is to be, or 0: as it comes */
  TbxArchiveLogFunc     log;           /* or NULL: to the journal */
  gpointer              user_data;     /* for @log */
  gint                 *running;       /* counts those that are open (not owned), or NULL */
} TbxArchiveReaderOpen;

TbxFile *tbx_archive_reader_open (const TbxArchiveReaderOpen *how, int *error_number);
int      tbx_archive_reader_stat (const TbxArchiveName *name, struct stat *info,
                                  guint64 *exact_bytes);

G_END_DECLS
