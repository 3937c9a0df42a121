/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>

#define INTERFACE_PREFIX TBX_BUS_NAME "."

typedef struct
{
  gboolean    json;
  const char *only;      /* the interface that is of interest, or NULL: all */
  gboolean interrupted;  /* by the user: the way to end it */
  gboolean closed;       /* the bus is gone */
} Monitor;

/* "key=value key=value" for a dictionary, else as it is. */
static char *
value_text (GVariant *value)
{
  g_autoptr(GString) text = NULL;
  GVariantIter iter;
  const char *key;
  GVariant *each;

  if (value == NULL)
    return g_strdup ("");
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return g_variant_print (value, FALSE);
  text = g_string_new (NULL);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &each))
    {
      g_autofree char *printed = g_variant_print (each, FALSE);

      g_string_append_printf (text, "%s%s=%s", text->len > 0 ? " " : "", key, printed);
      g_variant_unref (each);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* One thing that happened, as a line; @value is printed if there is one. */
static void
print_event (Monitor    *self,
             const char *event,
             const char *path,
             const char *interface,
             const char *name,
             GVariant   *value)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  if (self->only != NULL && !g_str_equal (event, "daemon") && g_strcmp0 (interface, self->only) != 0)
    return;
  if (self->json)
    {
      g_autoptr(JsonObject) object = json_object_new ();
      g_autofree char *time = g_date_time_format_iso8601 (now);

      json_object_set_string_member (object, "time", time);
      json_object_set_string_member (object, "event", event);
      json_object_set_string_member (object, "path", path);
      json_object_set_string_member (object, "interface", interface);
      json_object_set_string_member (object, "name", name);
      if (value != NULL)
        json_object_set_member (object, "value", json_gvariant_serialize (value));
      else
        json_object_set_null_member (object, "value");
      tbx_json_print_line (object);
      return;
    }
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S");
  g_autofree char *text = value_text (value);
  g_autofree char *safe = tbx_text_escape (text, -1);
  g_autofree char *safe_name = tbx_text_escape (name, -1);
  const char *where = g_str_has_prefix (path, TBX_OBJECT_PATH "/")
                        ? path + strlen (TBX_OBJECT_PATH "/") : interface;

  if (g_str_has_prefix (where, INTERFACE_PREFIX))
    where += strlen (INTERFACE_PREFIX);
  g_print ("%s.%03d  %-8s  %s  %s%s%s\n", time, g_date_time_get_microsecond (now) / 1000, event,
           where, safe_name, *safe != '\0' ? " " : "", safe);
  fflush (stdout);
}

static void
print_changes (Monitor *self, const char *path, GVariant *arguments)
{
  g_autoptr(GVariantIter) changed = NULL;
  g_autofree const char **invalidated = NULL;
  const char *interface, *name;
  GVariant *value;

  g_variant_get (arguments, "(&sa{sv}^a&s)", &interface, &changed, &invalidated);
  while (g_variant_iter_next (changed, "{&sv}", &name, &value))
    {
      print_event (self, "property", path, interface, name, value);
      g_variant_unref (value);
    }
  for (guint i = 0; invalidated[i] != NULL; i++)
    print_event (self, "property", path, interface, invalidated[i], NULL);
}

static void
print_added (Monitor *self, GVariant *arguments)
{
  g_autoptr(GVariantIter) interfaces = NULL;
  const char *path, *interface;
  GVariant *properties;

  g_variant_get (arguments, "(&oa{sa{sv}})", &path, &interfaces);
  while (g_variant_iter_next (interfaces, "{&s@a{sv}}", &interface, &properties))
    {
      if (g_str_has_prefix (interface, INTERFACE_PREFIX))
        print_event (self, "added", path, interface, "", properties);
      g_variant_unref (properties);
    }
}

static void
print_removed (Monitor *self, GVariant *arguments)
{
  g_autofree const char **interfaces = NULL;
  const char *path;

  g_variant_get (arguments, "(&o^a&s)", &path, &interfaces);
  for (guint i = 0; interfaces[i] != NULL; i++)
    if (g_str_has_prefix (interfaces[i], INTERFACE_PREFIX))
      print_event (self, "removed", path, interfaces[i], "", NULL);
}

static GDBusSignalInfo *
find_signal (const char *interface, const char *name)
{
  GDBusInterfaceInfo *const known[] = { tbx_bus_manager_interface_info (),
                                        tbx_bus_power_interface_info () };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i]->name, interface))
      return g_dbus_interface_info_lookup_signal (known[i], name);
  return NULL;
}

/* The arguments of a signal that we know, with their names; of another as they are. */
static GVariant *
name_arguments (const char *interface, const char *name, GVariant *arguments)
{
  GDBusSignalInfo *info = find_signal (interface, name);
  gsize n = g_variant_n_children (arguments);
  GVariantBuilder builder;

  if (info == NULL || info->args == NULL || g_strv_length ((char **) info->args) != n)
    return g_variant_ref (arguments);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) value = g_variant_get_child_value (arguments, i);

      g_variant_builder_add (&builder, "{sv}", info->args[i]->name, value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
on_signal (GDBusConnection *bus,
           const char      *sender,
           const char      *path,
           const char      *interface,
           const char      *name,
           GVariant        *arguments,
           gpointer         user_data)
{
  Monitor *self = user_data;

  if (g_str_equal (name, "PropertiesChanged")
      && g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sa{sv}as)")))
    print_changes (self, path, arguments);
  else if (g_str_equal (name, "InterfacesAdded")
           && g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(oa{sa{sv}})")))
    print_added (self, arguments);
  else if (g_str_equal (name, "InterfacesRemoved")
           && g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(oas)")))
    print_removed (self, arguments);
  else
    {
      g_autoptr(GVariant) named = name_arguments (interface, name, arguments);

      print_event (self, "signal", path, interface, name, named);
    }
}

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  print_event (user_data, "daemon", TBX_OBJECT_PATH, name, "appeared", NULL);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  print_event (user_data, "daemon", TBX_OBJECT_PATH, name, "vanished", NULL);
}

static void
on_closed (GDBusConnection *bus, gboolean by_other, GError *error, gpointer user_data)
{
  ((Monitor *) user_data)->closed = TRUE;
}

static gboolean
on_interrupted (gpointer user_data)
{
  ((Monitor *) user_data)->interrupted = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
monitor_run (TbxCtl *ctl, const char *only, GError **error)
{
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  Monitor self = { .json = ctl->json, .only = only };
  guint subscription, watch, on_int, on_term;

  if (bus == NULL || !tbx_ctl_bus_need_daemon (bus, error))
    return FALSE;
  on_int = g_unix_signal_add (SIGINT, on_interrupted, &self);
  on_term = g_unix_signal_add (SIGTERM, on_interrupted, &self);
  g_signal_connect (bus, "closed", G_CALLBACK (on_closed), &self);
  subscription = g_dbus_connection_signal_subscribe (bus, TBX_BUS_NAME, NULL, NULL, NULL, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_signal, &self, NULL);
  watch = g_bus_watch_name_on_connection (bus, TBX_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                          on_appeared, on_vanished, &self, NULL);
  while (!self.interrupted && !self.closed)
    g_main_context_iteration (NULL, TRUE);
  g_bus_unwatch_name (watch);
  g_dbus_connection_signal_unsubscribe (bus, subscription);
  g_signal_handlers_disconnect_by_data (bus, &self);
  g_source_remove (on_term);
  g_source_remove (on_int);
  if (self.interrupted)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, _("the bus is gone"));
  return FALSE;
}

/**
 * tbx_ctl_monitor:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "monitor": ends well when it is interrupted, and with
 * `TBX_ERROR_TRANSPORT` when the bus is gone.
 */
gboolean
tbx_ctl_monitor (TbxCtl *ctl, char **args, GError **error)
{
  return monitor_run (ctl, NULL, error);
}

/**
 * tbx_ctl_power_monitor:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "power monitor": the same for power alone.
 */
gboolean
tbx_ctl_power_monitor (TbxCtl *ctl, char **args, GError **error)
{
  return monitor_run (ctl, INTERFACE_PREFIX "Power", error);
}
