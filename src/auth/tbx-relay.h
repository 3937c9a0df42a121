/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-login.h"
#include "tbx-policy.h"
#include "tbx-tclo.h"
#include "tbx-vix-codec.h"

G_BEGIN_DECLS

/* Takes the host's VIX requests, checks frame, policy and login, and hands them to the
 * worker of the user; knows nothing of what they do.
 *
 * Signals: "operation" (gpointer: const TbxOperation *), once for each request;
 * "policy-changed". */
#define TBX_TYPE_RELAY (tbx_relay_get_type ())
G_DECLARE_FINAL_TYPE (TbxRelay, tbx_relay, TBX, RELAY, GObject)

/* One request that was answered: for the audit. */
typedef struct
{
  guint32     opcode;
  const char *name;           /* of the opcode, or "unknown" */
  const char *method;         /* the vSphere method, or NULL */
  const char *user;           /* (nullable): as the request names it, or once verified as
                               * passwd does; UTF-8 */
  gint64      uid;            /* -1: nobody was verified */
  guint32     code;           /* TbxVixCode */
  int         error_number;   /* an errno, or 0 */
  gint64      duration_us;
} TbxOperation;

/* Answers a request in the daemon itself: gives the payload on success (transfer full,
 * nullable: empty), else sets @code.  @account is NULL for an opcode without login. */
typedef GBytes *(*TbxRelayLocal) (const TbxVixMessage *message,
                                  TbxAccount          *account,
                                  TbxVixCode          *code,
                                  gpointer             user_data);

/* One request, while it is answered in another place.  Reference counted; the last
 * reference to one without an answer gives it a failure. */
typedef struct _TbxRelayCall TbxRelayCall;

/* Answers a request whose user is logged in, or passes it on, now or later.  The body is
 * in the channel's buffer: what must last longer is to be copied. */
typedef void (*TbxRelayRemote) (TbxRelayCall        *call,
                                const TbxVixMessage *message,
                                TbxAccount          *account,
                                gpointer             user_data);

TbxRelay *tbx_relay_new        (TbxTclo *tclo, TbxLogin *login);
void      tbx_relay_set_policy (TbxRelay *self, TbxPolicy *policy);
TbxPolicy *tbx_relay_get_policy (TbxRelay *self);
void      tbx_relay_add_local  (TbxRelay     *self,
                                guint32       opcode,
                                TbxRelayLocal handler,
                                gpointer      user_data);
void      tbx_relay_override   (TbxRelay      *self,
                                guint32        opcode,
                                TbxRelayRemote handler,
                                gpointer       user_data);

TbxRelayCall *tbx_relay_call_ref     (TbxRelayCall *self);
void          tbx_relay_call_unref   (TbxRelayCall *self);
void          tbx_relay_call_return  (TbxRelayCall *self,
                                      guint32       code,
                                      int           error_number,
                                      GBytes       *payload);
void          tbx_relay_call_pass_on (TbxRelayCall *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxRelayCall, tbx_relay_call_unref)

G_END_DECLS
