/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hgfs-vectors.h"

/* What only the server can tell, or the file system; tests/ops covers these.  The
 * codec finds nothing wrong with them. */
static const char *const for_server[] = {
  "mal-M18",    /* an operation that only a guest sends */
  "mal-M24", "mal-M25", "mal-M26", "mal-M96",                /* sessions */
  "mal-M52", "mal-M55", "mal-M56", "mal-M57", "mal-M62",     /* handles */
  "mal-M68", "mal-M72", "mal-M73", "mal-M87", "mal-M100", "mal-M101", "mal-M102",
  "mal-M91", "mal-M92", "mal-M93", "mal-M94", "mal-M113",    /* operations that are not served */
  "mal-M106", "mal-M107",                                    /* links */
  "mal-M110", "mal-M111",                                    /* the share itself */
  "mal-M115", "mal-M116", "mal-M117",                        /* names of archives and processes */
};

static gboolean
is_for_server (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (for_server); i++)
    if (g_str_equal (for_server[i], name))
      return TRUE;
  return FALSE;
}

static TbxHgfsStatus
name_status (const TbxHgfsName *name, gboolean may_be_base)
{
  char path[TBX_HGFS_PATH_BYTES];

  return name->by_handle ? TBX_HGFS_OK : tbx_hgfs_name_to_path (name, may_be_base, path);
}

static TbxHgfsStatus
names_status (const TbxHgfsRequest *request)
{
  char target[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status;

  switch (request->op)
    {
    case TBX_HGFS_OPEN:
    case TBX_HGFS_OPEN_V3:
      return name_status (&request->open.name, FALSE);
    case TBX_HGFS_GETATTR:
    case TBX_HGFS_GETATTR_V2:
    case TBX_HGFS_GETATTR_V3:
      return name_status (&request->getattr.name, TRUE);
    case TBX_HGFS_SETATTR_V2:
      return name_status (&request->setattr.name, FALSE);
    case TBX_HGFS_DELETE_DIR_V3:
      return name_status (&request->delete_.name, FALSE);
    case TBX_HGFS_RENAME_V3:
      status = name_status (&request->rename.old_name, FALSE);
      return status != TBX_HGFS_OK ? status : name_status (&request->rename.new_name, FALSE);
    case TBX_HGFS_CREATE_SYMLINK_V3:
      status = name_status (&request->create_symlink.name, FALSE);
      return status != TBX_HGFS_OK ? status
                                   : tbx_hgfs_target_to_text (&request->create_symlink.target, target);
    default:
      return TBX_HGFS_OK;
    }
}

/* The checks of a packet in their order, without those of session and handle. */
static TbxHgfsStatus
packet_status (const guint8 *bytes, gsize size, TbxHgfsPacket *packet)
{
  TbxHgfsRequest request;
  TbxHgfsStatus status = tbx_hgfs_packet_decode (bytes, size, packet);

  if (status == TBX_HGFS_OK)
    status = tbx_hgfs_request_decode (packet, &request);
  if (status == TBX_HGFS_OK)
    status = tbx_hgfs_request_check (&request, tbx_hgfs_read_max (packet, TBX_HGFS_REPLY_MAX_BYTES));
  if (status == TBX_HGFS_OK)
    status = names_status (&request);
  return status;
}

/* The answer has the framing of the table, and what can be echoed. */
static void
assert_answer (const TbxHgfsPacket *packet, TbxHgfsStatus status, const char *framing)
{
  g_autoptr(GBytes) bytes = NULL;
  TbxHgfsPacket answer, found;
  TbxWriter w;
  gsize size;
  const guint8 *data;

  tbx_hgfs_packet_init_reply (&answer, packet, status);
  tbx_writer_init (&w, TBX_HGFS_HEADER_BYTES);
  tbx_hgfs_reply_encode (&answer, NULL, &w);
  bytes = tbx_writer_end (&w, "answer", NULL);
  g_assert_nonnull (bytes);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpuint (size, ==, g_str_equal (framing, "v4") ? 52 : 8);
  g_assert_cmpuint (tbx_hgfs_packet_decode_reply (data, size, packet->op, &found), ==, TBX_HGFS_OK);
  g_assert_cmpuint (found.framing, ==, packet->framing);
  g_assert_cmpuint (found.status, ==, status);
  g_assert_cmphex (found.id, ==, packet->id);
  g_assert_cmpuint (found.op, ==, packet->op);
  if (packet->op != TBX_HGFS_CREATE_SESSION_V4)
    g_assert_cmphex (found.session_id, ==, packet->session_id);
}

static void
test_table (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n_refused = 0, n_legal = 0, n_silent = 0, n_server = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      const char *name = hgfs_vector_name (vector);
      JsonObject *expect;
      g_autofree guint8 *bytes = NULL;
      TbxHgfsPacket packet;
      TbxHgfsStatus status;
      gsize size;

      if (!hgfs_vector_in (vector, "mal-"))
        continue;
      g_test_message ("%s: %s", name, json_object_get_string_member (vector, "note"));
      expect = json_object_get_object_member (json_object_get_object_member (vector, "decoded"),
                                              "expect");
      bytes = hgfs_vector_bytes (vector, &size);
      status = packet_status (bytes, size, &packet);
      if (g_str_equal (json_object_get_string_member (expect, "action"), "no-hgfs-reply"))
        {
          g_assert_cmpuint (packet.framing, ==, TBX_HGFS_FRAMING_NONE);
          n_silent++;
          continue;
        }
      if (is_for_server (name))
        {
          g_assert_cmpuint (status, ==, TBX_HGFS_OK);
          n_server++;
          continue;
        }
      g_assert_cmpuint (status, ==, hgfs_number (expect, "status"));
      if (status == TBX_HGFS_OK)
        {
          n_legal++;
          continue;
        }
      assert_answer (&packet, status, json_object_get_string_member (expect, "framing"));
      n_refused++;
    }
  g_assert_cmpuint (n_server, ==, G_N_ELEMENTS (for_server));
  g_assert_cmpuint (n_silent, ==, 2);
  g_assert_cmpuint (n_legal + n_refused + n_silent + n_server, ==, 117);
  g_assert_cmpuint (n_legal, ==, 17);
}

/* What the remarks of the table say beside the status. */
static void
test_remarks (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      const char *name = hgfs_vector_name (vector);
      g_autofree guint8 *bytes = NULL;
      TbxHgfsPacket packet;
      TbxHgfsRequest request = { 0 };
      gsize size;

      if (!hgfs_vector_in (vector, "mal-"))
        continue;
      bytes = hgfs_vector_bytes (vector, &size);
      if (tbx_hgfs_packet_decode (bytes, size, &packet) == TBX_HGFS_OK)
        tbx_hgfs_request_decode (&packet, &request);
      n++;
      if (g_str_equal (name, "mal-M03"))   /* nothing there to echo */
        g_assert_true (packet.id == 0 && packet.op == 0 && packet.session_id == TBX_HGFS_NO_SESSION);
      else if (g_str_equal (name, "mal-M04"))
        g_assert_true (packet.id == 7 && packet.op == TBX_HGFS_DESTROY_SESSION_V4);
      else if (g_str_equal (name, "mal-M16"))   /* legacy: the id is the first word */
        g_assert_true (packet.id == 1 && packet.framing == TBX_HGFS_FRAMING_LEGACY);
      else if (g_str_equal (name, "mal-M37"))
        g_assert_true (request.op == TBX_HGFS_GETATTR_V2 && request.inner_op != TBX_HGFS_GETATTR_V2);
      else if (g_str_equal (name, "mal-M53"))
        g_assert_true (request.getattr.name.by_handle && request.getattr.name.handle == 1
                       && request.getattr.name.data == NULL);
      else if (g_str_equal (name, "mal-M67"))   /* two bytes, though more are there */
        g_assert_cmpmem (request.write.data.data, request.write.data.size, "ab", 2);
      else if (g_str_equal (name, "mal-M109"))
        g_assert_cmpuint (request.getattr.name.case_type, ==, 7);
      else
        n--;
    }
  g_assert_cmpuint (n, ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/hgfs/malformed/table", test_table);
  g_test_add_func ("/wire/hgfs/malformed/remarks", test_remarks);
  return g_test_run ();
}
