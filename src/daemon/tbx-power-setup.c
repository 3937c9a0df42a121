/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-setup.h"
#include "tbx-power-command.h"

/* Another host, other addresses: the host is told everything again. */
static void
on_completed (TbxGuestInfo *guestinfo, guint operation, gboolean success, const char *message)
{
  if (operation == TBX_POWER_RESUME || operation == TBX_POWER_POWERON)
    tbx_guestinfo_refresh (guestinfo);
}

/**
 * tbx_power_setup:
 * @config: the configuration
 * @guestinfo: what tells the host about this guest
 * @tclo: whose power requests are served
 * @rpci: over which the host hears how they ended
 * @options: in which the host switches the hooks
 * @capabilities: in which the host is told that they are served
 *
 * Returns: (transfer full): all of power that needs no bus: the host's side, the
 *   administrator's files, and the shutdown command as the last resort
 */
TbxPowerHost *
tbx_power_setup (const TbxConfig *config,
                 TbxGuestInfo    *guestinfo,
                 TbxTclo         *tclo,
                 TbxRpci         *rpci,
                 TbxOptions      *options,
                 TbxCapabilities *capabilities)
{
  gboolean none = config->power_directory[0] == '\0';
  g_autoptr(TbxPowerFiles) files = none ? NULL : tbx_power_files_new (config->power_directory);
  g_autoptr(TbxPowerCommand) command = tbx_power_command_new (config->shutdown_command);
  g_autoptr(TbxPower) power = tbx_power_new (files);
  TbxPowerHost *host = tbx_power_host_new (power, tclo, rpci, options, capabilities);

  tbx_power_set_deadline_ms (power, config->power_deadline_ms);
  tbx_power_add_backend (power, TBX_POWER_BACKEND (command));
  g_signal_connect_object (power, "completed", G_CALLBACK (on_completed), guestinfo,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);   /* the status goes first */
  return host;
}

/**
 * tbx_power_setup_ways:
 * @config: the configuration
 *
 * Returns: what it says about the ways down
 */
TbxPowerWays
tbx_power_setup_ways (const TbxConfig *config)
{
  return (TbxPowerWays) {
    .inhibitor_wait_ms = config->inhibitor_wait_ms,
    .override = g_strcmp0 (config->inhibitors, "override") == 0,
  };
}
