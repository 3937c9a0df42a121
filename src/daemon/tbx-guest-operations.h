/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-config.h"
#include "tbx-host-programs.h"
#include "tbx-hostname.h"
#include "tbx-primary.h"
#include "tbx-relay.h"
#include "tbx-rpci.h"
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* The parts of the guest operations put together: from the host's request to the
 * worker of the user, and what the daemon answers itself. */
typedef struct _TbxGuestOperations TbxGuestOperations;

typedef struct
{
  const TbxConfig *config;
  const char      *worker;     /* the worker program, or NULL: the installed one */
  gboolean         self;       /* serve only the user that the daemon runs as, without PAM */
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxPrimary      *primary;
  TbxHostname     *hostname;
} TbxGuestOperationsParts;

TbxGuestOperations *tbx_guest_operations_new        (const TbxGuestOperationsParts *parts);
void                tbx_guest_operations_free       (TbxGuestOperations *self);
void                tbx_guest_operations_set_config (TbxGuestOperations *self,
                                                     const TbxConfig    *config);
TbxRelay           *tbx_guest_operations_get_relay  (TbxGuestOperations *self);
TbxLogin           *tbx_guest_operations_get_login  (TbxGuestOperations *self);
TbxWorkerPool      *tbx_guest_operations_get_pool   (TbxGuestOperations *self);
TbxHostPrograms    *tbx_guest_operations_get_programs (TbxGuestOperations *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxGuestOperations, tbx_guest_operations_free)

G_END_DECLS
