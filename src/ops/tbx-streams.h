/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-stream-input.h"
#include "tbx-stream.h"

G_BEGIN_DECLS

/* The three streams of one program, whatever runs it: a child, or what else has the
 * other ends of three pipes.  Reference counted. */
typedef struct
{
  gatomicrefcount ref_count;
  TbxStreamInput *in;    /* (owned) */
  TbxStream      *out;   /* (owned) */
  TbxStream      *err;   /* (owned) */
} TbxStreams;

/* The ends of a program, to be closed when it has them. */
typedef struct
{
  int in;
  int out;
  int err;
} TbxStreamsEnds;

TbxStreams *tbx_streams_new        (TbxStreamPool *pool, TbxStreamsEnds *ends, int *error_number);
TbxStreams *tbx_streams_ref        (TbxStreams *self);
void        tbx_streams_unref      (TbxStreams *self);
void        tbx_streams_settle     (TbxStreams *self);
void        tbx_streams_close_ends (TbxStreamsEnds *ends);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxStreams, tbx_streams_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxStreamsEnds, tbx_streams_close_ends)

G_END_DECLS
