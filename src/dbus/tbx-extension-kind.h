/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TbxExtensionKind:
 * @TBX_EXTENSION_RPC: a command of the host, by its name
 * @TBX_EXTENSION_VIX: a guest operation, by its opcode in decimal
 * @TBX_EXTENSION_AUTHENTICATOR: says whether a password is right; has no name
 * @TBX_EXTENSION_FILE_HANDLER: files, by their scheme
 * @TBX_EXTENSION_PROGRAM: a program, by its name
 * @TBX_EXTENSION_NETWORK: chooses the primary address; has no name
 */
typedef enum
{
  TBX_EXTENSION_RPC,
  TBX_EXTENSION_VIX,
  TBX_EXTENSION_AUTHENTICATOR,
  TBX_EXTENSION_FILE_HANDLER,
  TBX_EXTENSION_PROGRAM,
  TBX_EXTENSION_NETWORK,
  TBX_N_EXTENSION_KINDS
} TbxExtensionKind;

const char *tbx_extension_kind_get_word      (TbxExtensionKind kind);
const char *tbx_extension_kind_get_interface (TbxExtensionKind kind);
gboolean    tbx_extension_kind_is_named      (TbxExtensionKind kind);
gboolean    tbx_extension_kind_check_name    (TbxExtensionKind kind,
                                              const char      *name,
                                              GError         **error);

G_END_DECLS
