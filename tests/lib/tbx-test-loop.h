/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Turns the main context until @condition holds; a watchdog ends a test that hangs. */
#define tbx_test_until(condition)              \
  G_STMT_START                                 \
  {                                            \
    guint watchdog_ = tbx_test_watchdog (#condition); \
    while (!(condition))                       \
      g_main_context_iteration (NULL, TRUE);   \
    g_source_remove (watchdog_);               \
  }                                            \
  G_STMT_END

guint    tbx_test_watchdog    (const char *what);
void     tbx_test_settle      (void);
GSource *tbx_test_find_source (const char *name);
gint64   tbx_test_source_wait (const char *name);
void     tbx_test_source_fire (const char *name);

G_END_DECLS
