/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* What libtbx needs of the daemon, to answer when the test wants it: the name, the objects, and
 * what registers agents. */
#define FAKE_TYPE_TOOLBOXD (fake_toolboxd_get_type ())
G_DECLARE_FINAL_TYPE (FakeToolboxd, fake_toolboxd, FAKE, TOOLBOXD, GObject)

FakeToolboxd    *fake_toolboxd_new            (GDBusConnection *connection);
GDBusConnection *fake_toolboxd_get_connection (FakeToolboxd *self);
gboolean         fake_toolboxd_has            (FakeToolboxd *self, const char *name);
const char      *fake_toolboxd_get_object     (FakeToolboxd *self);
void             fake_toolboxd_set_waits      (FakeToolboxd *self, gboolean waits);
guint            fake_toolboxd_n_waiting      (FakeToolboxd *self);
void             fake_toolboxd_answer         (FakeToolboxd *self);

G_END_DECLS
