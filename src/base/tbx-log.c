/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-log.h"
#include <unistd.h>

/* Of the process, as GLib's writer is: whether debug records are written, as far as that
 * was said at the start, and by G_MESSAGES_DEBUG. */
static gboolean verbose;

/**
 * tbx_log_wants_debug:
 *
 * Returns: whether a debug record is written; to be asked before one that is costly to
 *   make on a busy path
 */
gboolean
tbx_log_wants_debug (void)
{
  return verbose;
}

static GLogWriterOutput
write_record (GLogLevelFlags   level,
              const GLogField *fields,
              gsize            n_fields,
              gpointer         user_data)
{
  if ((level & G_LOG_LEVEL_DEBUG) && !tbx_log_wants_debug ())
    return G_LOG_WRITER_HANDLED;
  if (g_log_writer_is_journald (STDERR_FILENO)
      && g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

/**
 * tbx_log_init:
 * @debug: whether debug records are written too
 *
 * Sends records to the journal when standard error is connected to it, else to
 * standard error.  Unlike GLib's default it keeps info records, for those say
 * who did what.  Call once, before the first record.
 */
void
tbx_log_init (gboolean debug)
{
  verbose = debug || !g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, NULL);
  g_log_writer_default_set_use_stderr (TRUE);
  g_log_set_writer_func (write_record, NULL, NULL);
}

static const char *
log_priority (GLogLevelFlags level)
{
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return "3";
  if (level & G_LOG_LEVEL_WARNING)
    return "4";
  if (level & G_LOG_LEVEL_MESSAGE)
    return "5";
  return level & G_LOG_LEVEL_INFO ? "6" : "7";
}

/**
 * tbx_log_rpc_in_domain:
 * @domain: the log domain of the layer
 * @level: the level
 * @command: name of the command that it is about, never its arguments
 * @format: printf format of the message
 *
 * What [func@Tbx.log_rpc] expands to.  The record carries `TBX_COMMAND=` beside
 * the message, so that a journal can be searched by command.
 */
void
tbx_log_rpc_in_domain (const char    *domain,
                       GLogLevelFlags level,
                       const char    *command,
                       const char    *format,
                       ...)
{
  g_autofree char *text = NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  message = g_strdup_printf ("%s: %s", command, text);
  const GLogField fields[] = {
    { "PRIORITY", log_priority (level), -1 },
    { "GLIB_DOMAIN", domain, -1 },
    { "TBX_COMMAND", command, -1 },
    { "MESSAGE", message, -1 },
  };
  g_log_structured_array (level, fields, G_N_ELEMENTS (fields));
}
