/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* A host of one channel at a time whose every answer the test decides. */
#define FAKE_TYPE_HOST (fake_host_get_type ())
G_DECLARE_FINAL_TYPE (FakeHost, fake_host, FAKE, HOST, TbxSimHost)

struct _FakeHost
{
  TbxSimHost    parent_instance;
  GQueue        queue;       /* of GBytes: what the guest is to take */
  GPtrArray    *delivered;   /* of GBytes: what it sent */
  GHashTable   *replies;     /* request -> reply, both texts */
  gboolean      refuse;      /* the next opens */
  gboolean      closed;      /* the channel, by the host */
  guint         n_open;      /* channels, now */
  TbxSimStrikes strikes;     /* on the step that is struck */
  TbxSimStep    struck_step;
  guint         struck_nth;  /* 1: the next such step */
  guint         delay_ms;
  guint         counters[TBX_SIM_N_COUNTERS];
};

FakeHost *fake_host_new    (void);
void      fake_host_reply  (FakeHost *self, const char *request, const char *reply);
void      fake_host_queue  (FakeHost *self, gconstpointer data, gsize size);
void      fake_host_strike (FakeHost *self, TbxSimStep step, guint nth, TbxSimStrikes strikes);

G_END_DECLS
