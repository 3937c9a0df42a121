/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-policy.h"
#include "tbx-hgfs-requests.h"
#include <string.h>

static const char *const no_groups[] = { NULL };

static TbxVixCode
check (TbxPolicy *policy, guint32 opcode)
{
  return tbx_policy_check (policy, tbx_vix_opcode_lookup (opcode));
}

static void
test_default (void)
{
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  guint n;
  const TbxVixOpcodeInfo *opcodes = tbx_vix_opcode_list (&n);

  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpint (tbx_policy_check (policy, &opcodes[i]), ==, TBX_VIX_OK);
      g_assert_cmpint (tbx_policy_check_user (policy, &opcodes[i], "u", no_groups), ==, TBX_VIX_OK);
    }
}

/* What is off stays askable: the host learns from GetToolsState that it is off. */
static void
test_disabled (void)
{
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  guint n;
  const TbxVixOpcodeInfo *opcodes = tbx_vix_opcode_list (&n);

  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { .enabled = FALSE });
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (tbx_policy_check (policy, &opcodes[i]), ==,
                     opcodes[i].opcode == TBX_VIX_GET_TOOLS_STATE ? TBX_VIX_OK
                                                                  : TBX_VIX_OPERATION_DISABLED);
  g_assert_false (tbx_policy_allows_method (policy, "StartProgramInGuest"));
}

/* A denied method has no second door in a legacy opcode; HGFS packets pass as long as
 * one way of a transfer does. */
static void
test_lists (void)
{
  char *deny[] = { (char *) "StartProgramInGuest", (char *) "InitiateFileTransferToGuest", NULL };
  char *allow[] = { (char *) "StartProgramInGuest", (char *) "ListFilesInGuest", NULL };
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();

  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { TRUE, deny, NULL });
  g_assert_cmpint (check (policy, TBX_VIX_START_PROGRAM), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check (policy, TBX_VIX_RUN_SCRIPT), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check (policy, TBX_VIX_LIST_FILES), ==, TBX_VIX_OK);
  g_assert_cmpint (check (policy, TBX_VIX_HGFS_PACKET), ==, TBX_VIX_OK);

  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { TRUE, deny, allow });
  g_assert_cmpint (check (policy, TBX_VIX_START_PROGRAM), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check (policy, TBX_VIX_LIST_FILES), ==, TBX_VIX_OK);
  g_assert_cmpint (check (policy, TBX_VIX_DELETE_FILE), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check (policy, TBX_VIX_HGFS_PACKET), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check (policy, TBX_VIX_LOGOUT), ==, TBX_VIX_OK);
}

/* Of a denied way nothing passes, of what may be a part of both all does. */
static void
test_packets (void)
{
  static const struct { guint8 op, mode, flags; gboolean from, to; } packets[] = {
    { TBX_HGFS_OPEN, TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING, TRUE, FALSE },
    { TBX_HGFS_OPEN, TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_CREATE, FALSE, TRUE },
    { TBX_HGFS_OPEN, TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_EXISTING, FALSE, TRUE },
    { TBX_HGFS_OPEN, TBX_HGFS_MODE_READ_WRITE, TBX_HGFS_OPEN_EXISTING, FALSE, TRUE },
    { TBX_HGFS_READ, 0, 0, TRUE, FALSE },
    { TBX_HGFS_WRITE, 0, 0, FALSE, TRUE },
    { TBX_HGFS_DELETE_FILE, 0, 0, FALSE, TRUE },
    { TBX_HGFS_GETATTR, 0, 0, TRUE, TRUE },
    { TBX_HGFS_CLOSE, 0, 0, TRUE, TRUE },
    { TBX_HGFS_N_OPS, 0, 0, TRUE, TRUE },
  };
  char *deny_from[] = { (char *) "InitiateFileTransferFromGuest", NULL };
  char *deny_to[] = { (char *) "InitiateFileTransferToGuest", NULL };
  g_autoptr(TbxPolicy) no_from = tbx_policy_new ();
  g_autoptr(TbxPolicy) no_to = tbx_policy_new ();

  tbx_policy_set_rule (no_from, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { TRUE, deny_from, NULL });
  tbx_policy_set_rule (no_to, TBX_POLICY_USER, "bob", &(TbxPolicyRule) { TRUE, deny_to, NULL });
  for (gsize i = 0; i < G_N_ELEMENTS (packets); i++)
    {
      /* Id and operation, then mode, flags, permissions and an empty name. */
      const guint8 data[8 + 13] = { 1, 0, 0, 0, packets[i].op, 0, 0, 0,
                                    packets[i].mode, 0, 0, 0, packets[i].flags };
      const TbxVixOpcodeInfo *info = tbx_policy_opcode_of_packet (data, sizeof data);

      g_test_message ("Packet %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (tbx_policy_check (no_from, info) == TBX_VIX_OK, ==, packets[i].to);
      g_assert_cmpint (tbx_policy_check_user (no_to, info, "bob", no_groups) == TBX_VIX_OK, ==,
                       packets[i].from);
      g_assert_cmpint (tbx_policy_check (no_to, info), ==, TBX_VIX_OK);
    }
}

static void
test_users_and_groups (void)
{
  const TbxVixOpcodeInfo *start = tbx_vix_opcode_lookup (TBX_VIX_START_PROGRAM);
  const char *const wheel[] = { "users", "wheel", NULL };
  char *deny[] = { (char *) "StartProgramInGuest", NULL };
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();
  g_autoptr(GVariant) shown = NULL;
  g_autofree char *text = NULL;

  tbx_policy_set_rule (policy, TBX_POLICY_USER, "eve", &(TbxPolicyRule) { .enabled = FALSE });
  tbx_policy_set_rule (policy, TBX_POLICY_GROUP, "wheel", &(TbxPolicyRule) { TRUE, deny, NULL });
  g_assert_cmpint (tbx_policy_check (policy, start), ==, TBX_VIX_OK);
  g_assert_cmpint (tbx_policy_check_user (policy, start, "eve", no_groups), ==,
                   TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (tbx_policy_check_user (policy, start, "bob", no_groups), ==, TBX_VIX_OK);
  g_assert_cmpint (tbx_policy_check_user (policy, start, "bob", wheel), ==,
                   TBX_VIX_OPERATION_DISABLED);

  shown = g_variant_ref_sink (tbx_policy_to_variant (policy));
  text = g_variant_print (shown, FALSE);
  g_assert_cmpstr (text, ==,
                   "{'all': <{'enabled': <true>, 'deny': <@as []>}>, "
                   "'user eve': <{'enabled': <false>, 'deny': <@as []>}>, "
                   "'group wheel': <{'enabled': <true>, 'deny': <['StartProgramInGuest']>}>}");
}

static void
assert_reason (TbxPolicy *policy, const char *method, const char *expected)
{
  g_autoptr(GVariant) methods = g_variant_ref_sink (tbx_policy_list_methods (policy));
  const char *reason = NULL;

  g_assert_cmpuint (g_variant_n_children (methods), ==, 29);
  g_assert_true (g_variant_lookup (methods, method, "&s", &reason));
  g_assert_cmpstr (reason, ==, expected);
  g_assert_cmpint (strcmp (reason, "not-supported") == 0
                   || tbx_policy_allows_method (policy, method), ==,
                   strcmp (reason, "") == 0 || strcmp (reason, "not-supported") == 0);
}

/* Each method says why it cannot be used, and says nothing when it can. */
static void
test_reasons (void)
{
  char *deny[] = { (char *) "StartProgramInGuest", (char *) "AddGuestAlias", NULL };
  char *allow[] = { (char *) "StartProgramInGuest", (char *) "ListFilesInGuest", NULL };
  g_autoptr(TbxPolicy) policy = tbx_policy_new ();

  assert_reason (policy, "StartProgramInGuest", "");
  assert_reason (policy, "AddGuestAlias", "not-supported");
  assert_reason (policy, "AcquireCredentialsInGuest", "not-supported");
  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { TRUE, deny, allow });
  assert_reason (policy, "StartProgramInGuest", "denied");
  assert_reason (policy, "ListFilesInGuest", "");
  assert_reason (policy, "MoveFileInGuest", "not-allowed");
  assert_reason (policy, "AddGuestAlias", "not-supported");
  tbx_policy_set_rule (policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { FALSE, NULL, allow });
  assert_reason (policy, "ListFilesInGuest", "off");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy/default", test_default);
  g_test_add_func ("/policy/disabled", test_disabled);
  g_test_add_func ("/policy/lists", test_lists);
  g_test_add_func ("/policy/reasons", test_reasons);
  g_test_add_func ("/policy/packets", test_packets);
  g_test_add_func ("/policy/users-and-groups", test_users_and_groups);
  return g_test_run ();
}
