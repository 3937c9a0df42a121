/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-config.h"
#include "tbx-transport.h"

G_BEGIN_DECLS

/* What stands on toolboxd's command line. */
typedef struct
{
  char    *config_path;   /* owned, or NULL: the usual one */
  char    *transport;     /* owned, or NULL: not said */
  char    *worker;        /* owned, or NULL: the installed one */
  gboolean self;          /* only the own user, without PAM */
  gboolean tracing;
  gboolean payload;       /* the bytes too are traced */
  gboolean verbose;
  gboolean version;       /* is to be printed, and nothing else done */
} TbxCommandLine;

gboolean      tbx_command_line_parse            (TbxCommandLine *self,
                                                 int            *argc,
                                                 char         ***argv,
                                                 GError        **error);
void          tbx_command_line_clear            (TbxCommandLine *self);
TbxConfig    *tbx_command_line_load_config      (const TbxCommandLine *self);
TbxTransport *tbx_command_line_choose_transport (const TbxCommandLine *self,
                                                 const TbxConfig      *config,
                                                 GError              **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxCommandLine, tbx_command_line_clear)

G_END_DECLS
