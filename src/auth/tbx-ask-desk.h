/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ask.h"

G_BEGIN_DECLS

/* Who answers what workers ask, and what workers are told that there is to ask for. */
typedef struct _TbxAskDesk TbxAskDesk;

TbxAskDesk *tbx_ask_desk_new       (void);
void        tbx_ask_desk_free      (TbxAskDesk *self);
void        tbx_ask_desk_serve     (TbxAskDesk *self,
                                    TbxAskKind  kind,
                                    TbxAskFunc  func,
                                    gpointer    user_data);
void        tbx_ask_desk_set_names (TbxAskDesk        *self,
                                    TbxAskKind         kind,
                                    const char *const *names);
GBytes     *tbx_ask_desk_dup_names (TbxAskDesk *self, TbxWorkerNames *names);
void        tbx_ask_desk_take      (TbxAskDesk *self, TbxAsk *ask);

G_END_DECLS
