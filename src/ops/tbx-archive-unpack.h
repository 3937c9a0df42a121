/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-ring.h"

G_BEGIN_DECLS

/* Bounds on what is unpacked. */
typedef struct
{
  guint    max_members;
  guint    ratio;               /* how many times larger than itself a gzip may become … */
  guint64  ratio_from;          /* … once it is larger than this, bytes */
  gboolean named_temporaries;   /* files have a name while they are written, as where the
                                 * file system has no O_TMPFILE */
} TbxArchiveLimits;

extern const TbxArchiveLimits tbx_archive_default_limits;

/* A tar or tgz archive that becomes files in a folder. */
typedef struct
{
  int                     root_fd;     /* the folder (not owned) */
  TbxRing                *ring;        /* the archive */
  mode_t                  mask;        /* bits that no new file has */
  gboolean                all_links;   /* symlinks out of the folder too */
  gboolean                set_id;      /* set-id and sticky bits too */
  gboolean                owner;       /* numeric owners too */
  const TbxArchiveLimits *limits;
  TbxArchiveLog          *log;
} TbxArchiveUnpack;

int tbx_archive_unpack (const TbxArchiveUnpack *unpack);

G_END_DECLS
