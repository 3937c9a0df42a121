/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extension-bus.h"
#include "tbx-extend-files.h"
#include "tbx-extend-login.h"
#include "tbx-extend-network.h"
#include "tbx-extend-programs.h"
#include "tbx-extend-rpc.h"
#include "tbx-extend-vix.h"

struct _TbxExtensionBus
{
  GObject           parent_instance;
  TbxExtensions    *entries;   /* owned */
  TbxExtendRpc     *rpc;       /* owned */
  TbxExtendVix     *vix;       /* owned */
  TbxExtendLogin   *login;     /* owned */
  TbxExtendNetwork *network;   /* owned */
  TbxExtendFiles   *files;     /* owned */
  TbxExtendPrograms *programs; /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExtensionBus, tbx_extension_bus, G_TYPE_OBJECT)

/**
 * tbx_extension_bus_get_entries:
 * @self: the extensions
 *
 * Returns: (transfer none): what is registered
 */
TbxExtensions *
tbx_extension_bus_get_entries (TbxExtensionBus *self)
{
  return self->entries;
}

static void
tbx_extension_bus_dispose (GObject *object)
{
  TbxExtensionBus *self = TBX_EXTENSION_BUS (object);

  g_clear_object (&self->programs);
  g_clear_object (&self->files);
  g_clear_object (&self->network);
  g_clear_object (&self->login);
  g_clear_object (&self->vix);
  g_clear_object (&self->rpc);
  g_clear_object (&self->entries);
  G_OBJECT_CLASS (tbx_extension_bus_parent_class)->dispose (object);
}

static void
tbx_extension_bus_class_init (TbxExtensionBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extension_bus_dispose;
}

static void
tbx_extension_bus_init (TbxExtensionBus *self)
{
  self->entries = tbx_extensions_new ();
}

/**
 * tbx_extension_bus_new:
 * @parts: what can be extended; referenced
 */
TbxExtensionBus *
tbx_extension_bus_new (const TbxExtensionParts *parts)
{
  TbxExtensionBus *self = g_object_new (TBX_TYPE_EXTENSION_BUS, NULL);

  self->rpc = tbx_extend_rpc_new (self->entries, parts->tclo);
  self->vix = tbx_extend_vix_new (self->entries, parts->relay);
  self->login = tbx_extend_login_new (self->entries, parts->login);
  self->network = tbx_extend_network_new (self->entries, parts->network, parts->primary);
  self->files = tbx_extend_files_new (self->entries, parts->pool);
  self->programs = tbx_extend_programs_new (self->entries, parts->pool, parts->programs);
  return self;
}
