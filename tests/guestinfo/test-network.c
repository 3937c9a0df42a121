/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-network.h"
#include "tbx-primary.h"
#include "tbx-test-loop.h"
#include "tbx-test-netns.h"
#include <net/if.h>
#include <string.h>

/* The live model, in a network namespace of our own. */

typedef struct
{
  TbxNetwork *network;    /* (owned) */
  guint       n_changed;
  guint       n_added;
  guint       n_removed;
  guint       n_told;     /* notifies of "told", of all NICs */
} Fixture;

static void
on_told (Fixture *f)
{
  f->n_told++;
}

static void
on_nic_added (Fixture *f, TbxNic *nic)
{
  f->n_added++;
  g_signal_connect_swapped (nic, "notify::told", G_CALLBACK (on_told), f);
}

static void
on_nic_removed (Fixture *f, TbxNic *nic)
{
  f->n_removed++;
  g_signal_handlers_disconnect_by_func (nic, on_told, f);
}

static void
on_changed (Fixture *f)
{
  f->n_changed++;
}

static void
fixture_start (Fixture *f, const char *primary, const char *low, const char *exclude)
{
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (primary, low, exclude);
  g_autoptr(GError) error = NULL;

  *f = (Fixture) { 0 };
  f->network = tbx_network_new (policy, &error);
  g_assert_no_error (error);
  g_signal_connect_swapped (f->network, "nic-added", G_CALLBACK (on_nic_added), f);
  g_signal_connect_swapped (f->network, "nic-removed", G_CALLBACK (on_nic_removed), f);
  g_signal_connect_swapped (f->network, "changed", G_CALLBACK (on_changed), f);
  g_assert_false (tbx_network_get_ready (f->network));
  tbx_test_until (tbx_network_get_ready (f->network));
  g_assert_cmpuint (f->n_changed, ==, 1);
}

static TbxNic *
find (Fixture *f, const char *name)
{
  g_autoptr(GPtrArray) nics = tbx_network_dup_nics (f->network);

  for (guint i = 0; i < nics->len; i++)
    if (g_str_equal (tbx_nic_get_name (nics->pdata[i]), name))
      return nics->pdata[i];
  return NULL;
}

static void
fixture_stop (Fixture *f)
{
  g_autoptr(GPtrArray) nics = tbx_network_dup_nics (f->network);

  for (guint i = 0; i < nics->len; i++)
    g_signal_handlers_disconnect_by_data (nics->pdata[i], f);
  g_signal_handlers_disconnect_by_data (f->network, f);
  g_assert_finalize_object (g_steal_pointer (&f->network));
  tbx_test_ip ("link set lo down");
}

static void
delete_link (const char *name)
{
  tbx_test_ip ("link delete %s", name);
}

static guint
count_ipv4 (TbxNic *nic)
{
  guint n, n_ipv4 = 0;
  const TbxNicAddress *addresses;

  if (nic == NULL)
    return 0;
  addresses = tbx_nic_get_addresses (nic, &n);
  for (guint i = 0; i < n; i++)
    n_ipv4 += addresses[i].address.family == AF_INET;
  return n_ipv4;
}

static char *
print (TbxNic *nic, const char *property)
{
  g_autoptr(GVariant) value = NULL;

  g_object_get (nic, property, &value, NULL);
  return g_variant_print (value, FALSE);
}

static gboolean
has (TbxNic *nic, const char *property, const char *part)
{
  g_autofree char *text = nic == NULL ? g_strdup ("") : print (nic, property);

  return strstr (text, part) != NULL;
}

/* What is there at the start is known when it is ready. */
static void
test_dump (void)
{
  Fixture f;
  TbxNic *nic;
  g_autoptr(GPtrArray) nics = NULL;
  g_autofree char *addresses = NULL;
  g_autofree char *routes = NULL;

  tbx_test_ip ("link set lo up");
  tbx_test_add_link ("lan0");
  tbx_test_ip ("link set lan0 address 00:50:56:a0:00:10 addrgenmode none");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_ip ("address add 2001:db8::10/64 dev lan0 nodad");
  tbx_test_ip ("link set lan0 up");
  tbx_test_ip ("route add default via 192.0.2.1 dev lan0 metric 100");
  fixture_start (&f, NULL, NULL, NULL);

  nic = find (&f, "lan0");
  g_assert_nonnull (nic);
  g_assert_cmpstr (tbx_nic_get_mac (nic), ==, "00:50:56:a0:00:10");
  g_assert_cmpstr (tbx_nic_get_reason (nic), ==, "");
  g_assert_true (tbx_nic_get_told (nic));
  g_assert_cmpuint (tbx_nic_get_index (nic), ==, if_nametoindex ("lan0"));
  addresses = print (nic, "addresses");
  g_assert_cmpstr (addresses, ==,
                   "[('192.0.2.10', 24, 'manual', 'preferred'), "
                   "('2001:db8::10', 64, 'manual', 'preferred')]");
  routes = print (nic, "routes");
  g_assert_true (g_str_has_prefix (routes, "[('0.0.0.0', 0, '192.0.2.1', 100), "
                                           "('192.0.2.0', 24, '', 0), ('2001:db8::', 64, '', "));
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lo")), ==, "loopback");
  nics = tbx_network_dup_nics (f.network);
  g_assert_cmpuint (f.n_added, ==, nics->len);
  fixture_stop (&f);
  delete_link ("lan0");
}

/* Each change arrives by event, and says so once or more, never not. */
static void
test_events (void)
{
  Fixture f;
  guint before;

  fixture_start (&f, NULL, NULL, NULL);
  tbx_test_add_link ("lan0");
  tbx_test_until (find (&f, "lan0") != NULL);
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lan0")), ==, "down");

  before = f.n_changed;
  tbx_test_ip ("link set lan0 up");
  tbx_test_until (tbx_nic_get_told (find (&f, "lan0")));
  g_assert_cmpuint (f.n_changed, >, before);
  g_assert_cmpuint (f.n_told, ==, 1);

  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_until (has (find (&f, "lan0"), "addresses", "'192.0.2.10', 24, 'manual'"));
  tbx_test_ip ("address add 192.0.2.11/24 dev lan0 valid_lft 1000 preferred_lft 1000");
  tbx_test_until (has (find (&f, "lan0"), "addresses", "'192.0.2.11', 24, 'dhcp'"));
  tbx_test_ip ("address add 2001:db8::77/128 dev lan0 nodad valid_lft 1000 preferred_lft 0");
  tbx_test_until (has (find (&f, "lan0"), "addresses",
                       "'2001:db8::77', 128, 'dhcp', 'deprecated'"));
  tbx_test_until (has (find (&f, "lan0"), "routes", "'192.0.2.0', 24"));

  tbx_test_ip ("route add 198.51.100.0/24 via 192.0.2.1 dev lan0 metric 7");
  tbx_test_until (has (find (&f, "lan0"), "routes", "('198.51.100.0', 24, '192.0.2.1', 7)"));
  tbx_test_ip ("route delete 198.51.100.0/24");
  tbx_test_until (!has (find (&f, "lan0"), "routes", "'198.51.100.0'"));

  tbx_test_ip ("address delete 192.0.2.11/24 dev lan0");
  tbx_test_until (!has (find (&f, "lan0"), "addresses", "'192.0.2.11'"));
  before = f.n_removed;
  delete_link ("lan0");
  tbx_test_until (find (&f, "lan0") == NULL);
  g_assert_cmpuint (f.n_removed, ==, before + 1);
  fixture_stop (&f);
}

/* The kernel drops IPv4 routes without an event when their link goes down. */
static void
test_silent_routes (void)
{
  Fixture f;

  tbx_test_add_link ("lan0");
  tbx_test_ip ("link set lan0 up");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_ip ("route add default via 192.0.2.1 dev lan0");
  fixture_start (&f, NULL, NULL, NULL);
  g_assert_true (has (find (&f, "lan0"), "routes", "'0.0.0.0', 0, '192.0.2.1'"));
  tbx_test_ip ("link set lan0 down");
  tbx_test_until (!has (find (&f, "lan0"), "routes", "'0.0.0.0'"));
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lan0")), ==, "down");
  fixture_stop (&f);
  delete_link ("lan0");
}

static void
test_rename (void)
{
  g_autoptr(TbxNic) old = NULL;
  Fixture f;

  tbx_test_add_link ("lan0");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  fixture_start (&f, NULL, NULL, NULL);
  old = g_object_ref (find (&f, "lan0"));
  f.n_added = 0;
  tbx_test_ip ("link set lan0 name wan0");
  tbx_test_until (find (&f, "wan0") != NULL);
  g_assert_null (find (&f, "lan0"));
  g_assert_cmpuint (f.n_added, ==, 1);
  g_assert_cmpuint (f.n_removed, ==, 1);
  g_assert_true (old != find (&f, "wan0"));
  g_assert_cmpuint (tbx_nic_get_index (old), ==, tbx_nic_get_index (find (&f, "wan0")));
  g_assert_cmpuint (count_ipv4 (find (&f, "wan0")), ==, 1);
  fixture_stop (&f);
  delete_link ("wan0");
}

/* A port that leaves its bridge is told as a removed "link", and is still there. */
static void
test_bridge_port (void)
{
  Fixture f;

  tbx_test_ip ("link add bridge0 type bridge");
  tbx_test_ip ("link add left0 type veth peer name right0");
  tbx_test_ip ("link set left0 master bridge0");
  tbx_test_ip ("link set left0 up");
  fixture_start (&f, NULL, NULL, "");
  g_assert_true (tbx_nic_get_told (find (&f, "left0")));
  tbx_test_ip ("link set left0 nomaster");
  tbx_test_ip ("address add 192.0.2.1/24 dev left0");   /* comes after all that */
  tbx_test_until (count_ipv4 (find (&f, "left0")) == 1);
  g_assert_cmpuint (f.n_removed, ==, 0);
  fixture_stop (&f);
  delete_link ("bridge0");
  delete_link ("left0");
}

/* One line for each number; @N stands for it, @H and @L for two parts of it. */
static GString *
many (const char *line, guint first, guint n)
{
  GString *commands = g_string_new (NULL);

  for (guint i = first; i < first + n; i++)
    {
      g_autoptr(GString) one = g_string_new (line);
      g_autofree char *whole = g_strdup_printf ("%u", i);
      g_autofree char *high = g_strdup_printf ("%u", i / 250);
      g_autofree char *low = g_strdup_printf ("%u", i % 250 + 1);

      g_string_replace (one, "@N", whole, 0);
      g_string_replace (one, "@H", high, 0);
      g_string_replace (one, "@L", low, 0);
      g_string_append_printf (commands, "%s\n", one->str);
    }
  return commands;
}

/* The 17th waits outside, and comes in when another leaves. */
static void
test_limit (void)
{
  g_autoptr(GString) links = many ("link add lan@N up type bridge", 0, 18);
  g_autoptr(GString) rest = many ("link delete lan@N", 1, 17);
  g_autoptr(GPtrArray) told = NULL;
  Fixture f;

  tbx_test_ip_batch (links->str);
  fixture_start (&f, "lan17", "lan0", NULL);
  told = tbx_network_dup_told_nics (f.network);
  g_assert_cmpuint (told->len, ==, TBX_NICINFO_MAX_NICS);
  g_assert_cmpstr (tbx_nic_get_name (told->pdata[0]), ==, "lan17");
  g_assert_cmpstr (tbx_nic_get_name (told->pdata[1]), ==, "lan1");
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lan16")), ==, "limit");
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lan0")), ==, "limit");
  tbx_test_ip ("link set lan5 down");
  tbx_test_until (tbx_nic_get_told (find (&f, "lan16")));
  g_assert_cmpstr (tbx_nic_get_reason (find (&f, "lan0")), ==, "limit");
  fixture_stop (&f);
  delete_link ("lan0");
  tbx_test_ip_batch (rest->str);
}

static void
test_many_routes (void)
{
  g_autoptr(GString) routes = many ("route add 10.@H.@L.0/24 dev lan0", 0, 2000);
  Fixture f;
  guint n;

  tbx_test_add_link ("lan0");
  tbx_test_ip ("link set lan0 up");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_ip ("route add 192.0.2.1/32 dev lan0 table 77");   /* another table */
  fixture_start (&f, NULL, NULL, NULL);
  tbx_test_ip_batch (routes->str);
  tbx_test_ip ("route add default via 192.0.2.1 dev lan0");
  tbx_test_until (has (find (&f, "lan0"), "routes", "[('0.0.0.0', 0, '192.0.2.1'"));
  tbx_network_get_routes (f.network, &n);
  g_assert_cmpuint (n, >=, 1000);
  g_assert_cmpuint (n, <, 1200);   /* bounded, however many there are */
  g_assert_false (has (find (&f, "lan0"), "routes", "('192.0.2.1', 32"));
  delete_link ("lan0");
  tbx_test_until ((tbx_network_get_routes (f.network, &n), n) == 0);
  fixture_stop (&f);
}

/* More events than the socket holds: what was lost is asked for again. */
static void
test_overrun (void)
{
  g_autoptr(GString) add = many ("address add 10.@H.@L.1/32 dev lan0", 0, 1500);
  Fixture f;

  tbx_test_add_link ("lan0");
  tbx_test_add_link ("lan1");
  tbx_test_ip ("link set lan0 up");
  fixture_start (&f, NULL, NULL, NULL);
  g_assert_cmpuint (tbx_network_get_overruns (f.network), ==, 0);
  tbx_test_ip_batch (add->str);    /* without a turn of the main loop */
  tbx_test_ip ("link set lan1 name wan1");
  tbx_test_until (tbx_network_get_overruns (f.network) > 0);
  tbx_test_until (count_ipv4 (find (&f, "lan0")) == 1500 && find (&f, "wan1") != NULL);
  g_assert_null (find (&f, "lan1"));

  tbx_test_ip ("address flush dev lan0");
  delete_link ("wan1");
  tbx_test_until (count_ipv4 (find (&f, "lan0")) == 0 && find (&f, "wan1") == NULL);
  fixture_stop (&f);
  delete_link ("lan0");
}

/* With nothing to hear the main context has nothing to do. */
static void
test_silence (void)
{
  GMainContext *context = g_main_context_default ();
  Fixture f;
  int timeout;
  gint priority;
  GPollFD fds[16];
  int n_fds;
  guint before;

  tbx_test_add_link ("lan0");
  fixture_start (&f, NULL, NULL, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  before = f.n_changed;
  g_assert_true (g_main_context_acquire (context));
  g_assert_false (g_main_context_prepare (context, &priority));
  n_fds = g_main_context_query (context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (n_fds, <=, G_N_ELEMENTS (fds));
  for (int i = 0; i < n_fds; i++)
    fds[i].revents = 0;
  g_main_context_check (context, G_MAXINT, fds, n_fds);
  g_main_context_release (context);
  g_assert_cmpint (timeout, ==, -1);   /* no timer of any kind */
  g_assert_cmpuint (f.n_changed, ==, before);
  fixture_stop (&f);
  delete_link ("lan0");
}

/* The primary address follows the routes. */
static void
test_primary (void)
{
  g_autoptr(TbxPrimary) primary = NULL;
  g_autoptr(GError) error = NULL;
  Fixture f;

  tbx_test_add_link ("lan0");
  tbx_test_add_link ("lan1");
  tbx_test_ip ("link set lan0 up");
  tbx_test_ip ("link set lan1 up");
  tbx_test_ip ("address add 192.0.2.10/24 dev lan0");
  tbx_test_ip ("address add 198.51.100.10/24 dev lan1");
  fixture_start (&f, NULL, NULL, NULL);
  primary = tbx_primary_new (f.network);
  g_assert_cmpstr (tbx_primary_get_address (primary), ==, "192.0.2.10");
  g_assert_cmpstr (tbx_primary_get_reason (primary), ==, "first");

  tbx_test_ip ("route add default via 198.51.100.1 metric 100");
  tbx_test_until (g_str_equal (tbx_primary_get_address (primary), "198.51.100.10"));
  g_assert_cmpstr (tbx_primary_get_reason (primary), ==, "default-route");
  g_assert_cmpstr (tbx_primary_get_nic (primary), ==, "lan1");
  g_assert_cmpstr (tbx_primary_get_detail (primary), ==,
                   "source address of the IPv4 default route on lan1, metric 100");
  tbx_test_ip ("route add default via 192.0.2.1 metric 50");
  tbx_test_until (g_str_equal (tbx_primary_get_nic (primary), "lan0"));

  g_assert_true (tbx_primary_set (primary, "203.0.113.5", &error));
  g_assert_cmpstr (tbx_primary_get_address (primary), ==, "203.0.113.5");
  g_assert_cmpstr (tbx_primary_get_nic (primary), ==, "");
  g_assert_cmpstr (tbx_primary_get_reason (primary), ==, "set");
  tbx_primary_provide (primary, "203.0.113.6");   /* does not come before it */
  g_assert_cmpstr (tbx_primary_get_address (primary), ==, "203.0.113.5");
  tbx_primary_clear (primary);
  g_assert_cmpstr (tbx_primary_get_address (primary), ==, "203.0.113.6");
  g_assert_cmpstr (tbx_primary_get_reason (primary), ==, "provided");
  tbx_primary_provide (primary, "198.51.100.10");
  g_assert_cmpstr (tbx_primary_get_nic (primary), ==, "lan1");
  tbx_primary_provide (primary, "");
  g_assert_cmpstr (tbx_primary_get_address (primary), ==, "192.0.2.10");
  g_assert_cmpstr (tbx_primary_get_reason (primary), ==, "default-route");

  tbx_test_ip ("link set lan0 down");
  tbx_test_until (g_str_equal (tbx_primary_get_nic (primary), "lan1"));
  g_clear_object (&primary);
  fixture_stop (&f);
  delete_link ("lan0");
  delete_link ("lan1");
}

int
main (int argc, char **argv)
{
  gboolean entered = tbx_test_netns_enter ();

  g_test_init (&argc, &argv, NULL);
  if (!entered)
    return 77;   /* it could not have run: neither root nor user namespaces */
  g_test_add_func ("/guestinfo/network/dump", test_dump);
  g_test_add_func ("/guestinfo/network/events", test_events);
  g_test_add_func ("/guestinfo/network/silent-routes", test_silent_routes);
  g_test_add_func ("/guestinfo/network/rename", test_rename);
  g_test_add_func ("/guestinfo/network/bridge-port", test_bridge_port);
  g_test_add_func ("/guestinfo/network/limit", test_limit);
  g_test_add_func ("/guestinfo/network/many-routes", test_many_routes);
  g_test_add_func ("/guestinfo/network/overrun", test_overrun);
  g_test_add_func ("/guestinfo/network/silence", test_silence);
  g_test_add_func ("/guestinfo/network/primary", test_primary);
  return g_test_run ();
}
