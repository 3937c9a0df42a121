/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <signal.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A program that is about to start: its process waits until it is released. */
typedef struct
{
  pid_t pid;
  int   release_fd;   /* owned, or -1; a byte lets the process go on */
  int   report_fd;    /* owned, or -1; tells why the program did not start */
} TbxSimLaunch;

gboolean tbx_sim_launch_fork   (TbxSimLaunch   *launch,
                                const char     *path,
                                char          **argv,
                                const sigset_t *mask,
                                GError        **error);
void     tbx_sim_launch_go     (TbxSimLaunch *launch);
gboolean tbx_sim_launch_result (TbxSimLaunch *launch, const char *path, GError **error);
void     tbx_sim_launch_clear  (TbxSimLaunch *launch);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxSimLaunch, tbx_sim_launch_clear)

G_END_DECLS
