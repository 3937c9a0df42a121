/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-faults.h"
#include "tbx-error.h"

/* More than any test sets; bounds what a client of the control socket can add. */
#define MAX_RULES 64

/* The faults that are set and not used up.  Not locked: its owner does that. */
struct _TbxSimFaults
{
  GArray *rules;   /* of TbxSimFaultRule, in the order in which they were set */
};

#define BIT(step) (1u << TBX_SIM_STEP_##step)

/* Where a host loses its place, that is in each step of a message but the first. */
#define MESSAGE_STEPS \
  (BIT (SEND_PAYLOAD) | BIT (RECV_PAYLOAD) | BIT (RECV_STATUS) | BIT (HB_OUT) | BIT (HB_IN))
#define CHANNEL_STEPS (MESSAGE_STEPS | BIT (SEND_SIZE) | BIT (RECV_SIZE))

/* A kind without a strike is asked for by name, where it happens. */
static const struct
{
  const char   *name;
  TbxSimStrikes strike;
  guint         usual;      /* steps when a rule names none */
  guint         possible;   /* steps that a rule may name */
} kinds[] = {
  [TBX_SIM_FAULT_CHECKPOINT] = { "checkpoint", TBX_SIM_STRIKE_CHECKPOINT, MESSAGE_STEPS,
                                 CHANNEL_STEPS },
  [TBX_SIM_FAULT_DROP_COOKIE] = { "drop-cookie", TBX_SIM_STRIKE_DROP_COOKIE, CHANNEL_STEPS,
                                  CHANNEL_STEPS | BIT (CLOSE) },
  [TBX_SIM_FAULT_FAIL] = { "fail", TBX_SIM_STRIKE_FAIL, CHANNEL_STEPS,
                           CHANNEL_STEPS | BIT (CLOSE) },
  [TBX_SIM_FAULT_SLOW] = { "slow", 0, CHANNEL_STEPS | BIT (CLOSE) | BIT (PACKET),
                           CHANNEL_STEPS | BIT (CLOSE) | BIT (PACKET) },
  [TBX_SIM_FAULT_REFUSE_OPEN] = { "refuse-open", 0, BIT (OPEN), BIT (OPEN) },
  [TBX_SIM_FAULT_LOSE_REPLY] = { "lose-reply", 0, BIT (PACKET), BIT (PACKET) },
  [TBX_SIM_FAULT_WRONG_TYPE] = { "wrong-type", TBX_SIM_STRIKE_WRONG_TYPE,
                                 BIT (RECV_SIZE) | BIT (RECV_PAYLOAD),
                                 BIT (RECV_SIZE) | BIT (RECV_PAYLOAD) },
  [TBX_SIM_FAULT_MISSING] = { "missing", TBX_SIM_STRIKE_MISSING, BIT (RECV_SIZE), BIT (RECV_SIZE) },
  [TBX_SIM_FAULT_HUGE] = { "huge", TBX_SIM_STRIKE_HUGE, BIT (RECV_SIZE), BIT (RECV_SIZE) },
  [TBX_SIM_FAULT_ENDLESS] = { "endless", TBX_SIM_STRIKE_ENDLESS, BIT (RECV_SIZE), BIT (RECV_SIZE) },
  [TBX_SIM_FAULT_NOISE] = { "noise", TBX_SIM_STRIKE_NOISE, CHANNEL_STEPS | BIT (CLOSE),
                            CHANNEL_STEPS | BIT (CLOSE) },
  [TBX_SIM_FAULT_LOW] = { "low", TBX_SIM_STRIKE_LOW, BIT (SEND_SIZE) | BIT (RECV_SIZE),
                          BIT (SEND_SIZE) | BIT (RECV_SIZE) },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == TBX_SIM_N_FAULTS);

static const char *step_names[] = {
  [TBX_SIM_STEP_OPEN] = "open",
  [TBX_SIM_STEP_SEND_SIZE] = "send-size",
  [TBX_SIM_STEP_SEND_PAYLOAD] = "send-payload",
  [TBX_SIM_STEP_RECV_SIZE] = "recv-size",
  [TBX_SIM_STEP_RECV_PAYLOAD] = "recv-payload",
  [TBX_SIM_STEP_RECV_STATUS] = "recv-status",
  [TBX_SIM_STEP_CLOSE] = "close",
  [TBX_SIM_STEP_HB_OUT] = "hb-out",
  [TBX_SIM_STEP_HB_IN] = "hb-in",
  [TBX_SIM_STEP_PACKET] = "packet",
};
G_STATIC_ASSERT (G_N_ELEMENTS (step_names) == TBX_SIM_N_STEPS);

TbxSimFaults *
tbx_sim_faults_new (void)
{
  TbxSimFaults *self = g_new0 (TbxSimFaults, 1);

  self->rules = g_array_new (FALSE, FALSE, sizeof (TbxSimFaultRule));
  return self;
}

void
tbx_sim_faults_free (TbxSimFaults *self)
{
  g_array_unref (self->rules);
  g_free (self);
}

/**
 * tbx_sim_faults_add:
 * @self: the faults
 * @rule: what to add
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` for a step at which it cannot happen and a count
 * or number of 0, `TBX_ERROR_TOO_LARGE` when too many are set.
 */
gboolean
tbx_sim_faults_add (TbxSimFaults *self, const TbxSimFaultRule *rule, GError **error)
{
  if (rule->kind >= TBX_SIM_N_FAULTS || rule->count == 0 || rule->nth == 0)
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "a fault's count and number begin with 1");
  else if (rule->steps & ~kinds[rule->kind].possible)
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s cannot happen at that step",
                 kinds[rule->kind].name);
  else if (self->rules->len >= MAX_RULES)
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%u faults are set already", MAX_RULES);
  else
    {
      g_array_append_val (self->rules, *rule);
      return TRUE;
    }
  return FALSE;
}

void
tbx_sim_faults_clear (TbxSimFaults *self)
{
  g_array_set_size (self->rules, 0);
}

static void
drop_outdated (TbxSimFaults *self)
{
  for (guint i = self->rules->len; i-- > 0;)
    {
      const TbxSimFaultRule *rule = &g_array_index (self->rules, TbxSimFaultRule, i);

      if (rule->until_us != 0 && rule->until_us <= g_get_monotonic_time ())
        g_array_remove_index (self->rules, i);
    }
}

/**
 * tbx_sim_faults_pending:
 * @self: the faults
 *
 * Returns: how many are set and not used up
 */
guint
tbx_sim_faults_pending (TbxSimFaults *self)
{
  drop_outdated (self);
  return self->rules->len;
}

/**
 * tbx_sim_faults_strike:
 * @self: the faults
 * @kind: one kind
 * @protocol: of the channel
 * @step: what is about to be done on it
 *
 * Counts @step against all rules of @kind, and uses up one strike of the first
 * that applies.
 *
 * Returns: 0 when nothing goes wrong, else how long it takes in milliseconds, at least 1
 */
guint
tbx_sim_faults_strike (TbxSimFaults  *self,
                       TbxSimFault    kind,
                       TbxSimProtocol protocol,
                       TbxSimStep     step)
{
  guint struck = 0;

  if (self->rules->len == 0)
    return 0;
  drop_outdated (self);
  for (guint i = 0; i < self->rules->len; i++)
    {
      TbxSimFaultRule *rule = &g_array_index (self->rules, TbxSimFaultRule, i);
      guint steps = rule->steps != 0 ? rule->steps : kinds[rule->kind].usual;

      if (rule->kind != kind || !(steps & 1u << step)
          || (rule->protocol != 0 && rule->protocol != protocol))
        continue;
      if (rule->nth > 1)
        {
          rule->nth--;
          continue;
        }
      if (struck != 0)
        continue;
      struck = MAX (rule->delay_ms, 1);
      if (rule->count != TBX_SIM_FAULT_FOREVER && --rule->count == 0)
        g_array_remove_index (self->rules, i--);
    }
  return struck;
}

/**
 * tbx_sim_faults_at_step:
 * @self: the faults
 * @protocol: of the channel
 * @step: what is about to be done on it
 * @delay_ms: (out): how long it takes, milliseconds
 *
 * Returns: all that goes wrong with @step
 */
TbxSimStrikes
tbx_sim_faults_at_step (TbxSimFaults  *self,
                        TbxSimProtocol protocol,
                        TbxSimStep     step,
                        guint         *delay_ms)
{
  TbxSimStrikes found = 0;

  for (guint i = 0; i < TBX_SIM_N_FAULTS && self->rules->len > 0; i++)
    if (kinds[i].strike != 0 && tbx_sim_faults_strike (self, i, protocol, step) != 0)
      found |= kinds[i].strike;
  *delay_ms = tbx_sim_faults_strike (self, TBX_SIM_FAULT_SLOW, protocol, step);
  return found;
}

gboolean
tbx_sim_fault_from_name (const char *name, TbxSimFault *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kinds[i].name, name) == 0)
      {
        *kind = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
tbx_sim_fault_step_by_name (const char *name, TbxSimStep *step)
{
  for (guint i = 0; i < G_N_ELEMENTS (step_names); i++)
    if (g_strcmp0 (step_names[i], name) == 0)
      {
        *step = i;
        return TRUE;
      }
  return FALSE;
}
