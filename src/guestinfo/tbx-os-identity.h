/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-os-release.h"

struct utsname;

G_BEGIN_DECLS

/* The operating system as the host names it. */
typedef struct
{
  char *short_name;   /* "debian12-64" (owned) */
  char *full_name;    /* for people (owned) */
  char *properties;   /* "name='value' ..." (owned) */
} TbxOsIdentity;

TbxOsIdentity *tbx_os_identity_new  (const TbxOsRelease *release, const struct utsname *kernel);
TbxOsIdentity *tbx_os_identity_read (void);
void           tbx_os_identity_free (TbxOsIdentity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxOsIdentity, tbx_os_identity_free)

G_END_DECLS
