/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-file-private.h"
#include "tbx-error.h"
#include "tbx-request-private.h"
#include "tbx-variant.h"

/**
 * TbxRequestFile:
 *
 * The host asks for a file of an [class@AgentFileHandler], as a guest user whose password
 * was verified.  To decline says that there is no such file.
 *
 * The agent acts with its own rights, and has to check itself what the user may.
 *
 * Since: 1.0
 */
typedef struct
{
  char     *path;      /* owned */
  char     *query;     /* owned */
  GVariant *details;   /* owned */
} TbxRequestFilePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbxRequestFile, tbx_request_file, TBX_TYPE_REQUEST)

/**
 * tbx_request_file_get_path:
 * @self: a request
 *
 * Which file it is about.
 *
 * Returns: (transfer none): what follows "/SCHEME:"; it begins with "/" and has no component ".."
 *
 * Since: 1.0
 */
const char *
tbx_request_file_get_path (TbxRequestFile *self)
{
  TbxRequestFilePrivate *priv = tbx_request_file_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_REQUEST_FILE (self), NULL);
  return priv->path;
}

/**
 * tbx_request_file_get_query:
 * @self: a request
 *
 * What else the host wrote, for the agent to make sense of.
 *
 * Returns: (transfer none): what follows the first "?" of the name, not decoded; maybe empty
 *
 * Since: 1.0
 */
const char *
tbx_request_file_get_query (TbxRequestFile *self)
{
  TbxRequestFilePrivate *priv = tbx_request_file_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_REQUEST_FILE (self), NULL);
  return priv->query;
}

/**
 * tbx_request_file_get_user:
 * @self: a request
 *
 * For whom it is.
 *
 * Returns: (transfer none): login name of the guest user
 *
 * Since: 1.0
 */
const char *
tbx_request_file_get_user (TbxRequestFile *self)
{
  TbxRequestFilePrivate *priv = tbx_request_file_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_REQUEST_FILE (self), NULL);
  return tbx_variant_find_text (priv->details, "user");
}

/**
 * tbx_request_file_deny:
 * @self: a request that has not been answered
 * @reason: for people
 *
 * The user may not.
 *
 * Since: 1.0
 */
void
tbx_request_file_deny (TbxRequestFile *self, const char *reason)
{
  g_return_if_fail (TBX_IS_REQUEST_FILE (self));
  g_return_if_fail (reason != NULL);
  tbx_request_return_denied (TBX_REQUEST (self), reason);
}

static void
request_file_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error_literal (invocation, TBX_ERROR, TBX_ERROR_NOT_FOUND,
                                                 "No such file");
}

static void
tbx_request_file_finalize (GObject *object)
{
  TbxRequestFilePrivate *priv =
    tbx_request_file_get_instance_private (TBX_REQUEST_FILE (object));

  g_free (priv->path);
  g_free (priv->query);
  g_variant_unref (priv->details);
  G_OBJECT_CLASS (tbx_request_file_parent_class)->finalize (object);
}

static void
tbx_request_file_class_init (TbxRequestFileClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_file_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_file_finalize;
}

static void
tbx_request_file_init (TbxRequestFile *self)
{
}

/* Takes @invocation. */
void
tbx_request_file_begin (TbxRequestFile        *self,
                        GDBusMethodInvocation *invocation,
                        const char            *path,
                        const char            *query,
                        GVariant              *details,
                        guint64                deadline_usec)
{
  TbxRequestFilePrivate *priv = tbx_request_file_get_instance_private (self);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  priv->path = g_strdup (path);
  priv->query = g_strdup (query);
  priv->details = g_variant_ref (details);
}
