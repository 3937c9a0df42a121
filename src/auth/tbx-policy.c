/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-policy.h"
#include "tbx-hgfs-way.h"
#include <string.h>

struct _TbxPolicy
{
  gatomicrefcount ref_count;
  TbxPolicyRule   all;
  GHashTable     *users;    /* name (owned) -> TbxPolicyRule (owned) */
  GHashTable     *groups;   /* name (owned) -> TbxPolicyRule (owned) */
};

#define PACKET(method) { TBX_VIX_HGFS_PACKET, "hgfs-packet", method, 0, TBX_VIX_OPCODE_LEGACY }

/* An HGFS packet, by the way of the transfer that it is a part of. */
static const TbxVixOpcodeInfo packets[] = {
  [TBX_HGFS_WAY_EITHER] = PACKET (NULL),
  [TBX_HGFS_WAY_FROM_GUEST] = PACKET ("InitiateFileTransferFromGuest"),
  [TBX_HGFS_WAY_TO_GUEST] = PACKET ("InitiateFileTransferToGuest"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (packets) == TBX_HGFS_N_WAYS);

static void
rule_clear (TbxPolicyRule *rule)
{
  g_strfreev (rule->deny);
  g_strfreev (rule->allow);
}

static void
rule_free (gpointer data)
{
  rule_clear (data);
  g_free (data);
}

static TbxPolicyRule
rule_copy (const TbxPolicyRule *rule)
{
  return (TbxPolicyRule) { rule->enabled, g_strdupv (rule->deny), g_strdupv (rule->allow) };
}

static gboolean
rule_allows (const TbxPolicyRule *rule, const char *method)
{
  if (!rule->enabled)
    return FALSE;
  if (method == NULL)   /* of no method's: only the switch for all concerns it */
    return TRUE;
  if (rule->deny != NULL && g_strv_contains ((const char *const *) rule->deny, method))
    return FALSE;
  return rule->allow == NULL || g_strv_contains ((const char *const *) rule->allow, method);
}

static gboolean
rule_allows_opcode (const TbxPolicyRule *rule, const TbxVixOpcodeInfo *opcode)
{
  if (opcode->opcode == TBX_VIX_GET_TOOLS_STATE)   /* it says what is disabled */
    return TRUE;
  if (opcode->opcode != TBX_VIX_HGFS_PACKET || opcode->method != NULL)
    return rule_allows (rule, opcode->method);
  return rule_allows (rule, packets[TBX_HGFS_WAY_FROM_GUEST].method)
         || rule_allows (rule, packets[TBX_HGFS_WAY_TO_GUEST].method);
}

/**
 * tbx_policy_new:
 *
 * Returns: (transfer full): a policy that lets everything pass
 */
TbxPolicy *
tbx_policy_new (void)
{
  TbxPolicy *self = g_new0 (TbxPolicy, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->all.enabled = TRUE;
  self->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, rule_free);
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, rule_free);
  return self;
}

TbxPolicy *
tbx_policy_ref (TbxPolicy *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_policy_unref (TbxPolicy *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  rule_clear (&self->all);
  g_hash_table_unref (self->users);
  g_hash_table_unref (self->groups);
  g_free (self);
}

/**
 * tbx_policy_set_rule:
 * @self: a policy that is not in use yet
 * @scope: whom the rule is for
 * @name: (nullable): the user or group; none for all
 * @rule: copied; replaces the one before
 */
void
tbx_policy_set_rule (TbxPolicy           *self,
                     TbxPolicyScope       scope,
                     const char          *name,
                     const TbxPolicyRule *rule)
{
  TbxPolicyRule copy = rule_copy (rule);

  if (scope == TBX_POLICY_ALL)
    {
      rule_clear (&self->all);
      self->all = copy;
      return;
    }
  g_hash_table_replace (scope == TBX_POLICY_USER ? self->users : self->groups, g_strdup (name),
                        g_memdup2 (&copy, sizeof copy));
}

/**
 * tbx_policy_opcode_of_packet:
 * @packet: (nullable) (array length=size): a request of HGFS, from the host
 * @size: its length in bytes
 *
 * Returns: (transfer none): %TBX_VIX_HGFS_PACKET with the method that this packet is a part
 *   of; one that may be a part of both passes as long as one of them does
 */
const TbxVixOpcodeInfo *
tbx_policy_opcode_of_packet (gconstpointer packet, gsize size)
{
  return &packets[tbx_hgfs_way (packet, size)];
}

/**
 * tbx_policy_check:
 * @self: the policy
 * @opcode: (nullable): what is asked for; %NULL for what nobody knows
 *
 * For use before the login.
 *
 * Returns: `TBX_VIX_OK` or `TBX_VIX_OPERATION_DISABLED`
 */
TbxVixCode
tbx_policy_check (const TbxPolicy *self, const TbxVixOpcodeInfo *opcode)
{
  gboolean allowed = opcode == NULL ? self->all.enabled : rule_allows_opcode (&self->all, opcode);

  return allowed ? TBX_VIX_OK : TBX_VIX_OPERATION_DISABLED;
}

/**
 * tbx_policy_check_user:
 * @self: the policy
 * @opcode: what is asked for
 * @user: who logged in
 * @groups: (array zero-terminated=1): names of all groups of @user
 *
 * For use after the login, before any side effect.
 *
 * Returns: `TBX_VIX_OK` or `TBX_VIX_OPERATION_DISABLED`
 */
TbxVixCode
tbx_policy_check_user (const TbxPolicy        *self,
                       const TbxVixOpcodeInfo *opcode,
                       const char             *user,
                       const char *const      *groups)
{
  const TbxPolicyRule *rule = g_hash_table_lookup (self->users, user);
  gboolean allowed = rule == NULL || rule_allows_opcode (rule, opcode);

  for (gsize i = 0; allowed && groups[i] != NULL; i++)
    {
      rule = g_hash_table_lookup (self->groups, groups[i]);
      allowed = rule == NULL || rule_allows_opcode (rule, opcode);
    }
  return allowed ? TBX_VIX_OK : TBX_VIX_OPERATION_DISABLED;
}

/**
 * tbx_policy_allows_method:
 * @self: the policy
 * @method: name of a vSphere method
 *
 * Returns: whether it is usable at all; single users may be refused it still
 */
gboolean
tbx_policy_allows_method (const TbxPolicy *self, const char *method)
{
  return rule_allows (&self->all, method);
}

static GVariant *
methods_to_variant (char **methods)
{
  return g_variant_new_strv ((const char *const *) methods, methods == NULL ? 0 : -1);
}

static void
rule_add (GVariantBuilder *builder, const char *scope, const TbxPolicyRule *rule)
{
  GVariantBuilder entry;

  g_variant_builder_init (&entry, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&entry, "{sv}", "enabled", g_variant_new_boolean (rule->enabled));
  g_variant_builder_add (&entry, "{sv}", "deny", methods_to_variant (rule->deny));
  if (rule->allow != NULL)
    g_variant_builder_add (&entry, "{sv}", "allow", methods_to_variant (rule->allow));
  g_variant_builder_add (builder, "{sv}", scope, g_variant_builder_end (&entry));
}

static void
rules_add (GVariantBuilder *builder, const char *kind, GHashTable *rules)
{
  g_autoptr(GList) names = g_list_sort (g_hash_table_get_keys (rules), (GCompareFunc) strcmp);

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *scope = g_strdup_printf ("%s %s", kind, (char *) l->data);

      rule_add (builder, scope, g_hash_table_lookup (rules, l->data));
    }
}

/**
 * tbx_policy_to_variant:
 * @self: the policy
 *
 * Returns: (transfer floating): the rules as `a{sv}`: "all", "user NAME" and "group NAME",
 *   each an `a{sv}` of "enabled" (b), "deny" (as) and, where there is one, "allow" (as)
 */
GVariant *
tbx_policy_to_variant (const TbxPolicy *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rule_add (&builder, "all", &self->all);
  rules_add (&builder, "user", self->users);
  rules_add (&builder, "group", self->groups);
  return g_variant_builder_end (&builder);
}

/* Why a method is not usable; empty when it is. */
static const char *
refusal_reason (const TbxPolicyRule *rule, const TbxVixOpcodeInfo *opcode)
{
  if ((opcode->flags & TBX_VIX_OPCODE_FIXED) && opcode->answer != TBX_VIX_OK)
    return "not-supported";
  if (!rule->enabled)
    return "off";
  if (rule->deny != NULL && g_strv_contains ((const char *const *) rule->deny, opcode->method))
    return "denied";
  return rule_allows (rule, opcode->method) ? "" : "not-allowed";
}

/**
 * tbx_policy_list_methods:
 * @self: the policy
 *
 * Returns: (transfer floating): as `a{ss}`, for each vSphere method why nobody can use it:
 *   "not-supported" (by any Linux guest, whatever the policy), "off", "denied",
 *   "not-allowed"; empty when it can be used
 */
GVariant *
tbx_policy_list_methods (const TbxPolicy *self)
{
  GVariantBuilder builder;
  guint n;
  const TbxVixOpcodeInfo *opcodes = tbx_vix_opcode_list (&n);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < n; i++)
    if (opcodes[i].property != 0)
      g_variant_builder_add (&builder, "{ss}", opcodes[i].method,
                             refusal_reason (&self->all, &opcodes[i]));
  return g_variant_builder_end (&builder);
}
