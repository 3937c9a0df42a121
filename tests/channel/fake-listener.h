/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The host's end of the development socket: takes connections and bytes as the
 * main loop turns, and knows nothing of packets. */
typedef struct
{
  char      *directory;   /* of its own (owned) */
  char      *path;        /* of the socket in it (owned) */
  int        fd;          /* -1 while it does not listen */
  guint      source_id;   /* likewise 0 */
  GPtrArray *peers;       /* of FakePeer (owned): every connection, oldest first */
} FakeListener;

typedef struct
{
  int         fd;         /* -1 after fake_peer_close() */
  guint       source_id;  /* reads, or 0 */
  GByteArray *got;        /* all that was read and not taken (owned) */
  gboolean    ended;      /* the other side closed */
} FakePeer;

FakeListener *fake_listener_new    (void);
void          fake_listener_free   (FakeListener *self);
void          fake_listener_start  (FakeListener *self);
void          fake_listener_stop   (FakeListener *self);
FakePeer     *fake_listener_peer   (FakeListener *self, guint index, const char *hello);

void          fake_peer_write      (FakePeer *self, gconstpointer data, gsize size);
void          fake_peer_write_slow (FakePeer *self, gconstpointer data, gsize size);
void          fake_peer_take       (FakePeer *self, gconstpointer expected, gsize size);
void          fake_peer_pause      (FakePeer *self, gboolean pause);
void          fake_peer_close      (FakePeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeListener, fake_listener_free)

G_END_DECLS
