/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-call.h"

void
tbx_backdoor_low (TbxBackdoorCall *call)
{
  uint32_t ax = call->ax, bx = call->bx, cx = call->cx;
  uint32_t dx = call->dx, si = call->si, di = call->di;

  __asm__ volatile ("inl %%dx, %%eax"
                    : "+a" (ax), "+b" (bx), "+c" (cx), "+d" (dx), "+S" (si), "+D" (di)
                    :
                    : "memory");
  *call = (TbxBackdoorCall) { ax, bx, cx, dx, si, di };
}

/* All seven registers are taken and EBP may be the frame pointer: its value comes
 * in through EAX, whose own is a constant.  There is no red zone to spoil. */
#define HIGH_CALL(instruction)                                                             \
  __asm__ volatile ("pushl %%ebp\n\t"                                                      \
                    "movl %%eax, %%ebp\n\t"                                                \
                    "movl %[magic], %%eax\n\t"                                             \
                    "cld\n\t"                                                              \
                    instruction "\n\t"                                                     \
                    "popl %%ebp"                                                           \
                    : "+a" (bp), "+b" (bx), "+c" (cx), "+d" (dx), "+S" (si), "+D" (di)     \
                    : [magic] "i" (TBX_BACKDOOR_MAGIC)                                     \
                    : "memory", "cc")

void
tbx_backdoor_high_out (TbxBackdoorBulk *bulk)
{
  uint32_t bp = bulk->cookie_high, bx = bulk->bx, cx = bulk->size, dx = bulk->dx;
  uint32_t si = (uintptr_t) bulk->data, di = bulk->cookie_low;

  HIGH_CALL ("rep outsb");
  bulk->bx = bx;
}

void
tbx_backdoor_high_in (TbxBackdoorBulk *bulk)
{
  uint32_t bp = bulk->cookie_low, bx = bulk->bx, cx = bulk->size, dx = bulk->dx;
  uint32_t si = bulk->cookie_high, di = (uintptr_t) bulk->data;

  HIGH_CALL ("rep insb");
  bulk->bx = bx;
}
