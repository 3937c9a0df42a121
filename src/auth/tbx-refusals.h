/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-login-cache.h"

G_BEGIN_DECLS

/* How long the next refusal of each user is held back.  Only refusals wait: a right
 * password passes at once, however many wrong ones came before it. */
typedef struct _TbxRefusals TbxRefusals;

TbxRefusals *tbx_refusals_new    (TbxClock clock);
void         tbx_refusals_free   (TbxRefusals *self);
guint        tbx_refusals_next   (TbxRefusals *self, const char *name);
void         tbx_refusals_reset  (TbxRefusals *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxRefusals, tbx_refusals_free)

G_END_DECLS
