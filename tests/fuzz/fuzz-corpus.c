/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"

/* Runs a target over the files of its corpus, in the ordinary build: what was
 * once found stays found.  Each file is a block of exactly its size, so that
 * ASan sees one byte too many. */
static guint
corpus_run (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open (path, 0, &error);
  const char *name;
  guint n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *text = NULL;
      g_autofree guint8 *exact = NULL;
      gsize size;

      g_file_get_contents (file, &text, &size, &error);
      g_assert_no_error (error);
      exact = g_memdup2 (text, size);
      LLVMFuzzerTestOneInput (exact, size);
      n++;
    }
  return n;
}

int
main (int argc, char **argv)
{
  guint n;

  if (argc != 2)
    {
      g_printerr ("usage: %s CORPUS-FOLDER\n", argv[0]);
      return 2;
    }
  n = corpus_run (argv[1]);
  g_print ("%u inputs\n", n);
  return n == 0 ? 1 : 0;
}
