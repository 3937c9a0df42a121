/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-session.h"
#include "tbx-error.h"
#include "tbx-sim-remote.h"
#include "tbx-sim-socket-server.h"
#include <string.h>

struct _TbxSimSession
{
  TbxSimHost          *host;      /* owned */
  TbxSimControlServer *control;   /* owned, or NULL */
  TbxSimSocketServer  *socket;    /* owned, or NULL */
};

void
tbx_sim_session_options_init (TbxSimSessionOptions *options)
{
  *options = (TbxSimSessionOptions) {
    .model = { .ping_interval_ms = TBX_SIM_PING_INTERVAL_MS,
               .dead_after_ms = TBX_SIM_DEAD_AFTER_MS },
  };
}

void
tbx_sim_session_options_clear (TbxSimSessionOptions *options)
{
  g_clear_pointer (&options->refused, g_strfreev);
  g_clear_pointer (&options->variables, g_strfreev);
  g_clear_pointer (&options->socket, g_free);
}

/**
 * tbx_sim_session_options_entries:
 * @options: what the entries fill in
 *
 * Returns: (transfer full) (array zero-terminated=1): the options of a command
 *   that makes a host; to be freed
 */
GOptionEntry *
tbx_sim_session_options_entries (TbxSimSessionOptions *options)
{
  const GOptionEntry entries[] = {
    { "socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket,
      "Serve guests that connect to PATH", "PATH" },
    { "no-script", 0, 0, G_OPTION_ARG_NONE, &options->model.silent,
      "Say nothing but what \"vmxsim rpc\" sends", NULL },
    { "counted-nul", 0, 0, G_OPTION_ARG_NONE, &options->model.counted_nul,
      "End what the script says with a NUL that is counted", NULL },
    { "ping-interval-ms", 0, 0, G_OPTION_ARG_INT, &options->model.ping_interval_ms,
      "Time between two pings (default: 5000; 0: at once)", "MS" },
    { "dead-after-ms", 0, 0, G_OPTION_ARG_INT, &options->model.dead_after_ms,
      "Time after which a silent guest is dead (default: 30000)", "MS" },
    { "refuse", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->refused,
      "Refuse requests that begin with PREFIX, as an old host does", "PREFIX" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->variables,
      "Set a guestinfo variable", "KEY=VALUE" },
    { 0 },
  };

  return g_memdup2 (entries, sizeof entries);
}

static gboolean
set_variable (TbxSimModel *model, const char *pair, GError **error)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *key = NULL;
  g_autoptr(GBytes) value = NULL;

  if (equals == NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: not KEY=VALUE", pair);
      return FALSE;
    }
  key = g_strdup_printf ("%s%.*s", g_str_has_prefix (pair, "guestinfo.") ? "" : "guestinfo.",
                         (int) (equals - pair), pair);
  value = g_bytes_new (equals + 1, strlen (equals + 1));
  return tbx_sim_model_set_variable (model, key, value, error);
}

static TbxSimModel *
make_model (const TbxSimSessionOptions *options, GError **error)
{
  g_autoptr(TbxSimModel) model = NULL;
  g_autoptr(GBytes) refusal = g_bytes_new_static ("0 Unknown command", 17);

  if ((int) options->model.ping_interval_ms < 0 || (int) options->model.dead_after_ms < 1)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "times: below what is possible");
      return NULL;
    }
  model = tbx_sim_model_new (&options->model);
  for (guint i = 0; options->refused != NULL && options->refused[i] != NULL; i++)
    {
      if (*options->refused[i] == '\0')
        g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "--refuse: empty");
      else if (tbx_sim_model_override (model, options->refused[i], refusal, error))
        continue;
      return NULL;
    }
  for (guint i = 0; options->variables != NULL && options->variables[i] != NULL; i++)
    if (!set_variable (model, options->variables[i], error))
      return NULL;
  return g_steal_pointer (&model);
}

/* Whether the user asked for a host that differs from the usual one. */
static gboolean
options_given (const TbxSimSessionOptions *options)
{
  return options->socket != NULL || options->refused != NULL || options->variables != NULL
         || options->model.silent || options->model.counted_nul
         || options->model.ping_interval_ms != TBX_SIM_PING_INTERVAL_MS
         || options->model.dead_after_ms != TBX_SIM_DEAD_AFTER_MS;
}

/**
 * tbx_sim_session_new:
 * @options: of the host that is made
 * @control: path of the control socket; "none" for none
 * @may_join: whether to use the host of another vmxsim that is alive there
 * @quit: (scope notified): called when a client wants the program to end
 * @user_data: for @quit
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_EXISTS` when a live host must not be joined, `TBX_ERROR_MALFORMED`
 * for options that make no sense, and those of the sockets.
 *
 * Returns: (transfer full) (nullable): a host that can be used
 */
TbxSimSession *
tbx_sim_session_new (const TbxSimSessionOptions *options,
                     const char                 *control,
                     gboolean                    may_join,
                     TbxSimQuitFunc              quit,
                     gpointer                    user_data,
                     GError                    **error)
{
  g_autoptr(TbxSimSession) self = g_new0 (TbxSimSession, 1);
  gboolean controlled = strcmp (control, "none") != 0;
  TbxSimRemote *remote = controlled && may_join ? tbx_sim_remote_new (control, NULL) : NULL;
  TbxSimModel *model;

  if (remote != NULL)
    {
      self->host = TBX_SIM_HOST (remote);
      if (!options_given (options))
        return g_steal_pointer (&self);
      g_set_error (error, TBX_ERROR, TBX_ERROR_EXISTS,
                   "%s: a host is there already, and joining it takes no options of a host",
                   control);
      return NULL;
    }
  model = make_model (options, error);
  if (model == NULL)
    return NULL;
  self->host = TBX_SIM_HOST (model);
  if (controlled)
    {
      self->control = tbx_sim_control_server_new (model, control, quit, user_data, error);
      if (self->control == NULL)
        return NULL;
    }
  if (options->socket != NULL)
    {
      self->socket = tbx_sim_socket_server_new (self->host, options->socket, error);
      if (self->socket == NULL)
        return NULL;
    }
  return g_steal_pointer (&self);
}

/* Returns (transfer none): the host. */
TbxSimHost *
tbx_sim_session_get_host (TbxSimSession *self)
{
  return self->host;
}

void
tbx_sim_session_free (TbxSimSession *self)
{
  g_clear_pointer (&self->socket, tbx_sim_socket_server_free);
  g_clear_pointer (&self->control, tbx_sim_control_server_free);
  g_clear_object (&self->host);
  g_free (self);
}
