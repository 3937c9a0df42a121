/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"

G_BEGIN_DECLS

/* Those that wait for a file: each for a position of it to be reached, for at most
 * TBX_FILE_WAIT_MS.  Of the main loop's thread alone. */
typedef struct
{
  GSList *all;   /* of Wait (owned) */
} TbxFileWaits;

#define TBX_FILE_WAITS_FOR_CHANGE G_MAXUINT64   /* not for a position */

guint tbx_file_waits_add   (TbxFileWaits *self, guint64 position, TbxFileReady ready,
                            gpointer user_data);
void  tbx_file_waits_reach (TbxFileWaits *self, guint64 position);
void  tbx_file_waits_clear (TbxFileWaits *self);

G_END_DECLS
