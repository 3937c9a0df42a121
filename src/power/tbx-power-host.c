/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-host.h"
#include "tbx-clip.h"
#include "tbx-error.h"
#include "tbx-log.h"
#include <string.h>

/* A second OS_PowerOn or OS_Resume so soon is the same event. */
#define REPEATED_US (10 * G_USEC_PER_SEC)

/* Source: docs/wire/power.md, "Octets" and "States". */
struct _TbxPowerHost
{
  GObject     parent_instance;
  TbxPower   *power;                                 /* owned */
  TbxTclo    *tclo;                                  /* owned */
  TbxRpci    *rpci;                                  /* owned */
  gboolean    hooks_off[TBX_POWER_N_OPERATIONS];     /* by the host; a reboot is as a shutdown */
  gint64      last_run_us[TBX_POWER_N_OPERATIONS];   /* of hooks, monotonic clock; 0: never */
  guint       n_under_way;                           /* status messages without a reply yet */
  GPtrArray  *undelivered;                           /* of GBytes (owned): for after a reset */
};

G_DEFINE_FINAL_TYPE (TbxPowerHost, tbx_power_host, G_TYPE_OBJECT)

enum { PROP_0, PROP_OWES, N_PROPS };
static GParamSpec *props[N_PROPS];

/* A status that is on its way. */
typedef struct
{
  TbxPowerHost *owner;     /* owned */
  GBytes       *message;   /* owned */
} Status;

static void
on_status_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Status *status = user_data;
  g_autoptr(TbxPowerHost) self = status->owner;
  g_autoptr(GBytes) message = status->message;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  self->n_under_way--;
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TRANSPORT))
    {
      g_info ("The channel broke under a power status; it is sent after the next reset");
      g_ptr_array_add (self->undelivered, g_steal_pointer (&message));
    }
  else if (error != NULL)
    g_warning ("The host did not take the power status: %s", error->message);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_OWES]);
}

static void
host_send (TbxPowerHost *self, GBytes *message)
{
  Status *status = g_new (Status, 1);

  *status = (Status) { g_object_ref (self), g_bytes_ref (message) };
  self->n_under_way++;
  tbx_rpci_send_async (self->rpci, message, TBX_RPCI_NONE, NULL, on_status_reply, status);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_OWES]);
}

static void
host_send_status (TbxPowerHost *self, TbxPowerOperation operation, gboolean success)
{
  g_autoptr(GBytes) message = tbx_rpci_text_nul ("tools.os.statechange.status %d %d",
                                                 success ? 1 : 0, operation);

  host_send (self, message);
}

/* Text of others, made one short line. */
static void
host_send_log (TbxPowerHost *self, TbxPowerOperation operation, const char *text)
{
  g_autofree char *line = tbx_clip_text (text, TBX_CLIP_MAX_BYTES);
  g_autoptr(GBytes) message =
    tbx_rpci_text_nul ("log toolboxd: %s: %s", tbx_power_operation_get_word (operation), line);

  tbx_rpci_send_async (self->rpci, message, TBX_RPCI_NONE, NULL, NULL, NULL);
}

static void
on_completed (TbxPower     *power,
              guint         operation,
              gboolean      success,
              const char   *message,
              TbxPowerHost *self)
{
  if (message[0] != '\0')
    host_send_log (self, operation, message);
  host_send_status (self, operation, success);
}

/* What the channel swallowed goes out on the new one.  What was before a reset says
 * nothing about whether the guest was resumed again. */
static void
on_reset (TbxPowerHost *self)
{
  g_autoptr(GPtrArray) undelivered = g_steal_pointer (&self->undelivered);

  self->undelivered = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  memset (self->last_run_us, 0, sizeof self->last_run_us);
  for (guint i = 0; i < undelivered->len; i++)
    host_send (self, g_ptr_array_index (undelivered, i));
}

static gboolean
host_wants_hooks (TbxPowerHost *self, TbxPowerOperation operation)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 last_us = self->last_run_us[operation];

  if (self->hooks_off[operation == TBX_POWER_REBOOT ? TBX_POWER_SHUTDOWN : operation])
    return FALSE;
  if ((operation == TBX_POWER_POWERON || operation == TBX_POWER_RESUME) && last_us != 0
      && now_us - last_us < REPEATED_US)
    return FALSE;
  self->last_run_us[operation] = now_us;
  return TRUE;
}

static TbxPowerOperation
operation_of (const char *request)
{
  for (guint i = TBX_POWER_SHUTDOWN; i < TBX_POWER_N_OPERATIONS; i++)
    if (g_str_equal (request, tbx_power_operation_get_request (i)))
      return i;
  return TBX_POWER_NONE;
}

/* The answer never waits: the channel has to stay free for "ping". */
static void
handle_request (TbxTcloRequest *request, gpointer user_data)
{
  TbxPowerHost *self = user_data;
  TbxPowerOperation operation = operation_of (tbx_tclo_request_get_name (request));

  switch (tbx_power_check (self->power, operation))
    {
    case TBX_POWER_ANSWER_BUSY:
      tbx_log_rpc (G_LOG_LEVEL_INFO, tbx_tclo_request_get_name (request),
                   "Refused: another request is pending");
      tbx_tclo_request_return_error (request, "State change already in progress");
      break;
    case TBX_POWER_ANSWER_PENDING:
      tbx_tclo_request_return (request, NULL);
      break;
    case TBX_POWER_ANSWER_GOING_DOWN:
      tbx_tclo_request_return (request, NULL);
      host_send_status (self, operation, TRUE);
      break;
    case TBX_POWER_ANSWER_START:
    default:
      tbx_tclo_request_return (request, NULL);
      tbx_power_start (self->power, operation, host_wants_hooks (self, operation));
      break;
    }
}

static void
handle_option (const char *value, TbxTcloRequest *request, gpointer user_data)
{
  gboolean *off = user_data;

  if (!g_str_equal (value, "0") && !g_str_equal (value, "1"))
    {
      tbx_tclo_request_return_error (request, "Unknown or invalid option");
      return;
    }
  *off = value[0] == '0';
  tbx_tclo_request_return (request, NULL);
}

/**
 * tbx_power_host_get_power:
 * @self: the host's side
 *
 * Returns: (transfer none): what does the work
 */
TbxPower *
tbx_power_host_get_power (TbxPowerHost *self)
{
  return self->power;
}

/**
 * tbx_power_host_get_owes:
 * @self: the host's side
 *
 * Returns: whether a status message waits for the host's reply
 */
gboolean
tbx_power_host_get_owes (TbxPowerHost *self)
{
  return self->n_under_way > 0;
}

static void
tbx_power_host_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_OWES:
      g_value_set_boolean (value, tbx_power_host_get_owes (TBX_POWER_HOST (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_power_host_dispose (GObject *object)
{
  TbxPowerHost *self = TBX_POWER_HOST (object);

  for (guint i = TBX_POWER_SHUTDOWN; self->tclo != NULL && i < TBX_POWER_N_OPERATIONS; i++)
    tbx_tclo_remove_command (self->tclo, tbx_power_operation_get_request (i));
  g_clear_object (&self->tclo);
  g_clear_object (&self->rpci);
  g_clear_object (&self->power);
  G_OBJECT_CLASS (tbx_power_host_parent_class)->dispose (object);
}

static void
tbx_power_host_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_POWER_HOST (object)->undelivered);
  G_OBJECT_CLASS (tbx_power_host_parent_class)->finalize (object);
}

static void
tbx_power_host_class_init (TbxPowerHostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_host_dispose;
  object_class->finalize = tbx_power_host_finalize;
  object_class->get_property = tbx_power_host_get_property;

  /**
   * TbxPowerHost:owes:
   *
   * Whether a status message waits for the host's reply.
   */
  props[PROP_OWES] = g_param_spec_boolean ("owes", NULL, NULL, FALSE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_power_host_init (TbxPowerHost *self)
{
  self->undelivered = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

/**
 * tbx_power_host_new:
 * @power: what does the work
 * @tclo: whose power requests are answered
 * @rpci: over which the host is told how they ended
 * @options: in which the host switches the hooks; no request may come after we are gone
 * @capabilities: get what the host must know before it sends such requests
 */
TbxPowerHost *
tbx_power_host_new (TbxPower        *power,
                    TbxTclo         *tclo,
                    TbxRpci         *rpci,
                    TbxOptions      *options,
                    TbxCapabilities *capabilities)
{
  TbxPowerHost *self = g_object_new (TBX_TYPE_POWER_HOST, NULL);

  self->power = g_object_ref (power);
  self->tclo = g_object_ref (tclo);
  self->rpci = g_object_ref (rpci);
  for (guint i = TBX_POWER_SHUTDOWN; i < TBX_POWER_N_OPERATIONS; i++)
    {
      tbx_tclo_add_command (tclo, tbx_power_operation_get_request (i), handle_request, self);
      if (i != TBX_POWER_REBOOT)
        tbx_options_add (options, tbx_power_operation_get_option (i), handle_option,
                         &self->hooks_off[i]);
    }
  tbx_capabilities_add_bare (capabilities, "statechange");
  tbx_capabilities_add_bare (capabilities, "softpowerop_retry");
  g_signal_connect_object (power, "completed", G_CALLBACK (on_completed), self, 0);
  g_signal_connect_object (tclo, "reset", G_CALLBACK (on_reset), self, G_CONNECT_SWAPPED);
  return self;
}
