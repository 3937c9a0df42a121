/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"

G_BEGIN_DECLS

/* The opcodes that a Linux guest knows.
 * Source: docs/wire/vix.md, "Opcodes". */
typedef enum
{
  TBX_VIX_RUN_PROGRAM              = 4,
  TBX_VIX_READ_REGISTRY            = 8,
  TBX_VIX_WRITE_REGISTRY           = 10,
  TBX_VIX_DELETE_FILE              = 18,
  TBX_VIX_FILE_EXISTS              = 19,
  TBX_VIX_REGISTRY_KEY_EXISTS      = 22,
  TBX_VIX_WAIT_FOR_TOOLS           = 38,
  TBX_VIX_RUN_SCRIPT               = 46,
  TBX_VIX_CAPTURE_SCREEN           = 58,
  TBX_VIX_GET_TOOLS_STATE          = 62,
  TBX_VIX_DIRECTORY_EXISTS         = 70,
  TBX_VIX_DELETE_REGISTRY_KEY      = 71,
  TBX_VIX_DELETE_DIRECTORY         = 72,
  TBX_VIX_DELETE_EMPTY_DIRECTORY   = 73,
  TBX_VIX_CREATE_TEMP_FILE         = 74,
  TBX_VIX_LIST_PROCESSES           = 75,
  TBX_VIX_MOVE_FILE                = 76,
  TBX_VIX_CREATE_DIRECTORY         = 77,
  TBX_VIX_CHECK_USER_ACCOUNT       = 78,
  TBX_VIX_LIST_DIRECTORY           = 79,
  TBX_VIX_HGFS_PACKET              = 84,
  TBX_VIX_KILL_PROCESS             = 85,
  TBX_VIX_LOGOUT                   = 87,
  TBX_VIX_READ_VARIABLE            = 88,
  TBX_VIX_WRITE_VARIABLE           = 89,
  TBX_VIX_GET_FILE_INFO            = 94,
  TBX_VIX_GET_NETWORKING_CONFIG    = 116,
  TBX_VIX_SET_NETWORKING_CONFIG    = 117,
  TBX_VIX_LIST_FILESYSTEMS         = 169,
  TBX_VIX_LIST_FILES               = 177,
  TBX_VIX_CREATE_DIRECTORY_EX      = 178,
  TBX_VIX_MOVE_FILE_EX             = 179,
  TBX_VIX_MOVE_DIRECTORY           = 180,
  TBX_VIX_CREATE_TEMP_FILE_EX      = 181,
  TBX_VIX_CREATE_TEMP_DIRECTORY    = 182,
  TBX_VIX_SET_FILE_ATTRIBUTES      = 183,
  TBX_VIX_START_PROGRAM            = 185,
  TBX_VIX_LIST_PROCESSES_EX        = 186,
  TBX_VIX_READ_ENV                 = 187,
  TBX_VIX_TRANSFER_FROM_GUEST      = 188,
  TBX_VIX_TRANSFER_TO_GUEST        = 189,
  TBX_VIX_ACQUIRE_CREDENTIALS      = 190,
  TBX_VIX_RELEASE_CREDENTIALS      = 191,
  TBX_VIX_VALIDATE_CREDENTIALS     = 192,
  TBX_VIX_TERMINATE_PROCESS        = 193,
  TBX_VIX_DELETE_FILE_EX           = 194,
  TBX_VIX_DELETE_DIRECTORY_EX      = 195,
  TBX_VIX_ADD_ALIAS                = 197,
  TBX_VIX_REMOVE_ALIAS             = 198,
  TBX_VIX_LIST_ALIASES             = 199,
  TBX_VIX_LIST_MAPPED_ALIASES      = 200,
  TBX_VIX_CREATE_REGISTRY_KEY      = 201,
  TBX_VIX_LIST_REGISTRY_KEYS       = 202,
  TBX_VIX_DELETE_REGISTRY_KEY_EX   = 203,
  TBX_VIX_SET_REGISTRY_VALUE       = 204,
  TBX_VIX_LIST_REGISTRY_VALUES     = 205,
  TBX_VIX_DELETE_REGISTRY_VALUE    = 206,
  TBX_VIX_REMOVE_ALIAS_BY_CERT     = 207,
} TbxVixOpcode;

/**
 * TbxVixOpcodeFlags:
 * @TBX_VIX_OPCODE_NO_LOGIN: needs no credentials
 * @TBX_VIX_OPCODE_FIXED: has no function; its `answer` and an empty payload, without login
 * @TBX_VIX_OPCODE_LEGACY: a refused login is `TBX_VIX_GUEST_USER_PERMISSIONS` there
 */
typedef enum
{
  TBX_VIX_OPCODE_NO_LOGIN = 1 << 0,
  TBX_VIX_OPCODE_FIXED    = 1 << 1,
  TBX_VIX_OPCODE_LEGACY   = 1 << 2,
} TbxVixOpcodeFlags;

typedef struct
{
  guint32     opcode;    /* TbxVixOpcode */
  const char *name;      /* for logs, lower case: "start-program" */
  const char *method;    /* the vSphere method whose policy it follows, or NULL */
  guint32     property;  /* the property that tells the host whether @method is
                          * disabled, or 0; each method has it in one row only */
  guint       flags;     /* TbxVixOpcodeFlags */
  TbxVixCode  answer;    /* of TBX_VIX_OPCODE_FIXED */
} TbxVixOpcodeInfo;

const TbxVixOpcodeInfo *tbx_vix_opcode_lookup   (guint32 opcode);
const TbxVixOpcodeInfo *tbx_vix_opcode_list     (guint *n);
const char             *tbx_vix_opcode_get_name (guint32 opcode);
gboolean                tbx_vix_method_is_known (const char *method);

G_END_DECLS
