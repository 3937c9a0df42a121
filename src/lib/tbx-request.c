/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-private.h"

/**
 * TbxRequest:
 *
 * Something that the daemon asks an [class@Agent].
 *
 * It is answered once, at once or later, by the methods of its kind.  One whose last
 * reference goes before that is declined: the daemon then does what it would do without
 * the agent.
 *
 * Since: 1.0
 */
typedef struct
{
  GDBusMethodInvocation *invocation;    /* NULL once it is answered (owned) */
  gint64                 deadline_us;   /* of g_get_monotonic_time(); 0: none is known */
} TbxRequestPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbxRequest, tbx_request, G_TYPE_OBJECT)

/* Takes @invocation, as whatever returns from one does. */
void
tbx_request_begin (TbxRequest *self, GDBusMethodInvocation *invocation, guint64 deadline_usec)
{
  TbxRequestPrivate *priv = tbx_request_get_instance_private (self);

  priv->invocation = invocation;
  priv->deadline_us = (gint64) MIN (deadline_usec, G_MAXINT64);
}

/* For the kinds: (transfer full): what to return the answer with, or NULL the second time */
GDBusMethodInvocation *
tbx_request_answer (TbxRequest *self)
{
  TbxRequestPrivate *priv = tbx_request_get_instance_private (self);

  g_return_val_if_fail (priv->invocation != NULL, NULL);
  return g_steal_pointer (&priv->invocation);
}

/* For the kinds: the user may not. */
void
tbx_request_return_denied (TbxRequest *self, const char *reason)
{
  GDBusMethodInvocation *invocation = tbx_request_answer (self);

  if (invocation != NULL)
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_ACCESS_DENIED, reason);
}

/**
 * tbx_request_get_deadline_us:
 * @self: a request
 *
 * When an answer stops counting.
 *
 * Returns: microseconds, of [func@GLib.get_monotonic_time]; 0 where none is known
 *
 * Since: 1.0
 */
gint64
tbx_request_get_deadline_us (TbxRequest *self)
{
  TbxRequestPrivate *priv = tbx_request_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_REQUEST (self), 0);
  return priv->deadline_us;
}

/**
 * tbx_request_is_answered:
 * @self: a request
 *
 * One that was dropped by the daemon, because its time was over, is not answered by that.
 *
 * Returns: whether it was answered
 *
 * Since: 1.0
 */
gboolean
tbx_request_is_answered (TbxRequest *self)
{
  TbxRequestPrivate *priv = tbx_request_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_REQUEST (self), FALSE);
  return priv->invocation == NULL;
}

/**
 * tbx_request_decline:
 * @self: a request that has not been answered
 *
 * Leaves it to the daemon, as if the agent were not registered.
 *
 * Since: 1.0
 */
void
tbx_request_decline (TbxRequest *self)
{
  GDBusMethodInvocation *invocation;

  g_return_if_fail (TBX_IS_REQUEST (self));
  invocation = tbx_request_answer (self);
  if (invocation != NULL)
    TBX_REQUEST_GET_CLASS (self)->decline (self, invocation);
}

static void
tbx_request_dispose (GObject *object)
{
  TbxRequest *self = TBX_REQUEST (object);

  if (!tbx_request_is_answered (self))
    tbx_request_decline (self);
  G_OBJECT_CLASS (tbx_request_parent_class)->dispose (object);
}

static void
tbx_request_class_init (TbxRequestClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_request_dispose;
}

static void
tbx_request_init (TbxRequest *self)
{
}
