/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-modules.h"
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MAX_HEADERS 64
#define MAX_DYNAMIC 512

/* struct r_debug of the loader: what it shows to debuggers. */
#define LINK_HOOK_OFFSET  16
#define LINK_STATE_OFFSET 24

/**
 * tbx_sim_modules_start:
 * @pid: a 64-bit process
 * @start: (out): what its auxiliary vector says
 *
 * Returns: whether it has a first instruction, thus a program
 */
gboolean
tbx_sim_modules_start (pid_t pid, TbxSimStart *start)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/auxv", pid);
  g_autofree char *bytes = NULL;
  gsize size;

  *start = (TbxSimStart) { 0 };
  if (!g_file_get_contents (path, &bytes, &size, NULL))
    return FALSE;
  for (gsize at = 0; at + sizeof (Elf64_auxv_t) <= size; at += sizeof (Elf64_auxv_t))
    {
      Elf64_auxv_t pair;

      memcpy (&pair, bytes + at, sizeof pair);
      if (pair.a_type == AT_ENTRY)
        start->entry = pair.a_un.a_val;
      else if (pair.a_type == AT_BASE)
        start->interpreter = pair.a_un.a_val;
      else if (pair.a_type == AT_PHDR)
        start->headers = pair.a_un.a_val;
      else if (pair.a_type == AT_PHNUM)
        start->n_headers = pair.a_un.a_val;
    }
  return start->entry != 0;
}

/* The loader and the C library ask for the processor's features only, and the
 * first does so before we could answer: both see the processor as it is. */
static gboolean
is_left_alone (const char *path, guint64 base, guint64 interpreter)
{
  const char *name = strrchr (path, '/');

  return name == NULL || (interpreter != 0 && base == interpreter)
         || g_str_has_prefix (name, "/libc.so") || g_str_has_prefix (name, "/libc-")
         || g_str_has_prefix (name, "/ld-");
}

/**
 * tbx_sim_modules_list:
 * @pid: a process
 * @interpreter: where its loader is, or 0
 *
 * Returns: (transfer full) (element-type TbxSimText): the text of the program and
 *   its libraries, without loader and C library
 */
GArray *
tbx_sim_modules_list (pid_t pid, guint64 interpreter)
{
  GArray *texts = g_array_new (FALSE, FALSE, sizeof (TbxSimText));
  g_autofree char *path = g_strdup_printf ("/proc/%d/maps", pid);
  g_autofree char *content = NULL;
  g_auto(GStrv) lines = NULL;
  guint64 base_inode = 0;
  guint64 base = 0;

  if (!g_file_get_contents (path, &content, NULL, NULL))
    return texts;
  lines = g_strsplit (content, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      guint64 offset;
      TbxSimText text;
      char rights[5];
      int name = 0;

      if (sscanf (lines[i],
                  "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x %4s %" G_GINT64_MODIFIER
                  "x %*s %" G_GINT64_MODIFIER "u %n",
                  &text.start, &text.end, rights, &offset, &text.inode, &name) != 5 || name == 0)
        continue;
      if (offset == 0)
        {
          base = text.start;
          base_inode = text.inode;
        }
      text.base = text.inode == base_inode ? base : 0;
      if (rights[2] == 'x' && text.inode != 0
          && !is_left_alone (lines[i] + name, text.base, interpreter))
        g_array_append_val (texts, text);
    }
  return texts;
}

/* Address and size of the program's dynamic section. */
static gboolean
find_dynamic (const TbxSimMemory *memory, const TbxSimStart *start, guint64 *address, gsize *n)
{
  Elf64_Phdr program[MAX_HEADERS];
  const Elf64_Phdr *dynamic = NULL;
  const Elf64_Phdr *self = NULL;

  if (start->n_headers > MAX_HEADERS
      || !memory->read (memory->data, start->headers, program,
                        start->n_headers * sizeof program[0]))
    return FALSE;
  for (guint i = 0; i < start->n_headers; i++)
    if (program[i].p_type == PT_PHDR)
      self = &program[i];
    else if (program[i].p_type == PT_DYNAMIC)
      dynamic = &program[i];
  if (self == NULL || dynamic == NULL)
    return FALSE;
  *address = start->headers - self->p_vaddr + dynamic->p_vaddr;
  *n = MIN (dynamic->p_memsz / sizeof (Elf64_Dyn), MAX_DYNAMIC);
  return TRUE;
}

/**
 * tbx_sim_modules_link_hook:
 * @memory: the guest's
 * @start: what its program was told
 * @state: (out): address of a word that is 0 when the list of libraries is whole
 *
 * The loader calls one empty function before and after it changes the list of
 * libraries, so that a debugger can stop there.
 *
 * Returns: its address, or 0 for a program without a loader
 */
guint64
tbx_sim_modules_link_hook (const TbxSimMemory *memory, const TbxSimStart *start, guint64 *state)
{
  Elf64_Dyn dynamic[MAX_DYNAMIC];
  guint64 address;
  guint64 hook = 0;
  gsize n;

  if (!find_dynamic (memory, start, &address, &n)
      || !memory->read (memory->data, address, dynamic, n * sizeof dynamic[0]))
    return 0;
  for (gsize i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++)
    if (dynamic[i].d_tag == DT_DEBUG && dynamic[i].d_un.d_ptr != 0)
      {
        *state = dynamic[i].d_un.d_ptr + LINK_STATE_OFFSET;
        if (memory->read (memory->data, dynamic[i].d_un.d_ptr + LINK_HOOK_OFFSET, &hook,
                          sizeof hook))
          return hook;
      }
  return 0;
}
