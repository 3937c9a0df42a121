/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-model-private.h"
#include "tbx-names.h"
#include "tbx-sim-describe.h"

/* The host as `vmxsim show` tells it. */

static gboolean
is_running (TbxSimModel *self)
{
  for (guint i = 0; i < self->channels->len; i++)
    {
      const TbxSimModelChannel *channel = g_ptr_array_index (self->channels, i);

      if (!channel->closed && !channel->dead && channel->answers
          && g_strcmp0 (channel->name, TBX_APP_NAME) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
describe_channel (JsonBuilder *b, const TbxSimModelChannel *channel)
{
  gboolean tclo = channel->protocol == TBX_SIM_TCLO;

  json_builder_begin_object (b);
  tbx_sim_describe_text (b, "protocol", tclo ? "TCLO" : "RPCI");
  tbx_sim_describe_text (b, "transport",
                         channel->transport == TBX_SIM_TRANSPORT_SOCKET ? "socket" : "backdoor");
  tbx_sim_describe_text (b, "owner", channel->owner);
  tbx_sim_describe_text (b, "name", channel->name);
  tbx_sim_describe_flag (b, "closed", channel->closed);
  if (tclo)
    {
      tbx_sim_describe_flag (b, "alive", !channel->dead);
      tbx_sim_describe_flag (b, "introduced",
                             tbx_sim_script_done (&channel->script)
                               && channel->tclo.replies >= tbx_sim_script_length ());
      tbx_sim_describe_flag (b, "replyOwed", channel->tclo.owed != NULL);
      tbx_sim_describe_number (b, "waiting", channel->tclo.waiting.length);
      tbx_sim_describe_number (b, "replies", channel->tclo.replies);
    }
  json_builder_end_object (b);
}

static void
describe_statistics (JsonBuilder *b, TbxSimModel *self)
{
  static const char *names[] = {
    [TBX_SIM_COUNTER_STOPS] = "stops",
    [TBX_SIM_COUNTER_POLLS] = "polls",
    [TBX_SIM_COUNTER_REQUESTS] = "requests",
    [TBX_SIM_COUNTER_REPLIES] = "replies",
    [TBX_SIM_COUNTER_VIOLATIONS] = "violations",
    [TBX_SIM_COUNTER_REJECTED] = "rejected",
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (names) == TBX_SIM_N_COUNTERS);

  json_builder_set_member_name (b, "statistics");
  json_builder_begin_object (b);
  for (guint i = 0; i < TBX_SIM_N_COUNTERS; i++)
    tbx_sim_describe_number (b, names[i], (gint64) self->counters[i]);
  tbx_sim_describe_number (b, "faults", tbx_sim_faults_pending (self->faults));
  json_builder_end_object (b);
}

/**
 * tbx_sim_model_describe:
 * @self: the host
 *
 * Returns: (transfer full): all that it knows of its guest, as a JSON object
 */
JsonNode *
tbx_sim_model_describe (TbxSimModel *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr(JsonBuilder) b = json_builder_new ();

  json_builder_begin_object (b);
  json_builder_set_member_name (b, "guest");
  json_builder_begin_object (b);
  tbx_sim_describe_guest (b, self->guest, is_running (self));
  json_builder_end_object (b);
  tbx_sim_describe_history (b, self->guest);
  json_builder_set_member_name (b, "channels");
  json_builder_begin_array (b);
  for (guint i = 0; i < self->channels->len; i++)
    describe_channel (b, g_ptr_array_index (self->channels, i));
  json_builder_end_array (b);
  describe_statistics (b, self);
  json_builder_set_member_name (b, "violations");
  json_builder_begin_array (b);
  for (const GList *l = self->violations.head; l != NULL; l = l->next)
    json_builder_add_string_value (b, l->data);
  json_builder_end_array (b);
  json_builder_end_object (b);
  return json_builder_get_root (b);
}
