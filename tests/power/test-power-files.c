/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power-fakes.h"
#include "tbx-error.h"
#include "tbx-power-command.h"
#include "tbx-power-files.h"
#include "tbx-test-loop.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char          *directory;   /* owned */
  char          *out;         /* a file that scripts append to (owned) */
  TbxPowerFiles *files;
  GAsyncResult  *result;      /* of the last run (owned) */
} Fixture;

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  g_autofree char *top = g_dir_make_tmp ("tbx-power-XXXXXX", NULL);

  f->directory = g_build_filename (top, "power.d", NULL);
  f->out = g_build_filename (top, "out", NULL);
  g_assert_cmpint (g_mkdir (f->directory, 0755), ==, 0);
  f->files = tbx_power_files_new (f->directory);
}

static void
remove_all (const char *path)
{
  g_autoptr(GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (g_file_test (inner, G_FILE_TEST_IS_DIR) && !g_file_test (inner, G_FILE_TEST_IS_SYMLINK))
        remove_all (inner);
      else
        g_unlink (inner);
    }
  g_rmdir (path);
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_autofree char *top = g_path_get_dirname (f->directory);

  g_clear_object (&f->result);
  g_assert_finalize_object (f->files);
  remove_all (top);
  g_free (f->directory);
  g_free (f->out);
}

static void
add (Fixture *f, const char *name, int mode, const char *body)
{
  g_autofree char *path = g_build_filename (f->directory, name, NULL);
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\nout=%s\n%s\n", f->out, body);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
on_ran (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->result = g_object_ref (result);
}

static void
begin (Fixture *f, TbxPowerOperation operation)
{
  g_clear_object (&f->result);
  tbx_power_files_run_async (f->files, operation, on_ran, f);
}

static void
run (Fixture *f, TbxPowerOperation operation, GError **error)
{
  begin (f, operation);
  tbx_test_until (f->result != NULL);
  tbx_power_files_run_finish (f->files, f->result, error);
}

static void
assert_out (Fixture *f, const char *expected)
{
  g_autofree char *text = NULL;

  g_file_get_contents (f->out, &text, NULL, NULL);
  g_assert_cmpstr (text != NULL ? text : "", ==, expected);
}

static void
assert_waiting (Fixture *f, const char *expected)
{
  g_autoptr(GVariant) waiting = NULL;
  g_autofree char *text = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  tbx_power_files_append_who (f->files, &builder);
  waiting = g_variant_ref_sink (g_variant_builder_end (&builder));
  text = g_variant_print (waiting, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_order (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  add (f, "20-b", 0755, "echo b $# $1 >>$out");
  add (f, "10-a", 0700, "echo a $# $1 >>$out");
  add (f, "30-off", 0644, "echo off >>$out");
  add (f, ".hidden", 0755, "echo hidden >>$out");
  add (f, "40-old~", 0755, "echo old >>$out");
  add (f, "50-x.dpkg-dist", 0755, "echo dist >>$out");
  run (f, TBX_POWER_REBOOT, &error);
  g_assert_no_error (error);
  assert_out (f, "a 1 reboot\nb 1 reboot\n");
}

/* Nothing of ours is handed down but the search path. */
static void
test_environment (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  g_setenv ("NOTIFY_SOCKET", "/nowhere", TRUE);
  add (f, "a", 0755, "env | sed 's/=.*//' | grep -v '^\\(_\\|PWD\\|SHLVL\\|OLDPWD\\)$' | sort >>$out; pwd >>$out");
  run (f, TBX_POWER_SUSPEND, &error);
  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_no_error (error);
  assert_out (f, "PATH\n/\n");
}

/* All are run even after a failure; the first is the outcome. */
static void
test_failure (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  add (f, "1", 0755, "exit 3");
  add (f, "2", 0755, "kill -9 $$");
  add (f, "3", 0755, "echo 3 >>$out");
  run (f, TBX_POWER_RESUME, &error);
  assert_warned ("*resume*Child process*|*resume*Child process*");
  g_assert_error (error, TBX_ERROR, TBX_ERROR_REFUSED);
  g_assert_true (g_str_has_prefix (error->message, "1: "));
  assert_out (f, "3\n");
}

static void
test_not_a_program (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename (f->directory, "a", NULL);

  g_assert_true (g_file_set_contents (path, "#!/nonexistent/interpreter\n", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
  add (f, "b", 0755, "echo b >>$out");
  run (f, TBX_POWER_SHUTDOWN, &error);
  assert_warned ("*Failed to execute*");
  g_assert_error (error, TBX_ERROR, TBX_ERROR_REFUSED);
  assert_out (f, "b\n");
}

/* What others can write is not run. */
static void
test_untrusted (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *link_path = g_build_filename (f->directory, "c", NULL);

  add (f, "a", 0775, "echo a >>$out");
  add (f, "b", 0757, "echo b >>$out");
  g_assert_cmpint (symlink ("/bin/true", link_path), ==, 0);
  add (f, "d", 0755, "echo d >>$out");
  if (geteuid () == 0)
    {
      g_autofree char *foreign = g_build_filename (f->directory, "e", NULL);

      add (f, "e", 0755, "echo e >>$out");
      g_assert_cmpint (chown (foreign, 65534, 65534), ==, 0);
    }
  run (f, TBX_POWER_SHUTDOWN, &error);
  assert_warned ("*is not run*|*is not run*|*is not run*|*is not run*");
  g_assert_no_error (error);
  assert_out (f, "d\n");
}

static void
test_untrusted_directory (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  add (f, "a", 0755, "echo a >>$out");
  g_assert_cmpint (g_chmod (f->directory, 0777), ==, 0);
  run (f, TBX_POWER_SHUTDOWN, &error);
  assert_warned ("Nothing in*");
  g_assert_no_error (error);
  assert_out (f, "");
}

static void
test_no_directory (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_rmdir (f->directory), ==, 0);
  run (f, TBX_POWER_SHUTDOWN, &error);
  g_assert_no_error (error);
}

static gboolean
is_gone (const char *text)
{
  g_autofree char *status = g_strdup_printf ("/proc/%d/stat", atoi (text));
  g_autofree char *content = NULL;

  return !g_file_get_contents (status, &content, NULL, NULL) || strstr (content, ") Z ") != NULL;
}

/* With its children, and those after it do not run. */
static void
test_kill (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *pid = NULL;

  add (f, "a", 0755, "sleep 1000 & echo $! >>$out; wait");
  add (f, "b", 0755, "echo b >>$out");
  begin (f, TBX_POWER_SHUTDOWN);
  assert_waiting (f, "[('file', 'a')]");
  while (pid == NULL || strchr (pid, '\n') == NULL)
    {
      g_clear_pointer (&pid, g_free);
      g_file_get_contents (f->out, &pid, NULL, NULL);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_assert_false (is_gone (pid));
  tbx_power_files_kill (f->files);
  assert_warned ("*is killed");
  tbx_test_until (f->result != NULL);
  tbx_power_files_run_finish (f->files, f->result, &error);
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TIMED_OUT);
  while (!is_gone (pid))
    g_thread_yield ();
  assert_waiting (f, "[]");
  assert_out (f, pid);
  tbx_power_files_kill (f->files);   /* nothing is left to kill */
  tbx_test_settle ();
}

static void
on_acted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->result = g_object_ref (result);
}

static gboolean
act (Fixture *f, const char *program, TbxPowerOperation operation, GError **error)
{
  g_autoptr(TbxPowerCommand) command = tbx_power_command_new (program);

  g_clear_object (&f->result);
  tbx_power_backend_act_async (TBX_POWER_BACKEND (command), operation, NULL, on_acted, f);
  tbx_test_until (f->result != NULL);
  return tbx_power_backend_act_finish (TBX_POWER_BACKEND (command), f->result, error);
}

/* The shutdown command gets what shutdown(8) takes; here it is never that. */
static void
test_command (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename (f->directory, "harmless", NULL);

  add (f, "harmless", 0755, "echo $# $@ >>$out; test $1 = -h");
  g_assert_true (act (f, path, TBX_POWER_SHUTDOWN, &error));
  g_assert_no_error (error);
  g_assert_false (act (f, path, TBX_POWER_REBOOT, &error));
  g_assert_error (error, G_SPAWN_EXIT_ERROR, 1);
  assert_out (f, "2 -h now\n2 -r now\n");
  g_clear_error (&error);
  g_assert_false (act (f, "/nonexistent/command", TBX_POWER_SHUTDOWN, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_false (act (f, "", TBX_POWER_SHUTDOWN, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

#define ADD(path, function) \
  g_test_add (path, Fixture, NULL, fixture_init, function, fixture_clear)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  keep_warnings ();
  ADD ("/power-files/order", test_order);
  ADD ("/power-files/environment", test_environment);
  ADD ("/power-files/failure", test_failure);
  ADD ("/power-files/not-a-program", test_not_a_program);
  ADD ("/power-files/untrusted", test_untrusted);
  ADD ("/power-files/untrusted/directory", test_untrusted_directory);
  ADD ("/power-files/no-directory", test_no_directory);
  ADD ("/power-files/kill", test_kill);
  ADD ("/power-command", test_command);
  return g_test_run ();
}
