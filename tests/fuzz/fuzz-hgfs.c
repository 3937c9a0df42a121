/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"
#include "tbx-hgfs-replies.h"
#include "tbx-hgfs-time.h"
#include "tbx-hgfs-way.h"
#include <string.h>

#define LIMIT (1 << 20)

/* A path has only honest components, and comes back as itself. */
static void
try_name (const TbxHgfsName *name)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  char path[TBX_HGFS_PATH_BYTES], again[TBX_HGFS_PATH_BYTES];
  TbxHgfsName copy;

  if (name->by_handle || name->data == NULL)
    return;
  if (tbx_hgfs_target_to_text (name, path) == TBX_HGFS_OK)
    {
      gsize size = strlen (path);

      tbx_hgfs_target_init (&copy, path, size);
      g_assert_cmpmem (copy.data, copy.size, name->data, name->size);
    }
  if (tbx_hgfs_name_to_path (name, FALSE, path) != TBX_HGFS_OK)
    return;
  g_assert_true (path[0] == '/' && g_utf8_validate (path, -1, NULL));
  g_assert_null (strstr (path, "//"));
  g_assert_null (strstr (path, "/../"));
  g_assert_false (g_str_has_suffix (path, "/..") || g_str_has_suffix (path, "/."));
  tbx_hgfs_name_init (&copy, path, storage);
  g_assert_cmpuint (tbx_hgfs_name_to_path (&copy, FALSE, again), ==, TBX_HGFS_OK);
  g_assert_cmpstr (path, ==, again);
}

static void
try_names (const TbxHgfsRequest *request)
{
  switch (request->op)
    {
    case TBX_HGFS_OPEN:
    case TBX_HGFS_OPEN_V2:
    case TBX_HGFS_OPEN_V3:
      try_name (&request->open.name);
      break;
    case TBX_HGFS_GETATTR:
    case TBX_HGFS_GETATTR_V2:
    case TBX_HGFS_GETATTR_V3:
      try_name (&request->getattr.name);
      break;
    case TBX_HGFS_RENAME:
    case TBX_HGFS_RENAME_V2:
    case TBX_HGFS_RENAME_V3:
      try_name (&request->rename.old_name);
      try_name (&request->rename.new_name);
      break;
    case TBX_HGFS_CREATE_SYMLINK_V3:
      try_name (&request->create_symlink.target);
      break;
    case TBX_HGFS_CREATE_SESSION_V4:
      for (guint32 i = 0, op; i < request->create_session.capabilities.count; i++)
        tbx_hgfs_capabilities_get (&request->create_session.capabilities, i, &op);
      break;
    default:
      break;
    }
}

static GBytes *
request_bytes (const TbxHgfsPacket *packet, const TbxHgfsRequest *request)
{
  TbxWriter w;

  tbx_writer_init (&w, LIMIT);
  tbx_hgfs_request_encode (packet, request, &w);
  return tbx_writer_end (&w, "request", NULL);
}

static GBytes *
reply_bytes (const TbxHgfsPacket *packet, const TbxHgfsReply *reply)
{
  TbxWriter w;

  tbx_writer_init (&w, LIMIT);
  tbx_hgfs_reply_encode (packet, reply, &w);
  return tbx_writer_end (&w, "reply", NULL);
}

/* What is accepted can be written, and means the same when it is read again. */
static void
try_request (TbxHgfsPacket *packet)
{
  g_autoptr(GBytes) once = NULL, twice = NULL;
  TbxHgfsPacket packet_again;
  TbxHgfsRequest request, again;
  gsize read_max = tbx_hgfs_read_max (packet, TBX_HGFS_REPLY_MAX_BYTES);

  if (tbx_hgfs_request_decode (packet, &request) != TBX_HGFS_OK)
    return;
  once = request_bytes (packet, &request);
  g_assert_nonnull (once);
  g_assert_cmpuint (tbx_hgfs_packet_decode (g_bytes_get_data (once, NULL), g_bytes_get_size (once),
                                            &packet_again), ==, TBX_HGFS_OK);
  g_assert_cmpuint (tbx_hgfs_request_decode (&packet_again, &again), ==, TBX_HGFS_OK);
  twice = request_bytes (&packet_again, &again);
  g_assert_true (g_bytes_equal (once, twice));
  g_assert_cmpuint (tbx_hgfs_request_check (&request, read_max), ==,
                    tbx_hgfs_request_check (&again, read_max));
  try_names (&request);
}

static void
try_reply (const guint8 *data, gsize size, guint32 op)
{
  g_autoptr(GBytes) once = NULL, twice = NULL;
  TbxHgfsPacket packet, packet_again;
  TbxHgfsReply reply, again;

  if (tbx_hgfs_packet_decode_reply (data, size, op, &packet) != TBX_HGFS_OK
      || tbx_hgfs_reply_decode (&packet, &reply) != TBX_HGFS_OK)
    return;
  once = reply_bytes (&packet, &reply);
  g_assert_nonnull (once);
  g_assert_cmpuint (tbx_hgfs_packet_decode_reply (g_bytes_get_data (once, NULL),
                                                  g_bytes_get_size (once), packet.op, &packet_again),
                    ==, TBX_HGFS_OK);
  g_assert_cmpuint (tbx_hgfs_reply_decode (&packet_again, &again), ==, TBX_HGFS_OK);
  twice = reply_bytes (&packet_again, &again);
  g_assert_true (g_bytes_equal (once, twice));
}

/* Whatever came, an answer to it is a whole packet. */
static void
try_answer (const TbxHgfsPacket *packet)
{
  g_autoptr(GBytes) bytes = NULL;
  TbxHgfsPacket answer, found;

  tbx_hgfs_packet_init_reply (&answer, packet, TBX_HGFS_PROTOCOL_ERROR);
  bytes = reply_bytes (&answer, NULL);
  if (packet->framing == TBX_HGFS_FRAMING_NONE)
    {
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
      return;
    }
  g_assert_cmpuint (tbx_hgfs_packet_decode_reply (g_bytes_get_data (bytes, NULL),
                                                  g_bytes_get_size (bytes), packet->op, &found),
                    ==, TBX_HGFS_OK);
  g_assert_cmpuint (found.status, ==, TBX_HGFS_PROTOCOL_ERROR);
  g_assert_cmpuint (found.id, ==, packet->id);
}

static void
try_time (guint64 time)
{
  struct timespec unix_time = tbx_hgfs_time_to_unix (time);

  g_assert_true (unix_time.tv_nsec >= 0 && unix_time.tv_nsec < 1000000000);
  if (time > TBX_HGFS_TIME_OF_UNIX_EPOCH && time < G_MAXINT64 / 2)
    g_assert_cmpuint (tbx_hgfs_time_from_unix (unix_time.tv_sec, (guint32) unix_time.tv_nsec), ==, time);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  TbxHgfsPacket packet;
  guint64 time;

  g_assert_cmpuint (tbx_hgfs_way (data, size), <, TBX_HGFS_N_WAYS);
  if (tbx_hgfs_packet_decode (data, size, &packet) == TBX_HGFS_OK)
    try_request (&packet);
  try_answer (&packet);
  try_reply (data, size, TBX_HGFS_OPEN);
  if (size >= sizeof time)
    {
      memcpy (&time, data, sizeof time);
      try_time (time);
    }
  if (size == 0)
    return 0;
  /* A payload or a reply alone, behind its operation. */
  packet = (TbxHgfsPacket) { .framing = TBX_HGFS_FRAMING_V4, .version = 1, .op = data[0],
                             .payload = data + 1, .payload_size = size - 1 };
  try_request (&packet);
  try_reply (data + 1, size - 1, data[0]);
  return 0;
}
