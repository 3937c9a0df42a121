/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-text.h"
#include "tbx-vix-reply.h"
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"   /* U+FFFD */

/* Room that the headers of a paged process list take, as the host expects it. */
#define FIRST_PAGE_RESERVE 96
#define NEXT_PAGE_RESERVE  38

/* The byte that the two digits at @text stand for, or 0. */
static guint
pair_value (const char *text, gsize size)
{
  if (size < 2 || !g_ascii_isxdigit (text[0]) || !g_ascii_isxdigit (text[1]))
    return 0;
  return (guint) g_ascii_xdigit_value (text[0]) << 4 | (guint) g_ascii_xdigit_value (text[1]);
}

static void
append_valid_escaped (GString *out, const char *text, gsize size)
{
  static const char hex[] = "0123456789ABCDEF";

  for (gsize i = 0, start = 0; i <= size; i++)
    if (i == size || strchr ("\"%&'<>", text[i]) != NULL)
      {
        g_string_append_len (out, text + start, (gssize) (i - start));
        if (i < size)
          {
            char pair[3] = { '%', hex[text[i] >> 4 & 0xf], hex[text[i] & 0xf] };

            g_string_append_len (out, pair, sizeof pair);
          }
        start = i + 1;
      }
}

/* What is no UTF-8 becomes a replacement character for each byte, so that a
 * payload always is. */
static void
append_text (GString *out, const char *text, gboolean escape)
{
  const char *end;
  gboolean is_valid;

  do
    {
      is_valid = g_utf8_validate (text, -1, &end);
      if (escape)
        append_valid_escaped (out, text, (gsize) (end - text));
      else
        g_string_append_len (out, text, (gssize) (end - text));
      if (!is_valid)
        {
          g_string_append (out, REPLACEMENT);
          text = end + 1;
        }
    }
  while (!is_valid);
}

static void
append_unsigned (GString *out, guint64 number)
{
  char digits[20];
  gsize i = sizeof digits;

  do
    digits[--i] = (char) ('0' + number % 10);
  while ((number /= 10) > 0);
  g_string_append_len (out, digits + i, (gssize) (sizeof digits - i));
}

static void
append_signed (GString *out, gint64 number)
{
  if (number < 0)
    g_string_append_c (out, '-');
  append_unsigned (out, number < 0 ? -(guint64) number : (guint64) number);
}

/* Ends a record: takes it back if it passed the limit. */
static gboolean
append_end (GString *out, gsize limit, gsize old_size)
{
  if (out->len <= limit)
    return TRUE;
  g_string_truncate (out, old_size);
  return FALSE;
}

/**
 * tbx_vix_escape:
 * @out: gets the escaped text
 * @text: any bytes; what is no UTF-8 becomes U+FFFD, one for each byte
 *
 * Percent escaping of six characters, with upper-case digits.
 * Source: docs/wire/vix.md, "Escaping".
 */
void
tbx_vix_escape (GString *out, const char *text)
{
  append_text (out, text, TRUE);
}

/**
 * tbx_vix_unescape:
 * @text: escaped text
 * @size: its length in bytes, or -1 when it ends with a NUL
 *
 * The host's side.  A percent sign without two digits behind it stays as it is, and
 * so does an escaped NUL.
 *
 * Returns: (transfer full): the text before tbx_vix_escape()
 */
char *
tbx_vix_unescape (const char *text, gssize size)
{
  gsize n = size < 0 ? strlen (text) : (gsize) size;
  GString *out = g_string_sized_new (n);

  for (gsize i = 0; i < n; i++)
    {
      guint value = text[i] == '%' ? pair_value (text + i + 1, n - i - 1) : 0;

      g_string_append_c (out, value != 0 ? (char) value : text[i]);
      if (value != 0)
        i += 2;
    }
  return g_string_free (out, FALSE);
}

/**
 * tbx_vix_file_list_header:
 * @out: gets the header of a LIST_FILES payload
 * @truncated: whether entries were left out for want of room
 * @remaining: entries that are not in this payload
 *
 * Source: docs/wire/vix.md, "File lists".
 */
void
tbx_vix_file_list_header (GString *out, gboolean truncated, guint64 remaining)
{
  g_string_append (out, truncated ? "1 <rem>" : "0 <rem>");
  append_unsigned (out, remaining);
  g_string_append (out, "</rem>");
}

/**
 * tbx_vix_legacy_list_header:
 * @out: gets what precedes the records of LIST_DIRECTORY or LIST_PROCESSES
 * @paged: whether it is a LIST_DIRECTORY with an offset
 * @truncated: whether entries were left out for want of room; told when @paged
 * @escape: whether the request asked for escaped text
 *
 * Source: docs/wire/vix.md, "LIST_DIRECTORY (79) – legacy".
 */
void
tbx_vix_legacy_list_header (GString *out, gboolean paged, gboolean truncated, gboolean escape)
{
  if (paged)
    g_string_append (out, truncated ? "1 " : "0 ");
  if (escape)
    g_string_append (out, "<escaped/>");
}

/**
 * tbx_vix_file_info_append:
 * @out: gets one `<fxi>` record
 * @limit: the most bytes that @out may have
 * @info: what it says
 *
 * Source: docs/wire/vix.md, "fxi".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_file_info_append (GString *out, gsize limit, const TbxVixFileInfo *info)
{
  gsize old_size = out->len;

  g_string_append (out, "<fxi><Name>");
  append_text (out, info->name, TRUE);
  g_string_append (out, "</Name><ft>");
  append_unsigned (out, info->type);
  g_string_append (out, "</ft><fs>");
  append_unsigned (out, info->size);
  g_string_append (out, "</fs><mt>");
  append_signed (out, info->mtime);
  g_string_append (out, "</mt><at>");
  append_signed (out, info->atime);
  g_string_append (out, "</at><uid>");
  append_signed (out, info->uid);
  g_string_append (out, "</uid><gid>");
  append_signed (out, info->gid);
  g_string_append (out, "</gid><perm>");
  append_unsigned (out, info->mode);
  g_string_append (out, "</perm><slt>");
  if (info->link_target != NULL)
    append_text (out, info->link_target, TRUE);
  g_string_append (out, "</slt></fxi>");
  return append_end (out, limit, old_size);
}

/**
 * tbx_vix_file_entry_append:
 * @out: gets one `<FileInfo>` record
 * @limit: the most bytes that @out may have
 * @entry: what it says
 * @escape: whether the request asked for escaped text
 *
 * Source: docs/wire/vix.md, "FileInfo".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_file_entry_append (GString               *out,
                           gsize                  limit,
                           const TbxVixFileEntry *entry,
                           gboolean               escape)
{
  gsize old_size = out->len;

  g_string_append (out, "<FileInfo><Name>");
  append_text (out, entry->name, escape);
  g_string_append (out, "</Name><FileFlags>");
  append_unsigned (out, entry->flags);
  g_string_append (out, "</FileFlags><FileSize>");
  append_signed (out, entry->size);
  g_string_append (out, "</FileSize><ModTime>");
  append_signed (out, entry->mtime);
  g_string_append (out, "</ModTime></FileInfo>");
  return append_end (out, limit, old_size);
}

/* The elements that both forms of <proc> have. */
static void
append_process (GString *out, const TbxVixProcess *process, gboolean escape)
{
  g_string_append (out, "<proc>");
  if (process->command != NULL)
    {
      g_string_append (out, "<cmd>");
      append_text (out, process->command, escape);
      g_string_append (out, "</cmd>");
    }
  g_string_append (out, "<name>");
  append_text (out, process->command_line, escape);
  g_string_append (out, "</name><pid>");
  append_signed (out, process->pid);
  g_string_append (out, "</pid><user>");
  append_text (out, process->user, escape);
  g_string_append (out, "</user><start>");
  append_signed (out, process->start);
  g_string_append (out, "</start>");
}

/**
 * tbx_vix_process_append:
 * @out: gets one `<proc>` record of LIST_PROCESSES_EX
 * @limit: the most bytes that @out may have
 * @process: what it says
 *
 * Source: docs/wire/vix.md, "proc".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_process_append (GString *out, gsize limit, const TbxVixProcess *process)
{
  gsize old_size = out->len;

  append_process (out, process, TRUE);
  g_string_append (out, "<eCode>");
  append_signed (out, process->exit_code);
  g_string_append (out, "</eCode><eTime>");
  append_signed (out, process->end);
  g_string_append (out, "</eTime></proc>");
  return append_end (out, limit, old_size);
}

/**
 * tbx_vix_process_append_short:
 * @out: gets one `<proc>` record of LIST_PROCESSES
 * @limit: the most bytes that @out may have
 * @process: what it says; how it ended is left out
 * @escape: whether the request asked for escaped text
 *
 * Source: docs/wire/vix.md, "LIST_PROCESSES (75) – legacy".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_process_append_short (GString             *out,
                              gsize                limit,
                              const TbxVixProcess *process,
                              gboolean             escape)
{
  gsize old_size = out->len;

  append_process (out, process, escape);
  g_string_append (out, "</proc>");
  return append_end (out, limit, old_size);
}

/**
 * tbx_vix_variable_append:
 * @out: gets one `<ev>` record
 * @limit: the most bytes that @out may have
 * @variable: NAME=VALUE
 *
 * Source: docs/wire/vix.md, "ev".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_variable_append (GString *out, gsize limit, const char *variable)
{
  gsize old_size = out->len;

  g_string_append (out, "<ev>");
  append_text (out, variable, TRUE);   /* the "=" between stays as it is */
  g_string_append (out, "</ev>");
  return append_end (out, limit, old_size);
}

/**
 * tbx_vix_filesystem_append:
 * @out: gets one `<filesystem>` record
 * @limit: the most bytes that @out may have
 * @filesystem: what it says
 * @escape: whether the request asked for escaped text
 *
 * Source: docs/wire/vix.md, "System information".
 *
 * Returns: whether it fitted; if not, @out is as before
 */
gboolean
tbx_vix_filesystem_append (GString                *out,
                           gsize                   limit,
                           const TbxVixFilesystem *filesystem,
                           gboolean                escape)
{
  gsize old_size = out->len;

  g_string_append (out, "<filesystem><name>");
  append_text (out, filesystem->name, escape);
  g_string_append (out, "</name><size>");
  append_unsigned (out, filesystem->size);
  g_string_append (out, "</size><freeSpace>");
  append_unsigned (out, filesystem->free_space);
  g_string_append (out, "</freeSpace><type>");
  append_text (out, filesystem->type, escape);
  g_string_append (out, "</type></filesystem>");
  return append_end (out, limit, old_size);
}

/**
 * tbx_vix_process_list_fits:
 * @size: bytes of a list of `<proc>` records, without NUL
 *
 * Returns: whether it goes out as it is, not in pages
 */
gboolean
tbx_vix_process_list_fits (gsize size)
{
  return size < TBX_VIX_PAYLOAD_MAX_BYTES - FIRST_PAGE_RESERVE;
}

/**
 * tbx_vix_process_list_page:
 * @out: gets the payload: a header and a part of @data
 * @data: a list of `<proc>` records; it ends with a NUL
 * @size: its bytes, without NUL
 * @key: the number under which the host asks for the rest, not 0
 * @offset: bytes of @data that the host has
 *
 * The sizes that the host is told count the final NUL.  A part may end in the
 * middle of a record, or of a character.
 * Source: docs/wire/vix.md, "LIST_PROCESSES_EX".
 *
 * Returns: `TBX_VIX_OK`, or `TBX_VIX_FAIL` for an offset beyond the data
 */
TbxVixCode
tbx_vix_process_list_page (GString *out, const char *data, gsize size, guint32 key, gsize offset)
{
  gsize total = size + 1;
  gsize reserve = offset == 0 ? FIRST_PAGE_RESERVE : NEXT_PAGE_RESERVE;
  gsize n;

  if (offset >= total)
    return TBX_VIX_FAIL;
  n = MIN (total - offset, TBX_VIX_PAYLOAD_MAX_BYTES - reserve);
  if (offset == 0)
    g_string_append_printf (out, "<key>%u</key><totalSize>%" G_GSIZE_FORMAT "</totalSize>", key,
                            total);
  g_string_append_printf (out, "<leftToSend>%" G_GSIZE_FORMAT "</leftToSend>", total - offset - n);
  /* The NUL that ends the data is the one that ends the reply. */
  g_string_append_len (out, data + offset, (gssize) (offset + n == total ? n - 1 : n));
  return TBX_VIX_OK;
}

/**
 * tbx_vix_run_program_done:
 * @request_name: (array length=request_name_size): name of the request that started it
 * @request_name_size: its length in bytes
 * @code: what the host is told
 * @error_number: the errno that caused it
 * @exit_code: of the program
 * @pid: of the program
 *
 * What the guest sends when a program of RUN_PROGRAM or RUN_SCRIPT ends.
 * Source: docs/wire/vix.md, "RUN_PROGRAM (4) and RUN_SCRIPT_IN_GUEST (46) – legacy".
 *
 * Returns: (transfer full): an RPCI request; its NUL is sent with it
 */
char *
tbx_vix_run_program_done (const char *request_name,
                          gsize       request_name_size,
                          guint32     code,
                          int         error_number,
                          int         exit_code,
                          gint64      pid)
{
  return g_strdup_printf ("Run_Program_Done %.*s %u %d %d %" G_GINT64_FORMAT,
                          (int) MIN (request_name_size, 1024), request_name, code, error_number,
                          exit_code, pid);
}
