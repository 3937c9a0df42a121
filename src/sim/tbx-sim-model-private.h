/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-model.h"
#include "tbx-sim-rpci.h"
#include "tbx-sim-script.h"
#include "tbx-sim-tclo.h"

/* For tbx-sim-model.c and tbx-sim-model-channel.c only, which share one lock. */

G_BEGIN_DECLS

/* The host.  Whatever is in here is under the lock, but for the constants. */
struct _TbxSimModel
{
  TbxSimHost         parent_instance;
  TbxSimModelOptions options;        /* constant */
  GSource           *clock;          /* says pings and finds the dead; constant, owned */
  GSource           *news;           /* tells what has happened; constant, owned */

  GMutex             lock;
  TbxSimGuest       *guest;          /* owned; so are the next two */
  TbxSimRpci        *rpci;
  TbxSimFaults      *faults;
  guint64            counters[TBX_SIM_N_COUNTERS];
  GPtrArray         *channels;       /* of TbxSimModelChannel *, which take themselves off */
  GQueue             violations;     /* of char *, owned: the last ones, for people */
  GQueue             finished;       /* of TbxSimRequest *, owned, whose callback is due */
  gint64             clock_due_us;   /* monotonic time for which the clock is set, microseconds */
  guint              watchers;       /* while not 0, each change is told */
};

#define TBX_TYPE_SIM_MODEL_CHANNEL (tbx_sim_model_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbxSimModelChannel, tbx_sim_model_channel, TBX, SIM_MODEL_CHANNEL,
                      TbxSimChannel)

/* A channel of the host; under the host's lock, but for the constants. */
struct _TbxSimModelChannel
{
  TbxSimChannel   parent_instance;
  TbxSimModel    *model;        /* owned; constant, as is all up to the owner */
  TbxSimProtocol  protocol;
  TbxSimTransport transport;
  char           *owner;
  gboolean        closed;       /* by the host */
  GQueue          replies;      /* RPCI: of GBytes *, owned */
  TbxSimTclo      tclo;         /* TCLO */
  TbxSimScript    script;       /* TCLO, unless the host is silent */
  char           *name;         /* application, from its answer to reset; owned, or NULL */
  gboolean        answers;      /* the last ping was answered with OK */
  gboolean        dead;         /* no sign of life for too long */
  gint64          sign_at_us;   /* monotonic time of the last one, microseconds */
  GSource        *wake;         /* of a transport that pushes; owned, or NULL */
};

/* All of these with the lock held. */
TbxSimModelChannel *tbx_sim_model_channel_new    (TbxSimModel *model, TbxSimProtocol protocol,
                                                  TbxSimTransport transport, const char *owner);
gboolean            tbx_sim_model_channel_queue  (TbxSimModelChannel *self, TbxSimRequest *request,
                                                  GError **error);
void                tbx_sim_model_channel_say    (TbxSimModelChannel *self, gint64 now_us);
void                tbx_sim_model_channel_hangup (TbxSimModelChannel *self);
void                tbx_sim_model_violation      (TbxSimModel *self, const char *who,
                                                  const char *what);
void                tbx_sim_model_set_clock      (TbxSimModel *self, gint64 due_us);
void                tbx_sim_model_finish         (TbxSimModel *self, TbxSimRequest *request);
void                tbx_sim_model_changed        (TbxSimModel *self);

G_END_DECLS
