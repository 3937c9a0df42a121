/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-inet.h"

G_BEGIN_DECLS

/* An address on an interface, as the kernel tells it. */
typedef struct
{
  TbxInet     address;
  guint       prefix_length;   /* bits */
  guint32     flags;           /* IFA_F_... */
  TbxIpOrigin origin;
  TbxIpStatus status;
  guint       generation;      /* of the dump or event that told it last */
} TbxNicAddress;

const char *tbx_ip_origin_to_string (TbxIpOrigin origin);
const char *tbx_ip_status_to_string (TbxIpStatus status);
TbxIpOrigin tbx_nic_address_origin  (const TbxNicAddress *address, const char *mac);
TbxIpStatus tbx_nic_address_status  (const TbxNicAddress *address);
int         tbx_nic_address_compare (const TbxNicAddress *a, const TbxNicAddress *b);

G_END_DECLS
