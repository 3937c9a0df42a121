/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-streams.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

static void
close_end (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* A pipe whose end @ours (0: that is read) does not block. */
static gboolean
make_pipe (int fds[2], int ours)
{
  if (pipe2 (fds, O_CLOEXEC) < 0)
    {
      fds[0] = fds[1] = -1;
      return FALSE;
    }
  return fcntl (fds[ours], F_SETFL, O_NONBLOCK) == 0;
}

/**
 * tbx_streams_new:
 * @pool: that they share memory with
 * @ends: (out caller-allocates): what the program is to have; to be closed with
 *   tbx_streams_close_ends() in any case
 * @error_number: (out): the errno of a failure
 *
 * Returns: (transfer full) (nullable): free with tbx_streams_unref()
 */
TbxStreams *
tbx_streams_new (TbxStreamPool *pool, TbxStreamsEnds *ends, int *error_number)
{
  int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
  TbxStreams *self;

  if (!make_pipe (in, 1) || !make_pipe (out, 0) || !make_pipe (err, 0))
    {
      *error_number = errno;
      for (int i = 0; i < 2; i++)
        {
          close_end (&in[i]);
          close_end (&out[i]);
          close_end (&err[i]);
        }
      *ends = (TbxStreamsEnds) { -1, -1, -1 };
      return NULL;
    }
  *ends = (TbxStreamsEnds) { in[0], out[1], err[1] };
  self = g_new0 (TbxStreams, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->in = tbx_stream_input_new (in[1], pool);
  self->out = tbx_stream_new (out[0], pool);
  self->err = tbx_stream_new (err[0], pool);
  return self;
}

TbxStreams *
tbx_streams_ref (TbxStreams *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_streams_unref (TbxStreams *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  tbx_stream_input_unref (self->in);
  tbx_stream_unref (self->out);
  tbx_stream_unref (self->err);
  g_free (self);
}

/* The program has ended. */
void
tbx_streams_settle (TbxStreams *self)
{
  tbx_stream_input_settle (self->in);
  tbx_stream_settle (self->out);
  tbx_stream_settle (self->err);
}

void
tbx_streams_close_ends (TbxStreamsEnds *ends)
{
  close_end (&ends->in);
  close_end (&ends->out);
  close_end (&ends->err);
}
