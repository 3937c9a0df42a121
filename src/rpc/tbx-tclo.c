/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tclo.h"
#include "tbx-error.h"
#include "tbx-log.h"
#include "tbx-names.h"
#include <string.h>

/* The requests of the host: each is handed to the command that has its name, and
 * answered exactly once.  Knows "ping" and "reset" itself, for the channel lives by
 * them.  Source: docs/wire/transport.md, "TCLO: host-to-guest requests". */
struct _TbxTclo
{
  GObject         parent_instance;
  TbxChannel     *channel;          /* (owned) */
  GHashTable     *commands;         /* name (owned) -> Command (owned) */
  GHashTable     *overrides;        /* likewise; each comes before the command of that name */
  TbxTcloRequest *current;          /* the request that is not answered yet, or NULL (not owned) */
  GBytes         *pong;             /* what "ping" answers (owned) */
  gint64          last_ping_us;     /* wall clock, microseconds since 1970, or 0 */
  guint           reset_id;         /* source that announces a reset, or 0 */
};

struct _TbxTcloRequest
{
  gatomicrefcount ref_count;
  TbxTclo        *tclo;             /* NULL: answered, or the channel is gone (weak) */
  const guint8   *args;             /* in the channel's buffer; valid in the handler only */
  gsize           args_size;        /* bytes */
  char            name[TBX_TCLO_NAME_MAX_BYTES + 2];   /* one byte more than any command has */
};

typedef struct
{
  TbxTcloHandler handler;
  gpointer       user_data;
} Command;

G_DEFINE_FINAL_TYPE (TbxTclo, tbx_tclo, G_TYPE_OBJECT)

enum { SIGNAL_RESET, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
tclo_send (TbxTclo *self, GBytes *message)
{
  g_autoptr(GError) error = NULL;

  if (!tbx_channel_send (self->channel, message, &error))
    tbx_channel_failed (self->channel, error);
}

static void
tclo_send_text (TbxTclo *self, const char *text)
{
  g_autoptr(GBytes) message = g_bytes_new (text, strlen (text));

  tclo_send (self, message);
}

/* Ends the request: nobody can answer it again. */
static TbxTclo *
request_settle (TbxTcloRequest *request)
{
  TbxTclo *self = g_steal_pointer (&request->tclo);

  if (self != NULL)
    self->current = NULL;
  return self;
}

/**
 * tbx_tclo_request_return_message:
 * @self: a request that was not answered yet
 * @message: (transfer none): the whole reply, "OK " included
 *
 * Answers without copying: what is sent is @message itself.
 * A message that the host would not take is replaced by a failure.
 */
void
tbx_tclo_request_return_message (TbxTcloRequest *self, GBytes *message)
{
  TbxTclo *tclo = request_settle (self);
  gsize limit;

  if (tclo == NULL)
    return;
  limit = tbx_channel_get_max_send_bytes (tclo->channel);
  if (g_bytes_get_size (message) > limit)
    {
      tbx_log_rpc (G_LOG_LEVEL_WARNING, self->name, "Its reply of %" G_GSIZE_FORMAT
                   " bytes is too large", g_bytes_get_size (message));
      tclo_send_text (tclo, "ERROR Reply too large");
      return;
    }
  tclo_send (tclo, message);
}

/**
 * tbx_tclo_request_return:
 * @self: a request that was not answered yet
 * @result: (transfer none) (nullable): what follows "OK "
 *
 * Answers with success.  A result that the host would not take is replaced by a
 * failure.
 */
void
tbx_tclo_request_return (TbxTcloRequest *self, GBytes *result)
{
  gsize size = result == NULL ? 0 : g_bytes_get_size (result);
  guint8 *whole = g_malloc (size + 3);
  g_autoptr(GBytes) message = g_bytes_new_take (whole, size + 3);

  memcpy (whole, "OK ", 3);
  if (size > 0)
    memcpy (whole + 3, g_bytes_get_data (result, NULL), size);
  tbx_tclo_request_return_message (self, message);
}

/**
 * tbx_tclo_request_return_text:
 * @self: a request that was not answered yet
 * @text: what follows "OK ", without a NUL
 */
void
tbx_tclo_request_return_text (TbxTcloRequest *self, const char *text)
{
  g_autoptr(GBytes) result = g_bytes_new (text, strlen (text));

  tbx_tclo_request_return (self, result);
}

/**
 * tbx_tclo_request_return_error:
 * @self: a request that was not answered yet
 * @text: short; what follows "ERROR "
 */
void
tbx_tclo_request_return_error (TbxTcloRequest *self, const char *text)
{
  g_autofree char *whole = g_strconcat ("ERROR ", text, NULL);
  g_autoptr(GBytes) message = g_bytes_new (whole, strlen (whole));

  tbx_tclo_request_return_message (self, message);
}

/**
 * tbx_tclo_request_ref:
 * @self: the request
 *
 * For a handler that answers later.
 *
 * Returns: (transfer full): @self
 */
TbxTcloRequest *
tbx_tclo_request_ref (TbxTcloRequest *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * tbx_tclo_request_unref:
 * @self: (transfer full): the request
 *
 * The host always gets an answer: the last reference to a request that has none
 * gives it a failure.
 */
void
tbx_tclo_request_unref (TbxTcloRequest *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->tclo != NULL)
    {
      tbx_log_rpc (G_LOG_LEVEL_WARNING, self->name, "Its handler gave no answer");
      tbx_tclo_request_return_error (self, "No answer");
    }
  g_free (self);
}

/**
 * tbx_tclo_request_is_open:
 * @self: the request
 *
 * Returns: whether the host still waits for its answer
 */
gboolean
tbx_tclo_request_is_open (TbxTcloRequest *self)
{
  return self->tclo != NULL;
}

/**
 * tbx_tclo_request_get_name:
 * @self: the request
 *
 * Returns: (transfer none): the command, as the host wrote it
 */
const char *
tbx_tclo_request_get_name (TbxTcloRequest *self)
{
  return self->name;
}

/**
 * tbx_tclo_request_get_args:
 * @self: the request
 * @size: (out): their length in bytes
 *
 * Only for use in the handler itself: what must last longer is to be copied.
 *
 * Returns: (transfer none): what follows the name and one space; any bytes, and a
 *   NUL after them
 */
const guint8 *
tbx_tclo_request_get_args (TbxTcloRequest *self, gsize *size)
{
  *size = self->args_size;
  return self->args;
}

/**
 * tbx_tclo_request_dup_text:
 * @self: the request
 *
 * Only for use in the handler itself.
 *
 * Returns: (transfer full) (nullable): the arguments without the NUL that some hosts
 *   count; %NULL when they are not text in UTF-8
 */
char *
tbx_tclo_request_dup_text (TbxTcloRequest *self)
{
  gsize size = self->args_size;

  if (size > 0 && self->args[size - 1] == '\0')
    size--;
  if (self->args == NULL || !g_utf8_validate_len ((const char *) self->args, size, NULL))
    return NULL;
  return g_strndup ((const char *) self->args, size);
}

/* Finds the name in a message: up to the first space or NUL, after leading spaces.
 * What follows that one byte are the arguments. */
static gboolean
request_parse (TbxTcloRequest *request, const guint8 *data, gsize size)
{
  gsize start = 0, end;

  while (start < size && data[start] == ' ')
    start++;
  for (end = start; end < size && data[end] != ' ' && data[end] != '\0'; end++)
    ;
  if (end == start)
    return FALSE;
  /* A longer name is unknown, which one cut to a byte too many is too. */
  memcpy (request->name, data + start, MIN (end - start, TBX_TCLO_NAME_MAX_BYTES + 1));
  end = MIN (end + 1, size);
  request->args = data + end;
  request->args_size = size - end;
  return TRUE;
}

/* Arguments are valid in the handler only.  Without an @override it is the command of
 * that name. */
static void
tclo_execute (TbxTclo *self, TbxTcloRequest *request, const Command *override)
{
  const Command *command = override;

  if (command == NULL)
    command = g_hash_table_lookup (self->commands, request->name);
  if (command != NULL)
    command->handler (request, command->user_data);
  else
    {
      g_autofree char *shown = g_strescape (request->name, NULL);

      tbx_log_rpc (G_LOG_LEVEL_DEBUG, shown, "Unknown command");
      tbx_tclo_request_return_error (request, "Unknown Command");
    }
  request->args = NULL;
  request->args_size = 0;
}

static GBytes *
bytes_with_nul (GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  guint8 *copy = g_malloc0 (size + 1);

  if (size > 0)
    memcpy (copy, data, size);
  return g_bytes_new_take (copy, size + 1);
}

static void
on_message (TbxChannel *channel, const guint8 *data, gsize size, gpointer user_data)
{
  g_autoptr(TbxTclo) self = g_object_ref (user_data);
  g_autoptr(TbxTcloRequest) request = g_new0 (TbxTcloRequest, 1);

  g_atomic_ref_count_init (&request->ref_count);
  if (!request_parse (request, data, size))
    {
      tclo_send_text (self, "ERROR Bad command");
      return;
    }
  request->tclo = self;
  self->current = request;
  tclo_execute (self, request, g_hash_table_lookup (self->overrides, request->name));
}

/**
 * tbx_tclo_request_pass_on:
 * @self: a request that was not answered yet
 * @args: its arguments
 *
 * Has it answered as if there were no override: by the command of its name, or as an
 * unknown one.  For the handler of an override, at any later time too.
 */
void
tbx_tclo_request_pass_on (TbxTcloRequest *self, GBytes *args)
{
  g_autoptr(TbxTcloRequest) request = tbx_tclo_request_ref (self);
  g_autoptr(GBytes) copy = NULL;

  if (request->tclo == NULL)
    return;
  /* What lies in the channel's buffer has a NUL after it, and so must this. */
  copy = bytes_with_nul (args);
  request->args = g_bytes_get_data (copy, NULL);
  request->args_size = g_bytes_get_size (args);
  tclo_execute (request->tclo, request, NULL);
}

/* The channel is gone, and with it whoever waits for the answer. */
static void
tclo_forget_current (TbxTclo *self)
{
  if (self->current != NULL)
    request_settle (self->current);
}

static void
on_channel_state (TbxTclo *self)
{
  if (tbx_channel_get_state (self->channel) != TBX_CHANNEL_CLOSED)
    return;
  tclo_forget_current (self);
  g_clear_handle_id (&self->reset_id, g_source_remove);   /* no success any more */
}

static void
handle_ping (TbxTcloRequest *request, gpointer user_data)
{
  TbxTclo *self = user_data;

  self->last_ping_us = g_get_real_time ();
  tbx_tclo_request_return_message (request, self->pong);
}

static gboolean
on_reset_answered (gpointer user_data)
{
  TbxTclo *self = user_data;

  self->reset_id = 0;
  g_signal_emit (self, signals[SIGNAL_RESET], 0);
  return G_SOURCE_REMOVE;
}

static void
handle_reset (TbxTcloRequest *request, gpointer user_data)
{
  TbxTclo *self = user_data;

  tbx_tclo_request_return_text (request, "ATR " TBX_APP_NAME);
  if (self->reset_id == 0 && tbx_channel_get_state (self->channel) == TBX_CHANNEL_OPEN)
    {
      self->reset_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_reset_answered, self, NULL);
      g_source_set_name_by_id (self->reset_id, "tbx-tclo-reset");
    }
}

static Command *
command_new (TbxTcloHandler handler, gpointer user_data)
{
  Command *command = g_new (Command, 1);

  *command = (Command) { handler, user_data };
  return command;
}

/**
 * tbx_tclo_add_command:
 * @self: the dispatcher
 * @name: of the command, at most 63 bytes without spaces
 * @handler: (scope forever): called with each such request; answers it now or later
 * @user_data: passed to @handler
 *
 * Returns: %FALSE when @name is taken, or is no name
 */
gboolean
tbx_tclo_add_command (TbxTclo       *self,
                      const char    *name,
                      TbxTcloHandler handler,
                      gpointer       user_data)
{
  gsize length = strlen (name);

  if (length == 0 || length > TBX_TCLO_NAME_MAX_BYTES || strchr (name, ' ') != NULL
      || g_hash_table_contains (self->commands, name))
    return FALSE;
  g_hash_table_insert (self->commands, g_strdup (name), command_new (handler, user_data));
  return TRUE;
}

/**
 * tbx_tclo_override:
 * @self: the dispatcher
 * @name: of a command, whether it is known or not
 * @handler: (nullable) (scope forever): called with each such request in place of the
 *   command; answers it, or passes it on, now or later; %NULL: none any more
 * @user_data: passed to @handler
 */
void
tbx_tclo_override (TbxTclo       *self,
                   const char    *name,
                   TbxTcloHandler handler,
                   gpointer       user_data)
{
  if (handler == NULL)
    g_hash_table_remove (self->overrides, name);
  else
    g_hash_table_replace (self->overrides, g_strdup (name), command_new (handler, user_data));
}

/**
 * tbx_tclo_remove_command:
 * @self: the dispatcher
 * @name: of a command that was added
 *
 * A request that its handler holds can still be answered.
 */
void
tbx_tclo_remove_command (TbxTclo *self, const char *name)
{
  g_hash_table_remove (self->commands, name);
}

/**
 * tbx_tclo_get_last_ping:
 * @self: the dispatcher
 *
 * Returns: when the host last sent "ping", in microseconds since 1970; 0 for never
 */
gint64
tbx_tclo_get_last_ping (TbxTclo *self)
{
  return self->last_ping_us;
}

static void
tbx_tclo_dispose (GObject *object)
{
  TbxTclo *self = TBX_TCLO (object);

  g_clear_handle_id (&self->reset_id, g_source_remove);
  tclo_forget_current (self);
  if (self->channel != NULL)
    tbx_channel_set_message_handler (self->channel, NULL, NULL);
  g_clear_object (&self->channel);
  G_OBJECT_CLASS (tbx_tclo_parent_class)->dispose (object);
}

static void
tbx_tclo_finalize (GObject *object)
{
  TbxTclo *self = TBX_TCLO (object);

  g_hash_table_unref (self->commands);
  g_hash_table_unref (self->overrides);
  g_bytes_unref (self->pong);
  G_OBJECT_CLASS (tbx_tclo_parent_class)->finalize (object);
}

static void
tbx_tclo_class_init (TbxTcloClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_tclo_dispose;
  object_class->finalize = tbx_tclo_finalize;

  /**
   * TbxTclo::reset:
   * @self: the dispatcher
   *
   * The host began anew: nothing that it was told before counts.  Emitted once the
   * answer went out; resets that come before are one.  Not emitted when the channel
   * broke meanwhile.
   */
  signals[SIGNAL_RESET] = g_signal_new ("reset", TBX_TYPE_TCLO, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 0);
}

static void
tbx_tclo_init (TbxTclo *self)
{
  self->commands = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->overrides = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->pong = g_bytes_new_static ("OK ", 3);
  tbx_tclo_add_command (self, "ping", handle_ping, self);
  tbx_tclo_add_command (self, "reset", handle_reset, self);
}

/**
 * tbx_tclo_new:
 * @channel: a TCLO channel, opened by others
 *
 * Returns: (transfer full): the dispatcher of that channel; there must be no other
 */
TbxTclo *
tbx_tclo_new (TbxChannel *channel)
{
  TbxTclo *self = g_object_new (TBX_TYPE_TCLO, NULL);

  self->channel = g_object_ref (channel);
  tbx_channel_set_message_handler (channel, on_message, self);
  g_signal_connect_object (channel, "notify::state", G_CALLBACK (on_channel_state), self,
                           G_CONNECT_SWAPPED);
  return self;
}
