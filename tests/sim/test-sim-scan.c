/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-cpuid.h"
#include "tbx-sim-functions.h"
#include "tbx-sim-memory.h"
#include "tbx-sim-modules.h"
#include "tbx-sim-scan.h"
#include <cpuid.h>
#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* What is real and what only looks like it, in the text of this very program. */
__asm__ (".text\n"
         ".globl sample_begin, sample_real, sample_end\n"
         ".type sample_begin, @function\n"
         "sample_begin:\n"
         "  .cfi_startproc\n"
         "  mov $0xA20F, %eax\n"
         "  mov $0xA20FA20F, %ecx\n"
         "  lea 0x00A20F00(%rax), %rdx\n"
         "sample_real:\n"
         "  cpuid\n"
         "  movabs $0x0BA20F0BA20F0B0F, %rax\n"
         "  add $0xA20F, %eax\n"
         "  ret\n"
         "  .cfi_endproc\n"
         "sample_end:\n");

extern const guint8 sample_begin[];
extern const guint8 sample_real[];
extern const guint8 sample_end[];

static guint64
address_of (const guint8 *symbol)
{
  return (guint64) (guintptr) symbol;
}

/* The mapping that holds @address, in this process. */
static TbxSimText
text_at (guint64 address)
{
  g_autoptr(GArray) texts = tbx_sim_modules_list (getpid (), 0);

  for (guint i = 0; i < texts->len; i++)
    {
      TbxSimText text = g_array_index (texts, TbxSimText, i);

      if (address >= text.start && address < text.end)
        return text;
    }
  g_assert_not_reached ();
}

static void
test_own_text (void)
{
  const TbxSimMemory memory = tbx_sim_memory_of (getpid ());
  TbxSimText text = text_at (address_of (sample_real));
  g_autoptr(GArray) found = tbx_sim_scan_cpuid (&memory, text.start, text.end, text.base);
  guint n = 0;

  for (guint i = 0; i < found->len; i++)
    {
      guint64 address = g_array_index (found, guint64, i);

      if (address >= address_of (sample_begin) && address < address_of (sample_end))
        {
          g_assert_cmphex (address, ==, address_of (sample_real));
          n++;
        }
    }
  g_assert_cmpuint (n, ==, 1);
}

static void
test_functions (void)
{
  const TbxSimMemory memory = tbx_sim_memory_of (getpid ());
  TbxSimText text = text_at (address_of (sample_real));
  g_autoptr(TbxSimFunctions) functions = tbx_sim_functions_new (&memory, text.base);
  guint64 start = 0;

  g_assert_nonnull (functions);
  for (guint64 at = address_of (sample_begin); at < address_of (sample_end); at++)
    {
      g_assert_true (tbx_sim_functions_find (functions, &memory, at, &start));
      g_assert_cmphex (start, ==, address_of (sample_begin));
    }
  g_assert_false (tbx_sim_functions_find (functions, &memory, text.base, &start));
  g_assert_false (tbx_sim_functions_find (functions, &memory, text.end + 1, &start));
  g_assert_false (tbx_sim_functions_find (NULL, &memory, address_of (sample_real), &start));
  /* What is no ELF file has no functions. */
  g_assert_null (tbx_sim_functions_new (&memory, address_of (sample_begin)));
  g_assert_null (tbx_sim_functions_new (&memory, 16));
}

/* The guest's memory as an array, at address 0x400000. */
typedef struct
{
  const guint8 *bytes;
  gsize         size;
} Ram;

static gboolean
ram_read (gpointer data, guint64 address, gpointer to, gsize size)
{
  const Ram *ram = data;

  if (address < 0x400000 || size > ram->size || address - 0x400000 > ram->size - size)
    return FALSE;
  memcpy (to, ram->bytes + (address - 0x400000), size);
  return TRUE;
}

static GArray *
scan_ram (const guint8 *bytes, gsize size)
{
  Ram ram = { bytes, size };
  const TbxSimMemory memory = { &ram, ram_read, NULL };

  return tbx_sim_scan_cpuid (&memory, 0x400000, 0x400000 + size, 0);
}

/* Without any help the instructions before have to agree; where too few of them
 * are known, or none is an instruction, nothing is touched. */
static void
test_without_functions (void)
{
  static const gsize big = 3 * 1024 * 1024;
  g_autofree guint8 *bytes = g_malloc (big);
  static const gsize places[] = { 200, 4096, 1024 * 1024 - 1, 2 * 1024 * 1024, 2 * 1024 * 1024 + 5 };
  g_autoptr(GArray) found = NULL;
  g_autoptr(GArray) early = NULL;
  g_autoptr(GArray) among_data = NULL;

  memset (bytes, 0x90, big);   /* NOPs */
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    memcpy (bytes + places[i], "\x0F\xA2", 2);
  memcpy (bytes + 8192, "\xB8\x0F\xA2\x0F\xA2", 5);             /* mov $, %eax */
  memcpy (bytes + 12288, "\x48\x8B\x05\x0F\xA2\x00\x00", 7);    /* mov (%rip), %rax */
  memcpy (bytes + big - 2, "\x0F\x0F", 2);
  found = scan_ram (bytes, big);
  g_assert_cmpuint (found->len, ==, G_N_ELEMENTS (places));
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    g_assert_cmphex (g_array_index (found, guint64, i), ==, 0x400000 + places[i]);

  early = scan_ram ((const guint8 *) "\x90\x90\x0F\xA2\x90", 5);
  g_assert_cmpuint (early->len, ==, 0);
  memset (bytes, 0x06, 100);   /* no instruction in 64-bit mode */
  memcpy (bytes + 80, "\x0F\xA2", 2);
  among_data = scan_ram (bytes, 100);
  g_assert_cmpuint (among_data->len, ==, 0);
}

/* Tables of constants among the text: random bytes are taken for code by any
 * disassembler, yet to change them would break a program. */
static void
test_random_data (void)
{
  gsize size = 1024 * 1024;
  g_autofree guint8 *bytes = g_malloc (size);
  g_autoptr(GRand) rand = g_rand_new_with_seed (20240229);
  g_autoptr(GArray) found = NULL;
  guint n = 0;

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) g_rand_int (rand);
  for (gsize i = 100; i < size - 100; i += 500, n++)
    memcpy (bytes + i, "\x0F\xA2", 2);
  found = scan_ram (bytes, size);
  g_test_message ("%u of %u", found->len, n);
  g_assert_cmpuint (found->len * 500, <, n);
}

/* Another disassembler's opinion: objdump reads the file linearly. */
static GHashTable *
ask_objdump (const char *path, guint64 base)
{
  GHashTable *found = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) objdump =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "objdump", "--disassemble",
                      "--no-show-raw-insn", path, NULL);
  g_autoptr(GDataInputStream) lines = NULL;
  char *line;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (objdump));
  while ((line = g_data_input_stream_read_line (lines, NULL, NULL, &error)) != NULL)
    {
      if (g_str_has_suffix (g_strchomp (line), "\tcpuid"))
        {
          guint64 address = base + g_ascii_strtoull (g_strchug (line), NULL, 16);

          g_hash_table_add (found, g_memdup2 (&address, sizeof address));
        }
      g_free (line);
    }
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (objdump, NULL, &error));
  return found;
}

/* What the scan finds in a library of this system, beside objdump's opinion; all
 * of the first are in the second. */
static GArray *
scan_library (const char *name, GHashTable **expected)
{
  const TbxSimMemory memory = tbx_sim_memory_of (getpid ());
  void *library = dlopen (name, RTLD_NOW | RTLD_NODELETE);
  g_autoptr(GArray) texts = tbx_sim_modules_list (getpid (), 0);
  GArray *all = g_array_new (FALSE, FALSE, sizeof (guint64));

  g_assert_nonnull (library);
  dlclose (library);
  for (guint i = 0; i < texts->len; i++)
    {
      TbxSimText text = g_array_index (texts, TbxSimText, i);
      g_autoptr(GArray) found = NULL;
      Dl_info info;

      if (dladdr ((void *) (guintptr) text.start, &info) == 0
          || strstr (info.dli_fname, name) == NULL)
        continue;
      g_assert_null (*expected);
      *expected = ask_objdump (info.dli_fname, text.base);
      found = tbx_sim_scan_cpuid (&memory, text.start, text.end, text.base);
      g_array_append_vals (all, found->data, found->len);
    }
  for (guint i = 0; i < all->len; i++)
    g_assert_true (g_hash_table_contains (*expected, &g_array_index (all, guint64, i)));
  return all;
}

/* The library that asks in Debian's tools: nothing is missed. */
static void
test_tools_library (void)
{
  g_autoptr(GHashTable) expected = NULL;
  g_autoptr(GArray) found = scan_library ("libvmtools.so.0", &expected);

  g_assert_cmpuint (found->len, >, 0);
  g_assert_cmpuint (found->len, ==, g_hash_table_size (expected));
}

/* Assembly with tables of constants in its text, in which the two bytes occur, and
 * which objdump takes for code: only the one routine that asks is found. */
static void
test_constants (void)
{
  g_autoptr(GHashTable) expected = NULL;
  g_autoptr(GArray) found = scan_library ("libcrypto.so.3", &expected);

  g_assert_cmpuint (found->len, >=, 2);
  g_assert_cmpuint (g_array_index (found, guint64, found->len - 1)
                      - g_array_index (found, guint64, 0), <, 4096);
}

static void
test_answers (void)
{
  TbxSimCpuid found = tbx_sim_cpuid (0x40000000, 0);
  guint32 out[4];

  g_assert_cmphex (found.eax, ==, 0x40000000);
  g_assert_cmpmem (&found.ebx, 12, "VMwareVMware", 12);
  found = tbx_sim_cpuid (0x40000010, 0);
  g_assert_cmphex (found.eax | found.ebx | found.ecx | found.edx, ==, 0);
  g_assert_cmphex (tbx_sim_cpuid (1, 0).ecx >> 31, ==, 1);
  __cpuid_count (7, 0, out[0], out[1], out[2], out[3]);
  found = tbx_sim_cpuid (7, 0);
  g_assert_cmpmem (&found, sizeof found, out, sizeof out);
}

/* The C library is not to be touched. */
static void
test_left_alone (void)
{
  Dl_info info;

  g_assert_cmpint (dladdr ((void *) (guintptr) getpid, &info), !=, 0);
  g_autoptr(GArray) texts = tbx_sim_modules_list (getpid (), 0);
  for (guint i = 0; i < texts->len; i++)
    g_assert_cmphex (g_array_index (texts, TbxSimText, i).base, !=,
                     (guint64) (guintptr) info.dli_fbase);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/scan/own-text", test_own_text);
  g_test_add_func ("/sim/scan/functions", test_functions);
  g_test_add_func ("/sim/scan/without-functions", test_without_functions);
  g_test_add_func ("/sim/scan/random-data", test_random_data);
  g_test_add_func ("/sim/scan/tools-library", test_tools_library);
  g_test_add_func ("/sim/scan/constants", test_constants);
  g_test_add_func ("/sim/scan/libc-left-alone", test_left_alone);
  g_test_add_func ("/sim/cpuid/answers", test_answers);
  return g_test_run ();
}
