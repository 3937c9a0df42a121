/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo.h"
#include "config.h"
#include "tbx-error.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-log.h"
#include "tbx-nic-report.h"
#include "tbx-os-identity.h"
#include "tbx-source.h"
#include "tbx-uptime.h"
#include <stdio.h>
#include <string.h>

/* Changes within this time become one message ... */
#define COALESCE_US (250 * G_TIME_SPAN_MILLISECOND)
/* ... and between two messages is this time, so none is later than that. */
#define MIN_PAUSE_US G_TIME_SPAN_SECOND

/* For the uptime, and for what the host did not take. */
#define TICK_S 30

/* All that is told, in this order. */
typedef enum
{
  ITEM_DESCRIPTION,
  ITEM_VERSION,
  ITEM_VERSION_NUMBER,
  ITEM_OS_DETAILED,
  ITEM_OS_FULL_NAME,
  ITEM_OS_SHORT_NAME,
  ITEM_HOST_NAME,
  ITEM_NICS,
  ITEM_IP,
  N_ITEMS,
} Item;

struct _TbxGuestInfo
{
  GObject          parent_instance;
  TbxRpci         *rpci;         /* (owned) */
  TbxNetwork      *network;      /* (owned) */
  TbxPrimary      *primary;      /* (owned) */
  TbxHostname     *hostname;     /* (owned) */
  TbxOsIdentity   *os;           /* (owned), or NULL before the first reset */
  GBytes          *told[N_ITEMS];   /* what the host took last, or NULL (owned) */
  GBytes          *sending;      /* the message that is out, or NULL (owned) */
  Item             pos;          /* of the round: what comes next; N_ITEMS: no round */
  guint            failed;       /* bits of the items that the host did not take */
  guint            epoch;        /* number of resets; replies from before do not count */
  guint            nic_step;     /* of the ladder of NIC lists */
  gboolean         os_refused;   /* the host takes the operating system in two texts only */
  gboolean         ip_wanted;    /* the host asked for the primary address */
  gboolean         uptime_out;   /* a message with the uptime is out */
  gint64           last_us;      /* when the last round began, monotonic */
  gint64           changed_us;   /* first change that no round took up yet, or 0 */
  GSource         *due;          /* begins the next round, or NULL (owned) */
  GSource         *tick;         /* or NULL before the first reset (owned) */
};

G_DEFINE_FINAL_TYPE (TbxGuestInfo, tbx_guestinfo, G_TYPE_OBJECT)

/* A message on its way. */
typedef struct
{
  TbxGuestInfo *owner;   /* (owned) */
  Item          item;
  guint         epoch;
} Sending;

static void guestinfo_step (TbxGuestInfo *self);

static GBytes *
compose_description (TbxGuestInfo *self, GError **error)
{
  return tbx_rpci_text_nul ("info-set guestinfo.vmtools.description toolboxd %s", TBX_VERSION);
}

static GBytes *
compose_version (TbxGuestInfo *self, GError **error)
{
  return tbx_rpci_text_nul ("info-set guestinfo.vmtools.versionString %s", TBX_VERSION);
}

static GBytes *
compose_version_number (TbxGuestInfo *self, GError **error)
{
  guint major = 0, minor = 0, base = 0;

  sscanf (TBX_VERSION, "%u.%u.%u", &major, &minor, &base);
  return tbx_rpci_text_nul ("info-set guestinfo.vmtools.versionNumber %u",
                            major * 1024 + minor * 32 + base);
}

static GBytes *
compose_os_detailed (TbxGuestInfo *self, GError **error)
{
  const TbxOsDetails details = { self->os->short_name, self->os->full_name, self->os->properties };
  g_autoptr(GBytes) payload = NULL;

  if (self->os_refused || (payload = tbx_os_details_encode (&details, error)) == NULL)
    return NULL;
  return tbx_guestinfo_encode (TBX_GUESTINFO_OS_DETAILED, g_bytes_get_data (payload, NULL),
                               g_bytes_get_size (payload), error);
}

static GBytes *
compose_os_full_name (TbxGuestInfo *self, GError **error)
{
  return !self->os_refused ? NULL
           : tbx_guestinfo_encode_text (TBX_GUESTINFO_OS_NAME_FULL, self->os->full_name);
}

static GBytes *
compose_os_short_name (TbxGuestInfo *self, GError **error)
{
  return !self->os_refused ? NULL
           : tbx_guestinfo_encode_text (TBX_GUESTINFO_OS_NAME, self->os->short_name);
}

static GBytes *
compose_host_name (TbxGuestInfo *self, GError **error)
{
  return tbx_guestinfo_encode_text (TBX_GUESTINFO_DNS_NAME, tbx_hostname_get_name (self->hostname));
}

static GBytes *
compose_nics (TbxGuestInfo *self, GError **error)
{
  g_autoptr(TbxNicInfo) info = NULL;

  if (!tbx_network_get_ready (self->network))
    return NULL;
  info = tbx_nic_report_build (self->network, tbx_hostname_get_name (self->hostname));
  return tbx_nic_report_encode (info, self->nic_step, error);
}

static GBytes *
compose_ip (TbxGuestInfo *self, GError **error)
{
  const char *address = tbx_primary_get_address (self->primary);

  return !self->ip_wanted || address[0] == '\0' ? NULL
           : tbx_rpci_text_nul ("info-set guestinfo.ip %s", address);
}

static const struct
{
  const char *name;                                         /* for the log */
  GBytes *(*compose) (TbxGuestInfo *self, GError **error);  /* NULL: nothing to tell */
  gboolean empty_reply;                                     /* another one is a refusal */
} items[N_ITEMS] = {
  [ITEM_DESCRIPTION] = { "tools description", compose_description },
  [ITEM_VERSION] = { "tools version", compose_version },
  [ITEM_VERSION_NUMBER] = { "tools version number", compose_version_number },
  [ITEM_OS_DETAILED] = { "operating system", compose_os_detailed },
  [ITEM_OS_FULL_NAME] = { "operating system's full name", compose_os_full_name, TRUE },
  [ITEM_OS_SHORT_NAME] = { "operating system's short name", compose_os_short_name, TRUE },
  [ITEM_HOST_NAME] = { "host name", compose_host_name, TRUE },
  [ITEM_NICS] = { "NIC list", compose_nics },
  [ITEM_IP] = { "primary address", compose_ip },
};

static void
guestinfo_begin_round (TbxGuestInfo *self)
{
  tbx_source_clear (&self->due);
  self->changed_us = 0;
  self->pos = 0;
  self->last_us = g_get_monotonic_time ();
  guestinfo_step (self);
}

static gboolean
on_due (gpointer user_data)
{
  guestinfo_begin_round (user_data);
  return G_SOURCE_REMOVE;
}

static void
guestinfo_arm (TbxGuestInfo *self, gint64 due_us)
{
  self->due = g_timeout_source_new (0);
  g_source_set_ready_time (self->due, MAX (due_us, self->last_us + MIN_PAUSE_US));
  g_source_set_static_name (self->due, "tbx-guestinfo-due");
  g_source_set_callback (self->due, on_due, self, NULL);
  g_source_attach (self->due, g_main_context_get_thread_default ());
}

/* A round soon: late enough for more changes to join it, early enough for the host. */
static void
on_changed (TbxGuestInfo *self)
{
  if (self->changed_us == 0)
    self->changed_us = g_get_monotonic_time ();
  if (self->epoch > 0 && self->due == NULL && self->pos == N_ITEMS)
    guestinfo_arm (self, self->changed_us + COALESCE_US);
}

/* Whether @error is the host's or the encoder's no, and not the channel's. */
static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, TBX_ERROR, TBX_ERROR_REFUSED)
         || g_error_matches (error, TBX_ERROR, TBX_ERROR_UNSUPPORTED)
         || g_error_matches (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
}

/* Returns: whether the item has another form, which the host may take. */
static gboolean
guestinfo_fall_back (TbxGuestInfo *self, Item item)
{
  if (item == ITEM_OS_DETAILED)
    self->os_refused = TRUE;   /* the two texts follow in this round */
  if (item != ITEM_NICS)
    return FALSE;
  self->nic_step = (self->nic_step + 1) % TBX_NIC_REPORT_N_STEPS;
  return self->nic_step != 0;
}

static void
guestinfo_item_failed (TbxGuestInfo *self, Item item, const GError *error)
{
  GLogLevelFlags level = self->failed & 1u << item ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO;

  g_clear_pointer (&self->told[item], g_bytes_unref);
  self->failed |= 1u << item;
  tbx_log_rpc (level, "SetGuestInfo", "The host did not take the %s: %s", items[item].name,
               error->message);
  if (!is_refusal (error) || !guestinfo_fall_back (self, item))
    self->pos = item + 1;
}

static void
guestinfo_item_told (TbxGuestInfo *self, Item item)
{
  g_clear_pointer (&self->told[item], g_bytes_unref);
  self->told[item] = g_bytes_ref (self->sending);
  self->failed &= ~(1u << item);
  self->pos = item + 1;
}

static void
on_item_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Sending *sending = user_data;
  g_autoptr(TbxGuestInfo) self = sending->owner;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  if (sending->epoch == self->epoch)
    {
      if (error == NULL && items[sending->item].empty_reply && g_bytes_get_size (reply) > 0)
        error = g_error_new_literal (TBX_ERROR, TBX_ERROR_REFUSED, "the reply is not empty");
      if (error != NULL)
        guestinfo_item_failed (self, sending->item, error);
      else
        guestinfo_item_told (self, sending->item);
    }
  g_clear_pointer (&self->sending, g_bytes_unref);
  guestinfo_step (self);
}

static void
guestinfo_send (TbxGuestInfo *self, GBytes *message)
{
  Sending *sending = g_new (Sending, 1);

  *sending = (Sending) { g_object_ref (self), self->pos, self->epoch };
  self->sending = g_bytes_ref (message);
  tbx_rpci_send_async (self->rpci, message, TBX_RPCI_NONE, NULL, on_item_reply, sending);
}

/* Sends the next thing of the round that the host does not know, and returns; the
 * reply goes on from there. */
static void
guestinfo_step (TbxGuestInfo *self)
{
  if (self->sending != NULL)
    return;
  while (self->pos < N_ITEMS)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) message = items[self->pos].compose (self, &error);

      if (error != NULL)
        guestinfo_item_failed (self, self->pos, error);
      else if (message == NULL
               || (self->told[self->pos] != NULL && g_bytes_equal (self->told[self->pos], message)))
        self->pos++;
      else
        {
          guestinfo_send (self, message);
          return;
        }
    }
  if (self->changed_us != 0 && self->due == NULL)   /* it came during the round */
    guestinfo_arm (self, self->changed_us + COALESCE_US);
}

static void
on_uptime_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxGuestInfo) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  self->uptime_out = FALSE;
  if (error != NULL)
    g_debug ("The host did not take the uptime: %s", error->message);
}

static void
guestinfo_send_uptime (TbxGuestInfo *self)
{
  g_autofree char *uptime = tbx_uptime_read ();
  g_autoptr(GBytes) message = NULL;

  if (uptime == NULL || self->uptime_out)
    return;
  self->uptime_out = TRUE;
  message = tbx_guestinfo_encode_text (TBX_GUESTINFO_UPTIME, uptime);
  tbx_rpci_send_async (self->rpci, message, TBX_RPCI_NONE, NULL, on_uptime_reply,
                       g_object_ref (self));
}

static void
guestinfo_retry (TbxGuestInfo *self)
{
  if (self->epoch > 0 && self->failed != 0 && self->pos == N_ITEMS && self->due == NULL)
    guestinfo_arm (self, 0);
}

static gboolean
on_tick (gpointer user_data)
{
  guestinfo_send_uptime (user_data);
  guestinfo_retry (user_data);
  return G_SOURCE_CONTINUE;
}

static void
on_registering (TbxGuestInfo *self)
{
  guestinfo_send_uptime (self);
  guestinfo_retry (self);
}

/**
 * tbx_guestinfo_refresh:
 * @self: the reporter
 *
 * Forgets what the host was told and tells it everything: after a reset of the
 * channel, and when the machine resumes, for it may be on another host.
 * Source: docs/wire/guestinfo.md, "Cache and resend rules".
 */
void
tbx_guestinfo_refresh (TbxGuestInfo *self)
{
  self->epoch++;
  for (guint i = 0; i < N_ITEMS; i++)
    g_clear_pointer (&self->told[i], g_bytes_unref);
  self->failed = 0;
  self->nic_step = 0;
  self->os_refused = FALSE;
  g_clear_pointer (&self->os, tbx_os_identity_free);
  self->os = tbx_os_identity_read ();
  if (self->tick == NULL)
    {
      self->tick = g_timeout_source_new_seconds (TICK_S);
      g_source_set_static_name (self->tick, "tbx-guestinfo-tick");
      g_source_set_callback (self->tick, on_tick, self, NULL);
      g_source_attach (self->tick, g_main_context_get_thread_default ());
    }
  guestinfo_begin_round (self);
}

/* An answer that is owed to the host. */
typedef struct
{
  TbxGuestInfo   *owner;     /* (owned) */
  TbxTcloRequest *request;   /* (owned) */
  GBytes         *message;   /* (owned) */
  guint           epoch;
} Broadcast;

static void
on_broadcast_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Broadcast *broadcast = user_data;
  g_autoptr(TbxGuestInfo) self = broadcast->owner;
  g_autoptr(TbxTcloRequest) request = broadcast->request;
  g_autoptr(GBytes) message = broadcast->message;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  if (error != NULL)
    {
      g_info ("The host did not take the primary address: %s", error->message);
      self->failed |= 1u << ITEM_IP;
    }
  else if (broadcast->epoch == self->epoch)
    {
      g_clear_pointer (&self->told[ITEM_IP], g_bytes_unref);
      self->told[ITEM_IP] = g_steal_pointer (&message);
      self->failed &= ~(1u << ITEM_IP);
    }
  tbx_tclo_request_return (request, NULL);
}

/* The host waits for the answer, and takes the address before it.  Every value is
 * agreed to, as the other tools do. */
static void
on_broadcast_ip (const char *value, TbxTcloRequest *request, gpointer user_data)
{
  TbxGuestInfo *self = user_data;
  GBytes *message = NULL;
  Broadcast *broadcast;

  if (g_str_equal (value, "1"))
    {
      self->ip_wanted = TRUE;
      message = compose_ip (self, NULL);
    }
  else if (!g_str_equal (value, "0"))
    tbx_log_rpc (G_LOG_LEVEL_INFO, "Set_Option", "broadcastIP is neither 0 nor 1");
  if (message == NULL)
    {
      tbx_tclo_request_return (request, NULL);
      return;
    }
  broadcast = g_new (Broadcast, 1);
  *broadcast = (Broadcast) { g_object_ref (self), tbx_tclo_request_ref (request), message,
                             self->epoch };
  tbx_rpci_send_async (self->rpci, message, TBX_RPCI_NONE, NULL, on_broadcast_reply, broadcast);
}

static void
tbx_guestinfo_dispose (GObject *object)
{
  TbxGuestInfo *self = TBX_GUESTINFO (object);

  tbx_source_clear (&self->due);
  tbx_source_clear (&self->tick);
  G_OBJECT_CLASS (tbx_guestinfo_parent_class)->dispose (object);
}

static void
tbx_guestinfo_finalize (GObject *object)
{
  TbxGuestInfo *self = TBX_GUESTINFO (object);

  for (guint i = 0; i < N_ITEMS; i++)
    g_clear_pointer (&self->told[i], g_bytes_unref);
  g_clear_pointer (&self->sending, g_bytes_unref);
  g_clear_pointer (&self->os, tbx_os_identity_free);
  g_clear_object (&self->rpci);
  g_clear_object (&self->network);
  g_clear_object (&self->primary);
  g_clear_object (&self->hostname);
  G_OBJECT_CLASS (tbx_guestinfo_parent_class)->finalize (object);
}

static void
tbx_guestinfo_class_init (TbxGuestInfoClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_guestinfo_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_guestinfo_finalize;
}

static void
tbx_guestinfo_init (TbxGuestInfo *self)
{
  self->pos = N_ITEMS;
}

/**
 * tbx_guestinfo_new:
 * @tclo: whose resets are heard
 * @rpci: over which the host is told
 * @options: where the host asks for the primary address
 * @capabilities: whose registration the uptime accompanies
 * @network: what there is; its changes are told
 * @primary: likewise
 * @hostname: likewise
 *
 * It must live as long as the requests of @options are served.
 *
 * Returns: (transfer full): a reporter, silent until the first reset
 */
TbxGuestInfo *
tbx_guestinfo_new (TbxTclo         *tclo,
                   TbxRpci         *rpci,
                   TbxOptions      *options,
                   TbxCapabilities *capabilities,
                   TbxNetwork      *network,
                   TbxPrimary      *primary,
                   TbxHostname     *hostname)
{
  TbxGuestInfo *self = g_object_new (TBX_TYPE_GUESTINFO, NULL);

  self->rpci = g_object_ref (rpci);
  self->network = g_object_ref (network);
  self->primary = g_object_ref (primary);
  self->hostname = g_object_ref (hostname);
  g_signal_connect_object (tclo, "reset", G_CALLBACK (tbx_guestinfo_refresh), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (capabilities, "registering", G_CALLBACK (on_registering), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (network, "changed", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (primary, "notify::address", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (hostname, "notify::name", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  tbx_options_add (options, "broadcastIP", on_broadcast_ip, self);
  return self;
}
