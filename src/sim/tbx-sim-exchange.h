/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-progress.h"
#include "tbx-sim-transfer.h"

G_BEGIN_DECLS

/* Takes what a program in the guest writes.  FALSE: it cannot. */
typedef gboolean (*TbxSimExchangeTake) (const guint8 *data, gsize size, gpointer user_data);

/* What is moved between here and the streams of a program that runs in the guest. */
typedef struct
{
  TbxSimVix         *vix;
  gint64             pid;
  int                input;       /* what the program reads; -1: GBytes, or nothing */
  GBytes            *bytes;       /* what it reads where @input is -1, or NULL */
  TbxSimExchangeTake take[2];     /* what it writes to standard output and error */
  gpointer           user_data;
  TbxSimProgress    *progress;    /* of all three */
} TbxSimExchange;

gboolean tbx_sim_exchange_run (const TbxSimExchange *exchange);

G_END_DECLS
