/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-path.h"
#include <fcntl.h>
#include <string.h>

/**
 * tbx_path_trim:
 * @path: an absolute path
 *
 * Returns: (transfer full): @path without the slashes at its end; "/" stays
 */
char *
tbx_path_trim (const char *path)
{
  gsize length = strlen (path);

  while (length > 1 && path[length - 1] == '/')
    length--;
  return g_strndup (path, length);
}

/**
 * tbx_path_split:
 * @path: an absolute path
 * @name: (out) (transfer full): its last part; "." or ".." stay what they are, "/" is
 *   the root
 *
 * Opens the folder that holds what @path names, as a place to start from (`O_PATH`):
 * it need not be readable.
 *
 * Returns: (transfer full): a descriptor, or -1 with errno set
 */
int
tbx_path_split (const char *path, char **name)
{
  g_autofree char *folder = NULL, *trimmed = tbx_path_trim (path);
  char *slash = strrchr (trimmed, '/');

  *name = g_strdup (slash != NULL && slash[1] != '\0' ? slash + 1 : trimmed);
  folder = slash == NULL ? g_strdup (".") : g_strndup (trimmed, MAX (slash - trimmed, 1));
  return open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/**
 * tbx_path_beside:
 * @name: of a file in some folder
 *
 * Returns: (transfer full): a hidden name for that folder, which nothing has yet in all
 *   likelihood: where a file is until it may be called @name
 */
char *
tbx_path_beside (const char *name)
{
  return g_strdup_printf (".%.200s.%08x", name, g_random_int ());
}
