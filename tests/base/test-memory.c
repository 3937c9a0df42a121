/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-memory.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 64

static gsize page_bytes;

/* How many pages of @memory are in our page table: bit 63 of their entries, whether the
 * page is there. */
static guint
count_mapped (const char *memory)
{
  guint64 entries[PAGES];
  int fd = open ("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  guint n = 0;

  g_assert_cmpint (pread (fd, entries, sizeof entries,
                          (off_t) ((gsize) memory / page_bytes * sizeof *entries)),
                   ==, sizeof entries);
  close (fd);
  for (guint i = 0; i < PAGES; i++)
    n += entries[i] >> 63 & 1;
  return n;
}

static char *
map (int fd, int protection)
{
  char *memory = mmap (NULL, PAGES * page_bytes, protection, MAP_PRIVATE, fd, 0);

  g_assert_true (memory != MAP_FAILED);
  return memory;
}

static guint
touch (const char *memory)
{
  guint sum = 0;

  for (guint i = 0; i < PAGES; i++)
    sum += (guchar) memory[i * page_bytes];
  return sum;
}

/* What is as the file has it goes, and comes back; what was changed stays. */
static void
test_settle (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("tbx-memory-XXXXXX", &path, NULL);
  g_autofree char *content = g_malloc (PAGES * page_bytes);
  char *clean, *changed, *closed;

  memset (content, 7, PAGES * page_bytes);
  g_assert_cmpint (write (fd, content, PAGES * page_bytes), ==, (gssize) (PAGES * page_bytes));
  clean = map (fd, PROT_READ);
  changed = map (fd, PROT_READ | PROT_WRITE);
  closed = map (fd, PROT_READ | PROT_WRITE);
  closed[5] = 42;
  g_assert_cmpint (mprotect (closed, PAGES * page_bytes, PROT_READ), ==, 0);   /* as RELRO is */
  changed[5] = 43;
  g_assert_cmpuint (touch (clean), ==, 7 * PAGES);
  g_assert_cmpuint (count_mapped (clean), ==, PAGES);

  g_assert_cmpuint (tbx_memory_settle (), >=, PAGES * page_bytes);
  g_assert_cmpuint (count_mapped (clean), ==, 0);
  g_assert_cmpuint (touch (clean), ==, 7 * PAGES);
  g_assert_cmpint (closed[5], ==, 42);
  g_assert_cmpint (changed[5], ==, 43);

  munmap (clean, PAGES * page_bytes);
  munmap (changed, PAGES * page_bytes);
  munmap (closed, PAGES * page_bytes);
  close (fd);
  unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  page_bytes = (gsize) sysconf (_SC_PAGESIZE);
  g_test_add_func ("/memory/settle", test_settle);
  return g_test_run ();
}
