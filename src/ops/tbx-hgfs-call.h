/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-handles.h"
#include "tbx-hgfs-replies.h"
#include "tbx-hgfs-server.h"

G_BEGIN_DECLS

/* One HGFS request on its way through the server; for src/ops/tbx-hgfs-*.c only. */
typedef struct
{
  TbxHgfsServer  *server;        /* (not owned) */
  TbxOp          *op;            /* (owned) */
  TbxHgfsHandles *handles;       /* of the server */
  mode_t          umask;         /* of the process */
  guint64         session;       /* that it belongs to */
  TbxHgfsPacket   packet;
  TbxHgfsRequest  request;
  gint64          deadline_us;   /* monotonic: it waits no longer than that, once it waits */
  gint64          got_on_us;     /* monotonic: when what it waits for got on last, once it waits */
  gboolean        is_touching;   /* its session counts as used when it is answered */
  gboolean        is_new;        /* what it opens is not there yet, so its handler said */
  guint           wait_id;       /* source of its wait, or 0 */
} TbxHgfsCall;

/* What a function of a call gives besides a status of HGFS. */
#define TBX_HGFS_CALL_WAITS    0x10000   /* after a tbx_hgfs_call_wait_*(): it is tried again */
#define TBX_HGFS_CALL_ANSWERED 0x10001   /* the reply went out already */

/* Gives a status; @reply is filled in when that is `TBX_HGFS_OK`. */
typedef guint (*TbxHgfsCallFunc) (TbxHgfsCall *call, TbxHgfsReply *reply);

gboolean tbx_hgfs_call_wait_for_file (TbxHgfsCall *call, TbxFile *file);
gboolean tbx_hgfs_call_wait_for_name (TbxHgfsCall *call, const TbxFileHandler *handler,
                                      const char *path);

TbxHgfsStatus tbx_hgfs_call_status (int error_number);

/* Of the name as it stands, or as it is found when case does not count; empty for the
 * list of shares. */
TbxHgfsStatus tbx_hgfs_call_path (const TbxHgfsName *name,
                                  gboolean           may_be_base,
                                  char               path[TBX_HGFS_PATH_BYTES]);

/* tbx-hgfs-files.c */
guint tbx_hgfs_do_open  (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_read  (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_write (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_close (TbxHgfsCall *call, TbxHgfsReply *reply);

/* tbx-hgfs-attributes.c */
guint tbx_hgfs_do_getattr (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_setattr (TbxHgfsCall *call, TbxHgfsReply *reply);
void  tbx_hgfs_fill_attr  (TbxHgfsAttr *attr, const struct stat *info, const char *name);
void  tbx_hgfs_attr_hide_link (TbxHgfsAttr *attr);

/* tbx-hgfs-names.c */
guint tbx_hgfs_do_create_dir     (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_delete_file    (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_delete_dir     (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_rename         (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_create_symlink (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_query_volume   (TbxHgfsCall *call, TbxHgfsReply *reply);
mode_t tbx_hgfs_new_mode         (TbxHgfsCall *call, guint64 mask_special, guint64 mask_owner,
                                  guint64 mask_group, guint64 mask_other, guint64 mask,
                                  const TbxHgfsPerms *perms, guint8 owner_default);

/* tbx-hgfs-search.c */
guint tbx_hgfs_do_search_open  (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_search_read  (TbxHgfsCall *call, TbxHgfsReply *reply);
guint tbx_hgfs_do_search_close (TbxHgfsCall *call, TbxHgfsReply *reply);

G_END_DECLS
