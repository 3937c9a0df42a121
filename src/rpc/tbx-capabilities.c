/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-capabilities.h"
#include "tbx-names.h"
#include <string.h>

#define COMMAND "Capabilities_Register"

/* How the tools were installed, as the host counts it. */
#define VERSION_TYPE_OPEN_SOURCE 4

/* Source: docs/wire/guestinfo.md, "Capabilities" and "Tools version". */
struct _TbxCapabilities
{
  GObject          parent_instance;
  TbxTclo         *tclo;        /* (owned) */
  TbxRpci         *rpci;        /* (owned) */
  GPtrArray       *entries;     /* of Entry (owned), in the order in which they go out */
  GPtrArray       *told;        /* of char: labels that the host accepted (owned) */
  gboolean         registered;  /* told at least once since the last withdrawal */
  gboolean         withdrawing; /* a withdrawal is under way */
  guint            last_burst;  /* number of the newest one */
};

typedef enum { KIND_BARE, KIND_VALUED, KIND_FEATURE } Kind;

typedef struct
{
  Kind  kind;
  char *name;     /* (owned) */
  guint value;
} Entry;

typedef struct
{
  GBytes   *bytes;      /* (owned) */
  char     *label;      /* for "told" and the log (owned) */
  gboolean  fallback;   /* only when the one before was refused */
} Message;

/* One round of messages, sent one by one.  A new round may begin while an old one
 * waits for a reply, on a channel that broke or before a stop: the old one ends then. */
typedef struct
{
  TbxCapabilities *owner;       /* (owned) */
  guint            number;      /* only the newest says what was told */
  gboolean         set;         /* to tell, not to withdraw */
  GPtrArray       *messages;    /* of Message (owned) */
  guint            pos;         /* the one that is out */
  TbxTcloRequest  *request;     /* answered at the end, or NULL (owned) */
  GTask           *withdrawal;  /* returns at the end, or NULL (owned) */
} Burst;

G_DEFINE_FINAL_TYPE (TbxCapabilities, tbx_capabilities, G_TYPE_OBJECT)

enum { PROP_0, PROP_TOLD, N_PROPS };
enum { SIGNAL_REGISTERING, N_SIGNALS };
static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void burst_send (Burst *burst);

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_free (entry);
}

static void
message_free (gpointer data)
{
  Message *message = data;

  g_bytes_unref (message->bytes);
  g_free (message->label);
  g_free (message);
}

static void
messages_add (GPtrArray *messages, GBytes *bytes, const char *label, gboolean fallback)
{
  Message *message = g_new (Message, 1);

  *message = (Message) { bytes, g_strdup (label), fallback };
  g_ptr_array_add (messages, message);
}

/* Numbered capabilities travel in one message, after all others. */
static void
messages_add_features (TbxCapabilities *self, GPtrArray *messages, gboolean set)
{
  g_autoptr(GString) text = g_string_new ("features");

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);

      if (entry->kind == KIND_FEATURE)
        g_string_append_printf (text, " %s=%u", entry->name, set ? entry->value : 0);
    }
  if (text->len > strlen ("features"))
    messages_add (messages, tbx_rpci_text_nul ("tools.capability.%s", text->str), text->str, FALSE);
}

static GPtrArray *
messages_new (TbxCapabilities *self, gboolean set)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func (message_free);

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);
      g_autofree char *label = g_strdup_printf ("%s %u", entry->name, set ? entry->value : 0);

      if (entry->kind == KIND_VALUED)
        messages_add (messages, tbx_rpci_text_nul ("tools.capability.%s", label), label, FALSE);
      else if (entry->kind == KIND_BARE && set)   /* there is no way to take one back */
        messages_add (messages, tbx_rpci_text ("tools.capability.%s ", entry->name), entry->name, FALSE);
    }
  messages_add_features (self, messages, set);
  if (set)
    {
      messages_add (messages, tbx_rpci_text_nul ("tools.set.versiontype %d %d", TBX_VERSION_UNMANAGED,
                                           VERSION_TYPE_OPEN_SOURCE), "version", FALSE);
      messages_add (messages, tbx_rpci_text_nul ("tools.set.version %d", TBX_VERSION_UNMANAGED),
                 "version", TRUE);
    }
  return messages;
}

static void
burst_end (Burst *burst)
{
  if (burst->number == burst->owner->last_burst)
    g_object_notify_by_pspec (G_OBJECT (burst->owner), props[PROP_TOLD]);
  if (burst->request != NULL)
    tbx_tclo_request_return (burst->request, NULL);
  if (burst->withdrawal != NULL)
    {
      burst->owner->withdrawing = FALSE;
      g_task_return_boolean (burst->withdrawal, TRUE);
    }
  g_clear_pointer (&burst->request, tbx_tclo_request_unref);
  g_clear_object (&burst->withdrawal);
  g_ptr_array_unref (burst->messages);
  g_object_unref (burst->owner);
  g_free (burst);
}

static void
burst_skip_fallback (Burst *burst)
{
  if (burst->pos < burst->messages->len)
    {
      Message *next = g_ptr_array_index (burst->messages, burst->pos);

      if (next->fallback)
        burst->pos++;
    }
}

static void
on_burst_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Burst *burst = user_data;
  Message *message = g_ptr_array_index (burst->messages, burst->pos++);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  if (error != NULL)   /* one refusal never stops the rest */
    g_info ("The host did not take the capability %s: %s", message->label, error->message);
  else
    {
      if (burst->set && burst->number == burst->owner->last_burst)
        g_ptr_array_add (burst->owner->told, g_strdup (message->label));
      burst_skip_fallback (burst);
    }
  burst_send (burst);
}

static void
burst_send (Burst *burst)
{
  Message *message;

  if (burst->pos >= burst->messages->len || burst->number != burst->owner->last_burst)
    {
      burst_end (burst);
      return;
    }
  message = g_ptr_array_index (burst->messages, burst->pos);
  tbx_rpci_send_async (burst->owner->rpci, message->bytes, TBX_RPCI_NONE, NULL, on_burst_reply,
                       burst);
}

static Burst *
burst_new (TbxCapabilities *self, gboolean set)
{
  Burst *burst = g_new0 (Burst, 1);

  g_ptr_array_set_size (self->told, 0);
  self->registered = set;
  burst->owner = g_object_ref (self);
  burst->number = ++self->last_burst;
  burst->set = set;
  burst->messages = messages_new (self, set);
  return burst;
}

static void
handle_register (TbxTcloRequest *request, gpointer user_data)
{
  TbxCapabilities *self = user_data;
  Burst *burst;

  if (self->withdrawing)   /* we are leaving: what is taken back stays so */
    {
      tbx_tclo_request_return (request, NULL);
      return;
    }
  g_signal_emit (self, signals[SIGNAL_REGISTERING], 0);
  burst = burst_new (self, TRUE);
  burst->request = tbx_tclo_request_ref (request);
  burst_send (burst);
}

static void
capabilities_add (TbxCapabilities *self, Kind kind, const char *name, guint value)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry) { kind, g_strdup (name), value };
  g_ptr_array_add (self->entries, entry);
}

/**
 * tbx_capabilities_add_bare:
 * @self: the capabilities
 * @name: without the prefix, such as "statechange"
 *
 * A capability of the old kind without a value, which cannot be withdrawn.
 * Capabilities are told in the order in which they are added.
 */
void
tbx_capabilities_add_bare (TbxCapabilities *self, const char *name)
{
  capabilities_add (self, KIND_BARE, name, 1);
}

/**
 * tbx_capabilities_add_valued:
 * @self: the capabilities
 * @name: without the prefix, such as "hgfs_server toolbox"
 * @value: what is told; 0 withdraws it
 */
void
tbx_capabilities_add_valued (TbxCapabilities *self, const char *name, guint value)
{
  capabilities_add (self, KIND_VALUED, name, value);
}

/**
 * tbx_capabilities_add_feature:
 * @self: the capabilities
 * @index: of a numbered capability
 */
void
tbx_capabilities_add_feature (TbxCapabilities *self, guint index)
{
  g_autofree char *name = g_strdup_printf ("%u", index);

  capabilities_add (self, KIND_FEATURE, name, 1);
}

/**
 * tbx_capabilities_dup_told:
 * @self: the capabilities
 *
 * Returns: (transfer full) (array zero-terminated=1): what the host accepted, each
 *   as it was told, without the prefix
 */
char **
tbx_capabilities_dup_told (TbxCapabilities *self)
{
  char **told = g_new0 (char *, self->told->len + 1);

  for (guint i = 0; i < self->told->len; i++)
    told[i] = g_strdup (g_ptr_array_index (self->told, i));
  return told;
}

/**
 * tbx_capabilities_withdraw_async:
 * @self: the capabilities
 * @cancellable: (nullable): turns the outcome into `G_IO_ERROR_CANCELLED`
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Takes back at an orderly stop what was told.  Where nothing was, nothing is sent.
 */
void
tbx_capabilities_withdraw_async (TbxCapabilities    *self,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  Burst *burst;

  g_task_set_name (task, "tbx-capabilities-withdraw");
  if (!self->registered)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  self->withdrawing = TRUE;
  burst = burst_new (self, FALSE);
  burst->withdrawal = g_steal_pointer (&task);
  burst_send (burst);
}

/**
 * tbx_capabilities_withdraw_finish:
 * @self: the capabilities
 * @result: what the callback got
 * @error: return location for an error
 *
 * Errors: `G_IO_ERROR_CANCELLED` only; what the host refused is logged.
 *
 * Returns: %FALSE when it was cancelled
 */
gboolean
tbx_capabilities_withdraw_finish (TbxCapabilities *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
tbx_capabilities_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TOLD:
      g_value_take_boxed (value, tbx_capabilities_dup_told (TBX_CAPABILITIES (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_capabilities_dispose (GObject *object)
{
  TbxCapabilities *self = TBX_CAPABILITIES (object);

  if (self->tclo != NULL)
    tbx_tclo_remove_command (self->tclo, COMMAND);
  g_clear_object (&self->tclo);
  g_clear_object (&self->rpci);
  G_OBJECT_CLASS (tbx_capabilities_parent_class)->dispose (object);
}

static void
tbx_capabilities_finalize (GObject *object)
{
  TbxCapabilities *self = TBX_CAPABILITIES (object);

  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->told);
  G_OBJECT_CLASS (tbx_capabilities_parent_class)->finalize (object);
}

static void
tbx_capabilities_class_init (TbxCapabilitiesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_capabilities_dispose;
  object_class->finalize = tbx_capabilities_finalize;
  object_class->get_property = tbx_capabilities_get_property;

  /**
   * TbxCapabilities:told:
   *
   * What the host accepted of us.
   */
  props[PROP_TOLD] = g_param_spec_boxed ("told", NULL, NULL, G_TYPE_STRV,
                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * TbxCapabilities::registering:
   * @self: the capabilities
   *
   * The host asked for them: what belongs along with them may be sent now, and
   * reaches the host before they do.
   */
  signals[SIGNAL_REGISTERING] = g_signal_new ("registering", TBX_TYPE_CAPABILITIES,
                                              G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                              G_TYPE_NONE, 0);
}

static void
tbx_capabilities_init (TbxCapabilities *self)
{
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->told = g_ptr_array_new_with_free_func (g_free);
}

/**
 * tbx_capabilities_new:
 * @tclo: whose Capabilities_Register requests are answered
 * @rpci: over which capabilities are told
 *
 * Returns: (transfer full): no capability yet
 */
TbxCapabilities *
tbx_capabilities_new (TbxTclo *tclo, TbxRpci *rpci)
{
  TbxCapabilities *self = g_object_new (TBX_TYPE_CAPABILITIES, NULL);

  self->tclo = g_object_ref (tclo);
  self->rpci = g_object_ref (rpci);
  tbx_tclo_add_command (tclo, COMMAND, handle_register, self);
  return self;
}
