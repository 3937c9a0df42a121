/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* Has commands of the host answered by whoever registered them. */
#define TBX_TYPE_EXTEND_RPC (tbx_extend_rpc_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendRpc, tbx_extend_rpc, TBX, EXTEND_RPC, GObject)

TbxExtendRpc *tbx_extend_rpc_new (TbxExtensions *extensions, TbxTclo *tclo);

G_END_DECLS
