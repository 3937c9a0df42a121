/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-model.h"

G_BEGIN_DECLS

/* One connection to the control socket. */
typedef struct _TbxSimConsole TbxSimConsole;

typedef struct
{
  void (*ended) (TbxSimConsole *console, gpointer user_data);   /* once; may free it */
  void (*quit)  (gpointer user_data);                           /* the client wants us to stop */
} TbxSimConsoleOwner;

TbxSimConsole *tbx_sim_console_new  (TbxSimModel *model, GSocket *connection,
                                     const TbxSimConsoleOwner *owner, gpointer user_data);
void           tbx_sim_console_free (TbxSimConsole *self);

G_END_DECLS
