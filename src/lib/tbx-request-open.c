/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-open-private.h"
#include "tbx-request-file-private.h"
#include "tbx-request-private.h"
#include <errno.h>
#include <gio/gunixfdlist.h>
#include <sys/mman.h>
#include <unistd.h>

/**
 * TbxRequestOpen:
 *
 * A transfer of the file begins.
 *
 * Since: 1.0
 */
struct _TbxRequestOpen
{
  TbxRequestFile parent_instance;
  gboolean       writing;
};

G_DEFINE_FINAL_TYPE (TbxRequestOpen, tbx_request_open, TBX_TYPE_REQUEST_FILE)

/**
 * tbx_request_open_is_writing:
 * @self: a request
 *
 * In which direction the transfer goes.
 *
 * Returns: whether the host uploads; else it downloads
 *
 * Since: 1.0
 */
gboolean
tbx_request_open_is_writing (TbxRequestOpen *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_OPEN (self), FALSE);
  return self->writing;
}

/**
 * tbx_request_open_return_fd:
 * @self: a request that has not been answered
 * @fd: a pipe, a socket or a file, open in the direction of the transfer; stays the caller's
 *
 * It is read until its end, or written and then closed; nothing is sought in it.
 *
 * Since: 1.0
 */
void
tbx_request_open_return_fd (TbxRequestOpen *self, int fd)
{
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(GError) error = NULL;
  GDBusMethodInvocation *invocation;
  int index;

  g_return_if_fail (TBX_IS_REQUEST_OPEN (self));
  g_return_if_fail (fd >= 0);
  invocation = tbx_request_answer (TBX_REQUEST (self));
  if (invocation == NULL)
    return;
  index = g_unix_fd_list_append (fds, fd, &error);
  if (index < 0)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_method_invocation_return_value_with_unix_fd_list (invocation,
                                                             g_variant_new ("(h)", index), fds);
}

/* Returns FALSE with errno set. */
static gboolean
write_all (int fd, GBytes *content)
{
  gsize size;
  const char *data = g_bytes_get_data (content, &size);

  for (gsize done = 0; done < size;)
    {
      gssize n = pwrite (fd, data + done, size - done, (off_t) done);

      if (n < 0)
        return FALSE;
      done += (gsize) n;
    }
  return TRUE;
}

/**
 * tbx_request_open_return_bytes:
 * @self: a request that has not been answered, of a download
 * @content: the whole file
 * @error: where an error goes; the request is not answered then
 *
 * The file is what is in memory.
 *
 * Returns: whether there was memory to give it away
 *
 * Since: 1.0
 */
gboolean
tbx_request_open_return_bytes (TbxRequestOpen *self, GBytes *content, GError **error)
{
  int fd;

  g_return_val_if_fail (TBX_IS_REQUEST_OPEN (self), FALSE);
  g_return_val_if_fail (content != NULL && !self->writing, FALSE);
  fd = memfd_create ("tbx-content", MFD_CLOEXEC);
  if (fd < 0 || !write_all (fd, content))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "Cannot give it away: %s",
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  tbx_request_open_return_fd (self, fd);
  close (fd);
  return TRUE;
}

static void
tbx_request_open_class_init (TbxRequestOpenClass *klass)
{
}

static void
tbx_request_open_init (TbxRequestOpen *self)
{
}

/* Takes @invocation. */
TbxRequestOpen *
tbx_request_open_new (GDBusMethodInvocation *invocation,
                      const char            *path,
                      const char            *query,
                      gboolean               writing,
                      GVariant              *details,
                      guint64                deadline_usec)
{
  TbxRequestOpen *self = g_object_new (TBX_TYPE_REQUEST_OPEN, NULL);

  tbx_request_file_begin (TBX_REQUEST_FILE (self), invocation, path, query, details, deadline_usec);
  self->writing = writing;
  return self;
}
