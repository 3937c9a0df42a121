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
  TbxAuthenticator    authenticator;        /* asked besides PAM, or NULL */
  gpointer            authenticator_data;
  TbxAuthenticatorUse authenticator_use;
};

G_DEFINE_FINAL_TYPE (TbxLogin, tbx_login, G_TYPE_OBJECT)

enum { PROP_0, PROP_AUTHENTICATOR_USE, N_PROPS };
static GParamSpec *props[N_PROPS];

static const char *const use_words[] = {
  [TBX_AUTHENTICATOR_BEFORE] = "before",
  [TBX_AUTHENTICATOR_INSTEAD] = "instead",
  [TBX_AUTHENTICATOR_NEVER] = "never",
};
G_STATIC_ASSERT (G_N_ELEMENTS (use_words) == TBX_N_AUTHENTICATOR_USES);

/* One name and password that PAM, or an authenticator, is asked about. */
typedef struct
{
  TbxLogin    *login;       /* (owned) */
  char        *name;        /* as it was given (owned) */
  char        *password;    /* while an authenticator is asked, for PAM after it (owned) */
  gboolean     strict;      /* PAM is not asked after it */
  TbxLoginKey  key;         /* of both */
  guint64      begun;       /* of the cache */
  TbxAdmit     admit;
  TbxLoginDone done;
  gpointer     user_data;
} Attempt;

static void
attempt_forget_password (Attempt *attempt)
{
  if (attempt->password != NULL)
    explicit_bzero (attempt->password, strlen (attempt->password));
  g_clear_pointer (&attempt->password, g_free);
}

static void
attempt_free (Attempt *attempt)
{
  attempt_forget_password (attempt);
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

static void
attempt_ask_pam (Attempt *attempt, TbxWorkerProof proof, const char *password)
{
  tbx_worker_pool_login (attempt->login->pool, attempt->name, proof, password, on_admit,
                         on_pool_done, attempt);
}

static void
on_authenticated (TbxAuthenticatorVerdict verdict, gpointer user_data)
{
  Attempt *attempt = user_data;

  if (verdict == TBX_AUTHENTICATOR_YES)
    {
      attempt_forget_password (attempt);
      attempt_ask_pam (attempt, TBX_WORKER_PROOF_VOUCHED, NULL);
    }
  else if (verdict == TBX_AUTHENTICATOR_NO || attempt->strict)
    {
      g_autofree char *shown = g_strescape (attempt->name, NULL);

      g_message ("Login of \"%s\" refused: %s", shown,
                 verdict == TBX_AUTHENTICATOR_NO ? "an authenticator says no"
                                                 : "no authenticator knows it");
      attempt_forget_password (attempt);
      attempt_refuse (attempt);
    }
  else
    {
      g_autofree char *password = g_steal_pointer (&attempt->password);

      attempt_ask_pam (attempt, TBX_WORKER_PROOF_PASSWORD, password);
      explicit_bzero (password, strlen (password));
    }
}

/* Asks whoever is to be asked first. */
static void
attempt_begin (Attempt *attempt, const char *password)
{
  TbxLogin *self = attempt->login;

  if (self->authenticator_use == TBX_AUTHENTICATOR_NEVER)
    {
      attempt_ask_pam (attempt, TBX_WORKER_PROOF_PASSWORD, password);
      return;
    }
  attempt->strict = self->authenticator_use == TBX_AUTHENTICATOR_INSTEAD;
  attempt->password = g_strdup (password);
  if (self->authenticator != NULL)
    self->authenticator (attempt->name, attempt->password, on_authenticated, attempt,
                         self->authenticator_data);
  else
    on_authenticated (TBX_AUTHENTICATOR_UNKNOWN, attempt);
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
    .login = g_object_ref (self),
    .name = g_strdup (credentials->name),
    .key = key,
    .begun = tbx_login_cache_begin (self->cache),
    .admit = admit,
    .done = done,
    .user_data = user_data,
  };
  explicit_bzero (&key, sizeof key);
  if (strlen (credentials->password) > TBX_WORKER_PASSWORD_MAX_BYTES)
    {
      const TbxLoginVerdict verdict = { TBX_VIX_INVALID_LOGIN_CREDENTIALS, 0,
                                        TBX_WORKER_STEP_START, 0 };

      on_pool_done (&verdict, NULL, NULL, attempt);
      return;
    }
  attempt_begin (attempt, credentials->password);
}

/**
 * tbx_login_set_authenticator:
 * @self: the object
 * @authenticator: (nullable) (scope forever): who is asked besides PAM; %NULL: nobody
 * @user_data: passed to it
 */
void
tbx_login_set_authenticator (TbxLogin *self, TbxAuthenticator authenticator, gpointer user_data)
{
  self->authenticator = authenticator;
  self->authenticator_data = user_data;
}

/**
 * tbx_login_set_authenticator_use:
 * @self: the object
 * @use: when it is asked
 *
 * Whoever was verified another way is verified again.
 */
void
tbx_login_set_authenticator_use (TbxLogin *self, TbxAuthenticatorUse use)
{
  if (self->authenticator_use == use)
    return;
  self->authenticator_use = use;
  tbx_login_forget_all (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_AUTHENTICATOR_USE]);
}

/**
 * tbx_login_forget_all:
 * @self: the object
 *
 * Forgets whom it verified: who said so may say otherwise now.
 */
void
tbx_login_forget_all (TbxLogin *self)
{
  tbx_login_cache_forget_all (self->cache);
}

static void
tbx_login_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_AUTHENTICATOR_USE)
    g_value_set_string (value, use_words[TBX_LOGIN (object)->authenticator_use]);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
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
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tbx_login_finalize;
  object_class->get_property = tbx_login_get_property;

  props[PROP_AUTHENTICATOR_USE] =
    g_param_spec_string ("authenticator-use", NULL, NULL, "before",
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
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
