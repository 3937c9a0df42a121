/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-bus-socket.h"
#include <glib/gstdio.h>

static void
test_path (void)
{
  static const struct
  {
    const char *address;
    const char *path;
  } cases[] = {
    { "unix:path=/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket" },
    { "unix:guid=00,path=/a", "/a" },
    { "tcp:host=127.0.0.1,port=1;unix:path=/b", "/b" },
    { "unix:path=/with%20space", "/with space" },
    { "unix:abstract=/x", NULL },
    { "unix:path=relative", NULL },
    { "tcp:path=/c", NULL },
    { "unix:path=/bad%zz", NULL },
    { "", NULL },
    { ";;:,=", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = tbx_bus_socket_dup_path (cases[i].address);

      g_assert_cmpstr (path, ==, cases[i].path);
    }
}

static void
on_appeared (TbxBusSocket *bus_socket, guint *count)
{
  ++*count;
}

static gboolean
on_too_late (gpointer user_data)
{
  g_assert_not_reached ();   /* the socket was not noticed */
  return G_SOURCE_REMOVE;
}

static void
wait_for (guint *count, guint wanted)
{
  guint id = g_timeout_add_seconds (30, on_too_late, NULL);

  while (*count < wanted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* The folders are made one by one, then the socket, and again after its removal. */
static void
test_appears (void)
{
  g_autofree char *top = g_dir_make_tmp ("tbx-XXXXXX", NULL);
  g_autofree char *upper = g_build_filename (top, "upper", NULL);
  g_autofree char *folder = g_build_filename (upper, "folder", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  g_autoptr(TbxBusSocket) bus_socket = tbx_bus_socket_new (address);
  guint count = 0;

  g_signal_connect (bus_socket, "appeared", G_CALLBACK (on_appeared), &count);
  g_assert_cmpint (g_mkdir (upper, 0700), ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  wait_for (&count, 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  count = 0;
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  wait_for (&count, 1);

  g_unlink (path);
  g_rmdir (folder);
  g_rmdir (upper);
  g_rmdir (top);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/bus-socket/path", test_path);
  g_test_add_func ("/dbus/bus-socket/appears", test_appears);
  return g_test_run ();
}
