/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-resolv-dns.h"
#include "tbx-path-watch.h"
#include "tbx-resolv-conf.h"
#include "tbx-small-file.h"
#include <stdlib.h>

#define CONF "/etc/resolv.conf"

/* Where systemd-resolved answers itself, and where it says whom it asks. */
#define STUB "/run/systemd/resolve/stub-resolv.conf"
#define LIST "/run/systemd/resolve/resolv.conf"

struct _TbxResolvDns
{
  GObject       parent_instance;
  char         *root;         /* what the paths begin in; "/" but in tests (owned) */
  TbxPathWatch *conf_watch;   /* (owned) */
  TbxPathWatch *list_watch;   /* (owned) */
};

static void tbx_resolv_dns_init_source (TbxDnsSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxResolvDns, tbx_resolv_dns, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_DNS_SOURCE,
                                                      tbx_resolv_dns_init_source))

/* The C library is sent to systemd-resolved itself, which says nothing to a person. */
static gboolean
resolv_dns_is_stub (TbxResolvDns *self, const char *conf)
{
  char *real = realpath (conf, NULL);
  g_autofree char *stub = g_build_filename (self->root, STUB, NULL);
  gboolean is_stub = g_strcmp0 (real, stub) == 0;

  free (real);
  return is_stub;
}

static TbxNicInfoDns *
tbx_resolv_dns_dup_stack (TbxDnsSource *source)
{
  TbxResolvDns *self = TBX_RESOLV_DNS (source);
  g_autofree char *conf = g_build_filename (self->root, CONF, NULL);
  g_autofree char *list = g_build_filename (self->root, LIST, NULL);
  g_autofree char *text = NULL;
  g_autofree char *list_text = NULL;
  g_autoptr(GError) error = NULL;
  TbxNicInfoDns *dns;
  gsize size;

  text = tbx_small_file_read (conf, &size, &error);
  if (text == NULL)
    {
      g_info ("The name servers are not known: %s", error->message);
      return NULL;
    }
  dns = tbx_resolv_conf_parse (text, size);
  if (resolv_dns_is_stub (self, conf))
    list_text = tbx_small_file_read (list, &size, NULL);
  if (list_text != NULL)
    tbx_resolv_conf_take_servers (dns, list_text, size);
  return dns;
}

static void
tbx_resolv_dns_init_source (TbxDnsSourceInterface *iface)
{
  iface->dup_stack = tbx_resolv_dns_dup_stack;
}

static void
tbx_resolv_dns_finalize (GObject *object)
{
  TbxResolvDns *self = TBX_RESOLV_DNS (object);

  g_clear_object (&self->conf_watch);
  g_clear_object (&self->list_watch);
  g_free (self->root);
  G_OBJECT_CLASS (tbx_resolv_dns_parent_class)->finalize (object);
}

static void
tbx_resolv_dns_class_init (TbxResolvDnsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_resolv_dns_finalize;
}

static void
tbx_resolv_dns_init (TbxResolvDns *self)
{
}

static TbxPathWatch *
resolv_dns_watch (TbxResolvDns *self, const char *path)
{
  g_autofree char *whole = g_build_filename (self->root, path, NULL);
  TbxPathWatch *watch = tbx_path_watch_new (whole);

  g_signal_connect_object (watch, "changed", G_CALLBACK (tbx_dns_source_emit_changed), self,
                           G_CONNECT_SWAPPED);
  return watch;
}

/**
 * tbx_resolv_dns_new:
 * @root: the root of the file system, "/", or a folder that stands for it; without links
 *
 * Source: docs/wire/guestinfo.md, "DNS part".
 *
 * Returns: (transfer full): what /etc/resolv.conf says, watched
 */
TbxDnsSource *
tbx_resolv_dns_new (const char *root)
{
  TbxResolvDns *self = g_object_new (TBX_TYPE_RESOLV_DNS, NULL);

  self->root = g_strdup (root);
  self->conf_watch = resolv_dns_watch (self, CONF);
  self->list_watch = resolv_dns_watch (self, LIST);
  return TBX_DNS_SOURCE (self);
}
