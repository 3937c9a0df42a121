/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-buffer.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The body, then room for the prefix of a reply, the payload, and one NUL. */
#define PAYLOAD_OFFSET (TBX_WORKER_BODY_MAX_BYTES + TBX_VIX_PREFIX_MAX_BYTES)
#define TOTAL_BYTES    (TBX_WORKER_BODY_MAX_BYTES + TBX_VIX_REPLY_MAX_BYTES)
#define SEALS          (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

G_STATIC_ASSERT (TBX_VIX_PREFIX_MAX_BYTES + TBX_VIX_PAYLOAD_MAX_BYTES + 1
                 <= TBX_VIX_REPLY_MAX_BYTES);

struct _TbxWorkerBuffer
{
  gatomicrefcount ref_count;
  int             fd;       /* (owned) */
  guint8         *memory;   /* TOTAL_BYTES, shared (owned) */
};

static gboolean
fail_errno (const char *what, GError **error)
{
  int saved = errno;

  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "buffer: %s: %s", what, g_strerror (saved));
  return FALSE;
}

static gboolean
buffer_map (TbxWorkerBuffer *self, GError **error)
{
  self->memory = mmap (NULL, TOTAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
  return self->memory != MAP_FAILED || fail_errno ("mmap", error);
}

static TbxWorkerBuffer *
buffer_alloc (int fd)
{
  TbxWorkerBuffer *self = g_new0 (TbxWorkerBuffer, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->fd = fd;
  self->memory = MAP_FAILED;
  return self;
}

/**
 * tbx_worker_buffer_new:
 * @error: return location for an error
 *
 * For the daemon.
 * Errors: `TBX_ERROR_FAILED`.
 *
 * Returns: (transfer full) (nullable): new memory, its size sealed
 */
TbxWorkerBuffer *
tbx_worker_buffer_new (GError **error)
{
  g_autoptr(TbxWorkerBuffer) self = buffer_alloc (memfd_create ("toolboxd-worker",
                                                                MFD_CLOEXEC | MFD_ALLOW_SEALING));

  if (self->fd < 0 || ftruncate (self->fd, TOTAL_BYTES) != 0
      || fcntl (self->fd, F_ADD_SEALS, SEALS) != 0)
    fail_errno ("memfd", error);
  else if (buffer_map (self, error))
    return g_steal_pointer (&self);
  return NULL;
}

/**
 * tbx_worker_buffer_new_from_fd:
 * @fd: (transfer full): what the daemon sent
 * @error: return location for an error
 *
 * For a worker.
 * Errors: `TBX_ERROR_MALFORMED` when it is no such memory; `TBX_ERROR_FAILED`.
 *
 * Returns: (transfer full) (nullable): that memory
 */
TbxWorkerBuffer *
tbx_worker_buffer_new_from_fd (int fd, GError **error)
{
  g_autoptr(TbxWorkerBuffer) self = buffer_alloc (fd);
  struct stat status;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (fd, &status) != 0
      || status.st_size != TOTAL_BYTES)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "buffer: not of the size and seals it "
                   "must have");
      return NULL;
    }
  return buffer_map (self, error) ? g_steal_pointer (&self) : NULL;
}

TbxWorkerBuffer *
tbx_worker_buffer_ref (TbxWorkerBuffer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_worker_buffer_unref (TbxWorkerBuffer *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->memory != MAP_FAILED)
    munmap (self->memory, TOTAL_BYTES);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

/**
 * tbx_worker_buffer_get_fd:
 * @self: the buffer
 *
 * Returns: its descriptor, still owned by @self; to be sent to the other side
 */
int
tbx_worker_buffer_get_fd (TbxWorkerBuffer *self)
{
  return self->fd;
}

/**
 * tbx_worker_buffer_get_body:
 * @self: the buffer
 *
 * Returns: (transfer none): room for the body of a request, `TBX_WORKER_BODY_MAX_BYTES`
 */
guint8 *
tbx_worker_buffer_get_body (TbxWorkerBuffer *self)
{
  return self->memory;
}

/**
 * tbx_worker_buffer_get_payload:
 * @self: the buffer
 *
 * Returns: (transfer none): room for a payload, `TBX_VIX_PAYLOAD_MAX_BYTES`
 */
guint8 *
tbx_worker_buffer_get_payload (TbxWorkerBuffer *self)
{
  return self->memory + PAYLOAD_OFFSET;
}

/**
 * tbx_worker_buffer_frame:
 * @self: the buffer, which is to stay until @released is called
 * @binary: whether the request asked for a binary reply
 * @payload_size: bytes of the payload that is in the buffer, at most
 *   `TBX_VIX_PAYLOAD_MAX_BYTES`; a text ends at its first NUL
 * @released: called when nobody uses the result any more
 * @user_data: passed to it
 *
 * Makes the reply to a request that was done where the payload lies, without copying it.
 * Source: docs/wire/vix.md, "Reply".
 *
 * Returns: (transfer full): the whole TCLO message
 */
GBytes *
tbx_worker_buffer_frame (TbxWorkerBuffer *self,
                         gboolean         binary,
                         gsize            payload_size,
                         GDestroyNotify   released,
                         gpointer         user_data)
{
  char prefix[TBX_VIX_PREFIX_MAX_BYTES];
  gsize prefix_size = tbx_vix_reply_prefix (prefix, TBX_VIX_OK, 0, binary);
  guint8 *payload = tbx_worker_buffer_get_payload (self);
  guint8 *start = payload - prefix_size;

  g_assert (payload_size <= TBX_VIX_PAYLOAD_MAX_BYTES);
  if (!binary)
    {
      payload_size = strnlen ((const char *) payload, payload_size);
      payload[payload_size++] = 0;
    }
  memcpy (start, prefix, prefix_size);
  return g_bytes_new_with_free_func (start, prefix_size + payload_size, released, user_data);
}
