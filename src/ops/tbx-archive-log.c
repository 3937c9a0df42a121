/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-log.h"
#include <errno.h>
#include <string.h>

/* So many lines of one transfer; a folder may have a million files. */
#define MAX_LINES      20
#define MAX_NAME_BYTES 512

static void
write_line (TbxArchiveLog *self, const char *text)
{
  if (self->func != NULL)
    self->func (text, self->user_data);
  else
    g_message ("%s", text);
}

/**
 * tbx_archive_log:
 * @self: a log
 * @name: of a member, in any encoding
 * @reason: what happened to it
 *
 * Something that the reader of an archive should know.
 */
void
tbx_archive_log (TbxArchiveLog *self, const char *name, const char *reason)
{
  g_autofree char *folder = g_strescape (self->path, NULL);
  g_autofree char *member = NULL;
  g_autofree char *text = NULL;

  if (self->skipped++ >= MAX_LINES)
    return;
  member = g_strescape (name, NULL);
  text = g_strdup_printf ("Archive %s of %s: \"%.*s\" %s", self->what, folder, MAX_NAME_BYTES,
                          member, reason);
  write_line (self, text);
}

/* As tbx_archive_log(), for what is not in the archive or was not unpacked. */
void
tbx_archive_log_skip (TbxArchiveLog *self, const char *name, const char *reason)
{
  g_autofree char *text = g_strdup_printf ("skipped: %s", reason);

  tbx_archive_log (self, name, text);
}

/* @error_number: what the transfer ended with; ECANCELED when the host gave it up. */
void
tbx_archive_log_end (TbxArchiveLog *self, int error_number)
{
  g_autofree char *folder = g_strescape (self->path, NULL);
  g_autofree char *text = NULL;

  if (self->skipped > MAX_LINES)
    {
      text = g_strdup_printf ("Archive %s of %s: %u more such members", self->what, folder,
                              self->skipped - MAX_LINES);
      write_line (self, text);
      g_clear_pointer (&text, g_free);
    }
  if (error_number == 0)
    return;
  text = g_strdup_printf ("Archive %s of %s ended early: %s", self->what, folder,
                          g_strerror (error_number));
  write_line (self, text);
}
