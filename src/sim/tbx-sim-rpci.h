/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-guest.h"

G_BEGIN_DECLS

/* The host's commands: what a guest may ask, and how it is answered. */
typedef struct _TbxSimRpci TbxSimRpci;

TbxSimRpci *tbx_sim_rpci_new      (TbxSimGuest *guest);
void        tbx_sim_rpci_free     (TbxSimRpci *self);
GBytes     *tbx_sim_rpci_run      (TbxSimRpci *self, GBytes *request);
gboolean    tbx_sim_rpci_override (TbxSimRpci *self, const char *prefix, GBytes *reply,
                                   GError **error);
guint       tbx_sim_rpci_restore  (TbxSimRpci *self, const char *prefix);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimRpci, tbx_sim_rpci_free)

G_END_DECLS
