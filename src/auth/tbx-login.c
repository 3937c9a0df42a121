/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-login.h"
#include "tbx-refusals.h"
#include <string.h>

struct _TbxLogin
{
  GObject        parent_instance;
  TbxWorkerPool *pool;       /* (owned) */
  TbxLoginCache *cache;      /* (owned) */
  TbxRefusals   *refusals;   /* (owned) */
};

G_DEFINE_FINAL_TYPE (TbxLogin, tbx_login, G_TYPE_OBJECT)

/* One name and password that PAM is asked about. */
typedef struct
{
  TbxLogin    *login;       /* (owned) */
  char        *name;        /* as it was given (owned) */
  TbxLoginKey  key;         /* of both */
  guint64      begun;       /* of the cache */
  TbxAdmit     admit;
  TbxLoginDone done;
  gpointer     user_data;
} Attempt;

static void
attempt_free (Attempt *attempt)
{
  explicit_bzero (&attempt->key, sizeof attempt->key);
  g_object_unref (attempt->login);
  g_free (attempt->name);
  g_free (attempt);
}

static gboolean
on_refusal_due (gpointer user_data)
{
  Attempt *attempt = user_data;

  attempt->done (TBX_VIX_INVALID_LOGIN_CREDENTIALS, 0, NULL, NULL, attempt->user_data);
  attempt_free (attempt);
  return G_SOURCE_REMOVE;
}

/* Who guesses waits longer each time. */
static void
attempt_refuse (Attempt *attempt)
{
  TbxLogin *self = attempt->login;
  guint id = g_timeout_add (tbx_refusals_next (self->refusals, attempt->name), on_refusal_due,
                            attempt);

  g_source_set_name_by_id (id, "tbx-login-refusal");
  tbx_login_cache_forget (self->cache, attempt->name);
}

static void
log_failure (const char *name, const TbxLoginVerdict *verdict)
{
  g_autofree char *shown = g_strescape (name, NULL);

  if (verdict->code == TBX_VIX_INVALID_LOGIN_CREDENTIALS)
    g_message ("Login of \"%s\" refused at %s (PAM %d)", shown,
               tbx_worker_step_get_name (verdict->step), verdict->pam_code);
  else
    g_warning ("Login of \"%s\" failed at %s (PAM %d, errno %d)", shown,
               tbx_worker_step_get_name (verdict->step), verdict->pam_code,
               verdict->error_number);
}

static TbxVixCode
on_admit (TbxAccount *account, gpointer user_data)
{
  const Attempt *attempt = user_data;

  return attempt->admit == NULL ? TBX_VIX_OK : attempt->admit (account, attempt->user_data);
}

static void
on_pool_done (const TbxLoginVerdict *verdict,
              TbxAccount            *account,
              TbxWorker             *worker,
              gpointer               user_data)
{
  Attempt *attempt = user_data;
  TbxLogin *self = attempt->login;

  if (account == NULL)
    log_failure (attempt->name, verdict);
  if (account == NULL && verdict->code == TBX_VIX_INVALID_LOGIN_CREDENTIALS)
    {
      attempt_refuse (attempt);
      return;
    }
  if (account != NULL)
    {
      /* The password was right, whatever the policy says. */
      tbx_refusals_reset (self->refusals, attempt->name);
      tbx_login_cache_add (self->cache, attempt->begun, &attempt->key, attempt->name, account);
    }
  attempt->done (verdict->code, verdict->error_number, account, worker, attempt->user_data);
  attempt_free (attempt);
}

static gboolean
login_from_cache (TbxLogin          *self,
                  const TbxLoginKey *key,
                  TbxAdmit           admit,
                  TbxLoginDone       done,
                  gpointer           user_data)
{
  g_autoptr(TbxAccount) account = tbx_login_cache_lookup (self->cache, key);
  TbxVixCode code;
  TbxWorker *worker;

  if (account == NULL)
    return FALSE;
  code = admit == NULL ? TBX_VIX_OK : admit (account, user_data);
  if (code != TBX_VIX_OK)
    {
      done (code, 0, account, NULL, user_data);
      return TRUE;
    }
  /* Only PAM opens a session, so a worker that is gone needs the password again. */
  worker = tbx_worker_pool_find (self->pool, account);
  if (worker == NULL)
    return FALSE;
  done (TBX_VIX_OK, 0, account, worker, user_data);
  return TRUE;
}

/**
 * tbx_login_verify:
 * @self: the object
 * @credentials: a name and a password; not kept
 * @admit: (nullable) (scope async): asked about the account once it is verified, before
 *   its session is opened
 * @done: (scope async): told once, maybe before this returns; its account is set whenever
 *   the password was right
 * @user_data: passed to both
 *
 * Errors: `TBX_VIX_INVALID_LOGIN_CREDENTIALS` when PAM says no; `TBX_VIX_FAIL` when PAM,
 * or the worker, fails; `TBX_VIX_FILE_ERROR` with ETIMEDOUT when it takes too long; what
 * @admit says.
 * Source: docs/design.md, "Security".
 */
void
tbx_login_verify (TbxLogin                *self,
                  const TbxVixCredentials *credentials,
                  TbxAdmit                 admit,
                  TbxLoginDone             done,
                  gpointer                 user_data)
{
  Attempt *attempt;
  TbxLoginKey key;

  tbx_login_cache_hash (self->cache, credentials, &key);
  if (login_from_cache (self, &key, admit, done, user_data))
    {
      explicit_bzero (&key, sizeof key);
      return;
    }
  attempt = g_new (Attempt, 1);
  *attempt = (Attempt) {
    g_object_ref (self), g_strdup (credentials->name), key,
    tbx_login_cache_begin (self->cache), admit, done, user_data,
  };
  explicit_bzero (&key, sizeof key);
  if (strlen (credentials->password) > TBX_WORKER_PASSWORD_MAX_BYTES)
    {
      const TbxLoginVerdict verdict = { TBX_VIX_INVALID_LOGIN_CREDENTIALS, 0,
                                        TBX_WORKER_STEP_START, 0 };

      on_pool_done (&verdict, NULL, NULL, attempt);
      return;
    }
  tbx_worker_pool_login (self->pool, credentials->name, credentials->password, on_admit,
                         on_pool_done, attempt);
}

static void
tbx_login_finalize (GObject *object)
{
  TbxLogin *self = TBX_LOGIN (object);

  tbx_refusals_free (self->refusals);
  tbx_login_cache_free (self->cache);
  g_object_unref (self->pool);
  G_OBJECT_CLASS (tbx_login_parent_class)->finalize (object);
}

static void
tbx_login_class_init (TbxLoginClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_login_finalize;
}

static void
tbx_login_init (TbxLogin *self)
{
  self->refusals = tbx_refusals_new (g_get_monotonic_time);
}

/**
 * tbx_login_new:
 * @pool: has the workers that PAM runs in
 * @cache: (transfer full): remembers what PAM said
 *
 * Returns: (transfer full): the object
 */
TbxLogin *
tbx_login_new (TbxWorkerPool *pool, TbxLoginCache *cache)
{
  TbxLogin *self = g_object_new (TBX_TYPE_LOGIN, NULL);

  self->pool = g_object_ref (pool);
  self->cache = cache;
  return self;
}
