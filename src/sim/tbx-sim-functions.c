/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-functions.h"
#include <elf.h>
#include <string.h>

#define MAX_HEADERS      64
#define MAX_TABLE_BYTES  (64 * 1024 * 1024)
#define TABLE_OFFSET     12   /* of the entries, in an index of the one form that we read */

/* One entry of the index: both are distances from the index itself. */
typedef struct
{
  gint32 start;
  gint32 record;
} Entry;

struct _TbxSimFunctions
{
  guint64 index;       /* address of the index */
  Entry  *entries;     /* owned; by start */
  guint32 n_entries;
};

/* The index of the unwind records, as its program header describes it. */
static gboolean
find_index (const TbxSimMemory *memory, guint64 base, guint64 *address, guint64 *size)
{
  Elf64_Ehdr header;
  Elf64_Phdr program[MAX_HEADERS];
  const Elf64_Phdr *first = NULL;
  const Elf64_Phdr *index = NULL;

  if (!memory->read (memory->data, base, &header, sizeof header)
      || memcmp (header.e_ident, ELFMAG, SELFMAG) != 0
      || header.e_ident[EI_CLASS] != ELFCLASS64
      || header.e_phentsize != sizeof program[0] || header.e_phnum > MAX_HEADERS
      || !memory->read (memory->data, base + header.e_phoff, program,
                        header.e_phnum * sizeof program[0]))
    return FALSE;
  for (guint i = 0; i < header.e_phnum; i++)
    {
      if (program[i].p_type == PT_LOAD && first == NULL)
        first = &program[i];
      else if (program[i].p_type == PT_GNU_EH_FRAME)
        index = &program[i];
    }
  if (first == NULL || index == NULL)
    return FALSE;
  *address = base - (first->p_vaddr - first->p_offset) + index->p_vaddr;
  *size = index->p_memsz;
  return TRUE;
}

/**
 * tbx_sim_functions_new:
 * @memory: the guest's
 * @base: where the module's ELF header is
 *
 * Returns: (transfer full) (nullable): its functions; %NULL when it does not tell them
 */
TbxSimFunctions *
tbx_sim_functions_new (const TbxSimMemory *memory, guint64 base)
{
  static const guint8 form[] = { 1, 0x1B, 0x03, 0x3B };   /* what every linker makes */
  g_autoptr(TbxSimFunctions) self = NULL;
  guint8 head[TABLE_OFFSET];
  guint64 index;
  guint64 size;
  guint32 n;

  if (!find_index (memory, base, &index, &size) || size < sizeof head || size > MAX_TABLE_BYTES
      || !memory->read (memory->data, index, head, sizeof head)
      || memcmp (head, form, sizeof form) != 0)
    return NULL;
  memcpy (&n, head + 8, sizeof n);
  if (n == 0 || n > (size - sizeof head) / sizeof (Entry))
    return NULL;
  self = g_new0 (TbxSimFunctions, 1);
  self->index = index;
  self->entries = g_new (Entry, n);
  self->n_entries = n;
  if (!memory->read (memory->data, index + TABLE_OFFSET, self->entries, n * sizeof (Entry)))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tbx_sim_functions_free:
 * @self: (nullable): what to free
 */
void
tbx_sim_functions_free (TbxSimFunctions *self)
{
  if (self == NULL)
    return;
  g_free (self->entries);
  g_free (self);
}

/**
 * tbx_sim_functions_find:
 * @self: (nullable): the functions of a module
 * @memory: the guest's
 * @address: an address in that module
 * @start: (out): where the function that holds @address begins
 *
 * Returns: whether one holds it
 */
gboolean
tbx_sim_functions_find (TbxSimFunctions    *self,
                        const TbxSimMemory *memory,
                        guint64             address,
                        guint64            *start)
{
  guint32 low = 0;
  guint32 high = self != NULL ? self->n_entries : 0;
  guint64 record;
  gint32 words[4];   /* length, distance of the common part, start, size */

  while (low < high)
    {
      guint32 middle = low + (high - low) / 2;

      if (self->index + self->entries[middle].start <= address)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return FALSE;
  *start = self->index + self->entries[low - 1].start;
  record = self->index + self->entries[low - 1].record;
  /* The start stands there again, as a distance from itself, if it is coded as
   * everywhere; only then is the size what we take it for. */
  return memory->read (memory->data, record, words, sizeof words)
         && record + 8 + words[2] == *start
         && address - *start < (guint32) words[3];
}
