/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-listener.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 64

struct _TbxSimListener
{
  GSocket         *socket;      /* owned */
  GSource         *source;      /* accepts; owned */
  char            *path;        /* ours to remove; owned */
  TbxSimAcceptFunc accept;
  gpointer         user_data;   /* for it */
};

static GSocket *
new_socket (const char *path, GSocketAddress **address, GError **error)
{
  if (strlen (path) >= G_SIZEOF_MEMBER (struct sockaddr_un, sun_path))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%s: too long for a socket", path);
      return NULL;
    }
  *address = g_unix_socket_address_new (path);
  return g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                       error);
}

/**
 * tbx_sim_connect:
 * @path: of a Unix socket
 * @error: return location for an error
 *
 * Blocks for as long as a local connect takes.
 * Errors: `TBX_ERROR_TRANSPORT` when nobody listens there, `TBX_ERROR_TOO_LARGE`.
 *
 * Returns: (transfer full) (nullable): a connected, blocking socket
 */
GSocket *
tbx_sim_connect (const char *path, GError **error)
{
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GSocket) socket = new_socket (path, &address, error);
  g_autoptr(GError) local = NULL;

  if (socket == NULL)
    return NULL;
  if (g_socket_connect (socket, address, NULL, &local))
    return g_steal_pointer (&socket);
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "%s: %s", path, local->message);
  return NULL;
}

/**
 * tbx_sim_send_all:
 * @socket: a blocking one
 * @data: what to send
 * @size: bytes
 *
 * Returns: whether all went out; not when the other end is gone
 */
gboolean
tbx_sim_send_all (GSocket *socket, gconstpointer data, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      gssize n = g_socket_send (socket, (const char *) data + done, size - done, NULL, NULL);

      if (n <= 0)
        return FALSE;
      done += (gsize) n;
    }
  return TRUE;
}

/**
 * tbx_sim_receive_all:
 * @socket: a blocking one
 * @data: (out caller-allocates): for what comes
 * @size: bytes
 *
 * Returns: whether so many came; not when the other end is gone
 */
gboolean
tbx_sim_receive_all (GSocket *socket, gpointer data, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      gssize n = g_socket_receive (socket, (char *) data + done, size - done, NULL, NULL);

      if (n <= 0)
        return FALSE;
      done += (gsize) n;
    }
  return TRUE;
}

/* A socket file that a killed vmxsim has left is in the way; a live one stays. */
static gboolean
remove_stale (const char *path, GError **error)
{
  g_autoptr(GSocket) socket = NULL;
  GStatBuf st;

  if (g_lstat (path, &st) != 0)
    return TRUE;
  if (!S_ISSOCK (st.st_mode))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_EXISTS, "%s: exists and is no socket", path);
      return FALSE;
    }
  socket = tbx_sim_connect (path, NULL);
  if (socket != NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_EXISTS, "%s: another program serves it", path);
      return FALSE;
    }
  g_unlink (path);
  return TRUE;
}

static gboolean
on_connection (GSocket *listening, GIOCondition condition, gpointer user_data)
{
  TbxSimListener *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocket) connection = g_socket_accept (listening, NULL, &error);

  if (connection != NULL)
    self->accept (connection, self->user_data);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_warning ("%s: %s", self->path, error->message);
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_sim_listener_new:
 * @path: where; a stale socket there is replaced
 * @accept: (scope notified): called with each connection, which is not yet non-blocking
 * @user_data: for @accept
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_EXISTS` when somebody listens there, `TBX_ERROR_TOO_LARGE`,
 * and those of #GIOErrorEnum.
 *
 * Returns: (transfer full) (nullable): a listener in the thread's default main context
 */
TbxSimListener *
tbx_sim_listener_new (const char      *path,
                      TbxSimAcceptFunc accept,
                      gpointer         user_data,
                      GError         **error)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autofree char *fresh = g_strconcat (path, "~", NULL);
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GSocket) socket = new_socket (fresh, &address, error);
  TbxSimListener *self;

  if (socket == NULL || !remove_stale (path, error))
    return NULL;
  g_unlink (fresh);
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  /* Before bind, so that there is no moment in which others could connect; and under its
   * name only when it listens, so that there is none in which it refuses. */
  if (fchmod (g_socket_get_fd (socket), 0600) != 0 || !g_socket_bind (socket, address, FALSE, error)
      || !g_socket_listen (socket, error)
      || renameat2 (AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s", g_strerror (errno));
      g_prefix_error (error, "%s: ", path);
      g_unlink (fresh);
      return NULL;
    }
  self = g_new0 (TbxSimListener, 1);
  self->socket = g_steal_pointer (&socket);
  self->path = g_strdup (path);
  self->accept = accept;
  self->user_data = user_data;
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->source, context);
  return self;
}

void
tbx_sim_listener_free (TbxSimListener *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_unlink (self->path);
  g_object_unref (self->socket);
  g_free (self->path);
  g_free (self);
}
