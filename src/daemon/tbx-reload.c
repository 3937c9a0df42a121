/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-reload.h"
#include "tbx-service.h"
#include <glib-unix.h>

struct _TbxReload
{
  const TbxCommandLine *line;         /* not owned */
  TbxNetwork           *network;      /* owned */
  TbxGuestOperations   *operations;   /* not owned */
  guint                 source_id;    /* of the signal */
};

/* Does what a start with this file would do: where it is broken, there are defaults,
 * and guest operations are closed. */
static void
reload_apply (TbxReload *self)
{
  g_autoptr(TbxConfig) config = tbx_command_line_load_config (self->line);
  g_autoptr(TbxNicPolicy) nics = tbx_nic_policy_new (config->primary_nics,
                                                     config->low_priority_nics,
                                                     config->exclude_nics);

  tbx_network_set_policy (self->network, nics);
  tbx_guest_operations_set_config (self->operations, config);
}

static gboolean
on_hangup (gpointer user_data)
{
  g_autofree char *state = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                            g_get_monotonic_time ());

  tbx_service_notify (state);
  reload_apply (user_data);
  g_message ("Configuration read again");
  tbx_service_notify ("READY=1");
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_reload_new:
 * @line: the command line; must outlive this
 * @network: what the globs of interfaces are for
 * @operations: what the policy and the limits are for; must outlive this
 *
 * From now on SIGHUP has the configuration read again.  What is said of the transport,
 * of PAM's files and of power counts at the next start.
 *
 * Returns: (transfer full): free with tbx_reload_free()
 */
TbxReload *
tbx_reload_new (const TbxCommandLine *line,
                TbxNetwork           *network,
                TbxGuestOperations   *operations)
{
  TbxReload *self = g_new0 (TbxReload, 1);

  self->line = line;
  self->network = g_object_ref (network);
  self->operations = operations;
  self->source_id = g_unix_signal_add (SIGHUP, on_hangup, self);
  return self;
}

void
tbx_reload_free (TbxReload *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  g_clear_object (&self->network);
  g_free (self);
}
