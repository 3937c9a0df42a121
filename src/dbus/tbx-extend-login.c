/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-login.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* All authenticators together. */
#define ROUND_MS 5000

/* Name, password, a zero byte after each: less than a pipe takes at once. */
#define CREDENTIALS_MAX_BYTES (TBX_VIX_USER_NAME_MAX_BYTES + TBX_WORKER_PASSWORD_MAX_BYTES + 2)

struct _TbxExtendLogin
{
  GObject        parent_instance;
  TbxExtensions *extensions;   /* owned */
  TbxLogin      *login;        /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExtendLogin, tbx_extend_login, G_TYPE_OBJECT)

/* One name and password, about which they are asked one by one. */
typedef struct
{
  TbxExtendLogin      *owner;        /* owned */
  GPtrArray           *left;         /* of TbxExtension (owned): who is still to be asked */
  const char          *name;         /* the asker's, until @done is called */
  const char          *password;     /* likewise; secret */
  gint64               deadline_us;  /* of all, monotonic time */
  TbxAuthenticatorDone done;
  gpointer             done_data;
} Round;

static void round_proceed (Round *round);

static void
round_end (Round *round, TbxAuthenticatorVerdict verdict)
{
  round->done (verdict, round->done_data);
  g_ptr_array_unref (round->left);
  g_object_unref (round->owner);
  g_free (round);
}

/* What is read once is gone, and nothing of it can be swapped out: unlike in a file in
 * memory, or in a message of the bus. */
static int
open_credentials (const char *name, const char *password, GError **error)
{
  char text[CREDENTIALS_MAX_BYTES];
  gsize name_size = strlen (name) + 1, password_size = strlen (password) + 1;
  int ends[2] = { -1, -1 };
  gboolean written = FALSE;

  if (name_size + password_size <= sizeof text && pipe2 (ends, O_CLOEXEC) == 0)
    {
      memcpy (text, name, name_size);
      memcpy (text + name_size, password, password_size);
      written = write (ends[1], text, name_size + password_size)
                == (gssize) (name_size + password_size);
      explicit_bzero (text, sizeof text);
      close (ends[1]);
    }
  if (written)
    return ends[0];
  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "no pipe: %s", g_strerror (errno));
  if (ends[0] >= 0)
    close (ends[0]);
  return -1;
}

static gboolean
take_verdict (GVariant *reply, TbxAuthenticatorVerdict *verdict, GError **error)
{
  const char *word;

  g_variant_get (reply, "(&s)", &word);
  if (g_str_equal (word, "yes"))
    *verdict = TBX_AUTHENTICATOR_YES;
  else if (g_str_equal (word, "no"))
    *verdict = TBX_AUTHENTICATOR_NO;
  else if (g_str_equal (word, "unknown"))
    *verdict = TBX_AUTHENTICATOR_UNKNOWN;
  else
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "its answer is no verdict");
      return FALSE;
    }
  return TRUE;
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  g_autoptr(GError) error = NULL;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);
  TbxAuthenticatorVerdict verdict = TBX_AUTHENTICATOR_UNKNOWN;

  if (reply == NULL || !take_verdict (reply, &verdict, &error))
    tbx_extension_log_failure (agent, error);
  if (verdict == TBX_AUTHENTICATOR_UNKNOWN)
    round_proceed (round);
  else
    {
      g_info ("Authenticator %s says %s", tbx_extension_get_client (agent),
              verdict == TBX_AUTHENTICATOR_YES ? "yes" : "no");
      round_end (round, verdict);
    }
}

/* Who hangs does not take the turn of the others. */
static guint
round_share_ms (const Round *round)
{
  gint64 left_ms = (round->deadline_us - g_get_monotonic_time ()) / 1000;

  return (guint) MAX (left_ms / (round->left->len + 1), 1);
}

/* Asks the next one, who may be none. */
static void
round_proceed (Round *round)
{
  while (round->left->len > 0)
    {
      g_autoptr(TbxExtension) agent = g_ptr_array_steal_index (round->left, 0);
      g_autoptr(GUnixFDList) fds = NULL;
      g_autoptr(GError) error = NULL;
      guint share_ms = round_share_ms (round);
      int fd;

      if (!tbx_extensions_contains (round->owner->extensions, agent))
        continue;
      fd = open_credentials (round->name, round->password, &error);
      if (fd < 0)
        {
          tbx_extension_log_failure (agent, error);
          continue;
        }
      fds = g_unix_fd_list_new_from_array (&fd, 1);   /* takes it */
      tbx_extension_call_async (agent, "Verify",
                                g_variant_new ("(ht)", 0, tbx_extension_deadline_us (share_ms)), fds,
                                "(s)", share_ms, on_verified, round);
      return;
    }
  round_end (round, TBX_AUTHENTICATOR_UNKNOWN);
}

static void
authenticate (const char          *name,
              const char          *password,
              TbxAuthenticatorDone done,
              gpointer             done_data,
              gpointer             user_data)
{
  TbxExtendLogin *self = user_data;
  Round *round = g_new (Round, 1);

  *round = (Round) {
    .owner = g_object_ref (self),
    .left = tbx_extensions_list (self->extensions, TBX_EXTENSION_AUTHENTICATOR),
    .name = name,
    .password = password,
    .deadline_us = g_get_monotonic_time () + ROUND_MS * 1000,
    .done = done,
    .done_data = done_data,
  };
  round_proceed (round);
}

/* What others said, or who has left, may be otherwise now. */
static void
on_changed (TbxExtendLogin *self, TbxExtension *entry)
{
  if (tbx_extension_get_kind (entry) == TBX_EXTENSION_AUTHENTICATOR)
    tbx_login_forget_all (self->login);
}

static void
tbx_extend_login_dispose (GObject *object)
{
  TbxExtendLogin *self = TBX_EXTEND_LOGIN (object);

  if (self->login != NULL)
    tbx_login_set_authenticator (self->login, NULL, NULL);
  g_clear_object (&self->login);
  g_clear_object (&self->extensions);
  G_OBJECT_CLASS (tbx_extend_login_parent_class)->dispose (object);
}

static void
tbx_extend_login_class_init (TbxExtendLoginClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extend_login_dispose;
}

static void
tbx_extend_login_init (TbxExtendLogin *self)
{
}

/**
 * tbx_extend_login_new:
 * @extensions: what is registered; nothing yet
 * @login: the object that verifies
 *
 * Authenticators are asked by priority; the first who knows has the word.
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendLogin *
tbx_extend_login_new (TbxExtensions *extensions, TbxLogin *login)
{
  TbxExtendLogin *self = g_object_new (TBX_TYPE_EXTEND_LOGIN, NULL);

  self->extensions = g_object_ref (extensions);
  self->login = g_object_ref (login);
  tbx_login_set_authenticator (login, authenticate, self);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}
