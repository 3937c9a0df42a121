/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-capabilities.h"
#include "tbx-fake-channel.h"
#include "tbx-test-loop.h"
#include <string.h>

/* What a server tells, in the order and with the NULs and trailing spaces of
 * docs/wire/guestinfo.md, "Tools version" and "Capabilities". */
#define BURST \
  "tools.capability.hgfs_server toolbox 1␀|" \
  "tools.capability.statechange |" \
  "tools.capability.softpowerop_retry |" \
  "tools.capability.features 37=1 36=1␀|" \
  "tools.set.versiontype 2147483647 4␀"
#define FALLBACK "|tools.set.version 2147483647␀"
#define WITHDRAWAL \
  "tools.capability.hgfs_server toolbox 0␀|" \
  "tools.capability.features 37=0 36=0␀"

typedef struct
{
  TbxFakeChannel  *tclo_channel;
  TbxFakeChannel  *rpci_channel;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxCapabilities *capabilities;
  guint            n_changes;     /* of what was told */
  guint            n_withdrawn;
  GError          *error;         /* of the last withdrawal (owned) */
} Fixture;

static void
on_told (Fixture *f)
{
  f->n_changes++;
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  f->tclo_channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->rpci_channel = tbx_fake_channel_new (TBX_PROTOCOL_RPCI);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->tclo_channel));
  f->rpci = tbx_rpci_new (TBX_CHANNEL (f->rpci_channel));
  f->capabilities = tbx_capabilities_new (f->tclo, f->rpci);
  g_signal_connect_swapped (f->capabilities, "notify::told", G_CALLBACK (on_told), f);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->tclo_channel), NULL));
}

static void
add_server (Fixture *f)
{
  tbx_capabilities_add_feature (f->capabilities, 37);
  tbx_capabilities_add_valued (f->capabilities, "hgfs_server toolbox", 1);
  tbx_capabilities_add_bare (f->capabilities, "statechange");
  tbx_capabilities_add_bare (f->capabilities, "softpowerop_retry");
  tbx_capabilities_add_feature (f->capabilities, 36);
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_clear_error (&f->error);
  g_assert_finalize_object (f->capabilities);
  g_assert_finalize_object (f->tclo);
  g_assert_finalize_object (f->rpci);
  g_assert_finalize_object (f->tclo_channel);
  g_assert_finalize_object (f->rpci_channel);
}

static void
ask (Fixture *f)
{
  tbx_fake_channel_receive (f->tclo_channel, "Capabilities_Register", 21);
}

/* Asks, and waits for the answer, which comes when all was told. */
static void
assert_burst (Fixture *f, const char *expected)
{
  g_autofree char *told = NULL, *answer = NULL;

  ask (f);
  tbx_test_until (f->tclo_channel->sent->len > 0);
  answer = tbx_fake_channel_dup_sent (f->tclo_channel);
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  g_assert_cmpstr (told, ==, expected);
  g_assert_cmpstr (answer, ==, "OK ");
  tbx_test_settle ();
  g_assert_cmpuint (f->rpci_channel->sent->len, ==, 0);
}

static void
assert_told (Fixture *f, const char *expected)
{
  g_auto(GStrv) told = NULL;
  g_autofree char *joined = NULL;

  g_object_get (f->capabilities, "told", &told, NULL);
  joined = g_strjoinv ("|", told);
  g_assert_cmpstr (joined, ==, expected);
}

static void
on_withdrawn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  f->n_withdrawn++;
  tbx_capabilities_withdraw_finish (TBX_CAPABILITIES (source), result, &f->error);
}

static void
assert_withdrawal (Fixture *f, const char *expected)
{
  g_autofree char *told = NULL;
  guint n = f->n_withdrawn;

  tbx_capabilities_withdraw_async (f->capabilities, NULL, on_withdrawn, f);
  tbx_test_until (f->n_withdrawn == n + 1);
  g_assert_no_error (f->error);
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  g_assert_cmpstr (told, ==, expected);
}

static void
test_burst (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  assert_told (f, "");
  assert_burst (f, BURST);
  assert_told (f, "hgfs_server toolbox 1|statechange|softpowerop_retry|features 37=1 36=1|version");
  g_assert_cmpuint (f->n_changes, ==, 1);
}

/* It may come again, or twice. */
static void
test_repeated (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  for (guint i = 1; i <= 3; i++)
    {
      assert_burst (f, BURST);
      assert_told (f, "hgfs_server toolbox 1|statechange|softpowerop_retry|features 37=1 36=1|version");
      g_assert_cmpuint (f->n_changes, ==, i);
    }
}

static void
test_nothing_but_the_version (Fixture *f, gconstpointer user_data)
{
  assert_burst (f, "tools.set.versiontype 2147483647 4␀");
  assert_withdrawal (f, "");
}

static void
test_fallback (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  tbx_fake_channel_answer (f->rpci_channel, "tools.set.versiontype", "0 Unknown command");
  assert_burst (f, BURST FALLBACK);
  assert_told (f, "hgfs_server toolbox 1|statechange|softpowerop_retry|features 37=1 36=1|version");
}

/* No refusal stops the rest, and the host gets its answer. */
static void
test_refused (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  tbx_fake_channel_answer (f->rpci_channel, "tools.capability.hgfs_server", "0 no");
  tbx_fake_channel_answer (f->rpci_channel, "tools.capability.features", "0 no");
  assert_burst (f, BURST);
  assert_told (f, "statechange|softpowerop_retry|version");
  tbx_fake_channel_answer (f->rpci_channel, "tools.", "0 no");
  assert_burst (f, BURST FALLBACK);
  assert_told (f, "");
}

static void
test_no_channel (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  f->rpci_channel->refuse_opens = 100;
  assert_burst (f, "");
  assert_told (f, "");
}

static void
on_registering (Fixture *f)
{
  g_autoptr(GBytes) uptime = tbx_rpci_text_nul ("SetGuestInfo  7 100");

  tbx_rpci_send_async (f->rpci, uptime, TBX_RPCI_NONE, NULL, NULL, NULL);
}

static void
test_registering (Fixture *f, gconstpointer user_data)
{
  g_signal_connect_swapped (f->capabilities, "registering", G_CALLBACK (on_registering), f);
  add_server (f);
  assert_burst (f, "SetGuestInfo  7 100␀|" BURST);
}

/* Asked, and left waiting for the host's reply to the second message. */
static void
start_and_stall (Fixture *f)
{
  tbx_fake_channel_answer (f->rpci_channel, "tools.capability.statechange", NULL);
  ask (f);
  tbx_test_until (f->rpci_channel->sent->len == 2);
  tbx_test_settle ();
  g_assert_cmpuint (f->tclo_channel->sent->len, ==, 0);
  tbx_fake_channel_answer (f->rpci_channel, "tools.capability.statechange", "1 ");
}

/* The channel breaks in the middle and the host asks anew over a fresh one: the new
 * round is whole, and the old one does not mix with it. */
static void
test_asked_anew (Fixture *f, gconstpointer user_data)
{
  g_autofree char *told = NULL, *answer = NULL;

  add_server (f);
  start_and_stall (f);
  tbx_fake_channel_fail (f->tclo_channel);
  tbx_channel_close (TBX_CHANNEL (f->rpci_channel));
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->tclo_channel), NULL));
  ask (f);
  tbx_test_until (f->tclo_channel->sent->len > 0);
  tbx_test_settle ();
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  answer = tbx_fake_channel_dup_sent (f->tclo_channel);
  g_assert_cmpstr (told, ==, "tools.capability.hgfs_server toolbox 1␀|"
                             "tools.capability.statechange |"
                             "tools.capability.statechange |" BURST);
  g_assert_cmpstr (answer, ==, "OK ");
  assert_told (f, "hgfs_server toolbox 1|statechange|softpowerop_retry|features 37=1 36=1|version");
}

static void
test_withdrawal (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  assert_withdrawal (f, "");              /* nothing was told */
  assert_burst (f, BURST);
  assert_withdrawal (f, WITHDRAWAL);
  assert_told (f, "");
  g_assert_cmpuint (f->n_changes, ==, 2);
  assert_withdrawal (f, "");              /* nor twice taken back */
  assert_burst (f, BURST);                /* a stop that came to nothing */
}

static void
test_withdrawal_refused (Fixture *f, gconstpointer user_data)
{
  add_server (f);
  assert_burst (f, BURST);
  tbx_fake_channel_answer (f->rpci_channel, "tools.", "0 no");
  assert_withdrawal (f, WITHDRAWAL);
  assert_burst (f, BURST FALLBACK);
  f->rpci_channel->refuse_opens = 100;
  tbx_channel_close (TBX_CHANNEL (f->rpci_channel));
  assert_withdrawal (f, "");
}

static void
test_withdrawal_cancelled (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GCancellable) cancel = g_cancellable_new ();

  add_server (f);
  assert_burst (f, BURST);
  tbx_capabilities_withdraw_async (f->capabilities, cancel, on_withdrawn, f);
  g_cancellable_cancel (cancel);
  tbx_test_until (f->n_withdrawn == 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* What is taken back stays so: a round that still runs ends, a new one tells nothing. */
static void
test_withdrawal_wins (Fixture *f, gconstpointer user_data)
{
  g_autofree char *answer = NULL, *told = NULL;

  add_server (f);
  start_and_stall (f);
  g_ptr_array_set_size (f->rpci_channel->sent, 0);
  tbx_capabilities_withdraw_async (f->capabilities, NULL, on_withdrawn, f);
  tbx_fake_channel_receive (f->rpci_channel, "1 ", 2);
  tbx_test_until (f->tclo_channel->sent->len > 0);   /* the host gets its answer */
  ask (f);
  tbx_test_until (f->n_withdrawn == 1 && f->tclo_channel->sent->len > 1);
  tbx_test_settle ();
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  answer = tbx_fake_channel_dup_sent (f->tclo_channel);
  g_assert_cmpstr (told, ==, WITHDRAWAL);
  g_assert_cmpstr (answer, ==, "OK |OK ");
  assert_told (f, "");
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
  add ("/rpc/capabilities/burst", test_burst);
  add ("/rpc/capabilities/repeated", test_repeated);
  add ("/rpc/capabilities/nothing-but-the-version", test_nothing_but_the_version);
  add ("/rpc/capabilities/fallback", test_fallback);
  add ("/rpc/capabilities/refused", test_refused);
  add ("/rpc/capabilities/no-channel", test_no_channel);
  add ("/rpc/capabilities/registering", test_registering);
  add ("/rpc/capabilities/asked-anew", test_asked_anew);
  add ("/rpc/capabilities/withdrawal", test_withdrawal);
  add ("/rpc/capabilities/withdrawal-refused", test_withdrawal_refused);
  add ("/rpc/capabilities/withdrawal-cancelled", test_withdrawal_cancelled);
  add ("/rpc/capabilities/withdrawal-wins", test_withdrawal_wins);
  return g_test_run ();
}
