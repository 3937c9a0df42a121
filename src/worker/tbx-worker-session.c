/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-session.h"
#include "tbx-control.h"
#include "tbx-error.h"
#include "tbx-memory.h"
#include "tbx-pam.h"
#include "tbx-worker-handover.h"
#include "tbx-worker-identity.h"
#include "tbx-worker-image.h"
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* For PAM's end of a session that is not waited for any more. */
#define SESSION_END_S 10

/* Everything of one login.  All of it happens in one thread that may block. */
typedef struct
{
  const TbxWorkerSession *session;
  TbxPam                 *pam;       /* (owned), NULL with `self` */
  TbxOpsUser              user;      /* (owned) */
  int                     buffer;    /* that the image that serves is to have (owned), or -1 */
  gboolean                gated;     /* programs wait for the daemon */
  TbxPamOutcome           outcome;   /* of the last step */
} Login;

static gboolean
say (Login *login, const TbxWorkerMessage *message)
{
  g_autoptr(GError) error = NULL;

  if (tbx_control_send (login->session->socket, message, -1, &error))
    return TRUE;
  g_warning ("The daemon cannot be told: %s", error->message);
  return FALSE;
}

/* Waits for the one message that may come now. */
static gboolean
hear (Login *login, TbxWorkerMessageType type, TbxControlPacket *packet)
{
  g_autoptr(GError) error = NULL;

  switch (tbx_control_receive (login->session->socket, TBX_WORKER_FROM_DAEMON, packet, &error))
    {
    case TBX_CONTROL_OK:
      if (packet->message.type == type)
        return TRUE;
      if (packet->message.type != TBX_WORKER_QUIT)
        g_warning ("The daemon sent what does not belong here (%d)", packet->message.type);
      return FALSE;
    case TBX_CONTROL_BAD:
      g_warning ("The daemon is not understood: %s", error->message);
      return FALSE;
    default:
      return FALSE;   /* it is gone */
    }
}

static gboolean
login_fail (Login *login, TbxWorkerStep step, const GError *error)
{
  login->outcome = (TbxPamOutcome) { TBX_WORKER_VERDICT_FAILED, step, 0 };
  if (error != NULL)
    g_warning ("Login failed at %s: %s", tbx_worker_step_get_name (step), error->message);
  return FALSE;
}

static gboolean
verify_self (Login *login, const char *name)
{
  g_autoptr(GError) error = NULL;

  if (geteuid () == 0)
    return login_fail (login, TBX_WORKER_STEP_AUTHENTICATE, NULL);
  if (!tbx_worker_identity_own (&login->user, &error))
    return login_fail (login, TBX_WORKER_STEP_LOOKUP, error);
  login->outcome = (TbxPamOutcome) { TBX_WORKER_VERDICT_OK, TBX_WORKER_STEP_AUTHENTICATE, 0 };
  if (strcmp (login->user.name, name) != 0)
    login->outcome.verdict = TBX_WORKER_VERDICT_DENIED;
  return login->outcome.verdict == TBX_WORKER_VERDICT_OK;
}

/* Whom the administrator named instead of a password is never root. */
static gboolean
verify_by_pam (Login *login, const TbxWorkerLogin *asked)
{
  g_autoptr(GError) error = NULL;
  const char *user;

  login->pam = tbx_pam_new (login->session->pam_directory, asked->name, &login->outcome);
  if (login->pam == NULL
      || !tbx_pam_verify (login->pam,
                          asked->proof == TBX_WORKER_PROOF_PASSWORD ? asked->password : NULL,
                          &login->outcome))
    return FALSE;
  user = tbx_pam_get_user (login->pam);
  if (user == NULL || !tbx_worker_identity_look_up (user, &login->user, &error))
    return login_fail (login, TBX_WORKER_STEP_LOOKUP, error);
  if (asked->proof == TBX_WORKER_PROOF_NAMED && login->user.uid == 0)
    login->outcome = (TbxPamOutcome) { TBX_WORKER_VERDICT_DENIED, TBX_WORKER_STEP_LOOKUP, 0 };
  return login->outcome.verdict == TBX_WORKER_VERDICT_OK;
}

typedef gboolean (*GetGroups) (const TbxOpsUser *user, TbxWriter *w, guint32 *n);

/* Who it is, when that is known; else why not. */
static gboolean
login_say_account (Login *login, TbxWorkerMessageType type, GetGroups get_groups)
{
  g_auto(TbxWriter) groups = { 0 };
  guint32 n_groups = 0;
  TbxWorkerMessage message = { .type = type };

  tbx_writer_init (&groups, TBX_WORKER_MESSAGE_MAX_BYTES);
  if (login->outcome.verdict == TBX_WORKER_VERDICT_OK
      && !get_groups (&login->user, &groups, &n_groups))
    login_fail (login, TBX_WORKER_STEP_LOOKUP, NULL);
  message.login_result = (TbxWorkerLoginResult) {
    .verdict = login->outcome.verdict,
    .step = login->outcome.step,
    .pam_code = login->outcome.pam_code,
    .name = "",
  };
  if (login->outcome.verdict == TBX_WORKER_VERDICT_OK)
    {
      message.login_result.uid = login->user.uid;
      message.login_result.gid = login->user.gid;
      message.login_result.name = login->user.name;
      message.login_result.n_groups = n_groups;
      message.login_result.groups = groups.out->data;
      message.login_result.groups_size = groups.out->len;
    }
  return say (login, &message) && login->outcome.verdict == TBX_WORKER_VERDICT_OK;
}

static gboolean
login_say_result (Login *login)
{
  return login_say_account (login, TBX_WORKER_LOGIN_RESULT, tbx_worker_identity_groups);
}

/* What the process is from here on: root's word, for the user's is none to rely on. */
static gboolean
login_say_opened (Login *login)
{
  return login_say_account (login, TBX_WORKER_OPENED, tbx_worker_identity_own_groups);
}

/* The packet holds the password, and is wiped when this returns. */
static gboolean
login_verify (Login *login)
{
  g_auto(TbxControlPacket) packet;
  const TbxWorkerLogin *asked;

  if (!hear (login, TBX_WORKER_LOGIN, &packet))
    return FALSE;
  asked = &packet.message.login;
  if (asked->self != login->session->self)
    login_fail (login, TBX_WORKER_STEP_START, NULL);
  else if (asked->self)
    verify_self (login, asked->name);
  else
    verify_by_pam (login, asked);
  return TRUE;
}

static gboolean
login_receive_buffer (Login *login)
{
  g_auto(TbxControlPacket) packet;

  if (!hear (login, TBX_WORKER_CONTINUE, &packet))
    return FALSE;
  login->buffer = packet.fds[0];
  packet.fds[0] = -1;
  login->gated = packet.message.gated;
  return TRUE;
}

/* What could not be had: that all is well, the image that serves says. */
static gboolean
login_say_ready (Login *login)
{
  const TbxWorkerMessage message = {
    .type = TBX_WORKER_READY,
    .ready = { login->outcome.verdict, login->outcome.step, login->outcome.pam_code },
  };

  return say (login, &message) && login->outcome.verdict == TBX_WORKER_VERDICT_OK;
}

/* The groups come first, for pam_setcred() may add some. */
static gboolean
login_open_session (Login *login)
{
  if (initgroups (login->user.name, login->user.gid) != 0)
    {
      g_warning ("initgroups: %s", g_strerror (errno));
      return login_fail (login, TBX_WORKER_STEP_LOOKUP, NULL);
    }
  umask (022);   /* where PAM has no other wish */
  return tbx_pam_open (login->pam, &login->outcome);
}

static void
reset_signals (void)
{
  const struct sigaction standard = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (int i = 1; i < NSIG; i++)
    sigaction (i, &standard, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Goes on as a new image, which has nothing of this one but what is handed over; gives
 * why not. */
static int
login_execute (Login *login, int image, int handover)
{
  const TbxWorkerImageFds fds = { login->session->socket, login->buffer, handover };

  reset_signals ();
  if (chdir ("/") != 0)
    return errno;
  return tbx_worker_image_execute (image, &fds, login->session->verbose);
}

/* Becomes the half that serves, and does not return: who is still here failed. */
static void
login_serve (Login *login, pid_t parent)
{
  g_auto(GStrv) environment = login->pam == NULL ? g_new0 (char *, 1)
                                                 : tbx_pam_dup_environment (login->pam);
  g_autoptr(GError) error = NULL;
  TbxWorkerHandover handover;
  int image, data;

  tbx_worker_identity_set_environment (&login->user, environment);
  handover = (TbxWorkerHandover) { login->user, login->gated, parent };
  image = tbx_worker_image_open (&error);
  data = image < 0 ? -1 : tbx_worker_handover_write (&handover, &error);
  if (data >= 0 && (login->session->self || tbx_worker_identity_become (&login->user, &error)))
    {
      int saved = login_execute (login, image, data);

      g_set_error (&error, TBX_ERROR, TBX_ERROR_FAILED, "exec: %s", g_strerror (saved));
    }
  login_fail (login, TBX_WORKER_STEP_BECOME_USER, error);
  login_say_ready (login);
}

/* Root's half: waits for the end of the other, or for the order to end it. */
static void
wait_for_user (pid_t child, const sigset_t *signals)
{
  gboolean ordered = FALSE;

  tbx_memory_settle ();
  do
    {
      int number = 0;

      sigwait (signals, &number);
      ordered = ordered || number != SIGCHLD;
      if (number != SIGCHLD)
        kill (child, SIGKILL);
    }
  /* 0: another child, that a PAM module left to us; or it cannot be killed now. */
  while (waitpid (child, NULL, WNOHANG) == 0);
  if (ordered)
    alarm (SESSION_END_S);
}

static int
login_split (Login *login)
{
  pid_t parent = getpid ();
  sigset_t signals;
  pid_t child;

  sigemptyset (&signals);
  sigaddset (&signals, SIGCHLD);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigprocmask (SIG_BLOCK, &signals, NULL);
  child = fork ();
  if (child == 0)
    {
      setsid ();
      login_serve (login, parent);
      _exit (EXIT_FAILURE);
    }
  if (child < 0)
    {
      login_fail (login, TBX_WORKER_STEP_BECOME_USER, NULL);
      login_say_ready (login);
      return EXIT_FAILURE;
    }
  /* The daemon sees the end of the other half by the end of the socket. */
  close (login->session->socket);
  close (login->buffer);
  login->buffer = -1;
  wait_for_user (child, &signals);
  return EXIT_SUCCESS;
}

static int
login_run (Login *login)
{
  const TbxWorkerMessage hello = { .type = TBX_WORKER_HELLO,
                                   .hello = { TBX_WORKER_PROTOCOL, (guint32) getpid () } };

  if (!say (login, &hello) || !login_verify (login) || !login_say_result (login)
      || !login_receive_buffer (login))
    return EXIT_SUCCESS;
  if (!login->session->self && !login_open_session (login))
    {
      login_say_ready (login);
      return EXIT_SUCCESS;
    }
  if (!login_say_opened (login))
    return EXIT_FAILURE;
  if (!login->session->self)
    return login_split (login);
  login_serve (login, 0);
  return EXIT_FAILURE;
}

/**
 * tbx_worker_session_run:
 * @session: how to verify, and the socket to the daemon
 *
 * Verifies whom the daemon names, opens the session when it says so, and splits into
 * the half that serves as the user, which is executed anew, and the one that ends the
 * session after it.
 * Source: docs/design.md, "Processes" and "Security".
 *
 * Returns: the exit status of the process
 */
int
tbx_worker_session_run (const TbxWorkerSession *session)
{
  Login login = { .session = session, .buffer = -1 };
  int status;

  /* A dump, or another process of the user, would show the password. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  signal (SIGCHLD, SIG_DFL);
  status = login_run (&login);
  if (login.pam != NULL)
    tbx_pam_close (login.pam);
  if (login.buffer >= 0)
    close (login.buffer);
  tbx_ops_user_clear (&login.user);
  return status;
}
