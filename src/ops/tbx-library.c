/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-library.h"
#include <dlfcn.h>

/**
 * tbx_library_load:
 * @soname: file name of the library, as the linker would note it
 * @symbols: the functions that are wanted
 * @n_symbols: how many
 *
 * It stays loaded.
 *
 * Returns: whether all of them are there
 */
gboolean
tbx_library_load (const char *soname, const TbxLibrarySymbol *symbols, gsize n_symbols)
{
  gpointer library = dlopen (soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

  if (library == NULL)
    {
      g_message ("A library is missing: %s", dlerror ());
      return FALSE;
    }
  for (gsize i = 0; i < n_symbols; i++)
    {
      *symbols[i].address = dlsym (library, symbols[i].name);
      if (*symbols[i].address == NULL)
        {
          g_message ("%s is too old: it lacks %s", soname, symbols[i].name);
          return FALSE;
        }
    }
  return TRUE;
}
