/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream-buffer.h"
#include "tbx-stream-pool.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The byte at a position of a stream that repeats itself in no period of memory. */
static guint8
byte_at (guint64 position)
{
  return (guint8) (position * 7 + (position >> 13) + (position >> 20) * 3);
}

static guint8 piece[4096];   /* not allocated: memory is measured here */

static void
put (TbxStreamBuffer *buffer, gsize size)
{
  for (gsize done = 0, n; done < size; done += n)
    {
      guint64 head = tbx_stream_buffer_get_head (buffer);

      n = MIN (sizeof piece, size - done);
      for (gsize i = 0; i < n; i++)
        piece[i] = byte_at (head + i);
      tbx_stream_buffer_put (buffer, piece, n);
    }
}

static void
assert_holds (TbxStreamBuffer *buffer, guint64 position, gsize size)
{
  for (gsize done = 0, n; done < size; done += n, position += n)
    {
      n = MIN (sizeof piece, size - done);
      g_assert_cmpuint (tbx_stream_buffer_peek (buffer, position, piece, n), ==, n);
      for (gsize i = 0; i < n; i++)
        if (piece[i] != byte_at (position + i))
          g_error ("position %" G_GUINT64_FORMAT " of the stream differs", position + i);
    }
}

/* Kilobytes of memory that are in use for private data of this process. */
static gsize
used_kilobytes (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL));
  return (gsize) g_ascii_strtoull (strstr (text, "Anonymous:") + strlen ("Anonymous:"), NULL, 10);
}

/* Kilobytes of addresses. */
static gsize
mapped_kilobytes (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return (gsize) g_ascii_strtoull (text, NULL, 10) * ((gsize) sysconf (_SC_PAGESIZE) / 1024);
}

/* What is complete has the addresses that it needs, whatever it might have held. */
static void
test_trim (void)
{
  const gsize capacity = 64 * 1024 * 1024;
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const gsize sizes[] = { 0, 1, page - 1, page, page + 1, 300000, capacity };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize before = mapped_kilobytes ();
      g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (capacity);

      put (buffer, sizes[i]);
      tbx_stream_buffer_trim (buffer);
      tbx_stream_buffer_trim (buffer);
      assert_holds (buffer, 0, sizes[i]);
      g_assert_cmpuint (tbx_stream_buffer_peek (buffer, sizes[i], piece, 1), ==, 0);
      g_assert_cmpuint (mapped_kilobytes () - before, <=, sizes[i] / 1024 + 1024);
      tbx_stream_buffer_release (buffer, sizes[i]);
      g_assert_cmpuint (tbx_stream_buffer_get_held (buffer), ==, 0);
    }
}

/* What went round stays as it is. */
static void
test_trim_ring (void)
{
  g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (70000);

  put (buffer, 70000);
  tbx_stream_buffer_release (buffer, 50000);
  put (buffer, 30000);
  tbx_stream_buffer_trim (buffer);
  assert_holds (buffer, 50000, 50000);
}

/* All that was put is found until it is released, at every alignment. */
static void
test_ring (void)
{
  const gsize capacity = 70000;   /* no whole number of pages */
  g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (capacity);
  g_autoptr(GRand) rand = g_rand_new_with_seed (4711);

  for (guint i = 0; i < 3000; i++)
    {
      gsize room = tbx_stream_buffer_get_room (buffer), held;

      put (buffer, room == 0 ? 0 : (gsize) g_rand_int_range (rand, 0, (gint32) room + 1));
      held = tbx_stream_buffer_get_held (buffer);
      g_assert_cmpuint (held, <=, capacity);
      assert_holds (buffer, tbx_stream_buffer_get_tail (buffer), held);
      if (held > 0)
        tbx_stream_buffer_release (buffer, tbx_stream_buffer_get_tail (buffer)
                                           + (guint64) g_rand_int_range (rand, 0, (gint32) held + 1));
    }
  g_assert_cmpuint (tbx_stream_buffer_get_head (buffer), >, 100 * capacity);
}

static void
test_peek (void)
{
  g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (65536);
  guint8 data[8];

  put (buffer, 0);
  put (buffer, 100);
  g_assert_cmpuint (tbx_stream_buffer_peek (buffer, 96, data, sizeof data), ==, 4);
  g_assert_cmpuint (data[3], ==, byte_at (99));
  g_assert_cmpuint (tbx_stream_buffer_peek (buffer, 100, data, sizeof data), ==, 0);
  g_assert_cmpuint (tbx_stream_buffer_peek (buffer, G_MAXUINT64, data, sizeof data), ==, 0);
  assert_holds (buffer, 0, 100);
}

static void
test_fill_and_drain (void)
{
  g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (65536);
  g_autoptr(TbxStreamBuffer) other = tbx_stream_buffer_new (65536);
  guint64 moved = 0;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
  while (moved < 10 * 65536)
    {
      gssize n;

      put (buffer, MIN (tbx_stream_buffer_get_room (buffer), 40001));
      n = tbx_stream_buffer_drain (buffer, fds[1]);
      g_assert_cmpint (n, >, 0);
      moved += (guint64) n;
      while (tbx_stream_buffer_fill (other, fds[0], tbx_stream_buffer_get_room (other)) > 0)
        {
          assert_holds (other, tbx_stream_buffer_get_tail (other),
                        tbx_stream_buffer_get_held (other));
          tbx_stream_buffer_release (other, tbx_stream_buffer_get_head (other));
        }
      g_assert_cmpint (errno, ==, EAGAIN);
      g_assert_cmpuint (tbx_stream_buffer_get_head (other), ==, moved);
    }
  close (fds[1]);
  g_assert_cmpint (tbx_stream_buffer_fill (other, fds[0], 1), ==, 0);
  close (fds[0]);
}

/* Memory comes with bytes and goes with them, wherever in the ring they are. */
static void
test_memory (void)
{
  const gsize size = 32 * 1024 * 1024;
  gsize before = used_kilobytes ();
  g_autoptr(TbxStreamBuffer) buffer = tbx_stream_buffer_new (size);

  g_assert_cmpuint (used_kilobytes (), <, before + 1024);
  put (buffer, size);
  g_assert_cmpuint (used_kilobytes (), >, before + size / 1024 - 1024);
  tbx_stream_buffer_release (buffer, size / 2);
  g_assert_cmpuint (used_kilobytes (), <, before + size / 2 / 1024 + 2048);
  assert_holds (buffer, size / 2, size / 2);
  put (buffer, size / 4);
  tbx_stream_buffer_release (buffer, size);
  assert_holds (buffer, size, size / 4);
  g_assert_cmpuint (used_kilobytes (), <, before + size / 4 / 1024 + 2048);
  tbx_stream_buffer_release (buffer, size + size / 4);
  g_assert_cmpuint (used_kilobytes (), <, before + 1024);
  /* A stream that is read as fast as it comes needs next to nothing. */
  for (guint i = 0; i < 3000; i++)
    {
      put (buffer, 61440);
      tbx_stream_buffer_release (buffer, tbx_stream_buffer_get_head (buffer));
    }
  g_assert_cmpuint (used_kilobytes (), <, before + 2048);
}

static void
on_freed (gpointer user_data)
{
  ++*(guint *) user_data;
}

/* All together hold no more than their share; each may hold a part in any case. */
static void
test_pool (void)
{
  TbxStreamPool *pool = tbx_stream_pool_new (100000);
  const gsize all = 100000 * TBX_STREAM_POOL_SHARES;
  guint n_freed = 0, n_forgotten = 0;

  g_assert_cmpuint (tbx_stream_pool_grant (pool, 0, 100000), ==, 100000);
  tbx_stream_pool_take (pool, all - 70000);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 0, 100000), ==, 70000);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 90000, 10), ==, 10);
  tbx_stream_pool_take (pool, 70000);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 0, 100000), ==, TBX_STREAM_POOL_LEAST_BYTES);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 65000, 100000), ==, 536);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 65536, 100000), ==, 0);
  tbx_stream_pool_take (pool, 536);   /* more than there is, as just granted */
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 65536, 100000), ==, 0);
  tbx_stream_pool_wait (pool, on_freed, &n_freed);
  tbx_stream_pool_wait (pool, on_freed, &n_forgotten);
  tbx_stream_pool_forget (pool, &n_forgotten);
  tbx_stream_pool_give_back (pool, 1000);
  g_assert_cmpuint (n_freed, ==, 0);
  while (n_freed == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_forgotten, ==, 0);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 65536, 100000), ==, 1000 - 536);
  tbx_stream_pool_give_back (pool, 1000);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  tbx_stream_pool_set_limit (pool, 200000);
  g_assert_cmpuint (tbx_stream_pool_grant (pool, 65536, 200000), ==, 200000);
  tbx_stream_pool_unref (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream-buffer/ring", test_ring);
  g_test_add_func ("/stream-buffer/peek", test_peek);
  g_test_add_func ("/stream-buffer/fill-and-drain", test_fill_and_drain);
  g_test_add_func ("/stream-buffer/memory", test_memory);
  g_test_add_func ("/stream-buffer/trim", test_trim);
  g_test_add_func ("/stream-buffer/trim-ring", test_trim_ring);
  g_test_add_func ("/stream-buffer/pool", test_pool);
  return g_test_run ();
}
