/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library that a guest loads while it runs. */
#include "guest-cpuid.h"

int module_says_vmware (void);

int
module_says_vmware (void)
{
  return cpuid_says_vmware ();
}
