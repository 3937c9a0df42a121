/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-fake-channel.h"
#include "tbx-options.h"
#include <string.h>

#define REFUSED "ERROR Unknown or invalid option"

typedef struct
{
  TbxFakeChannel *channel;
  TbxTclo        *tclo;
  TbxOptions     *options;
  TbxTcloRequest *held;       /* by a handler, or NULL (owned) */
  char           *value;      /* that a handler got last (owned) */
  guint           n_calls;
  guint           n_changes;  /* of the property */
} Fixture;

static void
on_changed (Fixture *f)
{
  f->n_changes++;
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  f->channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->channel));
  f->options = tbx_options_new (f->tclo);
  g_signal_connect_swapped (f->options, "notify::values", G_CALLBACK (on_changed), f);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_clear_pointer (&f->held, tbx_tclo_request_unref);
  g_free (f->value);
  if (f->options != NULL)
    g_assert_finalize_object (f->options);
  g_assert_finalize_object (f->tclo);
  g_assert_finalize_object (f->channel);
}

static void
assert_answer_n (Fixture *f, const char *request, gsize size, const char *expected)
{
  g_autofree char *sent = NULL;

  tbx_fake_channel_receive (f->channel, request, size);
  sent = tbx_fake_channel_dup_sent (f->channel);
  g_assert_cmpstr (sent, ==, expected);
}

static void
assert_answer (Fixture *f, const char *request, const char *expected)
{
  assert_answer_n (f, request, strlen (request), expected);
}

/* Every well-formed pair is accepted and kept, known or not. */
static void
test_accepted (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *request; gsize size; const char *key, *value; } cases[] = {
    { "Set_Option synctime 0", 21, "synctime", "0" },
    { "Set_Option synctime 1\0", 22, "synctime", "1" },
    { "Set_Option no.such.option a b  c ", 33, "no.such.option", "a b  c " },
    { "Set_Option spaced  x", 20, "spaced", " x" },
    { "Set_Option  late 1", 18, "late", "1" },
    { "  Set_Option    later 1", 23, "later", "1" },
    { "Set_Option text \xc3\xa9", 18, "text", "\xc3\xa9" },
    { "Set_Option % %n%s", 17, "%", "%n%s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      assert_answer_n (f, cases[i].request, cases[i].size, "OK ");
      g_assert_cmpstr (tbx_options_get (f->options, cases[i].key), ==, cases[i].value);
      g_assert_cmpuint (f->n_changes, ==, i + 1);
    }
}

static void
test_refused (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *request; gsize size; } cases[] = {
    { "Set_Option", 10 },
    { "Set_Option ", 11 },
    { "Set_Option  ", 12 },
    { "Set_Option\0", 11 },
    { "Set_Option \0", 12 },
    { "Set_Option synctime", 19 },
    { "Set_Option synctime ", 20 },
    { "Set_Option synctime\0", 20 },
    { "Set_Option synctime \0", 21 },
    { "Set_Option synctime 0\0\0", 23 },
    { "Set_Option sync\0time 0", 22 },
    { "Set_Option synctime 0\0 1", 24 },
    { "Set_Option synctime \xff", 21 },
    { "Set_Option \xffsynctime 0", 22 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_answer_n (f, cases[i].request, cases[i].size, REFUSED);
  g_assert_null (tbx_options_get (f->options, "synctime"));
  g_assert_cmpuint (f->n_changes, ==, 0);
}

static void
assert_answer_of_lengths (Fixture *f, gsize key, gsize value, const char *expected)
{
  g_autofree char *key_text = g_strnfill (key, 'k');
  g_autofree char *value_text = g_strnfill (value, 'v');
  g_autofree char *request = g_strdup_printf ("Set_Option %s %s", key_text, value_text);

  assert_answer (f, request, expected);
}

/* A host cannot make us keep what it likes. */
static void
test_limits (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GVariant) values = NULL;

  assert_answer_of_lengths (f, 128, 1, "OK ");
  assert_answer_of_lengths (f, 129, 1, REFUSED);
  assert_answer_of_lengths (f, 1024 * 1024, 1, REFUSED);
  assert_answer_of_lengths (f, 1, 4095, "OK ");
  assert_answer_of_lengths (f, 1, 4097, REFUSED);
  assert_answer_of_lengths (f, 1, 1024 * 1024, REFUSED);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *request = g_strdup_printf ("Set_Option option-%u x", i);

      assert_answer (f, request, "OK ");
    }
  values = tbx_options_dup_values (f->options);
  g_assert_cmpuint (g_variant_n_children (values), ==, 256);
  g_assert_null (tbx_options_get (f->options, "option-999"));
  assert_answer (f, "Set_Option option-0 y", "OK ");
  g_assert_cmpstr (tbx_options_get (f->options, "option-0"), ==, "y");
}

static void
test_property (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GVariant) empty = NULL, values = NULL, again = NULL;
  g_autofree char *text = NULL;

  g_object_get (f->options, "values", &empty, NULL);
  g_assert_cmpstr (g_variant_get_type_string (empty), ==, "a{ss}");
  g_assert_cmpuint (g_variant_n_children (empty), ==, 0);
  assert_answer (f, "Set_Option synctime 0", "OK ");
  assert_answer (f, "Set_Option synctime 0", "OK ");
  g_assert_cmpuint (f->n_changes, ==, 1);
  assert_answer (f, "Set_Option synctime 1", "OK ");
  g_assert_cmpuint (f->n_changes, ==, 2);
  g_object_get (f->options, "values", &values, NULL);
  text = g_variant_print (values, FALSE);
  g_assert_cmpstr (text, ==, "{'synctime': '1'}");
  g_assert_false (g_variant_is_floating (values));
  again = tbx_options_dup_values (f->options);
  g_assert_false (g_variant_is_floating (again));
}

static void
on_option (const char *value, TbxTcloRequest *request, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_calls++;
  g_free (f->value);
  f->value = g_strdup (value);
  g_assert_null (f->held);
  f->held = tbx_tclo_request_ref (request);
}

/* The listener answers, when it likes; it hears of each value, old or new. */
static void
test_listener (Fixture *f, gconstpointer user_data)
{
  g_assert_true (tbx_options_add (f->options, "broadcastIP", on_option, f));
  g_assert_false (tbx_options_add (f->options, "broadcastIP", on_option, f));
  for (guint i = 1; i <= 2; i++)
    {
      g_autofree char *sent = NULL;

      assert_answer (f, "Set_Option broadcastIP 1", "");
      g_assert_cmpuint (f->n_calls, ==, i);
      g_assert_cmpstr (f->value, ==, "1");
      g_assert_cmpstr (tbx_options_get (f->options, "broadcastIP"), ==, "1");
      tbx_tclo_request_return (f->held, NULL);
      g_clear_pointer (&f->held, tbx_tclo_request_unref);
      sent = tbx_fake_channel_dup_sent (f->channel);
      g_assert_cmpstr (sent, ==, "OK ");
    }
  assert_answer (f, "Set_Option other 1", "OK ");
  assert_answer (f, "Set_Option broadcastIP", REFUSED);
  g_assert_cmpuint (f->n_calls, ==, 2);
}

static void
test_gone (Fixture *f, gconstpointer user_data)
{
  g_assert_finalize_object (g_steal_pointer (&f->options));
  assert_answer (f, "Set_Option synctime 0", "ERROR Unknown Command");
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/rpc/options/accepted", test_accepted);
  add ("/rpc/options/refused", test_refused);
  add ("/rpc/options/limits", test_limits);
  add ("/rpc/options/property", test_property);
  add ("/rpc/options/listener", test_listener);
  add ("/rpc/options/gone", test_gone);
  return g_test_run ();
}
