/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-logind.h"
#include "tbx-clip.h"
#include "tbx-error.h"

#define ANSWER_MOST_MS (10 * 1000)
#define ASK_AGAIN_MS 1000u   /* where logind does not say that a block went away */

/* "Refuse while somebody blocks it, although root asks." */
#define RESPECT_INHIBITORS G_GUINT64_CONSTANT (1)

/* So many of those who block are shown, and so much of what each says: any user may. */
#define MAX_SHOWN 32
#define MAX_WHO_BYTES 200

/* Source: docs/wire/power.md, "The way down". */
struct _TbxLogind
{
  GObject          parent_instance;
  GDBusConnection *connection;   /* owned, or NULL */
  guint            wait_ms;      /* for those who block, at most */
  gboolean         override;     /* and after that, do it all the same */
};

/* Data of the task that is one shutdown. */
typedef struct
{
  GDBusConnection  *connection;   /* owned */
  TbxPowerOperation operation;
  gboolean          old;          /* this logind has no methods with flags */
  gboolean          override;     /* nobody is asked any more */
  guint             n_denied;     /* refusals in a row although nobody blocks */
  gint64            deadline_us;  /* of the wait, monotonic clock; 0: it did not begin */
  guint             again_id;     /* source of the next try, or 0 */
  guint             signal_id;    /* of PropertiesChanged, or 0 */
  GVariant         *blockers;     /* a(ss) that were shown last (owned), or NULL */
} Attempt;

static void backend_iface_init (TbxPowerBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxLogind, tbx_logind, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_BACKEND, backend_iface_init))

static void attempt_list (GTask *task);
static void attempt_shut_down (GTask *task);

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_clear_object (&attempt->connection);
  g_clear_pointer (&attempt->blockers, g_variant_unref);
  g_free (attempt);
}

static void
attempt_stop_waiting (Attempt *attempt)
{
  g_clear_handle_id (&attempt->again_id, g_source_remove);
  if (attempt->signal_id != 0)
    g_dbus_connection_signal_unsubscribe (attempt->connection, attempt->signal_id);
  attempt->signal_id = 0;
}

/* Ends it.  Takes the reference that the attempt is, and @error. */
static void
attempt_end (GTask *task, GError *error)
{
  attempt_stop_waiting (g_task_get_task_data (task));
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_CHILD_EXITED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* Takes @error. */
static void
attempt_fail (GTask *task, GError *error)
{
  GError *told;

  g_dbus_error_strip_remote_error (error);
  if (is_absent (error))
    told = g_error_new_literal (TBX_ERROR, TBX_ERROR_NOT_FOUND, "it is not on the bus");
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    told = g_error_copy (error);
  else
    told = g_error_new_literal (TBX_ERROR, TBX_ERROR_FAILED, error->message);
  g_error_free (error);
  attempt_end (task, told);
}

/* With the name that old versions give it, and the one of newer ones. */
static gboolean
is_denied (const GError *error)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED)
         || g_strcmp0 (remote, "org.freedesktop.login1.BlockedByInhibitorLock") == 0;
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Attempt *attempt = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                            &error);

  if (reply != NULL)
    {
      attempt_end (task, NULL);
      return;
    }
  if (!attempt->old && g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD))
    attempt->old = TRUE;
  else if (attempt->override || !is_denied (error) || ++attempt->n_denied > 2)
    {
      attempt_fail (task, error);
      return;
    }
  g_error_free (error);
  if (attempt->override)
    attempt_shut_down (task);
  else
    attempt_list (task);
}

static void
attempt_shut_down (GTask *task)
{
  Attempt *attempt = g_task_get_task_data (task);
  gboolean reboot = attempt->operation == TBX_POWER_REBOOT;
  const char *method = attempt->old ? (reboot ? "Reboot" : "PowerOff")
                                    : (reboot ? "RebootWithFlags" : "PowerOffWithFlags");
  GVariant *arguments = attempt->old
                          ? g_variant_new ("(b)", FALSE)
                          : g_variant_new ("(t)", attempt->override ? (guint64) 0 : RESPECT_INHIBITORS);

  g_dbus_connection_call (attempt->connection, TBX_LOGIN1_NAME, TBX_LOGIN1_PATH,
                          TBX_LOGIN1_INTERFACE, method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE,
                          ANSWER_MOST_MS, g_task_get_cancellable (task), on_shut_down, task);
}

/* Asks anew, for somebody may block no longer. */
static void
attempt_retry (GTask *task)
{
  Attempt *attempt = g_task_get_task_data (task);

  attempt_stop_waiting (attempt);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      attempt_end (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "not needed any more"));
      return;
    }
  if (attempt->old)
    attempt_list (task);
  else
    attempt_shut_down (task);
}

static gboolean
on_again (gpointer user_data)
{
  Attempt *attempt = g_task_get_task_data (user_data);

  attempt->again_id = 0;
  attempt_retry (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char      *sender,
                       const char      *path,
                       const char      *interface,
                       const char      *signal,
                       GVariant        *parameters,
                       gpointer         user_data)
{
  Attempt *attempt = g_task_get_task_data (user_data);

  /* One may be on its way although the wait is over. */
  if (attempt->again_id != 0)
    attempt_retry (user_data);
}

static void
attempt_wait (GTask *task)
{
  Attempt *attempt = g_task_get_task_data (task);
  gint64 left_ms = (attempt->deadline_us - g_get_monotonic_time ()) / 1000 + 1;

  attempt->again_id = g_timeout_add (MIN (ASK_AGAIN_MS, (guint) MAX (left_ms, 1)), on_again, task);
  attempt->signal_id =
    g_dbus_connection_signal_subscribe (attempt->connection, TBX_LOGIN1_NAME,
                                        "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                        TBX_LOGIN1_PATH, TBX_LOGIN1_INTERFACE,
                                        G_DBUS_SIGNAL_FLAGS_NONE, on_properties_changed,
                                        g_object_ref (task), g_object_unref);
}

/* Those of ListInhibitors that keep us from it, as `a(ss)`. */
static GVariant *
find_blockers (GVariant *reply)
{
  g_autoptr(GVariant) list = g_variant_get_child_value (reply, 0);
  const char *what, *who, *why, *mode;
  GVariantBuilder builder;
  GVariantIter iter;
  guint n = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  g_variant_iter_init (&iter, list);
  while (n < MAX_SHOWN && g_variant_iter_next (&iter, "(&s&s&s&suu)", &what, &who, &why, &mode, NULL, NULL))
    {
      g_auto(GStrv) kinds = g_strsplit (what, ":", -1);
      g_autofree char *whole = g_strdup_printf ("%s: %s", who, why);
      g_autofree char *text = tbx_clip_text (whole, MAX_WHO_BYTES);

      if (!g_str_has_prefix (mode, "block") || !g_strv_contains ((const char *const *) kinds, "shutdown"))
        continue;
      g_variant_builder_add (&builder, "(ss)", "inhibitor", text);
      n++;
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static char *
describe (GVariant *blockers)
{
  g_autoptr(GString) text = g_string_new (NULL);
  const char *who;
  GVariantIter iter;

  g_variant_iter_init (&iter, blockers);
  while (g_variant_iter_next (&iter, "(&s&s)", NULL, &who))
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", who);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
attempt_show (GTask *task, GVariant *blockers)
{
  Attempt *attempt = g_task_get_task_data (task);
  g_autofree char *text = describe (blockers);

  if (attempt->blockers != NULL && g_variant_equal (attempt->blockers, blockers))
    return;
  g_message ("The shutdown waits for who blocks it: %s", text);
  g_clear_pointer (&attempt->blockers, g_variant_unref);
  attempt->blockers = g_variant_ref (blockers);
  tbx_power_backend_emit_blocked (g_task_get_source_object (task), blockers);
}

/* Somebody blocks: we wait, and then it is as the administrator says. */
static void
attempt_blocked (GTask *task, GVariant *blockers)
{
  TbxLogind *self = g_task_get_source_object (task);
  Attempt *attempt = g_task_get_task_data (task);
  gint64 now_us = g_get_monotonic_time ();
  g_autofree char *text = describe (blockers);

  attempt->n_denied = 0;
  if (attempt->deadline_us == 0)
    attempt->deadline_us = now_us + (gint64) self->wait_ms * 1000;
  attempt_show (task, blockers);
  if (now_us < attempt->deadline_us)
    {
      attempt_wait (task);
      return;
    }
  if (!self->override)
    {
      attempt_end (task, g_error_new (TBX_ERROR, TBX_ERROR_REFUSED, "blocked by %s", text));
      return;
    }
  g_warning ("The shutdown is done although it is blocked by %s", text);
  attempt->override = TRUE;
  attempt_shut_down (task);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                            &error);
  g_autoptr(GVariant) blockers = NULL;

  if (reply == NULL)
    {
      attempt_fail (task, error);
      return;
    }
  blockers = find_blockers (reply);
  if (g_variant_n_children (blockers) > 0)
    attempt_blocked (task, blockers);
  else   /* nobody, or not any more */
    attempt_shut_down (task);
}

static void
attempt_list (GTask *task)
{
  Attempt *attempt = g_task_get_task_data (task);

  g_dbus_connection_call (attempt->connection, TBX_LOGIN1_NAME, TBX_LOGIN1_PATH,
                          TBX_LOGIN1_INTERFACE, "ListInhibitors", NULL,
                          G_VARIANT_TYPE ("(a(ssssuu))"), G_DBUS_CALL_FLAGS_NONE, ANSWER_MOST_MS,
                          g_task_get_cancellable (task), on_listed, task);
}

static const char *
logind_get_name (TbxPowerBackend *backend)
{
  return "logind";
}

static void
logind_act_async (TbxPowerBackend    *backend,
                  TbxPowerOperation   operation,
                  GCancellable       *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer            user_data)
{
  TbxLogind *self = TBX_LOGIND (backend);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Attempt *attempt = g_new0 (Attempt, 1);

  g_task_set_name (task, "tbx-logind-shutdown");
  g_task_set_task_data (task, attempt, attempt_free);
  attempt->operation = operation;
  if (self->connection == NULL)
    {
      attempt_end (task, g_error_new_literal (TBX_ERROR, TBX_ERROR_NOT_FOUND, "there is no bus"));
      return;
    }
  attempt->connection = g_object_ref (self->connection);
  attempt_shut_down (task);
}

static gboolean
logind_act_finish (TbxPowerBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
backend_iface_init (TbxPowerBackendInterface *iface)
{
  iface->get_name = logind_get_name;
  iface->act_async = logind_act_async;
  iface->act_finish = logind_act_finish;
}

/**
 * tbx_logind_attach:
 * @self: the back end
 * @connection: the bus
 *
 * Works over that bus from now on; logind is started where it can be.
 */
void
tbx_logind_attach (TbxLogind *self, GDBusConnection *connection)
{
  g_set_object (&self->connection, connection);
}

/**
 * tbx_logind_detach:
 * @self: the back end
 *
 * There is no bus.
 */
void
tbx_logind_detach (TbxLogind *self)
{
  g_clear_object (&self->connection);
}

static void
tbx_logind_dispose (GObject *object)
{
  tbx_logind_detach (TBX_LOGIND (object));
  G_OBJECT_CLASS (tbx_logind_parent_class)->dispose (object);
}

static void
tbx_logind_class_init (TbxLogindClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_logind_dispose;
}

static void
tbx_logind_init (TbxLogind *self)
{
}

/**
 * tbx_logind_new:
 * @wait_ms: how long it waits for those who block, milliseconds
 * @override: whether they are overridden after that, or the host refused
 */
TbxLogind *
tbx_logind_new (guint wait_ms, gboolean override)
{
  TbxLogind *self = g_object_new (TBX_TYPE_LOGIND, NULL);

  self->wait_ms = wait_ms;
  self->override = override;
  return self;
}
