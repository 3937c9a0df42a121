/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-files.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MODE 0600

struct _TbxExtendFiles
{
  GObject        parent_instance;
  TbxExtensions *extensions;   /* owned */
  TbxWorkerPool *pool;         /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExtendFiles, tbx_extend_files, G_TYPE_OBJECT)

/* What a worker is told of an agent's error. */
static int
errno_of (const GError *error)
{
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_NOT_FOUND)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_FILE_NOT_FOUND))
    return ENOENT;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    return EACCES;
  return EIO;
}

static void
fail_ask (TbxAsk *ask, TbxExtension *agent, const GError *error)
{
  int error_number = errno_of (error);

  if (error_number == EIO)
    tbx_extension_log_failure (agent, error);
  tbx_ask_done (ask, error_number);
}

/* Gives FALSE when @key is there and of another type; @value stays as it is when it is not. */
static gboolean
lookup (GVariant *attributes, const char *key, const char *type, gpointer value, GError **error)
{
  g_autoptr(GVariant) found = g_variant_lookup_value (attributes, key, NULL);

  if (found == NULL)
    return TRUE;
  if (!g_variant_is_of_type (found, G_VARIANT_TYPE (type)))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "\"%s\" is no %s", key, type);
      return FALSE;
    }
  g_variant_get (found, type, value);
  return TRUE;
}

static void
on_stat (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbxAsk *ask = user_data;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);
  g_autoptr(GVariant) attributes = reply == NULL ? NULL : g_variant_get_child_value (reply, 0);
  guint64 size = G_MAXINT64;
  gint64 modified = g_get_real_time () / G_USEC_PER_SEC;
  guint32 mode = DEFAULT_MODE;

  if (attributes == NULL || !lookup (attributes, "size", "t", &size, &error)
      || !lookup (attributes, "modified", "x", &modified, &error)
      || !lookup (attributes, "mode", "u", &mode, &error))
    fail_ask (ask, agent, error);
  else
    tbx_ask_found (ask, size, modified, mode);
}

static gboolean
is_stream (int fd)
{
  int type;
  socklen_t size = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* Whether @fd can be read, or written, from where it is to its end. */
static gboolean
check_file (int fd, gboolean writing, GError **error)
{
  int flags = fcntl (fd, F_GETFL), access = flags & O_ACCMODE;
  struct stat info;
  const char *fault = NULL;

  if (flags < 0 || fstat (fd, &info) < 0 || flags & O_PATH)
    fault = "cannot be used";
  else if (!S_ISFIFO (info.st_mode) && !S_ISREG (info.st_mode)
           && !(S_ISSOCK (info.st_mode) && is_stream (fd)))
    fault = "is no pipe, socket or file";
  else if (access != O_RDWR && access != (writing ? O_WRONLY : O_RDONLY))
    fault = writing ? "is not open for writing" : "is not open for reading";
  if (fault == NULL)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "its descriptor %s", fault);
  return FALSE;
}

/* Gives a descriptor, or -1 with @error set. */
static int
take_file (GVariant *reply, GUnixFDList *fds, gboolean writing, GError **error)
{
  gint32 handle;
  int fd;

  g_variant_get (reply, "(h)", &handle);
  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "its answer has no descriptor");
      return -1;
    }
  fd = g_unix_fd_list_get (fds, handle, error);
  if (fd >= 0 && !check_file (fd, writing, error))
    {
      close (fd);
      return -1;
    }
  return fd;
}

static void
on_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbxAsk *ask = user_data;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GUnixFDList) fds = NULL;
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, &fds, &error);
  int fd = -1;

  if (reply != NULL)
    fd = take_file (reply, fds, tbx_ask_get_message (ask)->file.writing, &error);
  if (fd < 0)
    fail_ask (ask, agent, error);
  else
    tbx_ask_opened (ask, fd);
}

static GVariant *
details_of (TbxAsk *ask)
{
  GVariantBuilder details;

  g_variant_builder_init (&details, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&details, "{sv}", "user", g_variant_new_string (tbx_ask_get_user (ask)));
  g_variant_builder_add (&details, "{sv}", "uid", g_variant_new_uint32 (tbx_ask_get_uid (ask)));
  return g_variant_builder_end (&details);
}

static void
on_asked (TbxAsk *ask, gpointer user_data)
{
  TbxExtendFiles *self = user_data;
  const TbxWorkerMessage *message = tbx_ask_get_message (ask);
  const TbxWorkerFileAsk *file = &message->file;
  TbxExtension *agent = tbx_extensions_find (self->extensions, TBX_EXTENSION_FILE_HANDLER,
                                             file->scheme);
  guint64 deadline_us = tbx_extension_deadline_us (TBX_EXTENSION_ANSWER_MS);

  if (agent == NULL)
    tbx_ask_done (ask, ENOENT);
  else if (message->type == TBX_WORKER_FILE_STAT)
    tbx_extension_call_async (agent, "Stat",
                              g_variant_new ("(ss@a{sv}t)", file->path, file->query,
                                             details_of (ask), deadline_us),
                              NULL, "(a{sv})", TBX_EXTENSION_ANSWER_MS, on_stat, ask);
  else
    tbx_extension_call_async (agent, "Open",
                              g_variant_new ("(sss@a{sv}t)", file->path, file->query,
                                             file->writing ? "write" : "read", details_of (ask),
                                             deadline_us),
                              NULL, "(h)", TBX_EXTENSION_ANSWER_MS, on_open, ask);
}

static void
on_changed (TbxExtendFiles *self, TbxExtension *entry)
{
  g_auto(GStrv) names = NULL;

  if (tbx_extension_get_kind (entry) != TBX_EXTENSION_FILE_HANDLER)
    return;
  names = tbx_extensions_dup_names (self->extensions, TBX_EXTENSION_FILE_HANDLER);
  tbx_worker_pool_set_names (self->pool, TBX_ASK_FILES, (const char *const *) names);
}

static void
tbx_extend_files_dispose (GObject *object)
{
  TbxExtendFiles *self = TBX_EXTEND_FILES (object);

  if (self->pool != NULL)
    tbx_worker_pool_serve (self->pool, TBX_ASK_FILES, NULL, NULL);
  g_clear_object (&self->pool);
  g_clear_object (&self->extensions);
  G_OBJECT_CLASS (tbx_extend_files_parent_class)->dispose (object);
}

static void
tbx_extend_files_class_init (TbxExtendFilesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extend_files_dispose;
}

static void
tbx_extend_files_init (TbxExtendFiles *self)
{
}

/**
 * tbx_extend_files_new:
 * @extensions: what is registered; nothing yet
 * @pool: whose workers ask
 *
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendFiles *
tbx_extend_files_new (TbxExtensions *extensions, TbxWorkerPool *pool)
{
  TbxExtendFiles *self = g_object_new (TBX_TYPE_EXTEND_FILES, NULL);

  self->extensions = g_object_ref (extensions);
  self->pool = g_object_ref (pool);
  tbx_worker_pool_serve (pool, TBX_ASK_FILES, on_asked, self);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}
