/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-rpci.h"
#include "tbx-error.h"
#include "tbx-sim-setinfo.h"
#include <string.h>

#define MAX_OVERRIDES 64

typedef struct
{
  char   *prefix;   /* of requests that get it; owned */
  GBytes *reply;    /* the whole reply, owned */
} Override;

struct _TbxSimRpci
{
  TbxSimGuest *guest;       /* what the commands work on; not owned */
  GPtrArray   *overrides;   /* of Override *, owned; the latest first */
};

/* The arguments of a command; @text has a NUL after its end that is not counted. */
typedef struct
{
  const char *name;
  const char *text;   /* what follows the first space */
  gsize       size;   /* bytes; a last counted NUL is taken off */
  GBytes     *whole;  /* the request as it came */
} Call;

/* Returns whether the command succeeded; its result or error text goes to @out. */
typedef gboolean (*Handler) (TbxSimGuest *guest, const Call *call, GByteArray *out);

static gboolean
say (GByteArray *out, gboolean succeeded, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, strlen (text));
  return succeeded;
}

static gboolean
is_text (const Call *call)
{
  return g_utf8_validate_len (call->text, call->size, NULL);
}

static gboolean
cmd_info_set (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  const char *space = memchr (call->text, ' ', call->size);
  gsize length = space != NULL ? (gsize) (space - call->text) : call->size;
  gsize at = MIN (length + 1, call->size);
  g_autofree char *key = g_strndup (call->text, length);
  g_autoptr(GBytes) value = g_bytes_new (call->text + at, call->size - at);
  g_autoptr(GError) error = NULL;

  if (tbx_sim_guest_set_variable (guest, key, value, &error))
    return TRUE;
  return say (out, FALSE, error->message);
}

static gboolean
cmd_info_get (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  GBytes *value = tbx_sim_guest_get_variable (guest, call->text);
  gsize size;
  gconstpointer data;

  if (value == NULL)
    return say (out, FALSE, "No value found");
  data = g_bytes_get_data (value, &size);
  g_byte_array_append (out, data, (guint) size);
  return TRUE;
}

static gboolean
cmd_set_guest_info (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  g_autoptr(GError) error = NULL;

  if (tbx_sim_set_guest_info (guest, call->whole, &error))
    return TRUE;
  return say (out, FALSE, error->message);
}

/* "VERSION" or "VERSION TYPE", decimal. */
static gboolean
set_version (TbxSimGuest *guest, const Call *call, gboolean with_type, GByteArray *out)
{
  g_auto(GStrv) words = g_strsplit (call->text, " ", 3);
  guint64 version;
  guint64 type = 0;

  if (g_strv_length (words) != (with_type ? 2 : 1)
      || !g_ascii_string_to_unsigned (words[0], 10, 0, G_MAXUINT32, &version, NULL)
      || (with_type && !g_ascii_string_to_unsigned (words[1], 10, 0, 255, &type, NULL)))
    return say (out, FALSE, "Invalid arguments");
  g_free (guest->version);
  guest->version = g_strdup_printf ("%" G_GUINT64_FORMAT, version);
  guest->install_type = with_type ? (int) type : -1;
  return TRUE;
}

static gboolean
cmd_set_version (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  return set_version (guest, call, FALSE, out);
}

static gboolean
cmd_set_version_type (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  return set_version (guest, call, TRUE, out);
}

/* "INDEX=VALUE …": the numbered capabilities, kept as "features.INDEX". */
static gboolean
set_features (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  g_auto(GStrv) pairs = g_strsplit (call->text, " ", 64);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      char *value = strchr (pairs[i], '=');
      g_autofree char *name = NULL;

      if (pairs[i][0] == '\0')
        continue;
      if (value == NULL || !g_ascii_isdigit (pairs[i][0]))
        return say (out, FALSE, "Invalid arguments");
      *value++ = '\0';
      name = g_strconcat ("features.", pairs[i], NULL);
      if (!tbx_sim_guest_set_text (guest->capabilities, name, value, TBX_SIM_MAX_CAPABILITIES))
        return say (out, FALSE, "Too many capabilities");
    }
  return TRUE;
}

static gboolean
cmd_capability (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  const char *name = call->name + strlen ("tools.capability.");

  if (!is_text (call) || *name == '\0')
    return say (out, FALSE, "Invalid arguments");
  if (strcmp (name, "features") == 0)
    return set_features (guest, call, out);
  if (!tbx_sim_guest_set_text (guest->capabilities, name, call->text, TBX_SIM_MAX_CAPABILITIES))
    return say (out, FALSE, "Too many capabilities");
  return TRUE;
}

static gboolean
keep_text (char **field, const Call *call, GByteArray *out)
{
  if (!is_text (call) || call->size == 0)
    return say (out, FALSE, "Invalid arguments");
  g_free (*field);
  *field = g_strdup (call->text);
  return TRUE;
}

static gboolean
cmd_unified_loop (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  return keep_text (&guest->loop_owner, call, out);
}

static gboolean
cmd_health (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  return keep_text (&guest->health, call, out);
}

static gboolean
cmd_log (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  tbx_sim_guest_add_log (guest, call->text);
  return TRUE;
}

static gboolean
cmd_state_change (TbxSimGuest *guest, const Call *call, GByteArray *out)
{
  g_auto(GStrv) words = g_strsplit (call->text, " ", 3);
  guint64 succeeded;
  guint64 state;

  if (g_strv_length (words) != 2
      || !g_ascii_string_to_unsigned (words[0], 10, 0, 1, &succeeded, NULL)
      || !g_ascii_string_to_unsigned (words[1], 10, 1, 5, &state, NULL))
    return say (out, FALSE, "Invalid arguments");
  tbx_sim_guest_add_state (guest, (guint) state, succeeded != 0);
  return TRUE;
}

/* Names that end with a dot stand for all that begin with them. */
static const struct
{
  const char *name;
  Handler     handler;
} commands[] = {
  { "info-set", cmd_info_set },
  { "info-get", cmd_info_get },
  { "SetGuestInfo", cmd_set_guest_info },
  { "tools.set.version", cmd_set_version },
  { "tools.set.versiontype", cmd_set_version_type },
  { "tools.capability.", cmd_capability },
  { "vmx.capability.unified_loop", cmd_unified_loop },
  { "log", cmd_log },
  { "tools.os.statechange.status", cmd_state_change },
  { "update.tools.health", cmd_health },
};

static Handler
find_handler (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (strcmp (commands[i].name, name) == 0)
        return commands[i].handler;
      if (g_str_has_suffix (commands[i].name, ".") && g_str_has_prefix (name, commands[i].name))
        return commands[i].handler;
    }
  return NULL;
}

static void
override_free (gpointer data)
{
  Override *override = data;

  g_free (override->prefix);
  g_bytes_unref (override->reply);
  g_free (override);
}

TbxSimRpci *
tbx_sim_rpci_new (TbxSimGuest *guest)
{
  TbxSimRpci *self = g_new0 (TbxSimRpci, 1);

  self->guest = guest;
  self->overrides = g_ptr_array_new_with_free_func (override_free);
  return self;
}

void
tbx_sim_rpci_free (TbxSimRpci *self)
{
  g_ptr_array_unref (self->overrides);
  g_free (self);
}

static GBytes *
find_override (TbxSimRpci *self, const guint8 *request, gsize size)
{
  for (guint i = 0; i < self->overrides->len; i++)
    {
      const Override *override = g_ptr_array_index (self->overrides, i);
      gsize length = strlen (override->prefix);

      if (length <= size && memcmp (override->prefix, request, length) == 0)
        return g_bytes_ref (override->reply);
    }
  return NULL;
}

/**
 * tbx_sim_rpci_run:
 * @self: the commands
 * @request: what the guest asks; any bytes
 *
 * Source: docs/wire/transport.md, "RPCI: guest-to-host requests".
 *
 * Returns: (transfer full): the reply, which a test may have made anything
 */
GBytes *
tbx_sim_rpci_run (TbxSimRpci *self, GBytes *request)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (request, &size);
  GBytes *forced = find_override (self, data, size);
  g_autofree char *copy = NULL;
  g_autofree char *name = NULL;
  GByteArray *out;
  Handler handler;
  Call call;
  gsize name_size;

  if (forced != NULL)
    return forced;
  copy = g_malloc (size + 1);
  if (size > 0)
    memcpy (copy, data, size);
  copy[size] = '\0';
  name_size = strcspn (copy, " ");
  name = g_strndup (copy, name_size);
  call = (Call) { .name = name, .whole = request };
  call.text = copy + MIN (size, name_size + 1);
  call.size = size - (gsize) (call.text - copy);
  if (call.size > 0 && call.text[call.size - 1] == '\0')
    call.size--;

  out = g_byte_array_new ();
  g_byte_array_append (out, (const guint8 *) "1 ", 2);
  handler = find_handler (name);
  if (handler == NULL)
    say (out, FALSE, "Unknown command");
  if (handler == NULL || !handler (self->guest, &call, out))
    out->data[0] = '0';
  return g_byte_array_free_to_bytes (out);
}

/**
 * tbx_sim_rpci_override:
 * @self: the commands
 * @prefix: first bytes of the requests that are meant: "SetGuestInfo  10"
 * @reply: what they get; need not be a proper reply
 * @error: return location for an error
 *
 * Makes a host that knows less, or that is broken.  Such a request has no effect.
 * The latest that fits wins; the same @prefix again replaces the reply.
 * Errors: `TBX_ERROR_TOO_LARGE` when there are too many.
 */
gboolean
tbx_sim_rpci_override (TbxSimRpci *self, const char *prefix, GBytes *reply, GError **error)
{
  Override *override;

  tbx_sim_rpci_restore (self, prefix);
  if (self->overrides->len >= MAX_OVERRIDES)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%d replies are set already",
                   MAX_OVERRIDES);
      return FALSE;
    }
  override = g_new (Override, 1);
  override->prefix = g_strdup (prefix);
  override->reply = g_bytes_ref (reply);
  g_ptr_array_insert (self->overrides, 0, override);
  return TRUE;
}

/**
 * tbx_sim_rpci_restore:
 * @self: the commands
 * @prefix: as given to [func@Tbx.SimRpci.override]; "" for all
 *
 * Returns: how many were taken away
 */
guint
tbx_sim_rpci_restore (TbxSimRpci *self, const char *prefix)
{
  guint n = 0;

  for (guint i = self->overrides->len; i-- > 0;)
    {
      const Override *override = g_ptr_array_index (self->overrides, i);

      if (*prefix != '\0' && strcmp (override->prefix, prefix) != 0)
        continue;
      g_ptr_array_remove_index (self->overrides, i);
      n++;
    }
  return n;
}
