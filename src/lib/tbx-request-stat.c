/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-stat-private.h"
#include "tbx-request-file-private.h"
#include "tbx-request-private.h"

/**
 * TbxRequestStat:
 *
 * Whether there is such a file, and which attributes it has.
 *
 * Since: 1.0
 */
struct _TbxRequestStat
{
  TbxRequestFile parent_instance;
};

G_DEFINE_FINAL_TYPE (TbxRequestStat, tbx_request_stat, TBX_TYPE_REQUEST_FILE)

/**
 * tbx_request_stat_return_found:
 * @self: a request that has not been answered
 * @size: in bytes; -1 when it is not known, which is told as the largest there is
 * @modified: in seconds since 1970; -1: now
 * @mode: permissions, the lowest nine bits; -1: 0600
 *
 * There is such a file.
 *
 * Since: 1.0
 */
void
tbx_request_stat_return_found (TbxRequestStat *self, gint64 size, gint64 modified, int mode)
{
  GDBusMethodInvocation *invocation;
  GVariantBuilder attributes;

  g_return_if_fail (TBX_IS_REQUEST_STAT (self));
  invocation = tbx_request_answer (TBX_REQUEST (self));
  if (invocation == NULL)
    return;
  g_variant_builder_init (&attributes, G_VARIANT_TYPE_VARDICT);
  if (size >= 0)
    g_variant_builder_add (&attributes, "{sv}", "size", g_variant_new_uint64 ((guint64) size));
  if (modified >= 0)
    g_variant_builder_add (&attributes, "{sv}", "modified", g_variant_new_int64 (modified));
  if (mode >= 0)
    g_variant_builder_add (&attributes, "{sv}", "mode", g_variant_new_uint32 ((guint32) mode));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a{sv})", &attributes));
}

static void
tbx_request_stat_class_init (TbxRequestStatClass *klass)
{
}

static void
tbx_request_stat_init (TbxRequestStat *self)
{
}

/* Takes @invocation. */
TbxRequestStat *
tbx_request_stat_new (GDBusMethodInvocation *invocation,
                      const char            *path,
                      const char            *query,
                      GVariant              *details,
                      guint64                deadline_usec)
{
  TbxRequestStat *self = g_object_new (TBX_TYPE_REQUEST_STAT, NULL);

  tbx_request_file_begin (TBX_REQUEST_FILE (self), invocation, path, query, details, deadline_usec);
  return self;
}
