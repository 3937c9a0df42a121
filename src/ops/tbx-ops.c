/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-archive-handler.h"
#include "tbx-remote-files.h"
#include "tbx-stream-handler.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A program waits this long for its scope, and starts without one then. */
#define GATE_MS 1000

struct _TbxOps
{
  GObject      parent_instance;
  TbxOpsUser   user;
  TbxPrograms *programs;     /* (owned) */
  TbxListings *listings;     /* (owned) */
  TbxStreamPool *stream_pool; /* what programs write (owned) */
  TbxArchiveHandler *archives; /* serves folders (owned) */
  TbxRemote   *remote;       /* what clients on the bus serve (owned) */
  TbxRemoteFiles *remote_files; /* files of theirs (owned) */
  TbxHgfsServer *hgfs;       /* (owned) */
  TbxHgfsServer *raw_hgfs;   /* of packets without credentials (owned), or NULL: none came */
  GHashTable  *transfers;    /* set: requests about a file that is not ready yet (owned) */
  TbxFolderList *folder_list;    /* the last that was read (owned), or NULL */
  guint        folder_list_id; /* source that drops it, or 0 */
  GArray      *protected;    /* of pid_t: the daemon and its helpers */
  TbxWorkerSettings settings; /* what is configured */
  gboolean     gated;        /* new programs wait until their gate is opened */
  GHashTable  *gates;        /* pid (gint64, owned) -> Gate (owned) */
};

/* Holds a program back as long as its write end is open. */
typedef struct
{
  TbxOps *ops;       /* (not owned) */
  gint64  pid;
  int     fd;
  guint   late_id;   /* source that opens it at the latest, or 0 */
} Gate;

G_DEFINE_FINAL_TYPE (TbxOps, tbx_ops, G_TYPE_OBJECT)

enum { PROP_0, PROP_BUSY, N_PROPS };
enum { SIGNAL_PROGRAM_STARTED, SIGNAL_PROGRAM_ENDED, SIGNAL_RUN_PROGRAM_DONE, N_SIGNALS };
static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* The login was the operation. */
static void
handle_nothing (TbxOps *self, TbxOp *op)
{
  tbx_op_return (op, TBX_VIX_OK, 0);
}

static void
handle_hgfs_packet (TbxOps *self, TbxOp *op)
{
  tbx_hgfs_server_handle (self->hgfs, op);
}

static void
handle_not_on_linux (TbxOps *self, TbxOp *op)
{
  tbx_op_return (op, TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST, 0);
}

static void
handle_not_permitted (TbxOps *self, TbxOp *op)
{
  tbx_op_return (op, TBX_VIX_GUEST_USER_PERMISSIONS, EPERM);
}

/* The command table: an opcode that is not here is refused.  What each needs before
 * it gets here stands in the table of tbx-vix-opcodes.c. */
static const struct
{
  guint32       opcode;
  TbxOpsHandler handler;
} commands[] = {
  { TBX_VIX_RUN_PROGRAM, tbx_handle_run_program },
  { TBX_VIX_DELETE_FILE, tbx_handle_delete_file },
  { TBX_VIX_FILE_EXISTS, tbx_handle_file_exists },
  { TBX_VIX_REGISTRY_KEY_EXISTS, handle_not_on_linux },
  { TBX_VIX_RUN_SCRIPT, tbx_handle_run_script },
  { TBX_VIX_DIRECTORY_EXISTS, tbx_handle_directory_exists },
  { TBX_VIX_DELETE_REGISTRY_KEY, handle_not_on_linux },
  { TBX_VIX_DELETE_DIRECTORY, tbx_handle_delete_directory },
  { TBX_VIX_DELETE_EMPTY_DIRECTORY, tbx_handle_delete_directory },
  { TBX_VIX_CREATE_TEMP_FILE, tbx_handle_create_temporary_legacy },
  { TBX_VIX_LIST_PROCESSES, tbx_handle_list_processes_short },
  { TBX_VIX_MOVE_FILE, tbx_handle_move_legacy },
  { TBX_VIX_CREATE_DIRECTORY, tbx_handle_create_directory },
  { TBX_VIX_CHECK_USER_ACCOUNT, handle_nothing },
  { TBX_VIX_LIST_DIRECTORY, tbx_handle_list_directory },
  { TBX_VIX_HGFS_PACKET, handle_hgfs_packet },
  { TBX_VIX_KILL_PROCESS, tbx_handle_terminate_process },
  { TBX_VIX_LOGOUT, handle_nothing },
  { TBX_VIX_READ_VARIABLE, tbx_handle_read_variable },
  { TBX_VIX_WRITE_VARIABLE, handle_not_permitted },
  { TBX_VIX_GET_FILE_INFO, tbx_handle_get_file_info },
  { TBX_VIX_LIST_FILESYSTEMS, tbx_handle_list_filesystems },
  { TBX_VIX_LIST_FILES, tbx_handle_list_files },
  { TBX_VIX_CREATE_DIRECTORY_EX, tbx_handle_create_directory },
  { TBX_VIX_MOVE_FILE_EX, tbx_handle_move_file },
  { TBX_VIX_MOVE_DIRECTORY, tbx_handle_move_directory },
  { TBX_VIX_CREATE_TEMP_FILE_EX, tbx_handle_create_temporary_file },
  { TBX_VIX_CREATE_TEMP_DIRECTORY, tbx_handle_create_temporary_directory },
  { TBX_VIX_SET_FILE_ATTRIBUTES, tbx_handle_set_attributes },
  { TBX_VIX_START_PROGRAM, tbx_handle_start_program },
  { TBX_VIX_LIST_PROCESSES_EX, tbx_handle_list_processes },
  { TBX_VIX_READ_ENV, tbx_handle_read_environment },
  { TBX_VIX_TRANSFER_FROM_GUEST, tbx_handle_transfer_from_guest },
  { TBX_VIX_TRANSFER_TO_GUEST, tbx_handle_transfer_to_guest },
  { TBX_VIX_VALIDATE_CREDENTIALS, handle_nothing },
  { TBX_VIX_TERMINATE_PROCESS, tbx_handle_terminate_process },
  { TBX_VIX_DELETE_FILE_EX, tbx_handle_delete_file },
  { TBX_VIX_DELETE_DIRECTORY_EX, tbx_handle_delete_directory },
};

/**
 * tbx_ops_execute:
 * @self: the operations of a user
 * @op: (transfer none): what is to be done; it is answered now or later
 */
void
tbx_ops_execute (TbxOps *self, TbxOp *op)
{
  guint32 opcode = tbx_op_get_request (op)->opcode;

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].opcode == opcode)
      {
        commands[i].handler (self, op);
        return;
      }
  tbx_op_return (op, TBX_VIX_UNRECOGNIZED_COMMAND, 0);
}

static void
on_busy_changed (TbxOps *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

/**
 * tbx_ops_execute_raw_hgfs:
 * @self: the operations of a user
 * @op: (transfer none): an HGFS packet that came without credentials; answered as by
 *   tbx_ops_execute()
 *
 * Its sessions are others than those of who logged in, and a folder is a folder.
 * Source: docs/wire/hgfs.md, "Raw TCLO command".
 */
void
tbx_ops_execute_raw_hgfs (TbxOps *self, TbxOp *op)
{
  if (self->raw_hgfs == NULL)
    {
      self->raw_hgfs = tbx_hgfs_server_new ();
      tbx_hgfs_server_set_idle (self->raw_hgfs, self->settings.session_idle_s);
      g_signal_connect_object (self->raw_hgfs, "notify::busy", G_CALLBACK (on_busy_changed), self,
                               G_CONNECT_SWAPPED);
    }
  tbx_hgfs_server_handle (self->raw_hgfs, op);
}

/**
 * tbx_ops_user_copy:
 * @from: an account
 * @to: (out caller-allocates): the copy
 */
void
tbx_ops_user_copy (const TbxOpsUser *from, TbxOpsUser *to)
{
  *to = (TbxOpsUser) {
    .name = g_strdup (from->name),
    .uid = from->uid,
    .gid = from->gid,
    .home = g_strdup (from->home),
    .shell = g_strdup (from->shell),
    .environment = g_strdupv (from->environment),
  };
}

void
tbx_ops_user_clear (TbxOpsUser *user)
{
  g_clear_pointer (&user->name, g_free);
  g_clear_pointer (&user->home, g_free);
  g_clear_pointer (&user->shell, g_free);
  g_clear_pointer (&user->environment, g_strfreev);
}

const TbxOpsUser *
tbx_ops_get_user (TbxOps *self)
{
  return &self->user;
}

TbxPrograms *
tbx_ops_get_programs (TbxOps *self)
{
  return self->programs;
}

TbxHgfsServer *
tbx_ops_get_hgfs (TbxOps *self)
{
  return self->hgfs;
}

/* For handlers: what the streams of programs share. */
TbxStreamPool *
tbx_ops_get_stream_pool (TbxOps *self)
{
  return self->stream_pool;
}

/**
 * tbx_ops_get_remote:
 * @self: the operations
 *
 * Returns: (transfer none): what clients on the bus serve for them
 */
TbxRemote *
tbx_ops_get_remote (TbxOps *self)
{
  return self->remote;
}

/* For handlers: what waits for a file; freed when it is answered. */
GHashTable *
tbx_ops_get_transfers (TbxOps *self)
{
  return self->transfers;
}

TbxListings *
tbx_ops_get_listings (TbxOps *self)
{
  return self->listings;
}

/* For handlers: what is configured now. */
const TbxWorkerSettings *
tbx_ops_get_settings (TbxOps *self)
{
  return &self->settings;
}

/* For handlers: the list of a folder that the next page may be from. */
TbxFolderList *
tbx_ops_get_folder_list (TbxOps *self)
{
  return self->folder_list;
}

static gboolean
on_folder_list_stale (gpointer user_data)
{
  TbxOps *self = user_data;

  self->folder_list_id = 0;
  tbx_ops_set_folder_list (self, NULL);
  return G_SOURCE_REMOVE;
}

void
tbx_ops_set_folder_list (TbxOps *self, TbxFolderList *list)
{
  g_clear_pointer (&self->folder_list, tbx_folder_list_unref);
  g_clear_handle_id (&self->folder_list_id, g_source_remove);
  if (list == NULL)
    return;
  self->folder_list = tbx_folder_list_ref (list);
  self->folder_list_id = g_timeout_add_seconds (TBX_FOLDER_LIST_FRESH_S, on_folder_list_stale,
                                                self);
}

/**
 * tbx_ops_get_busy:
 * @self: the operations
 *
 * Returns: whether something is held that must not be lost
 */
gboolean
tbx_ops_get_busy (TbxOps *self)
{
  return !tbx_programs_empty (self->programs) || tbx_hgfs_server_get_busy (self->hgfs)
         || (self->raw_hgfs != NULL && tbx_hgfs_server_get_busy (self->raw_hgfs));
}

/**
 * tbx_ops_set_settings:
 * @self: the operations
 * @settings: what they go by from now on; what is open stays as it is
 */
void
tbx_ops_set_settings (TbxOps *self, const TbxWorkerSettings *settings)
{
  self->settings = *settings;
  tbx_archive_handler_set_allowed (self->archives, settings->archive_transfers);
  tbx_hgfs_server_set_idle (self->hgfs, settings->session_idle_s);
  if (self->raw_hgfs != NULL)
    tbx_hgfs_server_set_idle (self->raw_hgfs, settings->session_idle_s);
  tbx_stream_pool_set_limit (self->stream_pool, settings->stream_limit_bytes);
}

/**
 * tbx_ops_protect:
 * @self: the operations
 * @pid: of the daemon or a helper of it, which no request may end
 */
void
tbx_ops_protect (TbxOps *self, pid_t pid)
{
  g_array_append_val (self->protected, pid);
}

/* Those that would end us, or everything. */
gboolean
tbx_ops_is_protected (TbxOps *self, gint64 pid)
{
  if (pid == 0 || pid == -1 || pid == getpid () || pid == -getpgrp ())
    return TRUE;
  for (guint i = 0; i < self->protected->len; i++)
    if (pid == g_array_index (self->protected, pid_t, i))
      return TRUE;
  return FALSE;
}

static void
gate_free (gpointer data)
{
  Gate *gate = data;

  g_clear_handle_id (&gate->late_id, g_source_remove);
  close (gate->fd);
  g_free (gate);
}

static gboolean
on_gate_late (gpointer user_data)
{
  Gate *gate = user_data;

  gate->late_id = 0;
  tbx_ops_open_gate (gate->ops, gate->pid);
  return G_SOURCE_REMOVE;
}

/* For handlers: what a program waits on before it starts, or -1 for none. */
int
tbx_ops_make_gate (TbxOps *self, int *keep_fd)
{
  int fds[2];

  *keep_fd = -1;
  if (!self->gated || pipe2 (fds, O_CLOEXEC) < 0)
    return -1;
  *keep_fd = fds[1];
  return fds[0];
}

/* For handlers: keeps the gate closed, now that the pid is known. */
void
tbx_ops_keep_gate (TbxOps *self, gint64 pid, int keep_fd)
{
  Gate *gate;

  if (keep_fd < 0)
    return;
  gate = g_new0 (Gate, 1);
  *gate = (Gate) { self, pid, keep_fd, 0 };
  gate->late_id = g_timeout_add (GATE_MS, on_gate_late, gate);
  g_hash_table_replace (self->gates, g_memdup2 (&pid, sizeof pid), gate);
}

/**
 * tbx_ops_set_gated:
 * @self: the operations
 * @gated: whether new programs wait for tbx_ops_open_gate(), at most one second
 *
 * For where somebody moves each program to a scope of its own, which must be done
 * before it has children.
 */
void
tbx_ops_set_gated (TbxOps *self, gboolean gated)
{
  self->gated = gated;
}

/**
 * tbx_ops_open_gate:
 * @self: the operations
 * @pid: of a program that may run now
 */
void
tbx_ops_open_gate (TbxOps *self, gint64 pid)
{
  g_hash_table_remove (self->gates, &pid);
}

static void
on_adopted_ended (TbxProgram *program, gpointer user_data)
{
  tbx_programs_ended (TBX_OPS (user_data)->programs, program);
}

/**
 * tbx_ops_adopt_program:
 * @self: the operations
 * @record: of a program that an earlier worker of this user started
 */
void
tbx_ops_adopt_program (TbxOps *self, const TbxOpsProgram *record)
{
  g_autoptr(TbxProgram) program = tbx_program_adopt (record, on_adopted_ended, self);

  tbx_programs_add (self->programs, program);
}

static void
on_program_started (TbxOps *self, gpointer record)
{
  g_signal_emit (self, signals[SIGNAL_PROGRAM_STARTED], 0, record);
}

static void
on_program_ended (TbxOps *self, gpointer record)
{
  g_signal_emit (self, signals[SIGNAL_PROGRAM_ENDED], 0, record);
}

static void
tbx_ops_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_BUSY:
      g_value_set_boolean (value, tbx_ops_get_busy (TBX_OPS (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_ops_dispose (GObject *object)
{
  TbxOps *self = TBX_OPS (object);

  tbx_remote_reset (self->remote);
  g_hash_table_remove_all (self->gates);
  g_hash_table_remove_all (self->transfers);
  tbx_ops_set_folder_list (self, NULL);
  g_clear_object (&self->raw_hgfs);
  g_clear_object (&self->hgfs);
  g_clear_pointer (&self->archives, tbx_archive_handler_free);   /* after all of its files */
  g_clear_pointer (&self->remote_files, tbx_remote_files_free);
  g_clear_object (&self->programs);
  G_OBJECT_CLASS (tbx_ops_parent_class)->dispose (object);
}

static void
tbx_ops_finalize (GObject *object)
{
  TbxOps *self = TBX_OPS (object);

  g_hash_table_unref (self->gates);
  g_hash_table_unref (self->transfers);
  g_array_unref (self->protected);
  tbx_remote_free (self->remote);
  tbx_stream_pool_unref (self->stream_pool);
  tbx_listings_free (self->listings);
  tbx_ops_user_clear (&self->user);
  G_OBJECT_CLASS (tbx_ops_parent_class)->finalize (object);
}

static void
tbx_ops_class_init (TbxOpsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_ops_dispose;
  object_class->finalize = tbx_ops_finalize;
  object_class->get_property = tbx_ops_get_property;

  /**
   * TbxOps:busy:
   *
   * Whether something is held that must not be lost.
   */
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * TbxOps::program-started:
   * @self: the operations
   * @record: (type gpointer): a `TbxOpsProgram`; one that was adopted may have ended
   */
  signals[SIGNAL_PROGRAM_STARTED] =
    g_signal_new ("program-started", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * TbxOps::program-ended:
   * @self: the operations
   * @record: (type gpointer): a `TbxOpsProgram`
   */
  signals[SIGNAL_PROGRAM_ENDED] =
    g_signal_new ("program-ended", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * TbxOps::run-program-done:
   * @self: the operations
   * @request: the RPCI request that reports the end of a program, without its NUL
   */
  signals[SIGNAL_RUN_PROGRAM_DONE] =
    g_signal_new ("run-program-done", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tbx_ops_init (TbxOps *self)
{
  TbxFileHandler archives = { .funcs = &tbx_archive_handler_funcs };
  TbxFileHandler remote = { .funcs = &tbx_remote_files_funcs };
  TbxFileHandler streams = { .funcs = &tbx_stream_handler_funcs };

  self->settings = (TbxWorkerSettings) TBX_WORKER_SETTINGS_DEFAULT;
  self->programs = tbx_programs_new ();
  self->stream_pool = tbx_stream_pool_new (self->settings.stream_limit_bytes);
  self->listings = tbx_listings_new ();
  self->hgfs = tbx_hgfs_server_new ();
  streams.self = self->programs;
  tbx_hgfs_server_add_handler (self->hgfs, &streams);
  archives.self = self->archives = tbx_archive_handler_new (TRUE, NULL, NULL);
  tbx_hgfs_server_add_handler (self->hgfs, &archives);
  self->remote = tbx_remote_new ();
  remote.self = self->remote_files = tbx_remote_files_new (self->remote);
  tbx_hgfs_server_add_handler (self->hgfs, &remote);
  self->transfers = g_hash_table_new_full (NULL, NULL, tbx_transfer_give_up, NULL);
  self->protected = g_array_new (FALSE, FALSE, sizeof (pid_t));
  self->gates = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, gate_free);
  g_signal_connect_object (self->programs, "started", G_CALLBACK (on_program_started), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->programs, "ended", G_CALLBACK (on_program_ended), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->programs, "notify::empty", G_CALLBACK (on_busy_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->hgfs, "notify::busy", G_CALLBACK (on_busy_changed), self,
                           G_CONNECT_SWAPPED);
}

/**
 * tbx_ops_new:
 * @user: whom this process has become; copied
 *
 * Returns: (transfer full): nothing held yet
 */
TbxOps *
tbx_ops_new (const TbxOpsUser *user)
{
  TbxOps *self = g_object_new (TBX_TYPE_OPS, NULL);

  tbx_ops_user_copy (user, &self->user);
  return self;
}
