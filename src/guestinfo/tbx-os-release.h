/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What of an os-release file the host is told. */
typedef enum
{
  TBX_OS_PRETTY_NAME,
  TBX_OS_NAME,
  TBX_OS_VERSION_ID,
  TBX_OS_BUILD_ID,
  TBX_OS_VERSION,
  TBX_OS_CPE_NAME,
  TBX_OS_N_FIELDS,
} TbxOsField;

typedef struct
{
  char *fields[TBX_OS_N_FIELDS];   /* UTF-8, not empty, or NULL (owned) */
  char *text;                      /* all of them joined, in the order of the file (owned) */
} TbxOsRelease;

TbxOsRelease *tbx_os_release_parse (const char *text, gsize size);
TbxOsRelease *tbx_os_release_read  (const char *root);
void          tbx_os_release_free  (TbxOsRelease *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxOsRelease, tbx_os_release_free)

G_END_DECLS
