/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nic.h"

G_BEGIN_DECLS

/* What the kernel says about links, addresses and routes: one socket for its events
 * and for dumps, so that both come in the order in which they became true.  Links
 * and addresses are told by event; a route event only makes the routes of its family
 * be dumped again, for the kernel drops IPv4 routes without a word when a link goes
 * down.  An overrun makes everything be dumped again.  Nothing is polled. */
typedef struct _TbxNetlink TbxNetlink;

typedef enum
{
  TBX_NETLINK_LINKS,
  TBX_NETLINK_ADDRESSES,
  TBX_NETLINK_ROUTES_V4,
  TBX_NETLINK_ROUTES_V6,
  TBX_NETLINK_N_KINDS,
} TbxNetlinkKind;

typedef struct
{
  guint       index;           /* the kernel's */
  const char *name;
  const char *mac;             /* NULL when it was not told, empty when there is none */
  guint       hardware_type;   /* ARPHRD_... */
  guint       flags;           /* IFF_... */
} TbxNetlinkLink;

/* Who is told.  Between begin and end of a dump come all things of a kind, and
 * events too; @complete says that what was not told in between does not exist. */
typedef struct
{
  void (*dump_begin) (TbxNetlinkKind kind, gpointer user_data);
  void (*dump_end)   (TbxNetlinkKind kind, gboolean complete, gpointer user_data);
  void (*link)       (const TbxNetlinkLink *link, gboolean removed, gpointer user_data);
  void (*address)    (guint                index,
                      const TbxNicAddress *address,
                      gboolean             removed,
                      gpointer             user_data);
  void (*route)      (const TbxNicRoute *route, gpointer user_data);   /* in a dump only */
  void (*settled)    (gpointer user_data);   /* nothing more to read for now */
} TbxNetlinkHandlers;

TbxNetlink *tbx_netlink_new          (const TbxNetlinkHandlers *handlers,
                                      gpointer                  user_data,
                                      GError                  **error);
void        tbx_netlink_free         (TbxNetlink *self);
gboolean    tbx_netlink_is_ready     (TbxNetlink *self);
guint       tbx_netlink_get_overruns (TbxNetlink *self);

G_END_DECLS
