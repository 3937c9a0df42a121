/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hostname.h"
#include "tbx-source.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* The kernel wakes whoever polls this file when the name changes. */
#define KERNEL_FILE "/proc/sys/kernel/hostname"

#define MAX_NAME_BYTES 255

struct _TbxHostname
{
  GObject  parent_instance;
  char    *name;      /* UTF-8 (owned) */
  int      fd;        /* of KERNEL_FILE, or -1 */
  GSource *source;    /* wakes when it changed, or NULL (owned) */
};

G_DEFINE_FINAL_TYPE (TbxHostname, tbx_hostname, G_TYPE_OBJECT)

enum { PROP_0, PROP_NAME, N_PROPS };
static GParamSpec *props[N_PROPS];

static void
hostname_read (TbxHostname *self)
{
  char buffer[MAX_NAME_BYTES + 1] = "";
  g_autofree char *name = NULL;

  if (gethostname (buffer, sizeof buffer - 1) != 0)
    {
      g_warning ("Cannot read the host name: %s", g_strerror (errno));
      return;
    }
  name = g_utf8_make_valid (buffer, (gssize) strnlen (buffer, sizeof buffer));
  if (g_str_equal (name, self->name))
    return;
  g_free (self->name);
  self->name = g_steal_pointer (&name);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_NAME]);
}

static gboolean
on_name_changed (int fd, GIOCondition condition, gpointer user_data)
{
  hostname_read (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_hostname_get_name:
 * @self: the host name
 *
 * Returns: (transfer none): the kernel's host name, without a domain if it has none
 */
const char *
tbx_hostname_get_name (TbxHostname *self)
{
  return self->name;
}

static void
tbx_hostname_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, TBX_HOSTNAME (object)->name);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_hostname_finalize (GObject *object)
{
  TbxHostname *self = TBX_HOSTNAME (object);

  tbx_source_clear (&self->source);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->name);
  G_OBJECT_CLASS (tbx_hostname_parent_class)->finalize (object);
}

static void
tbx_hostname_class_init (TbxHostnameClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tbx_hostname_finalize;
  object_class->get_property = tbx_hostname_get_property;

  /**
   * TbxHostname:name:
   *
   * The kernel's host name.
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "",
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_hostname_init (TbxHostname *self)
{
  self->name = g_strdup ("");
  self->fd = open (KERNEL_FILE, O_RDONLY | O_CLOEXEC);
  if (self->fd < 0)
    g_warning ("Cannot watch the host name: %s", g_strerror (errno));
  else
    {
      /* An error is what the kernel says for a change; asking for input would always wake. */
      self->source = g_unix_fd_source_new (self->fd, G_IO_ERR | G_IO_PRI);
      g_source_set_static_name (self->source, "tbx-hostname");
      g_source_set_callback (self->source, G_SOURCE_FUNC (on_name_changed), self, NULL);
      g_source_attach (self->source, g_main_context_get_thread_default ());
    }
  hostname_read (self);
}

/**
 * tbx_hostname_new:
 *
 * Returns: (transfer full): the host name, watched from the thread's default main context
 */
TbxHostname *
tbx_hostname_new (void)
{
  return g_object_new (TBX_TYPE_HOSTNAME, NULL);
}
