/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-rate-limit.h"

static guint
take_all (TbxRateLimit *limit, gint64 now_us)
{
  guint n = 0;

  while (n < 1000 && tbx_rate_limit_take (limit, now_us))
    n++;
  return n;
}

static void
test_burst (void)
{
  TbxRateLimit limit = { 10, 250000, 0 };
  gint64 now_us = 5 * G_USEC_PER_SEC;

  g_assert_cmpuint (take_all (&limit, now_us), ==, 10);
  g_assert_cmpuint (take_all (&limit, now_us), ==, 0);
  g_assert_cmpuint (take_all (&limit, now_us + 249999), ==, 0);
  g_assert_cmpuint (take_all (&limit, now_us + 250000), ==, 1);
  g_assert_cmpuint (take_all (&limit, now_us + 2 * G_USEC_PER_SEC), ==, 7);
  /* It is never more than full. */
  g_assert_cmpuint (take_all (&limit, now_us + 1000 * G_USEC_PER_SEC), ==, 10);
}

/* Also at the beginning of time, and where that goes on for long. */
static void
test_long_run (void)
{
  TbxRateLimit limit = { 3, 1000, 0 };
  guint n = 0;

  for (gint64 now_us = 0; now_us < 10 * G_USEC_PER_SEC; now_us += 100)
    n += tbx_rate_limit_take (&limit, now_us);
  g_assert_cmpuint (n, >=, 10000);
  g_assert_cmpuint (n, <=, 10003);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate-limit/burst", test_burst);
  g_test_add_func ("/rate-limit/long-run", test_long_run);
  return g_test_run ();
}
