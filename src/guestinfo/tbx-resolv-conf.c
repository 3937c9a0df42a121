/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-resolv-conf.h"
#include <string.h>

/* As many as the C library keeps. */
#define MAX_LIBC_SERVERS 3

#define BLANKS " \t"

/* A longer line is no line of this file. */
#define MAX_LINE_BYTES 4096

typedef void (*LineHandler) (TbxNicInfoDns *dns, const char *key, char *rest);

static gboolean
is_name (const char *text)
{
  gsize size = strlen (text);

  if (size == 0 || size > TBX_NICINFO_MAX_NAME_BYTES
      || !g_utf8_validate (text, (gssize) size, NULL))
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;
  return TRUE;
}

static void
add_server (TbxNicInfoDns *dns, char *text, guint limit, gboolean allow_zone)
{
  TbxNicInfoAddress server;

  text[strcspn (text, BLANKS ";#")] = '\0';
  if (allow_zone && strchr (text, ':') != NULL)
    text[strcspn (text, "%")] = '\0';
  if (dns->servers->len < limit && tbx_nicinfo_address_parse (&server, text))
    g_array_append_val (dns->servers, server);
}

/* The last "domain" or "search" counts; the first word is the default domain. */
static void
set_search (TbxNicInfoDns *dns, char *rest, guint limit)
{
  g_auto(GStrv) words = g_strsplit_set (rest, BLANKS, -1);

  g_ptr_array_set_size (dns->suffixes, 0);
  g_clear_pointer (&dns->domain_name, g_free);
  for (gsize i = 0; words[i] != NULL && dns->suffixes->len < limit; i++)
    {
      if (!is_name (words[i]))
        continue;
      if (dns->domain_name == NULL)
        dns->domain_name = g_strdup (words[i]);
      g_ptr_array_add (dns->suffixes, g_strdup (words[i]));
    }
}

static void
on_libc_line (TbxNicInfoDns *dns, const char *key, char *rest)
{
  if (g_str_equal (key, "nameserver"))
    add_server (dns, rest, MAX_LIBC_SERVERS, TRUE);
  else if (g_str_equal (key, "search") && rest[0] != '\0')
    set_search (dns, rest, TBX_NICINFO_MAX_SUFFIXES);
  else if (g_str_equal (key, "domain") && rest[0] != '\0')
    set_search (dns, rest, 1);
}

static void
on_server_line (TbxNicInfoDns *dns, const char *key, char *rest)
{
  if (g_str_equal (key, "nameserver"))
    add_server (dns, rest, TBX_NICINFO_MAX_SERVERS, FALSE);
}

static void
parse_lines (TbxNicInfoDns *dns, const char *text, gsize size, LineHandler handler)
{
  while (size > 0)
    {
      const char *newline = memchr (text, '\n', size);
      gsize length = newline == NULL ? size : (gsize) (newline - text);
      g_autofree char *line = g_strndup (text, MIN (length, MAX_LINE_BYTES));
      gsize key_length = strcspn (line, BLANKS);
      char *rest = line + key_length + strspn (line + key_length, BLANKS);

      if (rest != line + key_length && length <= MAX_LINE_BYTES)
        {
          line[key_length] = '\0';
          handler (dns, line, rest);
        }
      length += newline != NULL;
      text += length;
      size -= length;
    }
}

/**
 * tbx_resolv_conf_parse:
 * @text: the file; need not end with a newline or a NUL
 * @size: its length in bytes
 *
 * Reads what the C library reads.  The domain is absent when the file names none.
 * What is no address or no name is passed over.
 * Source: docs/wire/guestinfo.md, "DNS part".
 *
 * Returns: (transfer full): domain, servers (at most three) and suffixes (at most ten)
 */
TbxNicInfoDns *
tbx_resolv_conf_parse (const char *text, gsize size)
{
  TbxNicInfoDns *dns = tbx_nicinfo_dns_new ();

  parse_lines (dns, text, size, on_libc_line);
  return dns;
}

/**
 * tbx_resolv_conf_take_servers:
 * @dns: its servers are replaced
 * @text: systemd-resolved's list of the servers that it asks
 * @size: its length in bytes
 *
 * At most 16 are taken; those with a zone are passed over.
 * Source: docs/wire/guestinfo.md, "DNS part".
 */
void
tbx_resolv_conf_take_servers (TbxNicInfoDns *dns, const char *text, gsize size)
{
  g_array_set_size (dns->servers, 0);
  parse_lines (dns, text, size, on_server_line);
}
