/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-scan.h"
#include "tbx-sim-functions.h"
#include <capstone/capstone.h>
#include <string.h>

#define CHUNK_BYTES        (1024 * 1024)
#define MAX_FUNCTION_BYTES (256 * 1024)

/* Decoding from any place in x86 code falls into step with the real instructions
 * after a few; so many of these starting points, this far back, agree if any do. */
#define VOTE_FARTHEST      64
#define VOTE_NEAREST       16
#define VOTES_NEEDED       8
#define LOOK_AHEAD         48   /* bytes after it that have to look like a program too */

static const guint8 cpuid_bytes[] = { 0x0F, 0xA2 };

/* Where the text is, and what helps to read it. */
typedef struct
{
  const TbxSimMemory *memory;
  guint64             start, end;  /* of the mapping */
  guint64             base;        /* of the module, or 0 */
  csh                 decoder;
  TbxSimFunctions    *functions;   /* owned; or NULL */
  gboolean            looked;      /* whether @functions was asked for */
} Scan;

typedef enum
{
  DECODED_HIT,       /* an instruction begins at the place, and it is CPUID */
  DECODED_MISS,      /* one goes across it */
  DECODED_INVALID,   /* something before it is no instruction */
} Decoded;

/* Decodes @size bytes that begin at @address and end with the two in question. */
static Decoded
decode (Scan *scan, const guint8 *bytes, gsize size, guint64 address)
{
  guint64 wanted = address + size - sizeof cpuid_bytes;
  cs_insn *insn = cs_malloc (scan->decoder);
  Decoded found = DECODED_MISS;

  while (address <= wanted)
    if (!cs_disasm_iter (scan->decoder, &bytes, &size, &address, insn))
      {
        found = DECODED_INVALID;
        break;
      }
    else if (insn->address == wanted && insn->id == X86_INS_CPUID)
      {
        found = DECODED_HIT;
      }
  cs_free (insn, 1);
  return found;
}

/* What a program's own code is not made of, but random bytes are, every few. */
static gboolean
is_odd (const cs_insn *insn)
{
  static const guint odd[] = {
    X86_INS_IN, X86_INS_INSB, X86_INS_INSD, X86_INS_OUT, X86_INS_OUTSB, X86_INS_OUTSD,
    X86_INS_HLT, X86_INS_CLI, X86_INS_STI, X86_INS_CMC, X86_INS_STC, X86_INS_INT, X86_INS_INT1,
    X86_INS_ENTER, X86_INS_IRET, X86_INS_IRETD, X86_INS_RETF, X86_INS_LOOP, X86_INS_LOOPE,
    X86_INS_LOOPNE, X86_INS_JRCXZ, X86_INS_JECXZ, X86_INS_XLATB, X86_INS_SAHF, X86_INS_LAHF,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    if (insn->id == odd[i])
      return TRUE;
  return FALSE;
}

/* Whether all from @bytes on is code, until it goes elsewhere after the place. */
static gboolean
looks_like_code (Scan *scan, const guint8 *bytes, gsize size, guint64 address, guint64 candidate)
{
  cs_insn *insn = cs_malloc (scan->decoder);
  gboolean good = TRUE;
  gboolean over = FALSE;

  /* The last ones may be cut off by the end of what was read. */
  while (good && !over && size > 16)
    {
      good = cs_disasm_iter (scan->decoder, &bytes, &size, &address, insn) && !is_odd (insn);
      over = good && insn->address > candidate
             && (insn->id == X86_INS_RET || insn->id == X86_INS_JMP);
    }
  cs_free (insn, 1);
  return good;
}

static gboolean
vote (Scan *scan, guint64 candidate)
{
  gsize reach = MIN (VOTE_FARTHEST, candidate - scan->start);
  gsize ahead = MIN (LOOK_AHEAD, scan->end - candidate);
  guint8 bytes[VOTE_FARTHEST + LOOK_AHEAD];
  gsize farthest = 0;
  guint hits = 0;
  guint misses = 0;

  if (!scan->memory->read (scan->memory->data, candidate - reach, bytes, reach + ahead))
    return FALSE;
  for (gsize back = VOTE_NEAREST; back <= reach; back++)
    switch (decode (scan, bytes + reach - back, back + sizeof cpuid_bytes, candidate - back))
      {
      case DECODED_HIT:
        hits++;
        farthest = back;
        break;
      case DECODED_MISS:
        misses++;
        break;
      case DECODED_INVALID:
        break;
      }
  return hits >= VOTES_NEEDED && misses * 10 <= hits
         && looks_like_code (scan, bytes + reach - farthest, farthest + ahead,
                             candidate - farthest, candidate);
}

/* Whether the bytes at @candidate are an instruction, not part of another one or
 * a constant.  The function's begin decides where it is known. */
static gboolean
confirm (Scan *scan, guint64 candidate)
{
  g_autofree guint8 *bytes = NULL;
  guint64 function;
  Decoded decoded;
  gsize size;

  if (!scan->looked && scan->base != 0)
    scan->functions = tbx_sim_functions_new (scan->memory, scan->base);
  scan->looked = TRUE;
  if (!tbx_sim_functions_find (scan->functions, scan->memory, candidate, &function)
      || candidate - function > MAX_FUNCTION_BYTES)
    return vote (scan, candidate);
  size = (gsize) (candidate - function) + sizeof cpuid_bytes;
  bytes = g_malloc (size);
  if (!scan->memory->read (scan->memory->data, function, bytes, size))
    return FALSE;
  decoded = decode (scan, bytes, size, function);
  /* Data between instructions, as assemblers allow it: ask from nearer. */
  return decoded == DECODED_INVALID ? vote (scan, candidate) : decoded == DECODED_HIT;
}

static void
scan_chunk (Scan *scan, const guint8 *bytes, gsize size, guint64 address, GArray *found)
{
  const guint8 *at = bytes;
  const guint8 *hit;

  while ((hit = memmem (at, size - (gsize) (at - bytes), cpuid_bytes, sizeof cpuid_bytes)) != NULL)
    {
      guint64 candidate = address + (guint64) (hit - bytes);

      if (confirm (scan, candidate))
        g_array_append_val (found, candidate);
      at = hit + 1;
    }
}

/**
 * tbx_sim_scan_cpuid:
 * @memory: the guest's
 * @start: where an executable mapping begins
 * @end: where it ends
 * @base: address of the ELF header that it belongs to, or 0
 *
 * Finds the CPUID instructions in it.  Bytes that only look like one, within
 * another instruction, are left out; so is a real one that cannot be told from
 * those, for the guest must not be broken.
 *
 * Returns: (transfer full) (element-type guint64): their addresses
 */
GArray *
tbx_sim_scan_cpuid (const TbxSimMemory *memory, guint64 start, guint64 end, guint64 base)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autofree guint8 *bytes = g_malloc (CHUNK_BYTES + 1);
  Scan scan = { memory, start, end, base };

  if (cs_open (CS_ARCH_X86, CS_MODE_64, &scan.decoder) != CS_ERR_OK)
    return found;
  /* Chunks overlap by one byte, or an instruction could hide between two. */
  for (guint64 at = start; at < end; at += CHUNK_BYTES)
    {
      gsize size = (gsize) MIN (CHUNK_BYTES + 1, end - at);

      if (memory->read (memory->data, at, bytes, size))
        scan_chunk (&scan, bytes, size, at, found);
    }
  tbx_sim_functions_free (scan.functions);
  cs_close (&scan.decoder);
  return found;
}
