/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-host-programs.h"
#include "tbx-login.h"
#include "tbx-network.h"
#include "tbx-primary.h"
#include "tbx-relay.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* All that clients of the bus may do in the daemon's place. */
#define TBX_TYPE_EXTENSION_BUS (tbx_extension_bus_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtensionBus, tbx_extension_bus, TBX, EXTENSION_BUS, GObject)

/* What they may do it in. */
typedef struct
{
  TbxTclo    *tclo;
  TbxRelay   *relay;
  TbxLogin   *login;
  TbxNetwork *network;
  TbxPrimary *primary;
  TbxWorkerPool *pool;
  TbxHostPrograms *programs;
} TbxExtensionParts;

TbxExtensionBus *tbx_extension_bus_new         (const TbxExtensionParts *parts);
TbxExtensions   *tbx_extension_bus_get_entries (TbxExtensionBus *self);

G_END_DECLS
