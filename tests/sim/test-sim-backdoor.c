/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-guest.h"
#include <string.h>

#define ANY 0xA5A5A5A5u   /* in an expectation: whatever it is */

/* EBX, ECX and EDX before and after; the cookie is in ESI and EDI. */
typedef struct
{
  guint32 bx, cx, dx;
  guint32 bx_out, cx_out, dx_out;
} Row;

static void
play (FakeGuest *guest, const Row *rows, gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      TbxSimRegisters regs = { MAGIC, rows[i].bx, rows[i].cx, rows[i].dx, COOKIE_HIGH, COOKIE_LOW,
                               0 };

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs), ==,
                       TBX_SIM_CALL_DONE);
      g_assert_cmphex (regs.ax, ==, MAGIC);
      g_assert_cmphex (regs.cx, ==, rows[i].cx_out);
      if (rows[i].bx_out != ANY)
        g_assert_cmphex (regs.bx, ==, rows[i].bx_out);
      if (rows[i].dx_out != ANY)
        g_assert_cmphex (regs.dx, ==, rows[i].dx_out);
    }
}

static void
test_version (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs = { MAGIC, 0xA9B2A797, 0xFFFF000A, 0x5658, 5, 6, 7 };

  g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs), ==, TBX_SIM_CALL_DONE);
  g_assert_cmphex (regs.ax, ==, 6);
  g_assert_cmphex (regs.bx, ==, MAGIC);
  g_assert_cmphex (regs.cx, ==, 2);
  g_assert_cmphex (regs.dx, ==, 0x5658);

  regs = (TbxSimRegisters) { MAGIC, 0xA9B2A797, 17, 0x5658, 5, 6, 7 };
  fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
  g_assert_cmpuint (regs.ax, ==, 21);
  g_assert_cmphex (regs.bx, ==, MAGIC);

  regs = (TbxSimRegisters) { MAGIC, 1, 63, 0x5658, 5, 6, 7 };
  fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
  g_assert_cmphex (regs.ax, ==, 0xFFFFFFFF);
  g_assert_cmphex (regs.bx, ==, 1);
  g_assert_cmphex (regs.cx, ==, 63);
}

static void
test_time (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  gint64 before = g_get_real_time () / G_USEC_PER_SEC;
  gint64 after;

  for (guint32 command = 46; command <= 55; command += 9)
    {
      TbxSimRegisters regs = { MAGIC, 0, command, 0x5658, 9, 9, 0 };

      fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
      after = g_get_real_time () / G_USEC_PER_SEC;
      g_assert_cmphex (regs.ax, ==, MAGIC);
      g_assert_cmpint (regs.si << 32 | regs.dx, >=, before);
      g_assert_cmpint (regs.si << 32 | regs.dx, <=, after);
      g_assert_cmpuint (regs.bx, <, G_USEC_PER_SEC);
      g_assert_cmpuint (regs.di, ==, command == 55 ? 0 : 9);
    }
  TbxSimRegisters regs = { MAGIC, 0, 23, 0x5658, 9, 9, 0 };
  fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
  g_assert_cmpint (regs.ax, >=, before);
  g_assert_cmpint (regs.ax, <=, g_get_real_time () / G_USEC_PER_SEC);
}

/* Whatever is not exactly a backdoor call is the guest's own fault. */
static void
test_not_ours (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  static const struct { TbxSimInstruction instruction; guint32 ax, dx; } cases[] = {
    { TBX_SIM_INSTRUCTION_IN, MAGIC + 1, 0x5658 },
    { TBX_SIM_INSTRUCTION_IN, MAGIC, 0x5659 },
    { TBX_SIM_INSTRUCTION_IN, MAGIC, 0x60 },
    { TBX_SIM_INSTRUCTION_OUTS, MAGIC, 0x5658 },
    { TBX_SIM_INSTRUCTION_INS, 0, 0x5659 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TbxSimRegisters regs = { cases[i].ax, 1, 10, cases[i].dx, 4, 5, 6 };
      const TbxSimRegisters before = regs;

      g_assert_cmpint (fake_guest_call (guest, cases[i].instruction, &regs), ==,
                       TBX_SIM_CALL_NOT_OURS);
      g_assert_cmpmem (&regs, sizeof regs, &before, sizeof before);
    }
  /* The upper halves of AX and DX are a compiler's stack garbage. */
  TbxSimRegisters regs = { G_GUINT64_CONSTANT (0xDEAD) << 32 | MAGIC, 1, 10,
                           G_GUINT64_CONSTANT (0xBEEF) << 32 | 0x5658, 4, 5, 6 };
  g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs), ==, TBX_SIM_CALL_DONE);
  g_assert_cmpuint (regs.ax, ==, 6);
}

static void
test_rpci_low (void)
{
  static const Row rows[] = {
    { 0xC9435052, 0x0000001E, 0x00005658, ANY, 0x0001001E, 0x00075658 },
    { 0x00000015, 0x0001001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x6F666E69, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x7465672D, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x65756720, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x6E697473, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x692E6F66, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0x00000070, 0x0002001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0, 0x0003001E, 0x00075658, 0x0000000A, 0x0003001E, 0x00015658 },
    { 1, 0x0004001E, 0x00075658, 0x30312031, 0x0001001E, 0x00025658 },
    { 1, 0x0004001E, 0x00075658, 0x302E302E, 0x0001001E, 0x00025658 },
    { 1, 0x0004001E, 0x00075658, 0x0000352E, 0x0001001E, 0x00025658 },
    { 1, 0x0005001E, 0x00075658, ANY, 0x0001001E, ANY },
    { 0, 0x0006001E, 0x00075658, ANY, 0x0001001E, ANY },
  };
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_LOW);

  fake_host_reply (guest->host, "info-get guestinfo.ip", "1 10.0.0.5");
  tbx_sim_messages_pin (guest->messages, 7, FAKE_GUEST_COOKIE);
  play (guest, rows, G_N_ELEMENTS (rows));
  fake_guest_assert_delivered (guest, "info-get guestinfo.ip");
  g_assert_cmpuint (guest->host->n_open, ==, 0);
}

static void
test_rpci_high (void)
{
  static const char request[] = "info-get guestinfo.ip";
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs;

  fake_host_reply (guest->host, request, "1 10.0.0.5");
  fake_guest_open (guest, TBX_SIM_RPCI, 7);
  memcpy (guest->ram, request, sizeof request);
  g_assert_cmphex (fake_guest_low (guest, 1, 0x15, 7, &regs), ==, 0x81);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 0x15, 7, &regs), ==, 1);
  g_assert_cmpuint (regs.cx, ==, 0);
  g_assert_cmphex (regs.si, ==, FAKE_GUEST_RAM + 0x15);
  fake_guest_assert_delivered (guest, request);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 7, &regs), ==, 0x83);
  g_assert_cmphex (regs.bx, ==, 0x0A);
  g_assert_cmphex (regs.dx, ==, 0x00015658);
  memset (guest->ram, '#', 16);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 0x0A, 7, &regs), ==, 1);
  g_assert_cmphex (regs.di, ==, FAKE_GUEST_RAM + 0x0A);
  g_assert_cmpmem (guest->ram, 11, "1 10.0.0.5#", 11);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 7, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 6, 0, 7, &regs), ==, 1);
}

static void
test_tclo_ping (void)
{
  static const Row idle[] = {
    { 0, 0x0001001E, 0x00035658, ANY, 0x0001001E, ANY },
    { 0, 0x0003001E, 0x00035658, ANY, 0x0001001E, ANY },
    { 0, 0x0001001E, 0x00035658, ANY, 0x0001001E, ANY },
  };
  static const Row ping[] = {
    { 0, 0x0003001E, 0x00035658, 0x00000004, 0x0003001E, 0x00015658 },
    { 1, 0x0004001E, 0x00035658, 0x676E6970, 0x0001001E, 0x00025658 },
    { 1, 0x0005001E, 0x00035658, ANY, 0x0001001E, ANY },
    { 3, 0x0001001E, 0x00035658, ANY, 0x0001001E, ANY },
    { 0x00204B4F, 0x0002001E, 0x00035658, ANY, 0x0001001E, ANY },
    { 0, 0x0003001E, 0x00035658, ANY, 0x0001001E, ANY },
  };
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_LOW);

  fake_guest_open (guest, TBX_SIM_TCLO, 3);
  play (guest, idle, G_N_ELEMENTS (idle));
  fake_guest_assert_delivered (guest, "");
  g_assert_cmpuint (guest->host->delivered->len, ==, 2);
  fake_host_queue (guest->host, "ping", 4);
  play (guest, ping, G_N_ELEMENTS (ping));
  fake_guest_assert_delivered (guest, "OK ");
}

/* Every length at which packing could go wrong, both ways and both bandwidths. */
static void
exchange (FakeGuest *guest, gsize size, gboolean high)
{
  g_autofree guint8 *bytes = g_malloc (size + 4);
  gsize got_size;
  const guint8 *got;
  TbxSimRegisters regs;

  memset (bytes, 0, size + 4);
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 31 + size);
  g_assert_cmphex (fake_guest_low (guest, 1, (guint32) size, 0, &regs), ==, high ? 0x81 : 1);
  memcpy (guest->ram, bytes, size);
  if (high)
    g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, (guint32) size, 0, &regs),
                     ==, 1);
  for (gsize i = 0; !high && i < size; i += 4)
    g_assert_cmphex (fake_guest_low (guest, 2,
                               (guint32) bytes[i] | (guint32) bytes[i + 1] << 8
                                 | (guint32) bytes[i + 2] << 16 | (guint32) bytes[i + 3] << 24,
                               0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 2, 0, 0, &regs), ==, 0);   /* complete: no more of it */
  got = g_bytes_get_data (g_ptr_array_index (guest->host->delivered,
                                             guest->host->delivered->len - 1), &got_size);
  g_assert_cmpmem (got, got_size, bytes, size);

  fake_host_queue (guest->host, bytes, size);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, high ? 0x83 : 3);
  g_assert_cmpuint (regs.bx, ==, size);
  memset (guest->ram, 0xEE, size + 4);
  if (high)
    g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, (guint32) size, 0, &regs),
                     ==, 1);
  for (gsize i = 0; !high && i < size; i += 4)
    {
      guint32 word;

      g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 1);
      word = GUINT32_TO_LE ((guint32) regs.bx);
      memcpy (guest->ram + i, &word, MIN (4, size - i));
    }
  g_assert_cmpmem (guest->ram, size, bytes, size);
  g_assert_cmphex (guest->ram[size], ==, 0xEE);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 0);   /* nothing left */
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 0);   /* popped once only */
  g_assert_true (g_queue_is_empty (&guest->host->queue));
}

static void
test_lengths (void)
{
  static const gsize sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 4095, 4096, 4097, 65535, 65536 };

  for (int high = 0; high <= 1; high++)
    {
      g_autoptr(FakeGuest) guest = fake_guest_new (high
                                                     ? TBX_SIM_BANDWIDTH_HIGH : TBX_SIM_BANDWIDTH_LOW);

      fake_guest_open (guest, TBX_SIM_TCLO, 0);
      for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
        exchange (guest, sizes[i], high);
    }
}

static void
test_empty_and_repeated (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_LOW);
  TbxSimRegisters regs;

  fake_guest_open (guest, TBX_SIM_TCLO, 0);
  fake_host_queue (guest->host, "", 0);
  fake_host_queue (guest->host, "abcdefgh", 8);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 3);
  g_assert_cmpuint (regs.bx, ==, 0);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 1);

  /* RECVSIZE again in mid-message starts the same message over. */
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 3);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 0);   /* not all of it was fetched */
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 3);
  g_assert_cmpuint (regs.bx, ==, 8);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 1);
  g_assert_cmphex (regs.bx, ==, 0x64636261);
  /* The guest refuses the rest. */
  g_assert_cmphex (fake_guest_low (guest, 4, 0, 0, &regs), ==, 1);
  g_assert_cmpuint (guest->host->counters[TBX_SIM_COUNTER_REJECTED], ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 1);
}

static void
test_misuse (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs;

  g_assert_cmphex (fake_guest_low (guest, 0, 0x12345678, 0, &regs), ==, 0);   /* protocol */
  guest->host->refuse = TRUE;
  g_assert_cmphex (fake_guest_low (guest, 0, 0xC9435052, 0, &regs), ==, 0);
  guest->host->refuse = FALSE;
  g_assert_cmphex (fake_guest_low (guest, 1, 4, 9, &regs), ==, 0);   /* id not in use */
  g_assert_cmphex (fake_guest_low (guest, 1, 4, 0xFFFF, &regs), ==, 0);
  fake_guest_open (guest, TBX_SIM_RPCI, 127);
  for (guint32 sub = 1; sub <= 6; sub++)                                /* another's cookie */
    {
      regs = (TbxSimRegisters) { MAGIC, 0, sub << 16 | 30, 0x7F5658, COOKIE_HIGH, COOKIE_LOW + 1,
                                 0 };
      fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
      g_assert_cmphex (regs.cx, ==, 30);
    }
  g_assert_cmphex (fake_guest_low (guest, 7, 0, 127, &regs), ==, 0);   /* no such sub-command */
  g_assert_cmphex (fake_guest_low (guest, 1, 65537, 127, &regs), ==, 0);
  g_assert_cmpuint (guest->host->counters[TBX_SIM_COUNTER_VIOLATIONS], ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 2, 0, 127, &regs), ==, 0);   /* payload unannounced */
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 127, &regs), ==, 0);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 4, 127, &regs), ==, 0);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 4, 127, &regs), ==, 0);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 127, &regs), ==, 0x81);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 7, 127, &regs), ==, 0);
  /* no SUCCESS */
  regs = (TbxSimRegisters) { MAGIC, 0, 8, 0x7F5659, FAKE_GUEST_RAM, COOKIE_LOW, COOKIE_HIGH };
  fake_guest_call (guest, TBX_SIM_INSTRUCTION_OUTS, &regs);
  g_assert_cmphex (regs.bx, ==, 0);
  /* vassert */
  regs = (TbxSimRegisters) { MAGIC, 0x10001, 8, 0x7F5659, FAKE_GUEST_RAM, COOKIE_LOW, COOKIE_HIGH };
  fake_guest_call (guest, TBX_SIM_INSTRUCTION_OUTS, &regs);
  g_assert_cmphex (regs.bx, ==, 1);
  g_assert_cmpuint (guest->host->delivered->len, ==, 0);

  /* A buffer that is not mapped faults, and moves nothing. */
  regs = (TbxSimRegisters) { MAGIC, 0x10000, 8, 0x7F5659, 16, COOKIE_LOW, COOKIE_HIGH };
  g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_OUTS, &regs), ==,
                   TBX_SIM_CALL_FAULT);
  g_assert_cmphex (regs.cx, ==, 8);
  fake_host_queue (guest->host, "abcd", 4);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 127, &regs), ==, 0x83);
  regs = (TbxSimRegisters) { MAGIC, 0x10000, 4, 0x7F5659, COOKIE_HIGH, 16, COOKIE_LOW };
  g_assert_cmpint (fake_guest_call (guest, TBX_SIM_INSTRUCTION_INS, &regs), ==, TBX_SIM_CALL_FAULT);
}

/* 128 channels and no more; without the flag there is no cookie to check. */
static void
test_channels (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_LOW);
  TbxSimRegisters regs;

  for (guint32 i = 0; i < 128; i++)
    {
      regs = (TbxSimRegisters) { MAGIC, 0x49435052, 30, 0x5658, 0x51, 0xD1, 0 };
      fake_guest_call (guest, TBX_SIM_INSTRUCTION_IN, &regs);
      g_assert_cmphex (regs.cx, ==, 0x1001E);
      g_assert_cmphex (regs.dx, ==, i << 16 | 0x5658);
      g_assert_cmphex (regs.si, ==, 0x51);
      g_assert_cmphex (regs.di, ==, 0xD1);
    }
  g_assert_cmphex (fake_guest_low (guest, 0, 0x49435052, 0, &regs), ==, 0);
  g_assert_cmphex (fake_guest_low (guest, 6, 0, 55, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 0, 0xC9435052, 0, &regs), ==, 1);
  g_assert_cmphex (regs.dx, ==, 55 << 16 | 0x5658);
  g_assert_cmpuint (guest->host->n_open, ==, 128);
  tbx_sim_messages_process_ended (guest->messages, 41);
  g_assert_cmpuint (guest->host->n_open, ==, 128);
  tbx_sim_messages_process_ended (guest->messages, 42);
  g_assert_cmpuint (guest->host->n_open, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/backdoor/version", test_version);
  g_test_add_func ("/sim/backdoor/time", test_time);
  g_test_add_func ("/sim/backdoor/not-ours", test_not_ours);
  g_test_add_func ("/sim/backdoor/rpci-low", test_rpci_low);
  g_test_add_func ("/sim/backdoor/rpci-high", test_rpci_high);
  g_test_add_func ("/sim/backdoor/tclo-ping", test_tclo_ping);
  g_test_add_func ("/sim/backdoor/lengths", test_lengths);
  g_test_add_func ("/sim/backdoor/empty-and-repeated", test_empty_and_repeated);
  g_test_add_func ("/sim/backdoor/misuse", test_misuse);
  g_test_add_func ("/sim/backdoor/channels", test_channels);
  return g_test_run ();
}
