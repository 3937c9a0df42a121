/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-streams.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LIMIT (256 * 1024)

/* The streams of a program that the test plays: what is no child has them, too. */
typedef struct
{
  TbxStreamPool *pool;
  TbxStreams    *streams;
  TbxStreamsEnds ends;
  guint          n_ready;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  int error_number = 0;

  f->pool = tbx_stream_pool_new (LIMIT);
  f->streams = tbx_streams_new (f->pool, &f->ends, &error_number);
  g_assert_nonnull (f->streams);
  /* A program waits; the test must not. */
  g_assert_true (g_unix_set_fd_nonblocking (f->ends.in, TRUE, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (f->ends.out, TRUE, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->streams, tbx_streams_unref);
  tbx_streams_close_ends (&f->ends);
  /* All that they held is given back. */
  g_assert_cmpuint (tbx_stream_pool_grant (f->pool, TBX_STREAM_POOL_LEAST_BYTES, G_MAXSIZE), ==,
                    (gsize) LIMIT * TBX_STREAM_POOL_SHARES);
  tbx_stream_pool_unref (f->pool);
}

static guint8
byte_at (guint64 position)
{
  return (guint8) (position * 7 + (position >> 9) + (position >> 17) * 5);
}

/* Writes as the program would, until @size is written or nothing is taken any more. */
static gsize
program_writes (int fd, guint64 position, gsize size)
{
  gsize done = 0;

  while (done < size)
    {
      guint8 data[3001];
      gsize n = MIN (sizeof data, size - done);
      gint64 limit_us = g_get_monotonic_time () + 300 * 1000;
      gssize written;

      for (gsize i = 0; i < n; i++)
        data[i] = byte_at (position + done + i);
      while ((written = write (fd, data, n)) < 0 && errno == EAGAIN
             && g_get_monotonic_time () < limit_us)
        if (!g_main_context_iteration (NULL, FALSE))
          g_usleep (1000);
      if (written < 0)
        break;
      done += (gsize) written;
    }
  return done;
}

static void
end_output (Fixture *f)
{
  close (f->ends.out);
  f->ends.out = -1;
}

static void
on_ready (gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
wait_for (Fixture *f, TbxFile *file)
{
  guint before = f->n_ready;

  tbx_file_wait (file, on_ready, &f->n_ready);
  tbx_test_until (f->n_ready > before);
}

static TbxFile *
must_open (TbxStream *stream)
{
  int error_number = 0;
  TbxFile *file = tbx_stream_open (stream, &error_number);

  g_assert_cmpint (error_number, ==, 0);
  return file;
}

static int
open_error (TbxStream *stream)
{
  int error_number = 0;

  g_assert_null (tbx_stream_open (stream, &error_number));
  return error_number;
}

/* Reads one part, which is as large as asked for or the last. */
static gsize
must_read (Fixture *f, TbxFile *file, guint64 offset, gsize size, guint64 position)
{
  g_autofree guint8 *data = g_malloc (size);
  gsize done;
  int error_number;

  while ((error_number = tbx_file_read (file, offset, data, size, &done)) == EAGAIN)
    wait_for (f, file);
  g_assert_cmpint (error_number, ==, 0);
  for (gsize i = 0; i < done; i++)
    if (data[i] != byte_at (position + i))
      g_error ("position %" G_GUINT64_FORMAT " of the stream differs", position + i);
  return done;
}

static int
read_error (TbxFile *file, guint64 offset, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);
  gsize done;

  return tbx_file_read (file, offset, data, size, &done);
}

/* What fits is there as a whole when it is complete, for as many as like, as often. */
static void
test_fits (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  g_autoptr(TbxFile) one = NULL, two = NULL;
  struct stat info;

  g_assert_cmpint (tbx_stream_stat (out, &info), ==, EAGAIN);
  g_assert_cmpuint (program_writes (f->ends.out, 0, 100000), ==, 100000);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, EAGAIN);
  g_assert_cmpint (open_error (out), ==, EAGAIN);
  end_output (f);
  tbx_test_until (tbx_stream_stat (out, &info) == 0);
  g_assert_cmpint (info.st_size, ==, 100000);
  g_assert_cmpuint (info.st_mode, ==, S_IFREG | 0400);
  one = must_open (out);
  two = must_open (out);
  g_assert_cmpuint (must_read (f, one, 0, 61440, 0), ==, 61440);
  g_assert_cmpuint (must_read (f, two, 99990, 61440, 99990), ==, 10);
  g_assert_cmpuint (must_read (f, one, 61440, 61440, 61440), ==, 100000 - 61440);
  g_assert_cmpuint (must_read (f, one, 100000, 61440, 100000), ==, 0);
  g_assert_cmpuint (must_read (f, one, G_MAXINT64, 61440, 0), ==, 0);
  g_assert_cmpint (read_error (one, (guint64) G_MAXINT64 + 1, 10), ==, EINVAL);
  g_assert_cmpuint (must_read (f, two, 0, 61440, 0), ==, 61440);
  g_assert_cmpint (tbx_file_close (one), ==, 0);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 100000);
}

/* As many bytes as there is room for, and the end: that fits, too. */
static void
test_fits_just (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  g_autoptr(TbxFile) file = NULL;
  struct stat info;

  g_assert_cmpuint (program_writes (f->ends.out, 0, LIMIT), ==, LIMIT);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, G_MAXINT64);
  end_output (f);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, LIMIT);
  file = must_open (out);
  g_assert_cmpuint (must_read (f, file, LIMIT - 10, 100, LIMIT - 10), ==, 10);
  g_assert_cmpuint (must_read (f, file, 0, 61440, 0), ==, 61440);
}

static void
test_nothing (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxFile) file = NULL;
  struct stat info;

  end_output (f);
  tbx_test_until (tbx_stream_stat (f->streams->out, &info) == 0);
  g_assert_cmpint (info.st_size, ==, 0);
  file = must_open (f->streams->out);
  g_assert_cmpuint (must_read (f, file, 0, 61440, 0), ==, 0);
  /* The other goes on. */
  g_assert_cmpint (tbx_stream_stat (f->streams->err, &info), ==, EAGAIN);
}

/* Whoever waits for it is called when it is complete, and after a second in any case. */
static void
test_wait (Fixture *f, gconstpointer data)
{
  gint64 start_us = g_get_monotonic_time ();
  guint id;

  tbx_stream_wait (f->streams->out, on_ready, &f->n_ready);
  tbx_test_until (f->n_ready == 1);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, TBX_FILE_WAIT_MS * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2 * TBX_FILE_WAIT_MS * 1000);

  start_us = g_get_monotonic_time ();
  tbx_stream_wait (f->streams->out, on_ready, &f->n_ready);
  id = tbx_stream_wait (f->streams->out, on_ready, &f->n_ready);
  g_source_remove (id);
  end_output (f);
  tbx_test_until (f->n_ready == 2);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, TBX_FILE_WAIT_MS * 1000 / 2);
}

/* What does not fit flows: in order, to one at a time, and the program goes on. */
static void
test_flows (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  g_autoptr(TbxFile) file = NULL;
  struct stat info;
  guint64 written, taken = 0;

  written = program_writes (f->ends.out, 0, 10 * LIMIT);
  g_assert_cmpuint (written, >, LIMIT);
  g_assert_cmpuint (written, <, 3 * LIMIT);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, G_MAXINT64);
  file = must_open (out);
  g_assert_cmpint (open_error (out), ==, EBUSY);
  while (written < 10 * LIMIT)
    {
      g_assert_cmpuint (must_read (f, file, taken, 61440, taken), ==, 61440);
      /* A packet that is sent again gets the same. */
      g_assert_cmpuint (must_read (f, file, taken, 61440, taken), ==, 61440);
      g_assert_cmpint (read_error (file, taken + 61441, 10), ==, EINVAL);
      if (taken > 0)
        g_assert_cmpint (read_error (file, taken - 1, 10), ==, ESTALE);
      taken += 61440;
      /* As much as went when this part was asked for. */
      if (taken > 61440)
        written += program_writes (f->ends.out, written, MIN (61440, 10 * LIMIT - written));
    }
  end_output (f);
  for (gsize n = 1; n > 0; taken += n)
    n = must_read (f, file, taken, 61440, taken);
  g_assert_cmpuint (taken, ==, 10 * LIMIT);
  g_assert_cmpint (tbx_file_close (file), ==, 0);
}

/* Where there are no addresses for all that may be kept, it flows sooner. */
static void
test_no_addresses (void)
{
  Fixture f = { .pool = tbx_stream_pool_new ((gsize) 1 << 50) };
  g_autoptr(TbxFile) file = NULL;
  int error_number = 0;
  guint64 written, taken = 0;

  f.streams = tbx_streams_new (f.pool, &f.ends, &error_number);
  g_assert_nonnull (f.streams);
  g_assert_true (g_unix_set_fd_nonblocking (f.ends.out, TRUE, NULL));
  written = program_writes (f.ends.out, 0, 2 * LIMIT);
  g_assert_cmpuint (written, <, 2 * LIMIT);
  file = must_open (f.streams->out);
  end_output (&f);
  for (gsize n = 1; n > 0; taken += n)
    n = must_read (&f, file, taken, 61440, taken);
  g_assert_cmpuint (taken, ==, written);
  g_clear_pointer (&file, tbx_file_free);
  tbx_streams_unref (f.streams);
  tbx_streams_close_ends (&f.ends);
  tbx_stream_pool_unref (f.pool);
}

/* The next one goes on where the one before him ended; what he did not say he got comes
 * once more. */
static void
test_flows_on (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  TbxFile *file;
  struct stat info;
  gsize n;

  g_assert_cmpuint (program_writes (f->ends.out, 0, 2 * LIMIT), <, 2 * LIMIT);
  file = must_open (out);
  g_assert_cmpuint (must_read (f, file, 0, 1000, 0), ==, 1000);
  g_assert_cmpuint (must_read (f, file, 1000, 1000, 1000), ==, 1000);
  tbx_file_free (file);
  file = must_open (out);
  g_assert_cmpuint (must_read (f, file, 0, 500, 1000), ==, 500);
  g_assert_cmpint (tbx_file_close (file), ==, 0);
  tbx_file_free (file);
  end_output (f);
  file = must_open (out);
  g_assert_cmpuint (must_read (f, file, 0, 500, 1500), ==, 500);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, G_MAXINT64);   /* there is more than room for it */
  for (guint64 offset = 500; (n = must_read (f, file, offset, 61440, 1500 + offset)) > 0;)
    offset += n;
  tbx_file_free (file);
}

/* Where the program pauses there is what it wrote until then. */
static void
test_pause (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxFile) file = NULL;
  g_autofree guint8 *part = g_malloc (2 * LIMIT);
  gsize done, written;

  written = program_writes (f->ends.out, 0, 2 * LIMIT);
  file = must_open (f->streams->out);
  for (guint64 offset = 0; offset + 61440 <= written; offset += 61440)
    g_assert_cmpuint (must_read (f, file, offset, 61440, offset), ==, 61440);
  g_assert_cmpint (tbx_file_read (file, written / 61440 * 61440, part, 61440, &done), ==, EAGAIN);
  g_assert_cmpuint (done, ==, written % 61440);
  g_assert_cmpint (tbx_file_read (file, written, part, 61440, &done), ==, EAGAIN);
  g_assert_cmpuint (done, ==, 0);
}

/* That the program has ended is enough, whoever else has its streams. */
static void
test_settled (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  g_autoptr(TbxFile) file = NULL;
  struct stat info;

  g_assert_cmpint (write (f->ends.out, "by the program", 14), ==, 14);
  tbx_streams_settle (f->streams);
  g_assert_cmpint (tbx_stream_stat (out, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 14);
  g_assert_cmpint (write (f->ends.out, ", by its child", 14), ==, 14);
  file = must_open (out);
  tbx_test_until (tbx_stream_stat (out, &info) == 0 && info.st_size == 28);
  g_assert_cmpint (read_error (file, 28, 10), ==, 0);
}

/* Streams of others hold what there is: this one flows with what each may hold. */
static void
test_starved (Fixture *f, gconstpointer data)
{
  TbxStream *out = f->streams->out;
  g_autoptr(TbxFile) file = NULL;
  struct stat info;
  gsize written;

  tbx_stream_pool_take (f->pool, (gsize) LIMIT * TBX_STREAM_POOL_SHARES);
  written = program_writes (f->ends.out, 0, LIMIT);
  g_assert_cmpuint (written, >=, TBX_STREAM_POOL_LEAST_BYTES);
  g_assert_cmpuint (written, <, LIMIT);
  tbx_stream_pool_give_back (f->pool, (gsize) LIMIT * TBX_STREAM_POOL_SHARES);
  written += program_writes (f->ends.out, written, LIMIT - written);
  g_assert_cmpuint (written, ==, LIMIT);
  end_output (f);
  tbx_test_until (tbx_stream_stat (out, &info) == 0 && info.st_size == LIMIT);
  file = must_open (out);
  g_assert_cmpuint (must_read (f, file, 0, LIMIT, 0), ==, LIMIT);
}

static TbxFile *
must_open_input (Fixture *f)
{
  int error_number = 0;
  TbxFile *file = tbx_stream_input_open (f->streams->in, &error_number);

  g_assert_cmpint (error_number, ==, 0);
  return file;
}

static int
write_part (TbxFile *file, guint64 position, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);
  gsize done;
  int error_number;

  for (gsize i = 0; i < size; i++)
    data[i] = byte_at (position + i);
  error_number = tbx_file_write (file, 0, TRUE, data, size, &done);
  g_assert_cmpuint (done, ==, error_number == 0 ? size : 0);
  return error_number;
}

/* Takes all that is there for the program; gives the position behind it. */
static guint64
program_reads (int fd, guint64 position)
{
  guint8 data[10007];
  gssize n;

  while ((n = read (fd, data, sizeof data)) > 0)
    {
      for (gssize i = 0; i < n; i++)
        g_assert_cmpuint (data[i], ==, byte_at (position + (guint64) i));
      position += (guint64) n;
    }
  return position;
}

/* More than the program takes is kept, a while; then the host waits, and all arrives. */
static void
test_input (Fixture *f, gconstpointer data)
{
  TbxFile *file = must_open_input (f);
  guint64 written = 0, taken = 0;
  int error_number = 0;
  struct stat info;
  guint8 byte;

  g_assert_cmpint (tbx_stream_input_stat (f->streams->in, &info), ==, 0);
  g_assert_cmpuint (info.st_mode, ==, S_IFREG | 0200);
  g_assert_null (tbx_stream_input_open (f->streams->in, &error_number));
  g_assert_cmpint (error_number, ==, EBUSY);
  while (write_part (file, written, 61440) == 0)
    written += 61440;
  g_assert_cmpuint (written, >, 1024 * 1024);
  g_assert_cmpuint (written, <, 2 * 1024 * 1024);
  tbx_file_wait (file, on_ready, &f->n_ready);
  while (f->n_ready == 0)
    {
      taken = program_reads (f->ends.in, taken);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (write_part (file, written, 61440), ==, 0);
  written += 61440;
  g_assert_cmpint (tbx_file_close (file), ==, 0);
  tbx_file_free (file);
  while ((taken = program_reads (f->ends.in, taken)) < written)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (read (f->ends.in, &byte, 1), ==, 0);
  g_assert_cmpint (tbx_stream_input_stat (f->streams->in, &info), ==, EPIPE);
}

/* A program that reads no more: said at once, and what it did not get at the end. */
static void
test_input_broken (Fixture *f, gconstpointer data)
{
  TbxFile *file = must_open_input (f);
  int error_number;

  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (write_part (file, i * 61440, 61440), ==, 0);
  close (f->ends.in);
  f->ends.in = -1;
  g_assert_cmpint (write_part (file, 0, 10), ==, EPIPE);
  g_assert_cmpint (tbx_file_close (file), ==, EPIPE);
  tbx_file_free (file);
  g_assert_null (tbx_stream_input_open (f->streams->in, &error_number));
  g_assert_cmpint (error_number, ==, EPIPE);
}

/* Closing without a word is the end, too. */
static void
test_input_empty (Fixture *f, gconstpointer data)
{
  TbxFile *file = must_open_input (f);
  guint8 byte;

  tbx_file_free (file);
  g_assert_cmpint (read (f->ends.in, &byte, 1), ==, 0);
}

static guint
count_descriptors (void)
{
  g_autoptr(GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (folder) != NULL)
    n++;
  return n;
}

/* A program that has ended is listed for long: its streams need no descriptor then, even
 * if the host never looked at them. */
static void
test_settled_descriptors (Fixture *f, gconstpointer data)
{
  guint before = count_descriptors ();
  guint8 byte = 1;

  g_assert_cmpint (write (f->ends.out, &byte, 1), ==, 1);
  tbx_streams_close_ends (&f->ends);
  tbx_streams_settle (f->streams);
  g_assert_cmpuint (count_descriptors (), ==, before - 6);
}

/* A child of it may read what it read. */
static void
test_settled_input (Fixture *f, gconstpointer data)
{
  TbxFile *file;
  guint8 byte;

  tbx_streams_settle (f->streams);
  file = must_open_input (f);
  g_assert_cmpint (write_part (file, 0, 1), ==, 0);
  g_assert_cmpint (read (f->ends.in, &byte, 1), ==, 1);
  tbx_file_free (file);
}

#define ADD(name, function) \
  g_test_add ("/streams/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  ADD ("fits", test_fits);
  ADD ("fits-just", test_fits_just);
  ADD ("nothing", test_nothing);
  ADD ("wait", test_wait);
  ADD ("flows", test_flows);
  ADD ("flows-on", test_flows_on);
  g_test_add_func ("/streams/no-addresses", test_no_addresses);
  ADD ("pause", test_pause);
  ADD ("settled", test_settled);
  ADD ("starved", test_starved);
  ADD ("input", test_input);
  ADD ("input-broken", test_input_broken);
  ADD ("input-empty", test_input_empty);
  ADD ("settled-descriptors", test_settled_descriptors);
  ADD ("settled-input", test_settled_input);
  return g_test_run ();
}
