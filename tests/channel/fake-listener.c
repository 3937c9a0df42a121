/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-listener.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean
on_peer_ready (gint fd, GIOCondition condition, gpointer user_data)
{
  FakePeer *self = user_data;
  guint8 buffer[65536];
  gssize n = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT);

  if (n > 0)
    g_byte_array_append (self->got, buffer, (guint) n);
  if (n > 0 || (n < 0 && errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  self->ended = TRUE;   /* ECONNRESET, too: it closed over bytes that it did not read */
  self->source_id = 0;
  return G_SOURCE_REMOVE;
}

static void
peer_free (gpointer data)
{
  FakePeer *self = data;

  fake_peer_close (self);
  g_byte_array_unref (self->got);
  g_free (self);
}

static gboolean
on_connection (gint fd, GIOCondition condition, gpointer user_data)
{
  FakeListener *self = user_data;
  FakePeer *peer = g_new0 (FakePeer, 1);

  peer->fd = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (peer->fd, >=, 0);
  peer->got = g_byte_array_new ();
  fake_peer_pause (peer, FALSE);
  g_ptr_array_add (self->peers, peer);
  return G_SOURCE_CONTINUE;
}

FakeListener *
fake_listener_new (void)
{
  FakeListener *self = g_new0 (FakeListener, 1);
  g_autoptr(GError) error = NULL;

  self->fd = -1;
  self->peers = g_ptr_array_new_with_free_func (peer_free);
  self->directory = g_dir_make_tmp ("tbx-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->directory, "host", NULL);
  return self;
}

void
fake_listener_free (FakeListener *self)
{
  fake_listener_stop (self);
  g_ptr_array_unref (self->peers);
  g_assert_cmpint (g_rmdir (self->directory), ==, 0);
  g_free (self->directory);
  g_free (self->path);
  g_free (self);
}

void
fake_listener_start (FakeListener *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_assert_cmpuint (strlen (self->path), <, sizeof address.sun_path);
  strcpy (address.sun_path, self->path);
  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->fd, 16), ==, 0);
  self->source_id = g_unix_fd_add (self->fd, G_IO_IN, on_connection, self);
}

/* Connections that were made stay. */
void
fake_listener_stop (FakeListener *self)
{
  if (self->fd < 0)
    return;
  g_clear_handle_id (&self->source_id, g_source_remove);
  close (self->fd);
  self->fd = -1;
  g_unlink (self->path);
}

/* Waits for the connection of that number, and takes the four bytes that it begins with. */
FakePeer *
fake_listener_peer (FakeListener *self, guint index, const char *hello)
{
  FakePeer *peer;

  tbx_test_until (self->peers->len > index);
  peer = g_ptr_array_index (self->peers, index);
  fake_peer_take (peer, hello, 4);
  return peer;
}

/* Sends all of it, while the main loop turns so that the other side can read. */
void
fake_peer_write (FakePeer *self, gconstpointer data, gsize size)
{
  for (gsize pos = 0; pos < size;)
    {
      gssize n = send (self->fd, (const char *) data + pos, size - pos, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        pos += (gsize) n;
      else if (errno == EAGAIN)
        g_main_context_iteration (NULL, FALSE);
      else
        return;   /* the other side gave up on us */
    }
}

/* Byte for byte, each read by the other side on its own. */
void
fake_peer_write_slow (FakePeer *self, gconstpointer data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      fake_peer_write (self, (const char *) data + i, 1);
      tbx_test_settle ();
    }
}

/* Waits for so many bytes, which must be those. */
void
fake_peer_take (FakePeer *self, gconstpointer expected, gsize size)
{
  tbx_test_until (self->got->len >= size || self->ended);
  g_assert_cmpuint (self->got->len, >=, size);
  g_assert_true (memcmp (self->got->data, expected, size) == 0);
  g_byte_array_remove_range (self->got, 0, (guint) size);
}

/* Stops reading, so that the other side cannot send for ever. */
void
fake_peer_pause (FakePeer *self, gboolean pause)
{
  if (pause)
    g_clear_handle_id (&self->source_id, g_source_remove);
  else
    self->source_id = g_unix_fd_add (self->fd, G_IO_IN, on_peer_ready, self);
}

void
fake_peer_close (FakePeer *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}
