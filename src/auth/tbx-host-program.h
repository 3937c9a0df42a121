/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include <sys/types.h>
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* A program that a worker started for the host, from its start until it is forgotten.
 *
 * Properties: "pid" (x), "name" (s), "user" (s), "uid" (u), "start" (t, Unix time in
 * seconds); with notify "running" (b), "end" (t, 0 while it runs), "exit-code" (i, -1:
 * none) and "signal" (i, 0: none). */
#define TBX_TYPE_HOST_PROGRAM (tbx_host_program_get_type ())
G_DECLARE_FINAL_TYPE (TbxHostProgram, tbx_host_program, TBX, HOST_PROGRAM, GObject)

/* What there is to know of it at one moment. */
typedef struct
{
  gint64      pid;
  uid_t       uid;
  const char *name;
  const char *user;
  const char *command_line;   /* may hold a secret */
  guint64     start;          /* Unix time, seconds */
  guint64     end;            /* Unix time, seconds; 0 while it runs */
  int         exit_code;      /* 0 to 255; -1: none, or nobody can tell */
  int         signal;         /* that ended it, or 0 */
  gboolean    running;
} TbxHostProgramFacts;

/* Has a program end that is no process. */
typedef void (*TbxHostProgramTerminate) (gint64 pid, gpointer user_data);

TbxHostProgram            *tbx_host_program_new       (const TbxWorkerProgram *program,
                                                       uid_t                   uid,
                                                       const char             *user);
void                       tbx_host_program_end       (TbxHostProgram         *self,
                                                       const TbxWorkerProgram *program);
void                       tbx_host_program_set_terminate (TbxHostProgram         *self,
                                                           TbxHostProgramTerminate terminate,
                                                           gpointer                user_data);
gboolean                   tbx_host_program_terminate (TbxHostProgram *self, GError **error);
gboolean                   tbx_host_program_is_alive  (TbxHostProgram *self);
const TbxHostProgramFacts *tbx_host_program_get_facts (TbxHostProgram *self);

G_END_DECLS
