/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-path-watch.h"
#include "tbx-resolv-conf.h"
#include "tbx-resolv-dns.h"
#include "tbx-test-loop.h"
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* "domain;server server;suffix suffix" */
static char *
print (const TbxNicInfoDns *dns)
{
  GString *text = g_string_new (dns->domain_name == NULL ? "-" : dns->domain_name);

  g_assert_null (dns->host_name);
  for (guint i = 0; i < dns->servers->len; i++)
    {
      g_autofree char *server =
        tbx_nicinfo_address_format (&g_array_index (dns->servers, TbxNicInfoAddress, i));

      g_string_append_printf (text, "%c%s", i == 0 ? ';' : ' ', server);
    }
  for (guint i = 0; i < dns->suffixes->len; i++)
    g_string_append_printf (text, "%c%s", i == 0 ? '/' : ' ', (char *) dns->suffixes->pdata[i]);
  return g_string_free (text, FALSE);
}

static void
test_libc (void)
{
  static const struct { const char *text; const char *expected; } cases[] = {
    { "", "-" },
    { "nameserver 192.0.2.53\nnameserver 2001:db8::53\n", "-;192.0.2.53 2001:db8::53" },
    { "nameserver\t192.0.2.53", "-;192.0.2.53" },                    /* no newline */
    { "nameserver 192.0.2.53 # mine\n", "-;192.0.2.53" },
    { "nameserver 192.0.2.53;x\n", "-;192.0.2.53" },
    { "nameserver fe80::1%eth0\n", "-;fe80::1" },
    { "nameserver 192.0.2.53%eth0\n", "-" },
    { " nameserver 192.0.2.53\n", "-" },                             /* not at the start */
    { "nameserver192.0.2.53\n", "-" },
    { "Nameserver 192.0.2.53\n", "-" },
    { "# nameserver 192.0.2.53\n;nameserver 192.0.2.54\n", "-" },
    { "nameserver 192.0.2.1\nnameserver x\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
      "nameserver 192.0.2.4\n", "-;192.0.2.1 192.0.2.2 192.0.2.3" },  /* as in libc */
    { "search example.com  corp.example.com\t\n", "example.com/example.com corp.example.com" },
    { "domain example.com other\n", "example.com/example.com" },
    { "search a b\ndomain c\n", "c/c" },                             /* the last counts */
    { "domain c\nsearch a b\n", "a/a b" },
    { "domain c\nsearch \n", "c/c" },
    { "search a b c d e f g h i j k l\n", "a/a b c d e f g h i j" },
    { "search ex\xc3\xa4mple.de \xff\xfe x\x01y ok\n", "ex\xc3\xa4mple.de/ex\xc3\xa4mple.de ok" },
    { "search\nnameserver\nnameserver \noptions edns0\n", "-" },
    { "nameserver 192.0.2.53\r\n", "-" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize size = strlen (cases[i].text);
      g_autofree char *exact = g_memdup2 (cases[i].text, size);
      g_autoptr(TbxNicInfoDns) dns = tbx_resolv_conf_parse (exact, size);
      g_autofree char *text = print (dns);

      g_assert_cmpstr (text, ==, cases[i].expected);
    }
}

/* Whatever it is, it neither hurts nor gets through. */
static void
test_hostile (void)
{
  g_autofree char *name = g_strnfill (TBX_NICINFO_MAX_NAME_BYTES + 1, 'n');
  g_autofree char *line = g_strconcat ("search ", name, " ok\n", NULL);
  g_autofree char *long_line = g_strnfill (100000, 'x');
  g_autoptr(TbxNicInfoDns) dns = tbx_resolv_conf_parse (line, strlen (line));
  g_autofree char *text = print (dns);
  static const char with_nul[] = "nameserver 192.0.2.1\0 x\nsearch a\0b c\n\0\0\n\nnameserver 192.0.2.2";

  g_assert_cmpstr (text, ==, "ok/ok");
  memcpy (long_line, "search ok ", 10);
  g_clear_pointer (&dns, tbx_nicinfo_dns_free);
  g_clear_pointer (&text, g_free);
  dns = tbx_resolv_conf_parse (long_line, 100000);
  text = print (dns);
  g_assert_cmpstr (text, ==, "-");

  for (gsize n = 0; n <= sizeof with_nul - 1; n++)
    {
      g_autofree char *exact = g_memdup2 (with_nul, n);
      g_autoptr(TbxNicInfoDns) some = tbx_resolv_conf_parse (exact, n);

      g_assert_cmpuint (some->servers->len, <=, 2);
    }
}

static void
test_list (void)
{
  static const char stub[] = "search a\nnameserver 127.0.0.53\n";
  g_autoptr(TbxNicInfoDns) dns = tbx_resolv_conf_parse (stub, strlen (stub));
  g_autoptr(GString) list = g_string_new ("search other\nnameserver fe80::1%eth0\n");
  g_autofree char *text = NULL;

  for (int i = 1; i <= 20; i++)
    g_string_append_printf (list, "nameserver 192.0.2.%d\n", i);
  tbx_resolv_conf_take_servers (dns, list->str, list->len);
  g_assert_cmpuint (dns->servers->len, ==, TBX_NICINFO_MAX_SERVERS);
  g_array_set_size (dns->servers, 1);
  text = print (dns);
  g_assert_cmpstr (text, ==, "a;192.0.2.1/a");
}

typedef struct
{
  char *root;        /* (owned) */
  guint n_changed;
} Fixture;

static void
on_changed (Fixture *f)
{
  f->n_changed++;
}

static char *
in_root (Fixture *f, const char *path)
{
  return g_build_filename (f->root, path, NULL);
}

static void
put (Fixture *f, const char *path, const char *text)
{
  g_autofree char *whole = in_root (f, path);
  g_autoptr(GError) error = NULL;

  g_file_set_contents (whole, text, -1, &error);
  g_assert_no_error (error);
}

static void
make_folder (Fixture *f, const char *path)
{
  g_autofree char *whole = in_root (f, path);

  g_assert_cmpint (g_mkdir_with_parents (whole, 0700), ==, 0);
}

static void
make_link (Fixture *f, const char *target, const char *path)
{
  g_autofree char *whole = in_root (f, path);

  g_assert_cmpint (symlink (target, whole), ==, 0);
}

static void
drop (Fixture *f, const char *path)
{
  g_autofree char *whole = in_root (f, path);

  g_assert_cmpint (g_remove (whole), ==, 0);
}

static void
fixture_set_up (Fixture *f)
{
  g_autofree char *root = g_dir_make_tmp ("tbx-resolv-XXXXXX", NULL);

  *f = (Fixture) { realpath (root, NULL), 0 };
  make_folder (f, "etc");
}

static void
fixture_tear_down (Fixture *f, const char *const *paths)
{
  for (gsize i = 0; paths[i] != NULL; i++)
    drop (f, paths[i]);
  drop (f, "etc");
  g_assert_cmpint (g_rmdir (f->root), ==, 0);
  free (f->root);
}

static char *
ask (TbxDnsSource *source)
{
  g_autoptr(TbxNicInfoDns) dns = tbx_dns_source_dup_stack (source);

  return dns == NULL ? g_strdup ("nothing") : print (dns);
}

static void
until_says (Fixture *f, TbxDnsSource *source, const char *expected)
{
  for (;;)
    {
      g_autofree char *text = ask (source);

      if (g_str_equal (text, expected))
        return;
      tbx_test_until (f->n_changed > 0);   /* nobody asks again without being told */
      f->n_changed = 0;
    }
}

/* Made, replaced, written in place, removed: each is noticed. */
static void
test_plain_file (void)
{
  Fixture f;
  TbxDnsSource *source;
  g_autofree char *conf = NULL;
  FILE *file;

  fixture_set_up (&f);
  source = tbx_resolv_dns_new (f.root);
  g_signal_connect_swapped (source, "changed", G_CALLBACK (on_changed), &f);
  until_says (&f, source, "nothing");
  put (&f, "etc/resolv.conf", "nameserver 192.0.2.1\n");
  until_says (&f, source, "-;192.0.2.1");
  put (&f, "etc/resolv.conf", "nameserver 192.0.2.2\n");
  until_says (&f, source, "-;192.0.2.2");
  conf = in_root (&f, "etc/resolv.conf");
  file = g_fopen (conf, "w");
  g_assert_nonnull (file);
  fputs ("nameserver 192.0.2.3\n", file);
  fclose (file);
  until_says (&f, source, "-;192.0.2.3");
  drop (&f, "etc/resolv.conf");
  until_says (&f, source, "nothing");
  g_assert_null (tbx_dns_source_dup_link (source, 1));
  g_assert_finalize_object (source);
  fixture_tear_down (&f, (const char *[]) { NULL });
}

/* systemd-resolved: the link may come before what it leads to. */
static void
test_stub (void)
{
  Fixture f;
  TbxDnsSource *source;

  fixture_set_up (&f);
  make_link (&f, "../run/systemd/resolve/stub-resolv.conf", "etc/resolv.conf");
  source = tbx_resolv_dns_new (f.root);
  g_signal_connect_swapped (source, "changed", G_CALLBACK (on_changed), &f);
  until_says (&f, source, "nothing");
  make_folder (&f, "run/systemd/resolve");
  tbx_test_until (f.n_changed > 0);
  put (&f, "run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\nsearch a\n");
  until_says (&f, source, "a;127.0.0.53/a");
  put (&f, "run/systemd/resolve/resolv.conf", "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  until_says (&f, source, "a;192.0.2.1 192.0.2.2/a");
  put (&f, "run/systemd/resolve/resolv.conf", "nameserver 192.0.2.3\n");
  until_says (&f, source, "a;192.0.2.3/a");
  /* The link turns to another file: the list no longer matters. */
  drop (&f, "etc/resolv.conf");
  make_link (&f, "mine.conf", "etc/resolv.conf");
  put (&f, "etc/mine.conf", "nameserver 192.0.2.4\n");
  until_says (&f, source, "-;192.0.2.4");
  g_assert_finalize_object (source);
  fixture_tear_down (&f, (const char *[]) {
    "etc/mine.conf", "etc/resolv.conf", "run/systemd/resolve/stub-resolv.conf",
    "run/systemd/resolve/resolv.conf", "run/systemd/resolve", "run/systemd", "run", NULL });
}

/* A link to itself, and a pipe, end at once. */
static void
test_odd_files (void)
{
  Fixture f;
  g_autoptr(TbxDnsSource) loop = NULL;
  g_autoptr(TbxDnsSource) pipe_source = NULL;
  g_autofree char *text = NULL;
  g_autofree char *conf = NULL;

  fixture_set_up (&f);
  make_link (&f, "resolv.conf", "etc/resolv.conf");
  loop = tbx_resolv_dns_new (f.root);
  text = ask (loop);
  g_assert_cmpstr (text, ==, "nothing");
  drop (&f, "etc/resolv.conf");
  conf = in_root (&f, "etc/resolv.conf");
  g_assert_cmpint (mkfifo (conf, 0600), ==, 0);
  pipe_source = tbx_resolv_dns_new (f.root);
  g_clear_pointer (&text, g_free);
  text = ask (pipe_source);
  g_assert_cmpstr (text, ==, "nothing");
  g_clear_object (&loop);
  g_clear_object (&pipe_source);
  fixture_tear_down (&f, (const char *[]) { "etc/resolv.conf", NULL });
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guestinfo/resolv/libc", test_libc);
  g_test_add_func ("/guestinfo/resolv/hostile", test_hostile);
  g_test_add_func ("/guestinfo/resolv/list", test_list);
  g_test_add_func ("/guestinfo/resolv/plain-file", test_plain_file);
  g_test_add_func ("/guestinfo/resolv/stub", test_stub);
  g_test_add_func ("/guestinfo/resolv/odd-files", test_odd_files);
  return g_test_run ();
}
