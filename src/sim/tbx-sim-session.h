/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-control-server.h"

G_BEGIN_DECLS

/* A host that this process makes, or a live one that it joins, with the sockets
 * through which it is reached. */

typedef struct
{
  TbxSimModelOptions model;
  char             **refused;    /* owned; prefixes of requests, or NULL */
  char             **variables;  /* owned; "KEY=VALUE" each, or NULL */
  char              *socket;     /* owned; where guests connect, or NULL */
} TbxSimSessionOptions;

typedef struct _TbxSimSession TbxSimSession;

GOptionEntry  *tbx_sim_session_options_entries (TbxSimSessionOptions *options);
void           tbx_sim_session_options_init    (TbxSimSessionOptions *options);
void           tbx_sim_session_options_clear   (TbxSimSessionOptions *options);
TbxSimSession *tbx_sim_session_new             (const TbxSimSessionOptions *options,
                                                const char                 *control,
                                                gboolean                    may_join,
                                                TbxSimQuitFunc              quit,
                                                gpointer                    user_data,
                                                GError                    **error);
TbxSimHost    *tbx_sim_session_get_host        (TbxSimSession *self);
void           tbx_sim_session_free            (TbxSimSession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimSession, tbx_sim_session_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxSimSessionOptions, tbx_sim_session_options_clear)

G_END_DECLS
