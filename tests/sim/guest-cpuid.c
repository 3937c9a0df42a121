/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program for the tests to run under the tracer, linked in every way there is:
 * whether each CPUID in it says VMware, and nothing else was changed. */
#include "guest-cpuid.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In no function that anything tells of, as hand-written assembly may be. */
__asm__ (".text\n"
         ".globl bare_cpuid\n"
         "bare_cpuid:\n"
         "  push %rbx\n"
         "  mov %edi, %eax\n"
         "  xor %ecx, %ecx\n"
         "  mov %rsi, %r8\n"
         "  lea 8(%r8), %r9\n"
         "  lea 12(%r8), %r10\n"
         "  test %eax, %eax\n"
         "  nop\n"
         "  mov %eax, %r11d\n"
         "  add $0x1000, %r11\n"
         "  sub $0x1000, %r11\n"
         "  mov %r11d, %eax\n"
         "  xor %edx, %edx\n"
         "  cpuid\n"
         "  mov %eax, (%r8)\n"
         "  mov %ebx, 4(%r8)\n"
         "  mov %ecx, (%r9)\n"
         "  mov %edx, (%r10)\n"
         "  pop %rbx\n"
         "  ret\n"
         ".skip 80, 0x90\n"
         /* Constants that only look like it: within one instruction, across two. */
         ".globl bare_decoy\n"
         "bare_decoy:\n"
         "  mov $0x12A20F34, %eax\n"
         "  ret\n"
         ".skip 80, 0x90\n");

void     bare_cpuid (uint32_t leaf, uint32_t *out);
uint32_t bare_decoy (void);

static uint32_t __attribute__ ((noinline))
decoy (void)
{
  uint32_t a;
  uint32_t b;

  __asm__ volatile ("mov $0xA20FA20F, %0\n\t"
                    "mov $0x0F123456, %1\n\t"
                    "and %%al, %%al" : "=&r" (a), "=&r" (b) : : "rax", "cc");
  return a ^ b;
}

static int
check (void)
{
  uint32_t out[4];

  bare_cpuid (0x40000000, out);
  if (memcmp (&out[1], "VMwareVMware", 12) != 0)
    {
      fprintf (stderr, "guest: CPUID outside of any function says something else\n");
      return 1;
    }
  cpuid (0x40000010, out);
  if ((out[0] | out[1] | out[2] | out[3]) != 0)
    {
      fprintf (stderr, "guest: CPUID tells of a hypercall\n");
      return 1;
    }
  if (decoy () != (0xA20FA20F ^ 0x0F123456) || bare_decoy () != 0x12A20F34)
    {
      fprintf (stderr, "guest: a constant was changed\n");
      return 1;
    }
  return cpuid_says_vmware () ? 0 : 1;
}

static void *
check_in_thread (void *result)
{
  *(int *) result = check ();
  return NULL;
}

static int
check_everywhere (void)
{
  pthread_t thread;
  int in_thread = 1;
  int status;
  pid_t pid;

  pthread_create (&thread, NULL, check_in_thread, &in_thread);
  pthread_join (thread, NULL);
  pid = fork ();
  if (pid == 0)
    _exit (check ());
  if (waitpid (pid, &status, 0) != pid || status != 0)
    return 1;
  return check () | in_thread;
}

#ifndef GUEST_STATIC
/* Loads a library again and again: it may come to where another one was. */
static int
check_module (const char *first, const char *second)
{
  for (int i = 0; i < 6; i++)
    {
      void *module = dlopen (i % 2 == 0 ? first : second, RTLD_NOW);
      int (*says) (void);

      if (module == NULL)
        {
          fprintf (stderr, "guest: %s\n", dlerror ());
          return 1;
        }
      *(void **) &says = dlsym (module, "module_says_vmware");
      if (says == NULL || !says ())
        return 1;
      dlclose (module);
    }
  return 0;
}
#endif

static int
is_traced (void)
{
  char line[128];
  int tracer = 1;
  FILE *file = fopen ("/proc/self/status", "re");

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "TracerPid: %d", &tracer) == 1)
      break;
  if (file != NULL)
    fclose (file);
  return tracer != 0;
}

static void *
wait_forever (void *argument)
{
  for (;;)
    pause ();
  return NULL;
}

/* Leaves a child of two threads behind, which finds itself alone after a while and
 * writes down what CPUID tells it then. */
static int
orphan (const char *path, const char *module)
{
  pthread_t thread;
  FILE *file;

  if (check () != 0)
    return 1;
  if (fork () > 0)
    return 0;
  pthread_create (&thread, NULL, wait_forever, NULL);
  while (is_traced ())
    usleep (1000);
  file = fopen (path, "we");
#ifndef GUEST_STATIC
  if (dlopen (module, RTLD_NOW) == NULL)
    _exit (1);
#endif
  fprintf (file, "%s\n", check () == 0 ? "VMware" : "not VMware");
  fclose (file);
  _exit (0);
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "orphan") == 0)
    return orphan (argv[2], argv[3]);
#ifndef GUEST_STATIC
  if (argc == 4 && strcmp (argv[1], "module") == 0)
    return check_module (argv[2], argv[3]);
#endif
  return check_everywhere ();
}
