/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-relay.h"
#include "tbx-log.h"
#include "tbx-vix-credentials.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-requests.h"
#include <string.h>

/* Answers in the daemon itself, for one opcode. */
typedef struct
{
  TbxRelayLocal handler;
  gpointer      user_data;
} Local;

/* Answers in some other place, for one opcode. */
typedef struct
{
  TbxRelayRemote handler;
  gpointer       user_data;
} Remote;

struct _TbxRelay
{
  GObject    parent_instance;
  TbxTclo   *tclo;     /* (owned) */
  TbxLogin  *login;    /* (owned) */
  TbxPolicy *policy;   /* (owned) */
  GHashTable *locals;  /* opcode -> Local (owned) */
  GHashTable *remotes; /* opcode -> Remote (owned): each comes before all else */
};

/* One request, from its frame to its answer. */
typedef struct _TbxRelayCall
{
  grefcount               ref_count;
  TbxRelay               *relay;     /* (owned) */
  TbxTcloRequest         *request;   /* of the host (owned) */
  const TbxVixOpcodeInfo *info;      /* NULL for an opcode that is not known */
  TbxVixMessage           message;   /* while its bytes are the channel's, or a copy is ours */
  guint8                 *body;      /* that copy, while a login is waited for (owned) */
  char                   *name;      /* likewise, of the request's name (owned) */
  gboolean                waiting;   /* for a login, or a remote: the body is needed yet */
  gboolean                answered;
  char                   *user;      /* as the request names it (owned), or NULL */
  TbxAccount             *account;   /* once verified (owned) */
  TbxWorker              *worker;    /* of the account, while a remote is asked (owned) */
  gint64                  start_us;   /* monotonic time */
} Job;

/* Of an opcode that only an override knows. */
static const TbxVixOpcodeInfo extension_info = { .name = "extension" };

G_DEFINE_FINAL_TYPE (TbxRelay, tbx_relay, G_TYPE_OBJECT)

enum { SIGNAL_OPERATION, SIGNAL_POLICY_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void job_fail (Job *job, guint32 code, int error_number);

static Job *
job_new (TbxRelay *relay, TbxTcloRequest *request)
{
  Job *job = g_new0 (Job, 1);

  g_ref_count_init (&job->ref_count);
  job->relay = g_object_ref (relay);
  job->request = tbx_tclo_request_ref (request);
  job->start_us = g_get_monotonic_time ();
  return job;
}

static Job *
job_ref (Job *job)
{
  g_ref_count_inc (&job->ref_count);
  return job;
}

static void
job_unref (Job *job)
{
  if (!g_ref_count_dec (&job->ref_count))
    return;
  if (!job->answered)
    job_fail (job, TBX_VIX_FAIL, 0);
  g_free (job->body);
  g_free (job->name);
  g_free (job->user);
  g_clear_pointer (&job->account, tbx_account_unref);
  g_clear_object (&job->worker);
  tbx_tclo_request_unref (job->request);
  g_object_unref (job->relay);
  g_free (job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_unref)

static gboolean
job_is_binary (const Job *job)
{
  return (job->message.common_flags & TBX_VIX_COMMON_RETURNS_BINARY) != 0;
}

static void
job_report (Job *job, guint32 code, int error_number)
{
  const TbxOperation operation = {
    .opcode = job->message.opcode,
    .name = job->info == NULL ? "unknown" : job->info->name,
    .method = job->info == NULL ? NULL : job->info->method,
    .user = job->account != NULL ? job->account->name : job->user,
    .uid = job->account != NULL ? (gint64) job->account->uid : -1,
    .code = code,
    .error_number = error_number,
    .duration_us = g_get_monotonic_time () - job->start_us,
  };

  g_signal_emit (job->relay, signals[SIGNAL_OPERATION], 0, &operation);
}

/* What some callers look for where the result would be.
 * Source: docs/wire/vix.md, "Reply". */
static const char *
placeholder (guint32 opcode)
{
  switch (opcode)
    {
    case TBX_VIX_RUN_PROGRAM:
    case TBX_VIX_RUN_SCRIPT:
    case TBX_VIX_START_PROGRAM:
      return "-1";
    case TBX_VIX_REGISTRY_KEY_EXISTS:
      return "0";
    default:
      return "";
    }
}

/* Every request ends here, once. */
static void
job_end (Job *job, guint32 code, int error_number, GBytes *reply)
{
  job->answered = TRUE;
  tbx_tclo_request_return_message (job->request, reply);
  job_report (job, code, error_number);
}

static void
job_fail (Job *job, guint32 code, int error_number)
{
  const char *payload = placeholder (job->message.opcode);
  g_autoptr(GBytes) reply = tbx_vix_reply_encode (code, error_number, job_is_binary (job), payload,
                                                  strlen (payload));

  job_end (job, code, error_number, reply);
}

static void
job_succeed (Job *job, GBytes *payload)
{
  gsize size = 0;
  gconstpointer data = payload == NULL ? NULL : g_bytes_get_data (payload, &size);
  g_autoptr(GBytes) reply = tbx_vix_reply_encode (TBX_VIX_OK, 0, job_is_binary (job), data, size);

  job_end (job, TBX_VIX_OK, 0, reply);
}

static void
job_answer_locally (Job *job, const Local *local)
{
  TbxVixCode code = TBX_VIX_OK;
  g_autoptr(GBytes) payload = local->handler (&job->message, job->account, &code, local->user_data);

  if (code == TBX_VIX_OK)
    job_succeed (job, payload);
  else
    job_fail (job, code, 0);
}

static void
on_replied (guint32 code, int error_number, GBytes *reply, gpointer user_data)
{
  g_autoptr(Job) job = user_data;

  if (code == TBX_VIX_OK)
    job_end (job, TBX_VIX_OK, 0, reply);
  else
    job_fail (job, code, error_number);
}

static void
job_hand_over (Job *job, TbxWorker *worker)
{
  const TbxVixMessage *message = &job->message;
  const TbxWorkerRequest request = {
    .opcode = message->opcode,
    .request_flags = message->request_flags,
    .body_size = message->body_size,
    .name_size = (guint16) MIN (message->name_size, TBX_WORKER_REQUEST_NAME_MAX_BYTES),
    .name = (const guint8 *) message->name,
  };

  tbx_worker_request (worker, &request, message->body, job_is_binary (job), on_replied,
                      job_ref (job));
}

/* The words for a refusal differ with the age of the opcode.
 * Source: docs/wire/vix.md, "Legacy error rewriting". */
static TbxVixCode
login_code (const Job *job, TbxVixCode code)
{
  if (code == TBX_VIX_INVALID_LOGIN_CREDENTIALS && (job->info->flags & TBX_VIX_OPCODE_LEGACY))
    return TBX_VIX_GUEST_USER_PERMISSIONS;
  return code;
}

/* What the daemon has for the opcode: an answer of its own, or the worker of the user,
 * who is NULL where no login is needed. */
static void
job_perform (Job *job, TbxWorker *worker)
{
  const Local *local = g_hash_table_lookup (job->relay->locals,
                                            GUINT_TO_POINTER (job->message.opcode));

  if ((job->info->flags & TBX_VIX_OPCODE_FIXED) && job->info->answer == TBX_VIX_OK)
    job_succeed (job, NULL);
  else if (job->info->flags & TBX_VIX_OPCODE_FIXED)
    job_fail (job, job->info->answer, 0);
  else if (local != NULL)
    job_answer_locally (job, local);
  else if (worker == NULL || job->info == &extension_info)
    job_fail (job, TBX_VIX_UNRECOGNIZED_COMMAND, 0);
  else
    job_hand_over (job, worker);
}

static const Remote *
job_find_remote (Job *job)
{
  return g_hash_table_lookup (job->relay->remotes, GUINT_TO_POINTER (job->message.opcode));
}

static void
on_login_done (TbxVixCode  code,
               int         error_number,
               TbxAccount *account,
               TbxWorker  *worker,
               gpointer    user_data)
{
  g_autoptr(Job) job = user_data;
  const Remote *remote = job_find_remote (job);

  job->waiting = FALSE;
  if (account != NULL)
    job->account = tbx_account_ref (account);
  if (code != TBX_VIX_OK)
    {
      job_fail (job, login_code (job, code), error_number);
      return;
    }
  if (remote == NULL)
    {
      job_perform (job, worker);
      return;
    }
  job->waiting = TRUE;
  job->worker = g_object_ref (worker);
  remote->handler (job, &job->message, job->account, remote->user_data);
}

static TbxVixCode
on_admit (TbxAccount *account, gpointer user_data)
{
  const Job *job = user_data;

  return tbx_policy_check_user (job->relay->policy, job->info, account->name, account->groups);
}

/* The handler returns before the login is done: from here on the bytes are our own. */
static void
job_keep_body (Job *job)
{
  job->body = g_memdup2 (job->message.body, job->message.body_size);
  job->message.body = job->body;
  job->name = g_memdup2 (job->message.name, job->message.name_size);
  job->message.name = job->name;
  job->message.credentials = NULL;
  job->message.credentials_size = 0;
  job->message.auth_data = NULL;
}

static void
job_log_in (Job *job)
{
  g_auto(TbxVixCredentials) credentials = { 0 };
  TbxVixCode code = tbx_vix_credentials_decode (job->message.credential_type,
                                                job->message.credentials,
                                                job->message.credentials_size, &credentials);

  if (code != TBX_VIX_OK)
    {
      job_fail (job, code, 0);
      return;
    }
  job->user = g_strdup (credentials.name);
  job->waiting = TRUE;
  tbx_login_verify (job->relay->login, &credentials, on_admit, on_login_done, job_ref (job));
}

/* What the policy goes by. */
static const TbxVixOpcodeInfo *
job_find_info (Job *job, gboolean overridden)
{
  const TbxVixMessage *message = &job->message;
  const TbxVixOpcodeInfo *info = tbx_vix_opcode_lookup (message->opcode);
  TbxVixRequest request;

  if (message->opcode == TBX_VIX_HGFS_PACKET
      && tbx_vix_request_decode (message->opcode, message->body, message->body_size, &request)
         == TBX_VIX_OK)
    return tbx_policy_opcode_of_packet (request.hgfs_packet.packet.data,
                                        request.hgfs_packet.packet.size);
  return info == NULL && overridden ? &extension_info : info;
}

/* Everything that can be said before a login. */
static void
job_start (Job *job)
{
  gboolean overridden = job_find_remote (job) != NULL;
  TbxVixCode code;

  job->info = job_find_info (job, overridden);
  code = tbx_policy_check (job->relay->policy, job->info);
  if (code == TBX_VIX_OK && job->info == NULL)
    code = TBX_VIX_UNRECOGNIZED_COMMAND;
  if (code != TBX_VIX_OK)
    job_fail (job, code, 0);
  else if (overridden || !(job->info->flags & TBX_VIX_OPCODE_NO_LOGIN))
    job_log_in (job);
  else
    job_perform (job, NULL);
}

static void
handle_command (TbxTcloRequest *request, gpointer user_data)
{
  g_autoptr(Job) job = job_new (user_data, request);
  const guint8 *credentials;
  gsize size, credentials_size;
  const guint8 *args = tbx_tclo_request_get_args (request, &size);
  TbxVixCode code = tbx_vix_message_decode (args, size, &job->message);

  if (code != TBX_VIX_OK)
    {
      job_fail (job, code, 0);
      return;
    }
  credentials = job->message.credentials;
  credentials_size = job->message.credentials_size;
  job_start (job);
  if (job->waiting)
    job_keep_body (job);
  /* The channel's own copy of the secret, which nobody looks at again. */
  if (credentials_size > 0)
    explicit_bzero ((gpointer) credentials, credentials_size);
}

/**
 * tbx_relay_set_policy:
 * @self: the relay
 * @policy: what passes from now on
 */
void
tbx_relay_set_policy (TbxRelay *self, TbxPolicy *policy)
{
  tbx_policy_ref (policy);
  tbx_policy_unref (self->policy);
  self->policy = policy;
  g_signal_emit (self, signals[SIGNAL_POLICY_CHANGED], 0);
}

/**
 * tbx_relay_get_policy:
 * @self: the relay
 *
 * Returns: (transfer none): what passes now
 */
TbxPolicy *
tbx_relay_get_policy (TbxRelay *self)
{
  return self->policy;
}

/**
 * tbx_relay_add_local:
 * @self: the relay
 * @opcode: of requests that the daemon answers itself
 * @handler: (scope forever): called with each, once policy and login agree
 * @user_data: passed to it
 */
void
tbx_relay_add_local (TbxRelay     *self,
                     guint32       opcode,
                     TbxRelayLocal handler,
                     gpointer      user_data)
{
  Local *local = g_new (Local, 1);

  *local = (Local) { handler, user_data };
  g_hash_table_replace (self->locals, GUINT_TO_POINTER (opcode), local);
}

/**
 * tbx_relay_override:
 * @self: the relay
 * @opcode: of requests, whether it is known or not
 * @handler: (nullable) (scope forever): called with each, once policy and login agree, in
 *   place of what the daemon does; %NULL: none any more
 * @user_data: passed to it
 */
void
tbx_relay_override (TbxRelay      *self,
                    guint32        opcode,
                    TbxRelayRemote handler,
                    gpointer       user_data)
{
  Remote *remote;

  if (handler == NULL)
    {
      g_hash_table_remove (self->remotes, GUINT_TO_POINTER (opcode));
      return;
    }
  remote = g_new (Remote, 1);
  *remote = (Remote) { handler, user_data };
  g_hash_table_replace (self->remotes, GUINT_TO_POINTER (opcode), remote);
}

/**
 * tbx_relay_call_ref:
 * @self: the request
 *
 * For a handler that answers later.
 *
 * Returns: (transfer full): @self
 */
TbxRelayCall *
tbx_relay_call_ref (TbxRelayCall *self)
{
  return job_ref (self);
}

void
tbx_relay_call_unref (TbxRelayCall *self)
{
  job_unref (self);
}

/**
 * tbx_relay_call_return:
 * @self: a request that was not answered yet
 * @code: a `TbxVixCode`
 * @error_number: an errno, or 0
 * @payload: (nullable): on success, at most `TBX_VIX_PAYLOAD_MAX_BYTES`
 */
void
tbx_relay_call_return (TbxRelayCall *self, guint32 code, int error_number, GBytes *payload)
{
  g_return_if_fail (!self->answered);
  if (code == TBX_VIX_OK)
    job_succeed (self, payload);
  else
    job_fail (self, code, error_number);
}

/**
 * tbx_relay_call_pass_on:
 * @self: a request that was not answered yet
 *
 * Has it answered as if there were no override.  A host whose channel closed meanwhile
 * asks again where it still wants it: nothing is done for it twice.
 */
void
tbx_relay_call_pass_on (TbxRelayCall *self)
{
  g_return_if_fail (!self->answered);
  if (tbx_tclo_request_is_open (self->request))
    job_perform (self, self->worker);
  else
    job_fail (self, TBX_VIX_FAIL, 0);
}

static void
tbx_relay_dispose (GObject *object)
{
  TbxRelay *self = TBX_RELAY (object);

  if (self->tclo != NULL)
    tbx_tclo_remove_command (self->tclo, TBX_VIX_COMMAND);
  g_clear_object (&self->tclo);
  g_clear_object (&self->login);
  G_OBJECT_CLASS (tbx_relay_parent_class)->dispose (object);
}

static void
tbx_relay_finalize (GObject *object)
{
  TbxRelay *self = TBX_RELAY (object);

  g_hash_table_unref (self->locals);
  g_hash_table_unref (self->remotes);
  tbx_policy_unref (self->policy);
  G_OBJECT_CLASS (tbx_relay_parent_class)->finalize (object);
}

static void
tbx_relay_class_init (TbxRelayClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_relay_dispose;
  object_class->finalize = tbx_relay_finalize;

  /**
   * TbxRelay::operation:
   * @self: the relay
   * @operation: (type gpointer): a `const TbxOperation *`
   *
   * A request was answered.  Emitted once for each, whatever became of it.
   */
  signals[SIGNAL_OPERATION] = g_signal_new ("operation", TBX_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);

  /**
   * TbxRelay::policy-changed:
   * @self: the relay
   *
   * What passes is another policy's affair now.
   */
  signals[SIGNAL_POLICY_CHANGED] = g_signal_new ("policy-changed", TBX_TYPE_RELAY,
                                                 G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                 G_TYPE_NONE, 0);
}

static void
tbx_relay_init (TbxRelay *self)
{
  self->policy = tbx_policy_new ();
  self->locals = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->remotes = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

/**
 * tbx_relay_new:
 * @tclo: the host's requests; one relay only may be there
 * @login: says who is who
 *
 * Source: docs/wire/vix.md, "TCLO framing".
 *
 * Returns: (transfer full): a relay that lets pass what every policy does
 */
TbxRelay *
tbx_relay_new (TbxTclo *tclo, TbxLogin *login)
{
  TbxRelay *self = g_object_new (TBX_TYPE_RELAY, NULL);

  self->tclo = g_object_ref (tclo);
  self->login = g_object_ref (login);
  tbx_tclo_add_command (tclo, TBX_VIX_COMMAND, handle_command, self);
  return self;
}
