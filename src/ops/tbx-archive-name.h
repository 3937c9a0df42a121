/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What a name of the host says of an archive: "/home/u", a folder; "/home/u?format=tgz";
 * "/archive:/home/u?prefix=u/". */
typedef struct
{
  char    *path;          /* of the folder, or of the file; absolute, decoded (owned) */
  gboolean by_scheme;     /* it begins with "/archive:": what it names need not exist */
  gboolean gzip;          /* format=tgz; else tar */
  char    *prefix;        /* before the name of each member, verbatim (owned) */
  gboolean trailer;       /* the three bytes that end a download; trailer=0 omits them */
  gboolean all_links;     /* links=all: symlinks out of the folder too */
  gboolean set_id;        /* setid=1: set-id and sticky bits too */
  gboolean owner;         /* owner=1: numeric owners too, for root */
} TbxArchiveName;

/* No archive: a name like any other. */
#define TBX_ARCHIVE_NAME_OTHER (-1)

#define TBX_ARCHIVE_NAME_MAX_BYTES 4095

int  tbx_archive_name_parse (const char *name, gboolean with_scheme, TbxArchiveName *parsed);
int  tbx_archive_name_find  (const char *name, TbxArchiveName *parsed);
void tbx_archive_name_clear (TbxArchiveName *parsed);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxArchiveName, tbx_archive_name_clear)

G_END_DECLS
