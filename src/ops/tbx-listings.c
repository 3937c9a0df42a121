/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-listings.h"

#define MAX_LISTINGS 8
#define KEEP_US      (10 * 60 * G_USEC_PER_SEC)

typedef struct
{
  guint32  key;
  gint64   made_us;   /* monotonic time */
  GString *text;      /* (owned) */
} Listing;

struct _TbxListings
{
  GQueue  kept;       /* of Listing (owned), oldest first */
  guint32 last_key;
};

static void
listing_free (gpointer data)
{
  Listing *listing = data;

  g_string_free (listing->text, TRUE);
  g_free (listing);
}

TbxListings *
tbx_listings_new (void)
{
  TbxListings *self = g_new0 (TbxListings, 1);

  g_queue_init (&self->kept);
  return self;
}

void
tbx_listings_free (TbxListings *self)
{
  g_queue_clear_full (&self->kept, listing_free);
  g_free (self);
}

static void
listings_expire (TbxListings *self)
{
  gint64 limit_us = g_get_monotonic_time () - KEEP_US;
  Listing *oldest;

  while ((oldest = g_queue_peek_head (&self->kept)) != NULL && oldest->made_us < limit_us)
    listing_free (g_queue_pop_head (&self->kept));
}

static GList *
listings_link (TbxListings *self, guint32 key)
{
  for (GList *l = self->kept.head; l != NULL; l = l->next)
    if (((Listing *) l->data)->key == key)
      return l;
  return NULL;
}

/**
 * tbx_listings_add:
 * @self: the listings
 * @text: (transfer full): the whole list
 *
 * Returns: the key under which the host asks for the rest, never 0
 */
guint32
tbx_listings_add (TbxListings *self, GString *text)
{
  Listing *listing = g_new (Listing, 1);

  listings_expire (self);
  if (self->kept.length >= MAX_LISTINGS)
    listing_free (g_queue_pop_head (&self->kept));
  do   /* wraps after 4 thousand million lists, and must not meet one that is kept */
    self->last_key++;
  while (self->last_key == 0 || listings_link (self, self->last_key) != NULL);
  *listing = (Listing) { self->last_key, g_get_monotonic_time (), text };
  g_queue_push_tail (&self->kept, listing);
  return listing->key;
}

/**
 * tbx_listings_find:
 * @self: the listings
 * @key: from the host
 *
 * Returns: (transfer none) (nullable): the list, unless it is gone
 */
GString *
tbx_listings_find (TbxListings *self, guint32 key)
{
  GList *link;

  listings_expire (self);
  link = listings_link (self, key);
  return link == NULL ? NULL : ((Listing *) link->data)->text;
}

/**
 * tbx_listings_remove:
 * @self: the listings
 * @key: of a list that is fetched
 */
void
tbx_listings_remove (TbxListings *self, guint32 key)
{
  GList *link = listings_link (self, key);

  if (link == NULL)
    return;
  listing_free (link->data);
  g_queue_delete_link (&self->kept, link);
}
