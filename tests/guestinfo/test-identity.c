/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-codec.h"
#include "tbx-hostname.h"
#include "tbx-os-identity.h"
#include "tbx-test-loop.h"
#include "tbx-test-netns.h"
#include "tbx-uptime.h"
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char debian[] =
  "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
  "NAME=\"Debian GNU/Linux\"\n"
  "VERSION_ID=\"12\"\n"
  "VERSION=\"12 (bookworm)\"\n"
  "VERSION_CODENAME=bookworm\n"
  "ID=debian\n"
  "HOME_URL=\"https://www.debian.org/\"\n";

static struct utsname
kernel_new (const char *release, const char *machine)
{
  struct utsname kernel = { .sysname = "Linux" };

  g_strlcpy (kernel.release, release, sizeof kernel.release);
  g_strlcpy (kernel.machine, machine, sizeof kernel.machine);
  return kernel;
}

static TbxOsIdentity *
identify (const char *text, const char *kernel_release, const char *machine)
{
  g_autoptr(TbxOsRelease) release = tbx_os_release_parse (text, strlen (text));
  struct utsname kernel = kernel_new (kernel_release, machine);

  return tbx_os_identity_new (release, &kernel);
}

/* The example of docs/wire/guestinfo.md, from the file to the last byte. */
static void
test_example (void)
{
  g_autoptr(TbxOsIdentity) os = identify (debian, "6.1.0-18-amd64", "x86_64");
  const TbxOsDetails details = { os->short_name, os->full_name, os->properties };
  g_autoptr(GBytes) payload = NULL;
  g_autoptr(GBytes) message = NULL;
  g_autofree char *digest = NULL;

  g_assert_cmpstr (os->short_name, ==, "debian12-64");
  g_assert_cmpstr (os->full_name, ==, "Linux 6.1.0-18-amd64 Debian GNU/Linux 12 (bookworm) "
                                      "Debian GNU/Linux 12 12 (bookworm)");
#if defined(__x86_64__) || defined(__i386__)
  payload = tbx_os_details_encode (&details, NULL);
  message = tbx_guestinfo_encode (TBX_GUESTINFO_OS_DETAILED, g_bytes_get_data (payload, NULL),
                                  g_bytes_get_size (payload), NULL);
  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message);
  g_assert_cmpstr (digest, ==, "0c34b93d7a119bfd96a43d23c305e9cbc8f4ef44108b6b454209fbcaab1557a8");
#endif
}

static void
test_short_names (void)
{
  static const struct { const char *name, *version, *kernel, *expected; } cases[] = {
    { "AlmaLinux", "9.3", "5", "almaLinux" },
    { "Amazon Linux", "1", "5", "amazonlinux2" },
    { "Amazon Linux", "2023", "6", "amazonlinux2023" },
    { "Arch Linux", "", "6", "Arch" },
    { "Asianux", "2", "2.6", "asianux" },
    { "Asianux", "3", "2.6", "asianux3" },
    { "BigCloud Enterprise Linux", "8", "4.19", "other4xlinux" },
    { "CentOS Linux", "7", "3.10", "centos7" },
    { "CentOS", "5", "2.6", "centos" },
    { "Debian GNU/Linux", "3.1", "2.4", "debian4" },
    { "Debian GNU/Linux", "", "6", "debian4" },
    { "Red Hat Enterprise Linux", "9.2", "5", "rhel9" },
    { "Red Hat Enterprise Linux", "", "5", "rhel" },
    { "Red Hat Linux", "9", "2.4", "redhat" },
    { "Scientific Enterprise Linux", "7", "3", "oraclelinux7" },
    { "Oracle Linux Server", "", "5", "oraclelinux" },
    { "openSUSE Leap", "15.5", "5", "opensuse" },
    { "SUSE Linux Enterprise Server 15 SP5", "15.5", "5", "sles15" },
    { "SUSE Linux Enterprise Desktop 12", "12", "4", "sles12" },
    { "SUSE Linux Enterprise Server for SAP Applications 12", "12", "4", "sles12" },
    { "SUSE Linux Enterprise Micro", "5", "5", "sles" },
    { "Sun SUSE", "", "2.6", "sjds" },
    { "Novell SUSE", "", "2.6", "nld9" },
    { "SUSE Linux", "10", "2.6", "suse" },
    { "Rocky Linux", "9.1", "5", "rockyLinux" },
    { "Ubuntu", "22.04", "5.15", "ubuntu" },
    { "VMware Photon OS", "5.0", "6.1", "vmware-photon" },
    { "Alpine Linux", "3.18", "2.2.1", "other" },
    { "Alpine Linux", "3.18", "1.0", "other" },
    { "Alpine Linux", "3.18", "2.4.1", "other24xlinux" },
    { "Alpine Linux", "3.18", "2.6.32", "other26xlinux" },
    { "Alpine Linux", "3.18", "3.10", "other3xlinux" },
    { "Alpine Linux", "3.18", "6.1.0", "other6xlinux" },
    { "Alpine Linux", "3.18", "9.0", "other7xlinux" },
    { "Alpine Linux", "3.18", "weird", "other" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("NAME=\"%s\"\nVERSION_ID=%s\n", cases[i].name,
                                               cases[i].version);
      g_autoptr(TbxOsIdentity) os = identify (text, cases[i].kernel, "i686");

      g_assert_cmpstr (os->short_name, ==, cases[i].expected);
    }
}

static void
test_machines (void)
{
  g_autoptr(TbxOsIdentity) arm = identify (debian, "6.1", "aarch64");
  g_autoptr(TbxOsIdentity) plain = identify ("NAME=Ubuntu\n", "6.1", "aarch64");
  g_autoptr(TbxOsIdentity) old = identify (debian, "6.1", "i686");

  g_assert_cmpstr (arm->short_name, ==, "arm-debian12-64");
  g_assert_cmpstr (plain->short_name, ==, "ubuntu-64");
  g_assert_cmpstr (old->short_name, ==, "debian12");
  g_assert_nonnull (strstr (old->properties, "bitness='32'"));
}

/* Quotes, escapes, odd lines; an empty property is left out. */
static void
test_values (void)
{
  g_autoptr(TbxOsIdentity) os =
    identify ("# NAME=no\n NAME=no\nNAME='It\\'s'\nNAME=second\nVERSION=\"a\"b\" rest\n"
              "VERSION_ID=\nBUILD_ID=\"\"\nCPE_NAME=\xff\nPRETTY_NAME=x\ty\nJUNK\n=\n",
              "6.1", "x86_64");
  g_autoptr(TbxOsIdentity) none = identify ("", "6.1", "x86_64");

  g_assert_cmpstr (os->full_name, ==, "Linux 6.1 'It\\'s' a\"b");
  g_assert_nonnull (strstr (os->properties,
                            "bitness='64' distroAddlVersion='a\"b' distroName='\\'It\\\\\\'s\\'' "
                            "familyName='Linux' kernelVersion='6.1'"));
  g_assert_cmpstr (none->full_name, ==, "Linux 6.1");
  g_assert_cmpstr (none->short_name, ==, "other6xlinux-64");
  g_assert_nonnull (strstr (none->properties, "distroName='Linux'"));
}

/* What is too long is cut or left out, never in the middle of a character. */
static void
test_limits (void)
{
  g_autofree char *long_name = g_strnfill (511, '\'');
  g_autofree char *too_long = g_strnfill (512, 'x');
  g_autoptr(GString) wide = g_string_new ("NAME=");
  g_autofree char *quotes = g_strdup_printf ("NAME=%s\n", long_name);
  g_autofree char *dropped = g_strdup_printf ("NAME=%s\nVERSION=1\n", too_long);
  g_autoptr(TbxOsIdentity) os = NULL;
  g_autoptr(TbxOsIdentity) other = NULL;
  g_autoptr(TbxOsIdentity) cut = NULL;

  os = identify (quotes, "6.1", "x86_64");       /* 1,022 bytes of escapes and a name */
  g_assert_cmpstr (os->properties, ==, "");
  g_assert_cmpuint (strlen (os->full_name), ==, 511);
  other = identify (dropped, "6.1", "x86_64");
  g_assert_cmpstr (other->full_name, ==, "Linux 6.1 1");
  for (int i = 0; i < 170; i++)
    g_string_append (wide, "€");                 /* 510 bytes */
  cut = identify (wide->str, "6.12", "x86_64");
  g_assert_true (g_utf8_validate (cut->full_name, -1, NULL));
  g_assert_cmpuint (strlen (cut->full_name), <=, 511);
  g_assert_cmpuint (strlen (cut->full_name), >, 508);
}

static void
test_this_machine (void)
{
  g_autoptr(TbxOsIdentity) os = tbx_os_identity_read ();
  g_autofree char *uptime = tbx_uptime_read ();

  g_assert_true (g_str_has_prefix (os->full_name, "Linux "));
  g_assert_nonnull (strstr (os->properties, "kernelVersion='"));
  g_assert_nonnull (uptime);
  g_assert_cmpuint (g_ascii_strtoull (uptime, NULL, 10), >, 0);
}

static void
test_uptime (void)
{
  static const struct { const char *text, *expected; } cases[] = {
    { "3600.12 7000.00\n", "360012" }, { "0.05 0.00", "5" }, { "1.00", "100" },
    { "", NULL }, { "x", NULL }, { "12", NULL }, { "12.3", NULL }, { "-1.00", NULL },
    { "1.234", NULL }, { "99999999999999999999999.00", NULL }, { "184467440737095516.00", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *uptime = tbx_uptime_parse (cases[i].text);

      g_assert_cmpstr (uptime, ==, cases[i].expected);
    }
}

static void
on_name (guint *n)
{
  (*n)++;
}

/* The kernel says when the name changes; asking is not needed. */
static void
test_hostname (void)
{
  TbxHostname *hostname;
  guint n = 0;

  g_assert_cmpint (sethostname ("before", 6), ==, 0);
  hostname = tbx_hostname_new ();
  g_signal_connect_swapped (hostname, "notify::name", G_CALLBACK (on_name), &n);
  g_assert_cmpstr (tbx_hostname_get_name (hostname), ==, "before");
  g_assert_cmpint (sethostname ("web01.example.com", 17), ==, 0);
  tbx_test_until (n > 0);
  g_assert_cmpstr (tbx_hostname_get_name (hostname), ==, "web01.example.com");
  g_assert_cmpint (sethostname ("web02", 5), ==, 0);
  tbx_test_until (n > 1);
  g_assert_cmpstr (tbx_hostname_get_name (hostname), ==, "web02");
  g_assert_cmpint (sethostname ("web02", 5), ==, 0);   /* the same: no news */
  tbx_test_settle ();
  g_assert_cmpuint (n, ==, 2);
  g_assert_finalize_object (hostname);
}

int
main (int argc, char **argv)
{
  gboolean entered = tbx_test_netns_enter ();

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guestinfo/os/example", test_example);
  g_test_add_func ("/guestinfo/os/short-names", test_short_names);
  g_test_add_func ("/guestinfo/os/machines", test_machines);
  g_test_add_func ("/guestinfo/os/values", test_values);
  g_test_add_func ("/guestinfo/os/limits", test_limits);
  g_test_add_func ("/guestinfo/os/this-machine", test_this_machine);
  g_test_add_func ("/guestinfo/uptime", test_uptime);
  if (entered)
    g_test_add_func ("/guestinfo/hostname", test_hostname);
  else
    g_printerr ("# the host name is not watched: neither root nor user namespaces\n");
  return g_test_run ();
}
