/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Ends a source that we own, if there is one: it fires no more, and *@at is NULL. */
static inline void
tbx_source_clear (GSource **at)
{
  GSource *source = g_steal_pointer (at);

  if (source == NULL)
    return;
  g_source_destroy (source);
  g_source_unref (source);
}

G_END_DECLS
