/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-orders.h"
#include "tbx-error.h"
#include "tbx-sim-message.h"
#include <string.h>

#define DEFAULT_REFUSAL "0 Unknown command"
#define MAX_RESETS 16

/* The commands of the control socket that are done at once. */

/* Adds results to @reply, an open object. */
typedef gboolean (*Order) (TbxSimModel *model, JsonObject *request, JsonBuilder *reply,
                           GError **error);

static gboolean
order_show (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  json_builder_set_member_name (reply, "host");
  json_builder_add_value (reply, tbx_sim_model_describe (model));
  return TRUE;
}

/* With or without its prefix. */
static char *
full_key (JsonObject *request, GError **error)
{
  const char *key = tbx_sim_message_text (request, "key", error);

  if (key == NULL)
    return NULL;
  return g_strconcat (g_str_has_prefix (key, "guestinfo.") ? "" : "guestinfo.", key, NULL);
}

static gboolean
order_get (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  g_autofree char *key = full_key (request, error);
  g_autoptr(GBytes) value = NULL;

  if (key == NULL)
    return FALSE;
  value = tbx_sim_model_get_variable (model, key);
  if (value == NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "%s: no value", key);
      return FALSE;
    }
  tbx_sim_message_add (reply, "value", value);
  return TRUE;
}

static gboolean
order_set (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  g_autofree char *key = full_key (request, error);
  g_autoptr(GBytes) value = NULL;

  if (key == NULL)
    return FALSE;
  value = tbx_sim_message_bytes (request, "value", error);
  return value != NULL && tbx_sim_model_set_variable (model, key, value, error);
}

static gboolean
read_protocol (JsonObject *request, guint32 *protocol, GError **error)
{
  const char *name;

  *protocol = 0;
  if (!json_object_has_member (request, "protocol"))
    return TRUE;
  name = tbx_sim_message_text (request, "protocol", error);
  if (name == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (name, "rpci") == 0)
    *protocol = TBX_SIM_RPCI;
  else if (g_ascii_strcasecmp (name, "tclo") == 0)
    *protocol = TBX_SIM_TCLO;
  else
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "protocol: neither rpci nor tclo");
  return *protocol != 0;
}

static gboolean
fault_reset (TbxSimModel *model, guint count, GError **error)
{
  g_autoptr(GBytes) text = g_bytes_new_static ("reset", 5);

  if (count == 0 || count > MAX_RESETS)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "count: not from 1 to %d", MAX_RESETS);
      return FALSE;
    }
  for (guint i = 0; i < count; i++)
    if (!tbx_sim_model_request (model, NULL, text, NULL, NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_steps (JsonObject *request, guint *steps, GError **error)
{
  const char *name;
  TbxSimStep step;

  if (!json_object_has_member (request, "step"))
    return TRUE;
  name = tbx_sim_message_text (request, "step", error);
  if (name == NULL)
    return FALSE;
  if (!tbx_sim_fault_step_by_name (name, &step))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: no such step", name);
      return FALSE;
    }
  *steps = 1u << step;
  return TRUE;
}

/* For a rule without a count: forever while a time is given, else once. */
static gboolean
read_rule (JsonObject *request, TbxSimFaultRule *rule, GError **error)
{
  guint seconds = 0;

  rule->nth = 1;
  rule->delay_ms = 200;
  if (!tbx_sim_message_uint (request, "seconds", &seconds, error))
    return FALSE;
  rule->count = seconds > 0 ? TBX_SIM_FAULT_FOREVER : 1;
  if (seconds > 0)
    rule->until_us = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
  if (tbx_sim_message_flag (request, "forever"))
    rule->count = TBX_SIM_FAULT_FOREVER;
  return tbx_sim_message_uint (request, "count", &rule->count, error)
         && tbx_sim_message_uint (request, "nth", &rule->nth, error)
         && tbx_sim_message_uint (request, "delay-ms", &rule->delay_ms, error)
         && read_protocol (request, &rule->protocol, error)
         && read_steps (request, &rule->steps, error);
}

static gboolean
order_fault (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  const char *kind = tbx_sim_message_text (request, "kind", error);
  TbxSimFaultRule rule = { 0 };

  if (kind == NULL || !read_rule (request, &rule, error))
    return FALSE;
  if (strcmp (kind, "close") == 0)
    {
      guint n = tbx_sim_model_close_channels (model, rule.protocol);

      json_builder_set_member_name (reply, "closed");
      json_builder_add_int_value (reply, n);
      return TRUE;
    }
  if (strcmp (kind, "reset") == 0)
    return fault_reset (model, rule.count, error);
  if (strcmp (kind, "none") == 0)
    {
      tbx_sim_model_clear_faults (model);
      return TRUE;
    }
  if (tbx_sim_fault_from_name (kind, &rule.kind))
    return tbx_sim_model_add_fault (model, &rule, error);
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: no such fault", kind);
  return FALSE;
}

static gboolean
order_refuse (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  const char *prefix = tbx_sim_message_text (request, "prefix", error);
  g_autoptr(GBytes) answer = NULL;

  if (prefix == NULL)
    return FALSE;
  if (*prefix == '\0')
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "prefix: empty");
      return FALSE;
    }
  if (json_object_has_member (request, "reply"))
    answer = tbx_sim_message_bytes (request, "reply", error);
  else
    answer = g_bytes_new_static (DEFAULT_REFUSAL, strlen (DEFAULT_REFUSAL));
  return answer != NULL && tbx_sim_model_override (model, prefix, answer, error);
}

static gboolean
order_allow (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  const char *prefix = tbx_sim_message_text (request, "prefix", error);

  if (prefix == NULL)
    return FALSE;
  if (tbx_sim_model_restore (model, prefix) > 0 || *prefix == '\0')
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "%s: was not refused", prefix);
  return FALSE;
}

static const struct
{
  const char *name;
  Order       order;
} orders[] = {
  { "show", order_show },
  { "get", order_get },
  { "set", order_set },
  { "fault", order_fault },
  { "refuse", order_refuse },
  { "allow", order_allow },
};

/**
 * tbx_sim_order:
 * @model: the host
 * @request: what a client of the control socket wants
 * @reply: an open object, which the results are added to
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`, `TBX_ERROR_UNSUPPORTED` for a command that is
 * none of these, and what the host says.
 */
gboolean
tbx_sim_order (TbxSimModel *model, JsonObject *request, JsonBuilder *reply, GError **error)
{
  const char *command = tbx_sim_message_text (request, "command", error);

  if (command == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    if (strcmp (orders[i].name, command) == 0)
      return orders[i].order (model, request, reply, error);
  g_set_error (error, TBX_ERROR, TBX_ERROR_UNSUPPORTED, "%s: no such command", command);
  return FALSE;
}
