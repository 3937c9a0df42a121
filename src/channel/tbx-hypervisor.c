/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hypervisor.h"
#include "tbx-backdoor-call.h"
#include "tbx-error.h"
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#if defined __x86_64__ || defined __i386__
#include <cpuid.h>
#endif

#define COMMAND_GET_VERSION 10u
#define KNOWN_VERSION       6u
#define VMX_TYPE_UNSET      0xFFFFu

/* Where a probe that faults comes back to; only a signal handler can need it. */
static sigjmp_buf probe_return;

static void
on_probe_fault (int number)
{
  siglongjmp (probe_return, 1);
}

static gboolean
firmware_says_vmware (void)
{
#if defined __x86_64__ || defined __i386__
  guint32 eax, ebx, ecx, edx;
  char signature[13] = "";

  if (!__get_cpuid (1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
    return FALSE;
  __cpuid (0x40000000, eax, ebx, ecx, edx);
  memcpy (signature, &ebx, 4);
  memcpy (signature + 4, &ecx, 4);
  memcpy (signature + 8, &edx, 4);
  return strcmp (signature, "VMwareVMware") == 0;
#else
  g_autofree char *vendor = NULL;

  return g_file_get_contents ("/sys/class/dmi/id/sys_vendor", &vendor, NULL, NULL)
         && g_str_has_prefix (vendor, "VMware");
#endif
}

static TbxBackdoorCall
version_call (void)
{
  TbxBackdoorCall call = {
    .ax = TBX_BACKDOOR_MAGIC,
    .bx = ~TBX_BACKDOOR_MAGIC,
    .cx = VMX_TYPE_UNSET << 16 | COMMAND_GET_VERSION,
    .dx = TBX_BACKDOOR_LOW_PORT,
  };

  tbx_backdoor_low (&call);
  return call;
}

/* Whether the instruction gets an answer at all, instead of a fault. */
static gboolean
probe_backdoor (void)
{
  struct sigaction guard = { .sa_handler = on_probe_fault };
  struct sigaction old_segv, old_ill;
  volatile gboolean answered = FALSE;

  sigemptyset (&guard.sa_mask);
  sigaddset (&guard.sa_mask, SIGSEGV);
  sigaddset (&guard.sa_mask, SIGILL);
  sigaction (SIGSEGV, &guard, &old_segv);
  sigaction (SIGILL, &guard, &old_ill);
  if (sigsetjmp (probe_return, 1) == 0)
    answered = version_call ().bx == TBX_BACKDOOR_MAGIC;
  sigaction (SIGILL, &old_ill, NULL);
  sigaction (SIGSEGV, &old_segv, NULL);
  return answered;
}

/**
 * tbx_hypervisor_detect:
 * @force: whether to ask the backdoor although nothing else says VMware
 * @hypervisor: (out): what answered
 * @error: return location for an error
 *
 * Without @force the backdoor is touched only where CPUID (on aarch64 the firmware)
 * says VMware, for other hypervisors answer parts of it.  Changes signal handlers
 * for a moment: call it before there are threads.
 * Errors: `TBX_ERROR_NOT_VIRTUAL`.
 * Source: docs/wire/transport.md, "Presence detection".
 */
gboolean
tbx_hypervisor_detect (gboolean force, TbxHypervisor *hypervisor, GError **error)
{
  TbxBackdoorCall call;
  guint32 type;

  if (!force && !firmware_says_vmware ())
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL,
                           "this machine is not a VMware guest");
      return FALSE;
    }
  if (!probe_backdoor ())
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL, "no backdoor answers");
      return FALSE;
    }
  call = version_call ();
  if (call.ax != KNOWN_VERSION)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL, "the backdoor answers with version %u",
                   call.ax);
      return FALSE;
    }
  type = call.cx >> 16 == VMX_TYPE_UNSET ? 0 : call.cx;
  *hypervisor = (TbxHypervisor) { .version = call.ax, .vmx_type = type };
  return TRUE;
}

/**
 * tbx_hypervisor_product_name:
 * @hypervisor: what was detected
 *
 * Returns: (transfer none): for people
 */
const char *
tbx_hypervisor_product_name (const TbxHypervisor *hypervisor)
{
  switch (hypervisor->vmx_type)
    {
    case 1:
      return "VMware Express";
    case 2:
      return "VMware ESXi";
    case 3:
      return "VMware Server";
    case 4:
    case 5:
      return "VMware Workstation or Fusion";
    default:
      return "VMware";
    }
}
