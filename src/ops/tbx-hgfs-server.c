/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-call.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define MAX_SESSIONS      64
#define SESSION_IDLE_US   (600 * G_USEC_PER_SEC)
#define EXPIRE_CHECK_S   60
#define MIN_PACKET_BYTES  1024

/* The session of hosts that know none. */
#define LEGACY_SESSION 0

struct _TbxHgfsServer
{
  GObject         parent_instance;
  GHashTable     *sessions;    /* id (guint64, owned) -> Session (owned) */
  TbxHgfsHandles *handles;     /* (owned) */
  GArray         *handlers;    /* of TbxFileHandler: who serves names that are no files */
  GQueue          waiting;     /* of TbxHgfsCall (owned): at most one from the host, in fact */
  guint           expire_id;   /* source that ends sessions nobody uses, or 0 */
  gboolean        busy;        /* as it was told last */
};

typedef struct
{
  guint64 id;
  gint64  used_us;    /* monotonic time of its last packet */
} Session;

G_DEFINE_FINAL_TYPE (TbxHgfsServer, tbx_hgfs_server, G_TYPE_OBJECT)

enum { PROP_0, PROP_BUSY, N_PROPS };
static GParamSpec *props[N_PROPS];

static guint do_create_session (TbxHgfsCall *call, TbxHgfsReply *reply);
static guint do_destroy_session (TbxHgfsCall *call, TbxHgfsReply *reply);

static guint
do_lock_change (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  return TBX_HGFS_NOT_SUPPORTED;
}

/* What is served; the rest is a protocol error, which makes a host try an older form. */
static const TbxHgfsCallFunc functions[TBX_HGFS_N_OPS] = {
  [TBX_HGFS_OPEN] = tbx_hgfs_do_open,
  [TBX_HGFS_READ] = tbx_hgfs_do_read,
  [TBX_HGFS_WRITE] = tbx_hgfs_do_write,
  [TBX_HGFS_CLOSE] = tbx_hgfs_do_close,
  [TBX_HGFS_SEARCH_OPEN] = tbx_hgfs_do_search_open,
  [TBX_HGFS_SEARCH_READ] = tbx_hgfs_do_search_read,
  [TBX_HGFS_SEARCH_CLOSE] = tbx_hgfs_do_search_close,
  [TBX_HGFS_GETATTR] = tbx_hgfs_do_getattr,
  [TBX_HGFS_SETATTR] = tbx_hgfs_do_setattr,
  [TBX_HGFS_CREATE_DIR] = tbx_hgfs_do_create_dir,
  [TBX_HGFS_DELETE_FILE] = tbx_hgfs_do_delete_file,
  [TBX_HGFS_DELETE_DIR] = tbx_hgfs_do_delete_dir,
  [TBX_HGFS_RENAME] = tbx_hgfs_do_rename,
  [TBX_HGFS_QUERY_VOLUME] = tbx_hgfs_do_query_volume,
  [TBX_HGFS_OPEN_V2] = tbx_hgfs_do_open,
  [TBX_HGFS_GETATTR_V2] = tbx_hgfs_do_getattr,
  [TBX_HGFS_SETATTR_V2] = tbx_hgfs_do_setattr,
  [TBX_HGFS_SEARCH_READ_V2] = tbx_hgfs_do_search_read,
  [TBX_HGFS_CREATE_SYMLINK] = tbx_hgfs_do_create_symlink,
  [TBX_HGFS_LOCK_CHANGE] = do_lock_change,
  [TBX_HGFS_CREATE_DIR_V2] = tbx_hgfs_do_create_dir,
  [TBX_HGFS_DELETE_FILE_V2] = tbx_hgfs_do_delete_file,
  [TBX_HGFS_DELETE_DIR_V2] = tbx_hgfs_do_delete_dir,
  [TBX_HGFS_RENAME_V2] = tbx_hgfs_do_rename,
  [TBX_HGFS_OPEN_V3] = tbx_hgfs_do_open,
  [TBX_HGFS_READ_V3] = tbx_hgfs_do_read,
  [TBX_HGFS_WRITE_V3] = tbx_hgfs_do_write,
  [TBX_HGFS_CLOSE_V3] = tbx_hgfs_do_close,
  [TBX_HGFS_SEARCH_OPEN_V3] = tbx_hgfs_do_search_open,
  [TBX_HGFS_SEARCH_READ_V3] = tbx_hgfs_do_search_read,
  [TBX_HGFS_SEARCH_CLOSE_V3] = tbx_hgfs_do_search_close,
  [TBX_HGFS_GETATTR_V3] = tbx_hgfs_do_getattr,
  [TBX_HGFS_SETATTR_V3] = tbx_hgfs_do_setattr,
  [TBX_HGFS_CREATE_DIR_V3] = tbx_hgfs_do_create_dir,
  [TBX_HGFS_DELETE_FILE_V3] = tbx_hgfs_do_delete_file,
  [TBX_HGFS_DELETE_DIR_V3] = tbx_hgfs_do_delete_dir,
  [TBX_HGFS_RENAME_V3] = tbx_hgfs_do_rename,
  [TBX_HGFS_QUERY_VOLUME_V3] = tbx_hgfs_do_query_volume,
  [TBX_HGFS_CREATE_SYMLINK_V3] = tbx_hgfs_do_create_symlink,
  [TBX_HGFS_LOCK_CHANGE_V3] = do_lock_change,
  [TBX_HGFS_CREATE_SESSION_V4] = do_create_session,
  [TBX_HGFS_DESTROY_SESSION_V4] = do_destroy_session,
};

static void
server_update_busy (TbxHgfsServer *self)
{
  gboolean busy = tbx_hgfs_handles_size (self->handles) > 0;

  if (self->busy == busy)
    return;
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

static void
server_end_session (TbxHgfsServer *self, guint64 id)
{
  tbx_hgfs_handles_drop (self->handles, id);
  g_hash_table_remove (self->sessions, &id);
}

static gboolean
on_expire (gpointer user_data)
{
  TbxHgfsServer *self = user_data;
  gint64 limit_us = g_get_monotonic_time () - SESSION_IDLE_US;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Session *) value)->used_us <= limit_us)
      {
        tbx_hgfs_handles_drop (self->handles, ((Session *) value)->id);
        g_hash_table_iter_remove (&iter);
      }
  server_update_busy (self);
  if (g_hash_table_size (self->sessions) > 0)
    return G_SOURCE_CONTINUE;
  self->expire_id = 0;
  return G_SOURCE_REMOVE;
}

static Session *
server_add_session (TbxHgfsServer *self, guint64 id)
{
  Session *session = g_new (Session, 1);

  *session = (Session) { id, g_get_monotonic_time () };
  g_hash_table_insert (self->sessions, &session->id, session);
  if (self->expire_id == 0)
    self->expire_id = g_timeout_add_seconds (EXPIRE_CHECK_S, on_expire, self);
  return session;
}

static guint
do_create_session (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  static guint8 storage[TBX_HGFS_N_OPS * TBX_HGFS_CAPABILITY_BYTES];
  guint32 wanted = call->request.create_session.max_packet_bytes;
  guint32 flags[TBX_HGFS_N_OPS] = { 0 };
  guint64 id = 0;

  if (wanted > 0 && wanted < MIN_PACKET_BYTES)
    return TBX_HGFS_INVALID_PARAMETER;
  if (g_hash_table_size (call->server->sessions) >= MAX_SESSIONS)
    return TBX_HGFS_TOO_MANY_SESSIONS;
  while (id == LEGACY_SESSION || id == TBX_HGFS_NO_SESSION
         || g_hash_table_contains (call->server->sessions, &id))
    if (getrandom (&id, sizeof id, 0) != sizeof id)
      return TBX_HGFS_GENERIC_ERROR;
  server_add_session (call->server, id);
  for (guint32 op = 0; op < TBX_HGFS_N_OPS; op++)
    if (functions[op] != NULL && functions[op] != do_lock_change)
      flags[op] = TBX_HGFS_CAPABILITY_SUPPORTED;
  reply->session.id = id;
  reply->session.max_packet_bytes = wanted == 0 ? TBX_HGFS_PACKET_BYTES
                                                : MIN (wanted, TBX_HGFS_PACKET_BYTES);
  reply->session.flags = TBX_HGFS_SESSION_HAS_MAX_BYTES;
  tbx_hgfs_capabilities_init (&reply->session.capabilities, flags, storage);
  return TBX_HGFS_OK;
}

static guint
do_destroy_session (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  server_end_session (call->server, call->session);
  return TBX_HGFS_OK;
}

static void
call_free (TbxHgfsCall *call)
{
  g_clear_handle_id (&call->wait_id, g_source_remove);
  tbx_op_unref (call->op);
  g_object_unref (call->server);
  g_free (call);
}

/* Sends what a function came to, unless it did that itself. */
static void
call_finish (TbxHgfsCall *call, guint status, TbxHgfsReply *reply)
{
  TbxHgfsPacket header;
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  gconstpointer data;
  gsize size;

  if (status != TBX_HGFS_CALL_ANSWERED)
    {
      tbx_hgfs_packet_init_reply (&header, &call->packet, (TbxHgfsStatus) status);
      reply->op = call->packet.op;
      tbx_writer_init (&w, TBX_HGFS_REPLY_MAX_BYTES);
      tbx_hgfs_reply_encode (&header, reply, &w);
      bytes = tbx_writer_end (&w, "HGFS reply", NULL);
      if (bytes == NULL)
        tbx_op_return (call->op, TBX_VIX_OUT_OF_MEMORY, 0);
      else
        {
          data = g_bytes_get_data (bytes, &size);
          tbx_op_return_data (call->op, data, size);
        }
    }
  server_update_busy (call->server);
  call_free (call);
}

static void
call_run (TbxHgfsCall *call)
{
  TbxHgfsReply reply;
  guint status;

  memset (&reply, 0, sizeof reply);
  status = functions[call->packet.op] (call, &reply);
  if (status == TBX_HGFS_CALL_WAITS)
    g_queue_push_tail (&call->server->waiting, call);
  else
    call_finish (call, status, &reply);
}

/**
 * tbx_hgfs_call_can_wait:
 * @call: a call whose file gives EAGAIN
 *
 * Returns: whether it may wait for it; else it is answered with what there is
 */
gboolean
tbx_hgfs_call_can_wait (TbxHgfsCall *call)
{
  gint64 now_us = g_get_monotonic_time ();

  if (call->deadline_us == 0)
    call->deadline_us = now_us + TBX_FILE_WAIT_MS * 1000;
  return now_us < call->deadline_us;
}

/* What the host is told of an errno.  EINVAL is about a number here, for names were
 * looked at before; EAGAIN is a wait that was too long. */
TbxHgfsStatus
tbx_hgfs_call_status (int error_number)
{
  if (error_number == EINVAL)
    return TBX_HGFS_INVALID_PARAMETER;
  if (error_number == EAGAIN)
    return TBX_HGFS_GENERIC_ERROR;
  return tbx_hgfs_status_from_errno (error_number);
}

/* @wait_id: what tbx_file_wait(), or a handler's wait, gave; it calls tbx_hgfs_call_ready(). */
void
tbx_hgfs_call_set_wait (TbxHgfsCall *call, guint wait_id)
{
  call->wait_id = wait_id;
}

void
tbx_hgfs_call_ready (gpointer data)
{
  TbxHgfsCall *call = data;

  call->wait_id = 0;
  g_queue_remove (&call->server->waiting, call);
  call_run (call);
}

/* The session that a packet belongs to: FALSE when there is none. */
static gboolean
call_find_session (TbxHgfsCall *call)
{
  TbxHgfsServer *self = call->server;
  Session *session;

  if (call->packet.op == TBX_HGFS_CREATE_SESSION_V4)
    return TRUE;
  call->session = call->packet.framing == TBX_HGFS_FRAMING_LEGACY ? LEGACY_SESSION
                                                                   : call->packet.session_id;
  session = g_hash_table_lookup (self->sessions, &call->session);
  if (session == NULL && call->packet.framing == TBX_HGFS_FRAMING_LEGACY)
    session = server_add_session (self, LEGACY_SESSION);
  else if (session == NULL || call->session == LEGACY_SESSION)
    {
      call->packet.session_id = TBX_HGFS_NO_SESSION;
      return FALSE;
    }
  session->used_us = g_get_monotonic_time ();
  return TRUE;
}

static guint
call_decode (TbxHgfsCall *call, const guint8 *data, gsize size, gsize reply_capacity)
{
  TbxHgfsStatus status = tbx_hgfs_packet_decode (data, size, &call->packet);

  if (status == TBX_HGFS_OK && !call_find_session (call))
    status = TBX_HGFS_STALE_SESSION;
  if (status == TBX_HGFS_OK
      && (call->packet.op >= TBX_HGFS_N_OPS || functions[call->packet.op] == NULL))
    status = TBX_HGFS_PROTOCOL_ERROR;
  if (status == TBX_HGFS_OK)
    status = tbx_hgfs_request_decode (&call->packet, &call->request);
  if (status == TBX_HGFS_OK)
    status = tbx_hgfs_request_check (&call->request,
                                     tbx_hgfs_read_max (&call->packet, reply_capacity));
  return status;
}

/**
 * tbx_hgfs_server_handle:
 * @self: the server
 * @op: a VIX request that carries a packet; it is answered now, or in a second at the
 *   latest
 *
 * Source: docs/wire/hgfs.md, "Validation".
 */
void
tbx_hgfs_server_handle (TbxHgfsServer *self, TbxOp *op)
{
  const TbxVixHgfsPacket *body = &tbx_op_get_request (op)->hgfs_packet;
  TbxHgfsCall *call = g_new0 (TbxHgfsCall, 1);
  TbxHgfsReply reply;
  gsize capacity;
  guint status;

  call->server = g_object_ref (self);
  call->op = tbx_op_ref (op);
  call->handles = self->handles;
  tbx_op_get_reply (op, &capacity);
  status = call_decode (call, body->packet.data, body->packet.size,
                        MIN (capacity, TBX_HGFS_REPLY_MAX_BYTES));
  if (call->packet.framing == TBX_HGFS_FRAMING_NONE)
    {
      tbx_op_return (op, TBX_VIX_FAIL, 0);
      call_free (call);
    }
  else if (status == TBX_HGFS_OK)
    call_run (call);
  else
    {
      memset (&reply, 0, sizeof reply);
      call_finish (call, status, &reply);
    }
}

/**
 * tbx_hgfs_server_add_handler:
 * @self: the server
 * @handler: copied; asked before the disk, after those that were added before
 */
void
tbx_hgfs_server_add_handler (TbxHgfsServer *self, const TbxFileHandler *handler)
{
  g_array_append_val (self->handlers, *handler);
}

/**
 * tbx_hgfs_server_find_handler:
 * @self: the server
 * @path: absolute
 *
 * Returns: (transfer none) (nullable): who serves @path; %NULL: the disk
 */
const TbxFileHandler *
tbx_hgfs_server_find_handler (TbxHgfsServer *self, const char *path)
{
  for (guint i = 0; i < self->handlers->len; i++)
    {
      const TbxFileHandler *handler = &g_array_index (self->handlers, TbxFileHandler, i);

      if (handler->funcs->claims (handler->self, path))
        return handler;
    }
  return NULL;
}

gboolean
tbx_hgfs_server_get_busy (TbxHgfsServer *self)
{
  return self->busy;
}

static void
tbx_hgfs_server_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_BUSY:
      g_value_set_boolean (value, TBX_HGFS_SERVER (object)->busy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_hgfs_server_finalize (GObject *object)
{
  TbxHgfsServer *self = TBX_HGFS_SERVER (object);

  g_clear_handle_id (&self->expire_id, g_source_remove);
  tbx_hgfs_handles_free (self->handles);
  g_hash_table_unref (self->sessions);
  g_array_unref (self->handlers);
  G_OBJECT_CLASS (tbx_hgfs_server_parent_class)->finalize (object);
}

static void
tbx_hgfs_server_class_init (TbxHgfsServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_hgfs_server_get_property;
  object_class->finalize = tbx_hgfs_server_finalize;

  /**
   * TbxHgfsServer:busy:
   *
   * Whether a file is open.
   */
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_hgfs_server_init (TbxHgfsServer *self)
{
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->handles = tbx_hgfs_handles_new ();
  self->handlers = g_array_new (FALSE, FALSE, sizeof (TbxFileHandler));
  g_queue_init (&self->waiting);
}

TbxHgfsServer *
tbx_hgfs_server_new (void)
{
  return g_object_new (TBX_TYPE_HGFS_SERVER, NULL);
}
