/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power-fakes.h"
#include "tbx-error.h"

/* A handler and a back end in one, which does what the test says. */
#define TYPE_FAKE (fake_get_type ())
G_DECLARE_FINAL_TYPE (Fake, fake, TEST, FAKE, GObject)

struct _Fake
{
  GObject  parent_instance;
  char    *name;    /* owned */
  FakeWay  way;
  GString *trace;   /* the test's */
};

guint n_late;

static void handler_init (TbxPowerHandlerInterface *iface);
static void backend_init (TbxPowerBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (Fake, fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_HANDLER, handler_init)
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_BACKEND, backend_init))

/* Too late is as good as never, and leaves nothing behind. */
static gboolean
on_late (gpointer user_data)
{
  g_autoptr(GTask) task = user_data;

  n_late++;
  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
fake_ask (Fake *self, TbxPowerOperation operation, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);

  g_string_append_printf (self->trace, "%s%s:%s", self->trace->len > 0 ? " " : "", self->name,
                          tbx_power_operation_get_word (operation));
  switch (self->way)
    {
    case FAKE_YES:
      g_task_return_boolean (task, TRUE);
      break;
    case FAKE_NO:
      g_task_return_boolean (task, FALSE);
      break;
    case FAKE_REFUSES:
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_REFUSED, "not now");
      break;
    case FAKE_FAILS:
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_NOT_FOUND, "away");
      break;
    case FAKE_HANGS:
    default:
      g_timeout_add (FAKE_LATE_MS, on_late, g_steal_pointer (&task));
      break;
    }
}

static const char *
handler_get_name (TbxPowerHandler *handler)
{
  return TEST_FAKE (handler)->name;
}

static void
handler_handle_async (TbxPowerHandler    *handler,
                      TbxPowerOperation   operation,
                      gint64              deadline_us,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_assert_cmpint (deadline_us, >, g_get_monotonic_time () - G_USEC_PER_SEC);
  fake_ask (TEST_FAKE (handler), operation, callback, user_data);
}

static gboolean
handler_handle_finish (TbxPowerHandler *handler,
                       GAsyncResult    *result,
                       gboolean        *handled,
                       char           **message,
                       GError         **error)
{
  GError *own = NULL;

  *handled = g_task_propagate_boolean (G_TASK (result), &own);
  *message = g_strdup_printf ("%s was here", TEST_FAKE (handler)->name);
  if (own == NULL)
    return TRUE;
  g_propagate_error (error, own);
  return FALSE;
}

static void
handler_init (TbxPowerHandlerInterface *iface)
{
  iface->get_name = handler_get_name;
  iface->handle_async = handler_handle_async;
  iface->handle_finish = handler_handle_finish;
}

static const char *
backend_get_name (TbxPowerBackend *backend)
{
  return TEST_FAKE (backend)->name;
}

static void
backend_act_async (TbxPowerBackend    *backend,
                   TbxPowerOperation   operation,
                   GCancellable       *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer            user_data)
{
  fake_ask (TEST_FAKE (backend), operation, callback, user_data);
}

static gboolean
backend_act_finish (TbxPowerBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
backend_init (TbxPowerBackendInterface *iface)
{
  iface->get_name = backend_get_name;
  iface->act_async = backend_act_async;
  iface->act_finish = backend_act_finish;
}

static void
fake_finalize (GObject *object)
{
  g_free (TEST_FAKE (object)->name);
  G_OBJECT_CLASS (fake_parent_class)->finalize (object);
}

static void
fake_class_init (FakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fake_finalize;
}

static void
fake_init (Fake *self)
{
}

static Fake *
fake_new (const char *name, FakeWay way, GString *trace)
{
  Fake *self = g_object_new (TYPE_FAKE, NULL);

  self->name = g_strdup (name);
  self->way = way;
  self->trace = trace;
  return self;
}

TbxPowerHandler *
fake_handler_new (const char *name, FakeWay way, GString *trace)
{
  return TBX_POWER_HANDLER (fake_new (name, way, trace));
}

TbxPowerBackend *
fake_backend_new (const char *name, FakeWay way, GString *trace)
{
  return TBX_POWER_BACKEND (fake_new (name, way, trace));
}

static GString *warnings;

static GLogWriterOutput
keep_record (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; (level & G_LOG_LEVEL_WARNING) != 0 && i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (warnings, "%s%s", warnings->len > 0 ? "|" : "",
                              (const char *) fields[i].value);
  return (level & G_LOG_LEVEL_WARNING) != 0 ? G_LOG_WRITER_HANDLED
                                            : g_log_writer_default (level, fields, n_fields, user_data);
}

void
keep_warnings (void)
{
  warnings = g_string_new (NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (keep_record, NULL, NULL);
}

void
assert_warned (const char *pattern)
{
  if (!g_pattern_match_simple (pattern, warnings->str))
    g_error ("warned of “%s”, not of “%s”", warnings->str, pattern);
  g_string_truncate (warnings, 0);
}
