/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-fake-channel.h"
#include "tbx-guestinfo.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-nicinfo-codec.h"
#include "tbx-resolv-dns.h"
#include "tbx-test-loop.h"
#include "tbx-test-netns.h"
#include <string.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* The reporter between a network of our own and a host that is the test. */

#define DUE  "tbx-guestinfo-due"
#define TICK "tbx-guestinfo-tick"

#define ALL "description version number 11 1 10"

typedef struct
{
  TbxFakeChannel  *tclo_channel;
  TbxFakeChannel  *rpci_channel;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxOptions      *options;
  TbxCapabilities *capabilities;
  TbxNetwork      *network;
  TbxPrimary      *primary;
  TbxHostname     *hostname;
  TbxGuestInfo    *reporter;
} Fixture;

/* All that the kernel has to say so far is heard. */
static void
hear_all (void)
{
  do
    {
      tbx_test_until (tbx_test_find_source ("tbx-netlink-pause") == NULL);
      tbx_test_settle ();
    }
  while (tbx_test_find_source ("tbx-netlink-pause") != NULL);
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (NULL, NULL, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (sethostname ("web01.example.com", 17), ==, 0);
  tbx_test_add_link ("lan0");
  tbx_test_ip ("link set lan0 address 00:50:56:a0:00:10 addrgenmode none");
  tbx_test_ip ("link set lan0 up");
  f->tclo_channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->rpci_channel = tbx_fake_channel_new (TBX_PROTOCOL_RPCI);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->tclo_channel));
  f->rpci = tbx_rpci_new (TBX_CHANNEL (f->rpci_channel));
  f->options = tbx_options_new (f->tclo);
  f->capabilities = tbx_capabilities_new (f->tclo, f->rpci);
  f->network = tbx_network_new (policy, &error);
  g_assert_no_error (error);
  f->primary = tbx_primary_new (f->network);
  f->hostname = tbx_hostname_new ();
  f->reporter = tbx_guestinfo_new (f->tclo, f->rpci, f->options, f->capabilities, f->network,
                                   f->primary, f->hostname);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->tclo_channel), NULL));
  tbx_test_until (tbx_network_get_ready (f->network));
  hear_all ();
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  tbx_test_settle ();
  g_assert_finalize_object (f->options);
  g_assert_finalize_object (f->capabilities);
  g_assert_finalize_object (f->reporter);
  g_assert_null (tbx_test_find_source (DUE));
  g_assert_null (tbx_test_find_source (TICK));
  g_assert_finalize_object (f->hostname);
  g_assert_finalize_object (f->primary);
  g_assert_finalize_object (f->network);
  g_assert_finalize_object (f->rpci);
  g_assert_finalize_object (f->tclo);
  g_object_unref (f->rpci_channel);
  g_object_unref (f->tclo_channel);
  tbx_test_ip ("link delete lan0");
}

static GBytes *
sent_at (Fixture *f, guint i)
{
  return f->rpci_channel->sent->pdata[i];
}

/* "10", "9v2", "1", "version", or the text itself. */
static char *
label (GBytes *message)
{
  gsize size, payload_size;
  const char *data = g_bytes_get_data (message, &size);
  const guint8 *payload;
  guint type;

  if (tbx_guestinfo_decode (data, size, &type, &payload, &payload_size, NULL))
    return type == TBX_GUESTINFO_IPADDRESS_V2 ? g_strdup_printf ("9v%u", payload[3])
                                              : g_strdup_printf ("%u", type);
  if (g_str_has_prefix (data, "info-set guestinfo.vmtools.description toolboxd "))
    return g_strdup ("description");
  if (g_str_has_prefix (data, "info-set guestinfo.vmtools.versionString "))
    return g_strdup ("version");
  if (g_str_has_prefix (data, "info-set guestinfo.vmtools.versionNumber "))
    return g_strdup ("number");
  return g_strndup (data, size);
}

static void
assert_sent (Fixture *f, const char *expected)
{
  g_autoptr(GString) all = g_string_new (NULL);

  for (guint i = 0; i < f->rpci_channel->sent->len; i++)
    {
      g_autofree char *one = label (sent_at (f, i));

      g_string_append_printf (all, "%s%s", i == 0 ? "" : " ", one);
    }
  g_ptr_array_set_size (f->rpci_channel->sent, 0);
  g_assert_cmpstr (all->str, ==, expected);
}

static gboolean
was_sent (Fixture *f, const char *what)
{
  for (guint i = 0; i < f->rpci_channel->sent->len; i++)
    {
      g_autofree char *one = label (sent_at (f, i));

      if (g_str_equal (one, what))
        return TRUE;
    }
  return FALSE;
}

static TbxNicInfo *
last_nics (Fixture *f)
{
  GBytes *message = sent_at (f, f->rpci_channel->sent->len - 1);
  g_autoptr(GError) error = NULL;
  const guint8 *payload;
  gsize size;
  guint type;
  TbxNicInfo *info;

  g_assert_true (tbx_guestinfo_decode (g_bytes_get_data (message, NULL), g_bytes_get_size (message),
                                       &type, &payload, &size, &error));
  info = tbx_nicinfo_decode (payload, size, NULL, &error);
  g_assert_no_error (error);
  return info;
}

static void
host_says (Fixture *f, const char *request)
{
  tbx_fake_channel_receive (f->tclo_channel, request, strlen (request));
}

static void
assert_answer (Fixture *f, const char *expected)
{
  g_autofree char *sent = NULL;

  tbx_test_until (f->tclo_channel->sent->len > 0);
  sent = tbx_fake_channel_dup_sent (f->tclo_channel);
  g_assert_cmpstr (sent, ==, expected);
}

static void
reset (Fixture *f)
{
  host_says (f, "reset");
  assert_answer (f, "OK ATR toolbox");
  tbx_test_settle ();
}

/* From now on changes gather until run_due(), however slow this machine is. */
static void
hold_due (void)
{
  tbx_test_until (tbx_test_find_source (DUE) != NULL);
  g_source_set_ready_time (tbx_test_find_source (DUE), -1);
  hear_all ();
}

/* Waits for what changes bring about, without its delay. */
static void
run_due (Fixture *f)
{
  hold_due ();
  tbx_test_source_fire (DUE);
  tbx_test_until (tbx_test_find_source (DUE) == NULL);
  tbx_test_settle ();
}

static void
tick (Fixture *f)
{
  tbx_test_source_fire (TICK);
  tbx_test_settle ();
}

/* Silent before the reset, everything at once after it, nothing twice. */
static void
test_reset (Fixture *f, gconstpointer user_data)
{
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_until (!g_str_equal (tbx_primary_get_address (f->primary), ""));
  hear_all ();
  g_assert_null (tbx_test_find_source (DUE));
  assert_sent (f, "");

  reset (f);
  assert_sent (f, ALL);
  g_assert_null (tbx_test_find_source (DUE));
  tick (f);
  assert_sent (f, "7");   /* the uptime, which always changes */
  reset (f);
  assert_sent (f, ALL);
  tbx_guestinfo_refresh (f->reporter);   /* as when the machine resumes */
  tbx_test_settle ();
  assert_sent (f, ALL);
}

/* What the NIC list says, item by item. */
static void
test_content (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxNicInfo) info = NULL;
  g_autofree char *root = g_dir_make_tmp ("tbx-reporter-XXXXXX", NULL);
  g_autofree char *etc = g_build_filename (root, "etc", NULL);
  g_autofree char *conf = g_build_filename (etc, "resolv.conf", NULL);
  g_autoptr(TbxDnsSource) dns = NULL;
  TbxNicInfoNic *nic;
  TbxNicInfoRoute *route;
  TbxNicInfoIp *ip;

  g_assert_cmpint (g_mkdir (etc, 0700), ==, 0);
  g_assert_true (g_file_set_contents (conf, "nameserver 192.0.2.53\nsearch a b\n", -1, NULL));
  dns = tbx_resolv_dns_new (root);
  tbx_network_set_dns_source (f->network, dns);
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0 valid_lft 1000 preferred_lft 1000");
  tbx_test_ip ("address add 127.1.2.3/8 dev lan0");
  tbx_test_ip ("address add 2001:db8::10/64 dev lan0 nodad");
  tbx_test_ip ("route add default via 192.0.2.1 dev lan0 metric 4000000000");
  tbx_test_until (g_str_equal (tbx_primary_get_reason (f->primary), "default-route"));
  hear_all ();
  reset (f);
  info = last_nics (f);
  g_assert_cmpstr (info->dns->host_name, ==, "web01.example.com");
  g_assert_cmpstr (info->dns->domain_name, ==, "a");
  g_assert_cmpuint (info->dns->servers->len, ==, 1);
  g_assert_cmpuint (info->dns->suffixes->len, ==, 2);
  g_assert_cmpuint (info->nics->len, ==, 1);
  nic = info->nics->pdata[0];
  g_assert_cmpstr (nic->mac, ==, "00:50:56:a0:00:10");
  g_assert_cmpuint (nic->ips->len, ==, 2);   /* 127.0.0.0/8 is left out */
  ip = &g_array_index (nic->ips, TbxNicInfoIp, 0);
  g_assert_cmpuint (ip->origin, ==, TBX_IP_ORIGIN_DHCP);
  g_assert_cmpuint (ip->status, ==, TBX_IP_STATUS_PREFERRED);
  g_assert_cmpuint (ip->prefix_length, ==, 24);
  route = &g_array_index (info->routes, TbxNicInfoRoute, 0);
  g_assert_true (route->has_next_hop);
  g_assert_cmpuint (route->prefix_length, ==, 0);
  g_assert_cmpuint (route->metric, ==, 4000000000u);
  g_assert_cmpuint (route->type, ==, TBX_ROUTE_REMOTE);
  g_assert_cmpuint (g_array_index (info->routes, TbxNicInfoRoute, 1).type, ==, TBX_ROUTE_LOCAL);

  tbx_network_set_dns_source (f->network, NULL);   /* the rest is told all the same */
  g_clear_pointer (&info, tbx_nicinfo_free);
  run_due (f);
  info = last_nics (f);
  g_assert_cmpstr (info->dns->domain_name, ==, "example.com");
  g_assert_cmpuint (info->dns->servers->len, ==, 0);
  g_assert_cmpuint (info->nics->len, ==, 1);
  g_clear_object (&dns);
  g_assert_cmpint (g_unlink (conf), ==, 0);
  g_assert_cmpint (g_rmdir (etc), ==, 0);
  g_assert_cmpint (g_rmdir (root), ==, 0);
  g_ptr_array_set_size (f->rpci_channel->sent, 0);
}

/* Many changes are one message, not before 250 ms nor later than a second; what is
 * no change for the host is no message. */
static void
test_coalescing (Fixture *f, gconstpointer user_data)
{
  gint64 wait;

  reset (f);
  assert_sent (f, ALL);
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_until (tbx_test_find_source (DUE) != NULL);
  wait = tbx_test_source_wait (DUE);
  g_assert_cmpint (wait, <=, G_USEC_PER_SEC);
  hold_due ();
  for (int i = 11; i < 30; i++)
    tbx_test_ip ("address add 192.0.2.%d/24 dev lan0", i);
  hear_all ();
  g_assert_cmpint (tbx_test_source_wait (DUE), ==, -1);   /* further changes do not move it */
  assert_sent (f, "");
  run_due (f);
  assert_sent (f, "10");

  tbx_test_ip ("address add 192.0.2.40/24 dev lan0");
  hold_due ();
  tbx_test_ip ("address delete 192.0.2.40/24 dev lan0");
  run_due (f);
  assert_sent (f, "");
  g_assert_cmpint (sethostname ("web02", 5), ==, 0);
  run_due (f);
  assert_sent (f, "1 10");
  tbx_test_add_link ("docker0");   /* it is not told */
  run_due (f);
  tbx_test_ip ("link delete docker0");
  run_due (f);
  assert_sent (f, "");
}

/* Type 10, then 9, then V2; the step is kept until the next reset. */
static void
test_ladder (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", "0 no");
  reset (f);
  assert_sent (f, ALL " 9v3");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  run_due (f);
  assert_sent (f, "9v3");
  tick (f);
  assert_sent (f, "7");

  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  9 ", "0 no");
  host_says (f, "reset");
  tbx_test_until (was_sent (f, "9v3"));
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  9 ", "1 ");
  tbx_test_until (was_sent (f, "9v2"));
  tbx_test_settle ();
  assert_sent (f, ALL " 9v3 9v2");
  tbx_test_ip ("address add 192.0.2.11/24 dev lan0");
  run_due (f);
  assert_sent (f, "9v2");

  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", "1 ");
  g_free (tbx_fake_channel_dup_sent (f->tclo_channel));
  reset (f);
  assert_sent (f, ALL);
}

/* All three refused: from the top at the next tick. */
static void
test_ladder_refused (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", "0 no");
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  9 ", "0 no");
  reset (f);
  assert_sent (f, ALL " 9v3 9v2");
  tick (f);
  run_due (f);
  assert_sent (f, "7 10 9v3 9v2");
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", "1 ");
  tick (f);
  run_due (f);
  assert_sent (f, "7 10");
}

/* A broken channel is no refusal: the form stays. */
static void
test_broken_channel (Fixture *f, gconstpointer user_data)
{
  reset (f);
  assert_sent (f, ALL);
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  hold_due ();
  f->rpci_channel->fail_sends = 2;   /* the second is the repetition */
  f->rpci_channel->refuse_opens = 2;
  run_due (f);
  assert_sent (f, "");
  f->rpci_channel->fail_sends = 0;
  f->rpci_channel->refuse_opens = 0;
  tick (f);
  run_due (f);
  assert_sent (f, "7 10");
}

/* The old forms, in the same round; the new one again after a reset. */
static void
test_os_fallback (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  11 ", "0 no");
  reset (f);
  assert_sent (f, "description version number 11 5 6 1 10");
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  11 ", "1 ");
  tick (f);
  assert_sent (f, "7");
  reset (f);
  assert_sent (f, ALL);
}

/* No refusal stops the rest, and each thing that was refused is tried again. */
static void
test_refused (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "", "0 no");
  reset (f);
  assert_sent (f, "description version number 11 5 6 1 10 9v3 9v2");
  tick (f);
  run_due (f);
  assert_sent (f, "7 description version number 5 6 1 10 9v3 9v2");
  tbx_fake_channel_answer (f->rpci_channel, "", "1 ");
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  1 ", "1 not empty");
  tick (f);
  run_due (f);
  assert_sent (f, "7 description version number 5 6 1 10");
  tick (f);
  run_due (f);
  assert_sent (f, "7 1");
}

/* A reset while a reply is due: the reply counts for nothing, all is told again. */
static void
test_reset_in_between (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  1 ", NULL);
  reset (f);
  assert_sent (f, "description version number 11 1");
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  1 ", "1 ");
  reset (f);
  assert_sent (f, "");
  tbx_fake_channel_receive (f->rpci_channel, "1 ", 2);
  tbx_test_settle ();
  assert_sent (f, ALL);
}

/* A change while a round is under way is not lost. */
static void
test_change_in_between (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", NULL);
  reset (f);
  assert_sent (f, ALL);
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  10 ", "1 ");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_until (g_str_equal (tbx_primary_get_address (f->primary), "192.0.2.10"));
  hear_all ();
  g_assert_null (tbx_test_find_source (DUE));   /* not before the round is over */
  tbx_fake_channel_receive (f->rpci_channel, "1 ", 2);
  run_due (f);
  assert_sent (f, "10");
}

static void
test_broadcast_ip (Fixture *f, gconstpointer user_data)
{
  reset (f);
  assert_sent (f, ALL);
  host_says (f, "Set_Option broadcastIP 0");
  assert_answer (f, "OK ");
  host_says (f, "Set_Option broadcastIP 2");
  assert_answer (f, "OK ");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  run_due (f);
  assert_sent (f, "10");   /* it was not asked for */
  tbx_test_ip ("address flush dev lan0");
  run_due (f);
  assert_sent (f, "10");

  host_says (f, "Set_Option broadcastIP 1");
  assert_answer (f, "OK ");
  assert_sent (f, "");     /* there is none */
  tbx_test_ip ("address add 192.0.2.11/24 dev lan0");
  run_due (f);
  g_assert_cmpmem (g_bytes_get_data (sent_at (f, 1), NULL), g_bytes_get_size (sent_at (f, 1)),
                   "info-set guestinfo.ip 192.0.2.11", 33);
  assert_sent (f, "10 info-set guestinfo.ip 192.0.2.11");

  host_says (f, "Set_Option broadcastIP 1");   /* asked again, told again, before the answer */
  g_assert_cmpuint (f->tclo_channel->sent->len, ==, 0);
  tbx_test_until (f->rpci_channel->sent->len > 0);
  g_assert_cmpuint (f->tclo_channel->sent->len, ==, 0);
  assert_answer (f, "OK ");
  assert_sent (f, "info-set guestinfo.ip 192.0.2.11");

  g_assert_true (tbx_primary_set (f->primary, "203.0.113.9", NULL));
  run_due (f);
  assert_sent (f, "info-set guestinfo.ip 203.0.113.9");
  reset (f);
  assert_sent (f, ALL " info-set guestinfo.ip 203.0.113.9");
}

/* The host sees success either way, and gets it later. */
static void
test_broadcast_ip_refused (Fixture *f, gconstpointer user_data)
{
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_until (!g_str_equal (tbx_primary_get_address (f->primary), ""));
  hear_all ();
  reset (f);
  assert_sent (f, ALL);
  tbx_fake_channel_answer (f->rpci_channel, "info-set guestinfo.ip ", "0 no");
  host_says (f, "Set_Option broadcastIP 1");
  assert_answer (f, "OK ");
  assert_sent (f, "info-set guestinfo.ip 192.0.2.10");
  tbx_fake_channel_answer (f->rpci_channel, "info-set guestinfo.ip ", "1 ");
  tick (f);
  run_due (f);
  assert_sent (f, "7 info-set guestinfo.ip 192.0.2.10");
}

/* The uptime reaches the host before the capabilities do. */
static void
test_registering (Fixture *f, gconstpointer user_data)
{
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  1 ", "0 not yet");
  tbx_capabilities_add_bare (f->capabilities, "statechange");
  reset (f);
  assert_sent (f, ALL);
  tbx_fake_channel_answer (f->rpci_channel, "SetGuestInfo  1 ", "1 ");
  host_says (f, "Capabilities_Register");
  assert_answer (f, "OK ");
  g_assert_true (was_sent (f, "7"));
  g_assert_true (g_str_has_prefix (g_bytes_get_data (sent_at (f, 0), NULL), "SetGuestInfo  7 "));
  g_assert_true (was_sent (f, "tools.capability.statechange "));
  g_ptr_array_set_size (f->rpci_channel->sent, 0);
  run_due (f);
  assert_sent (f, "1");   /* what failed before goes out again */
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*test) (Fixture *, gconstpointer); } tests[] = {
    { "/guestinfo/reporter/reset", test_reset },
    { "/guestinfo/reporter/content", test_content },
    { "/guestinfo/reporter/coalescing", test_coalescing },
    { "/guestinfo/reporter/ladder", test_ladder },
    { "/guestinfo/reporter/ladder-refused", test_ladder_refused },
    { "/guestinfo/reporter/broken-channel", test_broken_channel },
    { "/guestinfo/reporter/os-fallback", test_os_fallback },
    { "/guestinfo/reporter/refused", test_refused },
    { "/guestinfo/reporter/reset-in-between", test_reset_in_between },
    { "/guestinfo/reporter/change-in-between", test_change_in_between },
    { "/guestinfo/reporter/broadcast-ip", test_broadcast_ip },
    { "/guestinfo/reporter/broadcast-ip-refused", test_broadcast_ip_refused },
    { "/guestinfo/reporter/registering", test_registering },
  };
  gboolean entered = tbx_test_netns_enter ();

  g_test_init (&argc, &argv, NULL);
  if (!entered)
    return 77;   /* it could not have run: neither root nor user namespaces */
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_init, tests[i].test, fixture_clear);
  return g_test_run ();
}
