/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdint.h>
#include <string.h>

/* CPUID as compilers inline it. */
static inline void
cpuid (uint32_t leaf, uint32_t out[4])
{
  __asm__ volatile ("cpuid"
                    : "=a" (out[0]), "=b" (out[1]), "=c" (out[2]), "=d" (out[3])
                    : "a" (leaf), "c" (0));
}

static inline int
cpuid_says_vmware (void)
{
  uint32_t out[4];

  cpuid (1, out);
  if (!(out[2] >> 31))
    return 0;
  cpuid (0x40000000, out);
  return out[0] == 0x40000000 && memcmp (&out[1], "VMwareVMware", 12) == 0;
}
