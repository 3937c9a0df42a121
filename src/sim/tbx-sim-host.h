/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* The host as a guest's transport sees it: a tracer that emulates the backdoor,
 * or a socket server.  Two hosts are made: TbxSimModel, which is the host, and
 * TbxSimRemote, which reaches one in another vmxsim.  Whatever can be called here
 * may be called from any thread; nothing calls back into the caller. */

typedef enum
{
  TBX_SIM_RPCI = 0x49435052,   /* as in EBX of OPEN, the cookie flag removed */
  TBX_SIM_TCLO = 0x4F4C4354,
} TbxSimProtocol;

/* How a channel reaches the host; decides what counts as a sign of life. */
typedef enum
{
  TBX_SIM_TRANSPORT_BACKDOOR,   /* polls: an empty message, never while a reply is owed */
  TBX_SIM_TRANSPORT_SOCKET,     /* pings: an empty message, not before the first reply */
} TbxSimTransport;

/* One backdoor message call; up to CLOSE these are the wire's sub-commands. */
typedef enum
{
  TBX_SIM_STEP_OPEN,
  TBX_SIM_STEP_SEND_SIZE,
  TBX_SIM_STEP_SEND_PAYLOAD,
  TBX_SIM_STEP_RECV_SIZE,
  TBX_SIM_STEP_RECV_PAYLOAD,
  TBX_SIM_STEP_RECV_STATUS,
  TBX_SIM_STEP_CLOSE,
  TBX_SIM_STEP_HB_OUT,
  TBX_SIM_STEP_HB_IN,
  TBX_SIM_STEP_PACKET,          /* a packet that came in through the socket */
  TBX_SIM_N_STEPS
} TbxSimStep;

/* What a test made go wrong at one step.  Opens that are refused and channels
 * that the host closes need no flag: see tbx_sim_host_open() and
 * tbx_sim_channel_is_closed(). */
typedef enum
{
  TBX_SIM_STRIKE_CHECKPOINT  = 1 << 0,   /* answer CPT without SUCCESS, forget the half message */
  TBX_SIM_STRIKE_DROP_COOKIE = 1 << 1,   /* first give the channel a cookie unknown to the guest */
  TBX_SIM_STRIKE_FAIL        = 1 << 2,   /* answer status 0 */
  TBX_SIM_STRIKE_WRONG_TYPE  = 1 << 3,   /* RECV_SIZE, RECV_PAYLOAD: not the step's reply type */
  TBX_SIM_STRIKE_MISSING     = 1 << 4,   /* RECV_SIZE: say that there is no message */
  TBX_SIM_STRIKE_HUGE        = 1 << 5,   /* RECV_SIZE: announce 2^31 bytes */
  TBX_SIM_STRIKE_ENDLESS     = 1 << 6,   /* RECV_SIZE: announce 2^32 - 1 bytes */
  TBX_SIM_STRIKE_NOISE       = 1 << 7,   /* garbage in each output register that says nothing */
  TBX_SIM_STRIKE_LOW         = 1 << 8,   /* SEND_SIZE, RECV_SIZE: do not offer high bandwidth */
} TbxSimStrikes;

typedef enum
{
  TBX_SIM_COUNTER_STOPS,        /* times that the emulator stopped the guest */
  TBX_SIM_COUNTER_POLLS,        /* empty messages on TCLO */
  TBX_SIM_COUNTER_REQUESTS,     /* RPCI requests answered */
  TBX_SIM_COUNTER_REPLIES,      /* TCLO requests that the guest answered */
  TBX_SIM_COUNTER_VIOLATIONS,   /* breaches of protocol by the guest */
  TBX_SIM_COUNTER_REJECTED,     /* messages that the guest refused to take */
  TBX_SIM_N_COUNTERS
} TbxSimCounter;

/* Limits that the host enforces.
 * Source: docs/wire/transport.md, "Constants". */
#define TBX_SIM_MAX_CHANNELS  128
#define TBX_SIM_MAX_SEND      65536   /* bytes of a message from the guest, over the backdoor */

#define TBX_TYPE_SIM_CHANNEL (tbx_sim_channel_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxSimChannel, tbx_sim_channel, TBX, SIM_CHANNEL, GObject)

struct _TbxSimChannelClass
{
  GObjectClass parent_class;

  void     (*deliver)    (TbxSimChannel *self, GBytes *message);
  GBytes * (*peek)       (TbxSimChannel *self);
  void     (*pop)        (TbxSimChannel *self, gboolean accepted);
  gboolean (*is_closed)  (TbxSimChannel *self);
  void     (*set_wake)   (TbxSimChannel *self, GSource *source);
  void     (*close)      (TbxSimChannel *self);
};

TbxSimProtocol tbx_sim_channel_get_protocol (TbxSimChannel *self);
void           tbx_sim_channel_deliver      (TbxSimChannel *self, GBytes *message);
GBytes        *tbx_sim_channel_peek         (TbxSimChannel *self);
void           tbx_sim_channel_pop          (TbxSimChannel *self, gboolean accepted);
gboolean       tbx_sim_channel_is_closed    (TbxSimChannel *self);
void           tbx_sim_channel_set_wake     (TbxSimChannel *self, GSource *source);
void           tbx_sim_channel_close        (TbxSimChannel *self);

#define TBX_TYPE_SIM_HOST (tbx_sim_host_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxSimHost, tbx_sim_host, TBX, SIM_HOST, GObject)

struct _TbxSimHostClass
{
  GObjectClass parent_class;

  TbxSimChannel * (*open)  (TbxSimHost *self, TbxSimProtocol protocol, TbxSimTransport transport,
                            const char *owner);
  TbxSimStrikes   (*step)  (TbxSimHost *self, TbxSimProtocol protocol, TbxSimStep step,
                            guint *delay_ms);
  void            (*count) (TbxSimHost *self, TbxSimCounter counter, guint n);
};

TbxSimChannel *tbx_sim_host_open  (TbxSimHost *self, TbxSimProtocol protocol,
                                   TbxSimTransport transport, const char *owner);
TbxSimStrikes  tbx_sim_host_step  (TbxSimHost *self, TbxSimProtocol protocol, TbxSimStep step,
                                   guint *delay_ms);
void           tbx_sim_host_count (TbxSimHost *self, TbxSimCounter counter, guint n);

G_END_DECLS
