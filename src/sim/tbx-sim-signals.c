/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-signals.h"
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

/* Why not g_unix_signal_add(): it does not tell who sent the signal. */
typedef struct
{
  int signo;
  int code;
} Record;

typedef struct
{
  TbxSimSignalled callback;
  gpointer        user_data;
} Watch;

static const int watched[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

/* Where the handler writes; a handler has nothing but globals. */
static int record_fd = -1;

static void
on_signal (int signo, siginfo_t *info, void *context)
{
  Record record = { signo, info->si_code };
  int code = errno;

  if (write (record_fd, &record, sizeof record) != sizeof record)
    _exit (128 + signo);   /* nobody reads any more */
  errno = code;
}

static gboolean
on_record (gint fd, GIOCondition condition, gpointer user_data)
{
  Watch *watch = user_data;
  Record record;

  if (read (fd, &record, sizeof record) == sizeof record)
    watch->callback (record.signo, record.code > 0, watch->user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_sim_signals_watch:
 * @callback: called in the main context for each signal that asks to end
 * @user_data: passed to @callback
 * @error: return location for an error
 *
 * To be called once in a process.  A signal that is ignored stays so, as `nohup`
 * and shells without job control want it.
 *
 * Returns: the id of a source, or 0
 */
guint
tbx_sim_signals_watch (TbxSimSignalled callback, gpointer user_data, GError **error)
{
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
  Watch watch = { callback, user_data };
  int fds[2];

  g_return_val_if_fail (record_fd < 0, 0);
  if (!g_unix_open_pipe (fds, FD_CLOEXEC, error))
    return 0;
  record_fd = fds[1];
  sigemptyset (&action.sa_mask);
  for (gsize i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      struct sigaction before;

      if (sigaction (watched[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction (watched[i], &action, NULL);
    }
  return g_unix_fd_add_full (G_PRIORITY_HIGH, fds[0], G_IO_IN, on_record,
                             g_memdup2 (&watch, sizeof watch), g_free);
}
