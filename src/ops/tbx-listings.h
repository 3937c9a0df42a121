/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Process lists that are too long for one reply, kept until the host has fetched the
 * rest, or for ten minutes.  Bounded: the oldest makes room.
 * Source: docs/wire/vix.md, "LIST_PROCESSES_EX (186)". */
typedef struct _TbxListings TbxListings;

TbxListings *tbx_listings_new    (void);
void         tbx_listings_free   (TbxListings *self);
guint32      tbx_listings_add    (TbxListings *self, GString *text);
GString     *tbx_listings_find   (TbxListings *self, guint32 key);
void         tbx_listings_remove (TbxListings *self, guint32 key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxListings, tbx_listings_free)

G_END_DECLS
