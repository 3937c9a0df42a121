/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-console.h"
#include "tbx-error.h"
#include "tbx-sim-condition.h"
#include "tbx-sim-join-server.h"
#include "tbx-sim-join.h"
#include "tbx-sim-message.h"
#include "tbx-sim-orders.h"
#include "tbx-sim-stream.h"
#include <string.h>

/* A request to the guest whose console may be gone before the reply is there. */
typedef struct
{
  TbxSimConsole *console;   /* not owned; NULL when it is gone */
} Asking;

struct _TbxSimConsole
{
  TbxSimModel              *model;       /* owned */
  TbxSimStream             *stream;      /* owned */
  Asking                   *asking;      /* owned by the request; NULL when none is under way */
  TbxSimCondition          *condition;   /* that the client waits for, owned, or NULL */
  gulong                    changed_id;  /* while there is a condition */
  TbxSimJoinServer         *guest;       /* owned; NULL unless the client is another's tracer */
  gboolean                  framed;      /* requests to the guest come as frames, not as lines */
  GQueue                    framed_asks; /* of Asking, owned by the requests: in order */
  const TbxSimConsoleOwner *owner;       /* static */
  gpointer                  user_data;   /* for it */
};

static void
send_reply (TbxSimConsole *self, JsonBuilder *reply)
{
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(GBytes) line = NULL;

  json_builder_end_object (reply);
  root = json_builder_get_root (reply);
  line = tbx_sim_message_line (root);
  tbx_sim_stream_send (self->stream, line);
}

static JsonBuilder *
begin_reply (gboolean ok)
{
  JsonBuilder *reply = json_builder_new ();

  json_builder_begin_object (reply);
  json_builder_set_member_name (reply, "ok");
  json_builder_add_boolean_value (reply, ok);
  return reply;
}

static void
send_error (TbxSimConsole *self, const GError *error)
{
  g_autoptr(JsonBuilder) reply = begin_reply (FALSE);
  g_autofree char *text = g_utf8_make_valid (error->message, -1);

  json_builder_set_member_name (reply, "error");
  json_builder_add_string_value (reply, text);
  json_builder_set_member_name (reply, "malformed");
  json_builder_add_boolean_value (reply, g_error_matches (error, TBX_ERROR, TBX_ERROR_MALFORMED)
                                           || g_error_matches (error, TBX_ERROR,
                                                               TBX_ERROR_UNSUPPORTED));
  send_reply (self, reply);
}

static void
on_guest_replied (GBytes *answer, const GError *error, gpointer user_data)
{
  g_autofree Asking *asking = user_data;
  TbxSimConsole *self = asking->console;
  g_autoptr(JsonBuilder) reply = NULL;

  if (self == NULL)
    return;
  self->asking = NULL;
  if (error != NULL)
    {
      send_error (self, error);
      return;
    }
  reply = begin_reply (TRUE);
  tbx_sim_message_add (reply, "reply", answer);
  send_reply (self, reply);
}

/* The size, then the bytes. */
static void
send_frame (TbxSimConsole *self, GBytes *bytes)
{
  guint32 size = GUINT32_TO_LE ((guint32) g_bytes_get_size (bytes));
  g_autoptr(GBytes) head = g_bytes_new (&size, sizeof size);

  tbx_sim_stream_send (self->stream, head);
  tbx_sim_stream_send (self->stream, bytes);
}

static void
on_frame_replied (GBytes *answer, const GError *error, gpointer user_data)
{
  g_autofree Asking *asking = user_data;
  TbxSimConsole *self = asking->console;

  if (self == NULL)
    return;
  g_queue_remove (&self->framed_asks, user_data);
  if (error != NULL)
    tbx_sim_stream_finish (self->stream);
  else
    send_frame (self, answer);
}

/* One request to the guest; a client whose guest fails is hung up on.  It may send the
 * next before the reply is there: a guest that polls finds it waiting, then. */
static gsize
consume_request (TbxSimConsole *self, const guint8 *data, gsize size)
{
  g_autoptr(GBytes) request = NULL;
  Asking *asking;
  guint32 length;

  if (size < sizeof length)
    return 0;
  memcpy (&length, data, sizeof length);
  length = GUINT32_FROM_LE (length);
  if (length == 0 || length > TBX_SIM_MAX_LINE_BYTES
      || self->framed_asks.length >= TBX_SIM_MAX_FRAMES_ASKED)
    {
      tbx_sim_stream_close (self->stream);
      return 0;
    }
  if (size - sizeof length < length)
    return 0;
  request = g_bytes_new (data + sizeof length, length);
  asking = g_new0 (Asking, 1);
  asking->console = self;
  g_queue_push_tail (&self->framed_asks, asking);
  if (!tbx_sim_model_request (self->model, NULL, request, on_frame_replied, asking, NULL))
    {
      g_queue_remove (&self->framed_asks, asking);
      g_free (asking);
      tbx_sim_stream_finish (self->stream);
    }
  return sizeof length + length;
}

static void
console_frames (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(JsonBuilder) reply = begin_reply (TRUE);

  send_reply (self, reply);
  self->framed = TRUE;
}

static void
console_rpc (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(GBytes) data = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonBuilder) reply = NULL;
  const char *app = tbx_sim_message_text (request, "app", NULL);
  gboolean no_wait = tbx_sim_message_flag (request, "no-wait");
  Asking *asking;

  data = tbx_sim_message_bytes (request, "data", &error);
  if (data == NULL)
    {
      send_error (self, error);
      return;
    }
  asking = no_wait ? NULL : g_new0 (Asking, 1);
  if (!tbx_sim_model_request (self->model, app, data, no_wait ? NULL : on_guest_replied, asking,
                              &error))
    {
      g_free (asking);
      send_error (self, error);
      return;
    }
  if (!no_wait)
    {
      asking->console = self;
      self->asking = asking;
      return;
    }
  reply = begin_reply (TRUE);
  send_reply (self, reply);
}

static void
stop_waiting (TbxSimConsole *self)
{
  if (self->condition == NULL)
    return;
  g_clear_pointer (&self->condition, tbx_sim_condition_free);
  g_clear_signal_handler (&self->changed_id, self->model);
  tbx_sim_model_unwatch (self->model);
}

static void
on_changed (TbxSimModel *model, gpointer user_data)
{
  TbxSimConsole *self = user_data;
  g_autoptr(JsonNode) description = tbx_sim_model_describe (model);
  g_autoptr(JsonBuilder) reply = NULL;

  if (!tbx_sim_condition_holds (self->condition, json_node_get_object (description)))
    return;
  stop_waiting (self);
  reply = begin_reply (TRUE);
  send_reply (self, reply);
}

static void
console_wait (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(GError) error = NULL;
  const char *text = tbx_sim_message_text (request, "condition", &error);

  if (text != NULL)
    self->condition = tbx_sim_condition_parse (text, &error);
  if (self->condition == NULL)
    {
      send_error (self, error);
      return;
    }
  tbx_sim_model_watch (self->model);
  self->changed_id = g_signal_connect (self->model, "changed", G_CALLBACK (on_changed), self);
  on_changed (self->model, self);
}

static void
console_quit (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(JsonBuilder) reply = begin_reply (TRUE);

  send_reply (self, reply);
  self->owner->quit (self->user_data);
}

static void
console_guest (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(GBytes) welcome =
    g_bytes_new_static (TBX_SIM_JOIN_WELCOME, strlen (TBX_SIM_JOIN_WELCOME));

  tbx_sim_stream_send (self->stream, welcome);
  self->guest = tbx_sim_join_server_new (TBX_SIM_HOST (self->model));
}

static void
console_order (TbxSimConsole *self, JsonObject *request)
{
  g_autoptr(JsonBuilder) reply = begin_reply (TRUE);
  g_autoptr(GError) error = NULL;

  if (tbx_sim_order (self->model, request, reply, &error))
    send_reply (self, reply);
  else
    send_error (self, error);
}

/* The commands that concern the connection; all others are orders. */
static const struct
{
  const char *name;
  void (*run) (TbxSimConsole *self, JsonObject *request);
} commands[] = {
  { "rpc", console_rpc },
  { "wait", console_wait },
  { "quit", console_quit },
  { "guest", console_guest },
  { "frames", console_frames },
};

static void
console_line (TbxSimConsole *self, const char *line, gsize size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = tbx_sim_message_parse (line, size, &error);
  JsonObject *request;
  const char *command;

  if (node == NULL)
    {
      send_error (self, error);
      return;
    }
  request = json_node_get_object (node);
  command = tbx_sim_message_text (request, "command", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_strcmp0 (commands[i].name, command) == 0)
      {
        commands[i].run (self, request);
        return;
      }
  console_order (self, request);
}

/* Says what is wrong with a client that breaks the rules, and hangs up. */
static gsize
console_give_up (TbxSimConsole *self, const char *why)
{
  g_autoptr(GError) error = g_error_new_literal (TBX_ERROR, TBX_ERROR_MALFORMED, why);

  send_error (self, error);
  tbx_sim_stream_finish (self->stream);
  return 0;
}

static gsize
consume_frame (TbxSimConsole *self, const guint8 *data, gsize size)
{
  g_autoptr(GBytes) reply = NULL;
  gssize used = tbx_sim_join_server_consume (self->guest, data, size, &reply);

  if (reply != NULL)
    tbx_sim_stream_send (self->stream, reply);
  if (used < 0)
    tbx_sim_stream_close (self->stream);
  return used < 0 ? 0 : (gsize) used;
}

static gsize
console_consume (TbxSimStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  TbxSimConsole *self = user_data;
  const guint8 *end;

  if (self->guest != NULL)
    return consume_frame (self, data, size);
  if (self->framed)
    return consume_request (self, data, size);
  if (self->asking != NULL || self->condition != NULL)
    return console_give_up (self, "one request at a time");
  end = memchr (data, '\n', size);
  if (end == NULL)
    return size > TBX_SIM_MAX_LINE_BYTES ? console_give_up (self, "line too long") : 0;
  console_line (self, (const char *) data, (gsize) (end - data));
  return (gsize) (end - data) + 1;
}

static void
console_ended (TbxSimStream *stream, gpointer user_data)
{
  TbxSimConsole *self = user_data;

  self->owner->ended (self, self->user_data);
}

/**
 * tbx_sim_console_new:
 * @model: the host
 * @connection: a client's connection, from which nothing was read yet
 * @owner: what to tell; static
 * @user_data: for @owner
 *
 * Returns: (transfer full): the console
 */
TbxSimConsole *
tbx_sim_console_new (TbxSimModel              *model,
                     GSocket                  *connection,
                     const TbxSimConsoleOwner *owner,
                     gpointer                  user_data)
{
  static const TbxSimStreamHandler handler = { console_consume, console_ended };
  TbxSimConsole *self = g_new0 (TbxSimConsole, 1);

  g_queue_init (&self->framed_asks);
  self->model = g_object_ref (model);
  self->owner = owner;
  self->user_data = user_data;
  self->stream = tbx_sim_stream_new (connection, &handler, self);
  return self;
}

void
tbx_sim_console_free (TbxSimConsole *self)
{
  if (self->asking != NULL)
    self->asking->console = NULL;
  for (GList *l = self->framed_asks.head; l != NULL; l = l->next)
    ((Asking *) l->data)->console = NULL;
  g_queue_clear (&self->framed_asks);
  stop_waiting (self);
  g_clear_pointer (&self->guest, tbx_sim_join_server_free);
  tbx_sim_stream_drop (self->stream);
  g_object_unref (self->model);
  g_free (self);
}
