/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-progress.h"
#include "tbx-sim-transfer.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static TbxSimExit
local_error (const char *path)
{
  g_printerr ("vmxsim: %s: %s\n", path, g_strerror (errno));
  return TBX_SIM_EXIT_REFUSED;
}

/* What has no size yet ends with a part of no bytes; the guest says so with the largest. */
static gboolean
is_endless (TbxSimVix *vix)
{
  const char *text = tbx_sim_vix_text (vix);
  g_autofree char *size = tbx_sim_vix_field (&text, "</fxi>", "fs");

  return size != NULL && g_ascii_strtoull (size, NULL, 10) == G_MAXINT64;
}

static TbxSimExit
fetch (TbxSimVix *vix, const char *path, int fd, const char *local, TbxSimProgress *progress)
{
  const gboolean endless = is_endless (vix);
  g_autoptr(TbxSimTransfer) transfer = tbx_sim_transfer_new (vix);
  gsize size = TBX_SIM_TRANSFER_BYTES;

  if (transfer == NULL || !tbx_sim_transfer_open (transfer, path, FALSE))
    return vix->status;
  while (size == TBX_SIM_TRANSFER_BYTES || (endless && size > 0))
    {
      const guint8 *data;

      if (!tbx_sim_transfer_read (transfer, &data, &size))
        return vix->status;
      tbx_sim_progress_add (progress, data, size);
      if (!tbx_sim_write_all (fd, data, size))
        return local_error (local);
      if (endless && size < TBX_SIM_TRANSFER_BYTES && !tbx_sim_transfer_go_on (transfer))
        return vix->status;
    }
  return tbx_sim_transfer_close (transfer) ? TBX_SIM_EXIT_DONE : vix->status;
}

/* A folder with a slash behind its name comes as a tgz without the mark behind it that
 * only clients need which are not told the end. */
static char *
dup_source (const char *name)
{
  g_autofree char *trimmed = g_strdup (name);
  gsize length = strlen (trimmed);

  if (length == 0 || trimmed[length - 1] != '/' || strchr (trimmed, '?') != NULL)
    return g_steal_pointer (&trimmed);
  while (length > 1 && trimmed[length - 1] == '/')
    trimmed[--length] = '\0';
  return g_strconcat (trimmed, "?format=tgz&trailer=0", NULL);
}

static TbxSimExit
run_download (TbxSimVix *vix, char **argv)
{
  gboolean force = FALSE, checksum = FALSE;
  const GOptionEntry entries[] = {
    { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Overwrite LOCAL", NULL },
    { "checksum", 0, 0, G_OPTION_ARG_NONE, &checksum, "Print a SHA-256 of what came", NULL },
    { 0 },
  };
  g_auto(GStrv) args = g_strdupv (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_TRANSFER_FROM_GUEST);
  g_autofree char *source = NULL;
  TbxSimProgress progress;
  gboolean to_stdout;
  TbxSimExit status;
  int fd;

  if (!tbx_sim_operation_parse ("download", entries, &args, 2, 2))
    return TBX_SIM_EXIT_USAGE;
  source = dup_source (args[1]);
  request.list_files.path = source;
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  to_stdout = strcmp (args[2], "-") == 0;
  fd = STDOUT_FILENO;
  if (!to_stdout)
    fd = open (args[2], O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0666);
  if (fd < 0)
    return local_error (args[2]);
  tbx_sim_progress_begin (&progress, checksum);
  status = fetch (vix, source, fd, args[2], &progress);
  tbx_sim_progress_end (&progress);
  if (!to_stdout && close (fd) < 0 && status == TBX_SIM_EXIT_DONE)
    return local_error (args[2]);
  if (status != TBX_SIM_EXIT_DONE && !to_stdout && !force)
    unlink (args[2]);   /* ours, and not whole */
  return status;
}

static TbxSimExit
send_file (TbxSimVix      *vix,
           int             fd,
           const char     *local,
           const char     *path,
           int             mode,
           TbxSimProgress *progress)
{
  g_autoptr(TbxSimTransfer) transfer = tbx_sim_transfer_new (vix);
  g_autofree guint8 *buffer = g_malloc (TBX_SIM_TRANSFER_BYTES);
  gssize n;

  if (transfer == NULL || !tbx_sim_transfer_open (transfer, path, TRUE)
      || (mode >= 0 && !tbx_sim_transfer_mode (transfer, path, (guint) mode)))
    return vix->status;
  while ((n = read (fd, buffer, TBX_SIM_TRANSFER_BYTES)) > 0)
    {
      tbx_sim_progress_add (progress, buffer, (gsize) n);
      if (!tbx_sim_transfer_write (transfer, buffer, (gsize) n))
        return vix->status;
    }
  if (n < 0)   /* not closed: the guest discards what it got */
    return local_error (local);
  return tbx_sim_transfer_close (transfer) ? TBX_SIM_EXIT_DONE : vix->status;
}

static TbxSimExit
run_upload (TbxSimVix *vix, char **argv)
{
  gboolean force = FALSE, checksum = FALSE;
  g_autofree char *mode_text = NULL;
  const GOptionEntry entries[] = {
    { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Overwrite DESTINATION", NULL },
    { "mode", 'm', 0, G_OPTION_ARG_STRING, &mode_text, "Its mode, in octal digits", "MODE" },
    { "checksum", 0, 0, G_OPTION_ARG_NONE, &checksum, "Print a SHA-256 of what was sent", NULL },
    { 0 },
  };
  g_auto(GStrv) args = g_strdupv (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_TRANSFER_TO_GUEST);
  g_autoptr(GError) error = NULL;
  guint64 mode = 0;
  TbxSimProgress progress;
  TbxSimExit status;
  int fd;

  if (!tbx_sim_operation_parse ("upload", entries, &args, 2, 2))
    return TBX_SIM_EXIT_USAGE;
  if (mode_text != NULL && !g_ascii_string_to_unsigned (mode_text, 8, 0, 07777, &mode, &error))
    return tbx_sim_cli_fail (error), TBX_SIM_EXIT_USAGE;
  fd = strcmp (args[1], "-") == 0 ? STDIN_FILENO : open (args[1], O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return local_error (args[1]);
  request.transfer_to_guest.path = args[2];
  request.transfer_to_guest.overwrite = force;
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  tbx_sim_progress_begin (&progress, checksum);
  status = send_file (vix, fd, args[1], args[2], mode_text != NULL ? (int) mode : -1, &progress);
  tbx_sim_progress_end (&progress);
  if (fd != STDIN_FILENO)
    close (fd);
  return status;
}

const TbxSimOperation tbx_sim_transfer_operations[] = {
  { "upload", "LOCAL DESTINATION", "Send a file, or an archive into a folder; - is standard input", run_upload },
  { "download", "SOURCE LOCAL", "Fetch a file, or FOLDER/ as a tgz; - is standard output", run_download },
  { 0 },
};
