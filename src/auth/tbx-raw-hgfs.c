/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-raw-hgfs.h"
#include "tbx-vix-reply.h"
#include <string.h>

#define COMMAND "f"

/* In front of the packet in the body of the VIX request that carries one: its size, and
 * a time that means nothing. */
#define BODY_HEAD_BYTES  8
#define MIN_PACKET_BYTES 8

/* PAM is asked again after this whether the account may be used. */
#define FRESH_US (60 * G_USEC_PER_SEC)

struct _TbxRawHgfs
{
  grefcount      ref_count;     /* a request that waits keeps it */
  TbxTclo       *tclo;          /* (owned) */
  TbxWorkerPool *pool;          /* (owned) */
  TbxPolicy     *policy;        /* (owned) */
  char          *name;          /* of the account (owned), or NULL: all is refused */
  TbxAccount    *account;       /* who that is (owned), or NULL: PAM is to be asked */
  gint64         verified_us;   /* when it was, monotonic time */
};

/* One packet, until it is answered. */
typedef struct
{
  TbxRawHgfs     *owner;     /* (owned) */
  TbxTcloRequest *request;   /* (owned) */
  GByteArray     *body;      /* as of a VIX request (owned) */
  const TbxVixOpcodeInfo *info;   /* what the policy goes by */
} Packet;

static TbxRawHgfs *
raw_ref (TbxRawHgfs *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

static void
raw_unref (TbxRawHgfs *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;
  g_object_unref (self->tclo);
  g_object_unref (self->pool);
  tbx_policy_unref (self->policy);
  g_clear_pointer (&self->account, tbx_account_unref);
  g_free (self->name);
  g_free (self);
}

static void
packet_free (Packet *packet)
{
  tbx_tclo_request_unref (packet->request);
  g_byte_array_unref (packet->body);
  raw_unref (packet->owner);
  g_free (packet);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Packet, packet_free)

static void
packet_fail (Packet *packet, guint32 code)
{
  g_autofree char *text = g_strdup_printf ("HGFS: %s", tbx_vix_code_get_name (code));

  tbx_tclo_request_return_error (packet->request, text);
}

static void
on_replied (guint32 code, int error_number, GBytes *reply, gpointer user_data)
{
  g_autoptr(Packet) packet = user_data;
  g_autoptr(GBytes) result = NULL;
  TbxVixReply answer;
  gconstpointer data;
  gsize size;

  if (code == TBX_VIX_OK)
    {
      data = g_bytes_get_data (reply, &size);
      code = tbx_vix_reply_decode (data, size, TRUE, &answer);
    }
  if (code != TBX_VIX_OK)
    {
      packet_fail (packet, code);
      return;
    }
  result = g_bytes_new (answer.payload, answer.payload_size);
  tbx_tclo_request_return (packet->request, result);
}

static void
packet_hand_over (Packet *packet, TbxWorker *worker)
{
  const TbxWorkerRequest request = {
    .opcode = TBX_WORKER_RAW_HGFS,
    .body_size = packet->body->len,
  };

  tbx_worker_request (worker, &request, packet->body->data, TRUE, on_replied, packet);
}

static TbxVixCode
on_admit (TbxAccount *account, gpointer user_data)
{
  Packet *packet = user_data;

  return tbx_policy_check_user (packet->owner->policy, packet->info, account->name,
                                account->groups);
}

static void
on_logged_in (const TbxLoginVerdict *verdict,
              TbxAccount            *account,
              TbxWorker             *worker,
              gpointer               user_data)
{
  g_autoptr(Packet) packet = user_data;
  TbxRawHgfs *self = packet->owner;

  if (verdict->code != TBX_VIX_OK)
    {
      g_warning ("HGFS packets without credentials are not served: %s, at %s (PAM %d)",
                 tbx_vix_code_get_name (verdict->code), tbx_worker_step_get_name (verdict->step),
                 verdict->pam_code);
      packet_fail (packet, verdict->code);
      return;
    }
  g_clear_pointer (&self->account, tbx_account_unref);
  self->account = tbx_account_ref (account);
  self->verified_us = g_get_monotonic_time ();
  packet_hand_over (g_steal_pointer (&packet), worker);
}

/* Finds the worker, or has one made by the administrator's word instead of a password. */
static void
packet_serve (Packet *packet)
{
  TbxRawHgfs *self = packet->owner;
  TbxWorker *worker = NULL;
  TbxVixCode code;

  if (self->account != NULL && g_get_monotonic_time () - self->verified_us < FRESH_US)
    worker = tbx_worker_pool_find (self->pool, self->account);
  if (worker == NULL)
    {
      tbx_worker_pool_login (self->pool, self->name, TBX_WORKER_PROOF_NAMED, NULL, on_admit, on_logged_in, packet);
      return;
    }
  code = on_admit (self->account, packet);
  if (code == TBX_VIX_OK)
    packet_hand_over (packet, worker);
  else
    {
      packet_fail (packet, code);
      packet_free (packet);
    }
}

static void
handle_packet (TbxTcloRequest *request, gpointer user_data)
{
  TbxRawHgfs *self = user_data;
  gsize size;
  const guint8 *args = tbx_tclo_request_get_args (request, &size);
  const TbxVixOpcodeInfo *info = tbx_policy_opcode_of_packet (args, size);
  const guint32 head[] = { GUINT32_TO_LE ((guint32) size), 0 };
  Packet *packet;

  G_STATIC_ASSERT (sizeof head == BODY_HEAD_BYTES);
  if (size == 0)
    tbx_tclo_request_return (request, NULL);
  else if (size < MIN_PACKET_BYTES)
    tbx_tclo_request_return_error (request, "HGFS: packet too short");
  else if (size > TBX_WORKER_BODY_MAX_BYTES - BODY_HEAD_BYTES)
    tbx_tclo_request_return_error (request, "HGFS: packet too large");
  else if (tbx_policy_check (self->policy, info) != TBX_VIX_OK)
    tbx_tclo_request_return_error (request, "HGFS: not allowed");
  else
    {
      packet = g_new (Packet, 1);
      *packet = (Packet) { raw_ref (self), tbx_tclo_request_ref (request), g_byte_array_new (),
                           info };
      g_byte_array_append (packet->body, (const guint8 *) head, sizeof head);
      g_byte_array_append (packet->body, args, (guint) size);
      packet_serve (packet);
    }
}

/**
 * tbx_raw_hgfs_set_policy:
 * @self: the object
 * @policy: what passes from now on
 * @name: (nullable): of the account that serves the packets; %NULL or empty: none, they
 *   are answered like an unknown command
 */
void
tbx_raw_hgfs_set_policy (TbxRawHgfs *self, TbxPolicy *policy, const char *name)
{
  const gboolean on = name != NULL && name[0] != '\0';

  tbx_policy_ref (policy);
  tbx_policy_unref (self->policy);
  self->policy = policy;
  g_clear_pointer (&self->account, tbx_account_unref);
  if (on && self->name == NULL)
    tbx_tclo_add_command (self->tclo, COMMAND, handle_packet, self);
  else if (!on && self->name != NULL)
    tbx_tclo_remove_command (self->tclo, COMMAND);
  g_free (self->name);
  self->name = on ? g_strdup (name) : NULL;
}

/**
 * tbx_raw_hgfs_new:
 * @tclo: the host's requests
 * @pool: has the workers
 *
 * Source: docs/wire/hgfs.md, "Raw TCLO command".
 *
 * Returns: (transfer full): refuses all; free with tbx_raw_hgfs_free()
 */
TbxRawHgfs *
tbx_raw_hgfs_new (TbxTclo *tclo, TbxWorkerPool *pool)
{
  TbxRawHgfs *self = g_new0 (TbxRawHgfs, 1);

  g_ref_count_init (&self->ref_count);
  self->tclo = g_object_ref (tclo);
  self->pool = g_object_ref (pool);
  self->policy = tbx_policy_new ();
  return self;
}

void
tbx_raw_hgfs_free (TbxRawHgfs *self)
{
  if (self->name != NULL)
    tbx_tclo_remove_command (self->tclo, COMMAND);
  g_clear_pointer (&self->name, g_free);
  raw_unref (self);
}
