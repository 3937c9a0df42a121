/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-power.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"
#include "tbx-hold-pipes.h"
#include "tbx-power-agents.h"
#include <gio/gunixfdlist.h>

/* Those that can wait for somebody. */
#define HOLDABLE (TBX_POWER_SET_GOING_DOWN | TBX_POWER_BIT (TBX_POWER_SUSPEND))

/* Shows the host's power requests and lets others take part, as .Power. */
struct _TbxExportPower
{
  TbxBusPowerSkeleton parent_instance;
  TbxPower           *power;    /* owned */
  TbxHoldPipes       *pipes;    /* owned */
  TbxPowerAgents     *agents;   /* owned */
};

static void power_iface_init (TbxBusPowerIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportPower, tbx_export_power, TBX_BUS_TYPE_POWER_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_POWER, power_iface_init))

static const char *
state_word (TbxPowerState state)
{
  switch (state)
    {
    case TBX_POWER_PREPARING:
      return "preparing";
    case TBX_POWER_ACTING:
      return "acting";
    case TBX_POWER_GOING_DOWN:
      return "going-down";
    case TBX_POWER_IDLE:
    default:
      return "idle";
    }
}

static void
on_changed (TbxPower *power, TbxBusPower *shown)
{
  g_autoptr(GVariant) waiting = tbx_power_dup_waiting (power);

  tbx_bus_power_set_state (shown, state_word (tbx_power_get_state (power)));
  tbx_bus_power_set_operation (shown, tbx_power_operation_get_word (tbx_power_get_operation (power)));
  tbx_bus_power_set_deadline_usec (shown, (guint64) tbx_power_get_deadline_us (power));
  tbx_bus_power_set_waiting_for (shown, waiting);
}

static void
on_holds_changed (TbxPowerHolds *holds, TbxBusPower *shown)
{
  g_autoptr(GVariant) all = tbx_power_holds_dup_all (holds);

  tbx_bus_power_set_holds (shown, all);
}

static void
on_handlers_changed (TbxPowerHandlers *handlers, TbxBusPower *shown)
{
  g_autoptr(GVariant) all = tbx_power_handlers_dup_all (handlers);

  tbx_bus_power_set_handlers (shown, all);
}

static void
on_requested (TbxPower *power, guint operation, gint64 deadline_us, TbxBusPower *shown)
{
  tbx_bus_power_emit_requested (shown, tbx_power_operation_get_word (operation),
                                (guint64) deadline_us);
}

static void
on_completed (TbxPower    *power,
              guint        operation,
              gboolean     success,
              const char  *message,
              TbxBusPower *shown)
{
  tbx_bus_power_emit_completed (shown, tbx_power_operation_get_word (operation), success, message);
}

/* Some of our errors have names of D-Bus's own. */
static void
return_error (GDBusMethodInvocation *invocation, const GError *error)
{
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_MALFORMED))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_INVALID_ARGS, error->message);
  else if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TOO_LARGE))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_LIMITS_EXCEEDED, error->message);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static gboolean
power_handle_hold (TbxBusPower           *shown,
                   GDBusMethodInvocation *invocation,
                   GUnixFDList           *unused,
                   const char            *what,
                   const char            *who,
                   const char            *why)
{
  TbxExportPower *self = TBX_EXPORT_POWER (shown);
  const char *client = g_dbus_method_invocation_get_sender (invocation);
  g_autoptr(GUnixFDList) fds = NULL;
  g_autoptr(GError) error = NULL;
  TbxPowerSet set;
  int fd = -1;

  if (tbx_power_set_parse (what, HOLDABLE, &set, &error))
    fd = tbx_hold_pipes_open (self->pipes, client, set, who, why, &error);
  if (fd < 0)
    {
      return_error (invocation, error);
      return TRUE;
    }
  g_info ("%s (%s) holds %s", who, client, what);
  fds = g_unix_fd_list_new_from_array (&fd, 1);   /* takes it */
  tbx_bus_power_complete_hold (shown, invocation, fds, g_variant_new_handle (0));
  return TRUE;
}

static gboolean
power_handle_register_handler (TbxBusPower           *shown,
                               GDBusMethodInvocation *invocation,
                               const char            *operations,
                               const char            *object,
                               gint                   priority)
{
  TbxExportPower *self = TBX_EXPORT_POWER (shown);
  const char *client = g_dbus_method_invocation_get_sender (invocation);
  g_autoptr(GError) error = NULL;
  TbxPowerSet set;

  if (!tbx_power_set_parse (operations, TBX_POWER_SET_ALL, &set, &error)
      || !tbx_power_agents_add (self->agents, g_dbus_method_invocation_get_connection (invocation),
                                client, object, set, priority, &error))
    {
      return_error (invocation, error);
      return TRUE;
    }
  g_info ("%s %s handles %s, priority %d", client, object, operations, priority);
  tbx_bus_power_complete_register_handler (shown, invocation);
  return TRUE;
}

static gboolean
power_handle_unregister_handler (TbxBusPower           *shown,
                                 GDBusMethodInvocation *invocation,
                                 const char            *object)
{
  TbxExportPower *self = TBX_EXPORT_POWER (shown);
  g_autoptr(GError) error = NULL;

  if (tbx_power_agents_remove (self->agents, g_dbus_method_invocation_get_sender (invocation), object,
                               &error))
    tbx_bus_power_complete_unregister_handler (shown, invocation);
  else
    return_error (invocation, error);
  return TRUE;
}

static void
power_iface_init (TbxBusPowerIface *iface)
{
  iface->handle_hold = power_handle_hold;
  iface->handle_register_handler = power_handle_register_handler;
  iface->handle_unregister_handler = power_handle_unregister_handler;
}

static void
tbx_export_power_finalize (GObject *object)
{
  TbxExportPower *self = TBX_EXPORT_POWER (object);

  g_clear_object (&self->agents);
  g_clear_object (&self->pipes);
  g_clear_object (&self->power);
  G_OBJECT_CLASS (tbx_export_power_parent_class)->finalize (object);
}

static void
tbx_export_power_class_init (TbxExportPowerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_power_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_power_init (TbxExportPower *self)
{
}

/**
 * tbx_export_power_new:
 * @power: the power hub
 */
TbxExportPower *
tbx_export_power_new (TbxPower *power)
{
  TbxExportPower *self = g_object_new (TBX_TYPE_EXPORT_POWER, NULL);
  TbxBusPower *shown = TBX_BUS_POWER (self);
  TbxPowerHolds *holds = tbx_power_get_holds (power);
  TbxPowerHandlers *handlers = tbx_power_get_handlers (power);

  self->power = g_object_ref (power);
  self->pipes = tbx_hold_pipes_new (holds);
  self->agents = tbx_power_agents_new (handlers);
  tbx_bus_power_set_delay_max_usec (shown, (guint64) tbx_power_get_deadline_ms (power) * 1000);
  g_signal_connect_object (power, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (power, "requested", G_CALLBACK (on_requested), self, 0);
  g_signal_connect_object (power, "completed", G_CALLBACK (on_completed), self, 0);
  g_signal_connect_object (holds, "changed", G_CALLBACK (on_holds_changed), self, 0);
  g_signal_connect_object (handlers, "changed", G_CALLBACK (on_handlers_changed), self, 0);
  on_changed (power, shown);
  on_holds_changed (holds, shown);
  on_handlers_changed (handlers, shown);
  return self;
}
