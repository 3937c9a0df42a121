/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-launch.h"
#include "tbx-log.h"
#include "tbx-worker-service.h"
#include "tbx-worker-session.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the daemon, or systemd for it, leaves the control socket. */
#define SOCKET_FD 3

static gboolean
socket_is_daemons (pid_t *daemon)
{
  struct ucred peer;
  socklen_t size = sizeof peer;
  int type;
  socklen_t type_size = sizeof type;

  if (getsockopt (SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0
      || type != SOCK_SEQPACKET
      || getsockopt (SOCKET_FD, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return FALSE;
  *daemon = peer.pid;
  /* Whoever may do as we do anyway. */
  return peer.uid == 0 || peer.uid == getuid ();
}

static void
serve (int socket, TbxWorkerBuffer *buffer, const TbxOpsUser *user, gboolean gated)
{
  pid_t daemon = 0;
  g_autoptr(TbxOps) ops = tbx_ops_new (user);
  g_autoptr(TbxWorkerService) service
    = tbx_worker_service_new (socket, tbx_worker_buffer_ref (buffer), ops);

  tbx_launch_raise_limits ();
  /* No request ends those that it hangs on. */
  tbx_ops_protect (ops, getppid ());
  if (socket_is_daemons (&daemon))
    tbx_ops_protect (ops, daemon);
  tbx_ops_set_gated (ops, gated);
  tbx_worker_service_run (service);
}

int
main (int argc, char **argv)
{
  g_autofree char *pam_directory = NULL;
  gboolean own = FALSE;
  gboolean verbose = FALSE;
  const GOptionEntry entries[] = {
    { "self", 0, 0, G_OPTION_ARG_NONE, &own, "Serve our own user, without PAM", NULL },
    { "pam-directory", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &pam_directory, NULL, NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  TbxWorkerSession session;
  pid_t daemon;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Executes guest operations; for toolboxd only.");
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("toolboxd-worker: %s\n", error->message);
      return 2;
    }
  tbx_log_init (verbose);
  if (!socket_is_daemons (&daemon) || fcntl (SOCKET_FD, F_SETFD, FD_CLOEXEC) != 0)
    {
      g_printerr ("toolboxd-worker: started by toolboxd only\n");
      return 2;
    }
  session = (TbxWorkerSession) { SOCKET_FD, pam_directory, own };
  return tbx_worker_session_run (&session, serve);
}
