/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-image.h"
#include <string.h>
#include <sys/ptrace.h>
#include "tbx-sim-cpuid.h"
#include "tbx-sim-inject.h"
#include "tbx-sim-memory.h"
#include "tbx-sim-modules.h"
#include "tbx-sim-scan.h"

/* CPUID has to say VMware, but it does not trap by itself.  There are two ways:
 *
 * - The kernel makes it fault for one process (arch_prctl, ARCH_SET_CPUID).  That
 *   sees every CPUID, wherever it comes from, but the processor has to support it:
 *   Intel's since 2012 and AMD's since 2022, and in a virtual machine its
 *   hypervisor too, which many do not.
 * - Where it cannot, each CPUID in the text of program and libraries becomes UD2,
 *   which is as long and raises SIGILL.  That sees what is in the text when the
 *   program's first instruction is reached, and in libraries that are loaded later
 *   through the loader; not what is made while running, nor what a library's
 *   constructor does before the program begins.
 */

#define CPUID_BYTES 2

/* Programs have a handful of backdoor instructions and execute them all the time. */
#define N_REMEMBERED 16

static const guint8 cpuid_bytes[CPUID_BYTES] = { 0x0F, 0xA2 };
static const guint8 trap_bytes[CPUID_BYTES] = { 0x0F, 0x0B };   /* UD2 */
static const guint8 break_byte = 0xCC;                          /* INT3 */
static const guint8 branch_bytes[] = { 0xF3, 0x0F, 0x1E, 0xFA };  /* ENDBR64 */
static const guint8 return_byte = 0xC3;

#define CS_64_BIT 0x33

typedef struct
{
  guint64           address;   /* or 0 */
  TbxSimInstruction instruction;
} Remembered;

struct _TbxSimImage
{
  TbxSimStart start;
  guint64     breakpoint;       /* on the first instruction, until it is reached; or 0 */
  guint8      breakpoint_byte;  /* what was there */
  gboolean    faulting;         /* whether CPUID faults by itself */
  GHashTable *patched;          /* owned; addresses (guint64) where CPUID was */
  GArray     *texts;            /* owned; TbxSimText: what was mapped when last seen */
  guint64     hook;             /* breakpoint where the loader tells of libraries; or 0 */
  guint8      hook_byte;        /* what was there */
  guint64     hook_state;       /* address of the loader's word on its list */
  Remembered  remembered[N_REMEMBERED];
};

static GHashTable *
address_set_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

/**
 * tbx_sim_image_new:
 * @tid: a thread that is stopped because its process has become another program
 *
 * Stops the program at its first instruction: its libraries are loaded by then,
 * and none of its own code has run.  A 32-bit program is left as it is; its CPUID
 * shows the real machine.
 *
 * Returns: (transfer full): the program's text
 */
TbxSimImage *
tbx_sim_image_new (pid_t tid)
{
  TbxSimImage *self = g_new0 (TbxSimImage, 1);
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  struct user_regs_struct regs;

  self->patched = address_set_new ();
  self->texts = g_array_new (FALSE, FALSE, sizeof (TbxSimText));
  if (ptrace (PTRACE_GETREGS, tid, NULL, &regs) == 0 && regs.cs == CS_64_BIT
      && tbx_sim_modules_start (tid, &self->start)
      && memory.read (memory.data, self->start.entry, &self->breakpoint_byte, 1)
      && tbx_sim_memory_poke (tid, self->start.entry, &break_byte, 1))
    self->breakpoint = self->start.entry;
  return self;
}

/**
 * tbx_sim_image_copy:
 * @self: the text of a process that forks
 *
 * Returns: (transfer full): that of its child
 */
TbxSimImage *
tbx_sim_image_copy (TbxSimImage *self)
{
  TbxSimImage *copy = g_memdup2 (self, sizeof *self);
  GHashTableIter iter;
  gpointer address;

  copy->patched = address_set_new ();
  g_hash_table_iter_init (&iter, self->patched);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    g_hash_table_add (copy->patched, g_memdup2 (address, sizeof (guint64)));
  copy->texts = g_array_copy (self->texts);
  return copy;
}

/**
 * tbx_sim_image_free:
 * @self: (nullable): a text; the process keeps the changes
 */
void
tbx_sim_image_free (TbxSimImage *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->patched);
  g_array_unref (self->texts);
  g_free (self);
}

/**
 * tbx_sim_image_patched:
 * @self: a text
 * @address: an address in it
 *
 * Returns: whether a CPUID was there that raises SIGILL now
 */
gboolean
tbx_sim_image_patched (TbxSimImage *self, guint64 address)
{
  return g_hash_table_contains (self->patched, &address);
}

static gboolean
was_seen (GArray *texts, const TbxSimText *text)
{
  for (guint i = 0; i < texts->len; i++)
    if (memcmp (&g_array_index (texts, TbxSimText, i), text, sizeof *text) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_mapped (GArray *texts, guint64 address)
{
  for (guint i = 0; i < texts->len; i++)
    {
      const TbxSimText *text = &g_array_index (texts, TbxSimText, i);

      if (address >= text->start && address < text->end)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_unmapped (gpointer key, gpointer value, gpointer user_data)
{
  return !is_mapped (user_data, *(guint64 *) key);
}

static void
image_patch (TbxSimImage *self, pid_t tid, const TbxSimText *text)
{
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  g_autoptr(GArray) found = tbx_sim_scan_cpuid (&memory, text->start, text->end, text->base);

  for (guint i = 0; i < found->len; i++)
    {
      guint64 address = g_array_index (found, guint64, i);

      if (tbx_sim_memory_poke (tid, address, trap_bytes, sizeof trap_bytes))
        g_hash_table_add (self->patched, g_memdup2 (&address, sizeof address));
    }
}

/* Patches what was loaded since the last time, and forgets what is gone, since
 * other text may come where it was. */
static void
image_look (TbxSimImage *self, pid_t tid)
{
  GArray *texts = tbx_sim_modules_list (tid, self->start.interpreter);

  memset (self->remembered, 0, sizeof self->remembered);
  g_hash_table_foreach_remove (self->patched, is_unmapped, texts);
  for (guint i = 0; i < texts->len && !self->faulting; i++)
    {
      const TbxSimText *text = &g_array_index (texts, TbxSimText, i);

      if (!was_seen (self->texts, text))
        image_patch (self, tid, text);
    }
  g_array_unref (self->texts);
  self->texts = texts;
}

/* Stops the program whenever its loader has changed the list of libraries.  Only
 * on instructions that need not be executed to be done. */
static void
image_hook (TbxSimImage *self, pid_t tid)
{
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  guint64 hook = tbx_sim_modules_link_hook (&memory, &self->start, &self->hook_state);
  guint8 bytes[sizeof branch_bytes];

  if (hook == 0 || !memory.read (memory.data, hook, bytes, sizeof bytes)
      || (bytes[0] != return_byte && memcmp (bytes, branch_bytes, sizeof bytes) != 0)
      || !tbx_sim_memory_poke (tid, hook, &break_byte, 1))
    return;
  self->hook = hook;
  self->hook_byte = bytes[0];
}

static void
image_reach_entry (TbxSimImage *self, pid_t tid, struct user_regs_struct *regs)
{
  regs->rip = self->breakpoint;
  tbx_sim_memory_poke (tid, self->breakpoint, &self->breakpoint_byte, 1);
  self->breakpoint = 0;
  self->faulting = tbx_sim_inject_cpuid_faulting (tid, regs, regs->rip, TRUE);
  image_look (self, tid);
  image_hook (self, tid);
}

static gboolean
image_reach_hook (TbxSimImage *self, pid_t tid, struct user_regs_struct *regs)
{
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  gint32 state;

  if (memory.read (memory.data, self->hook_state, &state, sizeof state) && state == 0)
    image_look (self, tid);
  if (self->hook_byte != return_byte)
    {
      regs->rip = self->hook + sizeof branch_bytes;
      return TRUE;
    }
  if (!memory.read (memory.data, regs->rsp, &regs->rip, sizeof regs->rip))
    return FALSE;
  regs->rsp += sizeof regs->rip;
  return TRUE;
}

/**
 * tbx_sim_image_trap:
 * @self: the text
 * @tid: a thread that is stopped by SIGTRAP from an instruction
 * @regs: (inout): its registers
 *
 * Returns: whether that was our doing; the signal is void then, and @regs is to be set
 */
gboolean
tbx_sim_image_trap (TbxSimImage *self, pid_t tid, struct user_regs_struct *regs)
{
  guint64 address = regs->rip - 1;

  if (self->breakpoint != 0 && address == self->breakpoint)
    {
      image_reach_entry (self, tid, regs);
      return TRUE;
    }
  return self->hook != 0 && address == self->hook && image_reach_hook (self, tid, regs);
}

static gboolean
read_instruction (const TbxSimMemory *memory, guint64 address, TbxSimInstruction *instruction)
{
  guint8 bytes[2] = { 0, 0 };

  /* The short one may be the last byte of its page. */
  if (!memory->read (memory->data, address, bytes, sizeof bytes)
      && !memory->read (memory->data, address, bytes, 1))
    return FALSE;
  if (bytes[0] == 0xED)
    *instruction = TBX_SIM_INSTRUCTION_IN;
  else if (bytes[0] == 0xF3 && bytes[1] == 0x6E)
    *instruction = TBX_SIM_INSTRUCTION_OUTS;
  else if (bytes[0] == 0xF3 && bytes[1] == 0x6C)
    *instruction = TBX_SIM_INSTRUCTION_INS;
  else
    return FALSE;
  return TRUE;
}

/**
 * tbx_sim_image_decode:
 * @self: the text
 * @memory: that of its process
 * @address: where a thread of it stopped
 * @instruction: (out): which backdoor instruction is there
 *
 * Reads the text once for each place in program and libraries, which saves a tenth
 * of what a stop costs; text that is made while running is read every time.
 *
 * Returns: whether one is there
 */
gboolean
tbx_sim_image_decode (TbxSimImage        *self,
                      const TbxSimMemory *memory,
                      guint64             address,
                      TbxSimInstruction  *instruction)
{
  Remembered *remembered = &self->remembered[address % N_REMEMBERED];

  if (remembered->address == address)
    {
      *instruction = remembered->instruction;
      return TRUE;
    }
  if (!read_instruction (memory, address, instruction))
    return FALSE;
  if (is_mapped (self->texts, address))
    *remembered = (Remembered) { address, *instruction };
  return TRUE;
}

static void
answer_cpuid (struct user_regs_struct *regs)
{
  TbxSimCpuid answer = tbx_sim_cpuid ((guint32) regs->rax, (guint32) regs->rcx);

  regs->rax = answer.eax;
  regs->rbx = answer.ebx;
  regs->rcx = answer.ecx;
  regs->rdx = answer.edx;
  regs->rip += CPUID_BYTES;
}

/**
 * tbx_sim_image_illegal:
 * @self: the text
 * @regs: (inout): registers of a thread that is stopped by SIGILL from an instruction
 *
 * Returns: whether that was a CPUID; it is answered in @regs then
 */
gboolean
tbx_sim_image_illegal (TbxSimImage *self, struct user_regs_struct *regs)
{
  if (!tbx_sim_image_patched (self, regs->rip))
    return FALSE;
  answer_cpuid (regs);
  return TRUE;
}

/**
 * tbx_sim_image_fault:
 * @self: the text
 * @tid: a thread that is stopped by SIGSEGV from an instruction
 * @regs: (inout): its registers
 *
 * Returns: whether that was a CPUID which faults by itself; it is answered in @regs then
 */
gboolean
tbx_sim_image_fault (TbxSimImage *self, pid_t tid, struct user_regs_struct *regs)
{
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  guint8 bytes[CPUID_BYTES];

  if (!self->faulting || !memory.read (memory.data, regs->rip, bytes, sizeof bytes)
      || memcmp (bytes, cpuid_bytes, sizeof bytes) != 0)
    return FALSE;
  answer_cpuid (regs);
  return TRUE;
}

/**
 * tbx_sim_image_restore:
 * @self: the text of a process that is going to be let go
 * @tid: a thread of it that is stopped; to be called for each
 * @regs: its registers
 *
 * Puts back what was changed.  What is told of by tbx_sim_image_patched() stays,
 * for threads that have run into it already.
 */
void
tbx_sim_image_restore (TbxSimImage *self, pid_t tid, const struct user_regs_struct *regs)
{
  GHashTableIter iter;
  gpointer address;

  g_hash_table_iter_init (&iter, self->patched);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    tbx_sim_memory_poke (tid, *(guint64 *) address, cpuid_bytes, sizeof cpuid_bytes);
  if (self->hook != 0)
    tbx_sim_memory_poke (tid, self->hook, &self->hook_byte, 1);
  if (self->breakpoint != 0)
    tbx_sim_memory_poke (tid, self->breakpoint, &self->breakpoint_byte, 1);
  if (self->faulting)
    tbx_sim_inject_cpuid_faulting (tid, regs, self->start.entry, FALSE);
}
