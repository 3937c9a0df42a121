/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-codec.h"
#include "tbx-reader.h"
#include <string.h>

#define VIX_MAGIC   0xd00d0001u
#define VIX_VERSION 5

/* The name lies between the first quote and the next one that no backslash
 * protects, or the end; without quotes it is empty. */
static void
take_name (const char *text, gsize size, TbxVixMessage *message)
{
  const char *start = memchr (text, '"', size);
  gsize left, n = 0;

  message->name = "";
  message->name_size = 0;
  if (start == NULL)
    return;
  start++;
  left = size - (gsize) (start - text);
  while (n < left && start[n] != '"')
    n += start[n] == '\\' && left - n > 1 ? 2 : 1;
  message->name = start;
  message->name_size = n;
}

/* Fills @message from the header and the regions behind it. */
static TbxVixCode
take_message (TbxReader *r, TbxVixMessage *message)
{
  guint64 sum;
  guint32 magic, total, header_size;
  guint16 version;

  if (tbx_reader_left (r) < TBX_VIX_HEADER_BYTES)
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  magic = tbx_reader_u32le (r);
  version = tbx_reader_u16le (r);
  total = tbx_reader_u32le (r);
  header_size = tbx_reader_u32le (r);
  message->body_size = tbx_reader_u32le (r);
  message->credentials_size = tbx_reader_u32le (r);
  message->common_flags = tbx_reader_u8 (r);
  message->opcode = tbx_reader_u32le (r);
  message->request_flags = tbx_reader_u32le (r);
  message->time_out = tbx_reader_u32le (r);
  message->cookie = tbx_reader_u64le (r);
  message->client_handle_id = tbx_reader_u32le (r);
  message->credential_type = tbx_reader_u32le (r);

  if (magic != VIX_MAGIC || version != VIX_VERSION || header_size != TBX_VIX_HEADER_BYTES)
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  sum = (guint64) TBX_VIX_HEADER_BYTES + message->body_size + message->credentials_size;
  if (message->request_flags & TBX_VIX_REQUEST_HAS_AUTH_DATA)
    sum += TBX_VIX_AUTH_DATA_BYTES;
  if (total != sum || sum > TBX_VIX_REQUEST_MAX_BYTES)
    return TBX_VIX_INVALID_MESSAGE_HEADER;

  message->body = tbx_reader_bytes (r, message->body_size);
  message->credentials = tbx_reader_bytes (r, message->credentials_size);
  message->auth_data = message->request_flags & TBX_VIX_REQUEST_HAS_AUTH_DATA
                         ? tbx_reader_bytes (r, TBX_VIX_AUTH_DATA_BYTES)
                         : NULL;
  return r->bad == NULL ? TBX_VIX_OK : TBX_VIX_INVALID_MESSAGE_HEADER;
}

/**
 * tbx_vix_message_decode:
 * @args: what follows the command word, with or without the space behind it
 * @size: its length in bytes
 * @message: (out): set on success; its pointers are into @args
 *
 * Bytes behind the message are ignored.  A request that is refused here gets a
 * text reply, whatever its flags say.
 * Source: docs/wire/vix.md, "Request" and "Validation".
 *
 * Returns: `TBX_VIX_OK`, or `TBX_VIX_INVALID_MESSAGE_HEADER`
 */
TbxVixCode
tbx_vix_message_decode (gconstpointer args, gsize size, TbxVixMessage *message)
{
  const char *text = args;
  const char *nul = size == 0 ? NULL : memchr (text, 0, size);
  TbxVixMessage found = { 0 };
  TbxVixCode code;
  gsize skipped;
  TbxReader r;

  if (nul == NULL)
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  skipped = (gsize) (nul - text) + 1;
  take_name (text, skipped - 1, &found);
  tbx_reader_init_data (&r, nul + 1, size - skipped);
  code = take_message (&r, &found);
  if (code == TBX_VIX_OK)
    *message = found;
  return code;
}

/**
 * tbx_vix_message_encode:
 * @message: a request; its name holds no NUL, and quotes in it are protected by a backslash
 * @w: gets what follows the command word and its space
 *
 * Fails @w when the message is larger than `TBX_VIX_REQUEST_MAX_BYTES`.
 * Source: docs/wire/vix.md, "Message layout".
 */
void
tbx_vix_message_encode (const TbxVixMessage *message, TbxWriter *w)
{
  guint64 total = (guint64) TBX_VIX_HEADER_BYTES + message->body_size + message->credentials_size
                  + (message->auth_data != NULL ? TBX_VIX_AUTH_DATA_BYTES : 0);
  guint32 flags = message->request_flags & ~(guint32) TBX_VIX_REQUEST_HAS_AUTH_DATA;

  if (message->auth_data != NULL)
    flags |= TBX_VIX_REQUEST_HAS_AUTH_DATA;
  if (total > TBX_VIX_REQUEST_MAX_BYTES)
    tbx_writer_fail (w, "larger than a request may be");
  tbx_writer_text (w, "\"");
  tbx_writer_bytes (w, message->name, message->name_size);
  tbx_writer_bytes (w, "\"", 2);
  tbx_writer_u32le (w, VIX_MAGIC);
  tbx_writer_u16le (w, VIX_VERSION);
  tbx_writer_u32le (w, (guint32) total);
  tbx_writer_u32le (w, TBX_VIX_HEADER_BYTES);
  tbx_writer_u32le (w, message->body_size);
  tbx_writer_u32le (w, message->credentials_size);
  tbx_writer_u8 (w, message->common_flags);
  tbx_writer_u32le (w, message->opcode);
  tbx_writer_u32le (w, flags);
  tbx_writer_u32le (w, message->time_out);
  tbx_writer_u64le (w, message->cookie);
  tbx_writer_u32le (w, message->client_handle_id);
  tbx_writer_u32le (w, message->credential_type);
  tbx_writer_bytes (w, message->body, message->body_size);
  tbx_writer_bytes (w, message->credentials, message->credentials_size);
  if (message->auth_data != NULL)
    tbx_writer_bytes (w, message->auth_data, TBX_VIX_AUTH_DATA_BYTES);
}
