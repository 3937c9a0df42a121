/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-layout.h"

#define AT(kind, member) { TBX_VIX_FIELD_##kind, TBX_VIX_RULE_NONE, G_STRUCT_OFFSET (TbxVixRequest, member) }
#define RULED(kind, member, rule) \
  { TBX_VIX_FIELD_##kind, TBX_VIX_RULE_##rule, G_STRUCT_OFFSET (TbxVixRequest, member) }

static const TbxVixLayout raw = { { AT (BYTES, raw) } };

static const TbxVixLayout start_program = { {
  AT (BOOL, start_program.start_minimized),
  AT (SIZE, start_program.program),
  AT (SIZE, start_program.arguments),
  AT (SIZE, start_program.working_dir),
  AT (COUNT, start_program.environment),
  AT (SIZE, start_program.environment),
  RULED (I, start_program.program, PROGRAM),
  AT (I, start_program.arguments),
  RULED (I, start_program.working_dir, PATH_OR_EMPTY),
  RULED (STRINGS, start_program.environment, VARIABLES),
} };

static const TbxVixLayout run_program = { {
  AT (INT32, run_program.options),
  AT (SIZE, run_program.program),
  AT (SIZE, run_program.arguments),
  RULED (E, run_program.program, PROGRAM_PATH),
  AT (E_OR_NONE, run_program.arguments),
} };

/* The strings come in another order than their sizes. */
static const TbxVixLayout run_script = { {
  AT (INT32, run_script.options),
  AT (SIZE, run_script.interpreter),
  AT (SIZE, run_script.script),
  AT (SIZE, run_script.properties),
  RULED (E, run_script.interpreter, PATH_OR_EMPTY),
  AT (E, run_script.properties),
  AT (E, run_script.script),
} };

static const TbxVixLayout list_processes = { {
  AT (INT32, list_processes.key),
  AT (INT32, list_processes.offset),
  AT (COUNT, list_processes.pids),
  AT (PIDS, list_processes.pids),
} };

static const TbxVixLayout terminate_process = { {
  AT (INT64, terminate_process.pid),
  AT (INT32, terminate_process.options),
} };

static const TbxVixLayout read_env = { {
  AT (COUNT, read_env.names),
  AT (SIZE, read_env.names),
  AT (STRINGS, read_env.names),
} };

static const TbxVixLayout read_variable = { {
  AT (INT32, variable.type),
  AT (INT32, variable.options),
  AT (SIZE, variable.name),
  AT (E, variable.name),
} };

static const TbxVixLayout write_variable = { {
  AT (INT32, variable.type),
  AT (INT32, variable.options),
  AT (SIZE, variable.name),
  AT (SIZE, variable.value),
  AT (E, variable.name),
  AT (E, variable.value),
} };

static const TbxVixLayout create_temp = { {
  AT (INT32, create_temp.options),
  AT (SIZE, create_temp.prefix),
  AT (SIZE, create_temp.suffix),
  AT (SIZE, create_temp.directory),
  AT (SIZE, create_temp.properties),
  RULED (E, create_temp.prefix, NO_SLASH),
  RULED (E, create_temp.suffix, NO_SLASH),
  RULED (E, create_temp.directory, PATH_OR_EMPTY),
  AT (BYTES, create_temp.properties),
}, .exact = TRUE };

static const TbxVixLayout file = { {
  AT (INT32, file.options),
  AT (SIZE, file.path),
  RULED (E, file.path, PATH),
} };

static const TbxVixLayout registry_key = { {
  AT (INT32, file.options),
  AT (SIZE, file.path),
  AT (E, file.path),
} };

static const TbxVixLayout delete_directory_ex = { {
  AT (INT32, delete_directory.options),
  AT (SIZE, delete_directory.path),
  AT (INT32, delete_directory.properties_size),
  AT (BOOL, delete_directory.recursive),
  RULED (E, delete_directory.path, PATH),
} };

static const TbxVixLayout delete_directory = { {
  AT (INT32, delete_directory.options),
  AT (SIZE, delete_directory.path),
  AT (TRUE, delete_directory.recursive),
  RULED (E, delete_directory.path, PATH),
} };

static const TbxVixLayout delete_empty_directory = { {
  AT (INT32, delete_directory.options),
  AT (SIZE, delete_directory.path),
  RULED (E, delete_directory.path, PATH),
} };

static const TbxVixLayout create_directory_ex = { {
  AT (INT32, create_directory.options),
  AT (SIZE, create_directory.path),
  AT (INT32, create_directory.properties_size),
  AT (BOOL, create_directory.parents),
  RULED (E, create_directory.path, PATH),
} };

static const TbxVixLayout create_directory = { {
  AT (INT32, create_directory.options),
  AT (SIZE, create_directory.path),
  AT (INT32, create_directory.properties_size),
  AT (TRUE, create_directory.parents),
  RULED (E, create_directory.path, PATH),
} };

static const TbxVixLayout move_ex = { {
  AT (INT32, move.options),
  AT (SIZE, move.old_path),
  AT (SIZE, move.new_path),
  AT (INT32, move.properties_size),
  AT (BOOL, move.overwrite),
  RULED (E, move.old_path, PATH),
  RULED (E, move.new_path, PATH),
} };

static const TbxVixLayout move = { {
  AT (INT32, move.options),
  AT (SIZE, move.old_path),
  AT (SIZE, move.new_path),
  AT (INT32, move.properties_size),
  AT (TRUE, move.overwrite),
  RULED (E, move.old_path, PATH),
  RULED (E, move.new_path, PATH),
} };

static const TbxVixLayout list_files = { {
  AT (INT32, list_files.options),
  AT (SIZE, list_files.path),
  AT (SIZE, list_files.pattern),
  AT (INT32, list_files.index),
  AT (INT32, list_files.max_results),
  AT (INT64, list_files.offset),
  RULED (E, list_files.path, PATH),
  AT (E_OR_NONE, list_files.pattern),
} };

static const TbxVixLayout list_files_counting_nul = { {
  AT (INT32, list_files.options),
  AT (SIZE, list_files.path),
  AT (SIZE, list_files.pattern),
  AT (INT32, list_files.index),
  AT (INT32, list_files.max_results),
  AT (INT64, list_files.offset),
  AT (TRUE, list_files.sizes_count_nul),
  RULED (I, list_files.path, PATH),
  AT (I, list_files.pattern),
} };

static const TbxVixLayout list_directory = { {
  AT (INT32, list_directory.options),
  AT (SIZE, list_directory.path),
  RULED (E, list_directory.path, PATH),
} };

static const TbxVixLayout list_directory_with_offset = { {
  AT (INT32, list_directory.options),
  AT (SIZE, list_directory.path),
  AT (INT64, list_directory.offset),
  RULED (E, list_directory.path, PATH),
} };

static const TbxVixLayout set_file_attributes = { {
  AT (INT32, set_file_attributes.options),
  AT (INT64, set_file_attributes.access_time),
  AT (INT64, set_file_attributes.modification_time),
  AT (INT32, set_file_attributes.owner_id),
  AT (INT32, set_file_attributes.group_id),
  AT (INT32, set_file_attributes.permissions),
  AT (BOOL, set_file_attributes.hidden),
  AT (BOOL, set_file_attributes.read_only),
  AT (SIZE, set_file_attributes.path),
  RULED (E, set_file_attributes.path, PATH),
} };

/* A relative path has a code of its own here: see tbx_vix_request_check(). */
static const TbxVixLayout transfer_to_guest = { {
  AT (INT32, transfer_to_guest.options),
  AT (SIZE, transfer_to_guest.path),
  AT (BOOL, transfer_to_guest.overwrite),
  RULED (E, transfer_to_guest.path, NOT_EMPTY),
} };

static const TbxVixLayout hgfs_packet = { {
  AT (SIZE, hgfs_packet.packet),
  AT (INT32, hgfs_packet.timeout),
  AT (BYTES, hgfs_packet.packet),
} };

static const TbxVixLayout add_alias = { {
  AT (INT32, alias.options),
  AT (SIZE, alias.user_name),
  AT (SIZE, alias.pem_cert),
  AT (BOOL, alias.add_mapping),
  AT (INT32, alias.subject_type),
  AT (SIZE, alias.subject_name),
  AT (SIZE, alias.comment),
  RULED (I, alias.user_name, NOT_EMPTY),
  RULED (I, alias.pem_cert, NOT_EMPTY),
  AT (I, alias.subject_name),
  AT (I, alias.comment),
} };

static const TbxVixLayout remove_alias = { {
  AT (INT32, alias.options),
  AT (SIZE, alias.user_name),
  AT (SIZE, alias.pem_cert),
  AT (INT32, alias.subject_type),
  AT (SIZE, alias.subject_name),
  RULED (I, alias.user_name, NOT_EMPTY),
  RULED (I, alias.pem_cert, NOT_EMPTY),
  AT (I, alias.subject_name),
} };

static const TbxVixLayout list_aliases = { {
  AT (INT32, list_aliases.options),
  AT (SIZE, list_aliases.user_name),
  RULED (I, list_aliases.user_name, NOT_EMPTY),
} };

static const TbxVixLayout list_mapped_aliases = { {
  AT (INT32, list_aliases.options),
} };

static const struct
{
  TbxVixOpcode        opcode;
  const TbxVixLayout *layout;
} layouts[] = {
  { TBX_VIX_RUN_PROGRAM, &run_program },
  { TBX_VIX_DELETE_FILE, &file },
  { TBX_VIX_FILE_EXISTS, &file },
  { TBX_VIX_REGISTRY_KEY_EXISTS, &registry_key },
  { TBX_VIX_RUN_SCRIPT, &run_script },
  { TBX_VIX_DIRECTORY_EXISTS, &file },
  { TBX_VIX_DELETE_REGISTRY_KEY, &registry_key },
  { TBX_VIX_DELETE_DIRECTORY, &delete_directory },
  { TBX_VIX_DELETE_EMPTY_DIRECTORY, &delete_empty_directory },
  { TBX_VIX_MOVE_FILE, &move },
  { TBX_VIX_CREATE_DIRECTORY, &create_directory },
  { TBX_VIX_LIST_DIRECTORY, &list_directory },
  { TBX_VIX_HGFS_PACKET, &hgfs_packet },
  { TBX_VIX_KILL_PROCESS, &terminate_process },
  { TBX_VIX_READ_VARIABLE, &read_variable },
  { TBX_VIX_WRITE_VARIABLE, &write_variable },
  { TBX_VIX_GET_FILE_INFO, &file },
  { TBX_VIX_LIST_FILES, &list_files },
  { TBX_VIX_CREATE_DIRECTORY_EX, &create_directory_ex },
  { TBX_VIX_MOVE_FILE_EX, &move_ex },
  { TBX_VIX_MOVE_DIRECTORY, &move_ex },
  { TBX_VIX_CREATE_TEMP_FILE_EX, &create_temp },
  { TBX_VIX_CREATE_TEMP_DIRECTORY, &create_temp },
  { TBX_VIX_SET_FILE_ATTRIBUTES, &set_file_attributes },
  { TBX_VIX_START_PROGRAM, &start_program },
  { TBX_VIX_LIST_PROCESSES_EX, &list_processes },
  { TBX_VIX_READ_ENV, &read_env },
  { TBX_VIX_TRANSFER_FROM_GUEST, &list_files },
  { TBX_VIX_TRANSFER_TO_GUEST, &transfer_to_guest },
  { TBX_VIX_TERMINATE_PROCESS, &terminate_process },
  { TBX_VIX_DELETE_FILE_EX, &file },
  { TBX_VIX_DELETE_DIRECTORY_EX, &delete_directory_ex },
  { TBX_VIX_ADD_ALIAS, &add_alias },
  { TBX_VIX_REMOVE_ALIAS, &remove_alias },
  { TBX_VIX_LIST_ALIASES, &list_aliases },
  { TBX_VIX_LIST_MAPPED_ALIASES, &list_mapped_aliases },
  { TBX_VIX_REMOVE_ALIAS_BY_CERT, &remove_alias },
};

/* The layout of @opcode; NULL when it is unknown. */
const TbxVixLayout *
tbx_vix_layout_find (guint32 opcode)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if ((guint32) layouts[i].opcode == opcode)
      return layouts[i].layout;
  return tbx_vix_opcode_lookup (opcode) == NULL ? NULL : &raw;
}

/* The second layout of the three opcodes that have two, else NULL. */
const TbxVixLayout *
tbx_vix_layout_alternative (guint32 opcode)
{
  switch (opcode)
    {
    case TBX_VIX_LIST_FILES:
    case TBX_VIX_TRANSFER_FROM_GUEST:
      return &list_files_counting_nul;
    case TBX_VIX_LIST_DIRECTORY:
      return &list_directory_with_offset;
    default:
      return NULL;
    }
}

/* The field behind the fixed part that fills the member at @offset. */
const TbxVixField *
tbx_vix_layout_tail (const TbxVixLayout *layout, guint16 offset)
{
  for (const TbxVixField *field = layout->fields; field->kind != TBX_VIX_FIELD_END; field++)
    if (field->kind >= TBX_VIX_FIELD_E && field->offset == offset)
      return field;
  return NULL;
}
