/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-replies.h"
#include <string.h>

/* Sizes of payloads whose names, data and lists are empty, with what usually follows
 * the last field: in V1 and V2 with their header.  They are those that the protocol
 * declares, but for WRITE, where nobody sends the byte that stands for data. */
static const struct { guint32 op; int request; int reply; } sizes[] = {
  { TBX_HGFS_OPEN, 22, 12 },
  { TBX_HGFS_READ, 24, 13 },
  { TBX_HGFS_WRITE, 25, 12 },
  { TBX_HGFS_CLOSE, 12, 8 },
  { TBX_HGFS_SEARCH_OPEN, 13, 12 },
  { TBX_HGFS_SEARCH_READ, 16, 58 },
  { TBX_HGFS_SEARCH_CLOSE, 12, 8 },
  { TBX_HGFS_GETATTR, 13, 53 },
  { TBX_HGFS_SETATTR, 59, 8 },
  { TBX_HGFS_CREATE_DIR, 14, 8 },
  { TBX_HGFS_DELETE_FILE, 13, 8 },
  { TBX_HGFS_DELETE_DIR, 13, 8 },
  { TBX_HGFS_RENAME, 18, 8 },
  { TBX_HGFS_QUERY_VOLUME, 13, 24 },
  { TBX_HGFS_OPEN_V2, 77, 16 },
  { TBX_HGFS_GETATTR_V2, 25, 117 },
  { TBX_HGFS_SETATTR_V2, 129, 8 },
  { TBX_HGFS_SEARCH_READ_V2, 16, 117 },
  { TBX_HGFS_CREATE_SYMLINK, 18, 8 },
  { TBX_HGFS_LOCK_CHANGE, 16, 12 },
  { TBX_HGFS_CREATE_DIR_V2, 25, 8 },
  { TBX_HGFS_DELETE_FILE_V2, 25, 8 },
  { TBX_HGFS_DELETE_DIR_V2, 25, 8 },
  { TBX_HGFS_RENAME_V2, 34, 8 },
  { TBX_HGFS_OPEN_V3, 81, 16 },
  { TBX_HGFS_READ_V3, 24, 13 },
  { TBX_HGFS_WRITE_V3, 25, 12 },
  { TBX_HGFS_CLOSE_V3, 12, 8 },
  { TBX_HGFS_SEARCH_OPEN_V3, 25, 12 },
  { TBX_HGFS_SEARCH_READ_V3, 20, 145 },
  { TBX_HGFS_SEARCH_CLOSE_V3, 12, 8 },
  { TBX_HGFS_GETATTR_V3, 33, 129 },
  { TBX_HGFS_SETATTR_V3, 137, 8 },
  { TBX_HGFS_CREATE_DIR_V3, 37, 8 },
  { TBX_HGFS_DELETE_FILE_V3, 33, 8 },
  { TBX_HGFS_DELETE_DIR_V3, 33, 8 },
  { TBX_HGFS_RENAME_V3, 50, 8 },
  { TBX_HGFS_QUERY_VOLUME_V3, 25, 24 },
  { TBX_HGFS_CREATE_SYMLINK_V3, 42, 8 },
  { TBX_HGFS_LOCK_CHANGE_V3, 16, 12 },
  { TBX_HGFS_WRITE_STREAM_V3, 24, 12 },
  { TBX_HGFS_CREATE_SESSION_V4, 24, 28 },
  { TBX_HGFS_DESTROY_SESSION_V4, 8, 8 },
  { TBX_HGFS_READ_FAST_V4, 24, 13 },
  { TBX_HGFS_WRITE_FAST_V4, 26, 12 },
  { TBX_HGFS_SET_WATCH_V4, 37, 16 },
  { TBX_HGFS_REMOVE_WATCH_V4, 8, 8 },
  { TBX_HGFS_NOTIFY_V4, 24, 0 },
  { TBX_HGFS_SEARCH_READ_V4, 33, 20 },
  { TBX_HGFS_OPEN_V4, 94, 32 },   /* 108 with one attribute and one byte of access list */
  { TBX_HGFS_ENUMERATE_STREAMS_V4, 4, 16 },
  { TBX_HGFS_GETATTR_V4, 33, 131 },
  { TBX_HGFS_SETATTR_V4, 137, 4 },
  { TBX_HGFS_DELETE_V4, 17, 8 },
  { TBX_HGFS_LINK_MOVE_V4, 42, 8 },
  { TBX_HGFS_FSCTL_V4, 17, 5 },
  { TBX_HGFS_ACCESS_CHECK_V4, 26, 8 },
  { TBX_HGFS_FSYNC_V4, 12, 8 },
  { TBX_HGFS_QUERY_VOLUME_V4, 25, 66 },
  { TBX_HGFS_OPLOCK_ACQUIRE_V4, 16, 12 },
  { TBX_HGFS_OPLOCK_BREAK_V4, 16, 16 },
  { TBX_HGFS_LOCK_BYTE_RANGE_V4, 32, 8 },
  { TBX_HGFS_UNLOCK_BYTE_RANGE_V4, 32, 8 },
  { TBX_HGFS_QUERY_EAS_V4, 42, 25 },
  { TBX_HGFS_SET_EAS_V4, 16, 8 },   /* 25 with one attribute */
};

static GBytes *
encode_request (TbxHgfsFraming framing, const TbxHgfsRequest *request)
{
  TbxHgfsPacket header = { .framing = framing, .version = 1, .id = 9, .flags = TBX_HGFS_FLAG_REQUEST };
  TbxWriter w;

  tbx_writer_init (&w, 4096);
  tbx_hgfs_request_encode (&header, request, &w);
  return tbx_writer_end (&w, "request", NULL);
}

static GBytes *
encode_reply (TbxHgfsFraming framing, const TbxHgfsReply *reply)
{
  TbxHgfsPacket header = { .framing = framing, .version = 1, .id = 9, .op = reply->op,
                           .flags = TBX_HGFS_FLAG_REPLY };
  TbxWriter w;

  tbx_writer_init (&w, 4096);
  tbx_hgfs_reply_encode (&header, reply, &w);
  return tbx_writer_end (&w, "reply", NULL);
}

static void
test_sizes (void)
{
  g_assert_cmpuint (G_N_ELEMENTS (sizes), ==, TBX_HGFS_N_OPS);
  for (guint32 i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      TbxHgfsRequest request = { .op = sizes[i].op };
      TbxHgfsReply reply = { .op = sizes[i].op };
      g_autoptr(GBytes) request_out = encode_request (TBX_HGFS_FRAMING_V4, &request);
      g_autoptr(GBytes) reply_out = encode_reply (TBX_HGFS_FRAMING_V4, &reply);

      g_test_message ("%s", tbx_hgfs_op_get_name (i));
      g_assert_cmpuint (sizes[i].op, ==, i);
      g_assert_cmpuint (g_bytes_get_size (request_out), ==, 52 + sizes[i].request);
      g_assert_cmpuint (g_bytes_get_size (reply_out), ==, 52 + sizes[i].reply);
      if (i < TBX_HGFS_CREATE_SESSION_V4)
        {
          g_autoptr(GBytes) legacy = encode_request (TBX_HGFS_FRAMING_LEGACY, &request);
          gboolean has_header = i < TBX_HGFS_OPEN_V3 || i == TBX_HGFS_LOCK_CHANGE_V3;

          g_assert_cmpuint (g_bytes_get_size (legacy), ==, sizes[i].request + (has_header ? 0 : 8));
        }
    }
}

/* Every byte that a request or a reply can have is read and written: random payloads
 * come out as they went in, but for what is reserved. */
static void
test_random_payloads (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (4);
  guint n_requests = 0, n_replies = 0;

  for (guint32 round = 0; round < 400; round++)
    for (guint32 op = 0; op < TBX_HGFS_N_OPS; op++)
      {
        guint8 payload[300];
        gsize size = (gsize) g_rand_int_range (rand, 0, sizeof payload);
        TbxHgfsPacket packet = { .framing = TBX_HGFS_FRAMING_V4, .version = 1, .op = op,
                                 .payload = payload, .payload_size = size };
        TbxHgfsRequest request;
        TbxHgfsReply reply;

        /* Mostly small numbers, or no name would ever fit. */
        for (gsize i = 0; i < size; i++)
          payload[i] = g_rand_int_range (rand, 0, 8) == 0 ? (guint8) g_rand_int_range (rand, 0, 16) : 0;
        if (tbx_hgfs_request_decode (&packet, &request) == TBX_HGFS_OK)
          {
            g_autoptr(GBytes) once = encode_request (TBX_HGFS_FRAMING_V4, &request);
            TbxHgfsPacket again;

            g_assert_cmpuint (g_bytes_get_size (once), >=, 52 + size);   /* 4 more: RESERVED_LAX */
            g_assert_cmpuint (tbx_hgfs_packet_decode (g_bytes_get_data (once, NULL),
                                                      g_bytes_get_size (once), &again), ==, TBX_HGFS_OK);
            g_assert_cmpuint (tbx_hgfs_request_decode (&again, &request), ==, TBX_HGFS_OK);
            n_requests++;
          }
        if (tbx_hgfs_reply_decode (&packet, &reply) == TBX_HGFS_OK)
          {
            g_autoptr(GBytes) once = encode_reply (TBX_HGFS_FRAMING_V4, &reply);

            g_assert_cmpuint (g_bytes_get_size (once), ==, 52 + size);
            n_replies++;
          }
      }
  g_assert_cmpuint (n_requests, >, 2000);
  g_assert_cmpuint (n_replies, >, 2000);
}

/* The members of operations that no vector has, at the offsets of the tables. */
static void
test_v4_members (void)
{
  TbxHgfsRequest request = { TBX_HGFS_LINK_MOVE_V4,
    .rename = { .flags = 0x0102030405060708, .old_name = { .data = "ab", .size = 2, .pad = 5 },
                .new_name = { .data = "c", .size = 1, .case_type = 2 } } };
  g_autoptr(GBytes) link_move = encode_request (TBX_HGFS_FRAMING_V4, &request);
  const guint8 *at = (const guint8 *) g_bytes_get_data (link_move, NULL) + TBX_HGFS_HEADER_BYTES;
  TbxHgfsReply reply = { TBX_HGFS_GETATTR_V4,
    .attributes = { .attr = { .mask = 0x11, .effective_perms = 6 }, .n_links = 3,
                    .short_name = { .data = "S", .size = 1 }, .target = { .data = "t", .size = 1 },
                    .acl = { (const guint8 *) "x", 1 } } };
  g_autoptr(GBytes) getattr = encode_reply (TBX_HGFS_FRAMING_V4, &reply);
  TbxHgfsRequest open = { TBX_HGFS_OPEN_V4, .open = { .share_access = 0x40, .create_options = 0x44,
    .lock = 0x52, .name = { .data = "n", .size = 1, .handle = 8 }, .stream = { .data = "s", .size = 1 } } };
  g_autoptr(GBytes) open_v4 = encode_request (TBX_HGFS_FRAMING_V4, &open);

  g_assert_cmpmem (at, 4, "\2\0\0\0", 4);
  g_assert_cmpmem (at + 16, 3, "ab\5", 3);
  g_assert_cmpmem (at + 19, 4, "\1\0\0\0", 4);        /* 17 + L */
  g_assert_cmpmem (at + 35, 2, "c\0", 2);
  g_assert_cmpmem (at + 37, 8, "\10\7\6\5\4\3\2\1", 8);

  at = (const guint8 *) g_bytes_get_data (getattr, NULL) + TBX_HGFS_HEADER_BYTES;
  g_assert_cmpuint (at[0], ==, 0x11);
  g_assert_cmpuint (at[92], ==, 6);
  g_assert_cmpuint (at[104], ==, 3);
  g_assert_cmpmem (at + 108, 6, "\1\0\0\0S\0", 6);
  g_assert_cmpmem (at + 114, 6, "\1\0\0\0t\0", 6);    /* 113 + L */
  g_assert_cmpmem (at + 120, 13, "\1\0\0\0\0\0\0\0\0\0\0\0x", 13);

  at = (const guint8 *) g_bytes_get_data (open_v4, NULL) + TBX_HGFS_HEADER_BYTES;
  g_assert_cmpuint (at[40], ==, 0x40);
  g_assert_cmpuint (at[44], ==, 0x44);
  g_assert_cmpuint (at[52], ==, 0x52);
  g_assert_cmpuint (at[56], ==, 1);
  g_assert_cmpuint (at[68], ==, 8);
  g_assert_cmpmem (at + 72, 2, "n\0", 2);
  g_assert_cmpmem (at + 74, 6, "\1\0\0\0s\0", 6);     /* 73 + L */
}

/* Names that a hint or a flag makes a handle have no bytes. */
static void
test_handles (void)
{
  TbxHgfsRequest request = { TBX_HGFS_RENAME_V2, .inner_id = 9,
    .rename = { .hints = TBX_HGFS_RENAME_OLD_BY_HANDLE, .old_name = { .handle = 4, .size = 99 },
                .new_name = { .data = "root", .size = 4, .handle = 5 } } };
  g_autoptr(GBytes) bytes = encode_request (TBX_HGFS_FRAMING_LEGACY, &request);
  TbxHgfsRequest found;
  TbxHgfsPacket packet;

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 34 + 4);
  g_assert_cmpuint (tbx_hgfs_packet_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                            &packet), ==, TBX_HGFS_OK);
  g_assert_cmpuint (tbx_hgfs_request_decode (&packet, &found), ==, TBX_HGFS_OK);
  g_assert_true (found.rename.old_name.by_handle);
  g_assert_null (found.rename.old_name.data);
  g_assert_cmpuint (found.rename.old_name.handle, ==, 4);
  g_assert_cmpuint (found.rename.old_name.size, ==, 99);
  g_assert_false (found.rename.new_name.by_handle);
  g_assert_cmpmem (found.rename.new_name.data, found.rename.new_name.size, "root", 4);
}

static TbxHgfsPacket
reply_to (TbxHgfsFraming framing, guint32 op, TbxHgfsStatus status)
{
  TbxHgfsPacket request = { .framing = framing, .id = 0x80000000, .op = op, .session_id = 0x1122 };
  TbxHgfsPacket reply;

  tbx_hgfs_packet_init_reply (&reply, &request, status);
  return reply;
}

/* The replies that are made in place are what the encoder makes. */
static void
test_transfer (void)
{
  static const struct { TbxHgfsFraming framing; guint32 op; gsize offset; } cases[] = {
    { TBX_HGFS_FRAMING_V4, TBX_HGFS_READ_V3, 64 },
    { TBX_HGFS_FRAMING_V4, TBX_HGFS_READ, 64 },
    { TBX_HGFS_FRAMING_LEGACY, TBX_HGFS_READ_V3, 20 },
    { TBX_HGFS_FRAMING_LEGACY, TBX_HGFS_READ, 12 },
  };
  static const guint32 data_sizes[] = { 0, 1, 61440 };
  g_autofree guint8 *buffer = g_malloc (TBX_HGFS_REPLY_MAX_BYTES);

  for (gsize i = 0; i < G_N_ELEMENTS (cases) * G_N_ELEMENTS (data_sizes); i++)
    {
      gsize c = i / G_N_ELEMENTS (data_sizes);
      guint32 n = data_sizes[i % G_N_ELEMENTS (data_sizes)];
      TbxHgfsPacket header = reply_to (cases[c].framing, cases[c].op, TBX_HGFS_OK);
      TbxHgfsReply reply = { .op = header.op };
      g_autoptr(GBytes) expected = NULL, written = NULL;
      gsize size, offset = tbx_hgfs_read_data_offset (&header);
      TbxWriter w;

      memset (buffer, 0xaa, TBX_HGFS_REPLY_MAX_BYTES);
      g_assert_cmpuint (offset, ==, cases[c].offset);
      g_assert_cmpuint (tbx_hgfs_read_max (&header, offset + n + 1), ==, n);
      g_assert_cmpuint (tbx_hgfs_read_max (&header, offset), ==, 0);
      memset (buffer + offset, 'd', n);
      reply.moved.data = (TbxHgfsBytes) { g_memdup2 (buffer + offset, n), n };
      size = tbx_hgfs_read_reply_format (&header, n, buffer);
      tbx_writer_init (&w, TBX_HGFS_REPLY_MAX_BYTES);
      tbx_hgfs_reply_encode (&header, &reply, &w);
      expected = tbx_writer_end (&w, "reply", NULL);
      g_assert_cmpmem (buffer, size, g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
      g_assert_cmpuint (buffer[size], ==, 0xaa);
      g_free ((gpointer) reply.moved.data.data);

      header.op = reply.op = header.op + 1;   /* the WRITE of that version */
      size = tbx_hgfs_write_reply_format (&header, n, buffer);
      g_assert_cmpuint (size, <=, TBX_HGFS_WRITE_REPLY_MAX_BYTES);
      tbx_writer_init (&w, TBX_HGFS_REPLY_MAX_BYTES);
      tbx_hgfs_reply_encode (&header, &reply, &w);
      written = tbx_writer_end (&w, "reply", NULL);
      g_assert_cmpmem (buffer, size, g_bytes_get_data (written, NULL), g_bytes_get_size (written));
    }
}

static void
test_reply_headers (void)
{
  TbxHgfsPacket reply = reply_to (TBX_HGFS_FRAMING_V4, TBX_HGFS_READ_V3, TBX_HGFS_STALE_SESSION);
  TbxHgfsPacket none = { .framing = TBX_HGFS_FRAMING_NONE };
  guint8 header[TBX_HGFS_HEADER_BYTES];

  g_assert_cmpuint (reply.status, ==, TBX_HGFS_STALE_SESSION);
  g_assert_cmpuint (reply.information, ==, TBX_HGFS_STALE_SESSION);
  g_assert_cmpuint (reply.flags, ==, TBX_HGFS_FLAG_REPLY);
  g_assert_cmpuint (reply.version, ==, 1);
  g_assert_cmphex (reply.session_id, ==, 0x1122);
  reply = reply_to (TBX_HGFS_FRAMING_V4, TBX_HGFS_CREATE_SESSION_V4, TBX_HGFS_OK);
  g_assert_cmphex (reply.session_id, ==, TBX_HGFS_NO_SESSION);
  /* Legacy hosts know no status beyond 16. */
  reply = reply_to (TBX_HGFS_FRAMING_LEGACY, TBX_HGFS_OPEN, TBX_HGFS_TOO_MANY_SESSIONS);
  g_assert_cmpuint (reply.status, ==, TBX_HGFS_GENERIC_ERROR);
  reply = reply_to (TBX_HGFS_FRAMING_LEGACY, TBX_HGFS_OPEN, TBX_HGFS_NOT_SAME_DEVICE);
  g_assert_cmpuint (reply.status, ==, TBX_HGFS_NOT_SAME_DEVICE);
  g_assert_cmpuint (tbx_hgfs_packet_format (&none, 0, header), ==, 0);
}

static void
test_refused_by_encoders (void)
{
  TbxHgfsPacket header = { .framing = TBX_HGFS_FRAMING_V4, .op = TBX_HGFS_OPEN };
  TbxHgfsRequest request = { .op = TBX_HGFS_N_OPS };
  TbxHgfsReply reply = { .op = TBX_HGFS_CLOSE };
  g_auto(TbxWriter) w = { 0 };

  g_assert_null (encode_request (TBX_HGFS_FRAMING_V4, &request));
  tbx_writer_init (&w, 4096);
  tbx_hgfs_reply_encode (&header, &reply, &w);   /* of another operation */
  g_assert_null (tbx_writer_end (&w, "reply", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/hgfs/layouts/sizes", test_sizes);
  g_test_add_func ("/wire/hgfs/layouts/random-payloads", test_random_payloads);
  g_test_add_func ("/wire/hgfs/layouts/v4-members", test_v4_members);
  g_test_add_func ("/wire/hgfs/layouts/handles", test_handles);
  g_test_add_func ("/wire/hgfs/layouts/transfer", test_transfer);
  g_test_add_func ("/wire/hgfs/layouts/reply-headers", test_reply_headers);
  g_test_add_func ("/wire/hgfs/layouts/refused", test_refused_by_encoders);
  return g_test_run ();
}
