/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-handler.h"
#include "tbx-archive-name.h"
#include "tbx-archive-reader.h"
#include "tbx-archive-writer.h"
#include <errno.h>
#include <fcntl.h>

/* Each has a thread and less than 1 MiB. */
#define MAX_RUNNING     16
/* Sizes that were told and that the download is to have. */
#define MAX_PROMISES    64
#define PROMISE_US      (60 * G_USEC_PER_SEC)

typedef struct
{
  char   *name;       /* as the host gave it (owned) */
  guint64 size;       /* bytes */
  gint64  until_us;   /* monotonic time */
} Promise;

struct _TbxArchiveHandler
{
  gboolean          allowed;
  TbxArchiveLogFunc log;         /* or NULL */
  gpointer          user_data;   /* for @log */
  TbxArchiveLimits  limits;
  gint              running;     /* archives that are open */
  GQueue            promises;    /* of Promise, the latest first */
};

/**
 * tbx_archive_handler_new:
 * @allowed: whether it serves any
 * @log: (nullable) (scope forever): called from other threads; %NULL: to the journal
 * @user_data: passed to @log
 *
 * Returns: (transfer full): free with tbx_archive_handler_free(), after all files that
 *   it opened
 */
TbxArchiveHandler *
tbx_archive_handler_new (gboolean allowed, TbxArchiveLogFunc log, gpointer user_data)
{
  TbxArchiveHandler *self = g_new0 (TbxArchiveHandler, 1);

  self->allowed = allowed;
  self->log = log;
  self->user_data = user_data;
  self->limits = tbx_archive_default_limits;
  g_queue_init (&self->promises);
  return self;
}

static void
promise_free (gpointer data)
{
  Promise *promise = data;

  g_free (promise->name);
  g_free (promise);
}

void
tbx_archive_handler_free (TbxArchiveHandler *self)
{
  g_assert (self->running == 0);
  g_queue_clear_full (&self->promises, promise_free);
  g_free (self);
}

/* Where it is not allowed a folder is a folder, and other names are those of files. */
void
tbx_archive_handler_set_allowed (TbxArchiveHandler *self, gboolean allowed)
{
  self->allowed = allowed;
}

/* For uploads that are opened from now on. */
void
tbx_archive_handler_set_limits (TbxArchiveHandler *self, const TbxArchiveLimits *limits)
{
  g_assert (self->running == 0);
  self->limits = *limits;
}

/* Takes back what was told of a name.
 * Returns: the size, or 0 */
static guint64
take_promise (TbxArchiveHandler *self, const char *name)
{
  for (GList *l = self->promises.head; l != NULL; l = l->next)
    {
      Promise *promise = l->data;
      guint64 size = promise->until_us > g_get_monotonic_time () ? promise->size : 0;

      if (!g_str_equal (promise->name, name))
        continue;
      promise_free (promise);
      g_queue_delete_link (&self->promises, l);
      return size;
    }
  return 0;
}

static void
make_promise (TbxArchiveHandler *self, const char *name, guint64 size)
{
  Promise *promise = g_new (Promise, 1);

  take_promise (self, name);
  *promise = (Promise) { g_strdup (name), size, g_get_monotonic_time () + PROMISE_US };
  g_queue_push_head (&self->promises, promise);
  if (self->promises.length > MAX_PROMISES)
    promise_free (g_queue_pop_tail (&self->promises));
}

static gboolean
handler_claims (gpointer data, const char *path)
{
  TbxArchiveHandler *self = data;
  g_auto(TbxArchiveName) name = { 0 };

  return self->allowed && tbx_archive_name_find (path, &name) != TBX_ARCHIVE_NAME_OTHER;
}

static int
find_name (const char *path, TbxArchiveName *name)
{
  int error_number = tbx_archive_name_find (path, name);

  return error_number == TBX_ARCHIVE_NAME_OTHER ? ENOENT : error_number;
}

/* Source: docs/wire/archives.md, "Downloads". */
static int
handler_stat (gpointer data, const char *path, struct stat *info)
{
  TbxArchiveHandler *self = data;
  g_auto(TbxArchiveName) name = { 0 };
  guint64 exact_bytes = 0;
  int error_number = find_name (path, &name);

  if (error_number == 0)
    error_number = tbx_archive_reader_stat (&name, info, &exact_bytes);
  if (error_number == 0 && exact_bytes > 0)
    make_promise (self, path, exact_bytes);
  return error_number;
}

static TbxFile *
handler_open (gpointer data, const char *path, int access, int *error_number)
{
  TbxArchiveHandler *self = data;
  g_auto(TbxArchiveName) name = { 0 };
  const TbxArchiveReaderOpen reader = {
    .name = &name,
    .exact_bytes = access == O_RDONLY ? take_promise (self, path) : 0,
    .log = self->log,
    .user_data = self->user_data,
    .running = &self->running,
  };
  const TbxArchiveWriterOpen writer = {
    .name = &name,
    .limits = &self->limits,
    .log = self->log,
    .user_data = self->user_data,
    .running = &self->running,
  };

  *error_number = find_name (path, &name);
  if (*error_number == 0 && access != O_RDONLY && access != O_WRONLY)
    *error_number = EACCES;
  if (*error_number == 0 && self->running >= MAX_RUNNING)
    *error_number = EMFILE;
  if (*error_number != 0)
    return NULL;
  return access == O_RDONLY ? tbx_archive_reader_open (&reader, error_number)
                            : tbx_archive_writer_open (&writer, error_number);
}

const TbxFileHandlerFuncs tbx_archive_handler_funcs = {
  .claims = handler_claims,
  .stat = handler_stat,
  .open = handler_open,
};
