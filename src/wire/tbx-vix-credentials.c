/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-credentials.h"
#include "tbx-reader.h"
#include <string.h>

#define SIZES_BYTES 8   /* two lengths before the text; what they say is ignored */

/* What a backslash and a digit stand for, from '1' on. */
static const char escaped[] = "\\'\" \r\n\t";

/* Gives the six bits of a base64 character, 64 for '=', -1 for white space, -2
 * for all others. */
static int
base64_value (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  switch (c)
    {
    case '+':
      return 62;
    case '/':
      return 63;
    case '=':
      return 64;
    case ' ':
    case '\r':
    case '\n':
    case '\t':
      return -1;
    default:
      return -2;
    }
}

/* Undoes the backslash pairs and the base64 in one go, so that the secret is in
 * one place only.  @out has room for three bytes for each four of @text. */
static gboolean
text_decode (const char *text, gsize size, char *out, gsize *out_size)
{
  guint32 bits = 0;
  guint n_chars = 0, n_pads = 0;
  gsize n = 0;

  for (gsize i = 0; i < size; i++)
    {
      char c = text[i];
      int value;

      if (c == '\\')
        {
          if (++i == size || text[i] < '1' || text[i] > '7')
            return FALSE;
          c = escaped[text[i] - '1'];
        }
      value = base64_value (c);
      if (value == -1)
        continue;
      if (value == -2 || (value != 64 && n_pads > 0) || (value == 64 && n_chars % 4 < 2))
        return FALSE;
      if (value == 64)
        n_pads++;
      bits = bits << 6 | (value == 64 ? 0 : (guint32) value);
      if (++n_chars % 4 != 0)
        continue;
      out[n++] = (char) (bits >> 16 & 0xff);
      if (n_pads < 2)
        out[n++] = (char) (bits >> 8 & 0xff);
      if (n_pads == 0)
        out[n++] = (char) (bits & 0xff);
      if (n_pads > 0)
        n_pads = 3;   /* nothing but white space may follow */
      bits = 0;
    }
  *out_size = n;
  return n_chars % 4 == 0;
}

static gboolean
name_is_legal (const char *name)
{
  const char *backslash = strchr (name, '\\');

  return name[0] != 0 && strlen (name) <= TBX_VIX_USER_NAME_MAX_BYTES
         && g_utf8_validate (name, -1, NULL) && strpbrk (name, "<>/") == NULL
         && (backslash == NULL || strchr (backslash + 1, '\\') == NULL);
}

/* Splits what was decoded: name, NUL, password, NUL. */
static TbxVixCode
credentials_split (TbxVixCredentials *credentials, gsize n)
{
  const char *end = credentials->name + n;
  const char *nul = memchr (credentials->name, 0, n);

  if (nul == NULL || memchr (nul + 1, 0, (gsize) (end - nul) - 1) == NULL)
    return TBX_VIX_INVALID_MESSAGE_BODY;
  credentials->password = nul + 1;
  if (!name_is_legal (credentials->name) || !g_utf8_validate (credentials->password, -1, NULL))
    return TBX_VIX_INVALID_ARG;
  return TBX_VIX_OK;
}

static TbxVixCode
name_password_decode (const char *block, gsize size, TbxVixCredentials *credentials)
{
  g_auto(TbxVixCredentials) found = { 0 };
  const char *text = block + SIZES_BYTES;
  TbxVixCode code;
  gsize text_size, n = 0;

  if (size < SIZES_BYTES + 1)
    return TBX_VIX_INVALID_MESSAGE_BODY;
  text_size = size - SIZES_BYTES - 1;
  if (memchr (text, 0, text_size + 1) != text + text_size)
    return TBX_VIX_INVALID_MESSAGE_BODY;
  found.size = text_size / 4 * 3 + 3;
  found.name = g_malloc (found.size);
  if (!text_decode (text, text_size, found.name, &n))
    return TBX_VIX_INVALID_MESSAGE_BODY;
  code = credentials_split (&found, n);
  if (code == TBX_VIX_OK)
    {
      *credentials = found;
      found = (TbxVixCredentials) { 0 };
    }
  return code;
}

/* No such session is ever accepted; a length that lies has a code of its own. */
static TbxVixCode
ticket_check (gconstpointer block, gsize size)
{
  const guint8 *ticket;
  guint32 ticket_size;
  TbxReader r;

  tbx_reader_init_data (&r, block, size);
  ticket_size = tbx_reader_u32le (&r);
  if (r.bad != NULL || ticket_size >= tbx_reader_left (&r))
    return TBX_VIX_INVALID_MESSAGE_BODY;
  ticket = tbx_reader_bytes (&r, (gsize) ticket_size + 1);
  if (memchr (ticket, 0, (gsize) ticket_size + 1) != ticket + ticket_size)
    return TBX_VIX_INVALID_MESSAGE_BODY;
  return TBX_VIX_NOT_SUPPORTED;
}

/**
 * tbx_vix_credentials_decode:
 * @type: the credential type of the message
 * @block: (nullable) (array length=size): its credential block
 * @size: its length in bytes
 * @credentials: (out): set on success; to be cleared by the caller
 *
 * Only a name with a password is ever accepted; of the other types this gives
 * the refusal.  No copy of the password is left behind but the one returned and
 * @block itself, which the caller wipes.
 * Source: docs/wire/vix.md, "Credentials".
 *
 * Returns: `TBX_VIX_OK`; `TBX_VIX_INVALID_MESSAGE_BODY` for a malformed block,
 *   `TBX_VIX_INVALID_ARG` for a name that is empty or not allowed,
 *   `TBX_VIX_NOT_SUPPORTED` or `TBX_VIX_FAIL` for another type
 */
TbxVixCode
tbx_vix_credentials_decode (guint32            type,
                            gconstpointer      block,
                            gsize              size,
                            TbxVixCredentials *credentials)
{
  switch (type)
    {
    case TBX_VIX_CREDENTIAL_NAME_PASSWORD:
    case TBX_VIX_CREDENTIAL_NAME_PASSWORD_OBFUSCATED:
      return name_password_decode (block, size, credentials);
    case TBX_VIX_CREDENTIAL_NAMED_INTERACTIVE_USER:
      return TBX_VIX_FAIL;
    case TBX_VIX_CREDENTIAL_TICKETED_SESSION:
      return ticket_check (block, size);
    default:
      return TBX_VIX_NOT_SUPPORTED;
    }
}

/**
 * tbx_vix_credentials_clear:
 * @credentials: what tbx_vix_credentials_decode() gave, or zeros
 *
 * Wipes name and password, then frees them.
 */
void
tbx_vix_credentials_clear (TbxVixCredentials *credentials)
{
  if (credentials->name != NULL)
    explicit_bzero (credentials->name, credentials->size);
  g_free (credentials->name);
  *credentials = (TbxVixCredentials) { 0 };
}

/**
 * tbx_vix_credentials_encode:
 * @name: user name
 * @password: password
 * @w: gets the block of types 1 and 4
 *
 * The host's side: what is left in the writer's memory is not wiped.
 * Source: docs/wire/vix.md, "NAME_PASSWORD blob".
 */
void
tbx_vix_credentials_encode (const char *name, const char *password, TbxWriter *w)
{
  gsize name_size = strlen (name);
  gsize password_size = strlen (password);
  gsize size = name_size + password_size + 2;
  g_autofree guint8 *plain = NULL;
  g_autofree char *text = NULL;

  if (size > w->limit)
    {
      tbx_writer_fail (w, "larger than its limit");
      return;
    }
  plain = g_malloc (size);
  memcpy (plain, name, name_size + 1);
  memcpy (plain + name_size + 1, password, password_size + 1);
  text = g_base64_encode (plain, size);
  tbx_writer_u32le (w, (guint32) name_size);
  tbx_writer_u32le (w, (guint32) password_size);
  tbx_writer_bytes (w, text, strlen (text) + 1);
  explicit_bzero (plain, size);
  explicit_bzero (text, strlen (text));
}
