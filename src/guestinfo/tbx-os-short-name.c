/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-os-short-name.h"
#include <stdio.h>
#include <string.h>

/* How a name is made where it is not just the name. */
typedef enum
{
  RULE_PLAIN,
  RULE_NUMBERED,     /* with the version, if that is not 0 */
  RULE_AT_LEAST,     /* with the version, which is at least @limit */
  RULE_FROM,         /* with the version from @limit on */
  RULE_RED_HAT,
  RULE_SUSE,
  RULE_DEFAULT,
} Rule;

/* The first pattern that occurs in the lower-cased text decides.
 * Source: docs/wire/guestinfo.md, "Operating system names". */
static const struct { const char *pattern; const char *name; Rule rule; guint limit; } table[] = {
  { "almalinux", "almaLinux" },
  { "amazon", "amazonlinux", RULE_AT_LEAST, 2 },
  { "annvix", "Annvix" },
  { "arch", "Arch" },
  { "arklinux", "Arklinux" },
  { "asianux", "asianux", RULE_FROM, 3 },
  { "aurox", "Aurox" },
  { "bigcloud", NULL, RULE_DEFAULT },
  { "black cat", "BlackCat" },
  { "centos", "centos", RULE_FROM, 6 },
  { "cobalt", "Cobalt" },
  { "conectiva", "Conectiva" },
  { "debian", "debian", RULE_AT_LEAST, 4 },
  { "red hat", "redhat", RULE_RED_HAT },
  { "enterprise linux", "oraclelinux", RULE_NUMBERED },
  { "fedora", "Fedora" },
  { "flatcar", "flatcar" },
  { "fusionos", "fusionos" },
  { "gentoo", "Gentoo" },
  { "immunix", "Immunix" },
  { "kylin linux", "kylinlinux" },
  { "linux-from-scratch", "Linux-From-Scratch" },
  { "linux-ppc", "Linux-PPC" },
  { "mandrake", "mandrake" },
  { "mandriva", "mandriva" },
  { "miracle linux", "miraclelinux" },
  { "mklinux", "MkLinux" },
  { "opensuse", "opensuse" },
  { "oracle", "oraclelinux", RULE_NUMBERED },
  { "pardus", "pardus" },
  { "pld", "PLD" },
  { "prolinux", "prolinux" },
  { "rocky linux", "rockyLinux" },
  { "slackware", "Slackware" },
  { "sme server", "SMEServer" },
  { "suse", "suse", RULE_SUSE },
  { "tiny sofa", "Tiny Sofa" },
  { "turbolinux", "turbolinux" },
  { "ubuntu", "ubuntu" },
  { "ultra penguin", "UltraPenguin" },
  { "united linux", "UnitedLinux" },
  { "va linux", "VALinux" },
  { "vmware photon", "vmware-photon" },
  { "yellow dog", "Yellow Dog" },
};

static const char *
name_by_kernel (const char *release)
{
  static const char *const names[] = { "other3xlinux", "other4xlinux", "other5xlinux",
                                       "other6xlinux", "other7xlinux" };
  guint major = 0, minor = 0;

  sscanf (release, "%u.%u", &major, &minor);
  if (major >= 3)
    return names[MIN (major - 3, G_N_ELEMENTS (names) - 1)];
  if (major < 2 || minor < 4)
    return "other";
  return minor < 6 ? "other24xlinux" : "other26xlinux";
}

static char *
name_of_suse (const char *text)
{
  static const guint versions[] = { 10, 11, 12, 15, 16 };

  if (strstr (text, "enterprise") == NULL)
    return g_strdup (strstr (text, "sun") != NULL ? "sjds"
                     : strstr (text, "novell") != NULL ? "nld9" : "suse");
  if (strstr (text, "server for sap applications 12") != NULL)
    return g_strdup ("sles12");
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autofree char *desktop = g_strdup_printf ("desktop %u", versions[i]);
      g_autofree char *server = g_strdup_printf ("server %u", versions[i]);

      if (strstr (text, desktop) != NULL || strstr (text, server) != NULL)
        return g_strdup_printf ("sles%u", versions[i]);
    }
  return g_strdup ("sles");
}

static char *
with_version (const char *name, guint version)
{
  return version == 0 ? g_strdup (name) : g_strdup_printf ("%s%u", name, version);
}

/**
 * tbx_os_short_name:
 * @text: what names the distribution, in lower case
 * @version: its leading number, or 0
 * @kernel_release: such as "6.1.0-18-amd64"; decides for unknown distributions
 * @generic_or_numbered: (out): whether the name stands for any Linux, or has a version
 *
 * Returns: (transfer full): the name
 */
char *
tbx_os_short_name (const char *text, guint version, const char *kernel_release,
                   gboolean *generic_or_numbered)
{
  gsize i = 0;

  *generic_or_numbered = TRUE;
  while (i < G_N_ELEMENTS (table) && strstr (text, table[i].pattern) == NULL)
    i++;
  if (i == G_N_ELEMENTS (table))
    return g_strdup (name_by_kernel (kernel_release));
  switch (table[i].rule)
    {
    case RULE_DEFAULT:
      return g_strdup (name_by_kernel (kernel_release));
    case RULE_NUMBERED:
      return with_version (table[i].name, version);
    case RULE_AT_LEAST:
      return with_version (table[i].name, MAX (version, table[i].limit));
    case RULE_FROM:
      return with_version (table[i].name, version >= table[i].limit ? version : 0);
    case RULE_RED_HAT:
      if (strstr (text, "enterprise") != NULL)
        return with_version ("rhel", version);
      break;
    case RULE_SUSE:
      return name_of_suse (text);
    case RULE_PLAIN:
      break;
    }
  *generic_or_numbered = FALSE;
  return g_strdup (table[i].name);
}
