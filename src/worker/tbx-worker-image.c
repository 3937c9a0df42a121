/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-image.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* By this name it is found whatever became of the file: an update may have replaced it. */
#define OWN_IMAGE "/proc/self/exe"

#define EXECUTABLE_BY_ALL (S_IXUSR | S_IXGRP | S_IXOTH)

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* Kernels before 6.3 do not know that memory may have to be named executable. */
static int
create_memory (void)
{
  int fd = memfd_create ("toolboxd-worker", MFD_CLOEXEC | MFD_EXEC);

  return fd >= 0 || errno != EINVAL ? fd : memfd_create ("toolboxd-worker", MFD_CLOEXEC);
}

static gboolean
copy_all (int from, int to, gsize size)
{
  while (size > 0)
    {
      gssize n = sendfile (to, from, NULL, size);

      if (n <= 0)
        return FALSE;
      size -= (gsize) n;
    }
  return TRUE;
}

/* The user may not execute the file; root, who may, does not do so for the user's half:
 * from the session on, whose root directory and limits are the user's, nothing is
 * loaded as root any more. */
static int
image_copy (gsize size)
{
  int from = open (OWN_IMAGE, O_RDONLY | O_CLOEXEC);
  int to = from < 0 ? -1 : create_memory ();
  gboolean copied = to >= 0 && copy_all (from, to, size);
  int saved = errno, copy = -1;

  if (copied)
    {
      char path[32];

      /* What is open for writing cannot be executed. */
      g_snprintf (path, sizeof path, "/proc/self/fd/%d", to);
      copy = open (path, O_PATH | O_CLOEXEC);
      saved = errno;
    }
  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  errno = saved;
  return copy;
}

/**
 * tbx_worker_image_open:
 * @error: return location for an error
 *
 * To be called while this process is still root's, for the user may have no right to the
 * file; memory has a copy of it then.
 * Errors: `TBX_ERROR_FAILED`.
 *
 * Returns: (transfer full): for tbx_worker_image_execute(), or -1
 */
int
tbx_worker_image_open (GError **error)
{
  int fd = open (OWN_IMAGE, O_PATH | O_CLOEXEC);
  struct stat status;

  if (fd >= 0 && fstat (fd, &status) == 0
      && (status.st_mode & EXECUTABLE_BY_ALL) != EXECUTABLE_BY_ALL && geteuid () == 0)
    {
      close (fd);
      fd = image_copy ((gsize) status.st_size);
    }
  if (fd < 0)
    {
      int saved = errno;

      g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "own image: %s", g_strerror (saved));
    }
  return fd;
}

/* Nothing of the daemon's: the next image has its own from what is handed over.  But a
 * sanitizer has to be told before it has read anything. */
static char **
dup_environment (void)
{
  static const char *const kept[] = { "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS" };
  char **environment = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    if (g_getenv (kept[i]) != NULL)
      environment = g_environ_setenv (environment, kept[i], g_getenv (kept[i]), TRUE);
  return environment == NULL ? g_new0 (char *, 1) : environment;
}

/* First out of the way of where they are to be, then there; no other descriptor is
 * passed on, whether it is marked so or not. */
static gboolean
place (const TbxWorkerImageFds *fds, int *image)
{
  const int wanted[] = {
    [0] = open ("/dev/null", O_RDWR | O_CLOEXEC),
    [1] = open ("/dev/null", O_RDWR | O_CLOEXEC),
    [2] = STDERR_FILENO,
    [TBX_WORKER_SOCKET_FD] = fds->socket,
    [TBX_WORKER_BUFFER_FD] = fds->buffer,
    [TBX_WORKER_HANDOVER_FD] = fds->handover,
  };
  int copies[G_N_ELEMENTS (wanted)];

  *image = fcntl (*image, F_DUPFD_CLOEXEC, (int) G_N_ELEMENTS (wanted));
  for (int i = 0; i < (int) G_N_ELEMENTS (wanted); i++)
    copies[i] = fcntl (wanted[i], F_DUPFD_CLOEXEC, (int) G_N_ELEMENTS (wanted));
  for (int i = 0; i < (int) G_N_ELEMENTS (wanted); i++)
    if (copies[i] < 0 || dup2 (copies[i], i) < 0)
      return FALSE;
  return *image >= 0 && close_range (G_N_ELEMENTS (wanted), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/**
 * tbx_worker_image_execute:
 * @image: what tbx_worker_image_open() gave
 * @fds: what the next image is to have
 * @verbose: whether it logs more
 *
 * Returns: an errno, if at all; descriptors below 6 are in disorder then
 */
int
tbx_worker_image_execute (int image, const TbxWorkerImageFds *fds, gboolean verbose)
{
  const char *const argv[] = { "toolboxd-worker", "--" TBX_WORKER_SERVE_OPTION,
                               verbose ? "--verbose" : NULL, NULL };
  g_auto(GStrv) environment = dup_environment ();

  if (place (fds, &image))
    execveat (image, "", (char *const *) argv, environment, AT_EMPTY_PATH);
  return errno;
}
