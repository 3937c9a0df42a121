/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-handover.h"
#include "tbx-error.h"
#include "tbx-reader.h"
#include "tbx-writer.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES     (1024 * 1024)
#define MAX_VARIABLES 4096
#define SEALS         (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static void
write_text (TbxWriter *w, const char *text)
{
  gsize size = strlen (text);

  tbx_writer_u32le (w, (guint32) MIN (size, MAX_BYTES));
  tbx_writer_bytes (w, text, size);
}

static char *
read_text (TbxReader *r)
{
  gsize size = tbx_reader_u32le (r);
  const guint8 *bytes = tbx_reader_bytes (r, size);

  if (bytes != NULL && memchr (bytes, 0, size) != NULL)
    tbx_reader_fail (r, "text with a NUL in it");
  return g_strndup (bytes == NULL ? "" : (const char *) bytes, bytes == NULL ? 0 : size);
}

static void
handover_encode (const TbxWorkerHandover *handover, TbxWriter *w)
{
  const TbxOpsUser *user = &handover->user;
  guint n = g_strv_length (user->environment);

  tbx_writer_u8 (w, handover->gated ? 1 : 0);
  tbx_writer_u32le (w, (guint32) handover->parent);
  tbx_writer_u32le (w, user->uid);
  tbx_writer_u32le (w, user->gid);
  write_text (w, user->name);
  write_text (w, user->home);
  write_text (w, user->shell);
  if (n > MAX_VARIABLES)
    tbx_writer_fail (w, "too many variables");
  tbx_writer_u32le (w, n);
  for (guint i = 0; i < n; i++)
    write_text (w, user->environment[i]);
}

static gboolean
fail_errno (const char *what, GError **error)
{
  int saved = errno;

  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "handover: %s: %s", what, g_strerror (saved));
  return FALSE;
}

/**
 * tbx_worker_handover_write:
 * @handover: what the next image is to know
 * @error: return location for an error
 *
 * Never by arguments or environment: those of a process are for everybody to read, and
 * the loader heeds the latter.
 * Errors: `TBX_ERROR_FAILED`, `TBX_ERROR_TOO_LARGE`.
 *
 * Returns: (transfer full): memory that nobody can change any more, or -1
 */
int
tbx_worker_handover_write (const TbxWorkerHandover *handover, GError **error)
{
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  gsize size;
  int fd;

  tbx_writer_init (&w, MAX_BYTES);
  handover_encode (handover, &w);
  bytes = tbx_writer_end (&w, "handover", error);
  if (bytes == NULL)
    return -1;
  fd = memfd_create ("toolboxd-handover", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  size = g_bytes_get_size (bytes);
  if (fd >= 0 && write (fd, g_bytes_get_data (bytes, NULL), size) == (gssize) size
      && fcntl (fd, F_ADD_SEALS, SEALS) == 0)
    return fd;
  fail_errno ("memfd", error);
  if (fd >= 0)
    close (fd);
  return -1;
}

static void
handover_decode (TbxReader *r, TbxWorkerHandover *handover)
{
  TbxOpsUser *user = &handover->user;
  guint32 n;

  handover->gated = tbx_reader_u8 (r) != 0;
  handover->parent = (pid_t) tbx_reader_u32le (r);
  user->uid = tbx_reader_u32le (r);
  user->gid = tbx_reader_u32le (r);
  user->name = read_text (r);
  user->home = read_text (r);
  user->shell = read_text (r);
  n = tbx_reader_count (r, tbx_reader_u32le (r), MAX_VARIABLES, 4);
  user->environment = g_new0 (char *, n + 1);
  for (guint32 i = 0; i < n; i++)
    user->environment[i] = read_text (r);
}

/**
 * tbx_worker_handover_read:
 * @fd: what tbx_worker_handover_write() gave; still the caller's
 * @handover: (out caller-allocates): to be cleared in any case
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` when it is no such memory; `TBX_ERROR_FAILED`.
 */
gboolean
tbx_worker_handover_read (int fd, TbxWorkerHandover *handover, GError **error)
{
  g_autofree guint8 *data = NULL;
  int seals = fcntl (fd, F_GET_SEALS);
  struct stat status;
  TbxReader r;

  *handover = (TbxWorkerHandover) { 0 };
  if (seals < 0 || (seals & SEALS) != SEALS || fstat (fd, &status) != 0
      || status.st_size > MAX_BYTES)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "handover: not of the size and seals "
                   "it must have");
      return FALSE;
    }
  data = g_malloc ((gsize) status.st_size);
  if (pread (fd, data, (gsize) status.st_size, 0) != status.st_size)
    return fail_errno ("read", error);
  tbx_reader_init_data (&r, data, (gsize) status.st_size);
  handover_decode (&r, handover);
  return tbx_reader_end (&r, "handover", error);
}

void
tbx_worker_handover_clear (TbxWorkerHandover *handover)
{
  tbx_ops_user_clear (&handover->user);
}
