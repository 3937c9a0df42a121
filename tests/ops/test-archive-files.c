/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-handler.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PACKET_BYTES 61440
#define LARGE_BYTES  (4 * 1024 * 1024)

typedef struct
{
  TbxArchiveHandler *handler;
  char              *dir;      /* with a folder "source" and a folder "target" (owned) */
  char              *source;   /* (owned) */
  char              *target;   /* (owned) */
  GMutex             lock;     /* of @log, which other threads write */
  GString           *log;
} Fixture;

static const TbxFileHandlerFuncs *funcs = &tbx_archive_handler_funcs;

static void
on_log (const char *text, gpointer user_data)
{
  Fixture *f = user_data;

  g_mutex_lock (&f->lock);
  g_string_append_printf (f->log, "%s\n", text);
  g_mutex_unlock (&f->lock);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("tbx-archive-XXXXXX", NULL);
  f->source = g_build_filename (f->dir, "source", NULL);
  f->target = g_build_filename (f->dir, "target", NULL);
  g_mkdir (f->source, 0700);
  g_mkdir (f->target, 0700);
  g_mutex_init (&f->lock);
  f->log = g_string_new (NULL);
  f->handler = tbx_archive_handler_new (TRUE, on_log, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->dir, NULL };

  tbx_archive_handler_free (f->handler);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->dir);
  g_free (f->source);
  g_free (f->target);
  g_string_free (f->log, TRUE);
  g_mutex_clear (&f->lock);
}

static void
make_file (const char *folder, const char *name, gsize size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *content = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    content[i] = (char) (i * 31 + i / 1000);
  g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
}

static TbxFile *
open_file (Fixture *f, const char *name, int access)
{
  int error_number = 0;
  TbxFile *file = funcs->open (f->handler, name, access, &error_number);

  g_assert_cmpint (error_number, ==, 0);
  g_assert_nonnull (file);
  return file;
}

static void
on_ready (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
wait_for (TbxFile *file)
{
  gboolean ready = FALSE;

  tbx_file_wait (file, on_ready, &ready);
  while (!ready)
    g_main_context_iteration (NULL, TRUE);
}

static gsize
read_at (TbxFile *file, guint64 offset, guint8 *buffer, gsize size)
{
  gsize done;
  int error_number;

  while ((error_number = tbx_file_read (file, offset, buffer, size, &done)) == EAGAIN)
    wait_for (file);
  g_assert_cmpint (error_number, ==, 0);
  return done;
}

static GByteArray *
read_all (TbxFile *file)
{
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[PACKET_BYTES];
  gsize done;

  do
    {
      done = read_at (file, all->len, buffer, sizeof buffer);
      g_byte_array_append (all, buffer, (guint) done);
    }
  while (done == sizeof buffer);
  return all;
}

static GByteArray *
download (Fixture *f, const char *name)
{
  g_autoptr(TbxFile) file = open_file (f, name, O_RDONLY);

  return read_all (file);
}

/* The first read has all of a small archive, its trailer too. */
static void
test_small (Fixture *f, gconstpointer data)
{
  g_autofree char *tgz = g_strconcat (f->source, "?format=tgz", NULL);
  guint8 buffer[PACKET_BYTES];
  const char *names[] = { f->source, tgz };

  make_file (f->source, "a", 10);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(TbxFile) file = open_file (f, names[i], O_RDONLY);
      gsize done = read_at (file, 0, buffer, sizeof buffer);

      g_assert_cmpuint (done, >, 3);
      g_assert_cmpmem (buffer + done - 3, 3, "\x1f\x8b\x08", 3);
      if (i == 0)
        g_assert_cmpuint (done, ==, 512 + 512 + 1024 + 3);
      g_assert_cmpuint (read_at (file, done, buffer, sizeof buffer), ==, 0);
      g_assert_cmpint (tbx_file_close (file), ==, 0);
    }
}

/* A packet whose reply was lost is asked for again. */
static void
test_replay (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxFile) file = NULL;
  g_autoptr(GByteArray) whole = NULL;
  guint8 buffer[PACKET_BYTES];
  guint64 offset = 0;
  gsize done;

  make_file (f->source, "a", LARGE_BYTES);
  whole = download (f, f->source);
  file = open_file (f, f->source, O_RDONLY);
  do
    {
      done = read_at (file, offset, buffer, sizeof buffer);
      g_assert_cmpmem (buffer, done, whole->data + offset, done);
      /* Again, and a part of it with what follows. */
      g_assert_cmpuint (read_at (file, offset, buffer, sizeof buffer), ==, done);
      g_assert_cmpmem (buffer, done, whole->data + offset, done);
      if (done == sizeof buffer)
        {
          gsize size = MIN (sizeof buffer, whole->len - offset - 1000);

          g_assert_cmpuint (read_at (file, offset + 1000, buffer, sizeof buffer), ==, size);
          g_assert_cmpmem (buffer, size, whole->data + offset + 1000, size);
          offset += 1000 + size;
        }
      else
        offset += done;
    }
  while (offset < whole->len);
  /* Other offsets mean nothing. */
  g_clear_pointer (&file, tbx_file_free);
  file = open_file (f, f->source, O_RDONLY);
  for (offset = 0; offset < whole->len; offset += done)
    {
      done = read_at (file, G_MAXINT64, buffer, sizeof buffer);
      g_assert_cmpmem (buffer, done, whole->data + offset, done);
    }
}

/* It is given up at any time; nobody waits for what it had to pack still. */
static void
test_given_up (Fixture *f, gconstpointer data)
{
  g_autofree char *tgz = g_strconcat (f->source, "?format=tgz", NULL);
  const char *names[] = { f->source, tgz };
  guint8 buffer[PACKET_BYTES];

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      make_file (f->source, name, 200000);
    }
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr(TbxFile) file = open_file (f, names[i % 2], O_RDONLY);
      guint64 offset = 0;

      for (guint reads = 0; reads < i / 2; reads++)
        offset += read_at (file, offset, buffer, sizeof buffer);
    }
}

/* Also in a hole that is larger than any disk: whoever walks it all never ends. */
static void
test_given_up_in_hole (Fixture *f, gconstpointer data)
{
  char dir[] = "/dev/shm/tbx-archive-XXXXXX";
  g_autofree char *path = NULL;

  g_assert_nonnull (mkdtemp (dir));
  path = g_build_filename (dir, "hole", NULL);
  make_file (dir, "hole", 0);
  g_assert_no_errno (truncate (path, G_MAXINT64 / 2));
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr(TbxFile) file = open_file (f, dir, O_RDONLY);

      g_usleep (i * 1000);
    }
  g_assert_no_errno (unlink (path));
  g_assert_no_errno (rmdir (dir));
}

/* While a file is packed it becomes longer, or shorter: the archive stays whole. */
static void
test_changing (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->source, "a", NULL);
  g_autofree char *last = g_build_filename (f->source, "b", NULL);
  const goffset sizes[] = { 2 * LARGE_BYTES, 1000000, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GByteArray) whole = NULL;
      g_autoptr(TbxFile) file = NULL;
      guint8 buffer[PACKET_BYTES];
      gsize content = LARGE_BYTES, start = 512;

      make_file (f->source, "a", LARGE_BYTES);
      make_file (f->source, "b", 5);
      g_string_truncate (f->log, 0);
      file = open_file (f, f->source, O_RDONLY);
      g_assert_cmpuint (read_at (file, 0, buffer, sizeof buffer), ==, sizeof buffer);
      /* The ring is full and the thread waits, far from the file's end. */
      g_assert_cmpint (truncate (path, sizes[i]), ==, 0);
      whole = read_all (file);
      g_byte_array_prepend (whole, buffer, sizeof buffer);
      g_byte_array_remove_range (whole, sizeof buffer, 0);
      /* read_all() began again with the first packet, which was the last read. */
      g_byte_array_remove_range (whole, 0, sizeof buffer);
      g_assert_cmpuint (whole->len, ==, start + content + 512 + 512 + 1024 + 3);
      g_assert_cmpstr ((char *) whole->data + start + content, ==, "b");
      g_assert_nonnull (strstr (f->log->str, "\"a\" changed while it was read"));
      if (sizes[i] < LARGE_BYTES)
        for (gsize n = 1500000; n < content; n++)
          g_assert_cmpuint (whole->data[start + n], ==, 0);
    }
}

/* A size that was told is kept, whatever happens to the folder. */
static void
test_promise (Fixture *f, gconstpointer data)
{
  g_autofree char *sub = g_build_filename (f->source, "sub", NULL);
  g_autofree char *path = g_build_filename (f->source, "z", NULL);
  g_autoptr(GByteArray) less = NULL;
  g_autoptr(GByteArray) more = NULL;
  g_autoptr(GByteArray) free = NULL;
  struct stat info;

  make_file (f->source, "a", 10);
  make_file (f->source, "z", 10000);
  g_assert_cmpint (funcs->stat (f->handler, f->source, &info), ==, 0);
  g_assert_cmpuint (info.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpint (info.st_size, ==, 1024 + 512 + 10240 + 1024 + 3);
  g_assert_cmpint (g_unlink (path), ==, 0);
  less = download (f, f->source);
  g_assert_cmpint (less->len, ==, info.st_size);
  g_assert_cmpmem (less->data + less->len - 3, 3, "\x1f\x8b\x08", 3);
  for (guint i = 1024; i < less->len - 3; i++)
    g_assert_cmpuint (less->data[i], ==, 0);

  g_assert_cmpint (funcs->stat (f->handler, f->source, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 1024 + 1024 + 3);
  g_mkdir (sub, 0700);
  more = download (f, f->source);
  g_assert_cmpint (more->len, ==, info.st_size);
  g_assert_nonnull (strstr (f->log->str, "\"sub/\" skipped: came after the size was told"));
  /* That was for one download. */
  free = download (f, f->source);
  g_assert_cmpint (free->len, ==, 1024 + 512 + 1024 + 3);
}

static void
test_access (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxFile) reader = open_file (f, f->source, O_RDONLY);
  g_autoptr(TbxFile) writer = open_file (f, f->target, O_WRONLY);
  g_autofree char *zip = g_strconcat (f->source, "?format=zip", NULL);
  guint8 byte = 0;
  gsize done = 1;
  struct stat info;
  int error_number = 0;

  g_assert_null (funcs->open (f->handler, f->source, O_RDWR, &error_number));
  g_assert_cmpint (error_number, ==, EACCES);
  g_assert_null (funcs->open (f->handler, zip, O_RDONLY, &error_number));
  g_assert_cmpint (error_number, ==, EINVAL);
  g_assert_null (funcs->open (f->handler, zip, O_WRONLY, &error_number));
  g_assert_cmpint (error_number, ==, EINVAL);
  g_assert_cmpint (tbx_file_write (reader, 0, FALSE, &byte, 1, &done), ==, EBADF);
  g_assert_cmpint (tbx_file_read (writer, 0, &byte, 1, &done), ==, EBADF);
  g_assert_cmpuint (done, ==, 0);
  /* By their handles folders are folders. */
  g_assert_cmpint (tbx_file_stat (reader, &info), ==, 0);
  g_assert_true (S_ISDIR (info.st_mode));
  g_assert_cmpint (tbx_file_stat (writer, &info), ==, 0);
  g_assert_true (S_ISDIR (info.st_mode));
}

/* So many at once, and no more. */
static void
test_limit (Fixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_file_free);
  int error_number = 0;

  for (guint i = 0; i < 16; i++)
    g_ptr_array_add (files, open_file (f, i % 2 ? f->source : f->target, i % 2 ? O_RDONLY
                                                                               : O_WRONLY));
  g_assert_null (funcs->open (f->handler, f->source, O_RDONLY, &error_number));
  g_assert_cmpint (error_number, ==, EMFILE);
  g_ptr_array_set_size (files, 15);
  g_ptr_array_add (files, open_file (f, f->source, O_RDONLY));
}

static int
write_all (TbxFile *file, const guint8 *data, gsize size)
{
  gsize done;
  int error_number = 0;

  for (gsize n = 0; error_number == 0 && n < size; n += done)
    while ((error_number = tbx_file_write (file, 0, TRUE, data + n, MIN (PACKET_BYTES, size - n),
                                           &done))
           == EAGAIN)
      wait_for (file);
  return error_number;
}

static int
close_file (TbxFile *file)
{
  int error_number;

  while ((error_number = tbx_file_close (file)) == EAGAIN)
    wait_for (file);
  return error_number;
}

/* Given up after each part of an archive: what is there is whole. */
static void
test_upload_given_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GByteArray) whole = NULL;
  g_autofree char *original = NULL;
  g_autofree char *copy = g_build_filename (f->target, "a", NULL);
  g_autofree char *source = g_build_filename (f->source, "a", NULL);
  gsize size;

  make_file (f->source, "a", LARGE_BYTES);
  g_assert_true (g_file_get_contents (source, &original, &size, NULL));
  whole = download (f, f->source);
  for (gsize part = 0; part <= whole->len; part += whole->len / 10)
    {
      TbxFile *file = open_file (f, f->target, O_WRONLY);
      g_autofree char *content = NULL;
      g_autoptr(GDir) dir = NULL;
      const char *name;

      g_assert_cmpint (write_all (file, whole->data, part), ==, 0);
      tbx_file_free (file);
      dir = g_dir_open (f->target, 0, NULL);
      while ((name = g_dir_read_name (dir)) != NULL)
        g_assert_cmpstr (name, ==, "a");
      if (!g_file_get_contents (copy, &content, &size, NULL))
        continue;
      g_assert_cmpmem (content, size, original, LARGE_BYTES);
      g_unlink (copy);
    }
}

/* The first error is what later writes, and the end, are told. */
static void
test_upload_failure (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxFile) file = open_file (f, f->target, O_WRONLY);
  g_autofree guint8 *garbage = g_malloc (LARGE_BYTES);

  memset (garbage, 'x', LARGE_BYTES);
  g_assert_cmpint (write_all (file, garbage, LARGE_BYTES), ==, EBADMSG);
  g_assert_cmpint (write_all (file, garbage, 1), ==, EBADMSG);
  g_assert_cmpint (close_file (file), ==, EBADMSG);
  g_assert_nonnull (strstr (f->log->str, "ended early"));
}

#define ADD(name, function) \
  g_test_add ("/archive-files/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("small", test_small);
  ADD ("replay", test_replay);
  ADD ("given-up", test_given_up);
  ADD ("given-up-in-hole", test_given_up_in_hole);
  ADD ("changing", test_changing);
  ADD ("promise", test_promise);
  ADD ("access", test_access);
  ADD ("limit", test_limit);
  ADD ("upload-given-up", test_upload_given_up);
  ADD ("upload-failure", test_upload_failure);
  return g_test_run ();
}
