/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A program that is about to start: its process waits until it is released. */
typedef struct
{
  pid_t       pid;
  const char *path;         /* the program's file; not owned */
  int         release_fd;   /* owned, or -1; a byte lets the process go on */
  int         report_fd;    /* owned, or -1; tells why the program did not start */
} TbxSimLaunch;

gboolean tbx_sim_launch_fork   (TbxSimLaunch *launch,
                                const char   *path,
                                char        **argv,
                                GError      **error);
void     tbx_sim_launch_go     (TbxSimLaunch *launch);
gboolean tbx_sim_launch_result (TbxSimLaunch *launch, GError **error);
void     tbx_sim_launch_clear  (TbxSimLaunch *launch);

G_END_DECLS
