/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* A connection to a live host over which the guest is asked again and again, several
 * times before the first reply if need be; blocks, for command-line programs. */
typedef struct _TbxSimFrames TbxSimFrames;

TbxSimFrames *tbx_sim_frames_new  (const char *control, GError **error);
void          tbx_sim_frames_free (TbxSimFrames *self);
gboolean      tbx_sim_frames_send (TbxSimFrames *self, GBytes *request, GError **error);
GBytes       *tbx_sim_frames_take (TbxSimFrames *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimFrames, tbx_sim_frames_free)

G_END_DECLS
