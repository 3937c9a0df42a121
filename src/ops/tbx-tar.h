/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* Makes a tar archive, member by member: ustar, with pax headers where that is too
 * small for a name or a number, which Go, Python, GNU and BSD read alike. */
typedef struct _TbxTar TbxTar;

/* Takes the archive's bytes as they come, none of them when it is only asked; FALSE
 * ends the work. */
typedef gboolean (*TbxTarSink) (const guint8 *data, gsize size, gpointer user_data);

typedef struct
{
  const char        *name;
  const struct stat *info;
  const char        *target;      /* of a symlink, else NULL */
  const char        *hard_link;   /* name of the member that it is a link to, or NULL */
  const char        *user;        /* its owner's name, or NULL */
  const char        *group;       /* or NULL */
  int                fd;          /* of a regular file, at any place, else -1 */
} TbxTarMember;

/* Became shorter or longer while it was read; it is in the archive as long as its
 * header says. */
#define TBX_TAR_CHANGED (-1)

/* Ends an archive: two blocks of zeros. */
#define TBX_TAR_END_BYTES 1024

TbxTar *tbx_tar_new     (guint64 exact_bytes, TbxTarSink sink, gpointer user_data);
void    tbx_tar_free    (TbxTar *self);
int     tbx_tar_measure (TbxTar *self, const TbxTarMember *member, guint64 *size);
int     tbx_tar_add     (TbxTar *self, const TbxTarMember *member);
int     tbx_tar_end     (TbxTar *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxTar, tbx_tar_free)

G_END_DECLS
