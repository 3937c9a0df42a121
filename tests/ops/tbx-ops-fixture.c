/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <string.h>
#include <unistd.h>

static void
on_started (OpsFixture *f, gpointer record)
{
  f->started++;
}

static void
on_ended (OpsFixture *f, gpointer data)
{
  const TbxOpsProgram *record = data;
  OpsEnded *end = g_new (OpsEnded, 1);

  *end = (OpsEnded) { record->pid, record->exit_code, record->signal };
  g_ptr_array_add (f->ended, end);
}

/* A request with nothing in it yet: an initializer would leave a part of its union as
 * it was. */
TbxVixRequest
ops_request (guint32 opcode)
{
  TbxVixRequest request;

  memset (&request, 0, sizeof request);
  request.opcode = opcode;
  return request;
}

void
ops_fixture_set_up (OpsFixture *f, gconstpointer data)
{
  const char *environment[] = { "PATH=/usr/bin:/bin", "EMPTY=", "ODD=a<b&=c", NULL };
  const TbxOpsUser user = {
    .name = (char *) "tester",
    .uid = getuid (),
    .gid = getgid (),
    .home = (char *) "/",
    .shell = (char *) "/bin/sh",
    .environment = (char **) environment,
  };

  f->ops = tbx_ops_new (&user);
  f->dir = g_dir_make_tmp ("tbx-ops-XXXXXX", NULL);
  f->ended = g_ptr_array_new_with_free_func (g_free);
  g_assert_nonnull (f->dir);
  g_signal_connect_swapped (f->ops, "program-started", G_CALLBACK (on_started), f);
  g_signal_connect_swapped (f->ops, "program-ended", G_CALLBACK (on_ended), f);
}

void
ops_fixture_tear_down (OpsFixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->dir, NULL };

  g_assert_finalize_object (f->ops);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->dir);
  g_ptr_array_unref (f->ended);
}

static void
on_done (TbxOp *op, TbxVixCode code, int error_number, gsize size, gpointer user_data)
{
  OpsFixture *f = user_data;

  g_assert_false (f->answered);
  f->answered = TRUE;
  f->code = code;
  f->error_number = error_number;
  f->payload_size = size;
  f->reply[size] = '\0';
  f->payload = (char *) f->reply;
}

/* Runs one request to its answer. */
void
ops_fixture_run (OpsFixture *f, const TbxVixRequest *request)
{
  TbxOp *op = tbx_op_new (request, 0, f->reply, TBX_VIX_PAYLOAD_MAX_BYTES, on_done, NULL, f);

  f->answered = FALSE;
  tbx_op_set_name (op, "req", 3);
  tbx_ops_execute (f->ops, op);
  tbx_op_unref (op);
  while (!f->answered)
    g_main_context_iteration (NULL, TRUE);
}
