/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>
#include <sys/user.h>
#include "tbx-sim-registers.h"

G_BEGIN_DECLS

/* The text of one program that runs, as far as we changed it to see its CPUIDs. */
typedef struct _TbxSimImage TbxSimImage;

TbxSimImage *tbx_sim_image_new     (pid_t tid);
TbxSimImage *tbx_sim_image_copy    (TbxSimImage *self);
void         tbx_sim_image_free    (TbxSimImage *self);
gboolean     tbx_sim_image_trap    (TbxSimImage             *self,
                                    pid_t                    tid,
                                    struct user_regs_struct *regs);
gboolean     tbx_sim_image_illegal (TbxSimImage *self, struct user_regs_struct *regs);
gboolean     tbx_sim_image_fault   (TbxSimImage             *self,
                                    pid_t                    tid,
                                    struct user_regs_struct *regs);
gboolean     tbx_sim_image_decode  (TbxSimImage        *self,
                                    const TbxSimMemory *memory,
                                    guint64             address,
                                    TbxSimInstruction  *instruction);
gboolean     tbx_sim_image_patched (TbxSimImage *self, guint64 address);
void         tbx_sim_image_restore (TbxSimImage                   *self,
                                    pid_t                          tid,
                                    const struct user_regs_struct *regs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimImage, tbx_sim_image_free)

G_END_DECLS
