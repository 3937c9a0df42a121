/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-opcodes.h"

G_BEGIN_DECLS

/* Which guest operations the administrator lets pass: for all, and further limits for
 * single users and groups.  Every rule that applies must agree.  Immutable once it is
 * in use; reference counted. */
typedef struct _TbxPolicy TbxPolicy;

typedef enum
{
  TBX_POLICY_ALL,
  TBX_POLICY_USER,
  TBX_POLICY_GROUP,
} TbxPolicyScope;

/* One rule.  @allow, when there is one, names all that is not denied. */
typedef struct
{
  gboolean enabled;
  char   **deny;     /* vSphere method names, or NULL (owned) */
  char   **allow;    /* vSphere method names, or NULL: every one (owned) */
} TbxPolicyRule;

TbxPolicy *tbx_policy_new           (void);
TbxPolicy *tbx_policy_ref           (TbxPolicy *self);
void       tbx_policy_unref         (TbxPolicy *self);
void       tbx_policy_set_rule      (TbxPolicy           *self,
                                     TbxPolicyScope       scope,
                                     const char          *name,
                                     const TbxPolicyRule *rule);
TbxVixCode tbx_policy_check         (const TbxPolicy *self, const TbxVixOpcodeInfo *opcode);
TbxVixCode tbx_policy_check_user    (const TbxPolicy        *self,
                                     const TbxVixOpcodeInfo *opcode,
                                     const char             *user,
                                     const char *const      *groups);
gboolean   tbx_policy_allows_method (const TbxPolicy *self, const char *method);
const TbxVixOpcodeInfo *tbx_policy_opcode_of_packet (gconstpointer packet, gsize size);
GVariant  *tbx_policy_to_variant    (const TbxPolicy *self);
GVariant  *tbx_policy_list_methods  (const TbxPolicy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxPolicy, tbx_policy_unref)

G_END_DECLS
