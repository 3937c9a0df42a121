/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static gint64 now_us;

static gint64
fake_clock (void)
{
  return now_us;
}

#define SECOND G_USEC_PER_SEC

static void
use_fake_clock (HgfsFixture *f)
{
  now_us = 1000 * SECOND;
  g_assert_cmpuint (hgfs_end_session (f, f->session), ==, TBX_HGFS_OK);
  tbx_hgfs_server_set_clock (f->server, fake_clock);
  f->session = hgfs_new_session (f);
}

static void
test_create (HgfsFixture *f, gconstpointer data)
{
  static const struct { guint32 wanted; guint status; guint32 given; } cases[] = {
    { 0, TBX_HGFS_OK, 63488 }, { 1, TBX_HGFS_INVALID_PARAMETER, 0 },
    { 1023, TBX_HGFS_INVALID_PARAMETER, 0 }, { 1024, TBX_HGFS_OK, 1024 },
    { 63488, TBX_HGFS_OK, 63488 }, { 522240, TBX_HGFS_OK, 63488 },
  };
  guint32 op;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TbxHgfsRequest request = hgfs_request (TBX_HGFS_CREATE_SESSION_V4);

      request.create_session.max_packet_bytes = cases[i].wanted;
      g_assert_cmpuint (hgfs_call (f, &request), ==, cases[i].status);
      if (cases[i].status != TBX_HGFS_OK)
        continue;
      g_assert_cmpuint (f->reply.session.max_packet_bytes, ==, cases[i].given);
      g_assert_cmpuint (f->header.session_id, ==, TBX_HGFS_NO_SESSION);
      g_assert_cmpuint (f->reply.session.id, !=, 0);
      g_assert_cmpuint (f->reply.session.id, !=, f->session);
      g_assert_cmpuint (f->reply.session.flags, ==, 1);
      g_assert_cmpuint (f->reply.session.capabilities.count, ==, TBX_HGFS_N_OPS);
    }
  /* Told is what works: in the order of the operations. */
  hgfs_new_session (f);
  for (guint32 i = 0; i < TBX_HGFS_N_OPS; i++)
    {
      guint32 flags = tbx_hgfs_capabilities_get (&f->reply.session.capabilities, i, &op);

      g_assert_cmpuint (op, ==, i);
      g_assert_cmpuint (flags, ==, i <= 42 && i != 19 && i != 39 && i != 40 ? 1 : 0);
    }
}

static void
test_limit (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_CREATE_SESSION_V4);
  guint64 last = 0;

  for (guint i = 1; i < 64; i++)
    last = hgfs_new_session (f);
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_TOO_MANY_SESSIONS);
  g_assert_cmpuint (hgfs_end_session (f, last), ==, TBX_HGFS_OK);
  hgfs_new_session (f);
}

static void
test_stale (HgfsFixture *f, gconstpointer data)
{
  const guint64 wrong[] = { 0, TBX_HGFS_NO_SESSION, f->session + 1 };
  const guint64 good = f->session;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      f->session = wrong[i];
      g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_STALE_SESSION);
      g_assert_cmpuint (f->header.session_id, ==, TBX_HGFS_NO_SESSION);
    }
  f->session = good;
  g_assert_cmpuint (hgfs_end_session (f, good), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_end_session (f, good), ==, TBX_HGFS_STALE_SESSION);
}

/* Handles belong to one session, and go with it. */
static void
test_destroy (HgfsFixture *f, gconstpointer data)
{
  guint64 first = f->session, second = hgfs_new_session (f);
  guint32 read, upload;

  ops_fixture_write (&f->ops, "f", "content");
  read = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
  upload = hgfs_must_open (f, "f", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_OR_TRUNCATE);
  g_assert_cmpuint (hgfs_write (f, upload, 1, 0, "half"), ==, TBX_HGFS_OK);
  f->session = second;
  g_assert_cmpuint (hgfs_read (f, read, 0, 10), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_close (f, read), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_end_session (f, first), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "f", "content");
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
  f->session = first;
  g_assert_cmpuint (hgfs_read (f, read, 0, 10), ==, TBX_HGFS_STALE_SESSION);
}

static void
test_busy (HgfsFixture *f, gconstpointer data)
{
  g_assert_true (tbx_hgfs_server_get_busy (f->server));
  hgfs_end_session (f, f->session);
  g_assert_false (tbx_hgfs_server_get_busy (f->server));
}

static void
test_expiry (HgfsFixture *f, gconstpointer data)
{
  guint32 upload;
  guint64 idle;

  use_fake_clock (f);
  ops_fixture_write (&f->ops, "f", "content");
  upload = hgfs_must_open (f, "f", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_OR_TRUNCATE);
  hgfs_write (f, upload, 1, 0, "half");
  idle = f->session;
  f->session = hgfs_new_session (f);
  now_us += 599 * SECOND;
  tbx_hgfs_server_expire (f->server);
  f->session = idle;
  g_assert_cmpuint (hgfs_write (f, upload, 1, 0, "other half"), ==, TBX_HGFS_OK);
  /* The second was not used since: it ends, the first does not. */
  now_us += 2 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_OK);
  now_us += 600 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (hgfs_close (f, upload), ==, TBX_HGFS_STALE_SESSION);
  g_assert_false (tbx_hgfs_server_get_busy (f->server));
  hgfs_assert_content (f, "f", "content");
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
}

/* A packet that is not in order does not keep a session alive, nor make one. */
static void
test_malformed_is_no_use (HgfsFixture *f, gconstpointer data)
{
  const guint8 legacy[8] = { 1, 0, 0, 0, TBX_HGFS_GETATTR_V2 };
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN_V3);

  use_fake_clock (f);
  now_us += 599 * SECOND;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_PROTOCOL_ERROR);
  now_us += SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_STALE_SESSION);
  hgfs_send_bytes (f, legacy, sizeof legacy);
  g_assert_cmpuint (f->packet_size, ==, 8);
  g_assert_cmpuint (f->packet[4], ==, TBX_HGFS_PROTOCOL_ERROR);
  g_assert_false (tbx_hgfs_server_get_busy (f->server));
}

static void
test_legacy (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN);
  guint32 handle;

  ops_fixture_write (&f->ops, "f", "content");
  hgfs_name (f, &request.open.name, "f");
  g_assert_cmpuint (hgfs_call_legacy (f, &request), ==, TBX_HGFS_OK);
  handle = f->reply.opened.handle;
  /* A session of its own, which no V4 packet reaches. */
  g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_INVALID_HANDLE);
  request = hgfs_request (TBX_HGFS_READ);
  request.read.handle = handle;
  request.read.size = 100;
  g_assert_cmpuint (hgfs_call_legacy (f, &request), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "content");
  request = hgfs_request (TBX_HGFS_CLOSE_V3);
  request.close.handle = handle;
  g_assert_cmpuint (hgfs_call_legacy (f, &request), ==, TBX_HGFS_OK);
}

/* A file that keeps its readers waiting, as a stream of a program does. */
typedef struct
{
  TbxFile  base;
  gboolean ready;
  guint    ready_after;   /* waits */
  gboolean gets_on;       /* in each wait */
  gint64   got_on_us;
  guint    n_waits;
  guint    n_frees;
} SlowFile;

static SlowFile slow;

static int
slow_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  *done = 0;
  if (!slow.ready)
    return EAGAIN;
  memcpy (buffer, "now", 3);
  *done = 3;
  return 0;
}

static int
slow_stat (TbxFile *file, struct stat *info)
{
  memset (info, 0, sizeof *info);
  return 0;
}

static int
slow_close (TbxFile *file)
{
  return slow.ready ? 0 : EAGAIN;
}

static void
slow_free (TbxFile *file)
{
  slow.n_frees++;
}

typedef struct { TbxFileReady ready; gpointer user_data; } Waiter;

static gboolean
on_waited (gpointer data)
{
  Waiter *waiter = data;

  slow.ready = slow.n_waits >= slow.ready_after;
  if (slow.gets_on)
    slow.got_on_us = g_get_monotonic_time ();
  waiter->ready (waiter->user_data);
  return G_SOURCE_REMOVE;
}

static guint
slow_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  Waiter *waiter = g_new (Waiter, 1);

  slow.n_waits++;
  *waiter = (Waiter) { ready, user_data };
  return g_timeout_add_full (G_PRIORITY_DEFAULT, 20, on_waited, waiter, g_free);
}

static gint64
slow_got_on (TbxFile *file)
{
  return slow.got_on_us;
}

static const TbxFileFuncs work_funcs = { slow_read, NULL, slow_stat, slow_close, slow_free,
                                         slow_wait, slow_got_on };
static const TbxFileFuncs slow_funcs = { slow_read, NULL, slow_stat, slow_close, slow_free,
                                         slow_wait };

static gboolean
slow_claims (gpointer self, const char *path)
{
  return strcmp (path, "/slow") == 0;
}

static TbxFile *
slow_open (gpointer self, const char *path, int access, int *error_number)
{
  slow.base.funcs = &slow_funcs;
  return &slow.base;
}

static guint32
open_slow (HgfsFixture *f)
{
  static const TbxFileHandlerFuncs funcs = { slow_claims, NULL, slow_open, NULL };
  const TbxFileHandler handler = { &funcs, NULL };

  memset (&slow, 0, sizeof slow);
  tbx_hgfs_server_add_handler (f->server, &handler);
  return hgfs_must_open (f, "/slow", TBX_HGFS_MODE_READ, 0);
}

static void
send_read (HgfsFixture *f, guint32 handle)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_READ_V3);

  request.read.handle = handle;
  request.read.size = 10;
  hgfs_send (f, &request);
}

static void
test_wait (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = open_slow (f);

  g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "now");
  g_assert_cmpuint (slow.n_waits, ==, 1);
  slow.ready = FALSE;
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  g_assert_cmpuint (slow.n_waits, ==, 2);
  g_assert_cmpuint (slow.n_frees, ==, 1);
}

/* The server goes while a call waits: it is answered, and nothing fires later. */
static void
test_dispose_while_waiting (HgfsFixture *f, gconstpointer data)
{
  send_read (f, open_slow (f));
  g_assert_cmpuint (f->n_answers, ==, 0);
  g_assert_finalize_object (g_steal_pointer (&f->server));
  g_assert_cmpuint (f->n_answers, ==, 1);
  g_assert_cmpuint (slow.n_frees, ==, 1);
  g_usleep (30 * 1000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (f->n_answers, ==, 1);
}

static void
test_expiry_while_waiting (HgfsFixture *f, gconstpointer data)
{
  use_fake_clock (f);
  send_read (f, open_slow (f));
  now_us += 600 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (f->n_answers, ==, 1);
  g_assert_cmpuint (slow.n_frees, ==, 1);
}

/* Somebody else may take for ever: a second, and no longer. */
static void
test_wait_in_vain (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = open_slow (f);
  gint64 start_us = g_get_monotonic_time ();

  slow.ready_after = 1000;
  g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_GENERIC_ERROR);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, TBX_FILE_WAIT_MS * 1000);
  g_assert_cmpuint (f->n_progress, ==, 0);
  slow.n_waits = 0;
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_GENERIC_ERROR);
  g_assert_cmpuint (slow.n_frees, ==, 1);   /* all the same */
}

/* Work is waited for longer; only where it gets on that is said. */
static void
test_wait_for_work (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = open_slow (f);

  slow.base.funcs = &work_funcs;
  for (int gets_on = 0; gets_on < 2; gets_on++)
    {
      slow.gets_on = gets_on;
      slow.ready = FALSE;
      slow.n_waits = 0;
      slow.ready_after = 75;
      g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_OK);
      hgfs_assert_data (f, "now");
      g_assert_cmpuint (f->n_progress, >=, gets_on ? 2 : 0);
      g_assert_cmpuint (f->n_progress, <=, gets_on ? 3 : 0);
    }
  slow.ready = FALSE;
  slow.n_waits = 0;
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->n_progress, >=, 2);
}

/* An archive that is being unpacked keeps its session. */
static void
test_work_is_use (HgfsFixture *f, gconstpointer data)
{
  guint64 other;

  use_fake_clock (f);
  open_slow (f);
  slow.base.funcs = &work_funcs;
  other = f->session;
  f->session = hgfs_new_session (f);
  slow.got_on_us = now_us + 500 * SECOND;
  now_us += 1099 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (slow.n_frees, ==, 0);
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_STALE_SESSION);
  now_us += SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (slow.n_frees, ==, 1);
  f->session = other;
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_STALE_SESSION);
}

static void
test_set_idle (HgfsFixture *f, gconstpointer data)
{
  use_fake_clock (f);
  tbx_hgfs_server_set_idle (f->server, 60);
  now_us += 59 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_OK);
  now_us += 60 * SECOND;
  tbx_hgfs_server_expire (f->server);
  g_assert_cmpuint (hgfs_getattr (f, "/"), ==, TBX_HGFS_STALE_SESSION);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  HGFS_TEST ("/hgfs/session/create", test_create);
  HGFS_TEST ("/hgfs/session/limit", test_limit);
  HGFS_TEST ("/hgfs/session/stale", test_stale);
  HGFS_TEST ("/hgfs/session/destroy", test_destroy);
  HGFS_TEST ("/hgfs/session/busy", test_busy);
  HGFS_TEST ("/hgfs/session/expiry", test_expiry);
  HGFS_TEST ("/hgfs/session/malformed", test_malformed_is_no_use);
  HGFS_TEST ("/hgfs/session/legacy", test_legacy);
  HGFS_TEST ("/hgfs/session/wait", test_wait);
  HGFS_TEST ("/hgfs/session/wait-in-vain", test_wait_in_vain);
  HGFS_TEST ("/hgfs/session/wait-for-work", test_wait_for_work);
  HGFS_TEST ("/hgfs/session/work-is-use", test_work_is_use);
  HGFS_TEST ("/hgfs/session/set-idle", test_set_idle);
  HGFS_TEST ("/hgfs/session/dispose-while-waiting", test_dispose_while_waiting);
  HGFS_TEST ("/hgfs/session/expiry-while-waiting", test_expiry_while_waiting);
  return g_test_run ();
}
