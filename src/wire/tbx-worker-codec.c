/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-codec.h"
#include "tbx-worker-fields.h"
#include <string.h>

#define GROUP_LEAST_BYTES (4 + 2 + 1)   /* number, length of the name, its NUL */

static const char *const step_names[] = {
  [TBX_WORKER_STEP_NONE] = "none",
  [TBX_WORKER_STEP_START] = "start",
  [TBX_WORKER_STEP_AUTHENTICATE] = "authenticate",
  [TBX_WORKER_STEP_ACCT_MGMT] = "acct_mgmt",
  [TBX_WORKER_STEP_LOOKUP] = "lookup",
  [TBX_WORKER_STEP_SETCRED] = "setcred",
  [TBX_WORKER_STEP_OPEN_SESSION] = "open_session",
  [TBX_WORKER_STEP_BECOME_USER] = "become_user",
};
G_STATIC_ASSERT (G_N_ELEMENTS (step_names) == TBX_WORKER_N_STEPS);

static guint8
read_enum (TbxReader *r, guint8 n_values)
{
  guint8 value = tbx_reader_u8 (r);

  if (value < n_values)
    return value;
  tbx_reader_fail (r, "unknown value");
  return 0;
}

static void
read_program (TbxReader *r, TbxWorkerProgram *program)
{
  program->pid = (gint64) tbx_reader_u64le (r);
  program->start = (gint64) tbx_reader_u64le (r);
  program->end = (gint64) tbx_reader_u64le (r);
  program->exit_code = (gint32) tbx_reader_u32le (r);
  program->signal = (gint32) tbx_reader_u32le (r);
  program->command = tbx_worker_read_string (r, TBX_WORKER_COMMAND_MAX_BYTES);
  program->command_line = tbx_worker_read_string (r, TBX_WORKER_COMMAND_LINE_MAX_BYTES);
  if (program->pid <= 0 || program->pid > G_MAXINT32)
    tbx_reader_fail (r, "no process id");
}

static void
write_program (TbxWriter *w, const TbxWorkerProgram *program)
{
  tbx_writer_u64le (w, (guint64) program->pid);
  tbx_writer_u64le (w, (guint64) program->start);
  tbx_writer_u64le (w, (guint64) program->end);
  tbx_writer_u32le (w, (guint32) program->exit_code);
  tbx_writer_u32le (w, (guint32) program->signal);
  tbx_worker_write_string (w, program->command, TBX_WORKER_COMMAND_MAX_BYTES);
  tbx_worker_write_string (w, program->command_line, TBX_WORKER_COMMAND_LINE_MAX_BYTES);
}

/* It goes to the host as it is: nothing else may be said that way. */
static const char *
read_run_done (TbxReader *r)
{
  const char *text = tbx_worker_read_string (r, TBX_WORKER_RUN_DONE_MAX_BYTES);

  if (text != NULL && !g_str_has_prefix (text, TBX_WORKER_RUN_DONE_PREFIX))
    tbx_reader_fail (r, "not of this kind");
  return text;
}

static void
read_login_result (TbxReader *r, TbxWorkerLoginResult *result)
{
  gsize start;

  result->verdict = read_enum (r, TBX_WORKER_N_VERDICTS);
  result->step = read_enum (r, TBX_WORKER_N_STEPS);
  result->pam_code = (gint32) tbx_reader_u32le (r);
  result->uid = tbx_reader_u32le (r);
  result->gid = tbx_reader_u32le (r);
  result->name = tbx_worker_read_string (r, TBX_WORKER_NAME_MAX_BYTES);
  result->n_groups = tbx_reader_count (r, tbx_reader_u32le (r), TBX_WORKER_GROUPS_MAX,
                                       GROUP_LEAST_BYTES);
  start = r->pos;
  result->groups = r->data + start;
  for (guint32 i = 0; i < result->n_groups && r->bad == NULL; i++)
    {
      tbx_reader_u32le (r);
      tbx_worker_read_string (r, TBX_WORKER_NAME_MAX_BYTES);
    }
  result->groups_size = r->pos - start;
  /* (uid_t) -1 means "leave it as it is" to the calls that set it. */
  if (r->bad == NULL && result->verdict == TBX_WORKER_VERDICT_OK
      && (result->name[0] == '\0' || result->uid == G_MAXUINT32 || result->gid == G_MAXUINT32))
    tbx_reader_fail (r, "no account");
}

static void
write_login_result (TbxWriter *w, const TbxWorkerLoginResult *result)
{
  tbx_writer_u8 (w, (guint8) result->verdict);
  tbx_writer_u8 (w, (guint8) result->step);
  tbx_writer_u32le (w, (guint32) result->pam_code);
  tbx_writer_u32le (w, result->uid);
  tbx_writer_u32le (w, result->gid);
  tbx_worker_write_string (w, result->name, TBX_WORKER_NAME_MAX_BYTES);
  tbx_writer_u32le (w, result->n_groups);
  tbx_writer_bytes (w, result->groups, result->groups_size);
}

static void
read_settings (TbxReader *r, TbxWorkerSettings *settings)
{
  settings->stream_limit_bytes = tbx_reader_u32le (r);
  settings->http_round_trip = tbx_worker_read_boolean (r);
  settings->archive_transfers = tbx_worker_read_boolean (r);
  if (settings->stream_limit_bytes < TBX_WORKER_STREAM_MIN_BYTES
      || settings->stream_limit_bytes > TBX_WORKER_STREAM_MAX_BYTES)
    tbx_reader_fail (r, "no size of a stream");
  settings->session_idle_s = tbx_reader_u32le (r);
  if (settings->session_idle_s < TBX_WORKER_SESSION_MIN_S
      || settings->session_idle_s > TBX_WORKER_SESSION_MAX_S)
    tbx_reader_fail (r, "no life of a session");
}

static void
write_settings (TbxWriter *w, const TbxWorkerSettings *settings)
{
  tbx_writer_u32le (w, settings->stream_limit_bytes);
  tbx_writer_u8 (w, settings->http_round_trip ? 1 : 0);
  tbx_writer_u8 (w, settings->archive_transfers ? 1 : 0);
  tbx_writer_u32le (w, settings->session_idle_s);
}

static void
read_from_daemon (TbxReader *r, TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_LOGIN:
      message->login.self = tbx_worker_read_boolean (r);
      message->login.name = tbx_worker_read_string (r, TBX_WORKER_NAME_MAX_BYTES);
      message->login.password = tbx_worker_read_string (r, TBX_WORKER_PASSWORD_MAX_BYTES);
      message->login.proof = read_enum (r, TBX_WORKER_N_PROOFS);
      break;
    case TBX_WORKER_CONTINUE:
    case TBX_WORKER_ATTACH:
      message->gated = tbx_worker_read_boolean (r);
      break;
    case TBX_WORKER_QUIT:
      break;
    case TBX_WORKER_OPEN_GATE:
      message->gate_pid = (gint64) tbx_reader_u64le (r);
      break;
    case TBX_WORKER_SETTINGS:
      read_settings (r, &message->settings);
      break;
    case TBX_WORKER_REQUEST:
      message->request.id = tbx_reader_u32le (r);
      message->request.opcode = tbx_reader_u32le (r);
      message->request.request_flags = tbx_reader_u32le (r);
      message->request.body_size = tbx_reader_u32le (r);
      message->request.name_size = tbx_reader_u16le (r);
      message->request.name = tbx_reader_bytes (r, message->request.name_size);
      if (message->request.name_size > TBX_WORKER_REQUEST_NAME_MAX_BYTES)
        tbx_reader_fail (r, "name above its limit");
      break;
    case TBX_WORKER_ADOPT:
      read_program (r, &message->program);
      break;
    case TBX_WORKER_NAMES:
      tbx_worker_names_read (r, &message->names);
      break;
    default:
      if (!tbx_worker_answer_read (r, message))
        tbx_reader_fail (r, "unknown type");
    }
}

static void
read_from_worker (TbxReader *r, TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_HELLO:
      message->hello.protocol = tbx_reader_u32le (r);
      message->hello.pid = tbx_reader_u32le (r);
      break;
    case TBX_WORKER_LOGIN_RESULT:
    case TBX_WORKER_OPENED:
      read_login_result (r, &message->login_result);
      break;
    case TBX_WORKER_READY:
      message->ready.verdict = read_enum (r, TBX_WORKER_N_VERDICTS);
      message->ready.step = read_enum (r, TBX_WORKER_N_STEPS);
      message->ready.pam_code = (gint32) tbx_reader_u32le (r);
      break;
    case TBX_WORKER_REPLY:
      message->reply.id = tbx_reader_u32le (r);
      message->reply.code = tbx_reader_u32le (r);
      message->reply.error_number = (gint32) tbx_reader_u32le (r);
      message->reply.size = tbx_reader_u32le (r);
      break;
    case TBX_WORKER_PROGRESS:
      message->progress_id = tbx_reader_u32le (r);
      break;
    case TBX_WORKER_STATE:
      message->busy = tbx_worker_read_boolean (r);
      break;
    case TBX_WORKER_PROGRAM_STARTED:
    case TBX_WORKER_PROGRAM_ENDED:
      read_program (r, &message->program);
      break;
    case TBX_WORKER_RUN_DONE:
      message->run_done = read_run_done (r);
      break;
    default:
      if (!tbx_worker_ask_read (r, message))
        tbx_reader_fail (r, "unknown type");
    }
}

/**
 * tbx_worker_message_decode:
 * @data: a packet
 * @size: its length in bytes
 * @sender: who sent it: of each only its own messages are understood
 * @message: (out): set on success; its strings point into @data
 * @error: return location for an error
 *
 * Sizes and numbers are those of the sender: who uses them checks them against what is
 * there.
 * Errors: `TBX_ERROR_MALFORMED`.
 * Source: docs/design.md, "The control protocol".
 *
 * Returns: whether @data is one whole message
 */
gboolean
tbx_worker_message_decode (gconstpointer     data,
                           gsize             size,
                           TbxWorkerSender   sender,
                           TbxWorkerMessage *message,
                           GError          **error)
{
  TbxWorkerMessage found = { 0 };
  TbxReader r;

  tbx_reader_init_data (&r, data, size);
  found.type = tbx_reader_u8 (&r);
  if (sender == TBX_WORKER_FROM_DAEMON)
    read_from_daemon (&r, &found);
  else
    read_from_worker (&r, &found);
  if (!tbx_reader_end (&r, "control message", error))
    return FALSE;
  *message = found;
  return TRUE;
}

/* Memory for the whole message at once, so that no freed block keeps a part of the
 * secret; what it ends in is the caller's to wipe. */
static void
write_login (TbxWriter *w, const TbxWorkerLogin *login)
{
  gsize size = strlen (login->name) + strlen (login->password) + 16;
  guint used = w->out->len;

  if (size > w->limit - used)
    {
      tbx_writer_fail (w, "larger than its limit");
      return;
    }
  g_byte_array_set_size (w->out, used + (guint) size);
  g_byte_array_set_size (w->out, used);
  tbx_writer_u8 (w, login->self);
  tbx_worker_write_string (w, login->name, TBX_WORKER_NAME_MAX_BYTES);
  tbx_worker_write_string (w, login->password, TBX_WORKER_PASSWORD_MAX_BYTES);
  tbx_writer_u8 (w, (guint8) login->proof);
}

/**
 * tbx_worker_message_encode:
 * @message: what to say; its strings are UTF-8
 * @w: gets the packet; %TBX_WORKER_MESSAGE_MAX_BYTES is the limit to give it
 *
 * Source: docs/design.md, "The control protocol".
 */
void
tbx_worker_message_encode (const TbxWorkerMessage *message, TbxWriter *w)
{
  tbx_writer_u8 (w, (guint8) message->type);
  switch (message->type)
    {
    case TBX_WORKER_LOGIN:
      write_login (w, &message->login);
      break;
    case TBX_WORKER_CONTINUE:
    case TBX_WORKER_ATTACH:
      tbx_writer_u8 (w, message->gated ? 1 : 0);
      break;
    case TBX_WORKER_QUIT:
      break;
    case TBX_WORKER_OPEN_GATE:
      tbx_writer_u64le (w, (guint64) message->gate_pid);
      break;
    case TBX_WORKER_SETTINGS:
      write_settings (w, &message->settings);
      break;
    case TBX_WORKER_RUN_DONE:
      tbx_worker_write_string (w, message->run_done, TBX_WORKER_RUN_DONE_MAX_BYTES);
      break;
    case TBX_WORKER_REQUEST:
      tbx_writer_u32le (w, message->request.id);
      tbx_writer_u32le (w, message->request.opcode);
      tbx_writer_u32le (w, message->request.request_flags);
      tbx_writer_u32le (w, message->request.body_size);
      tbx_writer_u16le (w, message->request.name_size);
      tbx_writer_bytes (w, message->request.name, message->request.name_size);
      break;
    case TBX_WORKER_HELLO:
      tbx_writer_u32le (w, message->hello.protocol);
      tbx_writer_u32le (w, message->hello.pid);
      break;
    case TBX_WORKER_LOGIN_RESULT:
    case TBX_WORKER_OPENED:
      write_login_result (w, &message->login_result);
      break;
    case TBX_WORKER_READY:
      tbx_writer_u8 (w, (guint8) message->ready.verdict);
      tbx_writer_u8 (w, (guint8) message->ready.step);
      tbx_writer_u32le (w, (guint32) message->ready.pam_code);
      break;
    case TBX_WORKER_REPLY:
      tbx_writer_u32le (w, message->reply.id);
      tbx_writer_u32le (w, message->reply.code);
      tbx_writer_u32le (w, (guint32) message->reply.error_number);
      tbx_writer_u32le (w, message->reply.size);
      break;
    case TBX_WORKER_PROGRESS:
      tbx_writer_u32le (w, message->progress_id);
      break;
    case TBX_WORKER_STATE:
      tbx_writer_u8 (w, message->busy ? 1 : 0);
      break;
    case TBX_WORKER_ADOPT:
    case TBX_WORKER_PROGRAM_STARTED:
    case TBX_WORKER_PROGRAM_ENDED:
      write_program (w, &message->program);
      break;
    case TBX_WORKER_NAMES:
      tbx_worker_names_write (w, &message->names);
      break;
    default:
      if (!tbx_worker_answer_write (w, message) && !tbx_worker_ask_write (w, message))
        tbx_writer_fail (w, "unknown type");
    }
}

/**
 * tbx_worker_group_encode:
 * @gid: of a group
 * @name: its name
 * @w: gets an element of the groups of a [struct@Tbx.WorkerLoginResult]
 */
void
tbx_worker_group_encode (guint32 gid, const char *name, TbxWriter *w)
{
  tbx_writer_u32le (w, gid);
  tbx_worker_write_string (w, name, TBX_WORKER_NAME_MAX_BYTES);
}

/**
 * tbx_worker_groups_next:
 * @result: as decoded
 * @pos: (inout): 0 at first
 * @gid: (out): of the next group
 * @name: (out) (transfer none): its name
 *
 * Returns: whether there was one more
 */
gboolean
tbx_worker_groups_next (const TbxWorkerLoginResult *result,
                        gsize                      *pos,
                        guint32                    *gid,
                        const char                **name)
{
  TbxReader r;

  if (*pos >= result->groups_size)
    return FALSE;
  tbx_reader_init_data (&r, result->groups + *pos, result->groups_size - *pos);
  *gid = tbx_reader_u32le (&r);
  *name = tbx_worker_read_string (&r, TBX_WORKER_NAME_MAX_BYTES);
  *pos += r.pos;
  return r.bad == NULL;
}

/**
 * tbx_worker_message_count_fds:
 * @type: of a message
 *
 * Returns: how many descriptors come with it, no more and no fewer; that of CONTINUE and
 *   ATTACH is the buffer
 */
guint
tbx_worker_message_count_fds (TbxWorkerMessageType type)
{
  switch (type)
    {
    case TBX_WORKER_CONTINUE:
    case TBX_WORKER_ATTACH:
    case TBX_WORKER_FILE_OPENED:
      return 1;
    case TBX_WORKER_PROGRAM_START:
      return 3;
    default:
      return 0;
    }
}

/**
 * tbx_worker_step_get_name:
 * @step: of a login
 *
 * Returns: its name for the log, such as "acct_mgmt"
 */
const char *
tbx_worker_step_get_name (TbxWorkerStep step)
{
  return (guint) step < TBX_WORKER_N_STEPS ? step_names[step] : "unknown";
}
