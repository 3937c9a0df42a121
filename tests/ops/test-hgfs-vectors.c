/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hgfs-vectors.h"
#include "tbx-hgfs-fixture.h"
#include <string.h>
#include <unistd.h>

/* The vectors' packets against the server: in the order of the file, each answered as
 * docs/wire/hgfs.md says.  Their folder, /srv/demo, becomes one of the test, of a name
 * as long. */

#define SESSION_AT 36
#define SESSION_A  G_GUINT64_CONSTANT (0x1122334455667788)
#define SESSION_B  G_GUINT64_CONSTANT (0x99aabbccddeeff00)

typedef struct
{
  HgfsFixture base;
  char        name[5];    /* of the folder in /tmp */
  char       *demo;       /* its path (owned) */
  guint64     a, b;       /* sessions */
} VectorFixture;

static void
set_up (VectorFixture *f, gconstpointer data)
{
  hgfs_fixture_set_up (&f->base, data);
  f->demo = g_strdup ("/tmp/XXXX");
  for (guint i = 0; i < 100; i++)
    {
      g_snprintf (f->name, sizeof f->name, "t%03x", g_random_int_range (0, 0x1000));
      g_free (f->demo);
      f->demo = g_strconcat ("/tmp/", f->name, NULL);
      if (mkdir (f->demo, 0755) == 0)
        break;
    }
  f->a = f->base.session;
  f->b = hgfs_new_session (&f->base);
}

static void
tear_down (VectorFixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->demo, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->demo);
  hgfs_fixture_tear_down (&f->base, data);
}

/* Puts our folder in the place of theirs. */
static void
patch_names (VectorFixture *f, guint8 *bytes, gsize size)
{
  static const char theirs[] = "srv\0demo";

  for (gsize i = 0; i + 8 <= size; i++)
    if (memcmp (bytes + i, theirs, 8) == 0)
      {
        memcpy (bytes + i, "tmp", 3);
        memcpy (bytes + i + 4, f->name, 4);
      }
}

static void
patch_session (VectorFixture *f, guint8 *bytes, gsize size)
{
  guint64 id;

  if (size < SESSION_AT + sizeof id)
    return;
  memcpy (&id, bytes + SESSION_AT, sizeof id);
  id = GUINT64_FROM_LE (id);
  if (id == SESSION_A)
    id = f->a;
  else if (id == SESSION_B)
    id = f->b;
  id = GUINT64_TO_LE (id);
  memcpy (bytes + SESSION_AT, &id, sizeof id);
}

/* The status of the answer, whatever its framing. */
static guint
answer_status (HgfsFixture *f)
{
  const guint8 *status = f->packet + 4;
  guint32 marker, value;

  g_assert_cmpuint (f->packet_size, >=, 8);
  memcpy (&marker, f->packet + 4, sizeof marker);
  if (GUINT32_FROM_LE (marker) == 0xff && f->packet_size >= 52)
    status = f->packet + 24;
  memcpy (&value, status, sizeof value);
  return GUINT32_FROM_LE (value);
}

static void
make_file (VectorFixture *f, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (f->demo, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

/* What the catalogue of malformed packets takes for granted. */
static void
prepare_malformed (VectorFixture *f)
{
  g_autofree char *folder = g_build_filename (f->demo, "m", NULL);
  g_autofree char *read = g_build_filename (folder, "f", NULL);
  g_autofree char *write = g_build_filename (folder, "wf", NULL);
  g_autofree char *link = g_build_filename (folder, "ln", NULL);
  g_autofree char *content = g_strnfill (200, 'c');
  TbxHgfsRequest search = hgfs_request (TBX_HGFS_SEARCH_OPEN_V3);

  g_assert_no_errno (mkdir (folder, 0755));
  make_file (f, "m/f", content);
  make_file (f, "m/wf", "");
  g_assert_no_errno (symlink ("f", link));
  g_assert_cmpuint (hgfs_must_open (&f->base, read, TBX_HGFS_MODE_READ, 0), ==, 1);
  g_assert_cmpuint (hgfs_must_open (&f->base, write, TBX_HGFS_MODE_WRITE, 0), ==, 2);
  hgfs_name (&f->base, &search.named.name, folder);
  g_assert_cmpuint (hgfs_call (&f->base, &search), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->base.reply.opened.handle, ==, 3);
}

static void
test_malformed (VectorFixture *f, gconstpointer data)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n = 0;

  prepare_malformed (f);
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      JsonObject *expect;
      g_autofree guint8 *bytes = NULL;
      gsize size;

      if (!hgfs_vector_in (vector, "mal-"))
        continue;
      /* Names of archives are their handler's affair. */
      if (g_str_has_suffix (hgfs_vector_name (vector), "M115"))
        continue;
      expect = json_object_get_object_member (json_object_get_object_member (vector, "decoded"),
                                              "expect");
      bytes = hgfs_vector_bytes (vector, &size);
      patch_names (f, bytes, size);
      patch_session (f, bytes, size);
      hgfs_send_bytes (&f->base, bytes, size);
      g_test_message ("%s", hgfs_vector_name (vector));
      g_assert_cmpuint (f->base.n_answers, ==, 1);
      n++;
      if (strcmp (json_object_get_string_member (expect, "action"), "reply") != 0)
        {
          g_assert_cmpint (f->base.code, ==, TBX_VIX_FAIL);
          continue;
        }
      g_assert_cmpint (f->base.code, ==, TBX_VIX_OK);
      g_assert_cmpuint (answer_status (&f->base), ==, json_object_get_int_member (expect, "status"));
    }
  g_assert_cmpuint (n, ==, 116);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/hgfs/vectors/malformed", VectorFixture, NULL, set_up, test_malformed, tear_down);
  return g_test_run ();
}
