/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-control-server.h"
#include "tbx-sim-console.h"
#include "tbx-sim-listener.h"

#define MAX_CONSOLES 128

struct _TbxSimControlServer
{
  TbxSimModel    *model;       /* owned */
  TbxSimListener *listener;    /* owned */
  GPtrArray      *consoles;    /* of TbxSimConsole *, owned */
  TbxSimQuitFunc  quit;
  gpointer        user_data;   /* for it */
};

static void
on_console_ended (TbxSimConsole *console, gpointer user_data)
{
  TbxSimControlServer *self = user_data;

  g_ptr_array_remove_fast (self->consoles, console);
}

static void
on_quit (gpointer user_data)
{
  TbxSimControlServer *self = user_data;

  self->quit (self->user_data);
}

static void
on_accepted (GSocket *connection, gpointer user_data)
{
  static const TbxSimConsoleOwner owner = { on_console_ended, on_quit };
  TbxSimControlServer *self = user_data;

  if (self->consoles->len < MAX_CONSOLES)
    g_ptr_array_add (self->consoles, tbx_sim_console_new (self->model, connection, &owner, self));
}

/**
 * tbx_sim_control_server_new:
 * @model: the host
 * @path: where clients connect
 * @quit: (scope notified): called when a client wants the program to end; must
 *   not free the server at once
 * @user_data: for @quit
 * @error: return location for an error
 *
 * Errors: those of [func@Tbx.SimListener.new].
 *
 * Returns: (transfer full) (nullable): a server in the thread's default main context
 */
TbxSimControlServer *
tbx_sim_control_server_new (TbxSimModel   *model,
                            const char    *path,
                            TbxSimQuitFunc quit,
                            gpointer       user_data,
                            GError       **error)
{
  g_autoptr(TbxSimControlServer) self = g_new0 (TbxSimControlServer, 1);

  self->model = g_object_ref (model);
  self->quit = quit;
  self->user_data = user_data;
  self->consoles = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_sim_console_free);
  self->listener = tbx_sim_listener_new (path, on_accepted, self, error);
  return self->listener != NULL ? g_steal_pointer (&self) : NULL;
}

void
tbx_sim_control_server_free (TbxSimControlServer *self)
{
  g_clear_pointer (&self->listener, tbx_sim_listener_free);
  g_ptr_array_unref (self->consoles);
  g_object_unref (self->model);
  g_free (self);
}
