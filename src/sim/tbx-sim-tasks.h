/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-image.h"

G_BEGIN_DECLS

/* A process that is traced: the program, or a child of it. */
typedef struct
{
  pid_t        pid;
  guint        n_tasks;   /* threads of it that we know */
  TbxSimImage *image;     /* owned */
} TbxSimProcess;

/* A thread that is traced. */
typedef struct
{
  pid_t          tid;
  TbxSimProcess *process;   /* not owned; lives as long as its last thread */
} TbxSimTask;

/* All of them. */
typedef struct _TbxSimTasks TbxSimTasks;

TbxSimTasks *tbx_sim_tasks_new    (void);
void         tbx_sim_tasks_free   (TbxSimTasks *self);
TbxSimTask  *tbx_sim_tasks_find   (TbxSimTasks *self, pid_t tid);
TbxSimTask  *tbx_sim_tasks_add    (TbxSimTasks *self, pid_t tid, TbxSimImage *image);
TbxSimTask  *tbx_sim_tasks_adopt  (TbxSimTasks *self, pid_t tid, TbxSimTask *parent);
TbxSimTask  *tbx_sim_tasks_exec   (TbxSimTasks *self, pid_t pid);
gboolean     tbx_sim_tasks_remove (TbxSimTasks *self, pid_t tid, pid_t *ended);
void         tbx_sim_tasks_kill   (TbxSimTasks *self);
GArray      *tbx_sim_tasks_list   (TbxSimTasks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimTasks, tbx_sim_tasks_free)

G_END_DECLS
