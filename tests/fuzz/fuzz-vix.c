/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"
#include "tbx-vix-codec.h"
#include "tbx-vix-credentials.h"
#include "tbx-vix-properties.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-requests.h"
#include "tbx-vix-text.h"
#include <string.h>

#define LIMIT (4 * TBX_VIX_REQUEST_MAX_BYTES)

static GBytes *
request_bytes (const TbxVixRequest *request)
{
  TbxWriter w;

  tbx_writer_init (&w, LIMIT);
  tbx_vix_request_encode (request, &w);
  return tbx_writer_end (&w, "request", NULL);
}

static void
use_strings (const TbxVixStrings *strings)
{
  g_auto(GStrv) copy = tbx_vix_strings_dup (strings);

  g_assert_cmpuint (g_strv_length (copy), ==, strings->count);
}

/* What is accepted can be written, and means the same when it is read again. */
static void
try_body (guint32 opcode, const guint8 *body, gsize size)
{
  g_autoptr(GBytes) once = NULL, twice = NULL;
  TbxVixRequest request, again;

  if (tbx_vix_request_decode (opcode, body, size, &request) != TBX_VIX_OK)
    return;
  once = request_bytes (&request);
  g_assert_nonnull (once);
  g_assert_cmpuint (tbx_vix_request_decode (opcode, g_bytes_get_data (once, NULL),
                                            g_bytes_get_size (once), &again), ==, TBX_VIX_OK);
  twice = request_bytes (&again);
  g_assert_true (g_bytes_equal (once, twice));
  g_assert_cmpuint (tbx_vix_request_check (&request), ==, tbx_vix_request_check (&again));
  if (opcode == TBX_VIX_START_PROGRAM)
    use_strings (&request.start_program.environment);
  if (opcode == TBX_VIX_READ_ENV)
    use_strings (&request.read_env.names);
  if (opcode == TBX_VIX_LIST_PROCESSES_EX)
    for (guint32 i = 0; i < request.list_processes.pids.count; i++)
      tbx_vix_pids_get (&request.list_processes.pids, i);
}

static void
try_credentials (guint32 type, const guint8 *block, gsize size)
{
  g_auto(TbxVixCredentials) credentials = { 0 }, again = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  TbxWriter w;

  if (tbx_vix_credentials_decode (type, block, size, &credentials) != TBX_VIX_OK)
    return;
  tbx_writer_init (&w, LIMIT);
  tbx_vix_credentials_encode (credentials.name, credentials.password, &w);
  bytes = tbx_writer_end (&w, "credentials", NULL);
  g_assert_cmpuint (tbx_vix_credentials_decode (type, g_bytes_get_data (bytes, NULL),
                                                g_bytes_get_size (bytes), &again), ==, TBX_VIX_OK);
  g_assert_cmpstr (credentials.name, ==, again.name);
  g_assert_cmpstr (credentials.password, ==, again.password);
}

static void
try_message (const guint8 *data, gsize size)
{
  g_autoptr(GBytes) bytes = NULL;
  TbxVixMessage message, again;
  TbxWriter w;

  if (tbx_vix_message_decode (data, size, &message) != TBX_VIX_OK)
    return;
  try_credentials (message.credential_type, message.credentials, message.credentials_size);
  try_body (message.opcode, message.body, message.body_size);
  message.name_size = MIN (message.name_size, 1000);
  if (memchr (message.name, '\\', message.name_size) != NULL)
    return;   /* a name cut here, or without its quote, need not be protected */
  tbx_writer_init (&w, LIMIT);
  tbx_vix_message_encode (&message, &w);
  bytes = tbx_writer_end (&w, "message", NULL);
  g_assert_nonnull (bytes);
  g_assert_cmpuint (tbx_vix_message_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                            &again), ==, TBX_VIX_OK);
  g_assert_cmpmem (message.name, message.name_size, again.name, again.name_size);
  g_assert_cmpmem (message.body, message.body_size, again.body, again.body_size);
}

static void
try_properties (const guint8 *data, gsize size)
{
  g_autoptr(GArray) list = NULL, again = NULL;
  g_autoptr(GBytes) bytes = NULL;
  TbxWriter w;

  if (tbx_vix_properties_decode (data, size, &list) != TBX_VIX_OK)
    return;
  tbx_writer_init (&w, size);   /* what was repeated or ignored makes it shorter only */
  tbx_vix_properties_encode ((const TbxVixProperty *) (gpointer) list->data, list->len, &w);
  bytes = tbx_writer_end (&w, "list", NULL);
  g_assert_nonnull (bytes);
  g_assert_cmpuint (tbx_vix_properties_decode (g_bytes_get_data (bytes, NULL),
                                               g_bytes_get_size (bytes), &again), ==, TBX_VIX_OK);
  g_assert_cmpuint (list->len, ==, again->len);
}

static void
try_text (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(GString) escaped = g_string_new (NULL);
  g_autofree char *plain = NULL, *valid = NULL;
  TbxVixReply reply;

  tbx_vix_escape (escaped, text);
  g_assert_true (g_utf8_validate (escaped->str, -1, NULL));
  g_assert_null (strpbrk (escaped->str, "<>&'\""));
  plain = tbx_vix_unescape (escaped->str, -1);
  valid = g_utf8_make_valid (text, -1);
  g_assert_cmpstr (plain, ==, valid);
  tbx_vix_reply_decode (data, size, TRUE, &reply);
  tbx_vix_reply_decode (data, size, FALSE, &reply);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  try_message (data, size);
  try_properties (data, size);
  try_text (data, size);
  if (size > 0)
    {
      try_body (data[0], data + 1, size - 1);   /* no opcode is above 255 */
      try_credentials (data[0], data + 1, size - 1);
    }
  return 0;
}
