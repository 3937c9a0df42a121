/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ring.h"
#include <errno.h>
#include <string.h>

/* What stands at a position of the stream that the tests send. */
static guint8
byte_at (guint64 position)
{
  return (guint8) (position * 7 + position / 251 + position / 65537);
}

static void
fill (guint8 *buffer, guint64 position, gsize size)
{
  for (gsize i = 0; i < size; i++)
    buffer[i] = byte_at (position + i);
}

static void
assert_bytes (const guint8 *buffer, guint64 position, gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (buffer[i], ==, byte_at (position + i));
}

static void
on_ready (gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
wait_for (TbxRing *ring)
{
  guint ready = 0;

  g_assert_cmpuint (tbx_ring_wait (ring, on_ready, &ready), >, 0);
  while (ready == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (ready, ==, 1);
}

#define TOTAL_BYTES (8 * 1024 * 1024 + 12345)

static gpointer
put_thread (gpointer data)
{
  static guint8 buffer[300000];
  guint64 position = 0;

  while (position < TOTAL_BYTES)
    {
      gsize size = (gsize) g_random_int_range (1, sizeof buffer + 1);

      size = MIN (size, TOTAL_BYTES - position);
      fill (buffer, position, size);
      g_assert_true (tbx_ring_put (data, buffer, size));
      position += size;
    }
  tbx_ring_finish (data, 0);
  return NULL;
}

/* Whole, in order, by reads that are short at the end only; each can be repeated until
 * it is released. */
static void
test_read (void)
{
  static guint8 buffer[TBX_RING_MAX_BYTES];
  TbxRing *ring = tbx_ring_new ();
  GThread *thread = g_thread_new ("put", put_thread, ring);
  guint64 position = 0;
  gsize size, done, again;
  int error_number;

  do
    {
      size = (gsize) g_random_int_range (1, sizeof buffer + 1);
      while ((error_number = tbx_ring_read (ring, position, buffer, size, &done)) == EAGAIN)
        wait_for (ring);
      g_assert_cmpint (error_number, ==, 0);
      assert_bytes (buffer, position, done);
      memset (buffer, 0, done);
      g_assert_cmpint (tbx_ring_read (ring, position + done / 2, buffer, done - done / 2, &again),
                       ==, 0);
      g_assert_cmpuint (again, ==, done - done / 2);
      assert_bytes (buffer, position + done / 2, again);
      position += done;
      tbx_ring_release (ring, position);
    }
  while (done == size);
  g_assert_cmpuint (position, ==, TOTAL_BYTES);
  g_assert_cmpint (tbx_ring_read (ring, position, buffer, 1, &done), ==, 0);
  g_assert_cmpuint (done, ==, 0);
  g_assert_cmpint (tbx_ring_read (ring, position, buffer, sizeof buffer + 1, &done), ==, EINVAL);
  g_thread_join (thread);
  tbx_ring_free (ring);
}

static gpointer
take_thread (gpointer data)
{
  static guint8 buffer[100000];
  guint64 position = 0;
  gssize n;

  while ((n = tbx_ring_take (data, buffer, (gsize) g_random_int_range (1, sizeof buffer))) > 0)
    {
      assert_bytes (buffer, position, (gsize) n);
      position += (guint64) n;
    }
  g_assert_cmpint (n, ==, 0);
  g_assert_cmpuint (position, ==, TOTAL_BYTES);
  tbx_ring_finish (data, ENOSPC);
  return NULL;
}

/* All or nothing is taken of an offer; the end tells what came of it. */
static void
test_offer (void)
{
  static guint8 buffer[TBX_RING_MAX_BYTES + 1];
  TbxRing *ring = tbx_ring_new ();
  GThread *thread = g_thread_new ("take", take_thread, ring);
  guint64 position = 0;
  int error_number;

  g_assert_cmpint (tbx_ring_offer (ring, buffer, sizeof buffer), ==, EINVAL);
  while (position < TOTAL_BYTES)
    {
      gsize size = (gsize) g_random_int_range (1, TBX_RING_MAX_BYTES + 1);

      size = MIN (size, TOTAL_BYTES - position);
      fill (buffer, position, size);
      while ((error_number = tbx_ring_offer (ring, buffer, size)) == EAGAIN)
        wait_for (ring);
      g_assert_cmpint (error_number, ==, 0);
      position += size;
    }
  while ((error_number = tbx_ring_end (ring)) == EAGAIN)
    wait_for (ring);
  g_assert_cmpint (error_number, ==, ENOSPC);
  g_assert_cmpint (tbx_ring_offer (ring, buffer, 1), ==, ENOSPC);
  g_thread_join (thread);
  tbx_ring_free (ring);
}

static gpointer
stubborn_put (gpointer data)
{
  static guint8 buffer[3 * TBX_RING_BYTES];

  g_assert_false (tbx_ring_put (data, buffer, sizeof buffer));
  g_assert_true (tbx_ring_is_cancelled (data));
  return NULL;
}

static gpointer
stubborn_take (gpointer data)
{
  guint8 buffer[10];

  g_assert_cmpint (tbx_ring_take (data, buffer, sizeof buffer), ==, -1);
  return NULL;
}

/* A thread that waits for us hears that we are gone. */
static void
test_cancel (void)
{
  GThreadFunc functions[] = { stubborn_put, stubborn_take };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      TbxRing *ring = tbx_ring_new ();
      GThread *thread = g_thread_new ("stubborn", functions[i], ring);

      if (i == 0)   /* it is on its way to a full ring */
        {
          guint8 byte;
          gsize done;

          while (tbx_ring_read (ring, 0, &byte, 1, &done) == EAGAIN)
            wait_for (ring);
        }
      tbx_ring_cancel (ring);
      g_thread_join (thread);
      tbx_ring_free (ring);
    }
}

/* What the thread failed with comes behind what it put before. */
static void
test_failure (void)
{
  TbxRing *ring = tbx_ring_new ();
  guint8 buffer[8] = { 0 };
  gsize done;

  g_assert_true (tbx_ring_put (ring, (const guint8 *) "abcdef", 6));
  tbx_ring_finish (ring, EIO);
  g_assert_cmpint (tbx_ring_read (ring, 0, buffer, 6, &done), ==, 0);
  g_assert_cmpmem (buffer, done, "abcdef", 6);
  g_assert_cmpint (tbx_ring_read (ring, 0, buffer, 7, &done), ==, EIO);
  g_assert_cmpuint (done, ==, 0);
  tbx_ring_free (ring);
}

/* Nobody waits for longer than it was said, and a wait can be given up. */
static void
test_wait (void)
{
  TbxRing *ring = tbx_ring_new ();
  guint8 byte;
  gsize done;
  guint ready = 0;
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (tbx_ring_read (ring, 0, &byte, 1, &done), ==, EAGAIN);
  g_source_remove (tbx_ring_wait (ring, on_ready, &ready));
  wait_for (ring);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, TBX_FILE_WAIT_MS * 1000 - 1000);
  g_assert_cmpuint (ready, ==, 0);
  tbx_ring_put (ring, &byte, 1);   /* wakes what was removed, and harms nobody */
  tbx_ring_free (ring);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ring/read", test_read);
  g_test_add_func ("/ring/offer", test_offer);
  g_test_add_func ("/ring/cancel", test_cancel);
  g_test_add_func ("/ring/failure", test_failure);
  g_test_add_func ("/ring/wait", test_wait);
  return g_test_run ();
}
