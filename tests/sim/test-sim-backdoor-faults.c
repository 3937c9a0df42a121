/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-guest.h"
#include <string.h>

/* A checkpoint at each step of each kind loses the half message and nothing else. */
static void
test_checkpoint (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs;

  fake_guest_open (guest, TBX_SIM_TCLO, 0);
  fake_host_queue (guest->host, "pingpong", 8);
  memcpy (guest->ram, "ABCDEFGH", 8);

  fake_host_strike (guest->host, TBX_SIM_STEP_SEND_SIZE, 1, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x10);
  fake_host_strike (guest->host, TBX_SIM_STEP_SEND_PAYLOAD, 2, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x81);
  g_assert_cmphex (fake_guest_low (guest, 2, 0x44434241, 0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 2, 0x48474645, 0, &regs), ==, 0x10);
  g_assert_cmphex (fake_guest_low (guest, 2, 0x48474645, 0, &regs), ==, 0);   /* forgotten */
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x81);
  fake_host_strike (guest->host, TBX_SIM_STEP_HB_OUT, 1, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 8, 0, &regs), ==, 0x10);
  g_assert_cmphex (regs.bx, ==, 0x100000);
  g_assert_cmpuint (guest->host->delivered->len, ==, 0);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x81);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 8, 0, &regs), ==, 1);
  fake_guest_assert_delivered (guest, "ABCDEFGH");

  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x10);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  fake_host_strike (guest->host, TBX_SIM_STEP_HB_IN, 1, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 8, 0, &regs), ==, 0x10);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_PAYLOAD, 2, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 0x10);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 8, 0, &regs), ==, 1);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_STATUS, 1, TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 0x10);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);   /* still there */
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 8, 0, &regs), ==, 1);
  g_assert_cmphex (fake_guest_low (guest, 5, 1, 0, &regs), ==, 1);
  g_assert_true (g_queue_is_empty (&guest->host->queue));
}

static void
test_faults (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs;

  fake_guest_open (guest, TBX_SIM_TCLO, 0);
  fake_host_queue (guest->host, "pingpong", 8);
  fake_host_strike (guest->host, TBX_SIM_STEP_SEND_SIZE, 1, TBX_SIM_STRIKE_FAIL);
  g_assert_cmphex (fake_guest_low (guest, 1, 0, 0, &regs), ==, 0);
  g_assert_cmpuint (guest->host->delivered->len, ==, 0);

  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_WRONG_TYPE);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  g_assert_cmpuint (tbx_sim_high_half (regs.dx), >, 2);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_PAYLOAD, 1, TBX_SIM_STRIKE_WRONG_TYPE);
  g_assert_cmphex (fake_guest_low (guest, 4, 1, 0, &regs), ==, 1);
  g_assert_cmpuint (tbx_sim_high_half (regs.dx), >, 2);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_HUGE);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  g_assert_cmphex (regs.bx, ==, 0x80000000);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_ENDLESS);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  g_assert_cmphex (regs.bx, ==, 0xFFFFFFFF);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_LOW);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 3);
  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_MISSING);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 1);
  g_assert_cmpuint (g_queue_get_length (&guest->host->queue), ==, 1);

  fake_host_strike (guest->host, TBX_SIM_STEP_RECV_SIZE, 1, TBX_SIM_STRIKE_NOISE);
  g_assert_cmphex (fake_guest_low (guest, 3, 0, 0, &regs), ==, 0x83);
  g_assert_cmpuint ((guint32) regs.bx, ==, 8);
  g_assert_cmpuint (tbx_sim_high_half (regs.dx), ==, 1);
  g_assert_cmphex (regs.si, !=, COOKIE_HIGH);
  fake_host_strike (guest->host, TBX_SIM_STEP_HB_IN, 1, TBX_SIM_STRIKE_NOISE);
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_INS, 8, 0, &regs), ==, 1);
  g_assert_cmpmem (guest->ram, 8, "pingpong", 8);
  fake_host_strike (guest->host, TBX_SIM_STEP_SEND_SIZE, 1, TBX_SIM_STRIKE_NOISE);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x81);
  g_assert_cmphex (regs.dx, !=, 0x5658);

  guest->host->delay_ms = 200;   /* fake_guest_call() checks that it comes out */
  g_assert_cmphex (fake_guest_low (guest, 1, 0, 0, &regs), ==, 0x81);
  guest->host->delay_ms = 0;
  fake_host_strike (guest->host, TBX_SIM_STEP_SEND_SIZE, 1, TBX_SIM_STRIKE_DROP_COOKIE);
  g_assert_cmphex (fake_guest_low (guest, 1, 0, 0, &regs), ==, 0);
  g_assert_cmphex (fake_guest_low (guest, 1, 0, 0, &regs), ==, 0);   /* it stays unknown */
  g_assert_cmphex (fake_guest_low (guest, 6, 0, 0, &regs), ==, 0);
}

static void
test_closed_by_host (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_HIGH);
  TbxSimRegisters regs;

  fake_guest_open (guest, TBX_SIM_RPCI, 0);
  g_assert_cmphex (fake_guest_low (guest, 1, 8, 0, &regs), ==, 0x81);
  guest->host->closed = TRUE;
  g_assert_cmphex (fake_guest_high (guest, TBX_SIM_INSTRUCTION_OUTS, 8, 0, &regs), ==, 4);
  for (guint32 sub = 1; sub <= 5; sub++)
    g_assert_cmphex (fake_guest_low (guest, sub, 1, 0, &regs), ==, 4);
  g_assert_cmphex (fake_guest_low (guest, 6, 0, 0, &regs), ==, 4);
  g_assert_cmphex (fake_guest_low (guest, 6, 0, 0, &regs), ==, 0);   /* the slot is free again */
  g_assert_cmpuint (guest->host->n_open, ==, 0);
  g_assert_cmpuint (guest->host->delivered->len, ==, 0);
}

static void
test_alternate (void)
{
  g_autoptr(FakeGuest) guest = fake_guest_new (TBX_SIM_BANDWIDTH_ALTERNATE);
  TbxSimRegisters regs;

  fake_guest_open (guest, TBX_SIM_TCLO, 0);
  g_assert_cmphex (fake_guest_low (guest, 1, 4, 0, &regs), ==, 0x81);
  g_assert_cmphex (fake_guest_low (guest, 1, 4, 0, &regs), ==, 0x01);
  g_assert_cmphex (fake_guest_low (guest, 1, 4, 0, &regs), ==, 0x81);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/backdoor/checkpoint", test_checkpoint);
  g_test_add_func ("/sim/backdoor/faults", test_faults);
  g_test_add_func ("/sim/backdoor/closed-by-host", test_closed_by_host);
  g_test_add_func ("/sim/backdoor/alternate", test_alternate);
  return g_test_run ();
}
