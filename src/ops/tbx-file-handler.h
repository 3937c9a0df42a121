/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"

G_BEGIN_DECLS

/* Who serves names that are no plain files: streams of programs, archives, what
 * clients on the bus add.  The first that claims a name has it. */
typedef struct
{
  /* Whether @path is this one's; @path is absolute, as the host gave it. */
  gboolean (*claims) (gpointer self, const char *path);
  /* As the host is told: of a virtual file mostly type and size.  0, or an errno. */
  int      (*stat)   (gpointer self, const char *path, struct stat *info);
  /* @access: O_RDONLY, O_WRONLY or O_RDWR. */
  TbxFile *(*open)   (gpointer self, const char *path, int access, int *error_number);
  /* After EAGAIN of stat or open: as tbx_file_wait(). */
  guint    (*wait)   (gpointer self, const char *path, TbxFileReady ready, gpointer user_data);
  /* Whether stat and open end by themselves, with another error, when it took too long:
   * nobody else counts the time then. */
  gboolean   has_deadline;
} TbxFileHandlerFuncs;

typedef struct
{
  const TbxFileHandlerFuncs *funcs;
  gpointer                   self;   /* (not owned) */
} TbxFileHandler;

G_END_DECLS
