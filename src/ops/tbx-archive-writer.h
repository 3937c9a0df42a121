/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-name.h"
#include "tbx-archive-unpack.h"
#include "tbx-file.h"

G_BEGIN_DECLS

/* Uploads that are unpacked while they are written, by a thread of their own. */

/* One that is to be opened. */
typedef struct
{
  const TbxArchiveName   *name;
  const TbxArchiveLimits *limits;      /* outlive the file */
  TbxArchiveLogFunc       log;         /* or NULL: to the journal */
  gpointer                user_data;   /* for @log */
  gint                   *running;     /* counts those that are open (not owned), or NULL */
} TbxArchiveWriterOpen;

TbxFile *tbx_archive_writer_open (const TbxArchiveWriterOpen *how, int *error_number);

G_END_DECLS
