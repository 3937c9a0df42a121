/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-backdoor.h"
#include <string.h>

enum { SUCCESS = 0x01, DORECV = 0x02, CLOSED = 0x04, CHECKPOINT = 0x10, HIGH = 0x80 };
enum { OPEN, SEND_SIZE, SEND_PAYLOAD, RECV_SIZE, RECV_PAYLOAD, RECV_STATUS, CLOSE, HIGH_OUT, HIGH_IN };

#define RPCI        0x49435052u
#define TCLO        0x4F4C4354u
#define COOKIE_FLAG 0x80000000u

FakeBackdoor fake_backdoor;

/* What a call answers; the registers that it leaves alone are noise or as they were. */
typedef struct
{
  guint16  status;
  gboolean has_type, has_value, has_cookie;
  guint16  type;     /* or the channel id */
  guint32  value;
} Answer;

static char
step_letter (guint step, guint32 bx)
{
  switch (step)
    {
    case OPEN:
      return bx & COOKIE_FLAG ? 'O' : 'o';
    case RECV_PAYLOAD:
      return bx & SUCCESS ? 'r' : 'x';
    case RECV_STATUS:
      return bx & SUCCESS ? 'A' : 'a';
    default:
      return "OSsRrACWI"[step];
    }
}

static FakeSlot *
find_slot (guint16 id, guint32 cookie_high, guint32 cookie_low)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fake_backdoor.slots); i++)
    {
      FakeSlot *slot = &fake_backdoor.slots[i];

      if (slot->used && slot->id == id && slot->cookie_high == cookie_high
          && slot->cookie_low == cookie_low)
        return slot;
    }
  return NULL;
}

static gboolean
offer_high (void)
{
  fake_backdoor.n_payloads++;
  return fake_backdoor.bandwidth == FAKE_HIGH
         || (fake_backdoor.bandwidth == FAKE_ALTERNATING && fake_backdoor.n_payloads % 2 == 0);
}

static void
slot_forget_half (FakeSlot *slot)
{
  slot->sending = slot->offering = FALSE;
  slot->offset = 0;
  g_byte_array_set_size (slot->received, 0);
}

static void
slot_free (FakeSlot *slot)
{
  if (slot->received != NULL)
    g_byte_array_unref (slot->received);
  g_queue_clear_full (&slot->outgoing, (GDestroyNotify) g_bytes_unref);
  *slot = (FakeSlot) { 0 };
}

static void
slot_complete (FakeSlot *slot)
{
  GBytes *message = g_bytes_new (slot->received->data, slot->received->len);

  g_ptr_array_add (fake_backdoor.delivered, message);
  if (slot->protocol == TBX_PROTOCOL_TCLO)
    {
      /* A poll while a reply is owed, or a reply to nothing, breaks the protocol. */
      g_assert_cmpint (g_bytes_get_size (message) > 0, ==, slot->owed);
      fake_backdoor.n_polls += !slot->owed;
      slot->owed = FALSE;
    }
  else if (fake_backdoor.reply != NULL)
    g_queue_push_tail (&slot->outgoing, g_bytes_new (fake_backdoor.reply, strlen (fake_backdoor.reply)));
  slot_forget_half (slot);
}

static Answer
answer_open (guint32 bx)
{
  guint32 number = bx & ~COOKIE_FLAG;
  FakeSlot *slot = fake_backdoor.slots;

  if ((number != RPCI && number != TCLO) || (bx & COOKIE_FLAG && fake_backdoor.no_cookies))
    return (Answer) { 0 };
  while (slot->used)
    g_assert_true (++slot < fake_backdoor.slots + G_N_ELEMENTS (fake_backdoor.slots));
  slot->used = TRUE;
  slot->id = fake_backdoor.next_id++;
  slot->protocol = number == RPCI ? TBX_PROTOCOL_RPCI : TBX_PROTOCOL_TCLO;
  slot->cookie_high = fake_backdoor.next_cookie_high;
  slot->cookie_low = fake_backdoor.next_cookie_low;
  slot->received = g_byte_array_new ();
  g_queue_init (&slot->outgoing);
  return (Answer) { .status = SUCCESS, .has_type = TRUE, .type = slot->id, .has_cookie = TRUE };
}

static Answer
answer_send_size (FakeSlot *slot, gsize size)
{
  Answer answer = { .status = SUCCESS };

  if (size > TBX_BACKDOOR_MAX_SEND_BYTES)
    return (Answer) { 0 };
  slot_forget_half (slot);
  slot->sending = TRUE;
  slot->expected = size;
  if (size == 0)
    slot_complete (slot);
  else if (offer_high ())
    answer.status |= HIGH;
  return answer;
}

static Answer
answer_send_payload (FakeSlot *slot, guint32 word)
{
  gsize n;

  if (!slot->sending)
    return (Answer) { 0 };
  n = MIN (4, slot->expected - slot->received->len);
  g_assert_cmpuint (n == 4 ? 0 : word >> (8 * n), ==, 0);
  word = GUINT32_TO_LE (word);
  g_byte_array_append (slot->received, (guint8 *) &word, (guint) n);
  if (slot->received->len == slot->expected)
    slot_complete (slot);
  return (Answer) { .status = SUCCESS };
}

static Answer
answer_recv_size (FakeSlot *slot)
{
  GBytes *head = g_queue_peek_head (&slot->outgoing);
  Answer answer = { .status = SUCCESS };

  if (head == NULL)
    return answer;
  slot->offering = TRUE;
  slot->offset = 0;
  answer.status |= DORECV | (offer_high () ? HIGH : 0);
  answer.has_type = answer.has_value = TRUE;
  answer.type = 1;
  answer.value = (guint32) g_bytes_get_size (head);
  return answer;
}

static Answer
answer_reject (FakeSlot *slot)
{
  GBytes *head = g_queue_pop_head (&slot->outgoing);

  g_clear_pointer (&head, g_bytes_unref);
  slot_forget_half (slot);
  fake_backdoor.n_rejected++;
  return (Answer) { .status = SUCCESS };
}

static Answer
answer_recv_payload (FakeSlot *slot)
{
  Answer answer = { .status = SUCCESS, .has_type = TRUE, .type = 2, .has_value = TRUE };
  GBytes *head = g_queue_peek_head (&slot->outgoing);
  gsize size;
  const guint8 *data;

  if (head == NULL || !slot->offering || slot->offset >= g_bytes_get_size (head))
    return (Answer) { 0 };
  data = g_bytes_get_data (head, &size);
  /* What a last word does not need may hold anything. */
  answer.value = fake_backdoor.noise ? g_test_rand_int () : 0;
  answer.value = GUINT32_TO_LE (answer.value);
  memcpy (&answer.value, data + slot->offset, MIN (4, size - slot->offset));
  answer.value = GUINT32_FROM_LE (answer.value);
  slot->offset = MIN (size, slot->offset + 4);
  return answer;
}

static Answer
answer_recv_status (FakeSlot *slot)
{
  GBytes *head = g_queue_peek_head (&slot->outgoing);

  if (head == NULL || !slot->offering || slot->offset != g_bytes_get_size (head))
    return (Answer) { 0 };
  g_bytes_unref (g_queue_pop_head (&slot->outgoing));
  slot_forget_half (slot);
  slot->owed = slot->protocol == TBX_PROTOCOL_TCLO;
  return (Answer) { .status = SUCCESS };
}

static Answer
answer_bulk (FakeSlot *slot, char step, TbxBackdoorBulk *bulk)
{
  GBytes *head = g_queue_peek_head (&slot->outgoing);

  if (step == 'W')
    {
      if (!slot->sending || bulk->size != slot->expected)
        return (Answer) { 0 };
      g_byte_array_append (slot->received, bulk->data, (guint) bulk->size);
      slot_complete (slot);
      return (Answer) { .status = SUCCESS };
    }
  if (head == NULL || !slot->offering || bulk->size != g_bytes_get_size (head))
    return (Answer) { 0 };
  memcpy (bulk->data, g_bytes_get_data (head, NULL), bulk->size);
  slot->offset = bulk->size;
  return (Answer) { .status = SUCCESS };
}

static Answer
answer_step (FakeSlot *slot, char step, guint32 bx, TbxBackdoorBulk *bulk)
{
  switch (step)
    {
    case 'S':
      return answer_send_size (slot, bx);
    case 's':
      return answer_send_payload (slot, bx);
    case 'R':
      return answer_recv_size (slot);
    case 'r':
      return answer_recv_payload (slot);
    case 'A':
      return answer_recv_status (slot);
    case 'x':
    case 'a':
      return answer_reject (slot);
    case 'C':
      slot_free (slot);
      return (Answer) { .status = SUCCESS };
    default:
      return answer_bulk (slot, step, bulk);
    }
}

static gboolean
take_fault (char step, FakeFault *fault)
{
  for (guint i = 0; i < fake_backdoor.faults->len; i++)
    {
      FakeFault *known = &g_array_index (fake_backdoor.faults, FakeFault, i);

      if (known->step != step || (known->nth > 1 && known->nth-- > 1))
        continue;
      *fault = *known;
      if (known->times <= 1)
        g_array_remove_index (fake_backdoor.faults, i);
      else
        known->times--;
      return TRUE;
    }
  return FALSE;
}

/* All of one call: looks it up, acts or misbehaves. */
static Answer
answer_call (FakeCall call, TbxBackdoorBulk *bulk)
{
  FakeSlot *slot = find_slot ((guint16) (call.dx >> 16), call.si, call.di);
  gboolean opening = call.step == 'O' || call.step == 'o';
  FakeFault fault = { 0 };
  gboolean struck = take_fault (call.step, &fault);
  Answer answer;

  g_array_append_val (fake_backdoor.calls, call);
  if (struck && !fault.lie)
    {
      if (slot != NULL && fault.status & CHECKPOINT)
        slot_forget_half (slot);
      return (Answer) { .status = fault.status };
    }
  if (opening)
    answer = answer_open (call.bx);
  else if (slot == NULL)
    answer = (Answer) { 0 };
  else if (slot->closed)
    answer = (Answer) { .status = CLOSED };
  else
    answer = answer_step (slot, call.step, call.bx, bulk);
  if (struck)
    {
      answer.status = fault.status;
      answer.type = fault.type;
      answer.value = fault.value;
    }
  return answer;
}

/* Bits of the status that mean nothing after this step. */
static guint16
noise_status (char step, guint16 status)
{
  guint16 mute = 0x004c | (status & SUCCESS ? CHECKPOINT : 0);

  if (step != 'R')
    mute |= DORECV;
  if (step != 'R' && step != 'S')
    mute |= HIGH;
  return status | ((guint16) g_test_rand_int () & mute);
}

static void
fake_low (TbxBackdoorCall *call)
{
  guint step = call->cx >> 16;
  FakeCall record = { step_letter (MIN (step, CLOSE), call->bx), call->bx, call->cx, call->dx,
                      call->si, call->di };
  Answer answer;

  g_assert_cmphex (call->ax, ==, TBX_BACKDOOR_MAGIC);
  g_assert_cmphex (call->cx & 0xffff, ==, 30);
  g_assert_cmphex (call->dx & 0xffff, ==, TBX_BACKDOOR_LOW_PORT);
  g_assert_cmpuint (step, <=, CLOSE);
  if (step == OPEN)   /* what has no meaning is sent as zero */
    g_assert_cmphex (call->dx >> 16 | call->si | call->di, ==, 0);
  if (step == RECV_SIZE || step == CLOSE)
    g_assert_cmphex (call->bx, ==, 0);

  answer = answer_call (record, NULL);
  if (fake_backdoor.noise)
    {
      guint32 *const words[] = { &call->ax, &call->bx, &call->cx, &call->dx, &call->si, &call->di };

      for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        *words[i] = (guint32) g_test_rand_int ();
      answer.status = noise_status (record.step, answer.status);
    }
  call->cx = (guint32) answer.status << 16 | (call->cx & 0xffff);
  if (answer.has_type)
    call->dx = (guint32) answer.type << 16 | (call->dx & 0xffff);
  if (answer.has_value)
    call->bx = answer.value;
  if (answer.has_cookie)
    {
      call->si = fake_backdoor.next_cookie_high;
      call->di = fake_backdoor.next_cookie_low;
    }
}

static void
fake_high (TbxBackdoorBulk *bulk, guint step)
{
  FakeCall record = { step_letter (step, 0), bulk->bx, 0, bulk->dx, bulk->cookie_high,
                      bulk->cookie_low };
  Answer answer;

  g_assert_cmphex (bulk->bx, ==, 0x00010000);
  g_assert_cmphex (bulk->dx & 0xffff, ==, TBX_BACKDOOR_HIGH_PORT);
  g_assert_cmpuint (bulk->size, >, 0);
  answer = answer_call (record, bulk);
  if (fake_backdoor.noise)
    {
      answer.status = noise_status (record.step, answer.status);
      bulk->bx = (guint32) g_test_rand_int ();
      bulk->dx = (guint32) g_test_rand_int ();
    }
  bulk->bx = (guint32) answer.status << 16 | (bulk->bx & 0xffff);
}

static void
fake_high_out (TbxBackdoorBulk *bulk)
{
  fake_high (bulk, HIGH_OUT);
}

static void
fake_high_in (TbxBackdoorBulk *bulk)
{
  fake_high (bulk, HIGH_IN);
}

const TbxBackdoorCalls fake_backdoor_calls = { fake_low, fake_high_out, fake_high_in };

/* A host that has no channels and no faults.  fake_backdoor_clear() ends it. */
void
fake_backdoor_reset (void)
{
  fake_backdoor_clear ();
  fake_backdoor.next_id = 7;
  fake_backdoor.next_cookie_high = 0x11223344;
  fake_backdoor.next_cookie_low = 0x55667788;
  fake_backdoor.faults = g_array_new (FALSE, FALSE, sizeof (FakeFault));
  fake_backdoor.calls = g_array_new (FALSE, FALSE, sizeof (FakeCall));
  fake_backdoor.delivered = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
fake_backdoor_clear (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fake_backdoor.slots); i++)
    slot_free (&fake_backdoor.slots[i]);
  g_clear_pointer (&fake_backdoor.faults, g_array_unref);
  g_clear_pointer (&fake_backdoor.calls, g_array_unref);
  g_clear_pointer (&fake_backdoor.delivered, g_ptr_array_unref);
  fake_backdoor = (FakeBackdoor) { 0 };
}

void
fake_backdoor_fault (FakeFault fault)
{
  g_array_append_val (fake_backdoor.faults, fault);
}

/* The open channel of that protocol, or NULL. */
FakeSlot *
fake_backdoor_slot (TbxProtocol protocol)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fake_backdoor.slots); i++)
    if (fake_backdoor.slots[i].used && fake_backdoor.slots[i].protocol == protocol)
      return &fake_backdoor.slots[i];
  return NULL;
}

void
fake_backdoor_queue (TbxProtocol protocol, gconstpointer data, gsize size)
{
  g_queue_push_tail (&fake_backdoor_slot (protocol)->outgoing, g_bytes_new (data, size));
}

/* The calls since the last time, as letters. */
char *
fake_backdoor_dup_steps (void)
{
  GString *steps = g_string_new (NULL);

  for (guint i = 0; i < fake_backdoor.calls->len; i++)
    g_string_append_c (steps, g_array_index (fake_backdoor.calls, FakeCall, i).step);
  g_array_set_size (fake_backdoor.calls, 0);
  return g_string_free (steps, FALSE);
}
