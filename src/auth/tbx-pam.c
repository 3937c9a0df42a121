/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-pam.h"
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

struct _TbxPam
{
  pam_handle_t *handle;     /* (owned) */
  char         *name;       /* what prompts for a name are answered with (owned) */
  const char   *password;   /* what prompts for a secret are answered with; NULL when
                             * there is none any more (not owned) */
  int           code;       /* of the last call */
  gboolean      has_credentials;
  gboolean      has_session;
};

/* Wipes and frees what was prepared of the answers. */
static void
responses_free (struct pam_response *responses, int n)
{
  for (int i = 0; i < n; i++)
    if (responses[i].resp != NULL)
      {
        explicit_bzero (responses[i].resp, strlen (responses[i].resp));
        free (responses[i].resp);
      }
  free (responses);
}

/* Gives FALSE for a prompt that has no answer. */
static gboolean
answer (TbxPam *self, const struct pam_message *message, struct pam_response *response)
{
  const char *text;

  switch (message->msg_style)
    {
    case PAM_PROMPT_ECHO_OFF:
      text = self->password;
      break;
    case PAM_PROMPT_ECHO_ON:
      text = self->name;
      break;
    case PAM_ERROR_MSG:
    case PAM_TEXT_INFO:
      return TRUE;   /* for people; nobody is there to read it */
    default:
      return FALSE;
    }
  if (text == NULL || strlen (text) >= PAM_MAX_RESP_SIZE)
    return FALSE;
  response->resp = strdup (text);   /* malloc, for PAM frees it */
  return response->resp != NULL;
}

static int
on_conversation (int                        n,
                 const struct pam_message **messages,
                 struct pam_response      **responses,
                 void                      *data)
{
  TbxPam *self = data;
  struct pam_response *given;

  if (n <= 0 || n > PAM_MAX_NUM_MSG)
    return PAM_CONV_ERR;
  given = calloc ((size_t) n, sizeof *given);
  if (given == NULL)
    return PAM_BUF_ERR;
  for (int i = 0; i < n; i++)
    if (!answer (self, messages[i], &given[i]))
      {
        responses_free (given, n);
        return PAM_CONV_ERR;
      }
  *responses = given;
  return PAM_SUCCESS;
}

/* The daemon holds refusals back itself, and nobody else meanwhile. */
static void
on_fail_delay (int code, unsigned delay_us, void *data)
{
}

/* Gives whether @code is a yes; of a no, whether it is PAM's word or its failure.
 * Source: docs/wire/vix.md, "Credentials". */
static gboolean
settle (TbxPam *self, TbxWorkerStep step, int code, TbxPamOutcome *outcome)
{
  self->code = code;
  *outcome = (TbxPamOutcome) { TBX_WORKER_VERDICT_DENIED, step, code };
  switch (code)
    {
    case PAM_SUCCESS:
      outcome->verdict = TBX_WORKER_VERDICT_OK;
      return TRUE;
    case PAM_OPEN_ERR:
    case PAM_SYMBOL_ERR:
    case PAM_SERVICE_ERR:
    case PAM_SYSTEM_ERR:
    case PAM_BUF_ERR:
    case PAM_CONV_ERR:
    case PAM_CONV_AGAIN:
    case PAM_ABORT:
    case PAM_BAD_ITEM:
    case PAM_INCOMPLETE:
      outcome->verdict = TBX_WORKER_VERDICT_FAILED;
      return FALSE;
    default:
      return FALSE;
    }
}

/**
 * tbx_pam_new:
 * @directory: (nullable): where the service's file is; the system's when %NULL
 * @name: of the user, as it was given
 * @outcome: (out): how it ended
 *
 * Returns: (transfer full) (nullable): end with tbx_pam_close()
 */
TbxPam *
tbx_pam_new (const char *directory, const char *name, TbxPamOutcome *outcome)
{
  TbxPam *self = g_new0 (TbxPam, 1);
  const struct pam_conv conversation = { on_conversation, self };
  int code;

  self->name = g_strdup (name);
  code = directory == NULL
           ? pam_start (TBX_PAM_SERVICE, name, &conversation, &self->handle)
           : pam_start_confdir (TBX_PAM_SERVICE, name, &conversation, directory, &self->handle);
  if (code == PAM_SUCCESS)
    code = pam_set_item (self->handle, PAM_FAIL_DELAY, (const void *) on_fail_delay);
  if (settle (self, TBX_WORKER_STEP_START, code, outcome))
    return self;
  tbx_pam_close (self);
  return NULL;
}

/**
 * tbx_pam_verify:
 * @self: a new transaction
 * @password: (nullable): what its prompts are answered with; not used after this; %NULL:
 *   somebody else answers for the user
 * @outcome: (out): how it ended
 *
 * Returns: whether the password is right, if there is to be one, and the account may be used
 */
gboolean
tbx_pam_verify (TbxPam *self, const char *password, TbxPamOutcome *outcome)
{
  gboolean good;

  self->password = password;
  good = (password == NULL
          || settle (self, TBX_WORKER_STEP_AUTHENTICATE,
                     pam_authenticate (self->handle, PAM_SILENT), outcome))
         && settle (self, TBX_WORKER_STEP_ACCT_MGMT, pam_acct_mgmt (self->handle, PAM_SILENT),
                    outcome);
  self->password = NULL;
  return good;
}

/**
 * tbx_pam_open:
 * @self: a transaction that was verified; the user's groups are set
 * @outcome: (out): how it ended
 *
 * Returns: whether the user's session is open
 */
gboolean
tbx_pam_open (TbxPam *self, TbxPamOutcome *outcome)
{
  self->has_credentials = settle (self, TBX_WORKER_STEP_SETCRED,
                                  pam_setcred (self->handle, PAM_ESTABLISH_CRED | PAM_SILENT),
                                  outcome);
  if (!self->has_credentials)
    return FALSE;
  self->has_session = settle (self, TBX_WORKER_STEP_OPEN_SESSION,
                              pam_open_session (self->handle, PAM_SILENT), outcome);
  return self->has_session;
}

/**
 * tbx_pam_get_user:
 * @self: a transaction that was verified
 *
 * Returns: (transfer none) (nullable): the user, whom a module may have renamed
 */
const char *
tbx_pam_get_user (TbxPam *self)
{
  const void *user = NULL;

  return pam_get_item (self->handle, PAM_USER, &user) == PAM_SUCCESS ? user : NULL;
}

/**
 * tbx_pam_dup_environment:
 * @self: an open session
 *
 * Returns: (transfer full) (array zero-terminated=1): NAME=VALUE each
 */
char **
tbx_pam_dup_environment (TbxPam *self)
{
  char **list = pam_getenvlist (self->handle);
  char **copy = list == NULL ? g_new0 (char *, 1) : g_strdupv (list);

  for (char **each = list; each != NULL && *each != NULL; each++)
    free (*each);
  free (list);
  return copy;
}

/**
 * tbx_pam_close:
 * @self: (transfer full): the transaction
 *
 * Ends the session, where one is open, and the transaction.
 */
void
tbx_pam_close (TbxPam *self)
{
  if (self->has_session)
    self->code = pam_close_session (self->handle, PAM_SILENT);
  if (self->has_credentials)
    self->code = pam_setcred (self->handle, PAM_DELETE_CRED | PAM_SILENT);
  if (self->handle != NULL)
    pam_end (self->handle, self->code);
  g_free (self->name);
  g_free (self);
}
