/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-policy.h"

G_BEGIN_DECLS

/* What GetToolsState tells of this guest, besides what the policy says. */
typedef struct
{
  const char *os_full_name;    /* for people; empty when unknown */
  const char *os_short_name;   /* the host's name of the system, such as "debian12-64" */
  const char *host_name;       /* empty when unknown */
  const char *version;         /* of toolboxd */
} TbxToolsFacts;

char *tbx_tools_state_encode (const TbxPolicy *policy, const TbxToolsFacts *facts);

G_END_DECLS
