/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-fields.h"
#include <string.h>

/* What clients on the bus do for a worker: the messages that ask for it and answer. */

void
tbx_worker_names_read (TbxReader *r, TbxWorkerNames *names)
{
  gsize start;

  names->n_schemes = tbx_reader_u16le (r);
  names->n_programs = tbx_reader_u16le (r);
  if (names->n_schemes > TBX_WORKER_NAMES_MAX || names->n_programs > TBX_WORKER_NAMES_MAX)
    tbx_reader_fail (r, "too many names");
  start = r->pos;
  names->list = r->data + start;
  for (guint32 i = 0; i < names->n_schemes + names->n_programs && r->bad == NULL; i++)
    tbx_worker_read_string (r, TBX_WORKER_PROGRAM_MAX_BYTES);
  names->list_size = r->pos - start;
}

void
tbx_worker_names_write (TbxWriter *w, const TbxWorkerNames *names)
{
  tbx_writer_u16le (w, (guint16) names->n_schemes);
  tbx_writer_u16le (w, (guint16) names->n_programs);
  tbx_writer_bytes (w, names->list, names->list_size);
}

static gint64
read_agent_pid (TbxReader *r)
{
  gint64 pid = (gint64) tbx_reader_u64le (r);

  if (r->bad == NULL && (pid < TBX_WORKER_FIRST_AGENT_PID || pid > G_MAXINT32))
    tbx_reader_fail (r, "no process id of an agent");
  return pid;
}

static void
read_file_found (TbxReader *r, TbxWorkerFileFound *found)
{
  found->id = tbx_reader_u32le (r);
  found->size = tbx_reader_u64le (r);
  found->modified = (gint64) tbx_reader_u64le (r);
  found->mode = tbx_reader_u32le (r);
  if (found->size > G_MAXINT64 || found->mode > 0777)
    tbx_reader_fail (r, "no attributes");
}

static void
write_file_found (TbxWriter *w, const TbxWorkerFileFound *found)
{
  tbx_writer_u32le (w, found->id);
  tbx_writer_u64le (w, found->size);
  tbx_writer_u64le (w, (guint64) found->modified);
  tbx_writer_u32le (w, found->mode);
}

static void
read_exited (TbxReader *r, TbxWorkerProgramExited *exited)
{
  exited->pid = read_agent_pid (r);
  exited->end = (gint64) tbx_reader_u64le (r);
  exited->exit_code = (gint32) tbx_reader_u32le (r);
  exited->signal = (gint32) tbx_reader_u32le (r);
}

static void
write_exited (TbxWriter *w, const TbxWorkerProgramExited *exited)
{
  tbx_writer_u64le (w, (guint64) exited->pid);
  tbx_writer_u64le (w, (guint64) exited->end);
  tbx_writer_u32le (w, (guint32) exited->exit_code);
  tbx_writer_u32le (w, (guint32) exited->signal);
}

gboolean
tbx_worker_answer_read (TbxReader *r, TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_ASK_DONE:
      message->done.id = tbx_reader_u32le (r);
      message->done.error_number = (gint32) tbx_reader_u32le (r);
      break;
    case TBX_WORKER_FILE_FOUND:
      read_file_found (r, &message->found);
      break;
    case TBX_WORKER_FILE_OPENED:
      message->opened_id = tbx_reader_u32le (r);
      break;
    case TBX_WORKER_PROGRAM_RUNS:
      message->runs.id = tbx_reader_u32le (r);
      message->runs.pid = read_agent_pid (r);
      message->runs.start = (gint64) tbx_reader_u64le (r);
      break;
    case TBX_WORKER_PROGRAM_EXITED:
      read_exited (r, &message->exited);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

gboolean
tbx_worker_answer_write (TbxWriter *w, const TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_ASK_DONE:
      tbx_writer_u32le (w, message->done.id);
      tbx_writer_u32le (w, (guint32) message->done.error_number);
      break;
    case TBX_WORKER_FILE_FOUND:
      write_file_found (w, &message->found);
      break;
    case TBX_WORKER_FILE_OPENED:
      tbx_writer_u32le (w, message->opened_id);
      break;
    case TBX_WORKER_PROGRAM_RUNS:
      tbx_writer_u32le (w, message->runs.id);
      tbx_writer_u64le (w, (guint64) message->runs.pid);
      tbx_writer_u64le (w, (guint64) message->runs.start);
      break;
    case TBX_WORKER_PROGRAM_EXITED:
      write_exited (w, &message->exited);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static void
read_file (TbxReader *r, TbxWorkerFileAsk *file, gboolean opened)
{
  file->id = tbx_reader_u32le (r);
  file->scheme = tbx_worker_read_string (r, TBX_WORKER_SCHEME_MAX_BYTES);
  file->path = tbx_worker_read_string (r, TBX_WORKER_PATH_MAX_BYTES);
  file->query = tbx_worker_read_string (r, TBX_WORKER_PATH_MAX_BYTES);
  file->writing = opened && tbx_worker_read_boolean (r);
  if (r->bad == NULL && file->path[0] != '/')
    tbx_reader_fail (r, "no path");
}

static void
write_file (TbxWriter *w, const TbxWorkerFileAsk *file, gboolean opened)
{
  tbx_writer_u32le (w, file->id);
  tbx_worker_write_string (w, file->scheme, TBX_WORKER_SCHEME_MAX_BYTES);
  tbx_worker_write_string (w, file->path, TBX_WORKER_PATH_MAX_BYTES);
  tbx_worker_write_string (w, file->query, TBX_WORKER_PATH_MAX_BYTES);
  if (opened)
    tbx_writer_u8 (w, file->writing ? 1 : 0);
}

/* The NULs between are no characters of a text, so each piece is looked at alone. */
static void
read_environment (TbxReader *r, TbxWorkerStartAsk *start)
{
  gsize size = start->environment_size = tbx_reader_u32le (r);
  const char *text = (const char *) tbx_reader_bytes (r, size);

  start->environment = text;
  if (text == NULL || size == 0)
    return;
  if (text[size - 1] != '\0')
    {
      tbx_reader_fail (r, "string without its NUL");
      return;
    }
  for (gsize pos = 0; pos < size; pos += strlen (text + pos) + 1)
    if (!g_utf8_validate (text + pos, -1, NULL))
      tbx_reader_fail (r, "not UTF-8");
}

static void
read_start (TbxReader *r, TbxWorkerStartAsk *start)
{
  start->id = tbx_reader_u32le (r);
  start->name = tbx_worker_read_string (r, TBX_WORKER_PROGRAM_MAX_BYTES);
  start->arguments = tbx_worker_read_string (r, TBX_WORKER_ARGUMENTS_MAX_BYTES);
  start->directory = tbx_worker_read_string (r, TBX_WORKER_PATH_MAX_BYTES);
  read_environment (r, start);
}

static void
write_start (TbxWriter *w, const TbxWorkerStartAsk *start)
{
  tbx_writer_u32le (w, start->id);
  tbx_worker_write_string (w, start->name, TBX_WORKER_PROGRAM_MAX_BYTES);
  tbx_worker_write_string (w, start->arguments, TBX_WORKER_ARGUMENTS_MAX_BYTES);
  tbx_worker_write_string (w, start->directory, TBX_WORKER_PATH_MAX_BYTES);
  tbx_writer_u32le (w, start->environment_size);
  tbx_writer_bytes (w, start->environment, start->environment_size);
}

gboolean
tbx_worker_ask_read (TbxReader *r, TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_FILE_STAT:
    case TBX_WORKER_FILE_OPEN:
      read_file (r, &message->file, message->type == TBX_WORKER_FILE_OPEN);
      break;
    case TBX_WORKER_PROGRAM_START:
      read_start (r, &message->start);
      break;
    case TBX_WORKER_PROGRAM_END:
      message->end.id = tbx_reader_u32le (r);
      message->end.pid = read_agent_pid (r);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

gboolean
tbx_worker_ask_write (TbxWriter *w, const TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_FILE_STAT:
    case TBX_WORKER_FILE_OPEN:
      write_file (w, &message->file, message->type == TBX_WORKER_FILE_OPEN);
      break;
    case TBX_WORKER_PROGRAM_START:
      write_start (w, &message->start);
      break;
    case TBX_WORKER_PROGRAM_END:
      tbx_writer_u32le (w, message->end.id);
      tbx_writer_u64le (w, (guint64) message->end.pid);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

/**
 * tbx_worker_name_encode:
 * @name: a scheme or a program
 * @w: gets an element of the list of a [struct@Tbx.WorkerNames]
 */
void
tbx_worker_name_encode (const char *name, TbxWriter *w)
{
  tbx_worker_write_string (w, name, TBX_WORKER_PROGRAM_MAX_BYTES);
}

/**
 * tbx_worker_names_next:
 * @names: as decoded
 * @pos: (inout): 0 at first
 * @name: (out) (transfer none): the next name
 *
 * Returns: whether there was one more; the first `n_schemes` are schemes
 */
gboolean
tbx_worker_names_next (const TbxWorkerNames *names, gsize *pos, const char **name)
{
  TbxReader r;

  if (*pos >= names->list_size)
    return FALSE;
  tbx_reader_init_data (&r, names->list + *pos, names->list_size - *pos);
  *name = tbx_worker_read_string (&r, TBX_WORKER_PROGRAM_MAX_BYTES);
  *pos += r.pos;
  return r.bad == NULL;
}
