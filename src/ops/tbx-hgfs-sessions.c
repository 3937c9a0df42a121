/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-sessions.h"
#include "tbx-hgfs-packet.h"
#include <sys/random.h>

#define LOG_PERIOD_US (60 * G_USEC_PER_SEC)

typedef struct
{
  guint64 id;
  gint64  used_us;    /* when its last packet came, or was answered */
  gint64  logged_us;  /* when a malformed one was logged last, or 0 */
} Session;

struct _TbxHgfsSessions
{
  GHashTable        *all;         /* id (guint64, in the session) -> Session (owned) */
  TbxHgfsHandles    *handles;     /* what they have open (not owned) */
  TbxHgfsSessionIdle idle;
  gpointer           user_data;
  guint              idle_id;     /* source that looks for those that nobody uses, or 0 */
  gint64             idle_us;     /* how long one may be without use */
  TbxHgfsClock       clock;       /* monotonic time, microseconds */
  gint64             logged_us;   /* as in a session, for packets of none */
};

/**
 * tbx_hgfs_sessions_new:
 * @handles: what they will have open; outlives the object
 * @idle: (scope forever): told of each that is to end
 * @user_data: passed to it
 *
 * Returns: (transfer full): none; free with tbx_hgfs_sessions_free()
 */
TbxHgfsSessions *
tbx_hgfs_sessions_new (TbxHgfsHandles *handles, TbxHgfsSessionIdle idle, gpointer user_data)
{
  TbxHgfsSessions *self = g_new0 (TbxHgfsSessions, 1);

  self->all = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->handles = handles;
  self->idle = idle;
  self->user_data = user_data;
  self->idle_us = TBX_HGFS_IDLE_S * G_USEC_PER_SEC;
  self->clock = g_get_monotonic_time;
  return self;
}

void
tbx_hgfs_sessions_free (TbxHgfsSessions *self)
{
  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_hash_table_unref (self->all);
  g_free (self);
}

/* For tests: @clock gives monotonic time in microseconds; there is no session yet. */
void
tbx_hgfs_sessions_set_clock (TbxHgfsSessions *self, TbxHgfsClock clock)
{
  self->clock = clock;
}

guint
tbx_hgfs_sessions_count (TbxHgfsSessions *self)
{
  return g_hash_table_size (self->all);
}

/* Work on one of its files that gets on is use. */
static gint64
sessions_get_used_us (TbxHgfsSessions *self, const Session *session)
{
  return MAX (session->used_us, tbx_hgfs_handles_got_on (self->handles, session->id));
}

static gboolean on_idle (gpointer user_data);

/* Sets the alarm for the session that will have been idle for the longest. */
static void
sessions_set_alarm (TbxHgfsSessions *self)
{
  gint64 now_us = self->clock (), first_us = G_MAXINT64;
  GHashTableIter iter;
  gpointer value;

  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    first_us = MIN (first_us, sessions_get_used_us (self, value));
  if (first_us == G_MAXINT64)
    return;
  first_us += self->idle_us - now_us;
  self->idle_id = g_timeout_add_seconds ((guint) (MAX (first_us, 0) / G_USEC_PER_SEC) + 1, on_idle,
                                         self);
}

/**
 * tbx_hgfs_sessions_expire:
 * @self: the sessions
 *
 * Ends those that nobody used for too long.
 */
void
tbx_hgfs_sessions_expire (TbxHgfsSessions *self)
{
  gint64 limit_us = self->clock () - self->idle_us;
  g_autoptr(GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (sessions_get_used_us (self, value) <= limit_us)
      g_array_append_val (ended, ((Session *) value)->id);
  for (guint i = 0; i < ended->len; i++)
    self->idle (g_array_index (ended, guint64, i), self->user_data);
}

static gboolean
on_idle (gpointer user_data)
{
  TbxHgfsSessions *self = user_data;

  self->idle_id = 0;
  tbx_hgfs_sessions_expire (self);
  sessions_set_alarm (self);
  return G_SOURCE_REMOVE;
}

/**
 * tbx_hgfs_sessions_set_idle:
 * @self: the sessions
 * @seconds: after which a session that nobody uses ends
 */
void
tbx_hgfs_sessions_set_idle (TbxHgfsSessions *self, guint seconds)
{
  self->idle_us = seconds * G_USEC_PER_SEC;
  sessions_set_alarm (self);
}

static void
sessions_add (TbxHgfsSessions *self, guint64 id)
{
  Session *session = g_new (Session, 1);

  *session = (Session) { id, self->clock (), 0 };
  g_hash_table_insert (self->all, &session->id, session);
  if (self->idle_id == 0)
    sessions_set_alarm (self);
}

/**
 * tbx_hgfs_sessions_create:
 * @self: the sessions, fewer than `TBX_HGFS_MAX_SESSIONS`
 * @id: (out): a new one, that nobody can guess
 *
 * Returns: %FALSE where the kernel has no random bits
 */
gboolean
tbx_hgfs_sessions_create (TbxHgfsSessions *self, guint64 *id)
{
  do
    if (getrandom (id, sizeof *id, 0) != sizeof *id)
      return FALSE;
  while (*id == TBX_HGFS_LEGACY_SESSION || *id == TBX_HGFS_NO_SESSION
         || tbx_hgfs_sessions_has (self, *id));
  sessions_add (self, *id);
  return TRUE;
}

gboolean
tbx_hgfs_sessions_has (TbxHgfsSessions *self, guint64 id)
{
  return g_hash_table_contains (self->all, &id);
}

/* A packet came; that of hosts that know no session begins with it. */
void
tbx_hgfs_sessions_use (TbxHgfsSessions *self, guint64 id)
{
  if (tbx_hgfs_sessions_has (self, id))
    tbx_hgfs_sessions_used (self, id);
  else
    sessions_add (self, id);
}

/* A packet was answered, if its session is there yet. */
void
tbx_hgfs_sessions_used (TbxHgfsSessions *self, guint64 id)
{
  Session *session = g_hash_table_lookup (self->all, &id);

  if (session != NULL)
    session->used_us = self->clock ();
}

void
tbx_hgfs_sessions_remove (TbxHgfsSessions *self, guint64 id)
{
  g_hash_table_remove (self->all, &id);
}

/**
 * tbx_hgfs_sessions_may_log:
 * @self: the sessions
 * @id: of one, or not
 *
 * A host that tries one form of an operation after the other is no reason for more than
 * a line a minute.
 *
 * Returns: whether a malformed packet may be logged now
 */
gboolean
tbx_hgfs_sessions_may_log (TbxHgfsSessions *self, guint64 id)
{
  Session *session = g_hash_table_lookup (self->all, &id);
  gint64 *logged_us = session != NULL ? &session->logged_us : &self->logged_us;
  gint64 now_us = self->clock ();

  if (*logged_us != 0 && now_us - *logged_us < LOG_PERIOD_US)
    return FALSE;
  *logged_us = now_us;
  return TRUE;
}
