/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-operation.h"
#include "tbx-error.h"
#include <string.h>

/* Longest list of words that is looked at. */
#define MAX_WORDS_BYTES 256

static const struct
{
  const char *word;      /* on the bus, for power.d, toolboxctl and in the configuration */
  const char *request;   /* TCLO command */
  const char *option;    /* with which the host switches the hooks */
} names[TBX_POWER_N_OPERATIONS] = {
  [TBX_POWER_NONE]     = { "",         "",           "" },
  [TBX_POWER_SHUTDOWN] = { "shutdown", "OS_Halt",    "toolScripts.beforePowerOff" },
  [TBX_POWER_REBOOT]   = { "reboot",   "OS_Reboot",  "toolScripts.beforePowerOff" },
  [TBX_POWER_POWERON]  = { "poweron",  "OS_PowerOn", "toolScripts.afterPowerOn" },
  [TBX_POWER_RESUME]   = { "resume",   "OS_Resume",  "toolScripts.afterResume" },
  [TBX_POWER_SUSPEND]  = { "suspend",  "OS_Suspend", "toolScripts.beforeSuspend" },
};

/**
 * tbx_power_operation_get_word:
 * @operation: an operation
 *
 * Returns: (transfer none): its name everywhere but on the wire; empty for none
 */
const char *
tbx_power_operation_get_word (TbxPowerOperation operation)
{
  return names[operation].word;
}

/**
 * tbx_power_operation_get_request:
 * @operation: an operation
 *
 * Returns: (transfer none): the host's request for it
 */
const char *
tbx_power_operation_get_request (TbxPowerOperation operation)
{
  return names[operation].request;
}

/**
 * tbx_power_operation_get_option:
 * @operation: an operation
 *
 * Returns: (transfer none): the option with which the host switches its hooks
 */
const char *
tbx_power_operation_get_option (TbxPowerOperation operation)
{
  return names[operation].option;
}

/**
 * tbx_power_set_has:
 * @set: some operations
 * @operation: one operation
 */
gboolean
tbx_power_set_has (TbxPowerSet set, TbxPowerOperation operation)
{
  return operation != TBX_POWER_NONE && (set & TBX_POWER_BIT (operation)) != 0;
}

static TbxPowerOperation
operation_of (const char *word)
{
  for (guint i = TBX_POWER_SHUTDOWN; i < TBX_POWER_N_OPERATIONS; i++)
    if (g_str_equal (word, names[i].word))
      return i;
  return TBX_POWER_NONE;
}

/**
 * tbx_power_set_parse:
 * @words: names of operations, joined with ":"
 * @allowed: what may be among them
 * @set: (out): the operations; at least one
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`, also for a word that stands there twice.
 */
gboolean
tbx_power_set_parse (const char *words, TbxPowerSet allowed, TbxPowerSet *set, GError **error)
{
  g_auto(GStrv) list = NULL;
  TbxPowerSet found = 0;

  if (strnlen (words, MAX_WORDS_BYTES + 1) > MAX_WORDS_BYTES)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "the list of operations is too long");
      return FALSE;
    }
  list = g_strsplit (words, ":", -1);
  for (guint i = 0; list[i] != NULL; i++)
    {
      TbxPowerOperation operation = operation_of (list[i]);

      if (!tbx_power_set_has (allowed & ~found, operation))
        {
          g_autofree char *possible = tbx_power_set_format (allowed);

          g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED,
                       "“%s” is not one of %s, or is there twice", list[i], possible);
          return FALSE;
        }
      found |= TBX_POWER_BIT (operation);
    }
  if (found == 0)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "no operation is named");
      return FALSE;
    }
  *set = found;
  return TRUE;
}

/**
 * tbx_power_set_format:
 * @set: some operations
 *
 * Returns: (transfer full): their words, joined with ":"
 */
char *
tbx_power_set_format (TbxPowerSet set)
{
  GString *text = g_string_new (NULL);

  for (guint i = TBX_POWER_SHUTDOWN; i < TBX_POWER_N_OPERATIONS; i++)
    if (tbx_power_set_has (set, i))
      g_string_append_printf (text, "%s%s", text->len > 0 ? ":" : "", names[i].word);
  return g_string_free (text, FALSE);
}
