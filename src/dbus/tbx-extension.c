/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extension.h"
#include "tbx-clip.h"
#include "tbx-error.h"

struct _TbxExtension
{
  GObject          parent_instance;
  GDBusConnection *connection;   /* owned */
  char            *client;       /* unique bus name (owned) */
  TbxExtensionKind kind;
  char            *name;         /* of what it does; empty where its kind has none (owned) */
  char            *object;       /* path at the client (owned) */
  gint             priority;
  guint            calls;        /* that it has not answered yet */
};

G_DEFINE_FINAL_TYPE (TbxExtension, tbx_extension, G_TYPE_OBJECT)

/* What came back. */
typedef struct
{
  GVariant    *reply;   /* owned */
  GUnixFDList *fds;     /* owned, or NULL */
} Answer;

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_clear_pointer (&answer->reply, g_variant_unref);
  g_clear_object (&answer->fds);
  g_free (answer);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  TbxExtension *self = g_task_get_source_object (task);
  Answer *answer = g_new0 (Answer, 1);

  self->calls--;
  answer->reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source),
                                                                   &answer->fds, result, &error);
  if (answer->reply != NULL)
    {
      g_task_return_pointer (task, answer, answer_free);
      return;
    }
  answer_free (answer);
  g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * tbx_extension_call_async:
 * @self: an entry
 * @method: of its interface
 * @arguments: taken, if floating
 * @fds: (nullable): descriptors that they name
 * @reply_type: what the reply must be
 * @timeout_ms: how long it may take
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to it
 *
 * Errors: `TBX_ERROR_BUSY` when too many calls are unanswered; what GDBus says, for a reply of
 * another type and for silence too.
 */
void
tbx_extension_call_async (TbxExtension       *self,
                          const char         *method,
                          GVariant           *arguments,
                          GUnixFDList        *fds,
                          const char         *reply_type,
                          guint               timeout_ms,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_autoptr(GVariant) taken = g_variant_ref_sink (arguments);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, tbx_extension_call_async);
  if (self->calls >= TBX_EXTENSION_MAX_CALLS)
    {
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_BUSY, "%u calls are not answered",
                               self->calls);
      g_object_unref (task);
      return;
    }
  self->calls++;
  g_dbus_connection_call_with_unix_fd_list (
    self->connection, self->client, self->object, tbx_extension_kind_get_interface (self->kind),
    method, taken, G_VARIANT_TYPE (reply_type), G_DBUS_CALL_FLAGS_NO_AUTO_START, (int) timeout_ms,
    fds, NULL, on_answered, task);
}

/**
 * tbx_extension_call_finish:
 * @self: an entry
 * @result: what the callback got
 * @fds: (out) (optional) (nullable) (transfer full): descriptors that came with the reply
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the reply
 */
GVariant *
tbx_extension_call_finish (TbxExtension *self, GAsyncResult *result, GUnixFDList **fds, GError **error)
{
  Answer *answer = g_task_propagate_pointer (G_TASK (result), error);
  GVariant *reply;

  if (answer == NULL)
    return NULL;
  reply = g_steal_pointer (&answer->reply);
  if (fds != NULL)
    *fds = g_steal_pointer (&answer->fds);
  answer_free (answer);
  return reply;
}

/**
 * tbx_extension_log_failure:
 * @self: an entry
 * @error: why a call of it does not count
 */
void
tbx_extension_log_failure (TbxExtension *self, const GError *error)
{
  g_autofree char *text = g_strdup_printf ("%s%s%s: %s %s",
                                           tbx_extension_kind_get_word (self->kind),
                                           self->name[0] == '\0' ? "" : " ", self->name,
                                           self->client, self->object);

  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_UNSUPPORTED))
    g_debug ("%s declines", text);
  else
    {
      g_autofree char *why = tbx_clip_text (error->message, TBX_CLIP_MAX_BYTES);

      g_warning ("%s does not count: %s", text, why);
    }
}

/**
 * tbx_extension_deadline_us:
 * @timeout_ms: how long a call may take
 *
 * Returns: when that ends, monotonic time: what the agent is told
 */
guint64
tbx_extension_deadline_us (guint timeout_ms)
{
  return (guint64) (g_get_monotonic_time () + (gint64) timeout_ms * 1000);
}

GDBusConnection *
tbx_extension_get_connection (TbxExtension *self)
{
  return self->connection;
}

const char *
tbx_extension_get_client (TbxExtension *self)
{
  return self->client;
}

TbxExtensionKind
tbx_extension_get_kind (TbxExtension *self)
{
  return self->kind;
}

const char *
tbx_extension_get_name (TbxExtension *self)
{
  return self->name;
}

const char *
tbx_extension_get_object (TbxExtension *self)
{
  return self->object;
}

gint
tbx_extension_get_priority (TbxExtension *self)
{
  return self->priority;
}

static void
tbx_extension_finalize (GObject *object)
{
  TbxExtension *self = TBX_EXTENSION (object);

  g_clear_object (&self->connection);
  g_free (self->client);
  g_free (self->name);
  g_free (self->object);
  G_OBJECT_CLASS (tbx_extension_parent_class)->finalize (object);
}

static void
tbx_extension_class_init (TbxExtensionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_extension_finalize;
  tbx_error_quark ();   /* so that GDBus knows our errors by their names */
}

static void
tbx_extension_init (TbxExtension *self)
{
}

/**
 * tbx_extension_new:
 * @connection: the bus that @client is on
 * @client: unique bus name
 * @kind: what it is
 * @name: of what it does; empty where @kind has none
 * @object: path of an object with the interface of @kind
 * @priority: higher is asked first
 */
TbxExtension *
tbx_extension_new (GDBusConnection *connection,
                   const char      *client,
                   TbxExtensionKind kind,
                   const char      *name,
                   const char      *object,
                   gint             priority)
{
  TbxExtension *self = g_object_new (TBX_TYPE_EXTENSION, NULL);

  self->connection = g_object_ref (connection);
  self->client = g_strdup (client);
  self->kind = kind;
  self->name = g_strdup (name);
  self->object = g_strdup (object);
  self->priority = priority;
  return self;
}
