/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-table.h"
#include "tbx-sim-vix.h"
#include "tbx-vix-text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_ENTRIES 250

/* The command's own copy of its arguments: parsing replaces it. */
#define OWN(argv) g_strdupv (argv)

static char *
mode_text (guint type, guint mode)
{
  static const char letters[] = "rwxrwxrwx";
  char text[11];

  text[0] = type & TBX_VIX_FILE_IS_SYMLINK ? 'l' : type & TBX_VIX_FILE_IS_DIRECTORY ? 'd' : '-';
  for (int i = 0; i < 9; i++)
    text[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
  text[10] = '\0';
  return g_strdup (text);
}

static guint64
number (const char *text)
{
  return text == NULL ? 0 : g_ascii_strtoull (text, NULL, 10);
}

/* Prints one <fxi> record, and moves behind it. */
static gboolean
list_record (const char **text, TbxSimTable *table)
{
  const char *end = "</fxi>";
  const char *stop = strstr (*text, end);
  g_autofree char *name = tbx_sim_vix_field (text, end, "Name");
  g_autofree char *type = tbx_sim_vix_field (text, end, "ft");
  g_autofree char *size = tbx_sim_vix_field (text, end, "fs");
  g_autofree char *mtime = tbx_sim_vix_field (text, end, "mt");
  g_autofree char *uid = tbx_sim_vix_field (text, end, "uid");
  g_autofree char *gid = tbx_sim_vix_field (text, end, "gid");
  g_autofree char *mode = tbx_sim_vix_field (text, end, "perm");
  g_autofree char *target = tbx_sim_vix_field (text, end, "slt");
  g_autofree char *mode_shown = NULL, *shown = NULL, *when = NULL;
  g_autoptr(GDateTime) time = NULL;

  if (stop == NULL || name == NULL || type == NULL)
    return FALSE;
  *text = stop + strlen (end);
  if (table == NULL)
    {
      puts (name);
      return TRUE;
    }
  mode_shown = mode_text ((guint) number (type), (guint) number (mode));
  time = g_date_time_new_from_unix_local (mtime == NULL ? 0 : g_ascii_strtoll (mtime, NULL, 10));
  when = time == NULL ? g_strdup ("?") : g_date_time_format (time, "%F %R");
  shown = target != NULL && target[0] != '\0' ? g_strconcat (name, " -> ", target, NULL)
                                              : g_strdup (name);
  tbx_sim_table_add (table, (const char *[]) { mode_shown, uid, gid, size, when, shown, NULL });
  return TRUE;
}

static TbxSimExit
list_all (TbxSimVix *vix, const char *path, const char *pattern, TbxSimTable *table)
{
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_LIST_FILES);
  guint64 remaining = 1;

  request.list_files.path = path;
  request.list_files.pattern = pattern;
  request.list_files.max_results = PAGE_ENTRIES;
  while (remaining > 0)
    {
      const char *text;
      g_autofree char *left = NULL;
      guint n = 0;

      if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
        return vix->status;
      text = tbx_sim_vix_text (vix);
      left = tbx_sim_vix_field (&text, NULL, "rem");
      remaining = number (left);
      while (list_record (&text, table))
        n++;
      if (n == 0)
        break;
      request.list_files.index += (gint32) n;
    }
  return TBX_SIM_EXIT_DONE;
}

static TbxSimExit
run_ls (TbxSimVix *vix, char **argv)
{
  gboolean simple = FALSE;
  const GOptionEntry entries[] = {
    { "simple", 's', 0, G_OPTION_ARG_NONE, &simple, "Names only", NULL }, { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(TbxSimTable) table = NULL;
  TbxSimExit status;

  if (!tbx_sim_operation_parse ("ls", entries, &args, 1, 2))
    return TBX_SIM_EXIT_USAGE;
  if (!simple)
    table = tbx_sim_table_new ((const char *[]) { "MODE", "UID", "GID", "SIZE", "CHANGED", "NAME",
                                                  NULL });
  status = list_all (vix, args[1], args[2], table);
  if (table != NULL && status == TBX_SIM_EXIT_DONE)
    tbx_sim_table_print (table);
  return status;
}

static TbxSimExit
run_mkdir (TbxSimVix *vix, char **argv)
{
  gboolean parents = FALSE;
  const GOptionEntry entries[] = {
    { "parents", 'p', 0, G_OPTION_ARG_NONE, &parents,
      "Make what is missing on the way, too; no error if it exists", NULL },
    { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_CREATE_DIRECTORY_EX);

  if (!tbx_sim_operation_parse ("mkdir", entries, &args, 1, 1))
    return TBX_SIM_EXIT_USAGE;
  request.create_directory.path = args[1];
  request.create_directory.parents = parents;
  if (!parents)
    return tbx_sim_vix_run (vix, &request);
  if (tbx_sim_vix_call (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  if (vix->code == TBX_VIX_OK || vix->code == TBX_VIX_FILE_ALREADY_EXISTS)
    return TBX_SIM_EXIT_DONE;
  return tbx_sim_vix_run (vix, &request);   /* says what is wrong */
}

static TbxSimExit
run_rmdir (TbxSimVix *vix, char **argv)
{
  gboolean recursive = FALSE;
  const GOptionEntry entries[] = {
    { "recursive", 'r', 0, G_OPTION_ARG_NONE, &recursive, "With all that is in it", NULL }, { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_DELETE_DIRECTORY_EX);

  if (!tbx_sim_operation_parse ("rmdir", entries, &args, 1, 1))
    return TBX_SIM_EXIT_USAGE;
  request.delete_directory.path = args[1];
  request.delete_directory.recursive = recursive;
  return tbx_sim_vix_run (vix, &request);
}

static TbxSimExit
run_rm (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_DELETE_FILE_EX);

  if (!tbx_sim_operation_parse ("rm", NULL, &args, 1, 1))
    return TBX_SIM_EXIT_USAGE;
  request.file.path = args[1];
  return tbx_sim_vix_run (vix, &request);
}

static TbxSimExit
run_mv (TbxSimVix *vix, char **argv)
{
  gboolean keep = FALSE;
  const GOptionEntry entries[] = {
    { "no-clobber", 'n', 0, G_OPTION_ARG_NONE, &keep, "Overwrite nothing", NULL }, { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_MOVE_FILE_EX);

  if (!tbx_sim_operation_parse ("mv", entries, &args, 2, 2))
    return TBX_SIM_EXIT_USAGE;
  request.move.old_path = args[1];
  request.move.new_path = args[2];
  request.move.overwrite = !keep;
  if (tbx_sim_vix_call (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  if (vix->code == TBX_VIX_NOT_A_FILE)
    request.opcode = TBX_VIX_MOVE_DIRECTORY;
  else if (vix->code == TBX_VIX_OK)
    return TBX_SIM_EXIT_DONE;
  return tbx_sim_vix_run (vix, &request);
}

static gboolean
parse_number (const char *text, int base, guint64 max, guint64 *value)
{
  g_autoptr(GError) error = NULL;

  if (g_ascii_string_to_unsigned (text, (guint) base, 0, max, value, &error))
    return TRUE;
  g_printerr ("vmxsim: %s\n", error->message);
  return FALSE;
}

static TbxSimExit
run_chmod (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_SET_FILE_ATTRIBUTES);
  guint64 mode;

  if (!tbx_sim_operation_parse ("chmod", NULL, &args, 2, 2)
      || !parse_number (args[1], 8, 07777, &mode))
    return TBX_SIM_EXIT_USAGE;
  request.set_file_attributes.options = TBX_VIX_ATTRIBUTE_PERMISSIONS;
  request.set_file_attributes.permissions = (gint32) mode;
  request.set_file_attributes.path = args[2];
  return tbx_sim_vix_run (vix, &request);
}

static TbxSimExit
run_chown (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  g_auto(GStrv) ids = NULL;
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_SET_FILE_ATTRIBUTES);
  guint64 uid, gid;

  if (!tbx_sim_operation_parse ("chown", NULL, &args, 2, 2))
    return TBX_SIM_EXIT_USAGE;
  ids = g_strsplit (args[1], ":", 2);
  if (!parse_number (ids[0], 10, G_MAXINT32, &uid)
      || (ids[1] != NULL && !parse_number (ids[1], 10, G_MAXINT32, &gid)))
    return TBX_SIM_EXIT_USAGE;
  request.set_file_attributes.options = TBX_VIX_ATTRIBUTE_OWNER
                                        | (ids[1] != NULL ? TBX_VIX_ATTRIBUTE_GROUP : 0);
  request.set_file_attributes.owner_id = (gint32) uid;
  request.set_file_attributes.group_id = ids[1] != NULL ? (gint32) gid : 0;
  request.set_file_attributes.path = args[2];
  return tbx_sim_vix_run (vix, &request);
}

/* An empty file, made beside the path under another name and moved there. */
static TbxSimExit
make_empty (TbxSimVix *vix, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *made = NULL;
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_CREATE_TEMP_FILE_EX);
  TbxVixRequest move = tbx_sim_vix_request (TBX_VIX_MOVE_FILE_EX);

  request.create_temp.prefix = ".";
  request.create_temp.suffix = "";
  request.create_temp.directory = folder;
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  made = g_strdup (tbx_sim_vix_text (vix));
  move.move.old_path = made;
  move.move.new_path = path;
  if (tbx_sim_vix_call (vix, &move) != TBX_SIM_EXIT_DONE)
    return vix->status;
  if (vix->code == TBX_VIX_OK)
    return TBX_SIM_EXIT_DONE;
  /* Somebody else was faster: that is as good. */
  request = tbx_sim_vix_request (TBX_VIX_DELETE_FILE_EX);
  request.file.path = made;
  return tbx_sim_vix_run (vix, &request);
}

static TbxSimExit
run_touch (TbxSimVix *vix, char **argv)
{
  gboolean access_only = FALSE, no_create = FALSE;
  g_autofree char *date = NULL;
  const GOptionEntry entries[] = {
    { "access", 'a', 0, G_OPTION_ARG_NONE, &access_only, "Only the time of the last access", NULL },
    { "no-create", 'c', 0, G_OPTION_ARG_NONE, &no_create, "Make no file", NULL },
    { "date", 'd', 0, G_OPTION_ARG_STRING, &date, "Not now, but then (ISO 8601)", "DATE" },
    { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr(GDateTime) when = NULL;
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_SET_FILE_ATTRIBUTES);

  if (!tbx_sim_operation_parse ("touch", entries, &args, 1, 1))
    return TBX_SIM_EXIT_USAGE;
  when = date == NULL ? g_date_time_new_now_utc () : g_date_time_new_from_iso8601 (date, zone);
  if (when == NULL)
    {
      g_printerr ("vmxsim: \"%s\" is no time in ISO 8601\n", date);
      return TBX_SIM_EXIT_USAGE;
    }
  request.set_file_attributes.options = TBX_VIX_ATTRIBUTE_ACCESS_TIME
                                        | (access_only ? 0 : TBX_VIX_ATTRIBUTE_MODIFICATION_TIME);
  request.set_file_attributes.access_time = g_date_time_to_unix (when);
  request.set_file_attributes.modification_time = g_date_time_to_unix (when);
  request.set_file_attributes.path = args[1];
  if (tbx_sim_vix_call (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  if (vix->code == TBX_VIX_FILE_NOT_FOUND && no_create)
    return TBX_SIM_EXIT_DONE;
  if (vix->code == TBX_VIX_FILE_NOT_FOUND && make_empty (vix, args[1]) != TBX_SIM_EXIT_DONE)
    return vix->status;
  return vix->code == TBX_VIX_OK && date == NULL ? TBX_SIM_EXIT_DONE
                                                 : tbx_sim_vix_run (vix, &request);
}

static TbxSimExit
run_mktemp (TbxSimVix *vix, char **argv)
{
  gboolean directory = FALSE;
  g_autofree char *folder = NULL, *suffix = NULL, *prefix = NULL;
  const GOptionEntry entries[] = {
    { "directory", 'd', 0, G_OPTION_ARG_NONE, &directory, "Make a folder", NULL },
    { "tmpdir", 'p', 0, G_OPTION_ARG_FILENAME, &folder, "Where (default: the guest's choice)",
      "DIR" },
    { "suffix", 's', 0, G_OPTION_ARG_STRING, &suffix, "End of its name", "SUFFIX" },
    { "prefix", 't', 0, G_OPTION_ARG_STRING, &prefix, "Start of its name", "PREFIX" },
    { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_CREATE_TEMP_FILE_EX);

  if (!tbx_sim_operation_parse ("mktemp", entries, &args, 0, 0))
    return TBX_SIM_EXIT_USAGE;
  if (directory)
    request.opcode = TBX_VIX_CREATE_TEMP_DIRECTORY;
  request.create_temp.prefix = prefix != NULL ? prefix : "";
  request.create_temp.suffix = suffix != NULL ? suffix : "";
  request.create_temp.directory = folder != NULL ? folder : "";
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  puts (tbx_sim_vix_text (vix));
  return TBX_SIM_EXIT_DONE;
}

static TbxSimExit
run_df (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(TbxSimTable) table = NULL;
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_LIST_FILESYSTEMS);
  const char *text;
  char *name;

  if (!tbx_sim_operation_parse ("df", NULL, &args, 0, 0))
    return TBX_SIM_EXIT_USAGE;
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  text = tbx_sim_vix_text (vix);
  table = tbx_sim_table_new ((const char *[]) { "NAME", "SIZE", "FREE", "TYPE", NULL });
  while ((name = tbx_sim_vix_field (&text, NULL, "name")) != NULL)
    {
      const char *end = "</filesystem>";
      g_autofree char *owned = name;
      g_autofree char *size = tbx_sim_vix_field (&text, end, "size");
      g_autofree char *left = tbx_sim_vix_field (&text, end, "freeSpace");
      g_autofree char *type = tbx_sim_vix_field (&text, end, "type");
      g_autofree char *size_shown = g_format_size (number (size));
      g_autofree char *left_shown = g_format_size (number (left));

      tbx_sim_table_add (table, (const char *[]) { owned, size_shown, left_shown, type, NULL });
    }
  tbx_sim_table_print (table);
  return TBX_SIM_EXIT_DONE;
}

const TbxSimOperation tbx_sim_file_operations[] = {
  { "ls", "PATH [PATTERN]", "List a folder, or those names in it that match", run_ls },
  { "mkdir", "PATH", "Make a folder", run_mkdir },
  { "rmdir", "PATH", "Delete a folder", run_rmdir },
  { "rm", "FILE", "Delete a file", run_rm },
  { "mv", "SOURCE DESTINATION", "Move a file or a folder", run_mv },
  { "chmod", "MODE FILE", "Change the mode, given in octal digits", run_chmod },
  { "chown", "UID[:GID] FILE", "Change the owner", run_chown },
  { "touch", "FILE", "Change the times, or make a file", run_touch },
  { "mktemp", "", "Make a temporary file", run_mktemp },
  { "df", "", "List the file systems", run_df },
  { 0 },
};
