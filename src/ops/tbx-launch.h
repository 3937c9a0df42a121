/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A program to be started in a session of its own, with nothing of ours but
 * what is named here. */
typedef struct
{
  const char        *command;       /* for the shell, or NULL */
  const char        *directory;     /* working directory */
  const char *const *environment;   /* NAME=VALUE, complete */
  int                stdin_fd;      /* -1: /dev/null */
  int                stdout_fd;     /* -1: /dev/null */
  int                stderr_fd;     /* -1: /dev/null */
  int                gate_fd;       /* it starts when this reads EOF; -1: at once */
  const char *const *arguments;     /* instead of @command: a program by its path, and what
                                     * it gets */
} TbxLaunch;

void     tbx_launch_raise_limits (void);
gboolean tbx_launch (const TbxLaunch *launch, pid_t *pid, int *pidfd, int *error_number);

G_END_DECLS
