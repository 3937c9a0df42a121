/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backdoor-fixture.h"
#include "tbx-error.h"
#include <string.h>

enum { SUCCESS = 0x01, DORECV = 0x02, CLOSED = 0x04, CHECKPOINT = 0x10, HIGH = 0x80 };

/* One row of docs/wire/transport.md, "Failure matrix": a fault, and the calls that
 * follow.  What is sent and received has five bytes: two words. */
typedef enum { OP_OPEN, OP_SEND, OP_SEND_EMPTY, OP_RECEIVE, OP_RECEIVE_EMPTY, OP_CLOSE } Operation;

typedef struct
{
  const char   *name;
  Operation     operation;
  FakeBandwidth bandwidth;
  FakeFault     fault;
  const char   *steps;
  gboolean      works;      /* in the end */
} Row;

static const Row matrix[] = {
  { "open-refused", OP_OPEN, FAKE_LOW, { 'O' }, "Oo", TRUE },
  { "open-refused-with-bits", OP_OPEN, FAKE_LOW, { 'O', .status = 0xfe }, "Oo", TRUE },
  { "open-checkpoint-too", OP_OPEN, FAKE_LOW, { 'O', .lie = TRUE, .status = SUCCESS | CHECKPOINT, .type = 7 }, "O", TRUE },

  { "send-size-checkpoint", OP_SEND, FAKE_LOW, { 'S', .status = CHECKPOINT }, "SSss", TRUE },
  { "send-size-checkpoints", OP_SEND, FAKE_LOW, { 'S', .times = 99, .status = CHECKPOINT }, NULL, TRUE },
  { "send-size-checkpoint-empty", OP_SEND_EMPTY, FAKE_LOW, { 'S', .status = CHECKPOINT }, "SS", TRUE },
  { "send-size-fails", OP_SEND, FAKE_LOW, { 'S' }, "S", FALSE },
  { "send-size-closed", OP_SEND, FAKE_LOW, { 'S', .status = CLOSED }, "S", FALSE },
  { "send-size-fails-with-bits", OP_SEND, FAKE_LOW, { 'S', .status = 0xee }, "S", FALSE },
  { "send-payload-checkpoint-1", OP_SEND, FAKE_LOW, { 's', .status = CHECKPOINT }, "SsSss", TRUE },
  { "send-payload-checkpoint-2", OP_SEND, FAKE_LOW, { 's', .nth = 2, .status = CHECKPOINT }, "SssSss", TRUE },
  { "send-payload-fails-1", OP_SEND, FAKE_LOW, { 's' }, "Ss", FALSE },
  { "send-payload-fails-2", OP_SEND, FAKE_LOW, { 's', .nth = 2 }, "Sss", FALSE },
  { "send-payload-checkpoint-too", OP_SEND, FAKE_LOW, { 's', .lie = TRUE, .status = SUCCESS | CHECKPOINT }, "Sss", TRUE },
  { "hb-out-checkpoint", OP_SEND, FAKE_HIGH, { 'W', .status = CHECKPOINT }, "SWSW", TRUE },
  { "hb-out-fails", OP_SEND, FAKE_HIGH, { 'W' }, "SW", FALSE },
  { "hb-out-closed", OP_SEND, FAKE_HIGH, { 'W', .status = CLOSED }, "SW", FALSE },
  { "hb-out-checkpoint-too", OP_SEND, FAKE_HIGH, { 'W', .lie = TRUE, .status = SUCCESS | CHECKPOINT }, "SW", TRUE },

  { "recv-size-fails", OP_RECEIVE, FAKE_LOW, { 'R' }, "R", FALSE },
  { "recv-size-fails-with-bits", OP_RECEIVE, FAKE_LOW, { 'R', .status = 0xee }, "R", FALSE },
  { "recv-size-checkpoint", OP_RECEIVE, FAKE_LOW, { 'R', .status = CHECKPOINT }, "RRrrA", TRUE },
  { "recv-size-checkpoint-none", OP_RECEIVE_EMPTY, FAKE_LOW, { 'R', .status = CHECKPOINT }, "RR", TRUE },
  { "recv-size-checkpoint-too", OP_RECEIVE, FAKE_LOW, { 'R', .lie = TRUE, .status = SUCCESS | DORECV | CHECKPOINT, .type = 1, .value = 5 }, "RrrA", TRUE },
  { "recv-size-wrong-type", OP_RECEIVE, FAKE_LOW, { 'R', .lie = TRUE, .status = SUCCESS | DORECV, .type = 2, .value = 5 }, "Ra", FALSE },
  { "recv-size-type-0", OP_RECEIVE, FAKE_HIGH, { 'R', .lie = TRUE, .status = SUCCESS | DORECV | HIGH, .type = 0, .value = 5 }, "Ra", FALSE },
  { "recv-size-above-limit", OP_RECEIVE, FAKE_LOW, { 'R', .lie = TRUE, .status = SUCCESS | DORECV, .type = 1, .value = TBX_CHANNEL_MAX_RECEIVE_BYTES + 1 }, "Rx", FALSE },
  { "recv-size-2^31", OP_RECEIVE, FAKE_LOW, { 'R', .lie = TRUE, .status = SUCCESS | DORECV, .type = 1, .value = 0x80000000u }, "Rx", FALSE },
  { "recv-size-2^32-1", OP_RECEIVE, FAKE_HIGH, { 'R', .lie = TRUE, .status = SUCCESS | DORECV | HIGH, .type = 1, .value = 0xffffffffu }, "Rx", FALSE },
  { "recv-payload-checkpoint-1", OP_RECEIVE, FAKE_LOW, { 'r', .status = CHECKPOINT }, "RrRrrA", TRUE },
  { "recv-payload-checkpoint-2", OP_RECEIVE, FAKE_LOW, { 'r', .nth = 2, .status = CHECKPOINT }, "RrrRrrA", TRUE },
  { "recv-payload-fails-1", OP_RECEIVE, FAKE_LOW, { 'r' }, "Rrx", FALSE },
  { "recv-payload-fails-2", OP_RECEIVE, FAKE_LOW, { 'r', .nth = 2 }, "Rrrx", FALSE },
  { "recv-payload-wrong-type", OP_RECEIVE, FAKE_LOW, { 'r', .lie = TRUE, .status = SUCCESS, .type = 1 }, "Rrx", FALSE },
  { "recv-payload-wrong-type-2", OP_RECEIVE, FAKE_LOW, { 'r', .nth = 2, .lie = TRUE, .status = SUCCESS, .type = 7 }, "Rrrx", FALSE },
  { "hb-in-checkpoint", OP_RECEIVE, FAKE_HIGH, { 'I', .status = CHECKPOINT }, "RIRIA", TRUE },
  { "hb-in-fails", OP_RECEIVE, FAKE_HIGH, { 'I' }, "RIx", FALSE },
  { "hb-in-checkpoint-too", OP_RECEIVE, FAKE_HIGH, { 'I', .lie = TRUE, .status = SUCCESS | CHECKPOINT }, "RIA", TRUE },
  { "recv-status-checkpoint", OP_RECEIVE, FAKE_LOW, { 'A', .status = CHECKPOINT }, "RrrARrrA", TRUE },
  { "recv-status-checkpoint-high", OP_RECEIVE, FAKE_HIGH, { 'A', .status = CHECKPOINT }, "RIARIA", TRUE },
  { "recv-status-fails", OP_RECEIVE, FAKE_LOW, { 'A' }, "RrrAa", FALSE },
  { "recv-status-fails-high", OP_RECEIVE, FAKE_HIGH, { 'A' }, "RIAa", FALSE },
  { "close-fails", OP_CLOSE, FAKE_LOW, { 'C' }, "C", TRUE },
  { "close-closed", OP_CLOSE, FAKE_LOW, { 'C', .status = CLOSED }, "C", TRUE },
};

static gboolean
run_operation (TbxBackdoorMessages *m, Operation operation, GError **error)
{
  const guint8 *data = NULL;
  gsize size = 0;
  gboolean works;

  switch (operation)
    {
    case OP_OPEN:
      return tbx_backdoor_messages_open (m, TBX_PROTOCOL_RPCI, error);
    case OP_SEND:
      works = tbx_backdoor_messages_send (m, "12345", 5, error);
      g_assert_cmpuint (fake_backdoor.delivered->len, ==, works ? 1 : 0);
      if (works)
        backdoor_fixture_assert_delivered ("12345", 5);
      return works;
    case OP_SEND_EMPTY:
      return tbx_backdoor_messages_send (m, NULL, 0, error);
    case OP_RECEIVE:
      works = tbx_backdoor_messages_receive (m, &data, &size, error);
      if (works)
        g_assert_cmpmem (data, size, "abcde", 5);
      return works;
    case OP_RECEIVE_EMPTY:
      works = tbx_backdoor_messages_receive (m, &data, &size, error);
      g_assert_null (data);
      return works;
    default:
      tbx_backdoor_messages_close (m);
      g_assert_false (m->open);
      return TRUE;
    }
}

static void
test_row (TbxBackdoorMessages *m, gconstpointer user_data)
{
  const Row *row = user_data;
  g_autoptr(GError) error = NULL;
  gboolean works;

  if (row->operation != OP_OPEN)
    backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  if (row->operation == OP_RECEIVE)
    fake_backdoor_queue (TBX_PROTOCOL_RPCI, "abcde", 5);
  g_array_set_size (fake_backdoor.calls, 0);
  fake_backdoor.bandwidth = row->bandwidth;
  fake_backdoor_fault (row->fault);

  works = run_operation (m, row->operation, &error);
  if (row->steps != NULL)
    backdoor_fixture_assert_steps (row->steps);
  g_assert_cmpint (works, ==, row->works);
  if (works)
    g_assert_no_error (error);
  else
    g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_cmpuint (fake_backdoor.faults->len, ==, 0);
  g_assert_cmpuint (backdoor_fixture_largest_request, <=, 4096);
  /* Only the caller closes. */
  g_assert_cmpint (m->open, ==, row->operation != OP_CLOSE);
}

/* The answer to a rejection does not matter. */
static void
test_rejection_fails (TbxBackdoorMessages *m, gconstpointer user_data)
{
  const guint8 *data;
  gsize size;

  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "abcde", 5);
  for (int i = 0; i < 2; i++)
    {
      fake_backdoor_fault ((FakeFault) { 'r' });
      fake_backdoor_fault ((FakeFault) { 'x', .status = i == 0 ? 0 : CHECKPOINT });
      g_array_set_size (fake_backdoor.calls, 0);
      g_assert_false (tbx_backdoor_messages_receive (m, &data, &size, NULL));
      backdoor_fixture_assert_steps ("Rrx");
    }
  backdoor_fixture_assert_receives (m, "abcde");
}

static void
test_open_refused (TbxBackdoorMessages *m, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  fake_backdoor_fault ((FakeFault) { 'O' });
  fake_backdoor_fault ((FakeFault) { 'o', .status = CHECKPOINT });
  g_assert_false (tbx_backdoor_messages_open (m, TBX_PROTOCOL_TCLO, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_false (m->open);
  backdoor_fixture_assert_steps ("Oo");
  tbx_backdoor_messages_close (m);
  backdoor_fixture_assert_steps ("");
  backdoor_fixture_open (m, TBX_PROTOCOL_TCLO);
}

static guint
count_steps (char letter)
{
  g_autofree char *steps = fake_backdoor_dup_steps ();
  guint n = 0;

  for (const char *s = steps; *s != '\0'; s++)
    n += *s == letter;
  return n;
}

/* At each single step of a message, in both directions: it comes over, once. */
static void
test_checkpoint_each_step (TbxBackdoorMessages *m, gconstpointer user_data)
{
  const char *text = "thirteen byte";

  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  for (guint high = 0; high < 2; high++)
    for (const char *step = high ? "SWRIA" : "SsRrA"; *step != '\0'; step++)
      for (guint nth = 1; nth <= (*step == 's' || *step == 'r' ? 4 : 1); nth++)
        {
          fake_backdoor.bandwidth = high ? FAKE_HIGH : FAKE_LOW;
          g_ptr_array_set_size (fake_backdoor.delivered, 0);
          fake_backdoor_fault ((FakeFault) { *step, .nth = nth, .status = CHECKPOINT });
          backdoor_fixture_send (m, text);
          g_assert_cmpuint (fake_backdoor.delivered->len, ==, 1);
          backdoor_fixture_assert_delivered (text, 13);
          fake_backdoor_queue (TBX_PROTOCOL_RPCI, text, 13);
          backdoor_fixture_assert_receives (m, text);
          backdoor_fixture_assert_receives (m, NULL);
          g_assert_cmpuint (fake_backdoor.faults->len, ==, 0);
        }
}

/* A defective host does not spin us for ever. */
static void
test_checkpoint_for_ever (TbxBackdoorMessages *m, gconstpointer user_data)
{
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  for (const char *step = "SsWRrIA"; *step != '\0'; step++)
    {
      gboolean receiving = strchr ("RrIA", *step) != NULL;
      g_autoptr(GError) error = NULL;
      const guint8 *data;
      gsize size;
      guint n;

      fake_backdoor.bandwidth = strchr ("WI", *step) != NULL ? FAKE_HIGH : FAKE_LOW;
      fake_backdoor_fault ((FakeFault) { *step, .times = G_MAXUINT, .status = CHECKPOINT });
      fake_backdoor_queue (TBX_PROTOCOL_RPCI, "abcde", 5);
      g_array_set_size (fake_backdoor.calls, 0);
      if (receiving)
        g_assert_false (tbx_backdoor_messages_receive (m, &data, &size, &error));
      else
        g_assert_false (tbx_backdoor_messages_send (m, "12345", 5, &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
      n = count_steps (*step);
      g_assert_cmpuint (n, >=, 50);
      g_assert_cmpuint (n, <=, 200);
      g_array_set_size (fake_backdoor.faults, 0);
    }
}

/* The message was withdrawn while the machine was restored. */
static void
test_checkpoint_then_none (TbxBackdoorMessages *m, gconstpointer user_data)
{
  const char *steps[] = { "RrR", "RIR", "RrrAR" };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      fake_backdoor.bandwidth = i == 1 ? FAKE_HIGH : FAKE_LOW;
      backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
      fake_backdoor_queue (TBX_PROTOCOL_RPCI, "abcde", 5);
      fake_backdoor_fault ((FakeFault) { i == 0 ? 'r' : i == 1 ? 'I' : 'A', .status = CHECKPOINT });
      fake_backdoor_fault ((FakeFault) { 'R', .nth = 2, .status = SUCCESS });
      g_array_set_size (fake_backdoor.calls, 0);
      backdoor_fixture_assert_receives (m, NULL);
      backdoor_fixture_assert_steps (steps[i]);
      tbx_backdoor_messages_close (m);
    }
}

/* And another one came in its place. */
static void
test_checkpoint_then_another (TbxBackdoorMessages *m, gconstpointer user_data)
{
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "a longer message", 16);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "short", 5);
  fake_backdoor_fault ((FakeFault) { 'A', .lie = TRUE, .status = CHECKPOINT });
  backdoor_fixture_assert_receives (m, "short");
}

static void
test_no_memory (TbxBackdoorMessages *m, gconstpointer user_data)
{
  g_autofree char *text = g_strnfill (100000, 'x');
  const guint8 *data;
  gsize size;
  g_autoptr(GError) error = NULL;

  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "small", 5);
  backdoor_fixture_assert_receives (m, "small");
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, text, 100000);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "small", 5);
  g_array_set_size (fake_backdoor.calls, 0);
  backdoor_fixture_no_memory = TRUE;
  g_assert_false (tbx_backdoor_messages_receive (m, &data, &size, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  backdoor_fixture_assert_steps ("Rx");
  g_assert_cmpuint (fake_backdoor.n_rejected, ==, 1);
  backdoor_fixture_no_memory = FALSE;
  backdoor_fixture_assert_receives (m, "small");
}

static void
add (const char *path, gconstpointer data, void (*test) (TbxBackdoorMessages *, gconstpointer))
{
  g_test_add (path, TbxBackdoorMessages, data, backdoor_fixture_set_up, test,
              backdoor_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (matrix); i++)
    {
      g_autofree char *path = g_strconcat ("/channel/failure/", matrix[i].name, NULL);

      add (path, &matrix[i], test_row);
    }
  add ("/channel/failure/open-refused-twice", NULL, test_open_refused);
  add ("/channel/failure/rejection-fails", NULL, test_rejection_fails);
  add ("/channel/failure/no-memory", NULL, test_no_memory);
  add ("/channel/checkpoint/each-step", NULL, test_checkpoint_each_step);
  add ("/channel/checkpoint/for-ever", NULL, test_checkpoint_for_ever);
  add ("/channel/checkpoint/then-none", NULL, test_checkpoint_then_none);
  add ("/channel/checkpoint/then-another", NULL, test_checkpoint_then_another);
  return g_test_run ();
}
