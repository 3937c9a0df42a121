/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ask-desk.h"
#include <errno.h>

struct _TbxAskDesk
{
  struct
  {
    TbxAskFunc func;        /* or NULL: nobody */
    gpointer   user_data;
    GStrv      names;       /* (owned) */
  } kinds[TBX_N_ASK_KINDS];
};

TbxAskDesk *
tbx_ask_desk_new (void)
{
  TbxAskDesk *self = g_new0 (TbxAskDesk, 1);

  for (guint kind = 0; kind < TBX_N_ASK_KINDS; kind++)
    self->kinds[kind].names = g_new0 (char *, 1);
  return self;
}

void
tbx_ask_desk_free (TbxAskDesk *self)
{
  for (guint kind = 0; kind < TBX_N_ASK_KINDS; kind++)
    g_strfreev (self->kinds[kind].names);
  g_free (self);
}

/**
 * tbx_ask_desk_serve:
 * @self: the desk
 * @kind: of what is asked
 * @func: (nullable) (scope forever): answers it, now or later
 * @user_data: passed to it
 */
void
tbx_ask_desk_serve (TbxAskDesk *self, TbxAskKind kind, TbxAskFunc func, gpointer user_data)
{
  self->kinds[kind].func = func;
  self->kinds[kind].user_data = user_data;
}

/**
 * tbx_ask_desk_set_names:
 * @self: the desk
 * @kind: of what is asked
 * @names: (array zero-terminated=1): schemes or programs; copied
 */
void
tbx_ask_desk_set_names (TbxAskDesk *self, TbxAskKind kind, const char *const *names)
{
  g_strfreev (self->kinds[kind].names);
  self->kinds[kind].names = g_strdupv ((GStrv) names);
}

/**
 * tbx_ask_desk_dup_names:
 * @self: the desk
 * @names: (out caller-allocates): what workers are told; its list is in what is returned
 *
 * Returns: (transfer full): the list
 */
GBytes *
tbx_ask_desk_dup_names (TbxAskDesk *self, TbxWorkerNames *names)
{
  g_auto(TbxWriter) w = { 0 };
  GBytes *list;

  tbx_writer_init (&w, TBX_WORKER_MESSAGE_MAX_BYTES);
  for (guint kind = 0; kind < TBX_N_ASK_KINDS; kind++)
    for (GStrv each = self->kinds[kind].names; *each != NULL; each++)
      tbx_worker_name_encode (*each, &w);
  list = g_bytes_new (w.out->data, w.out->len);
  *names = (TbxWorkerNames) {
    .n_schemes = g_strv_length (self->kinds[TBX_ASK_FILES].names),
    .n_programs = g_strv_length (self->kinds[TBX_ASK_PROGRAMS].names),
    .list = g_bytes_get_data (list, NULL),
    .list_size = g_bytes_get_size (list),
  };
  return list;
}

/* What must be there to be asked for: PROGRAM_END names what was started before. */
static const char *
name_of (const TbxWorkerMessage *message)
{
  switch (message->type)
    {
    case TBX_WORKER_FILE_STAT:
    case TBX_WORKER_FILE_OPEN:
      return message->file.scheme;
    case TBX_WORKER_PROGRAM_START:
      return message->start.name;
    default:
      return NULL;
    }
}

/**
 * tbx_ask_desk_take:
 * @self: the desk
 * @ask: (transfer full): what a worker asks
 *
 * A name that is not there, no more or never was, is answered with ENOENT.
 */
void
tbx_ask_desk_take (TbxAskDesk *self, TbxAsk *ask)
{
  TbxAskKind kind = tbx_ask_get_kind (ask);
  const char *name = name_of (tbx_ask_get_message (ask));

  if (self->kinds[kind].func == NULL
      || (name != NULL
          && !g_strv_contains ((const char *const *) self->kinds[kind].names, name)))
    tbx_ask_done (ask, ENOENT);
  else
    self->kinds[kind].func (ask, self->kinds[kind].user_data);
}
