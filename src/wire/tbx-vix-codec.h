/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"
#include "tbx-writer.h"

G_BEGIN_DECLS

/* The frame of a VIX request: what follows "Vix_1_Relayed_Command ".
 * Source: docs/wire/vix.md, "TCLO framing" and "Message layout". */

#define TBX_VIX_COMMAND "Vix_1_Relayed_Command"

#define TBX_VIX_HEADER_BYTES      51
#define TBX_VIX_AUTH_DATA_BYTES   44
#define TBX_VIX_REQUEST_MAX_BYTES 65536   /* header, body, credentials and authentication data */

typedef enum
{
  TBX_VIX_COMMON_REQUEST                = 0x01,
  TBX_VIX_COMMON_RETURNS_STRING         = 0x08,
  TBX_VIX_COMMON_RETURNS_INTEGER_STRING = 0x10,
  TBX_VIX_COMMON_RETURNS_PROPERTY_LIST  = 0x40,
  TBX_VIX_COMMON_RETURNS_BINARY         = 0x80,   /* selects the binary reply */
} TbxVixCommonFlags;

typedef enum
{
  TBX_VIX_REQUEST_HAS_AUTH_DATA   = 0x010,
  TBX_VIX_REQUEST_ESCAPE_XML_DATA = 0x040,   /* the legacy lists escape their strings */
} TbxVixRequestFlags;

/* A plain value; every pointer is into the bytes it was decoded from (or, for
 * encoding, into the caller's).  The sizes and the magic of the header follow
 * from the rest. */
typedef struct
{
  const char   *name;              /* of the request: opaque, no NUL at its end, backslashes kept */
  gsize         name_size;         /* bytes; 0 when there is none */
  guint8        common_flags;      /* TbxVixCommonFlags */
  guint32       opcode;            /* TbxVixOpcode, or any other number */
  guint32       request_flags;     /* TbxVixRequestFlags */
  guint32       time_out;          /* ignored in the guest */
  guint64       cookie;            /* the host's own */
  guint32       client_handle_id;  /* the host's own */
  guint32       credential_type;   /* TbxVixCredentialType, or any other number */
  const guint8 *body;
  guint32       body_size;         /* bytes */
  const guint8 *credentials;       /* secret: never log, never trace */
  guint32       credentials_size;  /* bytes */
  const guint8 *auth_data;         /* TBX_VIX_AUTH_DATA_BYTES, or NULL */
} TbxVixMessage;

TbxVixCode tbx_vix_message_decode (gconstpointer args, gsize size, TbxVixMessage *message);
void       tbx_vix_message_encode (const TbxVixMessage *message, TbxWriter *w);

G_END_DECLS
