/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-transport.h"

G_BEGIN_DECLS

/**
 * TbxLinkState:
 * @TBX_LINK_STOPPED: never started, or stopped
 * @TBX_LINK_CONNECTING: channels are being opened
 * @TBX_LINK_UP: both channels are open
 * @TBX_LINK_WAITING: a channel failed; both are opened again after a wait
 */
typedef enum
{
  TBX_LINK_STOPPED,
  TBX_LINK_CONNECTING,
  TBX_LINK_UP,
  TBX_LINK_WAITING,
} TbxLinkState;

#define TBX_TYPE_LINK (tbx_link_get_type ())
G_DECLARE_FINAL_TYPE (TbxLink, tbx_link, TBX, LINK, GObject)

TbxLink     *tbx_link_new           (TbxTransport *transport);
void         tbx_link_start         (TbxLink *self);
void         tbx_link_stop          (TbxLink *self);
void         tbx_link_restart       (TbxLink *self);
void         tbx_link_confirm       (TbxLink *self);
TbxChannel  *tbx_link_get_tclo      (TbxLink *self);
TbxChannel  *tbx_link_get_rpci      (TbxLink *self);
TbxLinkState tbx_link_get_state     (TbxLink *self);
const char  *tbx_link_get_transport (TbxLink *self);
void         tbx_link_set_trace     (TbxLink *self, TbxTraceMode mode);

G_END_DECLS
