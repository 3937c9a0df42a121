/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-layout.h"
#include <string.h>

#define WINDOWS_ATTRIBUTES (TBX_VIX_ATTRIBUTE_READ_ONLY | TBX_VIX_ATTRIBUTE_HIDDEN)
#define SUBJECT_NONE 0
#define SUBJECT_NAMED 1
#define SUBJECT_ANY 2

/**
 * tbx_vix_program_path:
 * @program: as a host or a script wrote it: there may be spaces before the path, and
 *   one pair of double quotes around it
 * @size: (out): length of the path in bytes
 *
 * Source: docs/wire/vix.md, "StartProgram in detail".
 *
 * Returns: (transfer none) (array length=size): the path or name itself, in @program
 */
const char *
tbx_vix_program_path (const char *program, gsize *size)
{
  while (*program == ' ')
    program++;
  *size = strlen (program);
  if (*size < 2 || program[0] != '"' || program[*size - 1] != '"')
    return program;
  *size -= 2;
  return program + 1;
}

static gboolean
variables_are_legal (const TbxVixStrings *strings)
{
  for (const char *s = NULL; (s = tbx_vix_strings_next (strings, s)) != NULL;)
    if (strchr (s, '=') == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
program_is_legal (const char *text, gboolean may_be_name)
{
  gsize size = 0;
  const char *path = text == NULL ? NULL : tbx_vix_program_path (text, &size);

  if (size == 0)
    return FALSE;
  return path[0] == '/' || (may_be_name && memchr (path, '/', size) == NULL);
}

static gboolean
string_is_legal (TbxVixFieldRule rule, const char *text)
{
  gboolean is_empty = text == NULL || text[0] == 0;

  switch (rule)
    {
    case TBX_VIX_RULE_PATH:
      return !is_empty && text[0] == '/';
    case TBX_VIX_RULE_PATH_OR_EMPTY:
      return is_empty || text[0] == '/';
    case TBX_VIX_RULE_PROGRAM:
      return program_is_legal (text, TRUE);
    case TBX_VIX_RULE_PROGRAM_PATH:
      return program_is_legal (text, FALSE);
    case TBX_VIX_RULE_NO_SLASH:
      return is_empty || strchr (text, '/') == NULL;
    case TBX_VIX_RULE_NOT_EMPTY:
      return !is_empty;
    default:
      return TRUE;
    }
}

static gboolean
fields_are_legal (const TbxVixRequest *request)
{
  const TbxVixLayout *layout = tbx_vix_layout_find (request->opcode);

  for (const TbxVixField *field = layout->fields; field->kind != TBX_VIX_FIELD_END; field++)
    {
      gconstpointer member = G_STRUCT_MEMBER_P (request, field->offset);

      if (field->rule == TBX_VIX_RULE_VARIABLES)
        {
          if (!variables_are_legal (member))
            return FALSE;
        }
      else if (field->rule != TBX_VIX_RULE_NONE
               && !string_is_legal (field->rule, *(const char *const *) member))
        return FALSE;
    }
  return TRUE;
}

/* The host pages with an offset below the number of results that it asked for. */
static TbxVixCode
list_files_check (const TbxVixListFiles *list)
{
  if (list->index < 0 || list->max_results < 0 || list->offset >= G_MAXINT32
      || (list->max_results > 0 && list->offset >= (guint64) list->max_results)
      || (guint64) list->index + list->offset > G_MAXINT32)
    return TBX_VIX_INVALID_ARG;
  return TBX_VIX_OK;
}

/* Never every process, never a number that was cut; of a process group only who runs there
 * knows whether it is its own. */
static TbxVixCode
terminate_process_check (const TbxVixTerminateProcess *terminate)
{
  if (terminate->pid == 0 || terminate->pid == -1)
    return TBX_VIX_GUEST_USER_PERMISSIONS;
  if (terminate->pid < G_MININT32 || terminate->pid > G_MAXINT32)
    return TBX_VIX_NO_SUCH_PROCESS;
  return TBX_VIX_OK;
}

static TbxVixCode
alias_check (guint32 opcode, const TbxVixAlias *alias)
{
  gint32 least = opcode == TBX_VIX_ADD_ALIAS ? SUBJECT_NAMED : SUBJECT_NONE;

  if (alias->subject_type < least || alias->subject_type > SUBJECT_ANY
      || (alias->subject_type == SUBJECT_NAMED
          && !string_is_legal (TBX_VIX_RULE_NOT_EMPTY, alias->subject_name)))
    return TBX_VIX_INVALID_ARG;
  return TBX_VIX_OK;
}

static TbxVixCode
numbers_check (const TbxVixRequest *request)
{
  switch (request->opcode)
    {
    case TBX_VIX_LIST_FILES:
      return list_files_check (&request->list_files);
    case TBX_VIX_LIST_DIRECTORY:
      return request->list_directory.offset < 0 ? TBX_VIX_INVALID_ARG : TBX_VIX_OK;
    case TBX_VIX_TERMINATE_PROCESS:
    case TBX_VIX_KILL_PROCESS:
      return terminate_process_check (&request->terminate_process);
    case TBX_VIX_SET_FILE_ATTRIBUTES:
      return request->set_file_attributes.options & WINDOWS_ATTRIBUTES ? TBX_VIX_INVALID_ARG
                                                                       : TBX_VIX_OK;
    case TBX_VIX_TRANSFER_TO_GUEST:
      if (request->transfer_to_guest.options & WINDOWS_ATTRIBUTES)
        return TBX_VIX_INVALID_ARG;
      return request->transfer_to_guest.path[0] == '/' ? TBX_VIX_OK : TBX_VIX_FILE_NAME_INVALID;
    case TBX_VIX_READ_VARIABLE:
      return request->variable.type == TBX_VIX_VARIABLE_ENVIRONMENT
               ? TBX_VIX_OK
               : TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST;
    case TBX_VIX_HGFS_PACKET:
      return request->hgfs_packet.packet.size == 0 ? TBX_VIX_FAIL : TBX_VIX_OK;
    case TBX_VIX_ADD_ALIAS:
    case TBX_VIX_REMOVE_ALIAS:
    case TBX_VIX_REMOVE_ALIAS_BY_CERT:
      return alias_check (request->opcode, &request->alias);
    default:
      return TBX_VIX_OK;
    }
}

/**
 * tbx_vix_request_check:
 * @request: what tbx_vix_request_decode() gave
 *
 * Says whether the values make sense, as far as they alone can tell: paths are
 * there and absolute, numbers in range, variables have a name.  After it no path
 * is %NULL.  Nothing in the guest is looked at.
 * Source: docs/wire/vix.md, "Values that are refused".
 *
 * Returns: `TBX_VIX_OK`; mostly `TBX_VIX_INVALID_ARG`; `TBX_VIX_NO_SUCH_PROCESS` and
 *   `TBX_VIX_GUEST_USER_PERMISSIONS` for process ids, `TBX_VIX_FILE_NAME_INVALID` for
 *   a relative path of TRANSFER_TO_GUEST, `TBX_VIX_FAIL` for an empty HGFS packet,
 *   `TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST` for a variable that is not of the environment
 */
TbxVixCode
tbx_vix_request_check (const TbxVixRequest *request)
{
  g_return_val_if_fail (tbx_vix_layout_find (request->opcode) != NULL,
                        TBX_VIX_UNRECOGNIZED_COMMAND);
  if (!fields_are_legal (request))
    return TBX_VIX_INVALID_ARG;
  return numbers_check (request);
}
