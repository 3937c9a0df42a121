/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extensions.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <string.h>

struct _TbxExtensions
{
  GObject    parent_instance;
  GPtrArray *slots;   /* of Slot (owned), the oldest first */
};

typedef struct
{
  TbxExtensions *owner;      /* not owned */
  TbxExtension  *entry;      /* owned */
  guint          watch_id;   /* of its client's bus name */
} Slot;

G_DEFINE_FINAL_TYPE (TbxExtensions, tbx_extensions, G_TYPE_OBJECT)

enum { SIGNAL_ADDED, SIGNAL_REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  g_bus_unwatch_name (slot->watch_id);
  g_object_unref (slot->entry);
  g_free (slot);
}

static void
extensions_drop (TbxExtensions *self, Slot *slot, gboolean left)
{
  g_autoptr(TbxExtension) entry = g_object_ref (slot->entry);

  g_ptr_array_remove (self->slots, slot);
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0, entry, left);
}

/* The client left, or the bus did. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Slot *slot = user_data;

  extensions_drop (slot->owner, slot, TRUE);
}

/* Whether @slot is the one entry that may be called so. */
static gboolean
slot_is (const Slot *slot, TbxExtensionKind kind, const char *client, const char *name,
         const char *object)
{
  if (tbx_extension_get_kind (slot->entry) != kind)
    return FALSE;
  if (tbx_extension_kind_is_named (kind))
    return g_str_equal (tbx_extension_get_name (slot->entry), name);
  return g_str_equal (tbx_extension_get_client (slot->entry), client)
         && g_str_equal (tbx_extension_get_object (slot->entry), object);
}

static Slot *
extensions_find_slot (TbxExtensions   *self,
                      TbxExtensionKind kind,
                      const char      *client,
                      const char      *name,
                      const char      *object)
{
  for (guint i = 0; i < self->slots->len; i++)
    if (slot_is (self->slots->pdata[i], kind, client, name, object))
      return self->slots->pdata[i];
  return NULL;
}

static gboolean
extensions_have_room (TbxExtensions *self, TbxExtension *entry, GError **error)
{
  TbxExtensionKind kind = tbx_extension_get_kind (entry);
  guint of_kind = 0, of_client = 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      const Slot *slot = self->slots->pdata[i];

      of_kind += tbx_extension_get_kind (slot->entry) == kind;
      of_client += g_str_equal (tbx_extension_get_client (slot->entry),
                                tbx_extension_get_client (entry));
    }
  if (self->slots->len >= TBX_EXTENSIONS_MAX)
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "there are %u entries", self->slots->len);
  else if (of_client >= TBX_EXTENSIONS_MAX_OF_CLIENT)
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%s has %u entries",
                 tbx_extension_get_client (entry), of_client);
  else if (!tbx_extension_kind_is_named (kind) && of_kind >= TBX_EXTENSIONS_MAX_UNNAMED)
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "there are %u of the kind \"%s\"", of_kind,
                 tbx_extension_kind_get_word (kind));
  else
    return TRUE;
  return FALSE;
}

/**
 * tbx_extensions_add:
 * @self: the entries
 * @entry: a new one
 * @error: return location for an error
 *
 * Errors: those of [func@extension_kind_check_name]; `TBX_ERROR_MALFORMED` also for a path
 * that is too long; `TBX_ERROR_EXISTS` when there is one of
 * that name, or that object is registered; `TBX_ERROR_TOO_LARGE` when its client, or all, have
 * as many as there may be.
 */
gboolean
tbx_extensions_add (TbxExtensions *self, TbxExtension *entry, GError **error)
{
  TbxExtensionKind kind = tbx_extension_get_kind (entry);
  const char *client = tbx_extension_get_client (entry);
  const char *name = tbx_extension_get_name (entry);
  const char *object = tbx_extension_get_object (entry);
  Slot *slot;

  if (!tbx_extension_kind_check_name (kind, name, error))
    return FALSE;
  if (strlen (object) > TBX_AGENT_PATH_MAX_BYTES)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "the path is too long");
      return FALSE;
    }
  slot = extensions_find_slot (self, kind, client, name, object);
  if (slot != NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_EXISTS, "%s is registered by %s",
                   name[0] == '\0' ? object : name, tbx_extension_get_client (slot->entry));
      return FALSE;
    }
  if (!extensions_have_room (self, entry, error))
    return FALSE;
  slot = g_new (Slot, 1);
  *slot = (Slot) { self, g_object_ref (entry), 0 };
  g_ptr_array_add (self->slots, slot);
  slot->watch_id = g_bus_watch_name_on_connection (tbx_extension_get_connection (entry), client,
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished,
                                                   slot, NULL);
  g_signal_emit (self, signals[SIGNAL_ADDED], 0, entry);
  return TRUE;
}

/**
 * tbx_extensions_remove:
 * @self: the entries
 * @client: unique bus name of who registered it
 * @kind: what it is
 * @name: by which it was registered; empty where @kind has none
 * @object: (nullable): likewise, where @kind has no names
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_NOT_FOUND` when @client has none such.
 */
gboolean
tbx_extensions_remove (TbxExtensions   *self,
                       const char      *client,
                       TbxExtensionKind kind,
                       const char      *name,
                       const char      *object,
                       GError         **error)
{
  Slot *slot = extensions_find_slot (self, kind, client, name, object);

  if (slot == NULL || !g_str_equal (tbx_extension_get_client (slot->entry), client))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "you have not registered %s",
                   name[0] == '\0' ? object : name);
      return FALSE;
    }
  extensions_drop (self, slot, FALSE);
  return TRUE;
}

/**
 * tbx_extensions_find:
 * @self: the entries
 * @kind: a kind that has names
 * @name: one of them
 *
 * Returns: (transfer none) (nullable): its entry
 */
TbxExtension *
tbx_extensions_find (TbxExtensions *self, TbxExtensionKind kind, const char *name)
{
  Slot *slot = extensions_find_slot (self, kind, NULL, name, NULL);

  return slot == NULL ? NULL : slot->entry;
}

static gint
compare_priorities (gconstpointer a, gconstpointer b)
{
  gint one = tbx_extension_get_priority (*(TbxExtension *const *) a);
  gint other = tbx_extension_get_priority (*(TbxExtension *const *) b);

  return (other > one) - (other < one);
}

/**
 * tbx_extensions_list:
 * @self: the entries
 * @kind: of which kind
 *
 * Returns: (transfer full) (element-type TbxExtension): by priority, of equal ones the oldest
 *   first
 */
GPtrArray *
tbx_extensions_list (TbxExtensions *self, TbxExtensionKind kind)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->slots->len; i++)
    {
      const Slot *slot = self->slots->pdata[i];

      if (tbx_extension_get_kind (slot->entry) == kind)
        g_ptr_array_add (list, g_object_ref (slot->entry));
    }
  g_ptr_array_sort (list, compare_priorities);   /* stable */
  return list;
}

/**
 * tbx_extensions_dup_names:
 * @self: the entries
 * @kind: a kind that has names
 *
 * Returns: (transfer full): all of them
 */
char **
tbx_extensions_dup_names (TbxExtensions *self, TbxExtensionKind kind)
{
  g_autoptr(GPtrArray) entries = tbx_extensions_list (self, kind);
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < entries->len; i++)
    g_strv_builder_add (names, tbx_extension_get_name (entries->pdata[i]));
  return g_strv_builder_end (names);
}

/**
 * tbx_extensions_contains:
 * @self: the entries
 * @entry: one that was there once
 *
 * Returns: whether it still is
 */
gboolean
tbx_extensions_contains (TbxExtensions *self, TbxExtension *entry)
{
  for (guint i = 0; i < self->slots->len; i++)
    if (((const Slot *) self->slots->pdata[i])->entry == entry)
      return TRUE;
  return FALSE;
}

/**
 * tbx_extensions_dup_all:
 * @self: the entries
 *
 * Returns: (transfer full): `a(sssoi)`, as the property Entries
 */
GVariant *
tbx_extensions_dup_all (TbxExtensions *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sssoi)"));
  for (guint i = 0; i < self->slots->len; i++)
    {
      TbxExtension *entry = ((const Slot *) self->slots->pdata[i])->entry;

      g_variant_builder_add (&builder, "(sssoi)",
                             tbx_extension_kind_get_word (tbx_extension_get_kind (entry)),
                             tbx_extension_get_name (entry), tbx_extension_get_client (entry),
                             tbx_extension_get_object (entry), tbx_extension_get_priority (entry));
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
tbx_extensions_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_EXTENSIONS (object)->slots);
  G_OBJECT_CLASS (tbx_extensions_parent_class)->finalize (object);
}

static void
tbx_extensions_class_init (TbxExtensionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_extensions_finalize;

  /**
   * TbxExtensions::added:
   * @self: the entries
   * @entry: a new one
   */
  signals[SIGNAL_ADDED] = g_signal_new ("added", TBX_TYPE_EXTENSIONS, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, TBX_TYPE_EXTENSION);

  /**
   * TbxExtensions::removed:
   * @self: the entries
   * @entry: that is none any more
   * @left: whether its client left, or the bus did
   */
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", TBX_TYPE_EXTENSIONS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 2, TBX_TYPE_EXTENSION,
                                          G_TYPE_BOOLEAN);
}

static void
tbx_extensions_init (TbxExtensions *self)
{
  self->slots = g_ptr_array_new_with_free_func (slot_free);
}

TbxExtensions *
tbx_extensions_new (void)
{
  return g_object_new (TBX_TYPE_EXTENSIONS, NULL);
}
