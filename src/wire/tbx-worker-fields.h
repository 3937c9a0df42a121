/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-reader.h"
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* What the files of the control messages' codec share; for those only. */
const char *tbx_worker_read_string  (TbxReader *r, gsize limit);
void        tbx_worker_write_string (TbxWriter *w, const char *text, gsize limit);
gboolean    tbx_worker_read_boolean (TbxReader *r);

/* tbx-worker-ask-codec.c: what a worker asks, and what it is answered; FALSE for a message
 * of another type. */
void        tbx_worker_names_read   (TbxReader *r, TbxWorkerNames *names);
void        tbx_worker_names_write  (TbxWriter *w, const TbxWorkerNames *names);
gboolean    tbx_worker_ask_read     (TbxReader *r, TbxWorkerMessage *message);
gboolean    tbx_worker_ask_write    (TbxWriter *w, const TbxWorkerMessage *message);
gboolean    tbx_worker_answer_read  (TbxReader *r, TbxWorkerMessage *message);
gboolean    tbx_worker_answer_write (TbxWriter *w, const TbxWorkerMessage *message);

G_END_DECLS
