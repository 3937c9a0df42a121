/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream-handler.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* What a name means: one of these is set. */
typedef struct
{
  TbxStreamInput *input;    /* (not owned) */
  TbxStream      *output;   /* (not owned) */
} Found;

/* The pid of "/proc/PID/NAME", written as the kernel does, or 0; @name: of the rest. */
static gint64
parse_path (const char *path, const char **name)
{
  char *end;
  gint64 pid;

  if (!g_str_has_prefix (path, "/proc/") || path[strlen ("/proc/")] < '1'
      || path[strlen ("/proc/")] > '9')
    return 0;
  pid = g_ascii_strtoll (path + strlen ("/proc/"), &end, 10);
  if (*end != '/' || pid > G_MAXINT32)
    return 0;
  *name = end + 1;
  return pid;
}

/* The streams of others are not here: they have workers of their own.
 * Source: docs/wire/hgfs.md, "Process streams". */
static gboolean
find (TbxPrograms *programs, const char *path, Found *found)
{
  const char *name;
  gint64 pid = parse_path (path, &name);
  TbxProgram *program = pid == 0 ? NULL : tbx_programs_find (programs, pid);
  TbxStreams *streams = program == NULL ? NULL : tbx_program_get_streams (program);

  *found = (Found) { NULL, NULL };
  if (streams == NULL)
    return FALSE;
  if (strcmp (name, "stdin") == 0)
    found->input = streams->in;
  else if (strcmp (name, "stdout") == 0)
    found->output = streams->out;
  else if (strcmp (name, "stderr") == 0)
    found->output = streams->err;
  return found->input != NULL || found->output != NULL;
}

static gboolean
handler_claims (gpointer self, const char *path)
{
  Found found;

  return find (self, path, &found);
}

static int
handler_stat (gpointer self, const char *path, struct stat *info)
{
  Found found;

  if (!find (self, path, &found))
    return ENOENT;
  return found.input != NULL ? tbx_stream_input_stat (found.input, info)
                             : tbx_stream_stat (found.output, info);
}

static TbxFile *
handler_open (gpointer self, const char *path, int access, int *error_number)
{
  Found found;

  *error_number = ENOENT;
  if (!find (self, path, &found))
    return NULL;
  *error_number = EINVAL;
  if (access != (found.input != NULL ? O_WRONLY : O_RDONLY))
    return NULL;
  return found.input != NULL ? tbx_stream_input_open (found.input, error_number)
                             : tbx_stream_open (found.output, error_number);
}

static guint
handler_wait (gpointer self, const char *path, TbxFileReady ready, gpointer user_data)
{
  Found found = { NULL, NULL };

  find (self, path, &found);
  return tbx_stream_wait (found.output, ready, user_data);   /* what alone gives EAGAIN */
}

const TbxFileHandlerFuncs tbx_stream_handler_funcs = {
  .claims = handler_claims,
  .stat = handler_stat,
  .open = handler_open,
  .wait = handler_wait,
};
