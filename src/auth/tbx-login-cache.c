/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-login-cache.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define MAX_ENTRIES   32
#define IDLE_LIMIT_US (60 * G_USEC_PER_SEC)
#define LIMIT_US      (10 * 60 * G_USEC_PER_SEC)

/* What only locked memory holds. */
typedef struct
{
  guint8      secret[32];          /* of the keyed hash; new in each process */
  TbxLoginKey keys[MAX_ENTRIES];   /* of the entries with the same index */
} Locked;

typedef struct
{
  TbxAccount *account;       /* NULL: the entry is free (owned) */
  char       *name;          /* as it was given (owned) */
  gint64      verified_us;   /* when PAM was asked, monotonic time */
  gint64      used_us;       /* last time, monotonic time */
} Entry;

struct _TbxLoginCache
{
  TbxAccountWatch *watch;        /* NULL: nothing is remembered (owned) */
  TbxClock         clock;
  Locked          *locked;       /* NULL: nothing is remembered (owned) */
  guint64          generation;   /* counts what made the cache forget */
  Entry            entries[MAX_ENTRIES];
};

static void
entry_clear (TbxLoginCache *self, guint i)
{
  Entry *entry = &self->entries[i];

  g_clear_pointer (&entry->account, tbx_account_unref);
  g_clear_pointer (&entry->name, g_free);
  explicit_bzero (&self->locked->keys[i], sizeof self->locked->keys[i]);
}

static void
cache_forget_all (TbxLoginCache *self)
{
  self->generation++;
  for (guint i = 0; i < MAX_ENTRIES; i++)
    if (self->entries[i].account != NULL)
      entry_clear (self, i);
}

/* Forgets what may not be used any more. */
static void
cache_expire (TbxLoginCache *self)
{
  gint64 now_us = self->clock ();

  if (tbx_account_watch_changed (self->watch))
    {
      g_debug ("Account files changed; no login is remembered");
      cache_forget_all (self);
    }
  for (guint i = 0; i < MAX_ENTRIES; i++)
    {
      Entry *entry = &self->entries[i];

      if (entry->account != NULL
          && (now_us - entry->used_us >= IDLE_LIMIT_US || now_us - entry->verified_us >= LIMIT_US))
        entry_clear (self, i);
    }
}

static gboolean
fill_random (guint8 *to, gsize size)
{
  gssize n;

  do
    n = getrandom (to, size, 0);
  while (n < 0 && errno == EINTR);
  return n == (gssize) size;
}

static Locked *
locked_new (void)
{
  Locked *locked = mmap (NULL, sizeof *locked, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (locked == MAP_FAILED)
    return NULL;
  if (mlock (locked, sizeof *locked) == 0 && madvise (locked, sizeof *locked, MADV_DONTDUMP) == 0
      && fill_random (locked->secret, sizeof locked->secret))
    return locked;
  munmap (locked, sizeof *locked);
  return NULL;
}

/**
 * tbx_login_cache_new:
 * @watch: (transfer full) (nullable): tells of changes; %NULL: nothing is remembered
 * @clock: (scope forever): the time
 *
 * Without memory that can be locked, nothing is remembered either.
 * Source: docs/design.md, "Security".
 *
 * Returns: (transfer full): free with tbx_login_cache_free()
 */
TbxLoginCache *
tbx_login_cache_new (TbxAccountWatch *watch, TbxClock clock)
{
  TbxLoginCache *self = g_new0 (TbxLoginCache, 1);

  self->watch = watch;
  self->clock = clock;
  if (watch != NULL)
    self->locked = locked_new ();
  if (self->locked == NULL)
    g_warning ("No login is remembered: PAM verifies each request");
  return self;
}

void
tbx_login_cache_free (TbxLoginCache *self)
{
  if (self->locked != NULL)
    {
      cache_forget_all (self);
      explicit_bzero (self->locked, sizeof *self->locked);
      munmap (self->locked, sizeof *self->locked);
    }
  g_clear_pointer (&self->watch, tbx_account_watch_free);
  g_free (self);
}

/**
 * tbx_login_cache_hash:
 * @self: the cache
 * @credentials: a name and a password
 * @key: (out): what stands for both; to be wiped after use
 */
void
tbx_login_cache_hash (TbxLoginCache           *self,
                      const TbxVixCredentials *credentials,
                      TbxLoginKey             *key)
{
  g_autoptr(GHmac) hmac = NULL;
  gsize size = sizeof key->bytes;

  *key = (TbxLoginKey) { 0 };
  if (self->locked == NULL)
    return;
  hmac = g_hmac_new (G_CHECKSUM_SHA256, self->locked->secret, sizeof self->locked->secret);
  /* The NUL between them is what makes the pair unambiguous. */
  g_hmac_update (hmac, (const guint8 *) credentials->name, (gssize) strlen (credentials->name) + 1);
  g_hmac_update (hmac, (const guint8 *) credentials->password,
                 (gssize) strlen (credentials->password) + 1);
  g_hmac_get_digest (hmac, key->bytes, &size);
}

/* As long for keys that differ at once as for those that differ at the end. */
static gboolean
keys_are_equal (const TbxLoginKey *a, const TbxLoginKey *b)
{
  guint64 difference = 0;

  G_STATIC_ASSERT (sizeof a->bytes % sizeof difference == 0);
  for (gsize i = 0; i < sizeof a->bytes; i += sizeof difference)
    {
      guint64 x, y;

      memcpy (&x, a->bytes + i, sizeof x);
      memcpy (&y, b->bytes + i, sizeof y);
      difference |= x ^ y;
      __asm__ ("" : "+r" (difference));   /* the compiler must not leave early */
    }
  return difference == 0;
}

/**
 * tbx_login_cache_lookup:
 * @self: the cache
 * @key: of a name and a password
 *
 * Returns: (transfer full) (nullable): whom PAM said they belong to; %NULL when it must
 *   be asked
 */
TbxAccount *
tbx_login_cache_lookup (TbxLoginCache *self, const TbxLoginKey *key)
{
  TbxAccount *found = NULL;

  if (self->locked == NULL)
    return NULL;
  cache_expire (self);
  for (guint i = 0; i < MAX_ENTRIES; i++)
    {
      Entry *entry = &self->entries[i];

      if (keys_are_equal (&self->locked->keys[i], key) && entry->account != NULL)
        {
          entry->used_us = self->clock ();
          found = entry->account;
        }
    }
  return found == NULL ? NULL : tbx_account_ref (found);
}

/**
 * tbx_login_cache_begin:
 * @self: the cache
 *
 * To be called before PAM is asked.
 *
 * Returns: for tbx_login_cache_add(): what changes from here on, the answer may not know
 */
guint64
tbx_login_cache_begin (TbxLoginCache *self)
{
  if (self->locked != NULL)
    cache_expire (self);
  return self->generation;
}

static guint
cache_find_room (TbxLoginCache *self, const TbxLoginKey *key)
{
  guint oldest = 0;

  for (guint i = 0; i < MAX_ENTRIES; i++)
    if (self->entries[i].account != NULL && keys_are_equal (&self->locked->keys[i], key))
      return i;
  for (guint i = 0; i < MAX_ENTRIES; i++)
    {
      if (self->entries[i].account == NULL)
        return i;
      if (self->entries[i].used_us < self->entries[oldest].used_us)
        oldest = i;
    }
  return oldest;
}

/**
 * tbx_login_cache_add:
 * @self: the cache
 * @begun: what tbx_login_cache_begin() gave before PAM was asked
 * @key: of the name and the password
 * @name: as it was given
 * @account: whom PAM said they belong to
 *
 * Remembers it, unless the account files changed, or a login failed, since @begun.
 */
void
tbx_login_cache_add (TbxLoginCache     *self,
                     guint64            begun,
                     const TbxLoginKey *key,
                     const char        *name,
                     TbxAccount        *account)
{
  gint64 now_us = self->clock ();
  guint i;

  if (self->locked == NULL)
    return;
  cache_expire (self);
  if (self->generation != begun)
    return;
  i = cache_find_room (self, key);
  if (self->entries[i].account != NULL)
    entry_clear (self, i);
  self->locked->keys[i] = *key;
  self->entries[i] = (Entry) { tbx_account_ref (account), g_strdup (name), now_us, now_us };
}

/**
 * tbx_login_cache_forget:
 * @self: the cache
 * @name: of a user who failed to log in, as it was given
 *
 * Forgets all that was remembered of that user.
 */
void
tbx_login_cache_forget (TbxLoginCache *self, const char *name)
{
  if (self->locked == NULL)
    return;
  self->generation++;
  for (guint i = 0; i < MAX_ENTRIES; i++)
    {
      Entry *entry = &self->entries[i];

      if (entry->account != NULL
          && (strcmp (entry->name, name) == 0 || strcmp (entry->account->name, name) == 0))
        entry_clear (self, i);
    }
}

/**
 * tbx_login_cache_forget_all:
 * @self: the cache
 *
 * What is being verified meanwhile is not remembered either.
 */
void
tbx_login_cache_forget_all (TbxLoginCache *self)
{
  if (self->locked != NULL)
    cache_forget_all (self);
}
