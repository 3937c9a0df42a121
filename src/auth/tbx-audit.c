/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-audit.h"
#include "tbx-log.h"
#include <string.h>

struct _TbxAudit
{
  GObject   parent_instance;
  TbxRelay *relay;   /* (owned) */
};

G_DEFINE_FINAL_TYPE (TbxAudit, tbx_audit, G_TYPE_OBJECT)

/* A name is the host's until it is verified: it must not make lines of its own. */
static char *
dup_printable (const char *text)
{
  g_autoptr(GString) out = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (out, g_unichar_isprint (c) ? c : '?');
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * tbx_audit_is_routine:
 * @operation: what was answered
 *
 * A transfer is thousands of packets, and every host asks for the state of the tools
 * again and again: these count only when they fail.
 *
 * Returns: whether nobody needs to hear of it
 */
gboolean
tbx_audit_is_routine (const TbxOperation *operation)
{
  return operation->code == TBX_VIX_OK
         && (operation->opcode == TBX_VIX_HGFS_PACKET
             || operation->opcode == TBX_VIX_GET_TOOLS_STATE);
}

/**
 * tbx_audit_dup_text:
 * @operation: what was answered
 *
 * Returns: (transfer full): one line for people
 */
char *
tbx_audit_dup_text (const TbxOperation *operation)
{
  g_autofree char *user = dup_printable (operation->user != NULL ? operation->user : "nobody");
  g_autoptr(GString) text = g_string_new (operation->name);

  g_string_append_printf (text, " for %s%s", user,
                          operation->user != NULL && operation->uid < 0 ? " (not verified)" : "");
  if (operation->code == TBX_VIX_OK)
    g_string_append (text, ": done");
  else
    g_string_append_printf (text, ": %u %s", operation->code,
                            tbx_vix_code_get_name (operation->code));
  if (operation->error_number != 0)
    g_string_append_printf (text, ", %s", g_strerror (operation->error_number));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * tbx_audit_log:
 * @operation: what was answered
 *
 * Writes one record, with its parts as fields: `TBX_COMMAND`, `TBX_OPCODE`, `TBX_METHOD`,
 * `TBX_USER`, `TBX_UID`, `TBX_RESULT` (the code), `TBX_RESULT_NAME`, `TBX_ERRNO` and
 * `TBX_DURATION_USEC`.  A field that does not apply is not there.
 */
void
tbx_audit_log (const TbxOperation *operation)
{
  gboolean routine = tbx_audit_is_routine (operation);
  g_autofree char *text = tbx_audit_dup_text (operation);
  g_autofree char *opcode = g_strdup_printf ("%u", operation->opcode);
  g_autofree char *uid = g_strdup_printf ("%" G_GINT64_FORMAT, operation->uid);
  g_autofree char *result = g_strdup_printf ("%u", operation->code);
  g_autofree char *error_number = g_strdup_printf ("%d", operation->error_number);
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT, operation->duration_us);
  GLogField fields[13] = {
    { "PRIORITY", routine ? "7" : "6", -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
    { "MESSAGE", text, -1 },
    { "MESSAGE_ID", TBX_AUDIT_MESSAGE_ID, -1 },
    { "TBX_COMMAND", operation->name, -1 },
    { "TBX_OPCODE", opcode, -1 },
    { "TBX_RESULT", result, -1 },
    { "TBX_RESULT_NAME", tbx_vix_code_get_name (operation->code), -1 },
    { "TBX_DURATION_USEC", duration, -1 },
  };
  gsize n = 9;

  if (operation->method != NULL)
    fields[n++] = (GLogField) { "TBX_METHOD", operation->method, -1 };
  if (operation->user != NULL)
    fields[n++] = (GLogField) { "TBX_USER", operation->user, -1 };
  if (operation->uid >= 0)
    fields[n++] = (GLogField) { "TBX_UID", uid, -1 };
  if (operation->error_number != 0)
    fields[n++] = (GLogField) { "TBX_ERRNO", error_number, -1 };
  g_assert (n <= G_N_ELEMENTS (fields));
  g_log_structured_array (routine ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO, fields, n);
}

static void
on_operation (TbxRelay *relay, const TbxOperation *operation, TbxAudit *self)
{
  if (!tbx_audit_is_routine (operation) || tbx_log_wants_debug ())
    tbx_audit_log (operation);
}

static void
tbx_audit_dispose (GObject *object)
{
  TbxAudit *self = TBX_AUDIT (object);

  if (self->relay != NULL)
    g_signal_handlers_disconnect_by_data (self->relay, self);
  g_clear_object (&self->relay);
  G_OBJECT_CLASS (tbx_audit_parent_class)->dispose (object);
}

static void
tbx_audit_class_init (TbxAuditClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_audit_dispose;
}

static void
tbx_audit_init (TbxAudit *self)
{
}

/**
 * tbx_audit_new:
 * @relay: whose operations are logged
 *
 * Returns: (transfer full): the audit, which works without a bus
 */
TbxAudit *
tbx_audit_new (TbxRelay *relay)
{
  TbxAudit *self = g_object_new (TBX_TYPE_AUDIT, NULL);

  self->relay = g_object_ref (relay);
  g_signal_connect (relay, "operation", G_CALLBACK (on_operation), self);
  return self;
}
