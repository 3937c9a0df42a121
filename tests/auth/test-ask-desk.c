/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker may ask for, and what it is told that there is. */
#include "tbx-ask-desk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  TbxAskDesk *desk;
  GPtrArray  *taken;          /* of TbxAsk: who serves has them */
  guint       n_answers;
  TbxWorkerMessageType type;  /* of the last answer */
  guint32     id;
  int         error_number;
} Fixture;

static void
on_asked (TbxAsk *ask, gpointer user_data)
{
  g_ptr_array_add (((Fixture *) user_data)->taken, ask);
}

static void
on_answered (const TbxWorkerMessage *answer, const int *fds, guint n_fds, guint32 id,
             gpointer user_data)
{
  Fixture *f = user_data;

  f->n_answers++;
  f->type = answer->type;
  f->id = id;
  f->error_number = answer->type == TBX_WORKER_ASK_DONE ? answer->done.error_number : 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const char *const schemes[] = { "echo", NULL };
  static const char *const programs[] = { "upper", "lower", NULL };

  f->desk = tbx_ask_desk_new ();
  f->taken = g_ptr_array_new ();
  tbx_ask_desk_serve (f->desk, TBX_ASK_FILES, on_asked, f);
  tbx_ask_desk_serve (f->desk, TBX_ASK_PROGRAMS, on_asked, f);
  tbx_ask_desk_set_names (f->desk, TBX_ASK_FILES, schemes);
  tbx_ask_desk_set_names (f->desk, TBX_ASK_PROGRAMS, programs);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  while (f->taken->len > 0)
    tbx_ask_done (g_ptr_array_remove_index (f->taken, 0), 0);
  g_ptr_array_unref (f->taken);
  tbx_ask_desk_free (f->desk);
}

static void
ask (Fixture *f, TbxWorkerMessage message)
{
  g_auto(TbxControlPacket) packet = { .fds = { -1, -1, -1 } };
  g_auto(TbxWriter) w = { 0 };

  g_assert_true (tbx_control_encode (&message, &w, NULL));
  memcpy (packet.data, w.out->data, w.out->len);
  packet.size = w.out->len;
  tbx_ask_desk_take (f->desk, tbx_ask_new (&packet, on_answered, f));
}

static TbxWorkerMessage
stat_of (const char *scheme)
{
  return (TbxWorkerMessage) { .type = TBX_WORKER_FILE_STAT, .file = { 7, scheme, "/x", "" } };
}

static TbxWorkerMessage
start_of (const char *name)
{
  return (TbxWorkerMessage) { .type = TBX_WORKER_PROGRAM_START, .start = { 8, name, "", "" } };
}

/* What nobody registered reaches nobody, whatever a worker says. */
static void
test_names (Fixture *f, gconstpointer data)
{
  const TbxWorkerMessage nobodys[] = {
    stat_of ("upper"), stat_of (""), stat_of ("Echo"), stat_of ("ech"), start_of ("echo"),
    start_of (""), start_of ("upper "),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (nobodys); i++)
    {
      ask (f, nobodys[i]);
      g_assert_cmpuint (f->n_answers, ==, i + 1);
      g_assert_cmpint (f->error_number, ==, ENOENT);
    }
  g_assert_cmpuint (f->taken->len, ==, 0);
  ask (f, stat_of ("echo"));
  ask (f, start_of ("lower"));
  /* It names no program, but what was started. */
  ask (f, (TbxWorkerMessage) { .type = TBX_WORKER_PROGRAM_END, .end = { 9, 4194305 } });
  g_assert_cmpuint (f->taken->len, ==, 3);
  g_assert_cmpuint (f->n_answers, ==, G_N_ELEMENTS (nobodys));
}

static void
test_nobody_serves (Fixture *f, gconstpointer data)
{
  static const char *const none[] = { NULL };

  tbx_ask_desk_serve (f->desk, TBX_ASK_FILES, NULL, NULL);
  ask (f, stat_of ("echo"));
  g_assert_cmpint (f->error_number, ==, ENOENT);
  tbx_ask_desk_set_names (f->desk, TBX_ASK_PROGRAMS, none);
  ask (f, start_of ("upper"));
  g_assert_cmpint (f->error_number, ==, ENOENT);
  g_assert_cmpuint (f->n_answers, ==, 2);
  g_assert_cmpuint (f->taken->len, ==, 0);
}

static void
test_told (Fixture *f, gconstpointer data)
{
  TbxWorkerNames names = { 0 };
  g_autoptr(GBytes) list = tbx_ask_desk_dup_names (f->desk, &names);
  static const char *const expected[] = { "echo", "upper", "lower" };
  const char *name;
  gsize pos = 0;

  g_assert_cmpuint (g_bytes_get_size (list), ==, names.list_size);
  g_assert_cmpuint (names.n_schemes, ==, 1);
  g_assert_cmpuint (names.n_programs, ==, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (tbx_worker_names_next (&names, &pos, &name));
      g_assert_cmpstr (name, ==, expected[i]);
    }
  g_assert_false (tbx_worker_names_next (&names, &pos, &name));
}

/* Each answer once, with what was asked under that number. */
static void
test_answers (Fixture *f, gconstpointer data)
{
  int ends[2];

  ask (f, stat_of ("echo"));
  tbx_ask_set_owner (f->taken->pdata[0], 1000, "alice");
  g_assert_cmpuint (tbx_ask_get_uid (f->taken->pdata[0]), ==, 1000);
  g_assert_cmpstr (tbx_ask_get_user (f->taken->pdata[0]), ==, "alice");
  tbx_ask_found (g_ptr_array_remove_index (f->taken, 0), G_MAXUINT64, 1, 0170644);
  g_assert_cmpint (f->type, ==, TBX_WORKER_FILE_FOUND);
  g_assert_cmpuint (f->id, ==, 7);
  ask (f, start_of ("upper"));
  tbx_ask_runs (g_ptr_array_remove_index (f->taken, 0), 4194305, 1);
  g_assert_cmpint (f->type, ==, TBX_WORKER_PROGRAM_RUNS);
  g_assert_cmpuint (f->id, ==, 8);
  ask (f, stat_of ("echo"));
  tbx_ask_orphan (f->taken->pdata[0]);
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  tbx_ask_opened (g_ptr_array_remove_index (f->taken, 0), ends[1]);
  g_assert_cmpuint (f->n_answers, ==, 2);
  g_assert_cmpint (read (ends[0], ends, 1), ==, 0);   /* it was closed */
  close (ends[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) \
  g_test_add ("/ask-desk/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("names", test_names);
  ADD ("nobody-serves", test_nobody_serves);
  ADD ("told", test_told);
  ADD ("answers", test_answers);
#undef ADD
  return g_test_run ();
}
