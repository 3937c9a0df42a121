/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* This program, executed anew: what serves a user begins with memory that PAM, and what
 * it read as root, was never in. */

/* Where each image finds what was opened for it. */
enum
{
  TBX_WORKER_SOCKET_FD   = 3,   /* to the daemon; for both images */
  TBX_WORKER_BUFFER_FD   = 4,
  TBX_WORKER_HANDOVER_FD = 5,
};

/* What tells the second image that it is one. */
#define TBX_WORKER_SERVE_OPTION "serve"

typedef struct
{
  int socket;     /* not owned, as the others */
  int buffer;
  int handover;
} TbxWorkerImageFds;

int tbx_worker_image_open    (GError **error);
int tbx_worker_image_execute (int image, const TbxWorkerImageFds *fds, gboolean verbose);

G_END_DECLS
