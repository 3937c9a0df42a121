/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What stands on toolboxd's command line. */
typedef struct
{
  char    *config_path;   /* owned, or NULL: the usual one */
  char    *transport;     /* owned, or NULL: not said */
  gboolean tracing;
  gboolean payload;       /* the bytes too are traced */
  gboolean verbose;
  gboolean version;       /* is to be printed, and nothing else done */
} TbxCommandLine;

gboolean tbx_command_line_parse (TbxCommandLine *self, int *argc, char ***argv, GError **error);
void     tbx_command_line_clear (TbxCommandLine *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxCommandLine, tbx_command_line_clear)

G_END_DECLS
