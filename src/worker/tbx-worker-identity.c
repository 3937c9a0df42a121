/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-identity.h"
#include "tbx-error.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PATH_OF_ROOT  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_OF_USERS "/usr/local/bin:/usr/bin:/bin"

static gboolean
fail (GError **error, const char *what, int error_number)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "%s: %s", what,
               error_number == 0 ? "not found" : g_strerror (error_number));
  return FALSE;
}

static gboolean
take_entry (const struct passwd *entry, TbxOpsUser *user, GError **error)
{
  if (entry == NULL)
    return fail (error, "passwd", errno);
  *user = (TbxOpsUser) { .name = g_strdup (entry->pw_name),
                         .uid = entry->pw_uid,
                         .gid = entry->pw_gid,
                         .home = g_strdup (entry->pw_dir),
                         .shell = g_strdup (entry->pw_shell[0] != '\0' ? entry->pw_shell
                                                                       : "/bin/sh") };
  return TRUE;
}

/**
 * tbx_worker_identity_look_up:
 * @name: of a user
 * @user: (out caller-allocates): set on success, without environment
 * @error: return location for an error
 *
 * May block, as the name service does.
 * Errors: `TBX_ERROR_FAILED`.
 */
gboolean
tbx_worker_identity_look_up (const char *name, TbxOpsUser *user, GError **error)
{
  errno = 0;
  return take_entry (getpwnam (name), user, error);
}

/**
 * tbx_worker_identity_own:
 * @user: (out caller-allocates): whom this process belongs to, without environment
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_FAILED`.
 */
gboolean
tbx_worker_identity_own (TbxOpsUser *user, GError **error)
{
  errno = 0;
  return take_entry (getpwuid (geteuid ()), user, error);
}

static gboolean
write_groups (const gid_t *gids, int n_gids, TbxWriter *w, guint32 *n)
{
  for (int i = 0; i < n_gids; i++)
    {
      const struct group *entry = getgrgid (gids[i]);
      g_autofree char *name = entry == NULL ? g_strdup_printf ("%u", gids[i])
                                            : g_utf8_make_valid (entry->gr_name, -1);

      tbx_worker_group_encode (gids[i], name, w);
    }
  *n = (guint32) n_gids;
  return w->bad == NULL;
}

/**
 * tbx_worker_identity_groups:
 * @user: who
 * @w: gets the user's groups, as a login result holds them
 * @n: (out): how many
 *
 * Returns: %FALSE when there are more than %TBX_WORKER_GROUPS_MAX: rules for groups
 *   could not be relied on then
 */
gboolean
tbx_worker_identity_groups (const TbxOpsUser *user, TbxWriter *w, guint32 *n)
{
  gid_t gids[TBX_WORKER_GROUPS_MAX];
  int n_gids = G_N_ELEMENTS (gids);

  return getgrouplist (user->name, user->gid, gids, &n_gids) >= 0
         && write_groups (gids, n_gids, w, n);
}

/**
 * tbx_worker_identity_own_groups:
 * @user: who this process is, or becomes
 * @w: gets the groups that this process has, and @user's first one
 * @n: (out): how many
 *
 * Other than the name service knows, where PAM gave some.
 *
 * Returns: as tbx_worker_identity_groups() does
 */
gboolean
tbx_worker_identity_own_groups (const TbxOpsUser *user, TbxWriter *w, guint32 *n)
{
  gid_t gids[TBX_WORKER_GROUPS_MAX];
  int n_gids = getgroups (G_N_ELEMENTS (gids) - 1, gids);
  gboolean has_first = FALSE;

  if (n_gids < 0)
    return FALSE;
  for (int i = 0; i < n_gids; i++)
    has_first = has_first || gids[i] == user->gid;
  if (!has_first)
    gids[n_gids++] = user->gid;
  return write_groups (gids, n_gids, w, n);
}

/**
 * tbx_worker_identity_set_environment:
 * @user: gets the environment of a login
 * @more: (array zero-terminated=1): NAME=VALUE each, that come before ours: PAM's
 */
void
tbx_worker_identity_set_environment (TbxOpsUser *user, char **more)
{
  const char *lang = g_getenv ("LANG");
  char **environment = NULL;

  environment = g_environ_setenv (environment, "HOME", user->home, TRUE);
  environment = g_environ_setenv (environment, "USER", user->name, TRUE);
  environment = g_environ_setenv (environment, "LOGNAME", user->name, TRUE);
  environment = g_environ_setenv (environment, "SHELL", user->shell, TRUE);
  environment = g_environ_setenv (environment, "PATH",
                                  user->uid == 0 ? PATH_OF_ROOT : PATH_OF_USERS, TRUE);
  environment = g_environ_setenv (environment, "LANG", lang == NULL ? "C.UTF-8" : lang, TRUE);
  for (char **each = more; *each != NULL; each++)
    {
      const char *sign = strchr (*each, '=');
      g_autofree char *name = sign == NULL ? NULL : g_strndup (*each, (gsize) (sign - *each));

      if (name != NULL && name[0] != '\0')
        environment = g_environ_setenv (environment, name, sign + 1, TRUE);
    }
  g_strfreev (user->environment);
  user->environment = environment;
}

static gboolean
ids_are (const TbxOpsUser *user)
{
  uid_t ruid, euid, suid;
  gid_t rgid, egid, sgid;

  return getresuid (&ruid, &euid, &suid) == 0 && getresgid (&rgid, &egid, &sgid) == 0
         && ruid == user->uid && euid == user->uid && suid == user->uid && rgid == user->gid
         && egid == user->gid && sgid == user->gid;
}

/* Whether root's power can be had back in any way that set*id() knows. */
static gboolean
is_for_good (const TbxOpsUser *user)
{
  return user->uid == 0
         || (setuid (0) != 0 && seteuid (0) != 0 && (user->gid == 0 || setegid (0) != 0));
}

/**
 * tbx_worker_identity_become:
 * @user: who; its groups were set already
 * @error: return location for an error
 *
 * Makes this process the user's, for good, and looks whether it is.  A failure leaves
 * it as something in between: it must end then.  Its memory stays out of the user's
 * reach; tbx_worker_identity_settle() is for the image that has nothing to hide.
 * Errors: `TBX_ERROR_FAILED`.
 */
gboolean
tbx_worker_identity_become (const TbxOpsUser *user, GError **error)
{
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
    return fail (error, "capabilities", errno);
  if (setresgid (user->gid, user->gid, user->gid) != 0)
    return fail (error, "setresgid", errno);
  if (setresuid (user->uid, user->uid, user->uid) != 0)
    return fail (error, "setresuid", errno);
  if (!ids_are (user) || !is_for_good (user))
    return fail (error, "ids", EPERM);
  /* Whatever the kernel's default is: the memory is root's still. */
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return fail (error, "dumpable", errno);
  return TRUE;
}

/**
 * tbx_worker_identity_settle:
 * @user: who this process is to be already
 * @parent: without which it must not live, or 0
 * @error: return location for an error
 *
 * Makes a new image of a process that has become the user at home: gives it the
 * environment of the login, and lets the user look at it.
 * Errors: `TBX_ERROR_FAILED`.
 */
gboolean
tbx_worker_identity_settle (const TbxOpsUser *user, pid_t parent, GError **error)
{
  if (!ids_are (user))
    return fail (error, "ids", EPERM);
  /* Root's half alone can end this one by a signal. */
  if (parent != 0 && (prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid () != parent))
    return fail (error, "parent", ESRCH);
  /* Only what is root's hides from its own user; the kernel also hides what the user may
   * execute and not read. */
  if (prctl (PR_SET_DUMPABLE, user->uid == 0 ? 0 : 1, 0, 0, 0) != 0)
    return fail (error, "dumpable", errno);
  clearenv ();
  for (char **each = user->environment; *each != NULL; each++)
    {
      char *sign = strchr (*each, '=');
      g_autofree char *name = sign == NULL ? NULL : g_strndup (*each, (gsize) (sign - *each));

      if (name != NULL)
        setenv (name, sign + 1, TRUE);
    }
  return TRUE;
}
