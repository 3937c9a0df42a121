/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* What a guest has told its host, as far as vCenter shows it, and its variables.
 * Not locked: its owner does that.
 * Source: docs/wire/guestinfo.md, "What vSphere shows". */

#define TBX_SIM_MAX_VARIABLES     4096
#define TBX_SIM_MAX_CAPABILITIES  256
#define TBX_SIM_MAX_OPTIONS       256
#define TBX_SIM_MAX_LOG_LINES     256
#define TBX_SIM_MAX_STATE_CHANGES 32
#define TBX_SIM_MAX_KEY_BYTES     256

typedef struct
{
  guint    state;       /* 1 halt, 2 reboot, 3 power-on, 4 resume, 5 suspend */
  gboolean succeeded;
} TbxSimStateChange;

typedef struct
{
  GHashTable *variables;      /* "guestinfo.x" -> GBytes *, both owned */
  GHashTable *capabilities;   /* name -> value, "" when it has none; both owned */
  GHashTable *options;        /* name -> value that the guest accepted; both owned */
  GArray     *state_changes;  /* of TbxSimStateChange, oldest first */
  GQueue      log;            /* of char *, owned, oldest first */
  TbxNicInfo *nics;           /* owned, or NULL before the first list */
  guint       nics_type;      /* information type that brought it: 9 or 10 */
  guint       nics_version;   /* 2 or 3 */
  guint       nics_updates;   /* lists that were accepted */
  char       *version;        /* tools version as decimal text, owned; NULL when not told */
  int         install_type;   /* of the tools, -1 when not told */
  char       *host_name;      /* owned; so are the rest; NULL when not told */
  char       *os_short;
  char       *os_full;
  char       *os_properties;  /* "name='value' name='value'" */
  char       *build;          /* of the tools */
  char       *health;
  char       *loop_owner;     /* application that announced one loop for all requests */
  gboolean    has_uptime;
  guint64     uptime_cs;      /* hundredths of a second */
} TbxSimGuest;

TbxSimGuest *tbx_sim_guest_new          (void);
void         tbx_sim_guest_free         (TbxSimGuest *self);
gboolean     tbx_sim_guest_set_variable (TbxSimGuest *self, const char *key, GBytes *value,
                                         GError **error);
GBytes      *tbx_sim_guest_get_variable (TbxSimGuest *self, const char *key);
gboolean     tbx_sim_guest_set_text     (GHashTable *table, const char *name, const char *value,
                                         guint limit);
void         tbx_sim_guest_add_log      (TbxSimGuest *self, const char *line);
void         tbx_sim_guest_add_state    (TbxSimGuest *self, guint state, gboolean succeeded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimGuest, tbx_sim_guest_free)

G_END_DECLS
