/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* How the tracer of one vmxsim uses the host of another, over the control socket
 * after the command "guest".  Each frame is a u32 with the bytes that follow it,
 * then one octet and a body; numbers are little-endian.  Every request gets one
 * reply, whose octet is a TbxSimJoinStatus; the bodies:
 *
 *   OPEN     u32 protocol, u32 transport, owner as text    -> u32 channel id
 *   DELIVER  u32 id, message                               ->
 *   PEEK     u32 id                                        -> message
 *   POP      u32 id, u8 accepted                           ->
 *   CLOSE    u32 id                                        ->
 *   STATUS   u32 id                                        -> u8 closed
 *   STEP     u32 protocol, u32 step                        -> u32 strikes, u32 delay_ms
 *   COUNT    u32 counter, u32 n                            ->
 */
typedef enum
{
  TBX_SIM_JOIN_OPEN = 1,
  TBX_SIM_JOIN_DELIVER,
  TBX_SIM_JOIN_PEEK,
  TBX_SIM_JOIN_POP,
  TBX_SIM_JOIN_CLOSE,
  TBX_SIM_JOIN_STATUS,
  TBX_SIM_JOIN_STEP,
  TBX_SIM_JOIN_COUNT,
} TbxSimJoinOp;

typedef enum
{
  TBX_SIM_JOIN_OK,
  TBX_SIM_JOIN_NOTHING,   /* refused, or no message */
} TbxSimJoinStatus;

#define TBX_SIM_JOIN_MAX_BYTES (16 * 1024 * 1024 + 64)   /* of a frame after its size */
#define TBX_SIM_JOIN_HELLO     "{\"command\":\"guest\"}\n"
#define TBX_SIM_JOIN_WELCOME   "{\"ok\":true}\n"

G_END_DECLS
