/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-host-programs.h"

G_BEGIN_DECLS

/* Has systemd put each program that is started for the host into a scope of its own,
 * before it runs.  Where systemd is not on the bus, or says no, it runs where it is. */
#define TBX_TYPE_SCOPES (tbx_scopes_get_type ())
G_DECLARE_FINAL_TYPE (TbxScopes, tbx_scopes, TBX, SCOPES, GObject)

TbxScopes *tbx_scopes_new    (TbxWorkerPool *pool, TbxHostPrograms *programs);
void       tbx_scopes_attach (TbxScopes *self, GDBusConnection *connection);
void       tbx_scopes_detach (TbxScopes *self);

G_END_DECLS
