/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ctl-host.h"

G_BEGIN_DECLS

/**
 * TbxCtlStatus:
 * @TBX_CTL_DONE: it is done
 * @TBX_CTL_FAILED: refused by the host or the daemon, or failed
 * @TBX_CTL_USAGE: the command line makes no sense
 * @TBX_CTL_UNREACHABLE: the daemon, the bus or the channel is not there
 * @TBX_CTL_NOT_PERMITTED: this user may not do that
 *
 * Exit statuses.
 */
typedef enum
{
  TBX_CTL_DONE          = 0,
  TBX_CTL_FAILED        = 1,
  TBX_CTL_USAGE         = 2,
  TBX_CTL_UNREACHABLE   = 3,
  TBX_CTL_NOT_PERMITTED = 4,
} TbxCtlStatus;

/* What the command line says to every command. */
typedef struct
{
  gboolean    json;     /* print JSON instead of text */
  gboolean    all;      /* every process, not only those of the host */
  gboolean    direct;   /* ask the host although there is a daemon */
  const char *config;   /* the daemon's configuration file */
  const char *what;     /* what is held, or NULL: all that can be */
  const char *why;      /* and why, or NULL: for the command */
  int         status;   /* gets the exit status, where that is another command's */
  TbxCtlHost *host;     /* for commands that may ask it, or NULL (owned) */
} TbxCtl;

/* A command gets exactly the arguments that its row in the table asks for.  One
 * that fails without an error has said why itself. */
typedef gboolean (*TbxCtlRun) (TbxCtl *ctl, char **args, GError **error);

gboolean tbx_ctl_status   (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_nics     (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_ps       (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_operations (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_extensions (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_info_get (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_info_set (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_power_holds   (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_power_monitor (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_power_hold    (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_rpc      (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_monitor  (TbxCtl *ctl, char **args, GError **error);
gboolean tbx_ctl_doctor   (TbxCtl *ctl, char **args, GError **error);

/* Waiting for one asynchronous call: pass tbx_ctl_on_ready and the address of a
 * GAsyncResult pointer that is NULL, then wait for it. */
void tbx_ctl_on_ready (GObject *source, GAsyncResult *result, gpointer slot);
void tbx_ctl_wait     (GAsyncResult **slot);

G_END_DECLS
