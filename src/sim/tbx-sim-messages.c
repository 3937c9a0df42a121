/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-messages.h"
#include <string.h>

enum
{
  STATUS_SUCCESS = 0x0001,
  STATUS_DORECV = 0x0002,
  STATUS_CLOSED = 0x0004,
  STATUS_CPT = 0x0010,
  STATUS_HB = 0x0080,
};

enum
{
  SUB_OPEN,
  SUB_SENDSIZE,
  SUB_SENDPAYLOAD,
  SUB_RECVSIZE,
  SUB_RECVPAYLOAD,
  SUB_RECVSTATUS,
  SUB_CLOSE,
};

#define COOKIE_FLAG       0x80000000u
#define TYPE_SIZE         1   /* reply types: what RECVSIZE and RECVPAYLOAD answer with */
#define TYPE_PAYLOAD      2
#define TYPE_WRONG        0x5A5A
#define WORD_BYTES        4
#define ARGUMENT_OK       1   /* bit 0 of BX in the RECV steps: all went well so far */

/* One channel of a guest: what of a message has passed so far. */
typedef struct
{
  TbxSimChannel *channel;      /* owned; NULL while the slot is free */
  guint64        cookie;
  gboolean       has_cookie;
  int            pid;          /* process that used it last; it closes with that */
  guint8        *sent;         /* owned; a message that arrives in parts, or NULL */
  gsize          sent_size;    /* as announced, bytes */
  gsize          sent_done;    /* thereof arrived */
  GBytes        *taken;        /* owned; the message that is fetched in parts, or NULL */
  gsize          taken_done;   /* bytes thereof fetched */
} Slot;

struct _TbxSimMessages
{
  TbxSimHost     *host;        /* owned */
  TbxSimBandwidth bandwidth;
  TbxSimTrace    *trace;       /* not owned; or NULL */
  Slot            slots[TBX_SIM_MAX_CHANNELS];
  guint           n_payloads;  /* sizes answered so far, for every second one */
  gboolean        pinned;      /* whether the next OPEN gets the two below */
  guint           pinned_id;
  guint64         pinned_cookie;
};

/**
 * tbx_sim_messages_new:
 * @host: the host behind the channels
 * @bandwidth: when payloads may pass in one instruction
 * @trace: (nullable): what writes down each message; outlives the result
 *
 * Returns: (transfer full): the channels of one guest, none of them open
 */
TbxSimMessages *
tbx_sim_messages_new (TbxSimHost *host, TbxSimBandwidth bandwidth, TbxSimTrace *trace)
{
  TbxSimMessages *self = g_new0 (TbxSimMessages, 1);

  self->host = g_object_ref (host);
  self->bandwidth = bandwidth;
  self->trace = trace;
  return self;
}

static void
slot_forget (Slot *slot)
{
  g_clear_pointer (&slot->sent, g_free);
  g_clear_pointer (&slot->taken, g_bytes_unref);
}

static void
slot_free (Slot *slot)
{
  if (slot->channel == NULL)
    return;
  slot_forget (slot);
  tbx_sim_channel_close (slot->channel);
  g_clear_object (&slot->channel);
}

/**
 * tbx_sim_messages_free:
 * @self: (nullable): the channels
 *
 * Closes those that are open.
 */
void
tbx_sim_messages_free (TbxSimMessages *self)
{
  if (self == NULL)
    return;
  for (guint id = 0; id < TBX_SIM_MAX_CHANNELS; id++)
    slot_free (&self->slots[id]);
  g_object_unref (self->host);
  g_free (self);
}

/**
 * tbx_sim_messages_pin:
 * @self: the channels
 * @id: a free channel id
 * @cookie: high half, then low half
 *
 * Decides what the next OPEN gives, for tests that compare registers.
 */
void
tbx_sim_messages_pin (TbxSimMessages *self, guint id, guint64 cookie)
{
  g_return_if_fail (id < TBX_SIM_MAX_CHANNELS && self->slots[id].channel == NULL);
  self->pinned = TRUE;
  self->pinned_id = id;
  self->pinned_cookie = cookie;
}

/**
 * tbx_sim_messages_process_ended:
 * @self: the channels
 * @pid: a process that is gone
 *
 * Closes what it left open.  A real host keeps such channels until they were
 * idle for long; a test that starts its guest again should not have to wait.
 */
void
tbx_sim_messages_process_ended (TbxSimMessages *self, int pid)
{
  for (guint id = 0; id < TBX_SIM_MAX_CHANNELS; id++)
    if (self->slots[id].channel != NULL && self->slots[id].pid == pid)
      slot_free (&self->slots[id]);
}

static guint64
random_cookie (void)
{
  return (guint64) g_random_int () << 32 | g_random_int ();
}

static void
trace (TbxSimMessages *self, const Slot *slot, gboolean from_guest, GBytes *message)
{
  tbx_sim_trace_message (self->trace, slot->pid, (guint) (slot - self->slots),
                         tbx_sim_channel_get_protocol (slot->channel), from_guest, message);
}

/* "pid 42 (vmtoolsd)": who opens a channel, for people. */
static char *
describe_process (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", pid);
  g_autofree char *name = NULL;

  if (!g_file_get_contents (path, &name, NULL, NULL))
    return g_strdup_printf ("pid %d", pid);
  return g_strdup_printf ("pid %d (%s)", pid, g_strchomp (name));
}

static guint32
message_open (TbxSimMessages *self, TbxSimAccess *access)
{
  TbxSimRegisters *regs = &access->regs;
  guint32 argument = (guint32) regs->bx;
  TbxSimProtocol protocol = argument & ~COOKIE_FLAG;
  g_autofree char *owner = NULL;
  guint id = self->pinned ? self->pinned_id : 0;
  Slot *slot;

  while (id < TBX_SIM_MAX_CHANNELS && self->slots[id].channel != NULL)
    id++;
  if (id == TBX_SIM_MAX_CHANNELS)
    return 0;
  slot = &self->slots[id];
  owner = describe_process (access->pid);
  slot->channel = tbx_sim_host_open (self->host, protocol, TBX_SIM_TRANSPORT_BACKDOOR, owner);
  if (slot->channel == NULL)
    return 0;
  slot->pid = access->pid;
  slot->has_cookie = (argument & COOKIE_FLAG) != 0;
  slot->cookie = self->pinned ? self->pinned_cookie : random_cookie ();
  self->pinned = FALSE;
  if (slot->has_cookie)
    {
      regs->si = slot->cookie >> 32;
      regs->di = (guint32) slot->cookie;
    }
  regs->dx = tbx_sim_with_high_half (regs->dx, id);
  return STATUS_SUCCESS;
}

/* Takes the bytes that make the message whole to the host. */
static void
slot_complete (TbxSimMessages *self, Slot *slot)
{
  g_autoptr(GBytes) message = g_bytes_new_take (g_steal_pointer (&slot->sent), slot->sent_size);

  trace (self, slot, TRUE, message);
  tbx_sim_channel_deliver (slot->channel, message);
}

/* Whether the payload whose size is being told may pass in one instruction. */
static guint32
offer_high (TbxSimMessages *self, TbxSimStrikes strikes)
{
  guint n = self->n_payloads++;

  if ((strikes & TBX_SIM_STRIKE_LOW) || self->bandwidth == TBX_SIM_BANDWIDTH_LOW
      || (self->bandwidth == TBX_SIM_BANDWIDTH_ALTERNATE && n % 2 == 1))
    return 0;
  return STATUS_HB;
}

static guint32
message_send_size (TbxSimMessages *self, Slot *slot, TbxSimRegisters *regs, TbxSimStrikes strikes)
{
  guint32 size = (guint32) regs->bx;

  if (size > TBX_SIM_MAX_SEND)
    {
      tbx_sim_host_count (self->host, TBX_SIM_COUNTER_VIOLATIONS, 1);
      return 0;
    }
  g_free (slot->sent);
  slot->sent = g_malloc (MAX (size, 1));
  slot->sent_size = size;
  slot->sent_done = 0;
  if (size == 0)
    slot_complete (self, slot);
  return STATUS_SUCCESS | offer_high (self, strikes);
}

static guint32
message_send_payload (TbxSimMessages *self, Slot *slot, TbxSimRegisters *regs)
{
  guint32 word = GUINT32_TO_LE ((guint32) regs->bx);
  gsize n;

  if (slot->sent == NULL)
    return 0;
  n = MIN (WORD_BYTES, slot->sent_size - slot->sent_done);
  memcpy (slot->sent + slot->sent_done, &word, n);
  slot->sent_done += n;
  if (slot->sent_done == slot->sent_size)
    slot_complete (self, slot);
  return STATUS_SUCCESS;
}

/* Announces the head of the queue, or what a test wants announced instead. */
static guint32
message_recv_size (TbxSimMessages *self, Slot *slot, TbxSimRegisters *regs, TbxSimStrikes strikes)
{
  const TbxSimStrikes lies = TBX_SIM_STRIKE_WRONG_TYPE | TBX_SIM_STRIKE_HUGE
                             | TBX_SIM_STRIKE_ENDLESS;
  guint32 size = 0;

  g_clear_pointer (&slot->taken, g_bytes_unref);
  if (!(strikes & TBX_SIM_STRIKE_MISSING))
    slot->taken = tbx_sim_channel_peek (slot->channel);
  slot->taken_done = 0;
  if (slot->taken == NULL && !(strikes & lies))
    return STATUS_SUCCESS;
  if (slot->taken != NULL)
    size = (guint32) g_bytes_get_size (slot->taken);
  if (strikes & TBX_SIM_STRIKE_ENDLESS)
    size = G_MAXUINT32;
  else if (strikes & TBX_SIM_STRIKE_HUGE)
    size = 0x80000000u;
  regs->bx = size;
  regs->dx = tbx_sim_with_high_half (regs->dx, strikes & TBX_SIM_STRIKE_WRONG_TYPE ? TYPE_WRONG
                                                                                   : TYPE_SIZE);
  return STATUS_SUCCESS | STATUS_DORECV | offer_high (self, strikes);
}

/* The guest does not want the message: it is gone, and the test may see that. */
static guint32
slot_reject (TbxSimMessages *self, Slot *slot)
{
  g_clear_pointer (&slot->taken, g_bytes_unref);
  tbx_sim_channel_pop (slot->channel, FALSE);
  return STATUS_SUCCESS;
}

static guint32
message_recv_payload (TbxSimMessages *self, Slot *slot, TbxSimRegisters *regs,
                      TbxSimStrikes strikes)
{
  const guint8 *data;
  guint32 word = 0;
  gsize size;
  gsize n;

  if (!(regs->bx & ARGUMENT_OK))
    return slot_reject (self, slot);
  if (slot->taken == NULL)
    return 0;
  data = g_bytes_get_data (slot->taken, &size);
  if (slot->taken_done == size)
    return 0;
  n = MIN (WORD_BYTES, size - slot->taken_done);
  memcpy (&word, data + slot->taken_done, n);
  slot->taken_done += n;
  regs->bx = GUINT32_FROM_LE (word);
  regs->dx = tbx_sim_with_high_half (regs->dx, strikes & TBX_SIM_STRIKE_WRONG_TYPE ? TYPE_WRONG
                                                                                   : TYPE_PAYLOAD);
  return STATUS_SUCCESS;
}

static guint32
message_recv_status (TbxSimMessages *self, Slot *slot, TbxSimRegisters *regs)
{
  g_autoptr(GBytes) taken = NULL;

  if (!(regs->bx & ARGUMENT_OK))
    return slot_reject (self, slot);
  if (slot->taken == NULL || slot->taken_done != g_bytes_get_size (slot->taken))
    return 0;
  taken = g_steal_pointer (&slot->taken);
  trace (self, slot, FALSE, taken);
  tbx_sim_channel_pop (slot->channel, TRUE);
  return STATUS_SUCCESS;
}

/* The channel that id and cookie in the registers name, if they fit together. */
static Slot *
find_slot (TbxSimMessages *self, const TbxSimRegisters *regs, guint32 cookie_high,
           guint32 cookie_low)
{
  guint32 id = tbx_sim_high_half (regs->dx);
  guint64 cookie = (guint64) cookie_high << 32 | cookie_low;
  Slot *slot;

  if (id >= TBX_SIM_MAX_CHANNELS || self->slots[id].channel == NULL)
    return NULL;
  slot = &self->slots[id];
  return slot->has_cookie && slot->cookie != cookie ? NULL : slot;
}

/* What precedes each step on an open channel: whether it goes on, or with which
 * status it ends.  Sets the strikes that the step itself has to act upon. */
static gboolean
slot_enter (TbxSimMessages *self, Slot *slot, TbxSimStep step, TbxSimAccess *access,
            TbxSimStrikes *strikes, guint32 *status)
{
  slot->pid = access->pid;
  *strikes = tbx_sim_host_step (self->host, tbx_sim_channel_get_protocol (slot->channel), step,
                                &access->delay_ms);
  *status = 0;
  if (tbx_sim_channel_is_closed (slot->channel))
    {
      slot_forget (slot);
      *status = STATUS_CLOSED;
      return FALSE;
    }
  if (*strikes & TBX_SIM_STRIKE_DROP_COOKIE)
    {
      slot_free (slot);   /* with a cookie that nobody has, it could not be reached either */
      return FALSE;
    }
  if (*strikes & TBX_SIM_STRIKE_CHECKPOINT)
    {
      slot_forget (slot);
      *status = STATUS_CPT;
      return FALSE;
    }
  return !(*strikes & TBX_SIM_STRIKE_FAIL);
}

static guint32
message_step (TbxSimMessages *self, Slot *slot, guint32 sub, TbxSimRegisters *regs,
              TbxSimStrikes strikes)
{
  switch (sub)
    {
    case SUB_SENDSIZE:
      return message_send_size (self, slot, regs, strikes);
    case SUB_SENDPAYLOAD:
      return message_send_payload (self, slot, regs);
    case SUB_RECVSIZE:
      return message_recv_size (self, slot, regs, strikes);
    case SUB_RECVPAYLOAD:
      return message_recv_payload (self, slot, regs, strikes);
    case SUB_RECVSTATUS:
      return message_recv_status (self, slot, regs);
    default:
      return STATUS_SUCCESS;
    }
}

/* Garbage wherever a guest has no business to look: a real host promises nothing
 * of those registers either. */
static void
clobber_low (const TbxSimRegisters *before, guint32 sub, TbxSimRegisters *regs)
{
  const TbxSimRegisters kept = *regs;
  guint64 noise = random_cookie ();

  regs->ax = noise;
  if (sub != SUB_RECVSIZE && sub != SUB_RECVPAYLOAD)
    regs->bx = noise * 3;
  else
    regs->bx = (guint32) kept.bx | (noise & ~(guint64) G_MAXUINT32);
  regs->cx = (noise & ~(guint64) 0xFFFF0000u) | (kept.cx & 0xFFFF0000u);
  regs->dx = kept.dx == before->dx ? noise * 5
                                   : (noise & ~(guint64) 0xFFFF0000u) | (kept.dx & 0xFFFF0000u);
  regs->si = noise * 7;
  regs->di = noise * 11;
}

/**
 * tbx_sim_messages_low:
 * @self: the channels
 * @access: (inout): a call with the message command
 *
 * One sub-command.  Its status goes to CX[31:16].
 * Source: docs/wire/transport.md, "Channel state".
 */
void
tbx_sim_messages_low (TbxSimMessages *self, TbxSimAccess *access)
{
  TbxSimRegisters *regs = &access->regs;
  const TbxSimRegisters before = *regs;
  guint32 sub = tbx_sim_high_half (regs->cx);
  TbxSimStrikes strikes = 0;
  guint32 status = 0;
  Slot *slot;

  if (sub == SUB_OPEN)
    {
      status = message_open (self, access);
    }
  else if (sub <= SUB_CLOSE
           && (slot = find_slot (self, regs, (guint32) regs->si, (guint32) regs->di)) != NULL)
    {
      if (slot_enter (self, slot, (TbxSimStep) sub, access, &strikes, &status))
        status = message_step (self, slot, sub, regs, strikes);
      /* The guest forgets a channel that it closes, whatever it is told. */
      if (sub == SUB_CLOSE)
        slot_free (slot);
    }
  regs->cx = tbx_sim_with_high_half (regs->cx, status);
  if (strikes & TBX_SIM_STRIKE_NOISE)
    clobber_low (&before, sub, regs);
}

/* Guest to host.  Returns FALSE when its memory is not there. */
static gboolean
move_out (TbxSimMessages *self, Slot *slot, TbxSimAccess *access, guint32 *status)
{
  TbxSimRegisters *regs = &access->regs;

  if (slot->sent == NULL || regs->cx != slot->sent_size
      || !(tbx_sim_high_half (regs->bx) & STATUS_SUCCESS))
    return TRUE;
  if (!access->memory->read (access->memory->data, regs->si, slot->sent, slot->sent_size))
    return FALSE;
  regs->si += slot->sent_size;
  regs->cx = 0;
  slot_complete (self, slot);
  *status = STATUS_SUCCESS;
  return TRUE;
}

/* Host to guest.  Returns FALSE when its memory is not there. */
static gboolean
move_in (Slot *slot, TbxSimAccess *access, guint32 *status)
{
  TbxSimRegisters *regs = &access->regs;
  const guint8 *data;
  gsize size;

  if (slot->taken == NULL || regs->cx != g_bytes_get_size (slot->taken))
    return TRUE;
  data = g_bytes_get_data (slot->taken, &size);
  if (!access->memory->write (access->memory->data, regs->di, data, size))
    return FALSE;
  slot->taken_done = size;
  regs->di += size;
  regs->cx = 0;
  *status = STATUS_SUCCESS;
  return TRUE;
}

/**
 * tbx_sim_messages_high:
 * @self: the channels
 * @access: (inout): a call with the high-bandwidth message command
 *
 * Moves a whole payload.  The status goes to BX[31:16].  The halves of the
 * cookie are where the string instruction leaves room, which differs by direction.
 * Source: docs/wire/transport.md, "High-bandwidth call, x86".
 *
 * Returns: %FALSE when the guest's buffer is not mapped as it should be
 */
gboolean
tbx_sim_messages_high (TbxSimMessages *self, TbxSimAccess *access)
{
  TbxSimRegisters *regs = &access->regs;
  gboolean out = access->instruction == TBX_SIM_INSTRUCTION_OUTS;
  TbxSimStrikes strikes = 0;
  guint32 status = 0;
  Slot *slot;

  slot = out ? find_slot (self, regs, (guint32) regs->bp, (guint32) regs->di)
             : find_slot (self, regs, (guint32) regs->si, (guint32) regs->bp);
  if (slot != NULL
      && slot_enter (self, slot, out ? TBX_SIM_STEP_HB_OUT : TBX_SIM_STEP_HB_IN, access, &strikes,
                     &status)
      && !(out ? move_out (self, slot, access, &status) : move_in (slot, access, &status)))
    return FALSE;
  regs->bx = tbx_sim_with_high_half (regs->bx, status);
  if (strikes & TBX_SIM_STRIKE_NOISE)
    {
      guint64 noise = random_cookie ();

      *regs = (TbxSimRegisters) { noise, (noise & ~(guint64) 0xFFFF0000u) | status << 16,
                                  noise * 3, noise * 5, noise * 7, noise * 11, noise * 13 };
    }
  return TRUE;
}
