/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-owners.h"
#include <grp.h>
#include <pwd.h>
#include <stdio.h>

/* Of a larger file the first are known; the others have numbers only. */
#define MAX_ENTRIES    4096
#define MAX_LINE_BYTES 4096

struct _TbxArchiveOwners
{
  GHashTable *users;    /* uid -> name (owned) */
  GHashTable *groups;   /* gid -> name (owned) */
};

static void
add (GHashTable *names, guint id, const char *name)
{
  gpointer key = GUINT_TO_POINTER (id);

  if (!g_hash_table_contains (names, key))   /* the first line of an id counts */
    g_hash_table_insert (names, key, g_strdup (name));
}

static void
read_users (GHashTable *names)
{
  char buffer[MAX_LINE_BYTES];
  struct passwd entry, *found;
  FILE *file = fopen ("/etc/passwd", "re");

  for (guint n = 0; file != NULL && n < MAX_ENTRIES
                    && fgetpwent_r (file, &entry, buffer, sizeof buffer, &found) == 0; n++)
    add (names, found->pw_uid, found->pw_name);
  if (file != NULL)
    fclose (file);
}

static void
read_groups (GHashTable *names)
{
  char buffer[MAX_LINE_BYTES];
  struct group entry, *found;
  FILE *file = fopen ("/etc/group", "re");

  for (guint n = 0; file != NULL && n < MAX_ENTRIES
                    && fgetgrent_r (file, &entry, buffer, sizeof buffer, &found) == 0; n++)
    add (names, found->gr_gid, found->gr_name);
  if (file != NULL)
    fclose (file);
}

TbxArchiveOwners *
tbx_archive_owners_new (void)
{
  TbxArchiveOwners *self = g_new (TbxArchiveOwners, 1);

  self->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->groups = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  read_users (self->users);
  read_groups (self->groups);
  return self;
}

void
tbx_archive_owners_free (TbxArchiveOwners *self)
{
  g_hash_table_unref (self->users);
  g_hash_table_unref (self->groups);
  g_free (self);
}

/* Returns: (nullable): the name, or %NULL */
const char *
tbx_archive_owners_user (TbxArchiveOwners *self, uid_t uid)
{
  return g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));
}

/* Returns: (nullable): the name, or %NULL */
const char *
tbx_archive_owners_group (TbxArchiveOwners *self, gid_t gid)
{
  return g_hash_table_lookup (self->groups, GUINT_TO_POINTER (gid));
}
