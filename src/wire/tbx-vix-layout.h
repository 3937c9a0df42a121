/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-requests.h"

G_BEGIN_DECLS

/* How the bodies of tbx-vix-requests.h lie on the wire, as data: decoder, encoder
 * and value checks all follow it.  For src/wire only.
 * Source: docs/wire/vix.md, "Body parsing primitives" and "Operations". */

typedef enum
{
  TBX_VIX_FIELD_END,
  /* The fixed part.  A size or count belongs to the field further down with the
   * same member. */
  TBX_VIX_FIELD_BOOL,      /* one byte */
  TBX_VIX_FIELD_INT32,     /* signed or not */
  TBX_VIX_FIELD_INT64,     /* signed or not */
  TBX_VIX_FIELD_SIZE,
  TBX_VIX_FIELD_COUNT,
  TBX_VIX_FIELD_TRUE,      /* no bytes: the opcode itself says it */
  /* What follows. */
  TBX_VIX_FIELD_E,         /* the size leaves the NUL out */
  TBX_VIX_FIELD_E_OR_NONE, /* likewise, but size 0 is no string and no byte */
  TBX_VIX_FIELD_I,         /* the size counts the NUL; 0 is no string and no byte */
  TBX_VIX_FIELD_STRINGS,
  TBX_VIX_FIELD_PIDS,
  TBX_VIX_FIELD_BYTES,
} TbxVixFieldKind;

/* What a value must be; otherwise it is TBX_VIX_INVALID_ARG. */
typedef enum
{
  TBX_VIX_RULE_NONE,
  TBX_VIX_RULE_PATH,            /* absolute */
  TBX_VIX_RULE_PATH_OR_EMPTY,
  TBX_VIX_RULE_PROGRAM,         /* absolute, or a name without "/"; perhaps in quotes */
  TBX_VIX_RULE_PROGRAM_PATH,    /* absolute; perhaps in quotes */
  TBX_VIX_RULE_NO_SLASH,
  TBX_VIX_RULE_NOT_EMPTY,
  TBX_VIX_RULE_VARIABLES,       /* strings with "=" */
} TbxVixFieldRule;

typedef struct
{
  guint8  kind;     /* TbxVixFieldKind */
  guint8  rule;     /* TbxVixFieldRule */
  guint16 offset;   /* of the member in TbxVixRequest */
} TbxVixField;

#define TBX_VIX_LAYOUT_MAX_FIELDS 14

typedef struct
{
  TbxVixField fields[TBX_VIX_LAYOUT_MAX_FIELDS];
  gboolean    exact;   /* bytes behind the last field are an error */
} TbxVixLayout;

const TbxVixLayout *tbx_vix_layout_find        (guint32 opcode);
const TbxVixLayout *tbx_vix_layout_alternative (guint32 opcode);
const TbxVixField  *tbx_vix_layout_tail        (const TbxVixLayout *layout, guint16 offset);

G_END_DECLS
