/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A PAM module that does what pam_group does, without a file in /etc: whoever logs in is
 * in the group that its argument names. */

#define PAM_SM_AUTH
#include <grp.h>
#include <security/pam_modules.h>
#include <unistd.h>

#define MAX_GROUPS 64

int
pam_sm_authenticate (pam_handle_t *pamh, int flags, int argc, const char **argv)
{
  return PAM_IGNORE;
}

int
pam_sm_setcred (pam_handle_t *pamh, int flags, int argc, const char **argv)
{
  gid_t gids[MAX_GROUPS];
  int n = getgroups (MAX_GROUPS - 1, gids);
  const struct group *entry = argc == 1 ? getgrnam (argv[0]) : NULL;

  if (!(flags & PAM_ESTABLISH_CRED))
    return PAM_IGNORE;
  if (n < 0 || entry == NULL)
    return PAM_CRED_ERR;
  gids[n++] = entry->gr_gid;
  return setgroups ((size_t) n, gids) == 0 ? PAM_SUCCESS : PAM_CRED_ERR;
}
