/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-call.h"

/* X7 describes the port instruction that X0 to X6 are the registers of. */
#define DESCRIPTOR     (UINT64_C (0x86) << 32)
#define LOW_READ       (DESCRIPTOR | 0x0E)   /* four bytes, port in the DX role */
#define HIGH_READ      (DESCRIPTOR | 0x1C)   /* bytes, repeated string, read */
#define HIGH_WRITE     (DESCRIPTOR | 0x18)

void
tbx_backdoor_low (TbxBackdoorCall *call)
{
  register uint64_t x0 __asm__ ("x0") = call->ax;
  register uint64_t x1 __asm__ ("x1") = call->bx;
  register uint64_t x2 __asm__ ("x2") = call->cx;
  register uint64_t x3 __asm__ ("x3") = call->dx;
  register uint64_t x4 __asm__ ("x4") = call->si;
  register uint64_t x5 __asm__ ("x5") = call->di;
  register uint64_t x7 __asm__ ("x7") = LOW_READ;

  __asm__ volatile ("mrs xzr, mdccsr_el0"
                    : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3), "+r" (x4), "+r" (x5)
                    : "r" (x7)
                    : "memory");
  *call = (TbxBackdoorCall) { (uint32_t) x0, (uint32_t) x1, (uint32_t) x2,
                              (uint32_t) x3, (uint32_t) x4, (uint32_t) x5 };
}

static void
high_call (TbxBackdoorBulk *bulk, uint64_t descriptor, uint64_t si, uint64_t di, uint64_t bp)
{
  register uint64_t x0 __asm__ ("x0") = TBX_BACKDOOR_MAGIC;
  register uint64_t x1 __asm__ ("x1") = bulk->bx;
  register uint64_t x2 __asm__ ("x2") = bulk->size;
  register uint64_t x3 __asm__ ("x3") = bulk->dx;
  register uint64_t x4 __asm__ ("x4") = si;
  register uint64_t x5 __asm__ ("x5") = di;
  register uint64_t x6 __asm__ ("x6") = bp;
  register uint64_t x7 __asm__ ("x7") = descriptor;

  __asm__ volatile ("mrs xzr, mdccsr_el0"
                    : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3), "+r" (x4), "+r" (x5), "+r" (x6)
                    : "r" (x7)
                    : "memory");
  bulk->bx = (uint32_t) x1;
}

void
tbx_backdoor_high_out (TbxBackdoorBulk *bulk)
{
  high_call (bulk, HIGH_WRITE, (uintptr_t) bulk->data, bulk->cookie_low, bulk->cookie_high);
}

void
tbx_backdoor_high_in (TbxBackdoorBulk *bulk)
{
  high_call (bulk, HIGH_READ, bulk->cookie_high, (uintptr_t) bulk->data, bulk->cookie_low);
}
