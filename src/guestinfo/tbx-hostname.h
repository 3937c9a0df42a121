/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* The kernel's host name, watched.  Property "name" (s), with notify. */
#define TBX_TYPE_HOSTNAME (tbx_hostname_get_type ())
G_DECLARE_FINAL_TYPE (TbxHostname, tbx_hostname, TBX, HOSTNAME, GObject)

TbxHostname *tbx_hostname_new      (void);
const char  *tbx_hostname_get_name (TbxHostname *self);

G_END_DECLS
