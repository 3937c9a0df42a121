/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-call.h"
#include "tbx-hgfs-sessions.h"
#include "tbx-umask.h"
#include <errno.h>
#include <string.h>

#define MIN_PACKET_BYTES  1024

struct _TbxHgfsServer
{
  GObject         parent_instance;
  TbxHgfsSessions *sessions;   /* (owned) */
  TbxHgfsHandles *handles;     /* what they have open (owned) */
  GArray         *handlers;    /* of TbxFileHandler: who serves names that are no files */
  GQueue          waiting;     /* of TbxHgfsCall (owned): at most one from the host, in fact */
  mode_t          umask;       /* of the process: it is the user's and stays */
  gboolean        busy;        /* as it was told last */
};

G_DEFINE_FINAL_TYPE (TbxHgfsServer, tbx_hgfs_server, G_TYPE_OBJECT)

enum { PROP_0, PROP_BUSY, N_PROPS };
static GParamSpec *props[N_PROPS];

static void call_finish (TbxHgfsCall *call, guint status, TbxHgfsReply *reply);
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
  gboolean busy = tbx_hgfs_sessions_count (self->sessions) > 0;

  if (self->busy == busy)
    return;
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

/* Answers what waits for a file of the session, or of any with @all. */
static void
server_end_waits (TbxHgfsServer *self, guint64 id, gboolean all)
{
  TbxHgfsReply reply;

  for (GList *l = self->waiting.head, *next; l != NULL; l = next)
    {
      TbxHgfsCall *call = l->data;

      next = l->next;
      if (!all && call->session != id)
        continue;
      g_queue_delete_link (&self->waiting, l);
      g_clear_handle_id (&call->wait_id, g_source_remove);
      memset (&reply, 0, sizeof reply);
      call_finish (call, TBX_HGFS_INVALID_HANDLE, &reply);
    }
}

static void
server_end_session (TbxHgfsServer *self, guint64 id)
{
  server_end_waits (self, id, FALSE);
  tbx_hgfs_handles_drop (self->handles, id);
  tbx_hgfs_sessions_remove (self->sessions, id);
}

static void
on_session_idle (guint64 id, gpointer user_data)
{
  server_end_session (user_data, id);
  server_update_busy (user_data);
}

/**
 * tbx_hgfs_server_expire:
 * @self: the server
 *
 * Ends the sessions that nobody used for too long, with all that they have open.
 */
void
tbx_hgfs_server_expire (TbxHgfsServer *self)
{
  tbx_hgfs_sessions_expire (self->sessions);
}

/**
 * tbx_hgfs_server_set_clock:
 * @self: the server, without a session
 * @clock: (scope forever): gives monotonic time, microseconds
 */
void
tbx_hgfs_server_set_clock (TbxHgfsServer *self, TbxHgfsClock clock)
{
  tbx_hgfs_sessions_set_clock (self->sessions, clock);
}

/**
 * tbx_hgfs_server_set_idle:
 * @self: the server
 * @seconds: after which a session that nobody uses ends
 */
void
tbx_hgfs_server_set_idle (TbxHgfsServer *self, guint seconds)
{
  tbx_hgfs_sessions_set_idle (self->sessions, seconds);
}

static guint
do_create_session (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  static guint8 storage[TBX_HGFS_N_OPS * TBX_HGFS_CAPABILITY_BYTES];
  guint32 wanted = call->request.create_session.max_packet_bytes;
  guint32 flags[TBX_HGFS_N_OPS] = { 0 };
  guint64 id;

  if (wanted > 0 && wanted < MIN_PACKET_BYTES)
    return TBX_HGFS_INVALID_PARAMETER;
  if (tbx_hgfs_sessions_count (call->server->sessions) >= TBX_HGFS_MAX_SESSIONS)
    return TBX_HGFS_TOO_MANY_SESSIONS;
  if (!tbx_hgfs_sessions_create (call->server->sessions, &id))
    return TBX_HGFS_GENERIC_ERROR;
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
  g_free (call);
}

/* Sends what a function came to, unless it did that itself. */
static void
call_finish (TbxHgfsCall *call, guint status, TbxHgfsReply *reply)
{
  g_autoptr(TbxHgfsServer) server = g_object_ref (call->server);
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
  /* What takes long and gets on is use. */
  if (call->is_touching)
    tbx_hgfs_sessions_used (server->sessions, call->session);
  call_free (call);
  server_update_busy (server);
}

static void
call_run (TbxHgfsCall *call)
{
  TbxHgfsReply reply;
  guint status;

  memset (&reply, 0, sizeof reply);
  reply.op = call->packet.op;
  status = functions[call->packet.op] (call, &reply);
  if (status == TBX_HGFS_CALL_WAITS)
    g_queue_push_tail (&call->server->waiting, call);
  else
    call_finish (call, status, &reply);
}

/* For what may never come. */
static gboolean
call_has_time (TbxHgfsCall *call)
{
  gint64 now_us = g_get_monotonic_time ();

  if (call->deadline_us == 0)
    call->deadline_us = now_us + TBX_FILE_WAIT_MS * 1000;
  return now_us < call->deadline_us;
}

static void
on_call_ready (gpointer data)
{
  TbxHgfsCall *call = data;

  call->wait_id = 0;
  g_queue_remove (&call->server->waiting, call);
  call_run (call);
}

/**
 * tbx_hgfs_call_wait_for_file:
 * @call: a call
 * @file: (transfer none): gave EAGAIN; stays as long as its session
 *
 * Work that gets on is waited for however long it takes: whoever sent the request is
 * told that it does, and gives up by himself when it does not.
 * Source: docs/design.md, "Processes".
 *
 * Returns: whether it waits; else it is answered with what there is
 */
gboolean
tbx_hgfs_call_wait_for_file (TbxHgfsCall *call, TbxFile *file)
{
  gint64 got_on_us;

  if (file->funcs->wait == NULL)
    return FALSE;
  if (file->funcs->got_on == NULL && !call_has_time (call))
    return FALSE;
  if (file->funcs->got_on != NULL && (got_on_us = file->funcs->got_on (file)) > call->got_on_us)
    {
      call->got_on_us = got_on_us;
      tbx_op_progress (call->op);
    }
  call->wait_id = tbx_file_wait (file, on_call_ready, call);
  return TRUE;
}

/**
 * tbx_hgfs_call_wait_for_name:
 * @call: a call
 * @handler: gave EAGAIN
 * @path: for this name
 *
 * Returns: whether it waits; else it is answered with what there is
 */
gboolean
tbx_hgfs_call_wait_for_name (TbxHgfsCall *call, const TbxFileHandler *handler, const char *path)
{
  if (handler->funcs->wait == NULL || (!handler->funcs->has_deadline && !call_has_time (call)))
    return FALSE;
  if (handler->funcs->has_deadline)
    tbx_op_prolong (call->op);
  call->wait_id = handler->funcs->wait (handler->self, path, on_call_ready, call);
  return TRUE;
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

/* Whether the session is there that the packet belongs to.  That of hosts that know
 * none is always. */
static gboolean
call_find_session (TbxHgfsCall *call)
{
  const gboolean is_legacy = call->packet.framing == TBX_HGFS_FRAMING_LEGACY;

  if (call->packet.op == TBX_HGFS_CREATE_SESSION_V4)
    return TRUE;
  call->session = is_legacy ? TBX_HGFS_LEGACY_SESSION : call->packet.session_id;
  if (is_legacy || (call->session != TBX_HGFS_LEGACY_SESSION
                    && tbx_hgfs_sessions_has (call->server->sessions, call->session)))
    return TRUE;
  call->packet.session_id = TBX_HGFS_NO_SESSION;
  return FALSE;
}

/* Uses the session of a packet that is in order. */
static void
call_touch_session (TbxHgfsCall *call)
{
  call->is_touching = call->packet.op != TBX_HGFS_CREATE_SESSION_V4;
  if (call->is_touching)
    tbx_hgfs_sessions_use (call->server->sessions, call->session);
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
  if (status == TBX_HGFS_OK)
    call_touch_session (call);
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

  call->server = self;
  call->op = tbx_op_ref (op);
  call->handles = self->handles;
  call->umask = self->umask;
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
      if (status == TBX_HGFS_PROTOCOL_ERROR
          && tbx_hgfs_sessions_may_log (self->sessions, call->session))
        g_info ("An HGFS packet of %" G_GSIZE_FORMAT " bytes cannot be served, operation %u",
                body->packet.size, call->packet.op);
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

/* Whoever waits gets an answer while the reply buffers are there. */
static void
tbx_hgfs_server_dispose (GObject *object)
{
  TbxHgfsServer *self = TBX_HGFS_SERVER (object);

  server_end_waits (self, 0, TRUE);
  G_OBJECT_CLASS (tbx_hgfs_server_parent_class)->dispose (object);
}

static void
tbx_hgfs_server_finalize (GObject *object)
{
  TbxHgfsServer *self = TBX_HGFS_SERVER (object);

  tbx_hgfs_sessions_free (self->sessions);
  tbx_hgfs_handles_free (self->handles);
  g_array_unref (self->handlers);
  G_OBJECT_CLASS (tbx_hgfs_server_parent_class)->finalize (object);
}

static void
tbx_hgfs_server_class_init (TbxHgfsServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_hgfs_server_get_property;
  object_class->dispose = tbx_hgfs_server_dispose;
  object_class->finalize = tbx_hgfs_server_finalize;

  /**
   * TbxHgfsServer:busy:
   *
   * Whether there is a session, which may have files open.
   */
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_hgfs_server_init (TbxHgfsServer *self)
{
  self->umask = tbx_umask_get ();
  self->handles = tbx_hgfs_handles_new ();
  self->sessions = tbx_hgfs_sessions_new (self->handles, on_session_idle, self);
  self->handlers = g_array_new (FALSE, FALSE, sizeof (TbxFileHandler));
  g_queue_init (&self->waiting);
}

TbxHgfsServer *
tbx_hgfs_server_new (void)
{
  return g_object_new (TBX_TYPE_HGFS_SERVER, NULL);
}
