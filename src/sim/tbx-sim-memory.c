/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-memory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

/* The slow way, for kernels and policies without process_vm_readv(). */
static gboolean
move_by_file (pid_t tid, guint64 address, gpointer local, gsize size, gboolean out)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/mem", tid);
  int fd = open (path, (out ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
  gsize done = 0;
  gssize n = 1;

  if (fd < 0)
    return FALSE;
  while (n > 0 && done < size)
    {
      char *at = (char *) local + done;
      off_t offset = (off_t) (address + done);

      n = out ? pwrite (fd, at, size - done, offset) : pread (fd, at, size - done, offset);
      if (n > 0)
        done += (gsize) n;
    }
  close (fd);
  return done == size;
}

static gboolean
move (pid_t tid, guint64 address, gpointer local, gsize size, gboolean out)
{
  struct iovec here = { local, size };
  struct iovec there = { (gpointer) (guintptr) address, size };
  gssize n;

  if (size == 0)
    return TRUE;
  n = out ? process_vm_writev (tid, &here, 1, &there, 1, 0)
          : process_vm_readv (tid, &here, 1, &there, 1, 0);
  if (n < 0 && (errno == ENOSYS || errno == EPERM))
    return move_by_file (tid, address, local, size, out);
  return n >= 0 && (gsize) n == size;
}

static gboolean
memory_read (gpointer data, guint64 address, gpointer to, gsize size)
{
  return move (GPOINTER_TO_INT (data), address, to, size, FALSE);
}

static gboolean
memory_write (gpointer data, guint64 address, gconstpointer from, gsize size)
{
  return move (GPOINTER_TO_INT (data), address, (gpointer) from, size, TRUE);
}

/**
 * tbx_sim_memory_of:
 * @tid: a thread that is traced
 *
 * Returns: access to its memory, as far as it may access that itself
 */
TbxSimMemory
tbx_sim_memory_of (pid_t tid)
{
  return (TbxSimMemory) { GINT_TO_POINTER (tid), memory_read, memory_write };
}

/**
 * tbx_sim_memory_poke:
 * @tid: a thread that is stopped for us
 * @address: where
 * @bytes: what
 * @size: how many bytes
 *
 * Writes where the process itself may not: into its text, of which it gets a
 * copy of its own.
 *
 * Returns: whether it could be done
 */
gboolean
tbx_sim_memory_poke (pid_t tid, guint64 address, gconstpointer bytes, gsize size)
{
  const guint8 *from = bytes;
  gsize done = 0;

  /* By whole aligned words, so that none reaches into a page that is not there. */
  while (done < size)
    {
      guint64 word_address = (address + done) & ~(guint64) (sizeof (long) - 1);
      gsize skip = (gsize) (address + done - word_address);
      gsize n = MIN (sizeof (long) - skip, size - done);
      long word;

      errno = 0;
      word = ptrace (PTRACE_PEEKTEXT, tid, (gpointer) (guintptr) word_address, NULL);
      if (errno != 0)
        return FALSE;
      memcpy ((char *) &word + skip, from + done, n);
      if (ptrace (PTRACE_POKETEXT, tid, (gpointer) (guintptr) word_address,
                  (gpointer) (guintptr) word) != 0)
        return FALSE;
      done += n;
    }
  return TRUE;
}
