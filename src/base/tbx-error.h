/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TbxError:
 * @TBX_ERROR_FAILED: none of the others
 * @TBX_ERROR_MALFORMED: bytes or text that break their format
 * @TBX_ERROR_TOO_LARGE: a limit on a length or a count is exceeded
 * @TBX_ERROR_BUSY: another request of the kind is under way
 * @TBX_ERROR_REFUSED: the host, or a handler, said no; the message is its text
 * @TBX_ERROR_UNSUPPORTED: the other side does not know the command
 * @TBX_ERROR_TRANSPORT: the channel to the host failed or is down
 * @TBX_ERROR_TIMED_OUT: no answer in time
 * @TBX_ERROR_NOT_FOUND: there is no such thing
 * @TBX_ERROR_EXISTS: there is such a thing already
 * @TBX_ERROR_NOT_AUTHORIZED: the caller may not do that
 * @TBX_ERROR_NOT_VIRTUAL: this machine is not a VMware guest
 *
 * Codes are append-only, for each has a name on the bus.
 */
typedef enum
{
  TBX_ERROR_FAILED,
  TBX_ERROR_MALFORMED,
  TBX_ERROR_TOO_LARGE,
  TBX_ERROR_BUSY,
  TBX_ERROR_REFUSED,
  TBX_ERROR_UNSUPPORTED,
  TBX_ERROR_TRANSPORT,
  TBX_ERROR_TIMED_OUT,
  TBX_ERROR_NOT_FOUND,
  TBX_ERROR_EXISTS,
  TBX_ERROR_NOT_AUTHORIZED,
  TBX_ERROR_NOT_VIRTUAL
} TbxError;

#ifndef __GI_SCANNER__
#define TBX_N_ERRORS (TBX_ERROR_NOT_VIRTUAL + 1)   /* no code, so that bindings have none */
#endif

#define TBX_ERROR (tbx_error_quark ())
GQuark tbx_error_quark (void);

G_END_DECLS
