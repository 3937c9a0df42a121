/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guest-operations.h"
#include "config.h"
#include "tbx-audit.h"
#include "tbx-os-identity.h"
#include "tbx-raw-hgfs.h"
#include "tbx-service.h"
#include "tbx-tools-state.h"
#include "tbx-vix-properties.h"
#include <string.h>
#include <unistd.h>

#define LOGIN_MS    (15 * 1000)
#define PROGRESS_MS (60 * 1000)
#define RECOVER_MS  (60 * 1000)

struct _TbxGuestOperations
{
  TbxWorkerStarter *starter;    /* (owned) */
  TbxWorkerPool    *pool;       /* (owned) */
  TbxLogin         *login;      /* (owned) */
  TbxRelay         *relay;      /* (owned) */
  TbxRawHgfs       *raw_hgfs;   /* (owned) */
  TbxAudit         *audit;      /* (owned) */
  TbxHostPrograms  *programs;   /* (owned) */
  TbxPolicy        *policy;     /* (owned) */
  TbxRpci          *rpci;       /* (owned) */
  TbxPrimary       *primary;    /* (owned) */
  TbxHostname      *hostname;   /* (owned) */
};

/* GetToolsState: what the host asks at start, without a login. */
static GBytes *
answer_tools_state (const TbxVixMessage *message,
                    TbxAccount          *account,
                    TbxVixCode          *code,
                    gpointer             user_data)
{
  TbxGuestOperations *self = user_data;
  g_autoptr(TbxOsIdentity) os = tbx_os_identity_read ();
  const TbxToolsFacts facts = {
    os->full_name, os->short_name, tbx_hostname_get_name (self->hostname), TBX_VERSION,
  };
  char *text = tbx_tools_state_encode (self->policy, &facts);

  if (text == NULL)
    *code = TBX_VIX_OUT_OF_MEMORY;
  return text == NULL ? NULL : g_bytes_new_take (text, strlen (text));
}

/* GetGuestNetworkingConfig: the address alone, as a raw property list. */
static GBytes *
answer_networking (const TbxVixMessage *message,
                   TbxAccount          *account,
                   TbxVixCode          *code,
                   gpointer             user_data)
{
  TbxGuestOperations *self = user_data;
  const TbxVixProperty property = {
    .id = TBX_VIX_PROPERTY_VM_IP_ADDRESS,
    .type = TBX_VIX_PROPERTY_STRING,
    .string = tbx_primary_get_address (self->primary),
  };
  g_auto(TbxWriter) w = { 0 };

  tbx_writer_init (&w, 1024);
  tbx_vix_properties_encode (&property, 1, &w);
  return tbx_writer_end (&w, "networking", NULL);
}

static void
on_run_done (TbxGuestOperations *self, const char *text)
{
  g_autoptr(GBytes) request = tbx_rpci_text_nul ("%s", text);

  tbx_rpci_send_async (self->rpci, request, TBX_RPCI_NO_RESEND, NULL, NULL, NULL);
}

static TbxAuthenticatorUse
authenticator_use_of (const TbxConfig *config)
{
  if (strcmp (config->authenticator, "instead") == 0)
    return TBX_AUTHENTICATOR_INSTEAD;
  return strcmp (config->authenticator, "never") == 0 ? TBX_AUTHENTICATOR_NEVER
                                                      : TBX_AUTHENTICATOR_BEFORE;
}

static TbxWorkerDeadlines
deadlines_of (const TbxConfig *config)
{
  return (TbxWorkerDeadlines) {
    .request_ms = config->timeout_ms,
    .progress_ms = MAX (PROGRESS_MS, config->timeout_ms),
    .login_ms = LOGIN_MS,
    .recover_ms = RECOVER_MS,
  };
}

static TbxLogin *
make_login (TbxGuestOperations *self, const TbxConfig *config)
{
  const char *pam_directory = config->pam_directory[0] != '\0' ? config->pam_directory : NULL;
  g_autoptr(GError) error = NULL;
  TbxAccountWatch *watch = tbx_account_watch_new ("/etc", pam_directory, &error);

  if (watch == NULL)
    g_warning ("Every request runs PAM: %s", error->message);
  return tbx_login_new (self->pool, tbx_login_cache_new (watch, g_get_monotonic_time));
}

/**
 * tbx_guest_operations_set_config:
 * @self: the guest operations
 * @config: what is in force from now on
 */
void
tbx_guest_operations_set_config (TbxGuestOperations *self, const TbxConfig *config)
{
  const TbxWorkerDeadlines deadlines = deadlines_of (config);
  const TbxWorkerSettings settings = {
    .stream_limit_bytes = config->stream_limit_bytes,
    .http_round_trip = config->http_round_trip,
    .archive_transfers = config->archive_transfers,
    .session_idle_s = config->session_idle_s,
  };

  g_clear_pointer (&self->policy, tbx_policy_unref);
  self->policy = tbx_policy_ref (config->policy);
  tbx_relay_set_policy (self->relay, self->policy);
  tbx_raw_hgfs_set_policy (self->raw_hgfs, self->policy, config->raw_hgfs);
  tbx_login_set_authenticator_use (self->login, authenticator_use_of (config));
  tbx_worker_pool_set_limits (self->pool, &deadlines, config->worker_idle_s);
  tbx_worker_pool_set_settings (self->pool, &settings);
}

TbxRelay *
tbx_guest_operations_get_relay (TbxGuestOperations *self)
{
  return self->relay;
}

TbxLogin *
tbx_guest_operations_get_login (TbxGuestOperations *self)
{
  return self->login;
}

TbxWorkerPool *
tbx_guest_operations_get_pool (TbxGuestOperations *self)
{
  return self->pool;
}

TbxHostPrograms *
tbx_guest_operations_get_programs (TbxGuestOperations *self)
{
  return self->programs;
}

/**
 * tbx_guest_operations_new:
 * @parts: what they are made of; used now only
 *
 * Returns: (transfer full): free with tbx_guest_operations_free()
 */
TbxGuestOperations *
tbx_guest_operations_new (const TbxGuestOperationsParts *parts)
{
  TbxGuestOperations *self = g_new0 (TbxGuestOperations, 1);
  const TbxWorkerDeadlines deadlines = deadlines_of (parts->config);

  self->rpci = g_object_ref (parts->rpci);
  self->primary = g_object_ref (parts->primary);
  self->hostname = g_object_ref (parts->hostname);
  self->starter = tbx_worker_starter_new (parts->worker != NULL ? parts->worker
                                                                : TBX_WORKER_PROGRAM);
  tbx_worker_starter_set_self (self->starter, parts->self);
  if (parts->config->pam_directory[0] != '\0')
    tbx_worker_starter_set_pam_dir (self->starter, parts->config->pam_directory);
  else if (!parts->self && tbx_service_is_booted_by_systemd () && access (TBX_WORKER_SOCKET_PATH, F_OK) == 0)
    tbx_worker_starter_set_socket_path (self->starter, TBX_WORKER_SOCKET_PATH);
  self->pool = tbx_worker_pool_new (self->starter, &deadlines, parts->config->worker_idle_s);
  self->programs = tbx_host_programs_new (self->pool);
  self->login = make_login (self, parts->config);
  self->relay = tbx_relay_new (parts->tclo, self->login);
  self->raw_hgfs = tbx_raw_hgfs_new (parts->tclo, self->pool);
  self->audit = tbx_audit_new (self->relay);
  tbx_relay_add_local (self->relay, TBX_VIX_GET_TOOLS_STATE, answer_tools_state, self);
  tbx_relay_add_local (self->relay, TBX_VIX_GET_NETWORKING_CONFIG, answer_networking, self);
  g_signal_connect_swapped (self->pool, "run-done", G_CALLBACK (on_run_done), self);
  tbx_guest_operations_set_config (self, parts->config);
  tbx_worker_pool_restore (self->pool);
  return self;
}

void
tbx_guest_operations_free (TbxGuestOperations *self)
{
  g_signal_handlers_disconnect_by_data (self->pool, self);
  g_clear_object (&self->audit);
  g_clear_pointer (&self->raw_hgfs, tbx_raw_hgfs_free);
  g_clear_object (&self->relay);
  g_clear_object (&self->login);
  g_clear_object (&self->programs);
  g_clear_object (&self->pool);
  g_clear_object (&self->starter);
  g_clear_object (&self->hostname);
  g_clear_object (&self->primary);
  g_clear_object (&self->rpci);
  g_clear_pointer (&self->policy, tbx_policy_unref);
  g_free (self);
}
