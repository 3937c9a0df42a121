/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-control.h"
#include "tbx-launch.h"
#include "tbx-log.h"
#include "tbx-round-trip.h"
#include "tbx-worker-handover.h"
#include "tbx-worker-identity.h"
#include "tbx-worker-image.h"
#include "tbx-worker-service.h"
#include "tbx-worker-session.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean
socket_is_daemons (pid_t *daemon)
{
  struct ucred peer;
  socklen_t size = sizeof peer;
  int type;
  socklen_t type_size = sizeof type;

  if (getsockopt (TBX_WORKER_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0
      || type != SOCK_SEQPACKET
      || getsockopt (TBX_WORKER_SOCKET_FD, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return FALSE;
  *daemon = peer.pid;
  /* Whoever may do as we do anyway. */
  return peer.uid == 0 || peer.uid == getuid ();
}

static int
refuse_start (const char *why)
{
  g_printerr ("toolboxd-worker: started by toolboxd only (%s)\n", why);
  return 2;
}

/* The second image, which is the user's: PAM and root's power were the first one's. */
static int
serve (pid_t daemon)
{
  g_auto(TbxWorkerHandover) handover = { 0 };
  g_autoptr(GError) error = NULL;
  const TbxWorkerMessage ready = { .type = TBX_WORKER_READY };
  TbxWorkerBuffer *buffer = NULL;
  g_autoptr(TbxOps) ops = NULL;
  g_autoptr(TbxWorkerService) service = NULL;

  if (tbx_worker_handover_read (TBX_WORKER_HANDOVER_FD, &handover, &error)
      && tbx_worker_identity_settle (&handover.user, handover.parent, &error)
      && fcntl (TBX_WORKER_BUFFER_FD, F_SETFD, FD_CLOEXEC) == 0)
    buffer = tbx_worker_buffer_new_from_fd (TBX_WORKER_BUFFER_FD, &error);
  if (buffer == NULL)
    return refuse_start (error == NULL ? "no buffer" : error->message);
  close (TBX_WORKER_HANDOVER_FD);
  /* A pipe whose reader is gone is an error of the operation, not our end. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);   /* so is a file that may not grow */
  ops = tbx_ops_new (&handover.user);
  service = tbx_worker_service_new (TBX_WORKER_SOCKET_FD, buffer, ops);
  tbx_launch_raise_limits ();
  /* No request ends those that it hangs on. */
  tbx_ops_protect (ops, getppid ());
  tbx_ops_protect (ops, daemon);
  tbx_ops_set_gated (ops, handover.gated);
  if (!tbx_control_send (TBX_WORKER_SOCKET_FD, &ready, -1, NULL))
    return EXIT_FAILURE;
  /* The service's alone: with it ends what waits, which the service answers. */
  g_clear_object (&ops);
  tbx_worker_service_run (service);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_autofree char *pam_directory = NULL;
  gboolean own = FALSE, second = FALSE, verbose = FALSE;
  const GOptionEntry entries[] = {
    { "self", 0, 0, G_OPTION_ARG_NONE, &own, "Serve our own user, without PAM", NULL },
    { "pam-directory", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &pam_directory, NULL, NULL },
    { TBX_WORKER_SERVE_OPTION, 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &second, NULL, NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  TbxWorkerSession session;
  pid_t daemon = 0;

  /* No worker at all, but a program that one started. */
  if (argc == 3 && strcmp (argv[1], TBX_ROUND_TRIP_OPTION) == 0)
    return tbx_round_trip_run (argv[2]);
  /* Executed by descriptor, it has the name of that. */
  prctl (PR_SET_NAME, "toolboxd-worker", 0, 0, 0);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Executes guest operations; for toolboxd only.");
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("toolboxd-worker: %s\n", error->message);
      return 2;
    }
  tbx_log_init (verbose);
  if (!socket_is_daemons (&daemon) || fcntl (TBX_WORKER_SOCKET_FD, F_SETFD, FD_CLOEXEC) != 0)
    return refuse_start ("no socket of its own kind");
  if (second)
    return serve (daemon);
  session = (TbxWorkerSession) { TBX_WORKER_SOCKET_FD, pam_directory, own, verbose };
  return tbx_worker_session_run (&session);
}
