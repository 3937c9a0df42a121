/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-policy.h"

G_BEGIN_DECLS

/* What the administrator configured; a key that is not in the file has its default. */
typedef struct
{
  char      *transport;           /* [toolboxd] transport */
  char      *primary_nics;        /* [guestinfo] primary-nics: comma-separated globs */
  char      *low_priority_nics;   /* [guestinfo] low-priority-nics */
  char      *exclude_nics;        /* [guestinfo] exclude-nics */
  guint      timeout_ms;          /* [guest-operations] timeout-ms: without progress */
  guint      stream_limit_bytes;  /* [guest-operations] stream-limit: of a program's stream */
  gboolean   http_round_trip;     /* [guest-operations] http-round-trip */
  gboolean   archive_transfers;   /* [guest-operations] archive-transfers */
  char      *raw_hgfs;            /* [guest-operations] raw-hgfs: an account, or empty (owned) */
  guint      session_idle_s;      /* [guest-operations] session-idle-s: of an HGFS session */
  guint      worker_idle_s;       /* [auth] worker-idle-s: an idle worker ends after it */
  char      *pam_directory;       /* [auth] pam-directory: empty is the system's */
  char      *authenticator;       /* [auth] authenticator: "before", "instead" or "never" */
  guint      power_deadline_ms;   /* [power] deadline-ms: of a preparation, milliseconds */
  char      *power_directory;     /* [power] directory: empty is none */
  char      *shutdown_command;    /* [power] shutdown-command: empty is none */
  char      *inhibitors;          /* [power] inhibitors: "override" or "refuse" */
  guint      inhibitor_wait_ms;   /* [power] inhibitor-wait-ms: for a block inhibitor */
  TbxPolicy *policy;              /* [guest-operations] and its groups for users and groups */
} TbxConfig;

TbxConfig *tbx_config_load  (const char *path, gboolean required, GPtrArray *problems);
TbxConfig *tbx_config_parse (const char *name, const char *text, gsize size, GPtrArray *problems);
void       tbx_config_free  (TbxConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxConfig, tbx_config_free)

G_END_DECLS
