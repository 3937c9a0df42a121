/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nic-policy.h"
#include "tbx-names.h"
#include <net/if.h>
#include <net/if_arp.h>

struct _TbxNicPolicy
{
  gatomicrefcount ref_count;
  GPtrArray      *primary;   /* of GPatternSpec (owned), as the rest */
  GPtrArray      *low;
  GPtrArray      *exclude;
};

static GPtrArray *
parse_globs (const char *text)
{
  GPtrArray *globs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  g_auto(GStrv) words = g_strsplit (text == NULL ? "" : text, ",", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    if (*g_strstrip (words[i]) != '\0')
      g_ptr_array_add (globs, g_pattern_spec_new (words[i]));
  return globs;
}

static gboolean
globs_match (GPtrArray *globs, const char *name)
{
  for (guint i = 0; i < globs->len; i++)
    if (g_pattern_spec_match_string (globs->pdata[i], name))
      return TRUE;
  return FALSE;
}

/**
 * tbx_nic_policy_new:
 * @primary: (nullable): comma-separated globs of interfaces that come first
 * @low: (nullable): the same of those that come last
 * @exclude: (nullable): the same of those that are left out; %NULL is
 *   `TBX_NIC_EXCLUDE_DEFAULT`, empty is none
 *
 * Empty elements are ignored, blanks around one too.  `*` is any text, `?` any
 * character; the whole name must match, in the same case.
 *
 * Returns: (transfer full): a policy
 */
TbxNicPolicy *
tbx_nic_policy_new (const char *primary, const char *low, const char *exclude)
{
  TbxNicPolicy *self = g_new (TbxNicPolicy, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->primary = parse_globs (primary);
  self->low = parse_globs (low);
  self->exclude = parse_globs (exclude == NULL ? TBX_NIC_EXCLUDE_DEFAULT : exclude);
  return self;
}

/**
 * tbx_nic_policy_ref:
 * @self: the policy
 *
 * Returns: (transfer full): @self
 */
TbxNicPolicy *
tbx_nic_policy_ref (TbxNicPolicy *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * tbx_nic_policy_unref:
 * @self: (transfer full): the policy
 */
void
tbx_nic_policy_unref (TbxNicPolicy *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->primary);
  g_ptr_array_unref (self->low);
  g_ptr_array_unref (self->exclude);
  g_free (self);
}

/**
 * tbx_nic_policy_tier:
 * @self: the policy
 * @name: of an interface
 *
 * Returns: its tier; one that matches both lists is primary
 */
TbxNicTier
tbx_nic_policy_tier (TbxNicPolicy *self, const char *name)
{
  if (globs_match (self->primary, name))
    return TBX_NIC_TIER_PRIMARY;
  return globs_match (self->low, name) ? TBX_NIC_TIER_LOW : TBX_NIC_TIER_NORMAL;
}

/**
 * tbx_nic_policy_excludes:
 * @self: the policy
 * @name: of an interface
 *
 * Returns: whether it is left out whatever else it matches
 */
gboolean
tbx_nic_policy_excludes (TbxNicPolicy *self, const char *name)
{
  return globs_match (self->exclude, name);
}

/* Why it is not told, before anything is counted; empty: it may be told. */
static const char *
policy_reason (TbxNicPolicy *self, TbxNic *nic)
{
  if (tbx_nic_get_flags (nic) & IFF_LOOPBACK)
    return "loopback";
  if (tbx_nic_policy_excludes (self, tbx_nic_get_name (nic)))
    return "excluded";
  if (tbx_nic_get_hardware_type (nic) != ARPHRD_ETHER || tbx_nic_get_mac (nic)[0] == '\0')
    return "no-ethernet-address";
  return tbx_nic_get_flags (nic) & IFF_UP ? "" : "down";
}

/**
 * tbx_nic_policy_select:
 * @self: the policy
 * @nics: (element-type TbxNic): all there are, by kernel index
 * @reasons: (out caller-allocates) (array): as many as @nics: for each a static text
 *   that says why it is not told, empty for those that are
 *
 * Returns: (transfer full) (element-type TbxNic): those to tell, in the order in which
 *   they are told, at most 16
 */
GPtrArray *
tbx_nic_policy_select (TbxNicPolicy *self, GPtrArray *nics, const char **reasons)
{
  GPtrArray *told = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < nics->len; i++)
    reasons[i] = policy_reason (self, nics->pdata[i]);
  for (int tier = TBX_NIC_TIER_PRIMARY; tier <= TBX_NIC_TIER_LOW; tier++)
    for (guint i = 0; i < nics->len; i++)
      {
        TbxNic *nic = nics->pdata[i];

        if (reasons[i][0] != '\0'
            || (int) tbx_nic_policy_tier (self, tbx_nic_get_name (nic)) != tier)
          continue;
        if (told->len < TBX_NICINFO_MAX_NICS)
          g_ptr_array_add (told, g_object_ref (nic));
        else
          reasons[i] = "limit";
      }
  return told;
}
