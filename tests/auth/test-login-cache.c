/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-login-cache.h"
#include "tbx-refusals.h"
#include <glib/gstdio.h>
#include <string.h>

static gint64 now_us = 1000;

static gint64
test_clock (void)
{
  return now_us;
}

static void
advance (guint seconds)
{
  now_us += (gint64) seconds * G_USEC_PER_SEC;
}

/* A directory like /etc, and a cache that watches it. */
typedef struct
{
  char          *etc;
  TbxLoginCache *cache;
  TbxAccount    *alice;
  TbxLoginKey    key;
} Fixture;

static void
write_file (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (f->etc, name, NULL);
  FILE *file = g_fopen (path, "a");

  g_assert_nonnull (file);
  fputs (text, file);
  fclose (file);
}

static TbxAccount *
account (const char *name, guint32 uid)
{
  const TbxWorkerLoginResult result = { .uid = uid, .gid = 100, .name = name };

  return tbx_account_new (&result);
}

static TbxLoginKey
hash (Fixture *f, const char *name, const char *password)
{
  const TbxVixCredentials credentials = { (char *) name, password, 0 };
  TbxLoginKey key;

  tbx_login_cache_hash (f->cache, &credentials, &key);
  return key;
}

static gboolean
knows (Fixture *f, const TbxLoginKey *key)
{
  g_autoptr(TbxAccount) found = tbx_login_cache_lookup (f->cache, key);

  return found != NULL;
}

static void
remember (Fixture *f)
{
  tbx_login_cache_add (f->cache, tbx_login_cache_begin (f->cache), &f->key, "alice", f->alice);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const char *const files[] = { "passwd", "shadow", "group", "gshadow", "nsswitch.conf" };
  g_autofree char *pam = NULL;
  g_autoptr(GError) error = NULL;
  TbxAccountWatch *watch;

  f->etc = g_dir_make_tmp ("tbx-etc-XXXXXX", NULL);
  pam = g_build_filename (f->etc, "pam.d", NULL);
  g_assert_cmpint (g_mkdir (pam, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    write_file (f, files[i], "x\n");
  write_file (f, "pam.d/toolboxd", "x\n");
  watch = tbx_account_watch_new (f->etc, NULL, &error);
  g_assert_no_error (error);
  f->cache = tbx_login_cache_new (watch, test_clock);
  f->alice = account ("alice", 1000);
  f->key = hash (f, "alice", "right");
  remember (f);
  g_assert_true (knows (f, &f->key));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->etc, NULL };

  tbx_login_cache_free (f->cache);
  tbx_account_unref (f->alice);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->etc);
}

static void
test_keys (Fixture *f, gconstpointer data)
{
  const TbxLoginKey again = hash (f, "alice", "right");
  const TbxLoginKey others[] = { hash (f, "alice", "wrong"), hash (f, "alicer", "ight"),
                                 hash (f, "alice", ""), hash (f, "bob", "right"), { { 0 } } };

  g_assert_cmpmem (again.bytes, sizeof again.bytes, f->key.bytes, sizeof f->key.bytes);
  g_assert_true (knows (f, &again));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (knows (f, &others[i]));
}

/* The same password gives another key in another process, or in another cache here. */
static void
test_secret (Fixture *f, gconstpointer data)
{
  TbxAccountWatch *watch = tbx_account_watch_new (f->etc, NULL, NULL);
  g_autoptr(TbxLoginCache) other = tbx_login_cache_new (watch, test_clock);
  const TbxVixCredentials credentials = { (char *) "alice", "right", 0 };
  TbxLoginKey key;

  tbx_login_cache_hash (other, &credentials, &key);
  g_assert_cmpint (memcmp (key.bytes, f->key.bytes, sizeof key.bytes), !=, 0);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  advance (59);
  g_assert_true (knows (f, &f->key));
  advance (59);
  g_assert_true (knows (f, &f->key));
  advance (60);
  g_assert_false (knows (f, &f->key));
}

/* Used without a pause, it still ends ten minutes after PAM's yes. */
static void
test_limit (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 59; i++)
    {
      advance (10);
      g_assert_true (knows (f, &f->key));
    }
  advance (10);
  g_assert_false (knows (f, &f->key));
}

static void
test_files (Fixture *f, gconstpointer data)
{
  static const char *const files[] = { "passwd",  "shadow",        "group",
                                       "gshadow", "nsswitch.conf", "pam.d/toolboxd" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_test_message ("%s", files[i]);
      write_file (f, files[i], "changed\n");
      g_assert_false (knows (f, &f->key));
      remember (f);
      g_assert_true (knows (f, &f->key));
    }
  write_file (f, "motd", "of no matter\n");
  g_assert_true (knows (f, &f->key));
}

/* As passwd(1) and its like do it: a new file under the old name. */
static void
test_rename (Fixture *f, gconstpointer data)
{
  g_autofree char *from = g_build_filename (f->etc, "shadow+", NULL);
  g_autofree char *to = g_build_filename (f->etc, "shadow", NULL);

  write_file (f, "shadow+", "new\n");
  g_assert_true (knows (f, &f->key));
  g_assert_cmpint (g_rename (from, to), ==, 0);
  g_assert_false (knows (f, &f->key));
}

/* Another directory in the place of pam.d is watched from then on. */
static void
test_pam_directory (Fixture *f, gconstpointer data)
{
  g_autofree char *pam = g_build_filename (f->etc, "pam.d", NULL);
  g_autofree char *old = g_build_filename (f->etc, "pam.d.old", NULL);

  g_assert_cmpint (g_rename (pam, old), ==, 0);
  g_assert_false (knows (f, &f->key));
  g_assert_cmpint (g_mkdir (pam, 0700), ==, 0);
  remember (f);
  write_file (f, "pam.d/toolboxd", "x\n");
  g_assert_false (knows (f, &f->key));
  remember (f);
  g_assert_true (knows (f, &f->key));
  write_file (f, "pam.d/toolboxd", "y\n");
  g_assert_false (knows (f, &f->key));
}

/* What PAM said before a change is not believed after it. */
static void
test_race (Fixture *f, gconstpointer data)
{
  const TbxLoginKey key = hash (f, "alice", "old");
  guint64 begun = tbx_login_cache_begin (f->cache);

  write_file (f, "shadow", "changed\n");
  tbx_login_cache_add (f->cache, begun, &key, "alice", f->alice);
  g_assert_false (knows (f, &key));

  begun = tbx_login_cache_begin (f->cache);
  tbx_login_cache_forget (f->cache, "alice");
  tbx_login_cache_add (f->cache, begun, &key, "alice", f->alice);
  g_assert_false (knows (f, &key));
}

static void
test_forget (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxAccount) bob = account ("bob", 1001);
  const TbxLoginKey key = hash (f, "DOMAIN\\bob", "b");

  tbx_login_cache_add (f->cache, tbx_login_cache_begin (f->cache), &key, "DOMAIN\\bob", bob);
  tbx_login_cache_forget (f->cache, "carol");
  g_assert_true (knows (f, &key));
  g_assert_true (knows (f, &f->key));
  tbx_login_cache_forget (f->cache, "alice");
  g_assert_false (knows (f, &f->key));
  g_assert_true (knows (f, &key));
  tbx_login_cache_forget (f->cache, "bob");
  g_assert_false (knows (f, &key));
}

/* However many log in, the cache stays small, and those who came last are known. */
static void
test_bounded (Fixture *f, gconstpointer data)
{
  TbxLoginKey last = { { 0 } };

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);
      g_autoptr(TbxAccount) user = account (name, 2000 + i);

      advance (0);
      now_us++;
      last = hash (f, name, "p");
      tbx_login_cache_add (f->cache, tbx_login_cache_begin (f->cache), &last, name, user);
    }
  g_assert_true (knows (f, &last));
  g_assert_false (knows (f, &f->key));
}

static void
test_no_watch (void)
{
  g_autoptr(TbxLoginCache) cache = NULL;
  g_autoptr(TbxAccount) alice = account ("alice", 1000);
  const TbxVixCredentials credentials = { (char *) "alice", "p", 0 };
  TbxLoginKey key;

  cache = tbx_login_cache_new (NULL, test_clock);   /* warns */
  tbx_login_cache_hash (cache, &credentials, &key);
  tbx_login_cache_add (cache, tbx_login_cache_begin (cache), &key, "alice", alice);
  g_assert_null (tbx_login_cache_lookup (cache, &key));
}

static void
test_refusals (void)
{
  static const guint expected[] = { 250, 500, 1000, 2000, 2000, 2000 };
  g_autoptr(TbxRefusals) refusals = tbx_refusals_new (test_clock);

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (tbx_refusals_next (refusals, "alice"), ==, expected[i]);
  g_assert_cmpuint (tbx_refusals_next (refusals, "bob"), ==, 250);
  tbx_refusals_reset (refusals, "alice");
  g_assert_cmpuint (tbx_refusals_next (refusals, "alice"), ==, 250);
  g_assert_cmpuint (tbx_refusals_next (refusals, "bob"), ==, 500);
}

/* The host may name any number of users; who was refused last is not forgotten. */
static void
test_refusals_bounded (void)
{
  g_autoptr(TbxRefusals) refusals = tbx_refusals_new (test_clock);

  tbx_refusals_next (refusals, "first");
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);

      now_us++;
      g_assert_cmpuint (tbx_refusals_next (refusals, name), ==, 250);
    }
  g_assert_cmpuint (tbx_refusals_next (refusals, "user9999"), ==, 500);
  g_assert_cmpuint (tbx_refusals_next (refusals, "first"), ==, 250);
}

/* Every right that an account has is in its id, and nothing else. */
static void
test_account_id (void)
{
  static const char *const groups[][2] = { { "a", "b" }, { "b", "a" }, { "a", "c" } };
  g_autofree char *first = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      g_auto(TbxWriter) w = { 0 };
      g_autoptr(TbxAccount) it = NULL;
      TbxWorkerLoginResult result = { .uid = 1, .gid = 2, .name = "n", .n_groups = 2 };

      tbx_writer_init (&w, 100);
      tbx_worker_group_encode ((guint32) groups[i][0][0], groups[i][0], &w);
      tbx_worker_group_encode ((guint32) groups[i][1][0], groups[i][1], &w);
      result.groups = w.out->data;
      result.groups_size = w.out->len;
      it = tbx_account_new (&result);
      g_assert_cmpstr (it->groups[0], ==, groups[i][0]);
      g_assert_null (it->groups[2]);
      if (i == 0)
        first = g_strdup (it->id);
      else if (i == 1)
        g_assert_cmpstr (it->id, ==, first);
      else
        g_assert_cmpstr (it->id, !=, first);
    }
}

#define ADD(name, func) g_test_add ("/login-cache/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  ADD ("keys", test_keys);
  ADD ("secret", test_secret);
  ADD ("idle", test_idle);
  ADD ("limit", test_limit);
  ADD ("files", test_files);
  ADD ("rename", test_rename);
  ADD ("pam-directory", test_pam_directory);
  ADD ("race", test_race);
  ADD ("forget", test_forget);
  ADD ("bounded", test_bounded);
  g_test_add_func ("/login-cache/no-watch", test_no_watch);
  g_test_add_func ("/refusals/delays", test_refusals);
  g_test_add_func ("/refusals/bounded", test_refusals_bounded);
  g_test_add_func ("/account/id", test_account_id);
  return g_test_run ();
}
