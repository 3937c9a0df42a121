/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hold-private.h"
#include <unistd.h>

/**
 * TbxHold:
 *
 * Delays what the host asks for, while it is held: see [method@Client.hold_power_async].
 *
 * It ends with [method@Hold.release], with the last reference, and when the process ends,
 * however it does.  The daemon waits for it, but not longer than the property
 * `DelayMaxUSec` of `org.toolboxd.Toolbox1.Power` says.
 *
 * Since: 1.0
 */
struct _TbxHold
{
  GObject parent_instance;
  int     fd;   /* owned; -1 once released */
};

enum
{
  PROP_0,
  PROP_HELD,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TbxHold, tbx_hold, G_TYPE_OBJECT)

/**
 * tbx_hold_get_fd:
 * @self: a hold
 *
 * For a child process that is to hold too: it does as long as it has a copy.
 *
 * Returns: a descriptor, which stays ours and is close-on-exec; -1 once released
 *
 * Since: 1.0
 */
int
tbx_hold_get_fd (TbxHold *self)
{
  g_return_val_if_fail (TBX_IS_HOLD (self), -1);
  return self->fd;
}

/**
 * tbx_hold_is_held:
 * @self: a hold
 *
 * What it holds may have come about all the same, when the time was over.
 *
 * Returns: whether it has not been released
 *
 * Since: 1.0
 */
gboolean
tbx_hold_is_held (TbxHold *self)
{
  g_return_val_if_fail (TBX_IS_HOLD (self), FALSE);
  return self->fd >= 0;
}

/**
 * tbx_hold_release:
 * @self: a hold
 *
 * Ends it.  Does nothing the second time.
 *
 * Since: 1.0
 */
void
tbx_hold_release (TbxHold *self)
{
  g_return_if_fail (TBX_IS_HOLD (self));
  if (self->fd < 0)
    return;
  close (self->fd);
  self->fd = -1;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HELD]);
}

static void
tbx_hold_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, tbx_hold_is_held (TBX_HOLD (object)));
}

static void
tbx_hold_finalize (GObject *object)
{
  TbxHold *self = TBX_HOLD (object);

  if (self->fd >= 0)
    close (self->fd);
  G_OBJECT_CLASS (tbx_hold_parent_class)->finalize (object);
}

static void
tbx_hold_class_init (TbxHoldClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_hold_get_property;
  object_class->finalize = tbx_hold_finalize;

  /**
   * TbxHold:held: (getter is_held)
   *
   * Whether it has not been released.
   *
   * Since: 1.0
   */
  props[PROP_HELD] = g_param_spec_boolean ("held", NULL, NULL, TRUE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_hold_init (TbxHold *self)
{
  self->fd = -1;
}

/* Takes @fd. */
TbxHold *
tbx_hold_new (int fd)
{
  TbxHold *self = g_object_new (TBX_TYPE_HOLD, NULL);

  self->fd = fd;
  return self;
}
