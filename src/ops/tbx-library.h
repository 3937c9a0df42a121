/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Libraries that only few requests need: they are loaded by the first of these, so
 * that a worker which never sees one neither starts later nor is larger for them. */
typedef struct
{
  const char *name;     /* of a function */
  gpointer   *address;  /* where its address goes */
} TbxLibrarySymbol;

gboolean tbx_library_load (const char *soname, const TbxLibrarySymbol *symbols, gsize n_symbols);

G_END_DECLS
