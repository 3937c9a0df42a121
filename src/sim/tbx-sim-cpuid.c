/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-cpuid.h"
#include <cpuid.h>

#define LEAF_FEATURES        1u
#define ECX_HYPERVISOR       (1u << 31)
#define LEAF_HYPERVISOR      0x40000000u
#define LEAF_HYPERVISOR_LAST 0x4FFFFFFFu

/**
 * tbx_sim_cpuid:
 * @leaf: EAX
 * @subleaf: ECX
 *
 * What CPUID answers in a VMware guest on this processor: its own answer, but
 * for the hypervisor.  The highest hypervisor leaf is the first, so that the
 * guest finds no hypercall and uses the port.
 * Source: docs/wire/transport.md, "Trap methods (Linux x86-64)".
 */
TbxSimCpuid
tbx_sim_cpuid (guint32 leaf, guint32 subleaf)
{
  TbxSimCpuid found = { 0 };

  if (leaf == LEAF_HYPERVISOR)
    return (TbxSimCpuid) { LEAF_HYPERVISOR, 0x61774D56, 0x4D566572, 0x65726177 };
  if (leaf > LEAF_HYPERVISOR && leaf <= LEAF_HYPERVISOR_LAST)
    return found;   /* not what the hypervisor below us says */
  __cpuid_count (leaf, subleaf, found.eax, found.ebx, found.ecx, found.edx);
  if (leaf == LEAF_FEATURES)
    found.ecx |= ECX_HYPERVISOR;
  return found;
}
