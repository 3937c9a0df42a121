/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-call.h"

void
tbx_backdoor_low (TbxBackdoorCall *call)
{
  uint64_t ax = call->ax, bx = call->bx, cx = call->cx;
  uint64_t dx = call->dx, si = call->si, di = call->di;

  __asm__ volatile ("inl %%dx, %%eax"
                    : "+a" (ax), "+b" (bx), "+c" (cx), "+d" (dx), "+S" (si), "+D" (di)
                    :
                    : "memory");
  *call = (TbxBackdoorCall) { (uint32_t) ax, (uint32_t) bx, (uint32_t) cx,
                              (uint32_t) dx, (uint32_t) si, (uint32_t) di };
}

/* RBP carries half of the cookie, but may be the frame pointer, which no operand
 * can name: it is exchanged with R8 around the instruction.  A push would write
 * into the red zone. */
void
tbx_backdoor_high_out (TbxBackdoorBulk *bulk)
{
  uint64_t ax = TBX_BACKDOOR_MAGIC, bx = bulk->bx, cx = bulk->size, dx = bulk->dx;
  uint64_t si = (uintptr_t) bulk->data, di = bulk->cookie_low;
  register uint64_t bp __asm__ ("r8") = bulk->cookie_high;

  __asm__ volatile ("xchgq %%rbp, %%r8\n\t"
                    "cld\n\t"
                    "rep outsb\n\t"
                    "xchgq %%rbp, %%r8"
                    : "+a" (ax), "+b" (bx), "+c" (cx), "+d" (dx), "+S" (si), "+D" (di), "+r" (bp)
                    :
                    : "memory", "cc");
  bulk->bx = (uint32_t) bx;
}

void
tbx_backdoor_high_in (TbxBackdoorBulk *bulk)
{
  uint64_t ax = TBX_BACKDOOR_MAGIC, bx = bulk->bx, cx = bulk->size, dx = bulk->dx;
  uint64_t si = bulk->cookie_high, di = (uintptr_t) bulk->data;
  register uint64_t bp __asm__ ("r8") = bulk->cookie_low;

  __asm__ volatile ("xchgq %%rbp, %%r8\n\t"
                    "cld\n\t"
                    "rep insb\n\t"
                    "xchgq %%rbp, %%r8"
                    : "+a" (ax), "+b" (bx), "+c" (cx), "+d" (dx), "+S" (si), "+D" (di), "+r" (bp)
                    :
                    : "memory", "cc");
  bulk->bx = (uint32_t) bx;
}
