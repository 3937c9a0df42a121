/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-handler.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One archive, as the host reads or writes it, for tests that compare it with what
 * other programs make of it.  Prints what the host would see, as JSON. */

/* What the host reads and writes at once. */
#define PACKET_BYTES 61440

static int limit_members, limit_ratio;
static gint64 limit_ratio_from = -1;
static gboolean named, discard, forbidden;
static int piece_bytes = PACKET_BYTES;

static const GOptionEntry entries[] = {
  { "members", 0, 0, G_OPTION_ARG_INT, &limit_members, "Limit of an upload", "N" },
  { "ratio", 0, 0, G_OPTION_ARG_INT, &limit_ratio, "Limit of an upload", "N" },
  { "ratio-from", 0, 0, G_OPTION_ARG_INT64, &limit_ratio_from, "Limit of an upload", "BYTES" },
  { "named", 0, 0, G_OPTION_ARG_NONE, &named, "Files have names from the start", NULL },
  { "discard", 0, 0, G_OPTION_ARG_NONE, &discard, "Do not close", NULL },
  { "forbidden", 0, 0, G_OPTION_ARG_NONE, &forbidden, "archive-transfers=false", NULL },
  { "piece", 0, 0, G_OPTION_ARG_INT, &piece_bytes, "So many bytes at once", "BYTES" },
  { NULL }
};

static void
on_log (const char *text, gpointer user_data)
{
  g_printerr ("%s\n", text);
}

static void
on_ready (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
wait_for (TbxFile *file)
{
  gboolean ready = FALSE;

  tbx_file_wait (file, on_ready, &ready);
  while (!ready)
    g_main_context_iteration (NULL, TRUE);
}

static void
write_out (int fd, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n < 0)
        g_error ("write: %s", g_strerror (errno));
      data += n;
      size -= (gsize) n;
    }
}

static int
get (TbxFile *file, int fd, guint64 *total)
{
  g_autofree guint8 *buffer = g_malloc ((gsize) piece_bytes);
  gsize done;
  int error_number;

  for (;;)
    {
      while ((error_number = tbx_file_read (file, *total, buffer, (gsize) piece_bytes, &done))
             == EAGAIN)
        wait_for (file);
      if (error_number != 0)
        return error_number;
      write_out (fd, buffer, done);
      *total += done;
      if (done < (gsize) piece_bytes)
        return 0;
    }
}

static int
put (TbxFile *file, int fd, guint64 *total)
{
  g_autofree guint8 *buffer = g_malloc ((gsize) piece_bytes);
  gssize n;
  gsize done;
  int error_number = 0;

  while (error_number == 0 && (n = read (fd, buffer, (gsize) piece_bytes)) > 0)
    {
      while ((error_number = tbx_file_write (file, 0, TRUE, buffer, (gsize) n, &done)) == EAGAIN)
        wait_for (file);
      *total += done;
    }
  if (discard)
    return error_number;
  while ((error_number = tbx_file_close (file)) == EAGAIN)
    wait_for (file);
  return error_number;
}

/* getrusage() would tell that of the program that started us. */
static long
peak_kb (void)
{
  g_autofree char *status = NULL;
  const char *line = NULL;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    line = strstr (status, "VmHWM:");
  return line != NULL ? strtol (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

int
main (int argc, char **argv)
{
  g_autoptr(GOptionContext) context = g_option_context_new ("get|put|stat NAME [FILE]");
  g_autoptr(GError) error = NULL;
  TbxArchiveLimits limits = tbx_archive_default_limits;
  TbxArchiveHandler *handler;
  const TbxFileHandlerFuncs *funcs = &tbx_archive_handler_funcs;
  TbxFile *file = NULL;
  struct stat info = { 0 };
  guint64 total = 0;
  int error_number = 0;
  gboolean writes;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 3)
    g_error ("usage: archive-tool get|put|stat NAME [FILE]");
  limits.max_members = limit_members > 0 ? (guint) limit_members : limits.max_members;
  limits.ratio = limit_ratio > 0 ? (guint) limit_ratio : limits.ratio;
  limits.ratio_from = limit_ratio_from >= 0 ? (guint64) limit_ratio_from : limits.ratio_from;
  limits.named_temporaries = named;
  handler = tbx_archive_handler_new (!forbidden, on_log, NULL);
  tbx_archive_handler_set_limits (handler, &limits);
  writes = g_str_equal (argv[1], "put");
  if (!funcs->claims (handler, argv[2]))
    {
      g_print ("{\"claimed\": false}\n");
      tbx_archive_handler_free (handler);
      return 0;
    }
  if (!writes)
    error_number = funcs->stat (handler, argv[2], &info);
  if (error_number == 0 && argc > 3)
    file = funcs->open (handler, argv[2], writes ? O_WRONLY : O_RDONLY, &error_number);
  if (file != NULL)
    {
      int fd = open (argv[3], writes ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

      if (fd < 0)
        g_error ("%s: %s", argv[3], g_strerror (errno));
      error_number = writes ? put (file, fd, &total) : get (file, fd, &total);
      close (fd);
      tbx_file_free (file);
    }
  g_print ("{\"claimed\": true, \"errno\": %d, \"told\": %" G_GINT64_FORMAT ", \"mode\": %u"
           ", \"bytes\": %" G_GUINT64_FORMAT ", \"peak_kb\": %ld}\n",
           error_number, (gint64) info.st_size, (guint) info.st_mode, total, peak_kb ());
  tbx_archive_handler_free (handler);
  return 0;
}
