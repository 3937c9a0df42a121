/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-alarm.h"

static gboolean
alarm_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);   /* first, so that a new time is not lost */
  callback (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_sim_alarm_new:
 * @name: for debuggers
 * @callback: what to do when it goes off; its result is ignored
 * @user_data: for @callback
 *
 * A source in the thread's default main context that goes off once, whenever
 * any thread sets its ready time with g_source_set_ready_time().
 *
 * Returns: (transfer full): the source, to be destroyed and unreferenced
 */
GSource *
tbx_sim_alarm_new (const char *name, GSourceFunc callback, gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = alarm_dispatch };
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  GSource *source = g_source_new (&funcs, sizeof (GSource));

  g_source_set_name (source, name);
  g_source_set_callback (source, callback, user_data, NULL);
  g_source_attach (source, context);
  return source;
}
