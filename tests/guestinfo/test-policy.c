/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nic-policy.h"
#include "tbx-primary-choice.h"
#include <linux/if_addr.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>

/* Which interfaces are told, and which address is the primary one: pure functions. */

typedef struct
{
  GPtrArray *nics;      /* of TbxNic */
  GArray    *routes;    /* of TbxNicRoute */
} Machine;

static Machine *
machine_new (void)
{
  Machine *machine = g_new (Machine, 1);

  machine->nics = g_ptr_array_new_with_free_func (g_object_unref);
  machine->routes = g_array_new (FALSE, FALSE, sizeof (TbxNicRoute));
  return machine;
}

static void
machine_free (Machine *machine)
{
  g_ptr_array_unref (machine->nics);
  g_array_unref (machine->routes);
  g_free (machine);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Machine, machine_free)

static TbxNic *
machine_add (Machine *machine, const char *name, guint flags, guint hardware_type, const char *mac)
{
  TbxNic *nic = tbx_nic_new (name, machine->nics->len + 1);

  tbx_nic_set_link (nic, mac, hardware_type, flags, 0);
  g_ptr_array_add (machine->nics, nic);
  return nic;
}

static TbxNic *
machine_add_ethernet (Machine *machine, const char *name)
{
  return machine_add (machine, name, IFF_UP, ARPHRD_ETHER, "00:50:56:a0:00:10");
}

static void
add_address (TbxNic *nic, const char *text, guint prefix_length, guint32 flags)
{
  TbxNicAddress address = { .prefix_length = prefix_length, .flags = flags };

  g_assert_true (tbx_inet_parse (&address.address, text));
  tbx_nic_take_address (nic, &address, 0);
}

static void
add_default (Machine *machine, guint nic, const char *next_hop, const char *source, guint metric)
{
  TbxNicRoute route = { .nic = nic, .metric = metric };

  g_assert_true (tbx_inet_parse (&route.next_hop, next_hop));
  if (source != NULL)
    g_assert_true (tbx_inet_parse (&route.source, source));
  g_assert_true (tbx_inet_set (&route.destination, route.next_hop.family, NULL, 0));
  g_array_append_val (machine->routes, route);
}

static void
assert_choice (Machine         *machine,
               TbxNicPolicy    *policy,
               const char      *address,
               TbxPrimaryReason reason)
{
  TbxPrimaryChoice choice =
    tbx_primary_choose (policy, machine->nics, (TbxNicRoute *) (void *) machine->routes->data,
                        machine->routes->len);
  g_autofree char *text = tbx_inet_format (&choice.address);

  g_assert_cmpstr (text, ==, address);
  g_assert_cmpint (choice.reason, ==, reason);
}

static void
test_reasons (void)
{
  static const char *const expected[] = {
    "loopback", "down", "excluded", "excluded", "no-ethernet-address", "no-ethernet-address", "",
  };
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (NULL, NULL, NULL);
  g_autoptr(GPtrArray) told = NULL;
  const char *reasons[7];

  machine_add (machine, "lo", IFF_UP | IFF_LOOPBACK, ARPHRD_LOOPBACK, "00:00:00:00:00:00");
  machine_add (machine, "eth0", 0, ARPHRD_ETHER, "00:50:56:a0:00:10");
  machine_add_ethernet (machine, "docker0");
  machine_add_ethernet (machine, "veth1234");
  machine_add (machine, "tun0", IFF_UP, ARPHRD_NONE, "");
  machine_add (machine, "ib0", IFF_UP, ARPHRD_INFINIBAND, "");
  machine_add_ethernet (machine, "eth1");
  told = tbx_nic_policy_select (policy, machine->nics, reasons);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpstr (reasons[i], ==, expected[i]);
  g_assert_cmpuint (told->len, ==, 1);
  g_assert_cmpstr (tbx_nic_get_name (told->pdata[0]), ==, "eth1");
}

/* Whole names, case, lists, blanks, empty elements; exclusion wins over priority. */
static void
test_globs (void)
{
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (",ens*,,eth?", " lan0 ,eth1", "ens9,");

  g_assert_cmpint (tbx_nic_policy_tier (policy, "ens192"), ==, TBX_NIC_TIER_PRIMARY);
  g_assert_cmpint (tbx_nic_policy_tier (policy, "Ens192"), ==, TBX_NIC_TIER_NORMAL);
  g_assert_cmpint (tbx_nic_policy_tier (policy, "xens192"), ==, TBX_NIC_TIER_NORMAL);
  g_assert_cmpint (tbx_nic_policy_tier (policy, "eth10"), ==, TBX_NIC_TIER_NORMAL);
  g_assert_cmpint (tbx_nic_policy_tier (policy, "eth1"), ==, TBX_NIC_TIER_PRIMARY);
  g_assert_cmpint (tbx_nic_policy_tier (policy, "lan0"), ==, TBX_NIC_TIER_LOW);
  g_assert_true (tbx_nic_policy_excludes (policy, "ens9"));
  g_assert_false (tbx_nic_policy_excludes (policy, "docker0"));   /* the default is replaced */
  g_assert_false (tbx_nic_policy_excludes (policy, ""));
}

static void
test_order (void)
{
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new ("c,a", "d", NULL);
  g_autoptr(GPtrArray) told = NULL;
  g_autoptr(GString) order = g_string_new (NULL);
  const char *reasons[5];

  for (const char *name = "dcbae"; *name != '\0'; name++)
    machine_add_ethernet (machine, (char[2]) { *name, '\0' });
  told = tbx_nic_policy_select (policy, machine->nics, reasons);
  for (guint i = 0; i < told->len; i++)
    g_string_append (order, tbx_nic_get_name (told->pdata[i]));
  g_assert_cmpstr (order->str, ==, "cabed");
}

/* The best default route decides, by metric and not by order. */
static void
test_default_route (void)
{
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (NULL, NULL, NULL);
  TbxNic *eth0 = machine_add_ethernet (machine, "eth0");
  TbxNic *eth1 = machine_add_ethernet (machine, "eth1");

  assert_choice (machine, policy, "", TBX_PRIMARY_NONE);
  add_address (eth0, "192.0.2.10", 24, IFA_F_PERMANENT);
  add_address (eth1, "198.51.100.10", 24, IFA_F_PERMANENT);
  add_address (eth1, "198.51.101.10", 24, IFA_F_PERMANENT);
  add_address (eth1, "2001:db8::10", 64, IFA_F_PERMANENT);
  assert_choice (machine, policy, "192.0.2.10", TBX_PRIMARY_FIRST);
  add_default (machine, 2, "2001:db8::1", NULL, 1);
  assert_choice (machine, policy, "2001:db8::10", TBX_PRIMARY_DEFAULT_ROUTE);
  add_default (machine, 1, "192.0.2.1", NULL, 200);
  assert_choice (machine, policy, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
  add_default (machine, 2, "198.51.101.1", NULL, 100);   /* the address beside the next hop */
  assert_choice (machine, policy, "198.51.101.10", TBX_PRIMARY_DEFAULT_ROUTE);
  add_default (machine, 2, "198.51.101.1", "198.51.100.10", 50);   /* the route says so */
  assert_choice (machine, policy, "198.51.100.10", TBX_PRIMARY_DEFAULT_ROUTE);
  add_default (machine, 1, "192.0.2.1", "203.0.113.1", 10);   /* an address that is not there */
  assert_choice (machine, policy, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
  add_default (machine, 99, "192.0.2.1", NULL, 0);   /* an interface that is not there */
  assert_choice (machine, policy, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
}

/* docker, veth, cni, link-local never win over it, whatever is excluded. */
static void
test_inner_never_wins (void)
{
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) all = tbx_nic_policy_new (NULL, NULL, "");
  g_autoptr(TbxNicPolicy) usual = tbx_nic_policy_new (NULL, NULL, NULL);

  add_address (machine_add_ethernet (machine, "docker0"), "172.17.0.1", 16, IFA_F_PERMANENT);
  add_address (machine_add_ethernet (machine, "veth9"), "172.18.0.1", 16, IFA_F_PERMANENT);
  add_address (machine_add_ethernet (machine, "cni0"), "10.88.0.1", 16, IFA_F_PERMANENT);
  add_address (machine_add_ethernet (machine, "br-0123456789ab"), "172.19.0.1", 16,
               IFA_F_PERMANENT);
  add_default (machine, 1, "172.17.0.254", NULL, 0);
  assert_choice (machine, usual, "10.88.0.1", TBX_PRIMARY_FIRST);   /* better than nothing */
  assert_choice (machine, all, "172.17.0.1", TBX_PRIMARY_DEFAULT_ROUTE);

  add_address (machine_add_ethernet (machine, "eth0"), "169.254.1.1", 16, IFA_F_PERMANENT);
  add_default (machine, 5, "169.254.0.1", NULL, 0);
  assert_choice (machine, usual, "10.88.0.1", TBX_PRIMARY_FIRST);
  add_address (machine_add_ethernet (machine, "br-lan"), "192.0.2.10", 24, IFA_F_PERMANENT);
  assert_choice (machine, all, "192.0.2.10", TBX_PRIMARY_FIRST);
  assert_choice (machine, usual, "192.0.2.10", TBX_PRIMARY_FIRST);
  add_default (machine, 6, "192.0.2.1", NULL, 1000);
  assert_choice (machine, all, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
}

static void
test_tiers (void)
{
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) primary = tbx_nic_policy_new ("eth1", NULL, NULL);
  g_autoptr(TbxNicPolicy) low = tbx_nic_policy_new (NULL, "eth0", NULL);
  g_autoptr(TbxNicPolicy) excluded = tbx_nic_policy_new ("eth0", NULL, "eth0");

  add_address (machine_add_ethernet (machine, "eth0"), "192.0.2.10", 24, IFA_F_PERMANENT);
  add_address (machine_add_ethernet (machine, "eth1"), "198.51.100.10", 24, IFA_F_PERMANENT);
  add_default (machine, 1, "192.0.2.1", NULL, 0);
  assert_choice (machine, primary, "198.51.100.10", TBX_PRIMARY_CONFIGURED);
  assert_choice (machine, low, "198.51.100.10", TBX_PRIMARY_FIRST);
  assert_choice (machine, excluded, "198.51.100.10", TBX_PRIMARY_FIRST);
  tbx_nic_set_link (machine->nics->pdata[1], "00:50:56:a0:00:10", ARPHRD_ETHER, 0, 0);
  assert_choice (machine, primary, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
  assert_choice (machine, low, "192.0.2.10", TBX_PRIMARY_DEFAULT_ROUTE);
  assert_choice (machine, excluded, "", TBX_PRIMARY_NONE);
}

static void
test_ipv6_choice (void)
{
  g_autoptr(Machine) machine = machine_new ();
  g_autoptr(TbxNicPolicy) policy = tbx_nic_policy_new (NULL, NULL, NULL);
  TbxNic *nic = machine_add_ethernet (machine, "eth0");

  add_address (nic, "fe80::1", 64, IFA_F_PERMANENT);
  add_address (nic, "fd00::1", 64, IFA_F_PERMANENT);
  add_address (nic, "2001:db8::1", 64, IFA_F_PERMANENT | IFA_F_DADFAILED);
  add_address (nic, "2001:db8::2", 64, IFA_F_PERMANENT | IFA_F_TENTATIVE);
  add_default (machine, 1, "fe80::ff", NULL, 1024);
  assert_choice (machine, policy, "", TBX_PRIMARY_NONE);
  add_address (nic, "2001:db8::3", 64, IFA_F_DEPRECATED);
  assert_choice (machine, policy, "2001:db8::3", TBX_PRIMARY_DEFAULT_ROUTE);
  add_address (nic, "2001:db8::4", 64, IFA_F_TEMPORARY);
  assert_choice (machine, policy, "2001:db8::4", TBX_PRIMARY_DEFAULT_ROUTE);
  add_address (nic, "2001:db8::5", 64, IFA_F_MANAGETEMPADDR);
  assert_choice (machine, policy, "2001:db8::5", TBX_PRIMARY_DEFAULT_ROUTE);
}

static void
test_origin (void)
{
  static const struct
  {
    const char *address;
    guint       prefix_length;
    guint32     flags;
    TbxIpOrigin origin;
    TbxIpStatus status;
  } cases[] = {
    { "192.0.2.1", 24, IFA_F_PERMANENT, TBX_IP_ORIGIN_MANUAL, TBX_IP_STATUS_PREFERRED },
    { "192.0.2.2", 24, 0, TBX_IP_ORIGIN_DHCP, TBX_IP_STATUS_PREFERRED },
    { "192.0.2.3", 24, IFA_F_DEPRECATED, TBX_IP_ORIGIN_DHCP, TBX_IP_STATUS_PREFERRED },
    { "2001:db8::1", 64, IFA_F_PERMANENT, TBX_IP_ORIGIN_MANUAL, TBX_IP_STATUS_PREFERRED },
    { "2001:db8::2", 128, 0, TBX_IP_ORIGIN_DHCP, TBX_IP_STATUS_PREFERRED },
    { "2001:db8::3", 64, IFA_F_TEMPORARY | IFA_F_DEPRECATED, TBX_IP_ORIGIN_RANDOM,
      TBX_IP_STATUS_DEPRECATED },
    { "2001:db8::4", 64, IFA_F_STABLE_PRIVACY, TBX_IP_ORIGIN_RANDOM, TBX_IP_STATUS_PREFERRED },
    { "2001:db8::250:56ff:fea0:10", 64, IFA_F_MANAGETEMPADDR, TBX_IP_ORIGIN_LINKLAYER,
      TBX_IP_STATUS_PREFERRED },
    { "fe80::250:56ff:fea0:10", 64, IFA_F_PERMANENT | IFA_F_TENTATIVE, TBX_IP_ORIGIN_LINKLAYER,
      TBX_IP_STATUS_TENTATIVE },
    { "2001:db8::5", 64, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, TBX_IP_ORIGIN_RANDOM,
      TBX_IP_STATUS_OPTIMISTIC },
    { "2001:db8::6", 64, IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED,
      TBX_IP_ORIGIN_MANUAL, TBX_IP_STATUS_DUPLICATE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Machine) machine = machine_new ();
      TbxNic *nic = machine_add_ethernet (machine, "eth0");
      const TbxNicAddress *address;
      guint n;

      add_address (nic, cases[i].address, cases[i].prefix_length, cases[i].flags);
      address = tbx_nic_get_addresses (nic, &n);
      g_test_message ("%s", cases[i].address);
      g_assert_cmpint (address->origin, ==, cases[i].origin);
      g_assert_cmpint (address->status, ==, cases[i].status);
    }
}

/* The order depends on what they are; IPv4 keeps that of the kernel. */
static void
test_address_order (void)
{
  g_autoptr(Machine) machine = machine_new ();
  TbxNic *nic = machine_add_ethernet (machine, "eth0");
  g_autoptr(GVariant) value = NULL;
  g_autofree char *text = NULL;

  add_address (nic, "fe80::1", 64, IFA_F_PERMANENT);
  add_address (nic, "192.0.2.9", 24, IFA_F_PERMANENT);
  add_address (nic, "192.0.2.7", 24, IFA_F_PERMANENT | IFA_F_SECONDARY);
  add_address (nic, "2001:db8::2", 64, IFA_F_PERMANENT);
  add_address (nic, "2001:db8::1", 64, IFA_F_PERMANENT);
  add_address (nic, "192.0.2.8", 24, IFA_F_PERMANENT);
  add_address (nic, "192.0.2.9", 24, IFA_F_PERMANENT);   /* again: keeps its place */
  g_object_get (nic, "addresses", &value, NULL);
  text = g_variant_print (value, FALSE);
  g_assert_cmpstr (text, ==,
                   "[('192.0.2.9', 24, 'manual', 'preferred'), "
                   "('192.0.2.8', 24, 'manual', 'preferred'), "
                   "('192.0.2.7', 24, 'manual', 'preferred'), "
                   "('2001:db8::1', 64, 'manual', 'preferred'), "
                   "('2001:db8::2', 64, 'manual', 'preferred'), "
                   "('fe80::1', 64, 'manual', 'preferred')]");
}

static void
test_presentable (void)
{
  static const struct { const char *text; gboolean chosen, settable; } cases[] = {
    { "192.0.2.1", TRUE, TRUE },       { "10.0.0.1", TRUE, TRUE },
    { "2001:db8::1", TRUE, TRUE },     { "fd00::1", FALSE, TRUE },
    { "fec0::1", FALSE, TRUE },        { "127.0.0.1", FALSE, FALSE },
    { "0.0.0.0", FALSE, FALSE },       { "169.254.0.1", FALSE, FALSE },
    { "224.0.0.1", FALSE, FALSE },     { "255.255.255.255", FALSE, FALSE },
    { "::", FALSE, FALSE },            { "::1", FALSE, FALSE },
    { "fe80::1", FALSE, FALSE },       { "febf::1", FALSE, FALSE },
    { "ff02::1", FALSE, FALSE },
  };
  static const char *const bad[] = { "", "192.0.2", "192.0.2.1/24", "fe80::1%eth0", "x", " ::1" };
  TbxInet inet;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text);
      g_assert_true (tbx_inet_parse (&inet, cases[i].text));
      g_assert_cmpint (tbx_inet_is_presentable (&inet, FALSE), ==, cases[i].chosen);
      g_assert_cmpint (tbx_inet_is_presentable (&inet, TRUE), ==, cases[i].settable);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (tbx_inet_parse (&inet, bad[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guestinfo/policy/reasons", test_reasons);
  g_test_add_func ("/guestinfo/policy/globs", test_globs);
  g_test_add_func ("/guestinfo/policy/order", test_order);
  g_test_add_func ("/guestinfo/primary/default-route", test_default_route);
  g_test_add_func ("/guestinfo/primary/inner-never-wins", test_inner_never_wins);
  g_test_add_func ("/guestinfo/primary/tiers", test_tiers);
  g_test_add_func ("/guestinfo/primary/ipv6", test_ipv6_choice);
  g_test_add_func ("/guestinfo/address/origin", test_origin);
  g_test_add_func ("/guestinfo/address/order", test_address_order);
  g_test_add_func ("/guestinfo/address/presentable", test_presentable);
  return g_test_run ();
}
