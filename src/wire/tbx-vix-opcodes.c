/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-opcodes.h"
#include <string.h>

#define NO_LOGIN TBX_VIX_OPCODE_NO_LOGIN
#define LEGACY   TBX_VIX_OPCODE_LEGACY
#define FIXED    (TBX_VIX_OPCODE_FIXED | TBX_VIX_OPCODE_NO_LOGIN)

/* By opcode.  A legacy opcode follows the policy of the method that does the same,
 * so that what is denied has no second door. */
static const TbxVixOpcodeInfo opcodes[] = {
  { TBX_VIX_RUN_PROGRAM, "run-program", "StartProgramInGuest", 0, LEGACY },
  { TBX_VIX_READ_REGISTRY, "read-registry", NULL, 0, FIXED | LEGACY,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_WRITE_REGISTRY, "write-registry", NULL, 0, FIXED | LEGACY,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_DELETE_FILE, "delete-file-legacy", "DeleteFileInGuest", 0, LEGACY },
  { TBX_VIX_FILE_EXISTS, "file-exists", "ListFilesInGuest", 0, LEGACY },
  { TBX_VIX_REGISTRY_KEY_EXISTS, "registry-key-exists", NULL, 0, LEGACY },
  { TBX_VIX_WAIT_FOR_TOOLS, "wait-for-tools", NULL, 0, FIXED | LEGACY, TBX_VIX_OK },
  { TBX_VIX_RUN_SCRIPT, "run-script", "StartProgramInGuest", 0, LEGACY },
  { TBX_VIX_CAPTURE_SCREEN, "capture-screen", NULL, 0, FIXED | LEGACY, TBX_VIX_OK },
  { TBX_VIX_GET_TOOLS_STATE, "get-tools-state", NULL, 0, NO_LOGIN | LEGACY },
  { TBX_VIX_DIRECTORY_EXISTS, "directory-exists", "ListFilesInGuest", 0, LEGACY },
  { TBX_VIX_DELETE_REGISTRY_KEY, "delete-registry-key-legacy", NULL, 0, LEGACY },
  { TBX_VIX_DELETE_DIRECTORY, "delete-directory-legacy", "DeleteDirectoryInGuest", 0, LEGACY },
  { TBX_VIX_DELETE_EMPTY_DIRECTORY, "delete-empty-directory", "DeleteDirectoryInGuest", 0, LEGACY },
  { TBX_VIX_CREATE_TEMP_FILE, "create-temporary-file-legacy", "CreateTemporaryFileInGuest", 0,
    LEGACY },
  { TBX_VIX_LIST_PROCESSES, "list-processes-legacy", "ListProcessesInGuest", 0, LEGACY },
  { TBX_VIX_MOVE_FILE, "move-file-legacy", "MoveFileInGuest", 0, LEGACY },
  { TBX_VIX_CREATE_DIRECTORY, "create-directory-legacy", "MakeDirectoryInGuest", 0, LEGACY },
  { TBX_VIX_CHECK_USER_ACCOUNT, "check-user-account", "ValidateCredentialsInGuest", 0, LEGACY },
  { TBX_VIX_LIST_DIRECTORY, "list-directory", "ListFilesInGuest", 0, LEGACY },
  { TBX_VIX_HGFS_PACKET, "hgfs-packet", NULL, 0, LEGACY },
  { TBX_VIX_KILL_PROCESS, "kill-process", "TerminateProcessInGuest", 0, LEGACY },
  { TBX_VIX_LOGOUT, "logout", NULL, 0, LEGACY },
  { TBX_VIX_READ_VARIABLE, "read-variable", "ReadEnvironmentVariableInGuest", 0, LEGACY },
  { TBX_VIX_WRITE_VARIABLE, "write-variable", NULL, 0, LEGACY },
  { TBX_VIX_GET_FILE_INFO, "get-file-info", "ListFilesInGuest", 0, LEGACY },
  { TBX_VIX_GET_NETWORKING_CONFIG, "get-networking-config", NULL, 0, LEGACY },
  { TBX_VIX_SET_NETWORKING_CONFIG, "set-networking-config", NULL, 0, FIXED,
    TBX_VIX_UNRECOGNIZED_COMMAND },
  { TBX_VIX_LIST_FILESYSTEMS, "list-filesystems", NULL, 0, LEGACY },
  { TBX_VIX_LIST_FILES, "list-files", "ListFilesInGuest", 4554 },
  { TBX_VIX_CREATE_DIRECTORY_EX, "make-directory", "MakeDirectoryInGuest", 4547 },
  { TBX_VIX_MOVE_FILE_EX, "move-file", "MoveFileInGuest", 4551 },
  { TBX_VIX_MOVE_DIRECTORY, "move-directory", "MoveDirectoryInGuest", 4550 },
  { TBX_VIX_CREATE_TEMP_FILE_EX, "create-temporary-file", "CreateTemporaryFileInGuest", 4552 },
  { TBX_VIX_CREATE_TEMP_DIRECTORY, "create-temporary-directory", "CreateTemporaryDirectoryInGuest",
    4553 },
  { TBX_VIX_SET_FILE_ATTRIBUTES, "change-file-attributes", "ChangeFileAttributesInGuest", 4555 },
  { TBX_VIX_START_PROGRAM, "start-program", "StartProgramInGuest", 4540 },
  { TBX_VIX_LIST_PROCESSES_EX, "list-processes", "ListProcessesInGuest", 4541 },
  { TBX_VIX_READ_ENV, "read-environment", "ReadEnvironmentVariableInGuest", 4543 },
  { TBX_VIX_TRANSFER_FROM_GUEST, "transfer-from-guest", "InitiateFileTransferFromGuest", 4556 },
  { TBX_VIX_TRANSFER_TO_GUEST, "transfer-to-guest", "InitiateFileTransferToGuest", 4557 },
  { TBX_VIX_ACQUIRE_CREDENTIALS, "acquire-credentials", "AcquireCredentialsInGuest", 4545, FIXED,
    TBX_VIX_NOT_SUPPORTED },
  { TBX_VIX_RELEASE_CREDENTIALS, "release-credentials", "ReleaseCredentialsInGuest", 4546, FIXED,
    TBX_VIX_NOT_SUPPORTED },
  { TBX_VIX_VALIDATE_CREDENTIALS, "validate-credentials", "ValidateCredentialsInGuest", 4544 },
  { TBX_VIX_TERMINATE_PROCESS, "terminate-process", "TerminateProcessInGuest", 4542 },
  { TBX_VIX_DELETE_FILE_EX, "delete-file", "DeleteFileInGuest", 4548 },
  { TBX_VIX_DELETE_DIRECTORY_EX, "delete-directory", "DeleteDirectoryInGuest", 4549 },
  { TBX_VIX_ADD_ALIAS, "add-alias", "AddGuestAlias", 4558, FIXED, TBX_VIX_UNRECOGNIZED_COMMAND },
  { TBX_VIX_REMOVE_ALIAS, "remove-alias", "RemoveGuestAlias", 4559, FIXED,
    TBX_VIX_UNRECOGNIZED_COMMAND },
  { TBX_VIX_LIST_ALIASES, "list-aliases", "ListGuestAliases", 4560, FIXED,
    TBX_VIX_UNRECOGNIZED_COMMAND },
  { TBX_VIX_LIST_MAPPED_ALIASES, "list-mapped-aliases", "ListGuestMappedAliases", 4561, FIXED,
    TBX_VIX_UNRECOGNIZED_COMMAND },
  { TBX_VIX_CREATE_REGISTRY_KEY, "create-registry-key", "CreateRegistryKeyInGuest", 4562, FIXED,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_LIST_REGISTRY_KEYS, "list-registry-keys", "ListRegistryKeysInGuest", 4563, FIXED,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_DELETE_REGISTRY_KEY_EX, "delete-registry-key", "DeleteRegistryKeyInGuest", 4564, FIXED,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_SET_REGISTRY_VALUE, "set-registry-value", "SetRegistryValueInGuest", 4565, FIXED,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_LIST_REGISTRY_VALUES, "list-registry-values", "ListRegistryValuesInGuest", 4566, FIXED,
    TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_DELETE_REGISTRY_VALUE, "delete-registry-value", "DeleteRegistryValueInGuest", 4567,
    FIXED, TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
  { TBX_VIX_REMOVE_ALIAS_BY_CERT, "remove-alias-by-cert", "RemoveGuestAliasByCert", 4568, FIXED,
    TBX_VIX_UNRECOGNIZED_COMMAND },
};

/**
 * tbx_vix_opcode_list:
 * @n: (out): how many there are
 *
 * Returns: (transfer none) (array length=n): all opcodes that are known, by number
 */
const TbxVixOpcodeInfo *
tbx_vix_opcode_list (guint *n)
{
  *n = G_N_ELEMENTS (opcodes);
  return opcodes;
}

/**
 * tbx_vix_opcode_lookup:
 * @opcode: a number from a request
 *
 * Source: docs/wire/vix.md, "Opcodes".
 *
 * Returns: (transfer none) (nullable): what is known of it; %NULL is answered with
 *   `TBX_VIX_UNRECOGNIZED_COMMAND`, before any login
 */
const TbxVixOpcodeInfo *
tbx_vix_opcode_lookup (guint32 opcode)
{
  guint low = 0, high = G_N_ELEMENTS (opcodes);

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (opcodes[middle].opcode == opcode)
        return &opcodes[middle];
      if (opcodes[middle].opcode < opcode)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

/**
 * tbx_vix_opcode_get_name:
 * @opcode: a number from a request
 *
 * Returns: (transfer none): its name for logs, such as "start-program"; "unknown"
 *   when there is none
 */
const char *
tbx_vix_opcode_get_name (guint32 opcode)
{
  const TbxVixOpcodeInfo *info = tbx_vix_opcode_lookup (opcode);

  return info == NULL ? "unknown" : info->name;
}

/**
 * tbx_vix_method_is_known:
 * @method: text from a policy
 *
 * Returns: whether it is the name of a vSphere guest operation
 */
gboolean
tbx_vix_method_is_known (const char *method)
{
  for (guint i = 0; i < G_N_ELEMENTS (opcodes); i++)
    if (opcodes[i].property != 0 && strcmp (opcodes[i].method, method) == 0)
      return TRUE;
  return FALSE;
}
