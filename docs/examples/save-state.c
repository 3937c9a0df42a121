/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A component that saves its state before the host shuts the guest down or reboots it.
 *
 *   cc save-state.c $(pkg-config --cflags --libs tbx-1.0) -o save-state
 *   ./save-state /var/lib/example/state
 *
 * It holds shutdowns and reboots all the time.  When the host asks for one, it saves its
 * state and lets go; when nothing comes of it, it holds again. */
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <tbx.h>

typedef struct
{
  const char *path;     /* of the state */
  GMainLoop  *loop;
  TbxClient  *client;   /* owned */
  TbxHold    *hold;     /* owned; NULL while we do not hold */
  gboolean    asked;    /* for a hold, and there is no answer yet */
  const char *pending;  /* what the host asks for, or NULL */
  guint64     n_ticks;  /* the state: how many seconds we ran */
} App;

static gboolean
on_tick (gpointer user_data)
{
  App *app = user_data;

  app->n_ticks++;
  return G_SOURCE_CONTINUE;
}

/* Does what has to be done before a shutdown or a reboot, and lets it go on. */
static void
app_save (App *app, const char *operation)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT "\n", app->n_ticks);
  g_autoptr(GError) error = NULL;

  if (app->hold == NULL)
    return;
  if (g_strcmp0 (operation, "shutdown") != 0 && g_strcmp0 (operation, "reboot") != 0)
    return;   /* "suspend", "resume" and the like: we lose nothing by them */
  if (!g_file_set_contents_full (app->path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &error))
    g_printerr ("Cannot save: %s\n", error->message);
  else
    g_print ("Saved before %s\n", operation);
  g_clear_object (&app->hold);
}

static void
on_held (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  g_autoptr(GError) error = NULL;

  app->asked = FALSE;
  app->hold = tbx_client_hold_power_finish (TBX_CLIENT (source), result, &error);
  if (app->hold == NULL)
    {
      g_printerr ("No hold: %s\n", error->message);
      return;
    }
  g_print ("Holding\n");
  /* The host may have asked while we did: that is held up too, and is ours to let go. */
  app_save (app, app->pending != NULL
                   ? app->pending
                   : tbx_bus_power_get_operation (tbx_client_get_power (app->client)));
}

/* One at a time, or one that is forgotten would hold for ever. */
static void
app_hold (App *app)
{
  if (app->asked)
    return;
  app->asked = TRUE;
  g_clear_object (&app->hold);
  tbx_client_hold_power_async (app->client, "shutdown:reboot", "save-state", "State is not saved",
                               NULL, on_held, app);
}

static void
on_requested (TbxBusPower *power, const char *operation, guint64 deadline_usec, App *app)
{
  app->pending = g_intern_string (operation);
  app_save (app, operation);
}

/* It failed, or was refused: the guest goes on, and so do we. */
static void
on_completed (TbxBusPower *power,
              const char  *operation,
              gboolean     success,
              const char  *message,
              App         *app)
{
  app->pending = NULL;
  if (app->hold == NULL && !success)
    app_hold (app);
}

/* A hold does not outlive the daemon that gave it. */
static void
on_running (App *app)
{
  if (tbx_client_is_running (app->client))
    app_hold (app);
}

static gboolean
on_stop (gpointer user_data)
{
  App *app = user_data;

  g_main_loop_quit (app->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_client (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  g_autoptr(GError) error = NULL;

  app->client = tbx_client_new_finish (result, &error);
  if (app->client == NULL)
    {
      g_printerr ("No bus: %s\n", error->message);
      g_main_loop_quit (app->loop);
      return;
    }
  g_signal_connect (tbx_client_get_power (app->client), "requested", G_CALLBACK (on_requested), app);
  g_signal_connect (tbx_client_get_power (app->client), "completed", G_CALLBACK (on_completed), app);
  g_signal_connect_swapped (app->client, "notify::running", G_CALLBACK (on_running), app);
  on_running (app);
}

int
main (int argc, char **argv)
{
  App app = { 0 };

  if (argc != 2)
    {
      g_printerr ("Usage: %s FILE\n", argv[0]);
      return EXIT_FAILURE;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
  app.path = argv[1];
  app.loop = g_main_loop_new (NULL, FALSE);
  g_timeout_add_seconds (1, on_tick, &app);
  g_unix_signal_add (SIGTERM, on_stop, &app);
  g_unix_signal_add (SIGINT, on_stop, &app);
  tbx_client_new_async (NULL, on_client, &app);
  g_main_loop_run (app.loop);

  g_clear_object (&app.hold);
  g_main_loop_unref (app.loop);
  if (app.client == NULL)
    return EXIT_FAILURE;
  g_object_unref (app.client);
  return EXIT_SUCCESS;
}
