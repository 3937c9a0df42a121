/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-remote-files.h"
#include "tbx-file-waits.h"
#include "tbx-remote-file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What is asked at a time, as the daemon has it too. */
#define MAX_ASKS 16

/* Whoever waits is woken at once, and fetches the answer; else it is dropped. */
#define ANSWER_KEPT_MS 2000

struct _TbxRemoteFiles
{
  TbxRemote  *remote;       /* (not owned) */
  GPtrArray  *asks;         /* of Ask (owned) */
  TbxFileWaits waits;       /* for any of them */
  char       *last_name;    /* that was looked at last (owned), or NULL */
  struct stat last_info;    /* what was found */
};

/* One thing that was asked about a name, until the answer was fetched. */
typedef struct
{
  TbxRemoteFiles *owner;          /* (not owned) */
  char           *name;           /* as the host has it (owned) */
  int             access;         /* that it is opened for; -1: it is looked at */
  guint32         id;             /* not answered yet; or 0 */
  int             error_number;   /* of the answer */
  struct stat     info;           /* likewise */
  int             fd;             /* likewise (owned), or -1 */
  guint           drop_id;        /* source that drops it once answered, or 0 */
} Ask;

static void
ask_free (gpointer data)
{
  Ask *ask = data;

  if (ask->id != 0)
    tbx_remote_forget (ask->owner->remote, ask->id);
  g_clear_handle_id (&ask->drop_id, g_source_remove);
  if (ask->fd >= 0)
    close (ask->fd);
  g_free (ask->name);
  g_free (ask);
}

/* The scheme of "/SCHEME:/…" (transfer full), or NULL. */
static char *
scheme_of (const char *name)
{
  gsize size = name[0] == '/' ? strcspn (name + 1, ":/") : 0;

  if (size == 0 || size > TBX_WORKER_SCHEME_MAX_BYTES || name[1 + size] != ':'
      || name[2 + size] != '/')
    return NULL;
  return g_strndup (name + 1, size);
}

/* Who asked gets his answer, also when the scheme went meanwhile. */
static gboolean
files_asked_for (TbxRemoteFiles *self, const char *name)
{
  for (guint i = 0; i < self->asks->len; i++)
    if (strcmp (((const Ask *) g_ptr_array_index (self->asks, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

/* A file of the disk that is called so comes first. */
static gboolean
files_claim (gpointer data, const char *name)
{
  TbxRemoteFiles *self = data;
  g_autofree char *scheme = scheme_of (name);

  if (scheme == NULL)
    return FALSE;
  return files_asked_for (self, name)
         || (tbx_remote_has_scheme (self->remote, scheme)
             && faccessat (AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0);
}

static gboolean
has_dot_dot (const char *path)
{
  g_auto(GStrv) components = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) components, "..");
}

/* Gives 0 or an errno. */
static int
fill_ask (const char *name, char **scheme, char **path, char **query)
{
  const char *mark = strchr (name, '?');
  const char *rest;

  *scheme = scheme_of (name);
  if (*scheme == NULL)
    return ENOENT;
  rest = name + strlen (*scheme) + 2;
  *path = mark == NULL ? g_strdup (rest) : g_strndup (rest, (gsize) (mark - rest));
  *query = g_strdup (mark == NULL ? "" : mark + 1);
  if (!g_utf8_validate (name, -1, NULL) || has_dot_dot (*path))
    return EILSEQ;
  if (strlen (*path) > TBX_WORKER_PATH_MAX_BYTES || strlen (*query) > TBX_WORKER_PATH_MAX_BYTES)
    return ENAMETOOLONG;
  return 0;
}

static gboolean
on_drop_due (gpointer user_data)
{
  Ask *ask = user_data;

  ask->drop_id = 0;
  g_ptr_array_remove_fast (ask->owner->asks, ask);
  return G_SOURCE_REMOVE;
}

static void
take_found (Ask *ask, const TbxWorkerFileFound *found)
{
  ask->error_number = 0;
  ask->info = (struct stat) {
    .st_mode = S_IFREG | (found->mode & 0777),
    .st_uid = geteuid (),
    .st_gid = getegid (),
    .st_size = (off_t) MIN (found->size, G_MAXINT64),
    .st_mtim = { .tv_sec = found->modified },
    .st_atim = { .tv_sec = found->modified },
    .st_ctim = { .tv_sec = found->modified },
  };
}

/* An answer to another question is none. */
static void
on_answered (const TbxWorkerMessage *answer, int fd, gpointer user_data)
{
  Ask *ask = user_data;

  ask->id = 0;
  ask->error_number = EIO;
  if (answer == NULL)
    ;
  else if (answer->type == TBX_WORKER_FILE_FOUND && ask->access < 0)
    take_found (ask, &answer->found);
  else if (answer->type == TBX_WORKER_FILE_OPENED && ask->access >= 0 && fd >= 0)
    ask->error_number = 0;
  else if (answer->type == TBX_WORKER_ASK_DONE && answer->done.error_number > 0
           && answer->done.error_number != EAGAIN)
    ask->error_number = answer->done.error_number;
  if (fd >= 0 && ask->error_number != 0)
    close (fd);
  else
    ask->fd = fd;
  ask->drop_id = g_timeout_add (ANSWER_KEPT_MS, on_drop_due, ask);
  tbx_file_waits_reach (&ask->owner->waits, TBX_FILE_WAITS_FOR_CHANGE);
}

static Ask *
files_find (TbxRemoteFiles *self, const char *name, int access)
{
  for (guint i = 0; i < self->asks->len; i++)
    {
      Ask *ask = g_ptr_array_index (self->asks, i);

      if (ask->access == access && strcmp (ask->name, name) == 0)
        return ask;
    }
  return NULL;
}

/* Gives EAGAIN, or another errno. */
static int
files_ask (TbxRemoteFiles *self, const char *name, int access)
{
  g_autofree char *scheme = NULL, *path = NULL, *query = NULL;
  int error_number = fill_ask (name, &scheme, &path, &query);
  TbxWorkerMessage message = {
    .type = access < 0 ? TBX_WORKER_FILE_STAT : TBX_WORKER_FILE_OPEN,
    .file = { 0, scheme, path, query, access == O_WRONLY },
  };
  Ask *ask;

  if (error_number == 0 && self->asks->len >= MAX_ASKS)
    error_number = EBUSY;
  if (error_number != 0)
    return error_number;
  ask = g_new0 (Ask, 1);
  *ask = (Ask) { .owner = self, .name = g_strdup (name), .access = access, .fd = -1 };
  message.file.id = tbx_remote_next_id (self->remote);
  error_number = tbx_remote_ask (self->remote, message.file.id, &message, NULL, 0, on_answered, ask);
  if (error_number != 0)
    {
      ask_free (ask);
      return error_number;
    }
  ask->id = message.file.id;
  g_ptr_array_add (self->asks, ask);
  return EAGAIN;
}

/* Gives 0 or an errno: the answer, which is fetched with that; EAGAIN while there is none. */
static int
files_fetch (TbxRemoteFiles *self, const char *name, int access, struct stat *info, int *fd)
{
  Ask *ask = files_find (self, name, access);
  int error_number;

  if (ask == NULL)
    return files_ask (self, name, access);
  if (ask->id != 0)
    return EAGAIN;
  error_number = ask->error_number;
  *info = ask->info;
  *fd = ask->fd;
  ask->fd = -1;
  g_ptr_array_remove_fast (self->asks, ask);
  return error_number;
}

static int
files_stat (gpointer data, const char *name, struct stat *info)
{
  TbxRemoteFiles *self = data;
  int fd = -1, error_number = files_fetch (self, name, -1, info, &fd);

  if (error_number != 0)
    return error_number;
  g_free (self->last_name);
  self->last_name = g_strdup (name);
  self->last_info = *info;
  return 0;
}

/* What the file itself is told to be: as it was when it was looked at, if it was. */
static void
files_guess (TbxRemoteFiles *self, const char *name, int access, struct stat *info)
{
  if (access == O_RDONLY && g_strcmp0 (self->last_name, name) == 0)
    *info = self->last_info;
  else
    *info = (struct stat) {
      .st_mode = S_IFREG | 0600,
      .st_uid = geteuid (),
      .st_gid = getegid (),
      .st_size = access == O_RDONLY ? G_MAXINT64 : 0,
      .st_mtim = { .tv_sec = g_get_real_time () / G_USEC_PER_SEC },
    };
}

static TbxFile *
files_open (gpointer data, const char *name, int access, int *error_number)
{
  TbxRemoteFiles *self = data;
  struct stat info = { 0 };
  int fd = -1;

  *error_number = access == O_RDWR ? EACCES : files_fetch (self, name, access, &info, &fd);
  if (*error_number != 0)
    return NULL;
  files_guess (self, name, access, &info);
  return access == O_RDONLY ? tbx_remote_reader_new (fd, &info) : tbx_remote_writer_new (fd, &info);
}

static guint
files_wait (gpointer data, const char *name, TbxFileReady ready, gpointer user_data)
{
  TbxRemoteFiles *self = data;

  return tbx_file_waits_add (&self->waits, TBX_FILE_WAITS_FOR_CHANGE, ready, user_data);
}

const TbxFileHandlerFuncs tbx_remote_files_funcs = {
  .claims = files_claim,
  .stat = files_stat,
  .open = files_open,
  .wait = files_wait,
  .has_deadline = TRUE,
};

/**
 * tbx_remote_files_new:
 * @remote: whom to ask; must outlive it
 *
 * Returns: (transfer full): free with tbx_remote_files_free()
 */
TbxRemoteFiles *
tbx_remote_files_new (TbxRemote *remote)
{
  TbxRemoteFiles *self = g_new0 (TbxRemoteFiles, 1);

  self->remote = remote;
  self->asks = g_ptr_array_new_with_free_func (ask_free);
  return self;
}

void
tbx_remote_files_free (TbxRemoteFiles *self)
{
  g_ptr_array_unref (self->asks);
  tbx_file_waits_clear (&self->waits);
  g_free (self->last_name);
  g_free (self);
}
