/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-trace.h"
#include <glib/gstdio.h>
#include <string.h>

/* The trace says which command passed, and nothing that came after its name. */
static void
test_trace (void)
{
  g_autoptr(TbxSimTrace) trace = NULL;
  g_autofree char *dir = g_dir_make_tmp ("tbx-trace-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "trace", NULL);
  g_autofree char *text = NULL;
  g_autoptr(GBytes) request = g_bytes_new ("Vix_1_Relayed_Command \"x\"\0secret", 30);
  g_autoptr(GBytes) odd = g_bytes_new ("a\nb\x80 secret", 11);
  g_autoptr(GBytes) empty = g_bytes_new ("", 0);
  g_autoptr(GError) error = NULL;

  g_assert_null (tbx_sim_trace_new (dir, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  trace = tbx_sim_trace_new (path, NULL);
  tbx_sim_trace_message (trace, 42, 3, TBX_SIM_TCLO, FALSE, request);
  tbx_sim_trace_message (trace, 42, 3, TBX_SIM_TCLO, TRUE, empty);
  tbx_sim_trace_message (trace, 42, 4, TBX_SIM_RPCI, TRUE, odd);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, " 42 TCLO#3 host->guest Vix_1_Relayed_Command 30\n"));
  g_assert_nonnull (strstr (text, " 42 TCLO#3 guest->host - 0\n"));
  g_assert_nonnull (strstr (text, " 42 RPCI#4 guest->host a?b? 11\n"));
  g_assert_null (strstr (text, "secret"));
  g_unlink (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/trace", test_trace);
  return g_test_run ();
}
