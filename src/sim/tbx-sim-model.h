/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>
#include "tbx-sim-faults.h"
#include "tbx-sim-request.h"

G_BEGIN_DECLS

/* The host itself: what TbxSimHost promises to a transport, and what a person at
 * the host's console, or a test, can see and do.  All may be called from any thread. */

#define TBX_SIM_PING_INTERVAL_MS 5000
#define TBX_SIM_DEAD_AFTER_MS    30000

typedef struct
{
  gboolean silent;             /* say nothing on one's own: no reset, no ping */
  gboolean counted_nul;        /* what the script says ends with a NUL that is counted */
  guint    ping_interval_ms;   /* between two pings; 0 for as fast as they are answered */
  guint    dead_after_ms;      /* without a sign of life */
} TbxSimModelOptions;

#define TBX_TYPE_SIM_MODEL (tbx_sim_model_get_type ())
G_DECLARE_FINAL_TYPE (TbxSimModel, tbx_sim_model, TBX, SIM_MODEL, TbxSimHost)

TbxSimModel *tbx_sim_model_new            (const TbxSimModelOptions *options);
gboolean     tbx_sim_model_set_variable   (TbxSimModel *self, const char *key, GBytes *value,
                                           GError **error);
GBytes      *tbx_sim_model_get_variable   (TbxSimModel *self, const char *key);
gboolean     tbx_sim_model_override       (TbxSimModel *self, const char *prefix, GBytes *reply,
                                           GError **error);
guint        tbx_sim_model_restore        (TbxSimModel *self, const char *prefix);
gboolean     tbx_sim_model_add_fault      (TbxSimModel *self, const TbxSimFaultRule *rule,
                                           GError **error);
guint        tbx_sim_model_n_faults       (TbxSimModel *self);
void         tbx_sim_model_clear_faults   (TbxSimModel *self);
guint        tbx_sim_model_close_channels (TbxSimModel *self, guint32 protocol);
gboolean     tbx_sim_model_request        (TbxSimModel *self, const char *app, GBytes *text,
                                           TbxSimReplyFunc callback, gpointer user_data,
                                           GError **error);
guint64      tbx_sim_model_get_counter    (TbxSimModel *self, TbxSimCounter counter);
JsonNode    *tbx_sim_model_describe       (TbxSimModel *self);
void         tbx_sim_model_watch          (TbxSimModel *self);
void         tbx_sim_model_unwatch        (TbxSimModel *self);

G_END_DECLS
