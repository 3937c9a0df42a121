/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include <string.h>

/* What a program is given that names no environment of its own. */
static const char *
find_variable (TbxOps *self, const char *name)
{
  char **environment = tbx_ops_get_user (self)->environment;
  gsize length = strlen (name);

  for (gsize i = 0; environment[i] != NULL; i++)
    if (strncmp (environment[i], name, length) == 0 && environment[i][length] == '=')
      return environment[i];
  return NULL;
}

/* Source: docs/wire/vix.md, "Environment". */
void
tbx_handle_read_environment (TbxOps *self, TbxOp *op)
{
  const TbxVixStrings *names = &tbx_op_get_request (op)->read_env.names;
  char **environment = tbx_ops_get_user (self)->environment;
  g_autoptr(GString) text = g_string_new (NULL);
  gboolean fits = TRUE;

  if (names->count == 0)
    for (gsize i = 0; fits && environment[i] != NULL; i++)
      fits = tbx_vix_variable_append (text, TBX_VIX_PAYLOAD_MAX_BYTES, environment[i]);
  else
    for (const char *name = NULL; fits && (name = tbx_vix_strings_next (names, name)) != NULL;)
      {
        const char *variable = find_variable (self, name);

        if (variable != NULL)
          fits = tbx_vix_variable_append (text, TBX_VIX_PAYLOAD_MAX_BYTES, variable);
      }
  /* A list that is silently incomplete would be taken for the whole. */
  if (fits)
    tbx_op_return_data (op, text->str, text->len);
  else
    tbx_op_return (op, TBX_VIX_OUT_OF_MEMORY, 0);
}

void
tbx_handle_read_variable (TbxOps *self, TbxOp *op)
{
  const TbxVixVariable *request = &tbx_op_get_request (op)->variable;
  const char *variable;

  if (request->type != TBX_VIX_VARIABLE_ENVIRONMENT)
    {
      tbx_op_return (op, TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST, 0);
      return;
    }
  variable = find_variable (self, request->name);
  if (variable != NULL)
    variable += strlen (request->name) + 1;
  tbx_op_return_data (op, variable, variable == NULL ? 0 : strlen (variable));
}
