/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-os-identity.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-os-short-name.h"
#include <string.h>
#include <sys/utsname.h>

/* A pair of name and value is shorter, or there are no properties at all. */
#define MAX_PAIR_BYTES 1023

#define MAX_SHORT_NAME_BYTES 127
#define MAX_FULL_NAME_BYTES  511

#if defined(__arm__) || defined(__aarch64__)
#define ARCHITECTURE "Arm"
#else
#define ARCHITECTURE "X86"
#endif

/* As much of it as fits, and no half character at its end. */
static char *
take_whole (char *text, gsize limit)
{
  const char *end;

  if (strlen (text) <= limit)
    return text;
  text[limit] = '\0';
  if (!g_utf8_validate (text, -1, &end))
    text[end - text] = '\0';
  return text;
}

static gboolean
is_64_bit (const struct utsname *kernel)
{
  return strstr (kernel->machine, "x86_64") != NULL || strstr (kernel->machine, "aarch64") != NULL;
}

static gboolean
is_arm (const struct utsname *kernel)
{
  return strstr (kernel->machine, "aarch64") != NULL || g_str_has_prefix (kernel->machine, "arm");
}

static char *
short_name (const TbxOsRelease *release, const struct utsname *kernel)
{
  const char *id = release->fields[TBX_OS_VERSION_ID];
  guint64 version = id == NULL ? 0 : g_ascii_strtoull (id, NULL, 10);
  g_autofree char *text = g_ascii_strdown (release->text, -1);
  gboolean prefixed;
  g_autofree char *name = tbx_os_short_name (text, (guint) MIN (version, 999999), kernel->release,
                                             &prefixed);

  return take_whole (g_strconcat (is_arm (kernel) && prefixed ? "arm-" : "", name,
                                  is_64_bit (kernel) ? "-64" : "", NULL),
                     MAX_SHORT_NAME_BYTES);
}

/* Returns: whether the pair fits; an empty value is left out. */
static gboolean
add_pair (GString *all, const char *name, const char *value)
{
  g_autoptr(GString) pair = g_string_new (name);
  g_autofree char *text = g_strchomp (g_strdup (value == NULL ? "" : value));

  if (text[0] == '\0')
    return TRUE;
  g_string_append (pair, "='");
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '\'' || *c == '\\')
        g_string_append_c (pair, '\\');
      g_string_append_c (pair, *c);
    }
  g_string_append_c (pair, '\'');
  if (pair->len > MAX_PAIR_BYTES)
    return FALSE;
  if (all->len > 0)
    g_string_append_c (all, ' ');
  g_string_append_len (all, pair->str, (gssize) pair->len);
  return TRUE;
}

static char *
properties (const TbxOsRelease *release, const struct utsname *kernel)
{
  char *const *f = release->fields;
  const struct { const char *name, *value; } pairs[] = {
    { "architecture", ARCHITECTURE },
    { "bitness", is_64_bit (kernel) ? "64" : "32" },
    { "buildNumber", f[TBX_OS_BUILD_ID] },
    { "cpeString", f[TBX_OS_CPE_NAME] },
    { "distroAddlVersion", f[TBX_OS_VERSION] },
    { "distroName", f[TBX_OS_NAME] != NULL ? f[TBX_OS_NAME] : kernel->sysname },
    { "distroVersion", f[TBX_OS_VERSION_ID] },
    { "familyName", kernel->sysname },
    { "kernelVersion", kernel->release },
    { "prettyName", f[TBX_OS_PRETTY_NAME] },
  };
  g_autoptr(GString) all = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (!add_pair (all, pairs[i].name, pairs[i].value))
      return g_strdup ("");
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/**
 * tbx_os_identity_new:
 * @release: what the distribution says
 * @kernel: what the kernel says
 *
 * Source: docs/wire/guestinfo.md, "Operating system names", "Detailed OS data".
 *
 * Returns: (transfer full): the names, within the lengths that the host takes
 */
TbxOsIdentity *
tbx_os_identity_new (const TbxOsRelease *release, const struct utsname *kernel)
{
  TbxOsIdentity *self = g_new (TbxOsIdentity, 1);

  self->short_name = short_name (release, kernel);
  self->full_name = take_whole (g_strchomp (g_strdup_printf ("%s %s %s", kernel->sysname,
                                                             kernel->release, release->text)),
                                MAX_FULL_NAME_BYTES);
  self->properties = properties (release, kernel);
  return self;
}

/**
 * tbx_os_identity_read:
 *
 * Returns: (transfer full): the operating system that runs here, read anew
 */
TbxOsIdentity *
tbx_os_identity_read (void)
{
  g_autoptr(TbxOsRelease) release = tbx_os_release_read ("/");
  struct utsname kernel;

  if (uname (&kernel) != 0)
    memset (&kernel, 0, sizeof kernel);
  return tbx_os_identity_new (release, &kernel);
}

/**
 * tbx_os_identity_free:
 * @self: (transfer full): the names
 */
void
tbx_os_identity_free (TbxOsIdentity *self)
{
  g_free (self->short_name);
  g_free (self->full_name);
  g_free (self->properties);
  g_free (self);
}
