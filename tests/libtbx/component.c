/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A component with an agent of each class, which answers as it is asked to: "now", "later",
 * "decline", "drop", "fail" or "never".  A test tells it by the descriptor that is the argument
 *
 *   power WORD        how power requests are answered from now on
 *   address ADDRESS   which address it provides
 *   retract           takes all agents back
 *
 * and ends it by closing that. */
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tbx.h>

typedef void (*Answer) (TbxRequest *request, const char *word);

typedef struct
{
  GMainLoop *loop;
  TbxClient *client;    /* owned */
  GPtrArray *agents;    /* of TbxAgent (owned) */
  TbxAgentNetwork *network;
  GPtrArray *never;     /* of TbxRequest that are not answered (owned) */
  char      *power;     /* how power requests are answered (owned) */
} App;

/* A request that is answered from the main loop. */
typedef struct
{
  TbxRequest *request;   /* owned */
  Answer      answer;
} Later;

static gboolean
on_later (gpointer user_data)
{
  Later *later = user_data;

  later->answer (later->request, "now");
  return G_SOURCE_REMOVE;
}

static void
later_free (gpointer data)
{
  Later *later = data;

  g_object_unref (later->request);
  g_free (later);
}

static void
app_answer (App *app, gpointer request, const char *word, Answer answer)
{
  g_print ("%s %s\n", G_OBJECT_TYPE_NAME (request), word);
  if (g_str_equal (word, "never"))
    g_ptr_array_add (app->never, g_object_ref (request));
  else if (g_str_equal (word, "decline"))
    tbx_request_decline (request);
  else if (g_str_equal (word, "later"))
    {
      Later *later = g_new (Later, 1);

      *later = (Later) { g_object_ref (request), answer };
      g_timeout_add_full (G_PRIORITY_DEFAULT, 50, on_later, later, later_free);
    }
  else if (!g_str_equal (word, "drop"))
    answer (request, word);
}

static char *
word_of (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return g_strndup (data, size);
}

static void
answer_rpc (TbxRequest *request, const char *word)
{
  g_autoptr(GBytes) result = g_bytes_new_static ("done", 4);

  if (g_str_equal (word, "fail"))
    tbx_request_rpc_return_failure (TBX_REQUEST_RPC (request), NULL);
  else
    tbx_request_rpc_return_success (TBX_REQUEST_RPC (request), result);
}

static void
on_rpc (TbxAgentRpc *agent, TbxRequestRpc *request, App *app)
{
  g_autofree char *word = word_of (tbx_request_rpc_get_arguments (request));

  g_assert (g_str_equal (tbx_request_rpc_get_command (request), "component.rpc"));
  app_answer (app, request, word, answer_rpc);
}

static void
answer_vix (TbxRequest *request, const char *word)
{
  TbxRequestVix *vix = TBX_REQUEST_VIX (request);
  const char *user = tbx_request_vix_get_user (vix);
  g_autoptr(GBytes) payload = g_bytes_new (user, strlen (user));

  if (g_str_equal (word, "fail"))
    tbx_request_vix_return_failure (vix, 4, 2);
  else
    tbx_request_vix_return_success (vix, payload);
}

static void
on_vix (TbxAgentVix *agent, TbxRequestVix *request, App *app)
{
  g_autofree char *word = word_of (tbx_request_vix_get_body (request));

  g_assert (tbx_request_vix_get_opcode (request) == 5000);
  g_assert (g_variant_n_children (tbx_request_vix_get_details (request)) >= 4);
  g_assert (tbx_request_get_deadline_us (TBX_REQUEST (request)) > g_get_monotonic_time () - 60 * G_USEC_PER_SEC);
  app_answer (app, request, word, answer_vix);
}

static void
answer_login (TbxRequest *request, const char *word)
{
  if (g_str_equal (word, "fail"))
    tbx_request_login_reject (TBX_REQUEST_LOGIN (request));
  else
    tbx_request_login_accept (TBX_REQUEST_LOGIN (request));
}

/* The password is the word; others are PAM's. */
static void
on_verify (TbxAgentAuthenticator *agent, TbxRequestLogin *request, App *app)
{
  static const char *const words[] = { "now", "later", "decline", "drop", "fail", "never", NULL };
  const char *password = tbx_request_login_get_password (request);

  g_assert (tbx_request_login_get_user (request)[0] != '\0');
  app_answer (app, request, g_strv_contains (words, password) ? password : "drop", answer_login);
}

static void
answer_power (TbxRequest *request, const char *word)
{
  if (g_str_equal (word, "fail"))
    tbx_request_power_refuse (TBX_REQUEST_POWER (request), "not now");
  else
    tbx_request_power_return_handled (TBX_REQUEST_POWER (request), "by the component");
}

static void
on_power (TbxAgentPower *agent, TbxRequestPower *request, App *app)
{
  g_assert (tbx_request_power_get_operation (request)[0] != '\0');
  app_answer (app, request, app->power, answer_power);
}

/* Takes @agent. */
static void
app_register (App *app, gpointer agent)
{
  g_autoptr(GError) error = NULL;

  if (!tbx_client_register_sync (app->client, agent, NULL, &error))
    g_error ("%s: %s", G_OBJECT_TYPE_NAME (agent), error->message);
  g_ptr_array_add (app->agents, agent);
}

static void
app_register_all (App *app)
{
  TbxAgentRpc *rpc = tbx_agent_rpc_new ("component.rpc");
  TbxAgentVix *vix = tbx_agent_vix_new (5000);
  TbxAgentAuthenticator *authenticator = tbx_agent_authenticator_new (1);
  TbxAgentPower *power = tbx_agent_power_new ("shutdown:suspend", 1);

  g_signal_connect (rpc, "handle", G_CALLBACK (on_rpc), app);
  g_signal_connect (vix, "handle", G_CALLBACK (on_vix), app);
  g_signal_connect (authenticator, "verify", G_CALLBACK (on_verify), app);
  g_signal_connect (power, "handle", G_CALLBACK (on_power), app);
  app->network = tbx_agent_network_new (1);
  app_register (app, rpc);
  app_register (app, vix);
  app_register (app, authenticator);
  app_register (app, power);
  app_register (app, app->network);
}

static void
app_obey (App *app, const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", 2);

  if (g_str_equal (words[0], "power"))
    {
      g_free (app->power);
      app->power = g_strdup (words[1]);
    }
  else if (g_str_equal (words[0], "address"))
    tbx_agent_network_set_address (app->network, words[1]);
  else if (g_str_equal (words[0], "retract"))
    for (guint i = 0; i < app->agents->len; i++)
      tbx_client_unregister (app->client, app->agents->pdata[i]);
  g_print ("Did %s\n", line);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  GDataInputStream *stream = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (stream, result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (app->loop);
      return;
    }
  app_obey (app, line);
  g_data_input_stream_read_line_async (stream, G_PRIORITY_DEFAULT, NULL, on_line, app);
}

int
main (int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GInputStream) input = g_unix_input_stream_new (atoi (argv[1]), TRUE);
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (input);
  App app = { 0 };

  setvbuf (stdout, NULL, _IOLBF, 0);
  app.loop = g_main_loop_new (NULL, FALSE);
  app.agents = g_ptr_array_new_with_free_func (g_object_unref);
  app.never = g_ptr_array_new_with_free_func (g_object_unref);
  app.power = g_strdup ("decline");
  app.client = tbx_client_new_sync (NULL, &error);
  if (app.client == NULL)
    g_error ("No bus: %s", error->message);
  g_dbus_connection_set_exit_on_close (tbx_client_get_connection (app.client), FALSE);
  app_register_all (&app);
  g_print ("Ready\n");
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, &app);
  g_main_loop_run (app.loop);

  g_ptr_array_unref (app.never);
  g_object_unref (app.client);
  g_ptr_array_unref (app.agents);
  g_free (app.power);
  g_main_loop_unref (app.loop);
  return EXIT_SUCCESS;
}
