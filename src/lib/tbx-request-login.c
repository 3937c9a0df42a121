/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-login-private.h"
#include "tbx-request-private.h"
#include <string.h>

/**
 * TbxRequestLogin:
 *
 * The host has a name and a password for the guest, and an [class@AgentAuthenticator] may say
 * whether they are right.  To decline has the next one asked, and in the end PAM.
 *
 * Since: 1.0
 */
struct _TbxRequestLogin
{
  TbxRequest parent_instance;
  char      *user;       /* owned */
  char      *password;   /* owned; secret */
};

G_DEFINE_FINAL_TYPE (TbxRequestLogin, tbx_request_login, TBX_TYPE_REQUEST)

/**
 * tbx_request_login_get_user:
 * @self: a request
 *
 * Who wants to log in.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
tbx_request_login_get_user (TbxRequestLogin *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_LOGIN (self), NULL);
  return self->user;
}

/**
 * tbx_request_login_get_password:
 * @self: a request
 *
 * It is a secret: do not log it, and do not keep it.
 *
 * Returns: (transfer none): the password; wiped with the request
 *
 * Since: 1.0
 */
const char *
tbx_request_login_get_password (TbxRequestLogin *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_LOGIN (self), NULL);
  return self->password;
}

static void
request_return (GDBusMethodInvocation *invocation, const char *verdict)
{
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation,
                                                           g_variant_new ("(s)", verdict), NULL);
}

static void
request_answer (TbxRequestLogin *self, const char *verdict)
{
  GDBusMethodInvocation *invocation = tbx_request_answer (TBX_REQUEST (self));

  if (invocation != NULL)
    request_return (invocation, verdict);
}

/**
 * tbx_request_login_accept:
 * @self: a request that has not been answered
 *
 * The password is that user's.  A local account of that name must exist, and PAM's account
 * and session modules must agree.
 *
 * Since: 1.0
 */
void
tbx_request_login_accept (TbxRequestLogin *self)
{
  g_return_if_fail (TBX_IS_REQUEST_LOGIN (self));
  request_answer (self, "yes");
}

/**
 * tbx_request_login_reject:
 * @self: a request that has not been answered
 *
 * The login is refused.
 *
 * Since: 1.0
 */
void
tbx_request_login_reject (TbxRequestLogin *self)
{
  g_return_if_fail (TBX_IS_REQUEST_LOGIN (self));
  request_answer (self, "no");
}

static void
request_login_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  request_return (invocation, "unknown");
}

static void
tbx_request_login_finalize (GObject *object)
{
  TbxRequestLogin *self = TBX_REQUEST_LOGIN (object);

  explicit_bzero (self->password, strlen (self->password));
  g_free (self->password);
  g_free (self->user);
  G_OBJECT_CLASS (tbx_request_login_parent_class)->finalize (object);
}

static void
tbx_request_login_class_init (TbxRequestLoginClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_login_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_login_finalize;
}

static void
tbx_request_login_init (TbxRequestLogin *self)
{
}

/* Takes @invocation. */
TbxRequestLogin *
tbx_request_login_new (GDBusMethodInvocation *invocation,
                       const char            *user,
                       const char            *password,
                       guint64                deadline_usec)
{
  TbxRequestLogin *self = g_object_new (TBX_TYPE_REQUEST_LOGIN, NULL);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  self->user = g_strdup (user);
  self->password = g_strdup (password);
  return self;
}
