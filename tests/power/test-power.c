/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power-fakes.h"
#include "tbx-error.h"
#include "tbx-power.h"
#include "tbx-test-loop.h"
#include <string.h>

/* Short, but longer than anything here that is not meant to reach it. */
#define DEADLINE_MS 300

typedef struct
{
  TbxPower *power;
  GString  *trace;      /* handlers and back ends, as they were asked */
  GString  *ended;      /* "WORD+" or "WORD-" for each completed request */
  char     *message;    /* of the last one (owned) */
  guint     n_requested;
} Fixture;

static void
on_requested (TbxPower *power, guint operation, gint64 deadline_us, Fixture *f)
{
  f->n_requested++;
}

static void
on_completed (TbxPower *power, guint operation, gboolean success, const char *message, Fixture *f)
{
  g_string_append_printf (f->ended, "%s%s%c", f->ended->len > 0 ? " " : "",
                          tbx_power_operation_get_word (operation), success ? '+' : '-');
  g_free (f->message);
  f->message = g_strdup (message);
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  f->trace = g_string_new (NULL);
  f->ended = g_string_new (NULL);
  f->power = tbx_power_new (NULL);
  tbx_power_set_deadline_ms (f->power, DEADLINE_MS);
  g_signal_connect (f->power, "requested", G_CALLBACK (on_requested), f);
  g_signal_connect (f->power, "completed", G_CALLBACK (on_completed), f);
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_assert_finalize_object (f->power);
  g_string_free (f->trace, TRUE);
  g_string_free (f->ended, TRUE);
  g_free (f->message);
}

static void
add_backend (Fixture *f, const char *name, FakeWay way)
{
  g_autoptr(TbxPowerBackend) backend = fake_backend_new (name, way, f->trace);

  tbx_power_add_backend (f->power, backend);
}

static TbxPowerHandler *
add_handler (Fixture *f, const char *name, FakeWay way, gint priority)
{
  g_autoptr(TbxPowerHandler) handler = fake_handler_new (name, way, f->trace);
  g_autoptr(GError) error = NULL;

  g_assert_true (tbx_power_handlers_add (tbx_power_get_handlers (f->power), handler,
                                         TBX_POWER_SET_ALL, priority, &error));
  g_assert_no_error (error);
  return handler;
}

static void
start (Fixture *f, TbxPowerOperation operation)
{
  g_string_truncate (f->trace, 0);
  g_string_truncate (f->ended, 0);
  g_assert_cmpint (tbx_power_check (f->power, operation), ==, TBX_POWER_ANSWER_START);
  tbx_power_start (f->power, operation, TRUE);
}

/* A whole request: who was asked in which order, and how it ended. */
static void
assert_request (Fixture *f, TbxPowerOperation operation, const char *trace, const char *ended)
{
  start (f, operation);
  tbx_test_until (f->ended->len > 0);
  tbx_test_settle ();
  g_assert_cmpstr (f->trace->str, ==, trace);
  g_assert_cmpstr (f->ended->str, ==, ended);
}

static void
assert_waiting (Fixture *f, const char *expected)
{
  g_autoptr(GVariant) waiting = tbx_power_dup_waiting (f->power);
  g_autofree char *text = g_variant_print (waiting, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static guint
hold (Fixture *f, TbxPowerSet set, const char *who)
{
  g_autoptr(GError) error = NULL;
  guint cookie = tbx_power_holds_take (tbx_power_get_holds (f->power), set, who, "because", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (cookie, !=, 0);
  return cookie;
}

/* Without anybody, all succeed, and only two of them are an action of ours. */
static void
test_alone (Fixture *f, gconstpointer user_data)
{
  add_backend (f, "b", FAKE_YES);
  assert_request (f, TBX_POWER_POWERON, "", "poweron+");
  assert_request (f, TBX_POWER_RESUME, "", "resume+");
  assert_request (f, TBX_POWER_SUSPEND, "", "suspend+");
  assert_request (f, TBX_POWER_SHUTDOWN, "b:shutdown", "shutdown+");
  g_assert_cmpint (tbx_power_get_state (f->power), ==, TBX_POWER_GOING_DOWN);
  tbx_power_shutdown_cancelled (f->power);
  assert_request (f, TBX_POWER_REBOOT, "b:reboot", "reboot+");
  g_assert_cmpuint (f->n_requested, ==, 5);
}

static void
test_backends (Fixture *f, gconstpointer user_data)
{
  assert_request (f, TBX_POWER_SHUTDOWN, "", "shutdown-");
  g_assert_cmpstr (f->message, ==, "there is no way to do it");
  add_backend (f, "a", FAKE_FAILS);
  add_backend (f, "b", FAKE_FAILS);
  assert_request (f, TBX_POWER_SHUTDOWN, "a:shutdown b:shutdown", "shutdown-");
  g_assert_cmpstr (f->message, ==, "a: away; b: away");
  g_assert_cmpint (tbx_power_get_state (f->power), ==, TBX_POWER_IDLE);
  add_backend (f, "c", FAKE_YES);
  add_backend (f, "d", FAKE_YES);
  assert_request (f, TBX_POWER_SHUTDOWN, "a:shutdown b:shutdown c:shutdown", "shutdown+");
  g_assert_cmpstr (f->message, ==, "accepted by c");
}

/* One that refuses is not gone round. */
static void
test_backend_refuses (Fixture *f, gconstpointer user_data)
{
  add_backend (f, "a", FAKE_REFUSES);
  add_backend (f, "b", FAKE_YES);
  assert_request (f, TBX_POWER_REBOOT, "a:reboot", "reboot-");
  assert_request (f, TBX_POWER_REBOOT, "a:reboot", "reboot-");
}

static void
test_hold (Fixture *f, gconstpointer user_data)
{
  guint a = hold (f, TBX_POWER_SET_GOING_DOWN, "a"), b = hold (f, TBX_POWER_SET_ALL, "b");

  add_backend (f, "x", FAKE_YES);
  start (f, TBX_POWER_SHUTDOWN);
  tbx_test_settle ();
  assert_waiting (f, "[('hold', 'a'), ('hold', 'b')]");
  tbx_power_holds_release (tbx_power_get_holds (f->power), a);
  tbx_power_holds_release (tbx_power_get_holds (f->power), a);
  assert_waiting (f, "[('hold', 'b')]");
  tbx_test_settle ();
  g_assert_cmpstr (f->ended->str, ==, "");
  tbx_power_holds_release (tbx_power_get_holds (f->power), b);
  tbx_test_until (f->ended->len > 0);
  g_assert_cmpstr (f->ended->str, ==, "shutdown+");
  assert_waiting (f, "[]");
}

/* The host's wish prevails at the deadline, and not before. */
static void
test_hold_deadline (Fixture *f, gconstpointer user_data)
{
  gint64 before_us = g_get_monotonic_time ();

  hold (f, TBX_POWER_BIT (TBX_POWER_SUSPEND), "slow");
  assert_request (f, TBX_POWER_RESUME, "", "resume+");   /* it holds something else */
  assert_request (f, TBX_POWER_SUSPEND, "", "suspend+");
  assert_warned ("suspend: not ready in time: hold slow");
  g_assert_cmpstr (f->message, ==, "not ready in time: hold slow");
  g_assert_cmpint (g_get_monotonic_time () - before_us, >=, DEADLINE_MS * 1000);
}

static void
test_hold_limits (Fixture *f, gconstpointer user_data)
{
  TbxPowerHolds *holds = tbx_power_get_holds (f->power);
  g_autofree char *long_who = g_strnfill (65, 'x'), *long_why = g_strnfill (257, 'x');
  const struct { const char *who, *why; } bad[] = {
    { "", "" }, { long_who, "" }, { "x", long_why }, { "\xff", "" }, { "x", "\xff" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_cmpuint (tbx_power_holds_take (holds, TBX_POWER_SET_ALL, bad[i].who, bad[i].why, &error),
                        ==, 0);
      g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
    }
  for (guint i = 0; i < TBX_POWER_MAX_HOLDS; i++)
    hold (f, TBX_POWER_SET_ALL, "x");
  {
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint (tbx_power_holds_take (holds, TBX_POWER_SET_ALL, "x", "", &error), ==, 0);
    g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  }
}

/* Higher first, of equal ones the older; the first that handles ends the round. */
static void
test_handlers (Fixture *f, gconstpointer user_data)
{
  TbxPowerHandler *middle;

  add_backend (f, "b", FAKE_YES);
  add_handler (f, "low", FAKE_NO, -5);
  middle = add_handler (f, "middle", FAKE_NO, 0);
  add_handler (f, "younger", FAKE_NO, 0);
  add_handler (f, "high", FAKE_NO, 7);
  assert_request (f, TBX_POWER_SHUTDOWN,
                  "high:shutdown middle:shutdown younger:shutdown low:shutdown b:shutdown",
                  "shutdown+");
  tbx_power_shutdown_cancelled (f->power);
  add_handler (f, "does", FAKE_YES, -1);
  tbx_power_handlers_remove (tbx_power_get_handlers (f->power), middle);
  assert_request (f, TBX_POWER_SHUTDOWN, "high:shutdown younger:shutdown does:shutdown", "shutdown+");
  g_assert_cmpstr (f->message, ==, "does was here");
  g_assert_cmpint (tbx_power_get_state (f->power), ==, TBX_POWER_IDLE);
}

/* One that hangs takes its share of the time, not the turn of the next. */
static void
test_handler_hangs (Fixture *f, gconstpointer user_data)
{
  guint before = n_late;

  add_handler (f, "hangs", FAKE_HANGS, 1);
  add_handler (f, "dies", FAKE_FAILS, 0);
  add_handler (f, "does", FAKE_YES, -1);
  start (f, TBX_POWER_SUSPEND);
  assert_waiting (f, "[('handler', 'hangs')]");
  tbx_test_until (f->ended->len > 0);
  assert_warned ("hangs does not count: no answer in time|dies does not count: away");
  g_assert_cmpstr (f->trace->str, ==, "hangs:suspend dies:suspend does:suspend");
  g_assert_cmpstr (f->ended->str, ==, "suspend+");
  tbx_test_until (n_late == before + 1);   /* its late yes changes nothing */
  tbx_test_settle ();
  g_assert_cmpstr (f->ended->str, ==, "suspend+");
}

static void
test_only_handler_hangs (Fixture *f, gconstpointer user_data)
{
  guint before = n_late;

  add_backend (f, "b", FAKE_YES);
  add_handler (f, "hangs", FAKE_HANGS, 0);
  start (f, TBX_POWER_SHUTDOWN);
  tbx_test_until (f->ended->len > 0);
  assert_warned ("*hangs*in time*");
  g_assert_cmpstr (f->trace->str, ==, "hangs:shutdown b:shutdown");
  g_assert_cmpstr (f->ended->str, ==, "shutdown+");
  tbx_test_until (n_late == before + 1);
}

/* A veto holds once: docs/wire/power.md, "Failure and retry". */
static void
test_veto (Fixture *f, gconstpointer user_data)
{
  TbxPowerHandler *refuses = add_handler (f, "r", FAKE_REFUSES, 0);

  add_backend (f, "b", FAKE_YES);
  hold (f, TBX_POWER_SET_ALL, "nobody waits for it then");
  assert_request (f, TBX_POWER_REBOOT, "r:reboot", "reboot-");
  g_assert_cmpstr (f->message, ==, "refused by r: not now");
  assert_request (f, TBX_POWER_SHUTDOWN, "r:shutdown", "shutdown-");   /* replaces the memory */
  assert_request (f, TBX_POWER_REBOOT, "r:reboot", "reboot-");
  assert_request (f, TBX_POWER_REBOOT, "r:reboot b:reboot", "reboot+");
  assert_warned ("reboot: asked for again*");
  tbx_power_shutdown_cancelled (f->power);
  assert_request (f, TBX_POWER_REBOOT, "r:reboot", "reboot-");   /* forgotten by the success */
  tbx_power_handlers_remove (tbx_power_get_handlers (f->power), refuses);
  tbx_power_set_deadline_ms (f->power, 1);
  assert_request (f, TBX_POWER_SUSPEND, "", "suspend+");
  assert_warned ("*not ready in time*");
  tbx_power_set_deadline_ms (f->power, DEADLINE_MS);
  add_handler (f, "r", FAKE_REFUSES, 0);
  assert_request (f, TBX_POWER_REBOOT, "r:reboot", "reboot-");   /* and by another's */
}

static void
test_answers (Fixture *f, gconstpointer user_data)
{
  guint cookie = hold (f, TBX_POWER_SET_ALL, "x");

  add_backend (f, "b", FAKE_YES);
  start (f, TBX_POWER_SHUTDOWN);
  g_assert_cmpint (tbx_power_check (f->power, TBX_POWER_SHUTDOWN), ==, TBX_POWER_ANSWER_PENDING);
  for (guint i = TBX_POWER_REBOOT; i < TBX_POWER_N_OPERATIONS; i++)
    g_assert_cmpint (tbx_power_check (f->power, i), ==, TBX_POWER_ANSWER_BUSY);
  tbx_power_holds_release (tbx_power_get_holds (f->power), cookie);
  tbx_test_until (f->ended->len > 0);
  g_assert_cmpint (tbx_power_check (f->power, TBX_POWER_REBOOT), ==, TBX_POWER_ANSWER_GOING_DOWN);
  g_assert_cmpint (tbx_power_check (f->power, TBX_POWER_SUSPEND), ==, TBX_POWER_ANSWER_BUSY);
  g_assert_cmpuint (f->n_requested, ==, 1);
}

/* What was accepted and does not happen can be asked for again; the host heard once. */
static void
test_not_gone_down (Fixture *f, gconstpointer user_data)
{
  add_backend (f, "b", FAKE_YES);
  assert_request (f, TBX_POWER_SHUTDOWN, "b:shutdown", "shutdown+");
  g_assert_cmpint (tbx_test_source_wait ("tbx-power-going-down"), >, 29 * G_USEC_PER_SEC);
  tbx_test_source_fire ("tbx-power-going-down");
  tbx_test_until (tbx_power_get_state (f->power) == TBX_POWER_IDLE);
  assert_warned ("The shutdown was accepted, but did not begin within 30 s");
  g_assert_cmpstr (f->ended->str, ==, "shutdown+");
  assert_request (f, TBX_POWER_SHUTDOWN, "b:shutdown", "shutdown+");
  tbx_power_shutdown_began (f->power);   /* it does begin: there is nothing to watch for */
  g_assert_null (tbx_test_find_source ("tbx-power-going-down"));
  g_assert_cmpint (tbx_power_get_state (f->power), ==, TBX_POWER_GOING_DOWN);
}

/* A shutdown that begins by itself settles what is pending, once. */
static void
test_shutdown_began (Fixture *f, gconstpointer user_data)
{
  guint before = n_late;

  hold (f, TBX_POWER_BIT (TBX_POWER_REBOOT), "x");
  add_backend (f, "b", FAKE_HANGS);
  start (f, TBX_POWER_REBOOT);
  tbx_power_shutdown_began (f->power);
  g_assert_cmpstr (f->ended->str, ==, "reboot+");
  g_assert_cmpint (tbx_power_get_state (f->power), ==, TBX_POWER_GOING_DOWN);
  tbx_test_settle ();
  tbx_power_shutdown_cancelled (f->power);
  start (f, TBX_POWER_SHUTDOWN);
  tbx_test_until (tbx_power_get_state (f->power) == TBX_POWER_ACTING);
  tbx_power_shutdown_began (f->power);
  tbx_power_shutdown_began (f->power);
  tbx_test_until (n_late == before + 1);
  tbx_test_settle ();
  g_assert_cmpstr (f->trace->str, ==, "b:shutdown");
  g_assert_cmpstr (f->ended->str, ==, "shutdown+");
}

/* Idle, it only means that a request of the host is being fulfilled already. */
static void
test_shutdown_began_idle (Fixture *f, gconstpointer user_data)
{
  tbx_power_shutdown_began (f->power);
  g_assert_cmpint (tbx_power_check (f->power, TBX_POWER_SHUTDOWN), ==, TBX_POWER_ANSWER_GOING_DOWN);
  tbx_power_shutdown_cancelled (f->power);
  g_assert_cmpint (tbx_power_check (f->power, TBX_POWER_SHUTDOWN), ==, TBX_POWER_ANSWER_START);
  hold (f, TBX_POWER_SET_ALL, "x");
  start (f, TBX_POWER_SUSPEND);
  tbx_power_shutdown_began (f->power);
  g_assert_cmpint (tbx_power_get_operation (f->power), ==, TBX_POWER_SUSPEND);
  tbx_power_abort (f->power);
  g_assert_cmpstr (f->ended->str, ==, "suspend-");
}

static void
test_abort (Fixture *f, gconstpointer user_data)
{
  tbx_power_abort (f->power);
  hold (f, TBX_POWER_SET_ALL, "x");
  start (f, TBX_POWER_SHUTDOWN);
  tbx_power_abort (f->power);
  tbx_power_abort (f->power);
  g_assert_cmpstr (f->ended->str, ==, "shutdown-");
  tbx_test_settle ();
}

static void
test_words (void)
{
  const char *bad[] = { "", ":", "shutdown:", "shutdown:shutdown", "halt", "Shutdown", "reboot,suspend",
                        "resume" };
  TbxPowerSet set = 0;

  g_assert_true (tbx_power_set_parse ("suspend:shutdown:reboot:resume:poweron", TBX_POWER_SET_ALL,
                                      &set, NULL));
  g_assert_cmpuint (set, ==, TBX_POWER_SET_ALL);
  g_assert_true (tbx_power_set_parse ("reboot", TBX_POWER_SET_ALL, &set, NULL));
  g_assert_cmpuint (set, ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (tbx_power_set_parse (bad[i], TBX_POWER_SET_ALL - TBX_POWER_BIT (TBX_POWER_RESUME),
                                           &set, &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
      g_assert_cmpuint (set, ==, 4);
    }
}

#define ADD(path, function) \
  g_test_add (path, Fixture, NULL, fixture_init, function, fixture_clear)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  keep_warnings ();
  ADD ("/power/alone", test_alone);
  ADD ("/power/backends", test_backends);
  ADD ("/power/backend-refuses", test_backend_refuses);
  ADD ("/power/hold", test_hold);
  ADD ("/power/hold/deadline", test_hold_deadline);
  ADD ("/power/hold/limits", test_hold_limits);
  ADD ("/power/handlers", test_handlers);
  ADD ("/power/handlers/hangs", test_handler_hangs);
  ADD ("/power/handlers/only-one-hangs", test_only_handler_hangs);
  ADD ("/power/handlers/veto", test_veto);
  ADD ("/power/answers", test_answers);
  ADD ("/power/shutdown-began", test_shutdown_began);
  ADD ("/power/shutdown-began/idle", test_shutdown_began_idle);
  ADD ("/power/not-gone-down", test_not_gone_down);
  ADD ("/power/abort", test_abort);
  g_test_add_func ("/power/words", test_words);
  return g_test_run ();
}
