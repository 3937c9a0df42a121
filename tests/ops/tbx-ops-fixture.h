/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-text.h"

G_BEGIN_DECLS

/* Operations of the account that runs the test, with a folder to work in, and the
 * answer to the last request. */
typedef struct
{
  TbxOps    *ops;
  char      *dir;            /* empty at first, removed at the end */
  guint8     reply[TBX_VIX_PAYLOAD_MAX_BYTES + 1];

  gboolean   answered;
  TbxVixCode code;
  int        error_number;
  char      *payload;        /* in reply[], with a NUL */
  gsize      payload_size;   /* bytes */

  guint      started;        /* programs */
  GPtrArray *ended;          /* of OpsEnded */
} OpsFixture;

typedef struct
{
  gint64 pid;
  int    exit_code;
  int    signal;
} OpsEnded;

TbxVixRequest ops_request (guint32 opcode);

void ops_fixture_set_up    (OpsFixture *f, gconstpointer data);
void ops_fixture_tear_down (OpsFixture *f, gconstpointer data);
void ops_fixture_run       (OpsFixture *f, const TbxVixRequest *request);

G_END_DECLS
