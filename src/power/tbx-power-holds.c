/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-holds.h"
#include "tbx-error.h"
#include <string.h>

/* Longest texts of a hold, bytes. */
#define MAX_WHO_BYTES 64
#define MAX_WHY_BYTES 256

struct _TbxPowerHolds
{
  GObject    parent_instance;
  GPtrArray *holds;         /* of Hold (owned), oldest first */
  guint      last_cookie;
};

typedef struct
{
  guint       cookie;
  TbxPowerSet operations;
  char       *who;          /* owned */
  char       *why;          /* owned */
} Hold;

G_DEFINE_FINAL_TYPE (TbxPowerHolds, tbx_power_holds, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
hold_free (gpointer data)
{
  Hold *hold = data;

  g_free (hold->who);
  g_free (hold->why);
  g_free (hold);
}

static gboolean
check_text (const char *name, const char *text, gsize least, gsize most, GError **error)
{
  gsize size = strlen (text);

  if (size >= least && size <= most && g_utf8_validate (text, (gssize) size, NULL))
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED,
               "“%s” must have %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " bytes of UTF-8", name,
               least, most);
  return FALSE;
}

/**
 * tbx_power_holds_take:
 * @self: the holds
 * @operations: what is delayed
 * @who: name of who holds, 1 to 64 bytes of UTF-8
 * @why: reason, for people; at most 256 bytes of UTF-8
 * @error: return location for an error
 *
 * A hold delays each of @operations that comes while it is there, and one that is
 * being prepared too.
 * Errors: `TBX_ERROR_MALFORMED`, `TBX_ERROR_TOO_LARGE` when there are too many.
 *
 * Returns: what ends it with tbx_power_holds_release(); 0 on error
 */
guint
tbx_power_holds_take (TbxPowerHolds *self,
                      TbxPowerSet    operations,
                      const char    *who,
                      const char    *why,
                      GError       **error)
{
  Hold *hold;

  if (!check_text ("who", who, 1, MAX_WHO_BYTES, error)
      || !check_text ("why", why, 0, MAX_WHY_BYTES, error))
    return 0;
  if (self->holds->len >= TBX_POWER_MAX_HOLDS)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "there are %d holds already",
                   TBX_POWER_MAX_HOLDS);
      return 0;
    }
  hold = g_new (Hold, 1);
  *hold = (Hold) { ++self->last_cookie, operations, g_strdup (who), g_strdup (why) };
  if (hold->cookie == 0)   /* it wrapped; older ones are long gone */
    hold->cookie = ++self->last_cookie;
  g_ptr_array_add (self->holds, hold);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return hold->cookie;
}

/**
 * tbx_power_holds_release:
 * @self: the holds
 * @cookie: a hold, or what was one
 */
void
tbx_power_holds_release (TbxPowerHolds *self, guint cookie)
{
  for (guint i = 0; i < self->holds->len; i++)
    {
      Hold *hold = g_ptr_array_index (self->holds, i);

      if (hold->cookie != cookie)
        continue;
      g_ptr_array_remove_index (self->holds, i);
      g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
      return;
    }
}

/**
 * tbx_power_holds_count:
 * @self: the holds
 * @operation: an operation
 *
 * Returns: how many delay it
 */
guint
tbx_power_holds_count (TbxPowerHolds *self, TbxPowerOperation operation)
{
  guint n = 0;

  for (guint i = 0; i < self->holds->len; i++)
    n += tbx_power_set_has (((Hold *) g_ptr_array_index (self->holds, i))->operations, operation);
  return n;
}

/**
 * tbx_power_holds_dup_all:
 * @self: the holds
 *
 * Returns: (transfer full): `a(sss)`: operations, who, why; not floating
 */
GVariant *
tbx_power_holds_dup_all (TbxPowerHolds *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < self->holds->len; i++)
    {
      Hold *hold = g_ptr_array_index (self->holds, i);
      g_autofree char *what = tbx_power_set_format (hold->operations);

      g_variant_builder_add (&builder, "(sss)", what, hold->who, hold->why);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * tbx_power_holds_append_who:
 * @self: the holds
 * @operation: an operation
 * @builder: of `a(ss)`; gets "hold" and who, for each that delays it
 */
void
tbx_power_holds_append_who (TbxPowerHolds     *self,
                            TbxPowerOperation  operation,
                            GVariantBuilder   *builder)
{
  for (guint i = 0; i < self->holds->len; i++)
    {
      Hold *hold = g_ptr_array_index (self->holds, i);

      if (tbx_power_set_has (hold->operations, operation))
        g_variant_builder_add (builder, "(ss)", "hold", hold->who);
    }
}

static void
tbx_power_holds_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_POWER_HOLDS (object)->holds);
  G_OBJECT_CLASS (tbx_power_holds_parent_class)->finalize (object);
}

static void
tbx_power_holds_class_init (TbxPowerHoldsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_power_holds_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_POWER_HOLDS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_power_holds_init (TbxPowerHolds *self)
{
  self->holds = g_ptr_array_new_with_free_func (hold_free);
}

/**
 * tbx_power_holds_new:
 *
 * Returns: (transfer full): no hold yet
 */
TbxPowerHolds *
tbx_power_holds_new (void)
{
  return g_object_new (TBX_TYPE_POWER_HOLDS, NULL);
}
