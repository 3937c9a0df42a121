/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-test-loop.h"

#define WATCHDOG_S 120

static gboolean
on_watchdog (gpointer user_data)
{
  g_error ("Waited %d s in vain for: %s", WATCHDOG_S, (const char *) user_data);
  return G_SOURCE_REMOVE;
}

guint
tbx_test_watchdog (const char *what)
{
  return g_timeout_add_seconds (WATCHDOG_S, on_watchdog, (gpointer) what);
}

/* Dispatches all that is ready now, and what that makes ready. */
void
tbx_test_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/**
 * tbx_test_find_source:
 * @name: of a source in the default main context
 *
 * Sources have ascending numbers, so the newest is found first.
 *
 * Returns: (transfer none) (nullable): the newest source of that name
 */
GSource *
tbx_test_find_source (const char *name)
{
  g_autoptr(GSource) probe = g_idle_source_new ();
  guint last = g_source_attach (probe, NULL);

  g_source_destroy (probe);
  for (guint id = last; id > 0; id--)
    {
      GSource *source = g_main_context_find_source_by_id (NULL, id);

      if (source != NULL && g_strcmp0 (g_source_get_name (source), name) == 0)
        return source;
    }
  return NULL;
}

/**
 * tbx_test_source_wait:
 * @name: of a source
 *
 * Returns: microseconds from now until it is due, 0 when it is; -1 for never
 */
gint64
tbx_test_source_wait (const char *name)
{
  GSource *source = tbx_test_find_source (name);
  gint64 due = source == NULL ? -1 : g_source_get_ready_time (source);

  return due <= 0 ? due : MAX (0, due - g_get_monotonic_time ());
}

/* Makes a source due now, instead of waiting for it. */
void
tbx_test_source_fire (const char *name)
{
  GSource *source = tbx_test_find_source (name);

  g_assert_nonnull (source);
  g_source_set_ready_time (source, 0);
}
