/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The trapping instruction itself, one C file an architecture.  Freestanding C:
 * neither these files nor this header need anything but the compiler, so each can
 * be compiled for its architecture on any other.
 * Source: docs/wire/transport.md, "The backdoor call". */

#define TBX_BACKDOOR_MAGIC     0x564D5868u
#define TBX_BACKDOOR_LOW_PORT  0x5658u
#define TBX_BACKDOOR_HIGH_PORT 0x5659u

/* A low-bandwidth call: every register is input and output. */
typedef struct
{
  uint32_t ax, bx, cx, dx, si, di;
} TbxBackdoorCall;

/* A high-bandwidth call: the payload moves in one instruction. */
typedef struct
{
  uint32_t bx;           /* command and status; on return bits 31:16 are the status */
  uint32_t dx;           /* port, and channel id in bits 31:16 */
  uint32_t cookie_high;
  uint32_t cookie_low;
  void    *data;         /* read for "out", written for "in" */
  size_t   size;         /* bytes */
} TbxBackdoorBulk;

void tbx_backdoor_low      (TbxBackdoorCall *call);
void tbx_backdoor_high_out (TbxBackdoorBulk *bulk);
void tbx_backdoor_high_in  (TbxBackdoorBulk *bulk);
