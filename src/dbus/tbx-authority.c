/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-authority.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_USER_INTERACTION 1u

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

#define ANSWER_MOST_MS (5 * 1000)      /* polkit, or the bus, by itself */
#define PASSWORD_MOST_MS (120 * 1000)  /* a person who types */

/* One question: may the caller do that? */
typedef struct
{
  char    *caller;        /* unique bus name */
  char    *action;        /* polkit action */
  char    *cancellation;  /* by which polkit knows the question */
  gboolean interactive;   /* a password may be asked for */
} Check;

static void
check_free (Check *check)
{
  g_free (check->caller);
  g_free (check->action);
  g_free (check->cancellation);
  g_free (check);
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GVariant) credentials = NULL;
  guint32 uid;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply == NULL)
    {
      g_info ("Who %s is cannot be told: %s", (const char *) g_task_get_task_data (task),
              error->message);
      g_task_return_int (task, -1);
      return;
    }
  credentials = g_variant_get_child_value (reply, 0);
  g_task_return_int (task, g_variant_lookup (credentials, "UnixUserID", "u", &uid) ? (gssize) uid
                                                                                   : -1);
}

/**
 * tbx_authority_ask_uid_async:
 * @connection: the bus that @caller is on
 * @caller: unique name of who asks
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Asks the bus whose connection @caller is.
 */
void
tbx_authority_ask_uid_async (GDBusConnection    *connection,
                             const char         *caller,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  GTask *task = g_task_new (connection, NULL, callback, user_data);

  g_task_set_source_tag (task, tbx_authority_ask_uid_async);
  g_task_set_task_data (task, g_strdup (caller), g_free);
  g_dbus_connection_call (connection, BUS_NAME, BUS_PATH, BUS_NAME, "GetConnectionCredentials",
                          g_variant_new ("(s)", caller), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, ANSWER_MOST_MS, NULL, on_credentials, task);
}

/**
 * tbx_authority_ask_uid_finish:
 * @result: what the callback got
 *
 * Returns: the user id, or -1 when it cannot be told
 */
gint64
tbx_authority_ask_uid_finish (GAsyncResult *result)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, tbx_authority_ask_uid_async), -1);
  return g_task_propagate_int (G_TASK (result), NULL);
}

/* What the root user may do without polkit. */
static void
on_uid (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;

  g_task_return_int (task, tbx_authority_ask_uid_finish (result) == 0 ? TBX_VERDICT_GRANTED
                                                                      : TBX_VERDICT_DENIED);
}

static TbxVerdict
polkit_verdict (GVariant *reply)
{
  gboolean authorized;
  gboolean challenge;

  g_variant_get (reply, "((bba{ss}))", &authorized, &challenge, NULL);
  if (authorized)
    return TBX_VERDICT_GRANTED;
  return challenge ? TBX_VERDICT_CHALLENGE : TBX_VERDICT_DENIED;
}

static void
on_polkit (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;
  GDBusConnection *connection = G_DBUS_CONNECTION (source);
  Check *check = g_task_get_task_data (task);

  reply = g_dbus_connection_call_finish (connection, result, &error);
  if (reply != NULL)
    {
      TbxVerdict verdict = polkit_verdict (reply);

      /* With our permission to ask, a challenge is one that nobody took up. */
      if (verdict == TBX_VERDICT_CHALLENGE && check->interactive)
        verdict = TBX_VERDICT_DENIED;
      g_task_return_int (task, verdict);
      return;
    }
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    {
      /* Not running, and not installed, for else the bus had started it. */
      tbx_authority_ask_uid_async (connection, check->caller, on_uid, g_steal_pointer (&task));
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_dbus_connection_call (connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                            "CancelCheckAuthorization", g_variant_new ("(s)", check->cancellation),
                            NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
  g_warning ("%s: polkit does not answer, so it is refused: %s", check->action, error->message);
  g_task_return_int (task, TBX_VERDICT_DENIED);
}

/**
 * tbx_authority_check_async:
 * @connection: the bus that @caller is on
 * @caller: unique name of who asks
 * @action: a polkit action
 * @interactive: whether polkit may ask a person for a password
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Asks polkit, for 5 seconds, or 120 where a person may have to type.  Where
 * polkit is neither on the bus nor can be started, uid 0 passes and nobody else.
 * Whatever goes wrong is a no.
 */
void
tbx_authority_check_async (GDBusConnection    *connection,
                           const char         *caller,
                           const char         *action,
                           gboolean            interactive,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  GTask *task = g_task_new (connection, NULL, callback, user_data);
  Check *check = g_new0 (Check, 1);
  GVariantBuilder subject;

  g_task_set_source_tag (task, tbx_authority_check_async);
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);
  check->caller = g_strdup (caller);
  check->action = g_strdup (action);
  check->cancellation = g_uuid_string_random ();
  check->interactive = interactive;

  g_variant_builder_init (&subject, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&subject, "{sv}", "name", g_variant_new_string (caller));
  g_dbus_connection_call (connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                          "CheckAuthorization",
                          g_variant_new ("((sa{sv})sa{ss}us)", "system-bus-name", &subject, action,
                                         NULL, interactive ? POLKIT_ALLOW_USER_INTERACTION : 0,
                                         check->cancellation),
                          G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
                          interactive ? PASSWORD_MOST_MS : ANSWER_MOST_MS, NULL, on_polkit, task);
}

/**
 * tbx_authority_check_finish:
 * @result: what the callback got
 *
 * Returns: the verdict; there is no error, for each is a no
 */
TbxVerdict
tbx_authority_check_finish (GAsyncResult *result)
{
  gssize verdict;

  g_return_val_if_fail (g_async_result_is_tagged (result, tbx_authority_check_async),
                        TBX_VERDICT_DENIED);
  verdict = g_task_propagate_int (G_TASK (result), NULL);
  return verdict < 0 ? TBX_VERDICT_DENIED : (TbxVerdict) verdict;
}
