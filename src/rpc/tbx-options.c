/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-options.h"
#include "tbx-log.h"
#include <string.h>

#define COMMAND "Set_Option"

/* No host sends nearly as many; what is beyond is answered, but not kept. */
#define MAX_OPTIONS    256
#define MAX_KEY_BYTES  128
#define MAX_TEXT_BYTES 4096

/* Source: docs/wire/guestinfo.md, "Set_Option". */
struct _TbxOptions
{
  GObject     parent_instance;
  TbxTclo    *tclo;        /* (owned) */
  GHashTable *handlers;    /* key (owned) -> Listener (owned) */
  GHashTable *values;      /* key (owned) -> value (owned) */
};

typedef struct
{
  TbxOptionHandler handler;
  gpointer         user_data;
} Listener;

G_DEFINE_FINAL_TYPE (TbxOptions, tbx_options, G_TYPE_OBJECT)

enum { PROP_0, PROP_VALUES, N_PROPS };
static GParamSpec *props[N_PROPS];

static void
options_keep (TbxOptions *self, const char *key, const char *value)
{
  if (g_strcmp0 (g_hash_table_lookup (self->values, key), value) == 0)
    return;
  if (!g_hash_table_contains (self->values, key)
      && g_hash_table_size (self->values) >= MAX_OPTIONS)
    return;
  g_hash_table_replace (self->values, g_strdup (key), g_strdup (value));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_VALUES]);
}

static void
handle_set_option (TbxTcloRequest *request, gpointer user_data)
{
  TbxOptions *self = user_data;
  g_autofree char *text = tbx_tclo_request_dup_text (request);
  char *key = text == NULL ? NULL : text + strspn (text, " ");
  char *value = key == NULL ? NULL : strchr (key, ' ');
  Listener *listener;

  if (value == NULL || value[1] == '\0' || value - key > MAX_KEY_BYTES
      || strlen (value) > MAX_TEXT_BYTES)
    {
      tbx_tclo_request_return_error (request, "Unknown or invalid option");
      return;
    }
  *value++ = '\0';
  listener = g_hash_table_lookup (self->handlers, key);
  if (listener == NULL && !g_hash_table_contains (self->values, key))
    tbx_log_rpc (G_LOG_LEVEL_DEBUG, COMMAND, "Nothing here uses the option %s", key);
  options_keep (self, key, value);
  if (listener != NULL)
    listener->handler (value, request, listener->user_data);
  else
    tbx_tclo_request_return (request, NULL);
}

/**
 * tbx_options_add:
 * @self: the options
 * @key: name of an option
 * @handler: (scope forever): called with each new value, which is not empty; must
 *   answer the request
 * @user_data: passed to @handler
 *
 * Returns: %FALSE when @key is taken
 */
gboolean
tbx_options_add (TbxOptions *self, const char *key, TbxOptionHandler handler, gpointer user_data)
{
  Listener *listener;

  if (g_hash_table_contains (self->handlers, key))
    return FALSE;
  listener = g_new (Listener, 1);
  *listener = (Listener) { handler, user_data };
  g_hash_table_insert (self->handlers, g_strdup (key), listener);
  return TRUE;
}

/**
 * tbx_options_get:
 * @self: the options
 * @key: name of an option
 *
 * Returns: (transfer none) (nullable): what the host set it to last
 */
const char *
tbx_options_get (TbxOptions *self, const char *key)
{
  return g_hash_table_lookup (self->values, key);
}

/**
 * tbx_options_dup_values:
 * @self: the options
 *
 * Returns: (transfer full): all that the host set, as `a{ss}`, not floating
 */
GVariant *
tbx_options_dup_values (TbxOptions *self)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer key, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_variant_builder_add (&builder, "{ss}", key, value);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
tbx_options_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_VALUES:
      g_value_take_variant (value, tbx_options_dup_values (TBX_OPTIONS (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_options_dispose (GObject *object)
{
  TbxOptions *self = TBX_OPTIONS (object);

  if (self->tclo != NULL)
    tbx_tclo_remove_command (self->tclo, COMMAND);
  g_clear_object (&self->tclo);
  G_OBJECT_CLASS (tbx_options_parent_class)->dispose (object);
}

static void
tbx_options_finalize (GObject *object)
{
  TbxOptions *self = TBX_OPTIONS (object);

  g_hash_table_unref (self->handlers);
  g_hash_table_unref (self->values);
  G_OBJECT_CLASS (tbx_options_parent_class)->finalize (object);
}

static void
tbx_options_class_init (TbxOptionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_options_dispose;
  object_class->finalize = tbx_options_finalize;
  object_class->get_property = tbx_options_get_property;

  /**
   * TbxOptions:values:
   *
   * All that the host set, as `a{ss}`.
   */
  props[PROP_VALUES] =
    g_param_spec_variant ("values", NULL, NULL, G_VARIANT_TYPE ("a{ss}"), NULL,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_options_init (TbxOptions *self)
{
  self->handlers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * tbx_options_new:
 * @tclo: whose Set_Option requests are answered
 *
 * Returns: (transfer full): no option set yet
 */
TbxOptions *
tbx_options_new (TbxTclo *tclo)
{
  TbxOptions *self = g_object_new (TBX_TYPE_OPTIONS, NULL);

  self->tclo = g_object_ref (tclo);
  tbx_tclo_add_command (tclo, COMMAND, handle_set_option, self);
  return self;
}
