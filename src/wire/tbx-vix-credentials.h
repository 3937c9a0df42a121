/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"
#include "tbx-writer.h"

G_BEGIN_DECLS

/* The credential block of a VIX request.
 * Source: docs/wire/vix.md, "Credentials". */

#define TBX_VIX_USER_NAME_MAX_BYTES 256

typedef enum
{
  TBX_VIX_CREDENTIAL_NAME_PASSWORD            = 1,
  TBX_VIX_CREDENTIAL_NAME_PASSWORD_OBFUSCATED = 4,   /* the same block */
  TBX_VIX_CREDENTIAL_NAMED_INTERACTIVE_USER   = 8,
  TBX_VIX_CREDENTIAL_TICKETED_SESSION         = 9,
} TbxVixCredentialType;

/* A verified form, not a verified user.  Ends with tbx_vix_credentials_clear(),
 * which wipes it (g_auto does that). */
typedef struct
{
  char       *name;       /* UTF-8, 1 to TBX_VIX_USER_NAME_MAX_BYTES bytes */
  const char *password;   /* UTF-8, maybe empty; in the same memory, after @name */
  gsize       size;       /* bytes of that memory */
} TbxVixCredentials;

TbxVixCode tbx_vix_credentials_decode (guint32            type,
                                       gconstpointer      block,
                                       gsize              size,
                                       TbxVixCredentials *credentials);
void       tbx_vix_credentials_clear  (TbxVixCredentials *credentials);
void       tbx_vix_credentials_encode (const char *name, const char *password, TbxWriter *w);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxVixCredentials, tbx_vix_credentials_clear)

G_END_DECLS
