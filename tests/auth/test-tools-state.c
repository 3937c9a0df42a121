/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tools-state.h"
#include "tbx-vix-properties.h"
#include <string.h>

static const TbxToolsFacts facts = {
  "Linux 6.1.0 Debian GNU/Linux 12 (bookworm)", "debian12-64", "web01", "0.1.0",
};

static GArray *
decode (const TbxPolicy *policy, guchar **memory)
{
  g_autofree char *text = tbx_tools_state_encode (policy, &facts);
  GArray *list = NULL;
  gsize size;

  *memory = g_base64_decode (text, &size);
  g_assert_cmpint (tbx_vix_properties_decode (*memory, size, &list), ==, TBX_VIX_OK);
  return list;
}

static gboolean
flag (GArray *list, guint32 id)
{
  const TbxVixProperty *property = tbx_vix_properties_lookup (list, id);

  g_assert_nonnull (property);
  g_assert_cmpint (property->type, ==, TBX_VIX_PROPERTY_BOOL);
  return property->boolean;
}

/* All 29 flags are there; only what has no function says that it is disabled. */
static void
test_full (void)
{
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  g_autofree guchar *memory = NULL;
  g_autoptr(GArray) list = decode (policy, &memory);

  g_assert_cmpuint (list->len, ==, 11 + 29);
  for (guint32 id = 4540; id <= 4568; id++)
    g_assert_cmpint (flag (list, id), ==, (id >= 4558 && id <= 4561) || id == 4568);
  g_assert_cmpstr (tbx_vix_properties_lookup (list, 4503)->string, ==, facts.os_full_name);
  g_assert_cmpstr (tbx_vix_properties_lookup (list, 4520)->string, ==, "debian12-64");
  g_assert_cmpstr (tbx_vix_properties_lookup (list, 4505)->string, ==, "web01");
  g_assert_cmpint (tbx_vix_properties_lookup (list, 4502)->int32, ==, 1);
}

static void
test_policy (void)
{
  char *deny[] = { (char *) "StartProgramInGuest", NULL };
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  g_autofree guchar *memory = NULL;
  g_autoptr(GArray) list = NULL;

  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { TRUE, deny, NULL });
  list = decode (policy, &memory);
  g_assert_true (flag (list, 4540));
  g_assert_false (flag (list, 4541));
}

static void
test_too_long (void)
{
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  g_autofree char *name = g_strnfill (20000, 'x');

  g_assert_null (tbx_tools_state_encode (policy, &(TbxToolsFacts) { name, "", "", "" }));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tools-state/full", test_full);
  g_test_add_func ("/tools-state/policy", test_policy);
  g_test_add_func ("/tools-state/too-long", test_too_long);
  return g_test_run ();
}
