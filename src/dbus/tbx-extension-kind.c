/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extension-kind.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include "tbx-tclo.h"
#include "tbx-vix-codec.h"
#include "tbx-vix-opcodes.h"
#include <string.h>

#define SCHEME_MAX_BYTES  32
#define PROGRAM_MAX_BYTES 64

typedef gboolean (*NameCheck) (const char *name);

/* What the channel lives by, what carries passwords, and what .Power is for. */
static const char *const own_commands[] = {
  "ping", "reset", TBX_VIX_COMMAND, "OS_Halt", "OS_Reboot", "OS_Suspend", "OS_Resume", "OS_PowerOn",
  NULL,
};

/* The login and file transfers. */
static const guint32 own_opcodes[] = {
  TBX_VIX_WAIT_FOR_TOOLS, TBX_VIX_GET_TOOLS_STATE, TBX_VIX_CHECK_USER_ACCOUNT, TBX_VIX_HGFS_PACKET,
  TBX_VIX_ACQUIRE_CREDENTIALS, TBX_VIX_RELEASE_CREDENTIALS, TBX_VIX_VALIDATE_CREDENTIALS,
};

static const char *const own_schemes[] = { "archive", "file", "proc", NULL };
static const char *const own_programs[] = { "http.RoundTrip", NULL };

static gboolean
has_only (const char *text, const char *others)
{
  return strspn (text, others) == strlen (text);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static gboolean
is_command (const char *name)
{
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c))
      return FALSE;
  return name[0] != '\0' && strlen (name) <= TBX_TCLO_NAME_MAX_BYTES;
}

static gboolean
is_opcode (const char *name)
{
  return g_ascii_string_to_unsigned (name, 10, 1, G_MAXUINT32, NULL, NULL);
}

static gboolean
is_scheme (const char *name)
{
  return g_ascii_islower (name[0]) && strlen (name) <= SCHEME_MAX_BYTES
         && has_only (name, LOWER DIGIT "+-.");
}

static gboolean
is_program (const char *name)
{
  return g_ascii_isalpha (name[0]) && strlen (name) <= PROGRAM_MAX_BYTES
         && has_only (name, LOWER UPPER DIGIT "-_.");
}

static gboolean
is_empty (const char *name)
{
  return name[0] == '\0';
}

static const struct
{
  const char        *word;
  const char        *interface;   /* of the agent */
  NameCheck          check;
  const char        *what;        /* a name is, for messages */
  const char *const *own;         /* names that are the daemon's, or NULL */
} kinds[] = {
  [TBX_EXTENSION_RPC] = { "rpc", TBX_BUS_NAME ".Agent.Rpc", is_command, "command", own_commands },
  [TBX_EXTENSION_VIX] = { "vix", TBX_BUS_NAME ".Agent.Vix", is_opcode, "opcode", NULL },
  [TBX_EXTENSION_AUTHENTICATOR] = { "authenticator", TBX_BUS_NAME ".Agent.Authenticator", is_empty,
                                    NULL, NULL },
  [TBX_EXTENSION_FILE_HANDLER] = { "file-handler", TBX_BUS_NAME ".Agent.FileHandler", is_scheme,
                                   "scheme", own_schemes },
  [TBX_EXTENSION_PROGRAM] = { "program", TBX_BUS_NAME ".Agent.Program", is_program, "program",
                              own_programs },
  [TBX_EXTENSION_NETWORK] = { "network", TBX_BUS_NAME ".Agent.Network", is_empty, NULL, NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == TBX_N_EXTENSION_KINDS);

const char *
tbx_extension_kind_get_word (TbxExtensionKind kind)
{
  return kinds[kind].word;
}

const char *
tbx_extension_kind_get_interface (TbxExtensionKind kind)
{
  return kinds[kind].interface;
}

/**
 * tbx_extension_kind_is_named:
 * @kind: a kind
 *
 * Returns: whether its entries have names, each of which one entry may have
 */
gboolean
tbx_extension_kind_is_named (TbxExtensionKind kind)
{
  return kinds[kind].what != NULL;
}

static gboolean
is_own (TbxExtensionKind kind, const char *name)
{
  if (kind == TBX_EXTENSION_VIX)
    {
      guint64 opcode = g_ascii_strtoull (name, NULL, 10);

      for (guint i = 0; i < G_N_ELEMENTS (own_opcodes); i++)
        if (own_opcodes[i] == opcode)
          return TRUE;
      return FALSE;
    }
  return kinds[kind].own != NULL && g_strv_contains (kinds[kind].own, name);
}

/**
 * tbx_extension_kind_check_name:
 * @kind: a kind
 * @name: text of a client
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` for what can be no name, `TBX_ERROR_REFUSED` for what is the
 * daemon's own and is not to be replaced.
 */
gboolean
tbx_extension_kind_check_name (TbxExtensionKind kind, const char *name, GError **error)
{
  if (!kinds[kind].check (name))
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "that is no %s", kinds[kind].what);
  else if (is_own (kind, name))
    g_set_error (error, TBX_ERROR, TBX_ERROR_REFUSED, "%s %s is the daemon's own", kinds[kind].what,
                 name);
  else
    return TRUE;
  return FALSE;
}
