/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-error.h"
#include "tbx-names.h"

static const GDBusErrorEntry entries[] = {
  { TBX_ERROR_FAILED,         TBX_DBUS_ERROR_PREFIX "Failed" },
  { TBX_ERROR_MALFORMED,      TBX_DBUS_ERROR_PREFIX "Malformed" },
  { TBX_ERROR_TOO_LARGE,      TBX_DBUS_ERROR_PREFIX "TooLarge" },
  { TBX_ERROR_BUSY,           TBX_DBUS_ERROR_PREFIX "Busy" },
  { TBX_ERROR_REFUSED,        TBX_DBUS_ERROR_PREFIX "Refused" },
  { TBX_ERROR_UNSUPPORTED,    TBX_DBUS_ERROR_PREFIX "Unsupported" },
  { TBX_ERROR_TRANSPORT,      TBX_DBUS_ERROR_PREFIX "Transport" },
  { TBX_ERROR_TIMED_OUT,      TBX_DBUS_ERROR_PREFIX "TimedOut" },
  { TBX_ERROR_NOT_FOUND,      TBX_DBUS_ERROR_PREFIX "NotFound" },
  { TBX_ERROR_EXISTS,         TBX_DBUS_ERROR_PREFIX "Exists" },
  { TBX_ERROR_NOT_AUTHORIZED, TBX_DBUS_ERROR_PREFIX "NotAuthorized" },
  { TBX_ERROR_NOT_VIRTUAL,    TBX_DBUS_ERROR_PREFIX "NotVirtual" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == TBX_N_ERRORS);

/**
 * tbx_error_quark:
 *
 * The domain of [error@Tbx.Error].  Registers the codes with GDBus, so that an
 * error returned from a method, or received by a client, keeps its code.
 *
 * Returns: the domain
 */
GQuark
tbx_error_quark (void)
{
  static gsize quark;

  g_dbus_error_register_error_domain ("tbx-error-quark", &quark, entries, G_N_ELEMENTS (entries));
  return (GQuark) quark;
}
