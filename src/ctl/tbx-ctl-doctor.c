/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include "tbx-config.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define PING_AGE_MAX_S 60
#define UNIT_NAME      "toolboxd.service"

typedef enum { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL } Verdict;
static const char *const verdict_words[] = { "ok", "warn", "fail" };

typedef struct
{
  TbxCtl          *ctl;
  GDBusConnection *bus;      /* or NULL (owned) */
  TbxBusManager   *manager;  /* NULL while the daemon is not there (owned) */
  TbxBusNetwork   *network;  /* (owned) */
  JsonArray       *said;     /* for --json, else NULL (owned) */
  const char      *check;    /* which check speaks */
  gboolean         failed;
} Doctor;

static void say (Doctor *self, Verdict verdict, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
say (Doctor *self, Verdict verdict, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  self->failed |= verdict == VERDICT_FAIL;
  if (self->said != NULL)
    {
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "check", self->check);
      json_object_set_string_member (object, "verdict", verdict_words[verdict]);
      json_object_set_string_member (object, "text", text);
      json_array_add_object_element (self->said, object);
    }
  else
    {
      g_autofree char *safe = tbx_text_escape (text, -1);

      g_print ("%-4s  %-13s  %s\n", verdict_words[verdict], self->check, safe);
    }
}

static void
check_hypervisor (Doctor *self)
{
  g_autoptr(GError) error = NULL;
  const char *product;

  if (!tbx_ctl_host_is_there (self->ctl->host, &error))
    {
      say (self, VERDICT_FAIL, "%s", error->message);
      return;
    }
  product = tbx_ctl_host_get_product (self->ctl->host);
  if (product != NULL)
    say (self, VERDICT_OK, "%s", product);
  else
    say (self, VERDICT_OK, _("the host is reached over a socket, for development"));
}

/* Two owners of one channel take it from each other all the time. */
static void
check_other_tools (Doctor *self)
{
  g_autoptr(GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  while (proc != NULL && (pid = g_dir_read_name (proc)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", pid, "comm", NULL);
      g_autofree char *comm = NULL;

      if (g_ascii_isdigit (*pid) && g_file_get_contents (path, &comm, NULL, NULL)
          && strcmp (comm, "vmtoolsd\n") == 0)
        {
          say (self, VERDICT_FAIL,
               _("vmtoolsd runs too (process %s): systemctl disable --now open-vm-tools"), pid);
          return;
        }
    }
  say (self, VERDICT_OK, _("vmtoolsd does not run"));
}

static void
check_configuration (Doctor *self)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  const char *path = self->ctl->config;
  struct stat info;

  if (stat (path, &info) != 0)
    {
      say (self, errno == ENOENT ? VERDICT_OK : VERDICT_WARN, _("%s: %s; the defaults hold"), path,
           g_strerror (errno));
      return;
    }
  tbx_config_free (tbx_config_load (path, TRUE, problems));
  for (guint i = 0; i < problems->len; i++)
    say (self, VERDICT_FAIL, "%s", (const char *) problems->pdata[i]);
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    say (self, VERDICT_FAIL, _("%s can be changed by others than its owner"), path);
  else if (problems->len == 0)
    say (self, VERDICT_OK, _("%s is understood"), path);
}

static GVariant *
unit_property (Doctor *self, const char *path, const char *name)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  GVariant *value = NULL;

  g_dbus_connection_call (self->bus, "org.freedesktop.systemd1", path,
                          "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", "org.freedesktop.systemd1.Unit", name),
                          G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                          tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  reply = g_dbus_connection_call_finish (self->bus, result, NULL);
  if (reply != NULL)
    g_variant_get (reply, "(v)", &value);
  if (value != NULL && !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    g_clear_pointer (&value, g_variant_unref);
  return value != NULL ? value : g_variant_ref_sink (g_variant_new_string (""));
}

static void
check_unit (Doctor *self)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  const char *path;

  if (self->bus != NULL)
    {
      g_dbus_connection_call (self->bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                              "org.freedesktop.systemd1.Manager", "LoadUnit",
                              g_variant_new ("(s)", UNIT_NAME), G_VARIANT_TYPE ("(o)"),
                              G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, tbx_ctl_on_ready, &result);
      tbx_ctl_wait (&result);
      reply = g_dbus_connection_call_finish (self->bus, result, NULL);
    }
  if (reply == NULL)
    {
      say (self, VERDICT_WARN, _("systemd cannot be asked about %s"), UNIT_NAME);
      return;
    }
  g_variant_get (reply, "(&o)", &path);
  g_autoptr(GVariant) load_value = unit_property (self, path, "LoadState");
  g_autoptr(GVariant) active_value = unit_property (self, path, "ActiveState");
  g_autoptr(GVariant) file_value = unit_property (self, path, "UnitFileState");
  const char *load = g_variant_get_string (load_value, NULL);
  const char *active = g_variant_get_string (active_value, NULL);
  const char *file = g_variant_get_string (file_value, NULL);

  if (strcmp (load, "loaded") != 0)
    say (self, VERDICT_WARN, _("%s is not installed"), UNIT_NAME);
  else if (strcmp (active, "failed") == 0)
    say (self, VERDICT_FAIL, _("%s has failed: journalctl -u toolboxd"), UNIT_NAME);
  else if (strcmp (active, "active") != 0)
    say (self, VERDICT_WARN, _("%s is %s: systemctl start toolboxd"), UNIT_NAME, active);
  else if (strcmp (file, "enabled") != 0)
    say (self, VERDICT_WARN, _("%s is active, but not at the next boot: systemctl enable toolboxd"),
         UNIT_NAME);
  else
    say (self, VERDICT_OK, _("%s is active"), UNIT_NAME);
}

static void
check_daemon (Doctor *self)
{
  g_autoptr(GError) error = NULL;

  self->bus = tbx_ctl_bus_connect (&error);
  if (self->bus != NULL)
    self->manager = tbx_ctl_bus_manager (self->bus, &error);
  if (self->manager != NULL)
    self->network = tbx_ctl_bus_network (self->bus, &error);
  if (self->network == NULL)
    {
      g_clear_object (&self->manager);
      say (self, VERDICT_FAIL, "%s", error->message);
      return;
    }
  say (self, VERDICT_OK, _("toolboxd %s is on the bus"),
       tbx_text_or_empty (tbx_bus_manager_get_version (self->manager)));
}

static void
check_channel (Doctor *self)
{
  const char *state, *transport;

  if (self->manager == NULL)
    return;
  state = tbx_text_or_empty (tbx_bus_manager_get_transport_state (self->manager));
  transport = tbx_text_or_empty (tbx_bus_manager_get_transport (self->manager));
  say (self, strcmp (state, "up") == 0 ? VERDICT_OK : VERDICT_FAIL, "%s: %s", transport, state);
}

static void
check_ping (Doctor *self)
{
  guint64 when_usec, now_usec = (guint64) g_get_real_time ();
  gulong age_s;

  if (self->manager == NULL)
    return;
  when_usec = tbx_bus_manager_get_last_ping (self->manager);
  age_s = when_usec < now_usec ? (now_usec - when_usec) / G_USEC_PER_SEC : 0;
  if (when_usec == 0)
    say (self, VERDICT_WARN, _("the host has not asked yet whether the daemon lives"));
  else if (age_s > PING_AGE_MAX_S)
    say (self, VERDICT_WARN, _("the host has not asked for %lu s"), age_s);
  else
    say (self, VERDICT_OK, _("the host asks whether the daemon lives, and it answers"));
}

static void
check_capabilities (Doctor *self)
{
  const char *const *told;

  if (self->manager == NULL)
    return;
  told = tbx_bus_manager_get_capabilities (self->manager);
  if (told == NULL || told[0] == NULL)
    say (self, VERDICT_WARN, _("the host has not asked yet what the daemon can do"));
  else
    say (self, VERDICT_OK, _("the host was told what the daemon can do"));
}

static void
check_address (Doctor *self)
{
  const char *address;

  if (self->network == NULL)
    return;
  address = tbx_text_or_empty (tbx_bus_network_get_primary_address (self->network));
  if (*address == '\0')
    say (self, VERDICT_WARN, _("no interface has an address that the host could be told"));
  else
    say (self, VERDICT_OK, _("the host shows %s"), address);
}

static void
check_polkit (Doctor *self)
{
  if (self->bus == NULL)
    return;
  if (tbx_ctl_bus_has (self->bus, "org.freedesktop.PolicyKit1"))
    say (self, VERDICT_OK, _("polkit decides who may change something"));
  else
    say (self, VERDICT_WARN, _("polkit is not on the bus: only root may change something"));
}

static const struct
{
  const char *name;
  void      (*run) (Doctor *self);
} checks[] = {
  { "hypervisor", check_hypervisor },
  { "other tools", check_other_tools },
  { "configuration", check_configuration },
  { "daemon", check_daemon },
  { "unit", check_unit },
  { "channel", check_channel },
  { "ping", check_ping },
  { "capabilities", check_capabilities },
  { "address", check_address },
  { "polkit", check_polkit },
};

/**
 * tbx_ctl_doctor:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "doctor".
 */
gboolean
tbx_ctl_doctor (TbxCtl *ctl, char **args, GError **error)
{
  Doctor self = { .ctl = ctl };

  if (ctl->json)
    self.said = json_array_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      self.check = checks[i].name;
      checks[i].run (&self);
    }
  if (ctl->json)
    {
      g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);

      json_node_take_array (node, g_steal_pointer (&self.said));
      tbx_json_print (node);
    }
  g_clear_object (&self.network);
  g_clear_object (&self.manager);
  g_clear_object (&self.bus);
  return !self.failed;
}
