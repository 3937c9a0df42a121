/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-nics.h"
#include "tbx-bus-api.h"
#include "tbx-names.h"

struct _TbxExportNics
{
  GObject                   parent_instance;
  TbxNetwork               *network;   /* owned */
  GDBusObjectManagerServer *objects;   /* owned */
  GHashTable               *paths;     /* object path (owned) -> TbxNic (owned) */
};

G_DEFINE_FINAL_TYPE (TbxExportNics, tbx_export_nics, G_TYPE_OBJECT)

/* The NIC has properties of the same names. */
static const char *const shown[] = {
  "name", "index", "mac-address", "up", "addresses", "routes", "dns-servers", "dns-domains",
  "told", "not-told-reason",
};

/* As sd_bus_path_encode(3) has it, which also escapes a digit in front. */
static char *
nic_object_path (TbxNic *nic)
{
  const char *name = tbx_nic_get_name (nic);
  GString *path = g_string_new (TBX_OBJECT_PATH "/nic/");

  for (const char *p = name; *p != '\0'; p++)
    if (g_ascii_isalpha (*p) || (p > name && g_ascii_isdigit (*p)))
      g_string_append_c (path, *p);
    else
      g_string_append_printf (path, "_%02x", (guchar) *p);
  return g_string_free (path, FALSE);
}

static void
on_nic_added (TbxNetwork *network, TbxNic *nic, TbxExportNics *self)
{
  g_autofree char *path = nic_object_path (nic);
  g_autoptr(TbxBusNic) skeleton = tbx_bus_nic_skeleton_new ();
  g_autoptr(TbxBusObjectSkeleton) object = tbx_bus_object_skeleton_new (path);

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    g_object_bind_property (nic, shown[i], skeleton, shown[i], G_BINDING_SYNC_CREATE);
  tbx_bus_object_skeleton_set_nic (object, skeleton);
  g_dbus_object_manager_server_export (self->objects, G_DBUS_OBJECT_SKELETON (object));
  g_hash_table_replace (self->paths, g_steal_pointer (&path), g_object_ref (nic));
}

static void
on_nic_removed (TbxNetwork *network, TbxNic *nic, TbxExportNics *self)
{
  g_autofree char *path = nic_object_path (nic);

  /* When two interfaces swap their names, the path may be the other's by now. */
  if (g_hash_table_lookup (self->paths, path) != nic)
    return;
  g_dbus_object_manager_server_unexport (self->objects, path);
  g_hash_table_remove (self->paths, path);
}

static void
tbx_export_nics_dispose (GObject *object)
{
  TbxExportNics *self = TBX_EXPORT_NICS (object);
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->paths);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_dbus_object_manager_server_unexport (self->objects, path);
  g_hash_table_remove_all (self->paths);
  if (self->network != NULL)
    g_signal_handlers_disconnect_by_data (self->network, self);
  g_clear_object (&self->network);
  g_clear_object (&self->objects);
  G_OBJECT_CLASS (tbx_export_nics_parent_class)->dispose (object);
}

static void
tbx_export_nics_finalize (GObject *object)
{
  g_hash_table_unref (TBX_EXPORT_NICS (object)->paths);
  G_OBJECT_CLASS (tbx_export_nics_parent_class)->finalize (object);
}

static void
tbx_export_nics_class_init (TbxExportNicsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_export_nics_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_export_nics_finalize;
}

static void
tbx_export_nics_init (TbxExportNics *self)
{
  self->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

/**
 * tbx_export_nics_new:
 * @network: whose interfaces are shown
 * @objects: where their objects are put
 */
TbxExportNics *
tbx_export_nics_new (TbxNetwork *network, GDBusObjectManagerServer *objects)
{
  TbxExportNics *self = g_object_new (TBX_TYPE_EXPORT_NICS, NULL);
  g_autoptr(GPtrArray) nics = tbx_network_dup_nics (network);

  self->network = g_object_ref (network);
  self->objects = g_object_ref (objects);
  g_signal_connect (network, "nic-added", G_CALLBACK (on_nic_added), self);
  g_signal_connect (network, "nic-removed", G_CALLBACK (on_nic_removed), self);
  for (guint i = 0; i < nics->len; i++)
    on_nic_added (network, g_ptr_array_index (nics, i), self);
  return self;
}
