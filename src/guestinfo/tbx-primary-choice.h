/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nic-policy.h"

G_BEGIN_DECLS

typedef enum
{
  TBX_PRIMARY_NONE,            /* there is no address that could be told */
  TBX_PRIMARY_SET,             /* somebody said so */
  TBX_PRIMARY_CONFIGURED,      /* its interface is named in "primary-nics" */
  TBX_PRIMARY_DEFAULT_ROUTE,   /* the best default route leaves with it */
  TBX_PRIMARY_FIRST,           /* there is no default route */
  TBX_PRIMARY_PROVIDED,        /* a client of the bus chose it */
} TbxPrimaryReason;

/* What was chosen, and from what.  A plain value. */
typedef struct
{
  TbxPrimaryReason reason;
  TbxInet          address;    /* or none */
  TbxNic          *nic;        /* that has it, or NULL (not owned) */
  int              family;     /* of the default route, or 0 when none decided */
  guint32          metric;     /* of that route */
} TbxPrimaryChoice;

TbxPrimaryChoice tbx_primary_choose (TbxNicPolicy      *policy,
                                     GPtrArray         *nics,
                                     const TbxNicRoute *routes,
                                     guint              n_routes);

G_END_DECLS
