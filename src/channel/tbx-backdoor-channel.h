/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-backdoor-message.h"

G_BEGIN_DECLS

#define TBX_TYPE_BACKDOOR_CHANNEL (tbx_backdoor_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbxBackdoorChannel, tbx_backdoor_channel, TBX, BACKDOOR_CHANNEL, TbxChannel)

TbxChannel *tbx_backdoor_channel_new (TbxProtocol protocol, const TbxBackdoorCalls *calls);

G_END_DECLS
