/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that clients on the bus serve, with the daemon in the hands of the test. */
#include "tbx-hgfs-fixture.h"
#include "tbx-remote-files.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

typedef struct
{
  HgfsFixture     hgfs;
  TbxRemote      *remote;
  TbxRemoteFiles *files;
  guint32         op;        /* that was sent last */
  guint           n_asked;
  guint32         id;        /* of the last */
  TbxWorkerMessageType type;
  char           *path;      /* likewise */
  char           *query;
  gboolean        writing;
  int             refusal;   /* an errno that it cannot be said for */
} Fixture;

static int
on_say (const TbxWorkerMessage *message, const int *fds, guint n_fds, gpointer user_data)
{
  Fixture *f = user_data;

  if (f->refusal != 0)
    return f->refusal;
  g_assert_cmpuint (n_fds, ==, 0);
  g_assert_cmpstr (message->file.scheme, ==, "test");
  g_free (f->path);
  g_free (f->query);
  f->n_asked++;
  f->type = message->type;
  f->id = message->file.id;
  f->path = g_strdup (message->file.path);
  f->query = g_strdup (message->file.query);
  f->writing = message->file.writing;
  return 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerNames names = { 1, 1, (const guint8 *) "\x04\0test\0\x01\0x", 11 };
  TbxFileHandler handler = { .funcs = &tbx_remote_files_funcs };

  hgfs_fixture_set_up (&f->hgfs, data);
  f->remote = tbx_remote_new ();
  tbx_remote_set_say (f->remote, on_say, f);
  tbx_remote_set_names (f->remote, &names);
  handler.self = f->files = tbx_remote_files_new (f->remote);
  tbx_hgfs_server_add_handler (f->hgfs.server, &handler);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  hgfs_fixture_tear_down (&f->hgfs, data);
  tbx_remote_files_free (f->files);
  tbx_remote_free (f->remote);
  g_free (f->path);
  g_free (f->query);
}

static void
answer_done (Fixture *f, int error_number)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_ASK_DONE, .done = { f->id, error_number } };

  tbx_remote_take_answer (f->remote, &answer, -1);
}

static void
answer_found (Fixture *f, guint64 size)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_FILE_FOUND,
                                    .found = { f->id, size, 1700000000, 0640 } };

  tbx_remote_take_answer (f->remote, &answer, -1);
}

static void
answer_opened (Fixture *f, int fd)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_FILE_OPENED, .opened_id = f->id };

  tbx_remote_take_answer (f->remote, &answer, fd);
}

static void
send_open (Fixture *f, const char *name, guint32 mode, guint32 flags)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN_V3);

  request.open.mask = TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS | TBX_HGFS_OPEN_HAS_NAME;
  request.open.mode = mode;
  request.open.flags = flags;
  hgfs_name (&f->hgfs, &request.open.name, name);
  f->op = request.op;
  hgfs_send (&f->hgfs, &request);
}

static void
send_getattr (Fixture *f, const char *name)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_GETATTR_V3);

  hgfs_name (&f->hgfs, &request.getattr.name, name);
  f->op = request.op;
  hgfs_send (&f->hgfs, &request);
}

static guint
wait_status (Fixture *f)
{
  return hgfs_wait (&f->hgfs, f->op);
}

/* A pipe whose other end is @ours. */
static int
make_pipe (int *ours, gboolean reading)
{
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
  *ours = ends[reading ? 1 : 0];
  return ends[reading ? 0 : 1];
}

static void
test_read (Fixture *f, gconstpointer data)
{
  int ours, theirs = make_pipe (&ours, TRUE);

  send_getattr (f, "/test:/größe?a=?b");
  g_assert_cmpuint (f->hgfs.n_answers, ==, 0);
  g_assert_cmpint (f->type, ==, TBX_WORKER_FILE_STAT);
  g_assert_cmpstr (f->path, ==, "/größe");
  g_assert_cmpstr (f->query, ==, "a=?b");
  answer_found (f, 12);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->hgfs.reply.attributes.attr.size, ==, 12);
  g_assert_cmpuint (f->hgfs.reply.attributes.attr.perms.owner, ==, 6);

  send_open (f, "/test:/größe?a=?b", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  g_assert_cmpint (f->type, ==, TBX_WORKER_FILE_OPEN);
  g_assert_false (f->writing);
  g_assert_cmpuint (f->n_asked, ==, 2);
  answer_opened (f, theirs);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_OK);
  g_assert_cmpint (write (ours, "hello, world", 12), ==, 12);
  close (ours);
  g_assert_cmpuint (hgfs_read (&f->hgfs, f->hgfs.reply.opened.handle, 0, 5), ==, TBX_HGFS_OK);
  hgfs_assert_data (&f->hgfs, "hello");
}

static void
test_write (Fixture *f, gconstpointer data)
{
  int ours, theirs = make_pipe (&ours, FALSE);
  guint32 handle;
  char text[32];

  send_open (f, "/test:/new", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_NEW);
  g_assert_cmpint (f->type, ==, TBX_WORKER_FILE_STAT);
  answer_done (f, ENOENT);
  tbx_test_until (f->n_asked == 2);
  g_assert_cmpint (f->type, ==, TBX_WORKER_FILE_OPEN);
  g_assert_true (f->writing);
  answer_opened (f, theirs);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_OK);
  handle = f->hgfs.reply.opened.handle;
  g_assert_cmpuint (hgfs_write (&f->hgfs, handle, 0, 0, "abc"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_write (&f->hgfs, handle, 0, 5, "x"), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_write (&f->hgfs, handle, 0, 0, "x"), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_write (&f->hgfs, handle, TBX_HGFS_WRITE_APPEND, 0, "de"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_read (&f->hgfs, handle, 0, 1), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_close (&f->hgfs, handle), ==, TBX_HGFS_OK);
  g_assert_cmpint (read (ours, text, sizeof text), ==, 5);
  g_assert_cmpint (read (ours, text, sizeof text), ==, 0);
  close (ours);
}

/* What is there is not made anew. */
static void
test_exists (Fixture *f, gconstpointer data)
{
  send_open (f, "/test:/old", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_NEW);
  answer_found (f, 1);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_FILE_EXISTS);
  g_assert_cmpuint (f->n_asked, ==, 1);
}

static void
test_errors (Fixture *f, gconstpointer data)
{
  static const struct { int error_number; guint status; } rows[] = {
    { ENOENT, TBX_HGFS_NO_SUCH_FILE },
    { EACCES, TBX_HGFS_ACCESS_DENIED },
    { EIO, TBX_HGFS_GENERIC_ERROR },
    { EAGAIN, TBX_HGFS_GENERIC_ERROR },   /* which would be asked for ever */
    { 0, TBX_HGFS_GENERIC_ERROR },        /* done, but with no answer */
    { -1, TBX_HGFS_GENERIC_ERROR },
  };
  int ours;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
      answer_done (f, rows[i].error_number);
      g_assert_cmpuint (wait_status (f), ==, rows[i].status);
    }
  /* An answer to another question. */
  send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  answer_found (f, 7);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_GENERIC_ERROR);
  send_getattr (f, "/test:/x");
  answer_opened (f, make_pipe (&ours, FALSE));
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_GENERIC_ERROR);
  tbx_test_until (read (ours, &ours, 1) == 0);
}

/* The daemon started anew, or does not take what is said. */
static void
test_no_daemon (Fixture *f, gconstpointer data)
{
  guint32 id;
  int ours, theirs = make_pipe (&ours, FALSE);

  send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  id = f->id;
  tbx_remote_reset (f->remote);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_GENERIC_ERROR);
  f->id = id;
  answer_opened (f, theirs);   /* nobody waits for it */
  g_assert_cmpint (read (ours, &id, 1), ==, 0);
  close (ours);
  send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_NO_SUCH_FILE);
}

static void
test_not_said (Fixture *f, gconstpointer data)
{
  f->refusal = E2BIG;
  send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  g_assert_cmpuint (wait_status (f), ==, TBX_HGFS_GENERIC_ERROR);
}

static void
test_names (Fixture *f, gconstpointer data)
{
  static const struct { const char *name; guint status; } rows[] = {
    { "/test:/a/../b", TBX_HGFS_INVALID_NAME }, { "/test:x", TBX_HGFS_NO_SUCH_FILE },
    { "/x:/y", TBX_HGFS_NO_SUCH_FILE }, { "/Test:/x", TBX_HGFS_NO_SUCH_FILE },
    { "/:/x", TBX_HGFS_NO_SUCH_FILE }, { "/test", TBX_HGFS_NO_SUCH_FILE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      send_getattr (f, rows[i].name);
      g_test_message ("%s", rows[i].name);
      g_assert_cmpuint (wait_status (f), ==, rows[i].status);
    }
  g_assert_cmpuint (f->n_asked, ==, 0);
}

/* It ends with its session; the answer that comes then is nobody's. */
static void
test_session_ends (Fixture *f, gconstpointer data)
{
  int ours, theirs = make_pipe (&ours, TRUE);

  send_open (f, "/test:/x", TBX_HGFS_MODE_READ, TBX_HGFS_OPEN_EXISTING);
  g_clear_object (&f->hgfs.server);
  answer_opened (f, theirs);
  tbx_test_until (write (ours, "x", 1) < 0 && errno == EPIPE);   /* after a while */
  close (ours);
  f->hgfs.server = tbx_hgfs_server_new ();
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) \
  g_test_add ("/remote-files/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("read", test_read);
  ADD ("write", test_write);
  ADD ("exists", test_exists);
  ADD ("errors", test_errors);
  ADD ("no-daemon", test_no_daemon);
  ADD ("not-said", test_not_said);
  ADD ("names", test_names);
  ADD ("session-ends", test_session_ends);
#undef ADD
  return g_test_run ();
}
