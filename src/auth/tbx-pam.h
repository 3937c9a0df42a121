/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* One PAM transaction: verifies a user, then is its session.  Every call may block.
 * For the worker only. */
typedef struct _TbxPam TbxPam;

#define TBX_PAM_SERVICE "toolboxd"

/* How the last call ended. */
typedef struct
{
  TbxWorkerVerdict verdict;
  TbxWorkerStep    step;       /* that was done last */
  int              pam_code;   /* that it gave */
} TbxPamOutcome;

TbxPam     *tbx_pam_new             (const char    *directory,
                                     const char    *name,
                                     TbxPamOutcome *outcome);
gboolean    tbx_pam_verify          (TbxPam *self, const char *password, TbxPamOutcome *outcome);
gboolean    tbx_pam_open            (TbxPam *self, TbxPamOutcome *outcome);
const char *tbx_pam_get_user        (TbxPam *self);
char      **tbx_pam_dup_environment (TbxPam *self);
void        tbx_pam_close           (TbxPam *self);

G_END_DECLS
