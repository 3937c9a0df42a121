/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include <sys/types.h>
#include "tbx-op.h"
#include "tbx-remote.h"
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* The account for which operations run.  The process has become it already. */
typedef struct
{
  char  *name;          /* login name */
  uid_t  uid;
  gid_t  gid;
  char  *home;          /* from passwd; may not exist */
  char  *shell;         /* from passwd */
  char **environment;   /* what a login gives: PAM's, HOME, USER, LOGNAME, SHELL, PATH, LANG */
} TbxOpsUser;

void tbx_ops_user_copy  (const TbxOpsUser *from, TbxOpsUser *to);
void tbx_ops_user_clear (TbxOpsUser *user);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxOpsUser, tbx_ops_user_clear)

/* One program started for the host; what the daemon and the bus are told of it. */
typedef struct
{
  gint64      pid;
  const char *command;        /* short name */
  const char *command_line;   /* as ListProcesses shows it; may hold a secret */
  gint64      start;          /* Unix time, seconds */
  gint64      end;            /* Unix time, seconds; 0 while it runs */
  int         exit_code;      /* as the host sees it: 128 + signal; -1 when unknown */
  int         signal;         /* that ended it, or 0 */
} TbxOpsProgram;

/* The guest operations of one user: executes requests, remembers what lasts longer
 * than a request (programs, listings, open files).
 *
 * Signals: "program-started" and "program-ended" (gpointer: const TbxOpsProgram *);
 * "run-program-done" (char *: the RPCI request that reports the end of a program
 * started by a legacy request).
 * Property "busy" (b, with notify): whether something is held that must not be lost:
 * running programs, ended ones that are still listed, open files. */
#define TBX_TYPE_OPS (tbx_ops_get_type ())
G_DECLARE_FINAL_TYPE (TbxOps, tbx_ops, TBX, OPS, GObject)

TbxOps  *tbx_ops_new           (const TbxOpsUser *user);
void     tbx_ops_execute       (TbxOps *self, TbxOp *op);
void     tbx_ops_execute_raw_hgfs (TbxOps *self, TbxOp *op);
gboolean tbx_ops_get_busy      (TbxOps *self);
TbxRemote *tbx_ops_get_remote  (TbxOps *self);
void     tbx_ops_protect       (TbxOps *self, pid_t pid);
void     tbx_ops_set_settings  (TbxOps *self, const TbxWorkerSettings *settings);
void     tbx_ops_set_gated     (TbxOps *self, gboolean gated);
void     tbx_ops_open_gate     (TbxOps *self, gint64 pid);
void     tbx_ops_program_exited (TbxOps *self, const TbxWorkerProgramExited *exited);
void     tbx_ops_lose_remote_programs (TbxOps *self);
void     tbx_ops_adopt_program (TbxOps *self, const TbxOpsProgram *record);

G_END_DECLS
