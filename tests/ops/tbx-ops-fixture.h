/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-text.h"
#include <sys/stat.h>

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

void  ops_fixture_set_up    (OpsFixture *f, gconstpointer data);
void  ops_fixture_tear_down (OpsFixture *f, gconstpointer data);
void  ops_fixture_run       (OpsFixture *f, const TbxVixRequest *request);
void  ops_fixture_run_flags (OpsFixture *f, const TbxVixRequest *request, guint32 flags);

/* Files in the folder; a name that is absolute stays as it is. */
char *ops_fixture_path      (OpsFixture *f, const char *name);
void  ops_fixture_write     (OpsFixture *f, const char *name, const char *content);
void  ops_fixture_mkdir     (OpsFixture *f, const char *name, mode_t mode);
void  ops_fixture_link      (OpsFixture *f, const char *target, const char *name);
void  ops_fixture_mkfifo    (OpsFixture *f, const char *name);
gboolean ops_fixture_exists (OpsFixture *f, const char *name);
guint ops_count_entries     (const char *path);

/* Runs @part in a child that is no root: what it asserts must hold. */
void  ops_child_done        (void) G_GNUC_NORETURN;
void  ops_fixture_as_user   (OpsFixture *f, void (*part) (OpsFixture *f));

G_END_DECLS
