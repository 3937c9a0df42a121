/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-guest.h"
#include <string.h>

static gboolean
ram_read (gpointer data, guint64 address, gpointer to, gsize size)
{
  FakeGuest *guest = data;

  if (address < FAKE_GUEST_RAM || size > sizeof guest->ram
      || address - FAKE_GUEST_RAM > sizeof guest->ram - size)
    return FALSE;
  memcpy (to, guest->ram + (address - FAKE_GUEST_RAM), size);
  return TRUE;
}

static gboolean
ram_write (gpointer data, guint64 address, gconstpointer from, gsize size)
{
  FakeGuest *guest = data;

  if (address < FAKE_GUEST_RAM || size > sizeof guest->ram
      || address - FAKE_GUEST_RAM > sizeof guest->ram - size)
    return FALSE;
  memcpy (guest->ram + (address - FAKE_GUEST_RAM), from, size);
  return TRUE;
}

FakeGuest *
fake_guest_new (TbxSimBandwidth bandwidth)
{
  FakeGuest *guest = g_new0 (FakeGuest, 1);

  guest->host = fake_host_new ();
  guest->messages = tbx_sim_messages_new (TBX_SIM_HOST (guest->host), bandwidth, NULL);
  return guest;
}

void
fake_guest_free (FakeGuest *guest)
{
  tbx_sim_messages_free (guest->messages);
  g_assert_cmpuint (guest->host->n_open, ==, 0);
  g_object_unref (guest->host);
  g_free (guest);
}

TbxSimCall
fake_guest_call (FakeGuest *guest, TbxSimInstruction instruction, TbxSimRegisters *regs)
{
  const TbxSimMemory memory = { guest, ram_read, ram_write };
  TbxSimAccess access = { instruction, *regs, &memory, 42, 77 };
  TbxSimCall call = tbx_sim_backdoor_call (guest->messages, &access);

  g_assert_cmpuint (access.delay_ms, ==, guest->host->delay_ms);
  *regs = access.regs;
  return call;
}

/* One LB message call; returns the status, and the registers in @regs. */
guint32
fake_guest_low (FakeGuest *guest, guint32 sub, guint32 bx, guint32 id, TbxSimRegisters *regs)
{
  *regs = (TbxSimRegisters) { MAGIC, bx, sub << 16 | 30, id << 16 | 0x5658, COOKIE_HIGH,
                              COOKIE_LOW, 0 };
  g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, regs), ==, TBX_SIM_CALL_DONE);
  return tbx_sim_high_half (regs->cx);
}

guint32
fake_guest_high (FakeGuest *guest, TbxSimInstruction instruction, guint32 size, guint32 id,
                 TbxSimRegisters *regs)
{
  *regs = instruction == TBX_SIM_INSTRUCTION_OUTS
            ? (TbxSimRegisters) { MAGIC, 0x10000, size, id << 16 | 0x5659, FAKE_GUEST_RAM,
                                  COOKIE_LOW, COOKIE_HIGH }
            : (TbxSimRegisters) { MAGIC, 0x10000, size, id << 16 | 0x5659, COOKIE_HIGH,
                                  FAKE_GUEST_RAM, COOKIE_LOW };
  g_assert_cmpint (fake_guest_call (guest, instruction, regs), ==, TBX_SIM_CALL_DONE);
  return tbx_sim_high_half (regs->bx);
}

void
fake_guest_open (FakeGuest *guest, TbxSimProtocol protocol, guint id)
{
  TbxSimRegisters regs;

  tbx_sim_messages_pin (guest->messages, id, FAKE_GUEST_COOKIE);
  g_assert_cmphex (fake_guest_low (guest, 0, (guint32) protocol | 0x80000000u, 0, &regs), ==, 1);
  g_assert_cmphex (regs.dx, ==, id << 16 | 0x5658);
  g_assert_cmphex (regs.si, ==, COOKIE_HIGH);
  g_assert_cmphex (regs.di, ==, COOKIE_LOW);
}

void
fake_guest_assert_delivered (FakeGuest *guest, const char *text)
{
  GPtrArray *all = guest->host->delivered;
  gsize size;
  const char *data;

  g_assert_cmpuint (all->len, >, 0);
  data = g_bytes_get_data (g_ptr_array_index (all, all->len - 1), &size);
  g_assert_cmpmem (data, size, text, strlen (text));
}
