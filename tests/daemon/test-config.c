/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-config.h"
#include <string.h>

static TbxConfig *
parse (const char *text, GPtrArray **problems)
{
  *problems = g_ptr_array_new_with_free_func (g_free);
  return tbx_config_parse ("t.conf", text, strlen (text), *problems);
}

static void
test_good (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("# a comment\n[toolboxd]\ntransport=backdoor\n\n[guestinfo]\n"
                                       "primary-nics = eth*,ens?\nexclude-nics=\n", &problems);

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpstr (config->transport, ==, "backdoor");
  g_assert_cmpstr (config->primary_nics, ==, "eth*,ens?");
  g_assert_cmpstr (config->low_priority_nics, ==, "");
  g_assert_cmpstr (config->exclude_nics, ==, "");
}

static void
test_empty (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("", &problems);

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpstr (config->transport, ==, "auto");
  g_assert_cmpstr (config->exclude_nics, ==, "docker*,veth*,virbr*,antrea-*,cali*");
  g_assert_cmpuint (config->power_deadline_ms, ==, 10000);
  g_assert_cmpuint (config->inhibitor_wait_ms, ==, 30000);
  g_assert_cmpuint (config->stream_limit_bytes, ==, 16 << 20);
  g_assert_true (config->http_round_trip);
  g_assert_true (config->archive_transfers);
  g_assert_cmpuint (config->session_idle_s, ==, 600);
  g_assert_cmpstr (config->raw_hgfs, ==, "");
  g_assert_cmpstr (config->inhibitors, ==, "override");
  g_assert_cmpstr (config->shutdown_command, ==, "/sbin/shutdown");
  g_assert_true (g_str_has_suffix (config->power_directory, "/toolboxd/power.d"));
}

static void
test_power (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("[power]\ndeadline-ms=250\ninhibitors=refuse\n"
                                       "inhibitor-wait-ms=1\nshutdown-command=\n"
                                       "directory=/a/b\n", &problems);
  g_autoptr(GPtrArray) bad = NULL;
  g_autoptr(TbxConfig) refused = parse ("[power]\ndeadline-ms=99\ninhibitors=maybe\n"
                                        "inhibitor-wait-ms=-1\nshutdown-command=shutdown\n"
                                        "directory=b\n", &bad);

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (config->power_deadline_ms, ==, 250);
  g_assert_cmpuint (config->inhibitor_wait_ms, ==, 1);
  g_assert_cmpstr (config->inhibitors, ==, "refuse");
  g_assert_cmpstr (config->shutdown_command, ==, "");
  g_assert_cmpstr (config->power_directory, ==, "/a/b");
  g_assert_cmpuint (bad->len, ==, 5);
  g_assert_cmpstr (g_ptr_array_index (bad, 1), ==,
                   "t.conf:3: [power] inhibitors: neither “override” nor “refuse”");
  g_assert_cmpuint (refused->power_deadline_ms, ==, 10000);
  g_assert_cmpstr (refused->inhibitors, ==, "override");
}

static void
test_settings (void)
{
  static const struct { const char *value; guint bytes; const char *problem; } sizes[] = {
    { "65536", 65536, NULL }, { "64K", 65536, NULL }, { "1G", 1 << 30, NULL },
    { "3M", 3 << 20, NULL }, { "1024M", 1 << 30, NULL },
    { "63K", 16 << 20, "not between 64K and 1024M" },
    { "2G", 16 << 20, "not between 64K and 1024M" },
    { "4294967295G", 16 << 20, "not between 64K and 1024M" },
    { "16MB", 16 << 20, "is not an unsigned number" },
    { "", 16 << 20, "Empty string" },
    { "M", 16 << 20, "Empty string" },
    { "-1M", 16 << 20, "is not an unsigned number" },
  };
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) off = parse ("[guest-operations]\nhttp-round-trip=no\n"
                                    "archive-transfers=false\nsession-idle-s=60\n", &problems);

  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (problems, 0), ==,
                   "t.conf:2: [guest-operations] http-round-trip: neither “true” nor “false”; "
                   "it is off until that is mended");
  g_assert_false (off->http_round_trip);
  g_assert_false (off->archive_transfers);
  g_assert_cmpuint (off->session_idle_s, ==, 60);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strconcat ("[guest-operations]\nstream-limit=", sizes[i].value,
                                           "\n", NULL);
      g_autoptr(GPtrArray) wrong = NULL;
      g_autoptr(TbxConfig) config = parse (text, &wrong);

      g_assert_cmpuint (config->stream_limit_bytes, ==, sizes[i].bytes);
      g_assert_cmpuint (wrong->len, ==, sizes[i].problem == NULL ? 0 : 1);
      if (sizes[i].problem != NULL)
        {
          g_test_message ("%s: %s", sizes[i].value, (char *) g_ptr_array_index (wrong, 0));
          g_assert_nonnull (strstr (g_ptr_array_index (wrong, 0), sizes[i].problem));
        }
    }
}

/* Each message names file, line, group and key; what is good beside it counts. */
static void
test_problems (void)
{
  static const struct { const char *text, *message; } cases[] = {
    { "[guestinfo]\nprimary-nics=a*\n\n[toolboxd]\n transport = tcp\n",
      "t.conf:5: [toolboxd] transport: “tcp” is no transport; there are auto, backdoor and "
      "socket:PATH, with an absolute path" },
    { "[guestinfo]\nprimary-nics=a*\nprimery-nics=b*\n",
      "t.conf:3: [guestinfo] primery-nics: unknown key" },
    { "[guestinfo]\nprimary-nics=a*\n[guestinf]\nx=y\n", "t.conf:3: [guestinf]: unknown group" },
    { "[guestinfo]\nprimary-nics=a*\nlow-priority-nics=b\\q\n",
      "t.conf:3: [guestinfo] low-priority-nics: Key file contains key “low-priority-nics” "
      "which has a value that cannot be interpreted." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GPtrArray) problems = NULL;
      g_autoptr(TbxConfig) config = parse (cases[i].text, &problems);

      g_assert_cmpuint (problems->len, ==, 1);
      g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, cases[i].message);
      g_assert_cmpstr (config->primary_nics, ==, "a*");
      g_assert_cmpstr (config->transport, ==, "auto");
      g_assert_cmpstr (config->low_priority_nics, ==, "");
    }
}

/* What is no key file at all gives its line, and defaults throughout. */
static void
test_broken (void)
{
  static const struct { const char *text; const char *start; } cases[] = {
    { "[guestinfo]\nprimary-nics=a*\nnonsense\n", "t.conf:3: " },
    { "x=y\n[guestinfo]\nprimary-nics=a*\n", "t.conf:1: " },
    { "[guestinfo]\nprimary-nics=a*\n=z\n", "t.conf:3: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GPtrArray) problems = NULL;
      g_autoptr(TbxConfig) config = parse (cases[i].text, &problems);

      g_assert_cmpuint (problems->len, ==, 1);
      g_assert_true (g_str_has_prefix (g_ptr_array_index (problems, 0), cases[i].start));
      g_assert_cmpstr (config->primary_nics, ==, "");
      g_assert_false (tbx_policy_allows_method (config->policy, "ListFilesInGuest"));
    }
}

/* Where a key or a group stands twice the last counts, and what is wrong is said once. */
static void
test_twice (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("[toolboxd]\ntransport=a\ntransport=b\n"
                                       "[guestinfo]\nprimary-nics=x\n[nope]\n[toolboxd]\ntransport=c\n"
                                       "[guestinfo]\nprimary-nics=y\n"
                                       "[guest-operations]\ndeny=A\ndeny=ListFilesInGuest\n",
                                       &problems);

  g_assert_cmpuint (problems->len, ==, 2);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (problems, 0), "t.conf:8: [toolboxd] transport: "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (problems, 1), "t.conf:6: [nope]: "));
  g_assert_cmpstr (config->transport, ==, "auto");
  g_assert_cmpstr (config->primary_nics, ==, "y");
  g_assert_false (tbx_policy_allows_method (config->policy, "ListFilesInGuest"));
}

static TbxVixCode
check_user (TbxConfig *config, guint32 opcode, const char *user)
{
  const char *const groups[] = { "staff", NULL };

  return tbx_policy_check_user (config->policy, tbx_vix_opcode_lookup (opcode), user, groups);
}

static void
test_policy (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("[guest-operations]\ntimeout-ms=300\ndeny=StartProgramInGuest;\n"
                                       "[guest-operations user eve]\nenabled=false\n"
                                       "[guest-operations group staff]\nallow=ListFilesInGuest\n",
                                       &problems);

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (config->timeout_ms, ==, 300);
  g_assert_cmpuint (config->worker_idle_s, ==, 300);
  g_assert_false (tbx_policy_allows_method (config->policy, "StartProgramInGuest"));
  g_assert_true (tbx_policy_allows_method (config->policy, "ListFilesInGuest"));
  g_assert_cmpint (check_user (config, TBX_VIX_LIST_FILES, "eve"), ==, TBX_VIX_OPERATION_DISABLED);
  g_assert_cmpint (check_user (config, TBX_VIX_LIST_FILES, "bob"), ==, TBX_VIX_OK);
  g_assert_cmpint (check_user (config, TBX_VIX_DELETE_FILE, "bob"), ==, TBX_VIX_OPERATION_DISABLED);
}

/* A limit that cannot be read is none that may be passed over. */
static void
test_policy_problems (void)
{
  g_autoptr(GPtrArray) problems = NULL;
  g_autoptr(TbxConfig) config = parse ("[guest-operations]\nenabled=maybe\ntimeout-ms=3\n"
                                       "[guest-operations user bob]\nallow=ListFiles\nx=y\n"
                                       "[guest-operations user ]\n",
                                       &problems);

  g_assert_cmpuint (problems->len, ==, 7);
  g_assert_cmpstr (g_ptr_array_index (problems, 2), ==,
                   "t.conf:3: [guest-operations] timeout-ms: Number “3” is out of bounds [100, 60000]");
  g_assert_cmpstr (g_ptr_array_index (problems, 3), ==,
                   "t.conf:5: [guest-operations user bob] allow: “ListFiles” is no guest operation");
  g_assert_cmpuint (config->timeout_ms, ==, 5000);
  g_assert_false (tbx_policy_allows_method (config->policy, "ListFilesInGuest"));
  g_assert_cmpint (check_user (config, TBX_VIX_LIST_FILES, "bob"), ==, TBX_VIX_OPERATION_DISABLED);
}

/* What limits nothing because it cannot be read switches off: the rule it stands in. */
static void
test_policy_closes (void)
{
  static const char *const lines[] = { "deny=ListFilesInGuest;StartProgram\\q", "deny=ListFiles",
                                       "allow=ListFilesInGuest;ListFiles",
                                       "deny=ListFilesInGuest;\377", "enabled=" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *for_all = g_strdup_printf ("[guest-operations]\n%s\n", lines[i]);
      g_autofree char *for_bob = g_strdup_printf ("[guest-operations user bob]\n%s\n", lines[i]);
      g_autoptr(GPtrArray) problems = NULL, of_bob = NULL;
      g_autoptr(TbxConfig) all = parse (for_all, &problems);
      g_autoptr(TbxConfig) bob = parse (for_bob, &of_bob);

      g_test_message ("%s", lines[i]);
      g_assert_cmpuint (problems->len, >=, 2);
      g_assert_nonnull (strstr (g_ptr_array_index (problems, 0), "t.conf:2: "));
      g_assert_false (tbx_policy_allows_method (all->policy, "DeleteFileInGuest"));
      g_assert_cmpuint (of_bob->len, ==, problems->len);
      g_assert_cmpstr (g_ptr_array_index (of_bob, of_bob->len - 1), ==,
                       "t.conf:1: [guest-operations user bob]: guest operations are off here until"
                       " that is mended");
      g_assert_cmpint (check_user (bob, TBX_VIX_DELETE_FILE_EX, "bob"), ==,
                       TBX_VIX_OPERATION_DISABLED);
      g_assert_cmpint (check_user (bob, TBX_VIX_DELETE_FILE_EX, "eve"), ==, TBX_VIX_OK);
    }
}

static void
test_nul_and_size (void)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, '#');
  g_autoptr(TbxConfig) a = tbx_config_parse ("t.conf", "[toolboxd]\n\0x", 13, problems);
  g_autoptr(TbxConfig) b = tbx_config_parse ("t.conf", large, strlen (large), problems);
  g_autoptr(TbxConfig) c = tbx_config_load ("/nonexistent/t.conf", FALSE, problems);
  g_autoptr(TbxConfig) d = NULL;

  g_assert_cmpuint (problems->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, "t.conf:2: there is a NUL byte in it");
  g_assert_true (tbx_policy_allows_method (c->policy, "ListFilesInGuest"));
  d = tbx_config_load ("/nonexistent/t.conf", TRUE, problems);
  g_assert_cmpuint (problems->len, ==, 3);
  g_assert_cmpstr (d->transport, ==, "auto");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/good", test_good);
  g_test_add_func ("/config/empty", test_empty);
  g_test_add_func ("/config/power", test_power);
  g_test_add_func ("/config/settings", test_settings);
  g_test_add_func ("/config/problems", test_problems);
  g_test_add_func ("/config/broken", test_broken);
  g_test_add_func ("/config/twice", test_twice);
  g_test_add_func ("/config/policy", test_policy);
  g_test_add_func ("/config/policy-problems", test_policy_problems);
  g_test_add_func ("/config/policy-closes", test_policy_closes);
  g_test_add_func ("/config/nul-and-size", test_nul_and_size);
  return g_test_run ();
}
