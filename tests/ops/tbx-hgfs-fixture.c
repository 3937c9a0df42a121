/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include <string.h>
#include <unistd.h>

void
hgfs_fixture_set_up (HgfsFixture *f, gconstpointer data)
{
  umask (022);
  ops_fixture_set_up (&f->ops, data);
  f->storage = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  f->server = tbx_hgfs_server_new ();
  f->session = hgfs_new_session (f);
}

void
hgfs_fixture_tear_down (HgfsFixture *f, gconstpointer data)
{
  if (f->server != NULL)
    g_assert_finalize_object (f->server);
  g_ptr_array_unref (f->storage);
  g_free (f->sent);
  ops_fixture_tear_down (&f->ops, data);
}

char *
hgfs_path (HgfsFixture *f, const char *name)
{
  return ops_fixture_path (&f->ops, name);
}

void
hgfs_as_user (HgfsFixture *f, void (*part) (HgfsFixture *f))
{
  ops_fixture_as_user (&f->ops, (void (*) (OpsFixture *)) part);
}

static void
on_done (TbxOp *op, TbxVixCode code, int error_number, gsize size, gpointer user_data)
{
  HgfsFixture *f = user_data;

  f->n_answers++;
  f->code = code;
  f->packet_size = size;
}

static void
on_progress (TbxOp *op, gpointer user_data)
{
  ((HgfsFixture *) user_data)->n_progress++;
}

void
hgfs_send_bytes (HgfsFixture *f, gconstpointer packet, gsize size)
{
  TbxVixRequest request = ops_request (TBX_VIX_HGFS_PACKET);
  g_autoptr(TbxOp) op = NULL;

  request.hgfs_packet.packet.data = packet;
  request.hgfs_packet.packet.size = size;
  f->n_answers = f->n_progress = 0;
  f->packet_size = 0;
  op = tbx_op_new (&request, 0, f->packet, sizeof f->packet, on_done, on_progress, f);
  tbx_hgfs_server_handle (f->server, op);
}

static void
send_framed (HgfsFixture *f, const TbxHgfsRequest *request, TbxHgfsFraming framing)
{
  const TbxHgfsPacket header = {
    .framing = framing,
    .version = 1,
    .id = 77,
    .op = request->op,
    .flags = TBX_HGFS_FLAG_REQUEST,
    .session_id = f->session,
  };
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  gconstpointer data;
  gsize size;

  tbx_writer_init (&w, 2 * TBX_HGFS_REPLY_MAX_BYTES);
  tbx_hgfs_request_encode (&header, request, &w);
  bytes = tbx_writer_end (&w, "packet", NULL);
  g_assert_nonnull (bytes);
  data = g_bytes_get_data (bytes, &size);
  /* Exactly as long as it is, so that a read behind it shows. */
  g_free (f->sent);
  f->sent = g_memdup2 (data, size);
  hgfs_send_bytes (f, f->sent, size);
}

void
hgfs_send (HgfsFixture *f, const TbxHgfsRequest *request)
{
  send_framed (f, request, TBX_HGFS_FRAMING_V4);
}

guint
hgfs_wait (HgfsFixture *f, guint32 op)
{
  while (f->n_answers == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (f->n_answers, ==, 1);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (tbx_hgfs_packet_decode_reply (f->packet, f->packet_size, op, &f->header), ==,
                   TBX_HGFS_OK);
  g_assert_cmpuint (f->header.id, ==, 77);
  if (f->header.status == TBX_HGFS_OK)
    g_assert_cmpint (tbx_hgfs_reply_decode (&f->header, &f->reply), ==, TBX_HGFS_OK);
  return f->header.status;
}

guint
hgfs_call (HgfsFixture *f, const TbxHgfsRequest *request)
{
  hgfs_send (f, request);
  return hgfs_wait (f, request->op);
}

guint
hgfs_call_legacy (HgfsFixture *f, const TbxHgfsRequest *request)
{
  send_framed (f, request, TBX_HGFS_FRAMING_LEGACY);
  return hgfs_wait (f, request->op);
}

TbxHgfsRequest
hgfs_request (guint32 op)
{
  TbxHgfsRequest request;

  memset (&request, 0, sizeof request);
  request.op = op;
  return request;
}

/* @path: below the folder of the test unless it is absolute. */
void
hgfs_name (HgfsFixture *f, TbxHgfsName *name, const char *path)
{
  g_autofree char *full = hgfs_path (f, path);
  GByteArray *storage = g_byte_array_new ();

  g_ptr_array_add (f->storage, storage);
  tbx_hgfs_name_init (name, full, storage);
}

guint64
hgfs_new_session (HgfsFixture *f)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_CREATE_SESSION_V4);

  request.create_session.max_packet_bytes = TBX_HGFS_PACKET_BYTES;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  return f->reply.session.id;
}

guint
hgfs_end_session (HgfsFixture *f, guint64 session)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_DESTROY_SESSION_V4);
  guint64 present = f->session;
  guint status;

  f->session = session;
  status = hgfs_call (f, &request);
  f->session = present;
  return status;
}

guint
hgfs_open (HgfsFixture *f, const char *path, guint32 mode, guint32 flags, guint32 *handle)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN_V3);
  guint status;

  request.open.mask = TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS
                      | TBX_HGFS_OPEN_HAS_OWNER_PERMS | TBX_HGFS_OPEN_HAS_NAME;
  request.open.mode = mode;
  request.open.flags = flags;
  request.open.perms.owner = 6;
  hgfs_name (f, &request.open.name, path);
  status = hgfs_call (f, &request);
  if (status == TBX_HGFS_OK)
    *handle = f->reply.opened.handle;
  return status;
}

guint32
hgfs_must_open (HgfsFixture *f, const char *path, guint32 mode, guint32 flags)
{
  guint32 handle = 0;

  g_assert_cmpuint (hgfs_open (f, path, mode, flags, &handle), ==, TBX_HGFS_OK);
  g_assert_cmpuint (handle, !=, 0);
  return handle;
}

guint
hgfs_read (HgfsFixture *f, guint32 handle, guint64 offset, guint32 size)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_READ_V3);

  request.read.handle = handle;
  request.read.offset = offset;
  request.read.size = size;
  return hgfs_call (f, &request);
}

guint
hgfs_write (HgfsFixture *f, guint32 handle, guint32 flags, guint64 offset, const char *text)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_WRITE_V3);

  request.write.handle = handle;
  request.write.flags = flags;
  request.write.offset = offset;
  request.write.data = (TbxHgfsBytes) { (const guint8 *) text, (guint32) strlen (text) };
  return hgfs_call (f, &request);
}

guint
hgfs_close (HgfsFixture *f, guint32 handle)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_CLOSE);

  request.close.handle = handle;
  return hgfs_call (f, &request);
}

guint
hgfs_getattr (HgfsFixture *f, const char *path)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_GETATTR_V2);

  hgfs_name (f, &request.getattr.name, path);
  return hgfs_call (f, &request);
}

void
hgfs_assert_content (HgfsFixture *f, const char *path, const char *content)
{
  g_autofree char *full = hgfs_path (f, path);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (full, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, content);
}

/* What the last read gave. */
void
hgfs_assert_data (HgfsFixture *f, const char *content)
{
  g_assert_cmpmem (f->reply.moved.data.data, f->reply.moved.data.size, content, strlen (content));
}

struct stat
hgfs_stat (HgfsFixture *f, const char *path)
{
  g_autofree char *full = hgfs_path (f, path);
  struct stat info;

  g_assert_no_errno (lstat (full, &info));
  return info;
}
