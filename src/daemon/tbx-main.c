/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-bus.h"
#include "tbx-capabilities.h"
#include "tbx-command-line.h"
#include "tbx-guest-operations.h"
#include "tbx-guestinfo.h"
#include "tbx-hypervisor.h"
#include "tbx-link.h"
#include "tbx-log.h"
#include "tbx-memory.h"
#include "tbx-options.h"
#include "tbx-no-dump.h"
#include "tbx-power-setup.h"
#include "tbx-primary.h"
#include "tbx-reload.h"
#include "tbx-resolv-dns.h"
#include "tbx-rpci.h"
#include "tbx-service.h"
#include "tbx-tclo.h"
#include "tbx-watchdog.h"
#include <glib-unix.h>
#include <stdlib.h>

/* The host may be gone when we say goodbye. */
#define STOP_DEADLINE_MS 2000

/* The whole daemon, made in layer order and torn down in reverse. */
typedef struct
{
  TbxConfig       *config;
  TbxLink         *link;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxOptions      *options;
  TbxCapabilities *capabilities;
  TbxNetwork      *network;
  TbxPrimary      *primary;
  TbxHostname     *hostname;
  TbxGuestInfo    *guestinfo;
  TbxGuestOperations *operations;
  TbxReload       *reload;
  TbxPowerHost    *power;
  TbxBus          *bus;
  GMainLoop       *loop;
  gboolean         stopping;
} Daemon;

static void
on_reset (Daemon *daemon)
{
  tbx_link_confirm (daemon->link);
}

static void
on_withdrawn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *daemon = user_data;

  tbx_capabilities_withdraw_finish (TBX_CAPABILITIES (source), result, NULL);
  g_main_loop_quit (daemon->loop);
}

static gboolean
on_signal (gpointer user_data)
{
  Daemon *daemon = user_data;

  if (daemon->stopping)
    return G_SOURCE_CONTINUE;
  daemon->stopping = TRUE;
  tbx_service_notify ("STOPPING=1");
  g_message ("Stopping");
  g_timeout_add_once (STOP_DEADLINE_MS, (GSourceOnceFunc) g_main_loop_quit, daemon->loop);
  tbx_power_abort (tbx_power_host_get_power (daemon->power));
  if (tbx_link_get_state (daemon->link) == TBX_LINK_UP)
    tbx_capabilities_withdraw_async (daemon->capabilities, NULL, on_withdrawn, daemon);
  else
    g_main_loop_quit (daemon->loop);
  return G_SOURCE_CONTINUE;
}

static void
daemon_make_bus (Daemon *daemon, const char *hypervisor)
{
  const TbxBusParts parts = {
    .hypervisor = hypervisor,
    .link = daemon->link,
    .tclo = daemon->tclo,
    .rpci = daemon->rpci,
    .options = daemon->options,
    .capabilities = daemon->capabilities,
    .network = daemon->network,
    .primary = daemon->primary,
    .relay = tbx_guest_operations_get_relay (daemon->operations),
    .login = tbx_guest_operations_get_login (daemon->operations),
    .pool = tbx_guest_operations_get_pool (daemon->operations),
    .programs = tbx_guest_operations_get_programs (daemon->operations),
    .power = daemon->power,
    .ways = tbx_power_setup_ways (daemon->config),
    .scopes = tbx_service_is_booted_by_systemd (),
  };

  daemon->bus = tbx_bus_new (&parts);
}

static void
daemon_make_operations (Daemon *daemon, const TbxCommandLine *line)
{
  const TbxGuestOperationsParts parts = {
    .config = daemon->config,
    .worker = line->worker,
    .self = line->self,
    .tclo = daemon->tclo,
    .rpci = daemon->rpci,
    .primary = daemon->primary,
    .hostname = daemon->hostname,
  };

  daemon->operations = tbx_guest_operations_new (&parts);
}

static gboolean
daemon_make (Daemon *daemon, TbxTransport *transport, const TbxCommandLine *line, GError **error)
{
  g_autoptr(TbxNicPolicy) nics = tbx_nic_policy_new (daemon->config->primary_nics,
                                                     daemon->config->low_priority_nics,
                                                     daemon->config->exclude_nics);
  g_autoptr(TbxDnsSource) resolv_conf = tbx_resolv_dns_new ("/");

  daemon->loop = g_main_loop_new (NULL, FALSE);
  daemon->link = tbx_link_new (transport);
  if (line->tracing)
    tbx_link_set_trace (daemon->link, line->payload ? TBX_TRACE_PAYLOAD : TBX_TRACE_COMMANDS);
  daemon->rpci = tbx_rpci_new (tbx_link_get_rpci (daemon->link));
  daemon->tclo = tbx_tclo_new (tbx_link_get_tclo (daemon->link));
  daemon->options = tbx_options_new (daemon->tclo);
  daemon->capabilities = tbx_capabilities_new (daemon->tclo, daemon->rpci);
  tbx_capabilities_add_valued (daemon->capabilities, "hgfs_server toolbox", 1);
  g_signal_connect_swapped (daemon->tclo, "reset", G_CALLBACK (on_reset), daemon);
  daemon->network = tbx_network_new (nics, error);
  if (daemon->network == NULL)
    return FALSE;
  tbx_network_set_dns_source (daemon->network, resolv_conf);
  daemon->primary = tbx_primary_new (daemon->network);
  daemon->hostname = tbx_hostname_new ();
  daemon->guestinfo = tbx_guestinfo_new (daemon->tclo, daemon->rpci, daemon->options,
                                         daemon->capabilities, daemon->network, daemon->primary,
                                         daemon->hostname);
  daemon_make_operations (daemon, line);
  daemon->reload = tbx_reload_new (line, daemon->network, daemon->operations);
  daemon->power = tbx_power_setup (daemon->config, daemon->guestinfo, daemon->tclo, daemon->rpci,
                                   daemon->options, daemon->capabilities);
  return TRUE;
}

static void
daemon_run (Daemon *daemon)
{
  g_unix_signal_add (SIGTERM, on_signal, daemon);
  g_unix_signal_add (SIGINT, on_signal, daemon);
  tbx_watchdog_start ();
  tbx_link_start (daemon->link);
  tbx_bus_start (daemon->bus);
  tbx_service_notify ("READY=1");
  g_message ("Version %s serves the host over the %s", TBX_VERSION,
             tbx_link_get_transport (daemon->link));
  tbx_memory_settle_later ();
  g_main_loop_run (daemon->loop);
  tbx_bus_stop (daemon->bus);
  tbx_link_stop (daemon->link);
}

static void
daemon_clear (Daemon *daemon)
{
  g_clear_object (&daemon->bus);
  g_clear_pointer (&daemon->reload, tbx_reload_free);
  g_clear_object (&daemon->power);
  g_clear_pointer (&daemon->operations, tbx_guest_operations_free);
  g_clear_object (&daemon->guestinfo);
  g_clear_object (&daemon->hostname);
  g_clear_object (&daemon->primary);
  g_clear_object (&daemon->network);
  g_clear_object (&daemon->capabilities);
  g_clear_object (&daemon->options);
  g_clear_object (&daemon->tclo);
  g_clear_object (&daemon->rpci);
  g_clear_object (&daemon->link);
  g_clear_pointer (&daemon->loop, g_main_loop_unref);
  g_clear_pointer (&daemon->config, tbx_config_free);
}

int
main (int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxTransport) transport = NULL;
  g_auto(TbxCommandLine) line = { 0 };
  TbxHypervisor hypervisor = { 0 };
  Daemon daemon = { 0 };

  if (!tbx_command_line_parse (&line, &argc, &argv, &error))
    {
      g_printerr ("toolboxd: %s\n", error->message);
      return 2;
    }
  if (line.version)
    {
      g_print ("toolboxd %s\n", TBX_VERSION);
      return EXIT_SUCCESS;
    }
  tbx_no_dump ();
  tbx_log_init (line.verbose);
  daemon.config = tbx_command_line_load_config (&line);
  transport = tbx_command_line_choose_transport (&line, daemon.config, &error);
  if (transport == NULL)
    {
      g_printerr ("toolboxd: %s\n", error->message);
      daemon_clear (&daemon);
      return 2;
    }
  if (tbx_transport_needs_backdoor (transport)
      && !tbx_hypervisor_detect (!tbx_transport_is_automatic (transport), &hypervisor, &error))
    {
      /* Nothing to do here is no failure, unless the user named a backdoor. */
      gboolean automatic = tbx_transport_is_automatic (transport);

      tbx_service_notify ("READY=1");
      g_message ("Nothing to do: %s", error->message);
      daemon_clear (&daemon);
      return automatic ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  if (daemon_make (&daemon, transport, &line, &error))
    {
      daemon_make_bus (&daemon, tbx_transport_needs_backdoor (transport)
                                  ? tbx_hypervisor_product_name (&hypervisor) : NULL);
      daemon_run (&daemon);
    }
  else
    g_critical ("Cannot start: %s", error->message);
  daemon_clear (&daemon);
  return error == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
