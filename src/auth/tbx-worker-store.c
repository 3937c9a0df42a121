/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-store.h"
#include "tbx-service.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX         "worker-"
#define NAME_MAX_BYTES 200   /* of a user, escaped; systemd takes 255 in all */

/* What systemd calls it: ASCII, without control characters and colons. */
static char *
store_name (uid_t uid, const char *id, const char *name)
{
  g_autofree char *escaped = g_uri_escape_string (name == NULL ? "" : name, NULL, FALSE);

  return g_strdup_printf (PREFIX "%u-%s-%s", uid, id,
                          strlen (escaped) <= NAME_MAX_BYTES ? escaped : "");
}

/**
 * tbx_worker_store_keep:
 * @worker: a worker that serves
 * @uid: of the account
 * @id: of the account
 * @name: (nullable): of the account
 */
void
tbx_worker_store_keep (TbxWorker *worker, uid_t uid, const char *id, const char *name)
{
  const int fds[] = { tbx_worker_get_socket (worker), tbx_worker_get_pidfd (worker) };
  g_autofree char *fd_name = store_name (uid, id, name);
  g_autofree char *state = g_strdup_printf ("FDSTORE=1\nFDNAME=%s", fd_name);

  tbx_service_notify_with_fds (state, fds, fds[1] < 0 ? 1 : 2);
}

/**
 * tbx_worker_store_forget:
 * @uid: of the account
 * @id: of the account
 * @name: (nullable): of the account
 */
void
tbx_worker_store_forget (uid_t uid, const char *id, const char *name)
{
  g_autofree char *fd_name = store_name (uid, id, name);
  g_autofree char *state = g_strdup_printf ("FDSTOREREMOVE=1\nFDNAME=%s", fd_name);

  tbx_service_notify (state);
}

static void
stored_free (gpointer data)
{
  TbxStoredWorker *stored = data;

  if (stored->socket >= 0)
    close (stored->socket);
  if (stored->pidfd >= 0)
    close (stored->pidfd);
  g_free (stored->id);
  g_free (stored->name);
  g_free (stored);
}

static TbxStoredWorker *
stored_new (const char *fd_name)
{
  g_auto(GStrv) parts = NULL;
  TbxStoredWorker *stored;
  guint64 uid;

  if (!g_str_has_prefix (fd_name, PREFIX))
    return NULL;
  parts = g_strsplit (fd_name + strlen (PREFIX), "-", 3);
  if (g_strv_length (parts) != 3 || parts[1][0] == '\0'
      || !g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXUINT32 - 1, &uid, NULL))
    return NULL;
  stored = g_new0 (TbxStoredWorker, 1);
  *stored = (TbxStoredWorker) { g_strdup (parts[1]), (uid_t) uid, NULL, -1, -1 };
  if (parts[2][0] != '\0')
    stored->name = g_uri_unescape_string (parts[2], NULL);
  return stored;
}

/* A name holds two descriptors: the socket, and the process. */
static void
stored_take_fd (TbxStoredWorker *stored, int fd)
{
  struct stat status;
  int *place = fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode) ? &stored->socket
                                                                     : &stored->pidfd;

  if (*place >= 0)
    close (*place);
  *place = fd;
}

static TbxStoredWorker *
find_stored (GPtrArray *all, const TbxStoredWorker *like)
{
  for (guint i = 0; i < all->len; i++)
    {
      TbxStoredWorker *stored = g_ptr_array_index (all, i);

      if (stored->uid == like->uid && strcmp (stored->id, like->id) == 0)
        return stored;
    }
  return NULL;
}

/**
 * tbx_worker_store_take:
 *
 * To be called once, at start.  What systemd kept that is no worker is closed.
 *
 * Returns: (transfer full) (element-type TbxStoredWorker): the workers that a daemon
 *   before this one left
 */
GPtrArray *
tbx_worker_store_take (void)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (stored_free);
  g_auto(GStrv) names = NULL;
  guint n = tbx_service_take_fds (&names);

  for (guint i = 0; i < n; i++)
    {
      const int fd = TBX_SERVICE_FIRST_FD + (int) i;
      TbxStoredWorker *stored = stored_new (names[i]);
      TbxStoredWorker *known = stored == NULL ? NULL : find_stored (all, stored);

      if (stored != NULL && known == NULL)
        g_ptr_array_add (all, stored);
      else if (stored != NULL)
        stored_free (stored);
      if (stored == NULL)
        close (fd);
      else
        stored_take_fd (known != NULL ? known : stored, fd);
    }
  for (guint i = all->len; i > 0; i--)
    if (((TbxStoredWorker *) g_ptr_array_index (all, i - 1))->socket < 0)
      g_ptr_array_remove_index (all, i - 1);
  return all;
}
