/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-bus.h"
#include "tbx-delay-lock.h"
#include "tbx-logind.h"
#include "tbx-systemd1.h"

struct _TbxPowerBus
{
  GObject       parent_instance;
  TbxLogind    *logind;     /* owned */
  TbxSystemd1  *systemd1;   /* owned */
  TbxDelayLock *lock;       /* owned */
};

G_DEFINE_FINAL_TYPE (TbxPowerBus, tbx_power_bus, G_TYPE_OBJECT)

/**
 * tbx_power_bus_attach:
 * @self: the ways down
 * @connection: the bus
 */
void
tbx_power_bus_attach (TbxPowerBus *self, GDBusConnection *connection)
{
  tbx_logind_attach (self->logind, connection);
  tbx_systemd1_attach (self->systemd1, connection);
  tbx_delay_lock_attach (self->lock, connection);
}

/**
 * tbx_power_bus_detach:
 * @self: the ways down
 *
 * There is no bus, so none of them can be gone.
 */
void
tbx_power_bus_detach (TbxPowerBus *self)
{
  tbx_delay_lock_detach (self->lock);
  tbx_systemd1_detach (self->systemd1);
  tbx_logind_detach (self->logind);
}

static void
tbx_power_bus_dispose (GObject *object)
{
  TbxPowerBus *self = TBX_POWER_BUS (object);

  g_clear_object (&self->lock);
  g_clear_object (&self->systemd1);
  g_clear_object (&self->logind);
  G_OBJECT_CLASS (tbx_power_bus_parent_class)->dispose (object);
}

static void
tbx_power_bus_class_init (TbxPowerBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_power_bus_dispose;
}

static void
tbx_power_bus_init (TbxPowerBus *self)
{
}

/**
 * tbx_power_bus_new:
 * @host: the host's side of power; its hub tries these ways before those it has
 * @ways: what the administrator says about them
 */
TbxPowerBus *
tbx_power_bus_new (TbxPowerHost *host, const TbxPowerWays *ways)
{
  TbxPowerBus *self = g_object_new (TBX_TYPE_POWER_BUS, NULL);
  TbxPower *power = tbx_power_host_get_power (host);

  self->logind = tbx_logind_new (ways->inhibitor_wait_ms, ways->override);
  self->systemd1 = tbx_systemd1_new ();
  self->lock = tbx_delay_lock_new (power, host);
  tbx_power_prepend_backend (power, TBX_POWER_BACKEND (self->systemd1));
  tbx_power_prepend_backend (power, TBX_POWER_BACKEND (self->logind));
  return self;
}
