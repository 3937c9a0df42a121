/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backdoor-fixture.h"
#include <string.h>

/* Linked with --wrap=g_try_malloc: what the messages ask for, and a way to refuse it. */
gpointer __real_g_try_malloc (gsize size);
gpointer __wrap_g_try_malloc (gsize size);
gsize backdoor_fixture_largest_request;
gboolean backdoor_fixture_no_memory;

gpointer
__wrap_g_try_malloc (gsize size)
{
  backdoor_fixture_largest_request = MAX (backdoor_fixture_largest_request, size);
  return backdoor_fixture_no_memory ? NULL : __real_g_try_malloc (size);
}

void
backdoor_fixture_set_up (TbxBackdoorMessages *m, gconstpointer user_data)
{
  fake_backdoor_reset ();
  backdoor_fixture_largest_request = 0;
  backdoor_fixture_no_memory = FALSE;
  tbx_backdoor_messages_init (m, &fake_backdoor_calls);
}

void
backdoor_fixture_tear_down (TbxBackdoorMessages *m, gconstpointer user_data)
{
  tbx_backdoor_messages_close (m);
  tbx_backdoor_messages_close (m);   /* harmless */
  g_assert_null (m->buffer);
  fake_backdoor_clear ();
}

void
backdoor_fixture_open (TbxBackdoorMessages *m, TbxProtocol protocol)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (tbx_backdoor_messages_open (m, protocol, &error));
  g_assert_no_error (error);
  g_assert_true (m->open);
}

void
backdoor_fixture_assert_steps (const char *expected)
{
  g_autofree char *steps = fake_backdoor_dup_steps ();

  g_assert_cmpstr (steps, ==, expected);
}

void
backdoor_fixture_send (TbxBackdoorMessages *m, const char *text)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (tbx_backdoor_messages_send (m, text, strlen (text), &error));
  g_assert_no_error (error);
}

void
backdoor_fixture_assert_receives (TbxBackdoorMessages *m, const char *text)
{
  g_autoptr(GError) error = NULL;
  const guint8 *data;
  gsize size;

  g_assert_true (tbx_backdoor_messages_receive (m, &data, &size, &error));
  g_assert_no_error (error);
  g_assert_true ((data == NULL) == (text == NULL));
  g_assert_cmpmem (data, size, text, text == NULL ? 0 : strlen (text));
  if (data != NULL)
    g_assert_cmpuint (data[size], ==, 0);
}

void
backdoor_fixture_assert_delivered (gconstpointer data, gsize size)
{
  GBytes *last;

  g_assert_cmpuint (fake_backdoor.delivered->len, >, 0);
  last = g_ptr_array_index (fake_backdoor.delivered, fake_backdoor.delivered->len - 1);
  g_assert_cmpmem (g_bytes_get_data (last, NULL), g_bytes_get_size (last), data, size);
}
