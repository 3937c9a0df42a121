/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-host-program.h"
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* The programs that all workers started for the host: those that run, and for five
 * minutes those that ended.
 *
 * Signals: "added" and "removed" (TbxHostProgram). */
#define TBX_TYPE_HOST_PROGRAMS (tbx_host_programs_get_type ())
G_DECLARE_FINAL_TYPE (TbxHostPrograms, tbx_host_programs, TBX, HOST_PROGRAMS, GObject)

/* Of one user.  More than a worker runs at a time. */
#define TBX_HOST_PROGRAMS_MAX 1024

TbxHostPrograms *tbx_host_programs_new     (TbxWorkerPool *pool);
TbxHostProgram  *tbx_host_programs_find    (TbxHostPrograms *self, gint64 pid);
GPtrArray       *tbx_host_programs_dup     (TbxHostPrograms *self);
void             tbx_host_programs_started (TbxHostPrograms        *self,
                                            const TbxWorkerProgram *program,
                                            uid_t                   uid,
                                            const char             *user);
void             tbx_host_programs_ended   (TbxHostPrograms        *self,
                                            const TbxWorkerProgram *program,
                                            uid_t                   uid,
                                            const char             *user);
void             tbx_host_programs_run     (TbxHostPrograms         *self,
                                            const TbxWorkerProgram  *program,
                                            uid_t                    uid,
                                            const char              *user,
                                            TbxHostProgramTerminate  terminate,
                                            gpointer                 user_data);
void             tbx_host_programs_settle  (TbxHostPrograms              *self,
                                            const TbxWorkerProgramExited *exited);

G_END_DECLS
