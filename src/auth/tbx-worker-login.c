/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-private.h"

/* How a worker comes to serve: verified and opened, or taken over. */

void
tbx_worker_end_login (TbxWorker *self, const TbxLoginVerdict *verdict)
{
  TbxWorkerLoginDone done = g_steal_pointer (&self->login_done);

  if (done != NULL)
    done (self, verdict, self->login_data);
}

static TbxLoginVerdict
verdict_of (TbxWorkerVerdict verdict, TbxWorkerStep step, int pam_code)
{
  TbxVixCode code = TBX_VIX_FAIL;

  if (verdict == TBX_WORKER_VERDICT_OK)
    code = TBX_VIX_OK;
  else if (verdict == TBX_WORKER_VERDICT_DENIED)
    code = TBX_VIX_INVALID_LOGIN_CREDENTIALS;
  return (TbxLoginVerdict) { code, 0, step, pam_code };
}

/**
 * tbx_worker_login:
 * @self: a new worker
 * @own: without PAM, for the worker's own user only
 * @name: as it was given
 * @proof: what stands for a password
 * @password: (nullable): not kept; %NULL where @proof is another
 * @done: (scope async): told once, later
 * @user_data: passed to it
 *
 * Asks it to verify a user.  After a yes it waits for tbx_worker_open() or
 * tbx_worker_quit(); after a no it ends.
 */
void
tbx_worker_login (TbxWorker         *self,
                  gboolean           own,
                  const char        *name,
                  TbxWorkerProof     proof,
                  const char        *password,
                  TbxWorkerLoginDone done,
                  gpointer           user_data)
{
  const TbxWorkerMessage message = {
    .type = TBX_WORKER_LOGIN,
    .login = { own, name, password == NULL ? "" : password, proof },
  };

  g_return_if_fail (self->stage == TBX_WORKER_STARTING && self->login_done == NULL);
  self->login_done = done;
  self->login_data = user_data;
  self->stage = TBX_WORKER_VERIFYING;
  tbx_worker_wait_until (self, tbx_worker_from_now (self->deadlines.login_ms));
  tbx_worker_say (self, &message, -1);
}

void
tbx_worker_take_login_result (TbxWorker *self, const TbxWorkerLoginResult *result)
{
  TbxLoginVerdict verdict = verdict_of (result->verdict, result->step, result->pam_code);

  if (self->stage != TBX_WORKER_VERIFYING)
    {
      tbx_worker_misbehaved (self, "it verified whom it was not asked");
      return;
    }
  if (verdict.code != TBX_VIX_OK)
    {
      tbx_worker_gone (self, &verdict);
      return;
    }
  self->account = tbx_account_new (result);
  self->stage = TBX_WORKER_VERIFIED;
  tbx_worker_end_login (self, &verdict);
}

static void
worker_give_buffer (TbxWorker *self, TbxWorkerMessageType type)
{
  const TbxWorkerMessage message = { .type = type, .gated = self->gated };
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxWorkerBuffer) buffer = tbx_worker_buffer_new (&error);

  if (buffer == NULL)
    {
      tbx_worker_misbehaved (self, error->message);
      return;
    }
  self->requests = tbx_request_queue_new (buffer);
  tbx_worker_say (self, &message, tbx_worker_buffer_get_fd (buffer));
  if (self->stage != TBX_WORKER_GONE)
    tbx_worker_say_settings (self);
  if (self->stage != TBX_WORKER_GONE && self->names.list_size > 0)
    tbx_worker_say_names (self);
}

/**
 * tbx_worker_open:
 * @self: a worker that verified its user
 * @done: (scope async): told once, later
 * @user_data: passed to it
 *
 * Has it open the session and become the user.  The time for a login goes on.  After a
 * yes tbx_worker_get_account() has the groups that the session really has: PAM may have
 * given it more than the name service knows.
 */
void
tbx_worker_open (TbxWorker *self, TbxWorkerLoginDone done, gpointer user_data)
{
  g_return_if_fail (self->stage == TBX_WORKER_VERIFIED && self->login_done == NULL);
  self->login_done = done;
  self->login_data = user_data;
  self->stage = TBX_WORKER_OPENING;
  worker_give_buffer (self, TBX_WORKER_CONTINUE);
}

/* Comes from root's half, before there is another. */
void
tbx_worker_take_opened (TbxWorker *self, const TbxWorkerLoginResult *account)
{
  TbxLoginVerdict verdict = verdict_of (account->verdict, account->step, account->pam_code);

  if (self->stage != TBX_WORKER_OPENING || self->opened)
    {
      tbx_worker_misbehaved (self, "it opened what it was not asked");
      return;
    }
  if (verdict.code != TBX_VIX_OK)
    {
      tbx_worker_gone (self, &verdict);
      return;
    }
  self->opened = TRUE;
  tbx_account_unref (self->account);
  self->account = tbx_account_new (account);
}

void
tbx_worker_take_ready (TbxWorker *self, const TbxWorkerReady *ready)
{
  TbxLoginVerdict verdict = verdict_of (ready->verdict, ready->step, ready->pam_code);

  if (self->stage != TBX_WORKER_OPENING)
    {
      tbx_worker_misbehaved (self, "it is ready for the second time");
      return;
    }
  if (verdict.code != TBX_VIX_OK)
    {
      tbx_worker_gone (self, &verdict);
      return;
    }
  if (!self->opened)
    {
      tbx_worker_misbehaved (self, "it is ready, and nobody knows for whom");
      return;
    }
  tbx_worker_wait_until (self, -1);
  self->idle_us = g_get_monotonic_time ();
  tbx_worker_set_stage (self, TBX_WORKER_SERVING);
  tbx_worker_end_login (self, &verdict);
}

/**
 * tbx_worker_attach:
 * @self: a new proxy of a worker that served a daemon before us
 *
 * Takes it over.  What it holds, it tells soon.  What it answered to that other daemon, and
 * nobody read, is not heard: it ends with the HELLO that answers us.
 */
void
tbx_worker_attach (TbxWorker *self)
{
  g_return_if_fail (self->stage == TBX_WORKER_STARTING);
  self->stage = TBX_WORKER_SERVING;
  self->attaching = TRUE;
  self->idle_us = g_get_monotonic_time ();
  worker_give_buffer (self, TBX_WORKER_ATTACH);
}

void
tbx_worker_take_hello (TbxWorker *self, const TbxWorkerHello *hello)
{
  self->attaching = FALSE;
  if (hello->protocol != TBX_WORKER_PROTOCOL)
    tbx_worker_misbehaved (self, "it is of another version");
  else if (self->stage == TBX_WORKER_VERIFYING)   /* later it is the user who speaks */
    tbx_worker_process_identify (self->process, (GPid) hello->pid);
}
