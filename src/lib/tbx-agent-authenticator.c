/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-authenticator.h"
#include "tbx-agent-private.h"
#include "tbx-bus-api.h"
#include "tbx-request-login-private.h"
#include "tbx-variant.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A name of 256, a password of 511, and what ends them; one more, to see the end. */
#define CREDENTIALS_MAX_BYTES (256 + 1 + 511 + 1 + 1)

enum
{
  SIGNAL_VERIFY,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * TbxAgentAuthenticator:
 *
 * Says whether a password is right, before PAM or in its place, as the configuration of the
 * daemon has it.
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (TbxAgentAuthenticator, tbx_agent_authenticator, TBX_TYPE_AGENT)

/* Reads the name and the password that the daemon has written already. */
static gboolean
read_credentials (GVariant *handle, GUnixFDList *fds, char *buffer, gsize size, GError **error)
{
  gsize n = 0;
  gssize got = 1;
  int fd;

  fd = tbx_variant_take_fd (g_variant_get_handle (handle), fds, error);
  if (fd < 0)
    return FALSE;
  for (; n < size && got != 0; n += (gsize) MAX (got, 0))
    {
      got = read (fd, buffer + n, size - n);
      if (got < 0 && errno != EINTR)
        break;
    }
  close (fd);
  /* The name, a NUL, the password, a NUL. */
  if (got == 0 && n >= 2 && buffer[n - 1] == '\0' && strlen (buffer) + 1 < n
      && strlen (buffer) + 1 + strlen (buffer + strlen (buffer) + 1) + 1 == n)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "No name and password");
  return FALSE;
}

static gboolean
on_verify (TbxBusAgentAuthenticator *skeleton,
           GDBusMethodInvocation    *invocation,
           GUnixFDList              *fds,
           GVariant                 *credentials,
           guint64                   deadline_usec,
           TbxAgentAuthenticator    *self)
{
  g_autoptr(TbxRequestLogin) request = NULL;
  g_autoptr(GError) error = NULL;
  char buffer[CREDENTIALS_MAX_BYTES];

  if (!read_credentials (credentials, fds, buffer, sizeof buffer, &error))
    {
      explicit_bzero (buffer, sizeof buffer);
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  request = tbx_request_login_new (invocation, buffer, buffer + strlen (buffer) + 1,
                                   deadline_usec);
  explicit_bzero (buffer, sizeof buffer);
  g_signal_emit (self, signals[SIGNAL_VERIFY], 0, request);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_authenticator_create_skeleton (TbxAgent *agent)
{
  TbxBusAgentAuthenticator *skeleton = tbx_bus_agent_authenticator_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-verify", G_CALLBACK (on_verify), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static void
tbx_agent_authenticator_class_init (TbxAgentAuthenticatorClass *klass)
{
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterAuthenticator";
  agent_class->unregister_method = "UnregisterAuthenticator";
  agent_class->create_skeleton = agent_authenticator_create_skeleton;

  /**
   * TbxAgentAuthenticator:priority:
   *
   * Those with a higher one are asked first, of equal ones the oldest.
   *
   * Since: 1.0
   */
  tbx_agent_class_install_key (
    agent_class,
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, 0,
                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * TbxAgentAuthenticator::verify:
   * @self: the agent
   * @request: what is asked
   *
   * Somebody logs in: there are at most 5 seconds.
   *
   * Since: 1.0
   */
  signals[SIGNAL_VERIFY] =
    g_signal_new ("verify", TBX_TYPE_AGENT_AUTHENTICATOR, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentAuthenticatorClass, verify), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_LOGIN);
}

static void
tbx_agent_authenticator_init (TbxAgentAuthenticator *self)
{
}

/**
 * tbx_agent_authenticator_new:
 * @priority: see [property@AgentAuthenticator:priority]
 *
 * Makes an agent that says who may log in.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentAuthenticator *
tbx_agent_authenticator_new (int priority)
{
  return g_object_new (TBX_TYPE_AGENT_AUTHENTICATOR, "priority", priority, NULL);
}
