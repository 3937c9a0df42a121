/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-libarchive.h"
#include "tbx-library.h"

#define LIBARCHIVE_SONAME "libarchive.so.13"

static gboolean
load (TbxLibarchive *functions)
{
#define SYMBOL(name) { #name, (gpointer *) &functions->name },
  const TbxLibrarySymbol symbols[] = { TBX_LIBARCHIVE_FUNCTIONS (SYMBOL) };
#undef SYMBOL

  return tbx_library_load (LIBARCHIVE_SONAME, symbols, G_N_ELEMENTS (symbols));
}

/**
 * tbx_libarchive_get:
 *
 * From any thread.
 *
 * Returns: (nullable): the functions of libarchive, or %NULL where it is not installed
 */
const TbxLibarchive *
tbx_libarchive_get (void)
{
  static TbxLibarchive functions;
  static gsize state;   /* 1: there, 2: not */

  if (g_once_init_enter (&state))
    g_once_init_leave (&state, load (&functions) ? 1 : 2);
  return state == 1 ? &functions : NULL;
}
