/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-call.h"
#include "tbx-error.h"
#include "tbx-hypervisor.h"
#include <signal.h>
#include <string.h>

/* Linked with --wrap=tbx_backdoor_low: counts the calls, and answers in the host's
 * place where a test wants that. */
void __real_tbx_backdoor_low (TbxBackdoorCall *call);
void __wrap_tbx_backdoor_low (TbxBackdoorCall *call);

typedef enum { ANSWER_REAL, ANSWER_GOOD, ANSWER_SEGV, ANSWER_ILL } Answering;

static guint n_calls;
static Answering answering;
static TbxBackdoorCall answer;

void
__wrap_tbx_backdoor_low (TbxBackdoorCall *call)
{
  n_calls++;
  g_assert_cmphex (call->ax, ==, 0x564D5868);
  g_assert_cmphex (call->bx, ==, 0xA9B2A797);
  g_assert_cmphex (call->cx, ==, 0xFFFF000A);
  g_assert_cmphex (call->dx, ==, 0x00005658);
  if (answering == ANSWER_REAL)
    __real_tbx_backdoor_low (call);
  else if (answering == ANSWER_SEGV)
    raise (SIGSEGV);
  else if (answering == ANSWER_ILL)
    raise (SIGILL);
  else
    *call = answer;
}

static void
on_fault (int number)
{
  g_assert_not_reached ();
}

/* Whatever the probe does, the process has its own handlers and mask afterwards. */
static gboolean
detect_guarded (gboolean force, TbxHypervisor *hypervisor, GError **error)
{
  struct sigaction mine = { .sa_handler = on_fault, .sa_flags = SA_NODEFER }, before[2], after;
  const int numbers[] = { SIGSEGV, SIGILL };
  sigset_t mask, mask_after;
  gboolean found;

  sigemptyset (&mine.sa_mask);
  sigaddset (&mine.sa_mask, SIGUSR2);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_cmpint (sigaction (numbers[i], &mine, &before[i]), ==, 0);
  sigprocmask (SIG_BLOCK, NULL, &mask);
  n_calls = 0;
  found = tbx_hypervisor_detect (force, hypervisor, error);
  sigprocmask (SIG_BLOCK, NULL, &mask_after);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_assert_cmpint (sigismember (&mask, numbers[i]), ==, sigismember (&mask_after, numbers[i]));
      g_assert_cmpint (sigaction (numbers[i], &before[i], &after), ==, 0);
      g_assert_true (after.sa_handler == on_fault);
      g_assert_cmpint (sigismember (&after.sa_mask, SIGUSR2), ==, 1);
      g_assert_true (after.sa_flags & SA_NODEFER);
    }
  return found;
}

/* Where nothing says VMware, the port is left alone: others answer parts of it. */
static void
test_not_forced (void)
{
  g_autoptr(GError) error = NULL;
  TbxHypervisor hypervisor = { 0 };

  answering = ANSWER_REAL;
  if (detect_guarded (FALSE, &hypervisor, &error))
    {
      g_assert_cmpuint (hypervisor.version, ==, 6);   /* these tests run in a VMware guest */
      return;
    }
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL);
  g_assert_cmpuint (n_calls, ==, 0);
}

/* The instruction itself, twice: the first fault must not disarm the second. */
static void
test_forced (void)
{
  for (int i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;
      TbxHypervisor hypervisor = { 0 };

      answering = ANSWER_REAL;
      if (detect_guarded (TRUE, &hypervisor, &error))
        {
          g_assert_cmpuint (hypervisor.version, ==, 6);
          continue;
        }
      g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL);
      g_assert_cmpuint (n_calls, ==, 1);
    }
}

static void
test_faults (void)
{
  const Answering faults[] = { ANSWER_SEGV, ANSWER_ILL, ANSWER_SEGV };

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr(GError) error = NULL;
      TbxHypervisor hypervisor = { 0 };

      answering = faults[i];
      g_assert_false (detect_guarded (TRUE, &hypervisor, &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL);
      g_assert_cmpuint (n_calls, ==, 1);
    }
}

/* docs/wire/transport.md, "GETVERSION", and what is none. */
static void
test_answers (void)
{
  static const struct
  {
    TbxBackdoorCall answer;
    gboolean        found;
    guint32         vmx_type;
    const char     *product;
  } cases[] = {
    { { 6, 0x564D5868, 2, 0x5658, 0, 0 }, TRUE, 2, "VMware ESXi" },
    { { 6, 0x564D5868, 4, 0x5658, 9, 9 }, TRUE, 4, "VMware Workstation or Fusion" },
    { { 6, 0x564D5868, 0xFFFF000A, 0x5658, 0, 0 }, TRUE, 0, "VMware" },   /* type unset */
    { { 6, 0x564D5868, 77, 0, 0, 0 }, TRUE, 77, "VMware" },
    { { 6, 0xA9B2A797, 2, 0x5658, 0, 0 }, FALSE, 0, NULL },
    { { 6, 0, 2, 0x5658, 0, 0 }, FALSE, 0, NULL },
    { { 0xFFFFFFFF, 0x564D5868, 2, 0x5658, 0, 0 }, FALSE, 0, NULL },
    { { 5, 0x564D5868, 2, 0x5658, 0, 0 }, FALSE, 0, NULL },
    { { 0x564D5868, 0xA9B2A797, 0xFFFF000A, 0x5658, 0, 0 }, FALSE, 0, NULL },   /* untouched */
  };

  answering = ANSWER_GOOD;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      TbxHypervisor hypervisor = { 0 };

      answer = cases[i].answer;
      g_assert_cmpint (detect_guarded (TRUE, &hypervisor, &error), ==, cases[i].found);
      if (!cases[i].found)
        {
          g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_VIRTUAL);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpuint (hypervisor.version, ==, 6);
      g_assert_cmpuint (hypervisor.vmx_type, ==, cases[i].vmx_type);
      g_assert_cmpstr (tbx_hypervisor_product_name (&hypervisor), ==, cases[i].product);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/hypervisor/not-forced", test_not_forced);
  g_test_add_func ("/channel/hypervisor/forced", test_forced);
  g_test_add_func ("/channel/hypervisor/faults", test_faults);
  g_test_add_func ("/channel/hypervisor/answers", test_answers);
  return g_test_run ();
}
