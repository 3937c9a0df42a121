/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-listener.h"
#include "tbx-error.h"
#include "tbx-link.h"
#include "tbx-test-loop.h"

#define WAIT "tbx-link-wait"

typedef struct
{
  FakeListener *host;
  TbxLink      *link;
  GString      *states;      /* one letter each: S C U W (owned) */
  TbxLinkState  stop_at;     /* call tbx_link_stop() in this state, if not STOPPED */
  gboolean      leave;       /* the host stops to listen once TCLO is open */
} Fixture;

static void
on_state (Fixture *f)
{
  TbxLinkState state;

  g_object_get (f->link, "state", &state, NULL);
  g_assert_cmpint (state, ==, tbx_link_get_state (f->link));
  g_string_append_c (f->states, "SCUW"[state]);
  if (state == f->stop_at && state != TBX_LINK_STOPPED)
    tbx_link_stop (f->link);
}

static void
on_tclo_state (Fixture *f)
{
  if (f->leave && tbx_channel_get_state (tbx_link_get_tclo (f->link)) == TBX_CHANNEL_OPEN)
    fake_listener_stop (f->host);
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxTransport) transport = NULL;
  g_autofree char *name = NULL;

  f->host = fake_listener_new ();
  f->states = g_string_new (NULL);
  name = g_strconcat ("socket:", f->host->path, NULL);
  transport = tbx_transport_new (name, NULL);
  f->link = tbx_link_new (transport);
  g_signal_connect_swapped (f->link, "notify::state", G_CALLBACK (on_state), f);
  g_signal_connect_swapped (tbx_link_get_tclo (f->link), "notify::state",
                            G_CALLBACK (on_tclo_state), f);
  g_assert_cmpint (tbx_link_get_state (f->link), ==, TBX_LINK_STOPPED);
  g_assert_cmpstr (tbx_link_get_transport (f->link), ==, "socket");
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  if (f->link != NULL)
    {
      g_signal_handlers_disconnect_by_data (f->link, f);
      g_signal_handlers_disconnect_by_data (tbx_link_get_tclo (f->link), f);
      g_assert_finalize_object (f->link);
    }
  g_assert_null (tbx_test_find_source (WAIT));
  g_assert_null (tbx_test_find_source ("tbx-socket-tclo"));
  g_assert_null (tbx_test_find_source ("tbx-socket-rpci"));
  fake_listener_free (f->host);
  g_string_free (f->states, TRUE);
}

static void
assert_states (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->states->str, ==, expected);
  g_string_set_size (f->states, 0);
}

static void
assert_channels (Fixture *f, TbxChannelState tclo, TbxChannelState rpci)
{
  g_assert_cmpint (tbx_channel_get_state (tbx_link_get_tclo (f->link)), ==, tclo);
  g_assert_cmpint (tbx_channel_get_state (tbx_link_get_rpci (f->link)), ==, rpci);
}

/* The wait that began just now. */
static void
assert_wait (gint64 before, guint seconds)
{
  gint64 due = g_source_get_ready_time (tbx_test_find_source (WAIT));

  g_assert_cmpint (due, >=, before + seconds * G_USEC_PER_SEC);
  g_assert_cmpint (due, <=, g_get_monotonic_time () + seconds * G_USEC_PER_SEC);
}

/* Ends the wait, and so begins an attempt. */
static gint64
attempt_now (void)
{
  gint64 before = g_get_monotonic_time ();

  tbx_test_source_fire (WAIT);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  return before;
}

static void
start_up (Fixture *f)
{
  fake_listener_start (f->host);
  tbx_link_start (f->link);
  g_assert_cmpint (tbx_link_get_state (f->link), ==, TBX_LINK_UP);
  assert_states (f, "CU");
}

static void
fail_tclo (Fixture *f, guint peer)
{
  fake_peer_close (fake_listener_peer (f->host, peer, "TCLO"));
  tbx_test_until (tbx_link_get_state (f->link) == TBX_LINK_WAITING);
}

static void
test_up (Fixture *f, gconstpointer user_data)
{
  start_up (f);
  assert_channels (f, TBX_CHANNEL_OPEN, TBX_CHANNEL_OPEN);
  fake_listener_peer (f->host, 0, "TCLO");   /* first */
  fake_listener_peer (f->host, 1, "RPCI");
  g_assert_null (tbx_test_find_source (WAIT));
}

/* One second, doubling to thirty, for ever; and all over again after a stop. */
static void
test_refused (Fixture *f, gconstpointer user_data)
{
  static const guint waits_s[] = { 1, 2, 4, 8, 16, 30, 30, 30 };
  gint64 before = g_get_monotonic_time ();

  tbx_link_start (f->link);
  for (gsize i = 0; i < G_N_ELEMENTS (waits_s); i++)
    {
      assert_states (f, "CW");
      assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
      assert_wait (before, waits_s[i]);
      before = attempt_now ();
    }
  for (gsize i = 0; i < 100; i++)
    before = attempt_now ();
  assert_wait (before, 30);
  g_string_set_size (f->states, 0);

  fake_listener_start (f->host);
  attempt_now ();
  assert_states (f, "CU");
  fail_tclo (f, 0);
  assert_states (f, "W");
  assert_wait (g_get_monotonic_time () - G_USEC_PER_SEC, 30);   /* nobody confirmed us */
  tbx_link_stop (f->link);
  fake_listener_stop (f->host);
  before = g_get_monotonic_time ();
  tbx_link_start (f->link);
  assert_wait (before, 1);
}

/* A failing TCLO channel takes the other with it; both come back. */
static void
test_tclo_fails (Fixture *f, gconstpointer user_data)
{
  FakePeer *rpci;

  start_up (f);
  rpci = fake_listener_peer (f->host, 1, "RPCI");
  fail_tclo (f, 0);
  assert_states (f, "W");
  assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
  tbx_test_until (rpci->ended);
  attempt_now ();
  assert_states (f, "CU");
  fake_listener_peer (f->host, 2, "TCLO");
  fake_listener_peer (f->host, 3, "RPCI");
}

/* A failing RPCI channel is its client's to reopen. */
static void
test_rpci_fails (Fixture *f, gconstpointer user_data)
{
  TbxChannel *rpci = tbx_link_get_rpci (f->link);

  start_up (f);
  fake_peer_close (fake_listener_peer (f->host, 1, "RPCI"));
  tbx_test_until (tbx_channel_get_state (rpci) == TBX_CHANNEL_CLOSED);
  tbx_test_settle ();
  assert_states (f, "");
  g_assert_null (tbx_test_find_source (WAIT));
  g_assert_false (((FakePeer *) g_ptr_array_index (f->host->peers, 0))->ended);
  g_assert_true (tbx_channel_open (rpci, NULL));
  assert_states (f, "");

  fake_peer_close (fake_listener_peer (f->host, 2, "RPCI"));
  tbx_test_until (tbx_channel_get_state (rpci) == TBX_CHANNEL_CLOSED);
  fail_tclo (f, 0);
  attempt_now ();
  assert_states (f, "WCU");
  assert_channels (f, TBX_CHANNEL_OPEN, TBX_CHANNEL_OPEN);
}

/* Its client opens it while we wait, for it has something to say. */
static void
test_rpci_opened_while_waiting (Fixture *f, gconstpointer user_data)
{
  start_up (f);
  fail_tclo (f, 0);
  g_assert_true (tbx_channel_open (tbx_link_get_rpci (f->link), NULL));
  assert_states (f, "W");
  attempt_now ();
  assert_states (f, "CU");
  assert_channels (f, TBX_CHANNEL_OPEN, TBX_CHANNEL_OPEN);
  fake_listener_peer (f->host, 1, "RPCI");
  fake_listener_peer (f->host, 2, "RPCI");
  fake_listener_peer (f->host, 3, "TCLO");
}

/* One without the other is no link. */
static void
test_rpci_refused (Fixture *f, gconstpointer user_data)
{
  gint64 before = g_get_monotonic_time ();
  FakePeer *tclo;

  f->leave = TRUE;
  fake_listener_start (f->host);
  tbx_link_start (f->link);
  assert_states (f, "CW");
  assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
  assert_wait (before, 1);
  tclo = f->host->peers->len > 0 ? g_ptr_array_index (f->host->peers, 0) : NULL;
  g_assert_null (tclo);   /* it was gone before the host came to take it */
}

/* The host spoke as on a working channel: the next wait is short again. */
static void
test_confirm (Fixture *f, gconstpointer user_data)
{
  gint64 before;

  tbx_link_start (f->link);
  attempt_now ();
  before = attempt_now ();
  assert_wait (before, 4);
  fake_listener_start (f->host);
  attempt_now ();
  tbx_link_confirm (f->link);
  before = g_get_monotonic_time ();
  fail_tclo (f, 0);
  assert_wait (before, 1);
}

static void
test_restart (Fixture *f, gconstpointer user_data)
{
  FakePeer *tclo, *rpci;

  start_up (f);
  tclo = fake_listener_peer (f->host, 0, "TCLO");
  rpci = fake_listener_peer (f->host, 1, "RPCI");
  tbx_link_restart (f->link);
  assert_states (f, "W");
  assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
  tbx_link_restart (f->link);   /* once is enough */
  tbx_test_until (tclo->ended && rpci->ended);
  tbx_test_until (tbx_link_get_state (f->link) == TBX_LINK_UP);
  assert_states (f, "CU");
  fake_listener_peer (f->host, 2, "TCLO");
  fake_listener_peer (f->host, 3, "RPCI");
  tbx_test_settle ();
  g_assert_cmpuint (f->host->peers->len, ==, 4);
}

/* It cuts a wait short, and begins with the shortest. */
static void
test_restart_while_waiting (Fixture *f, gconstpointer user_data)
{
  gint64 before;

  tbx_link_start (f->link);
  attempt_now ();
  attempt_now ();
  g_string_set_size (f->states, 0);
  before = g_get_monotonic_time ();
  tbx_link_restart (f->link);
  tbx_test_settle ();
  assert_states (f, "CW");
  assert_wait (before, 1);
  fake_listener_start (f->host);
  tbx_link_restart (f->link);
  tbx_test_until (tbx_link_get_state (f->link) == TBX_LINK_UP);
}

static void
test_stop (Fixture *f, gconstpointer user_data)
{
  FakePeer *tclo, *rpci;

  start_up (f);
  tclo = fake_listener_peer (f->host, 0, "TCLO");
  rpci = fake_listener_peer (f->host, 1, "RPCI");
  tbx_link_stop (f->link);
  assert_states (f, "S");
  assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
  tbx_test_until (tclo->ended && rpci->ended);
  tbx_link_stop (f->link);
  assert_states (f, "");
  tbx_link_start (f->link);
  assert_states (f, "CU");
}

static void
test_stop_while_waiting (Fixture *f, gconstpointer user_data)
{
  tbx_link_start (f->link);
  tbx_link_stop (f->link);
  assert_states (f, "CWS");
  g_assert_null (tbx_test_find_source (WAIT));
  fake_listener_start (f->host);
  tbx_test_settle ();
  assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
  g_assert_cmpuint (f->host->peers->len, ==, 0);
}

/* Whoever hears of a state may end it all. */
static void
test_stop_from_within (Fixture *f, gconstpointer user_data)
{
  for (f->stop_at = TBX_LINK_CONNECTING; f->stop_at <= TBX_LINK_WAITING; f->stop_at++)
    {
      if (f->stop_at == TBX_LINK_WAITING)
        fake_listener_stop (f->host);
      else if (f->stop_at == TBX_LINK_CONNECTING)
        fake_listener_start (f->host);
      g_string_set_size (f->states, 0);
      tbx_link_start (f->link);
      g_assert_cmpint (tbx_link_get_state (f->link), ==, TBX_LINK_STOPPED);
      assert_states (f, f->stop_at == TBX_LINK_CONNECTING ? "CS" : f->stop_at == TBX_LINK_UP ? "CUS" : "CWS");
      assert_channels (f, TBX_CHANNEL_CLOSED, TBX_CHANNEL_CLOSED);
      g_assert_null (tbx_test_find_source (WAIT));
    }
}

/* Nothing of it stays behind, whatever it was doing. */
static void
test_gone (Fixture *f, gconstpointer user_data)
{
  tbx_link_start (f->link);
  attempt_now ();
  g_assert_nonnull (tbx_test_find_source (WAIT));
}

/* The names that a user may give, and what each means. */
static void
test_transport (Fixture *f, gconstpointer user_data)
{
  static const char *const bad[] = { "", "Auto", "socket", "socket:", "socket:relative", "vsock",
                                     "backdoor:", "auto ", "socket:/\xff", NULL };
  g_autoptr(TbxTransport) automatic = tbx_transport_new ("auto", NULL);
  g_autoptr(TbxTransport) backdoor = tbx_transport_new ("backdoor", NULL);
  g_autoptr(TbxTransport) path = tbx_transport_new ("socket:/x", NULL);
  g_autoptr(TbxChannel) a = tbx_transport_create_channel (automatic, TBX_PROTOCOL_RPCI, TRUE);
  g_autoptr(TbxChannel) b = tbx_transport_create_channel (path, TBX_PROTOCOL_TCLO, FALSE);

  g_assert_true (tbx_transport_is_automatic (automatic));
  g_assert_true (tbx_transport_needs_backdoor (automatic));
  g_assert_false (tbx_transport_is_automatic (backdoor));
  g_assert_true (tbx_transport_needs_backdoor (backdoor));
  g_assert_false (tbx_transport_is_automatic (path));
  g_assert_false (tbx_transport_needs_backdoor (path));
  g_assert_cmpstr (tbx_channel_get_transport (a), ==, "backdoor");
  g_assert_cmpint (tbx_channel_get_protocol (a), ==, TBX_PROTOCOL_RPCI);
  g_assert_cmpstr (tbx_channel_get_transport (b), ==, "socket");
  g_assert_cmpint (tbx_channel_get_protocol (b), ==, TBX_PROTOCOL_TCLO);
  for (gsize i = 0; bad[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (tbx_transport_new (bad[i], &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* That there is no link is worth a warning, which is what is tested. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  add ("/channel/link/up", test_up);
  add ("/channel/link/refused", test_refused);
  add ("/channel/link/tclo-fails", test_tclo_fails);
  add ("/channel/link/rpci-fails", test_rpci_fails);
  add ("/channel/link/rpci-opened-while-waiting", test_rpci_opened_while_waiting);
  add ("/channel/link/rpci-refused", test_rpci_refused);
  add ("/channel/link/confirm", test_confirm);
  add ("/channel/link/restart", test_restart);
  add ("/channel/link/restart-while-waiting", test_restart_while_waiting);
  add ("/channel/link/stop", test_stop);
  add ("/channel/link/stop-while-waiting", test_stop_while_waiting);
  add ("/channel/link/stop-from-within", test_stop_from_within);
  add ("/channel/link/gone", test_gone);
  add ("/channel/link/transport", test_transport);
  return g_test_run ();
}
