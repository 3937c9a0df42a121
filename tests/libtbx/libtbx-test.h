/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <tbx.h>

G_BEGIN_DECLS

/* What tests of libtbx in one process share; the bus is the one of GTestDBus. */
GDBusConnection *test_connect             (void);
TbxClient       *test_new_client          (void);
void             test_on_result           (GObject *source, GAsyncResult *result, gpointer user_data);
gboolean         test_finish_registration (TbxClient     *client,
                                           GAsyncResult **result,
                                           GError       **error);
void             test_register            (TbxClient *client, TbxAgent *agent);

G_END_DECLS
