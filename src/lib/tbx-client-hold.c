/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-client.h"
#include "tbx-hold-private.h"
#include "tbx-variant.h"

/* @reply: of Hold(), with its descriptors; both may be NULL. */
static TbxHold *
hold_from_reply (GVariant *reply, GUnixFDList *fds, GError **error)
{
  gint32 index;
  int fd;

  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(h)", &index);
  fd = tbx_variant_take_fd (index, fds, error);
  return fd < 0 ? NULL : tbx_hold_new (fd);
}

static void
on_held (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  g_autoptr(GUnixFDList) fds = NULL;
  g_autoptr(GVariant) reply = g_dbus_proxy_call_with_unix_fd_list_finish (G_DBUS_PROXY (source),
                                                                         &fds, result, &error);
  TbxHold *hold = hold_from_reply (reply, fds, &error);

  if (hold == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, hold, g_object_unref);
}

/**
 * tbx_client_hold_power_async:
 * @self: a client
 * @what: "shutdown", "reboot" or "suspend", joined with ":"
 * @who: name of the component, for the log; 1 to 64 bytes
 * @why: reason, for people; at most 256 bytes
 * @cancellable: (nullable): ends it early
 * @callback: (scope async): called when it is held, or failed
 * @user_data: passed to @callback
 *
 * Delays each request of the host that is named, also one that is being prepared, until the
 * hold is released, but not longer than `DelayMaxUSec` of [method@Client.get_power] says.
 * The usual way is to have one all the time, to release it when the work is done that the
 * signal `Requested` asks for, and to take another when `Completed` comes, or the daemon
 * runs anew.
 *
 * Polkit action: org.toolboxd.hold-power.
 * Errors: `G_DBUS_ERROR_INVALID_ARGS` for an unknown word in @what and for texts of a wrong
 * size, `G_DBUS_ERROR_LIMITS_EXCEEDED` when there are too many holds,
 * `TBX_ERROR_NOT_AUTHORIZED` or `G_DBUS_ERROR_ACCESS_DENIED` when the user may not.
 *
 * Since: 1.0
 */
void
tbx_client_hold_power_async (TbxClient          *self,
                             const char         *what,
                             const char         *who,
                             const char         *why,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  GTask *task;

  g_return_if_fail (TBX_IS_CLIENT (self));
  g_return_if_fail (what != NULL && who != NULL && why != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, tbx_client_hold_power_async);
  g_dbus_proxy_call_with_unix_fd_list (G_DBUS_PROXY (tbx_client_get_power (self)), "Hold",
                                       g_variant_new ("(sss)", what, who, why),
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, cancellable, on_held, task);
}

/**
 * tbx_client_hold_power_finish:
 * @self: a client
 * @result: what the callback got
 * @error: where an error goes
 *
 * Ends [method@Client.hold_power_async].
 *
 * Returns: (transfer full): the hold, or %NULL
 *
 * Since: 1.0
 */
TbxHold *
tbx_client_hold_power_finish (TbxClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * tbx_client_hold_power_sync:
 * @self: a client
 * @what: "shutdown", "reboot" or "suspend", joined with ":"
 * @who: name of the component, for the log; 1 to 64 bytes
 * @why: reason, for people; at most 256 bytes
 * @cancellable: (nullable): ends it early
 * @error: where an error goes
 *
 * As [method@Client.hold_power_async], but blocks until the daemon answers.
 *
 * Returns: (transfer full): the hold, or %NULL
 *
 * Since: 1.0
 */
TbxHold *
tbx_client_hold_power_sync (TbxClient    *self,
                            const char   *what,
                            const char   *who,
                            const char   *why,
                            GCancellable *cancellable,
                            GError      **error)
{
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GUnixFDList) fds = NULL;

  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  g_return_val_if_fail (what != NULL && who != NULL && why != NULL, NULL);
  reply = g_dbus_proxy_call_with_unix_fd_list_sync (G_DBUS_PROXY (tbx_client_get_power (self)),
                                                    "Hold",
                                                    g_variant_new ("(sss)", what, who, why),
                                                    G_DBUS_CALL_FLAGS_NONE, -1, NULL, &fds,
                                                    cancellable, error);
  return hold_from_reply (reply, fds, error);
}
