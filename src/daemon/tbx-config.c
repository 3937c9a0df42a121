/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-config.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include "tbx-transport.h"
#include "tbx-worker-codec.h"
#include <string.h>

#define POLICY_GROUP "guest-operations"

#define MAX_FILE_BYTES  (1024 * 1024)
#define MAX_VALUE_BYTES 4096

typedef enum
{
  KIND_TEXT,
  KIND_NUMBER,
  KIND_SIZE,     /* bytes; K, M or G may stand behind it */
  KIND_SWITCH,
} Kind;

/* One row a key.  A check returns FALSE, with an error, for a value it refuses. */
typedef struct
{
  const char *group;
  const char *key;
  const char *fallback;
  gsize       offset;     /* of the field in TbxConfig */
  gboolean  (*check) (const char *value, GError **error);   /* of a string */
  guint       min, max;   /* of a number or a size */
  Kind        kind;
} Key;

static gboolean
check_transport (const char *value, GError **error)
{
  g_autoptr(TbxTransport) transport = tbx_transport_new (value, error);

  return transport != NULL;
}

static gboolean
check_globs (const char *value, GError **error)
{
  if (strlen (value) <= MAX_VALUE_BYTES)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "longer than %d bytes", MAX_VALUE_BYTES);
  return FALSE;
}

static gboolean
check_path (const char *value, GError **error)
{
  if (value[0] == '\0' || (value[0] == '/' && strlen (value) <= MAX_VALUE_BYTES))
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "no absolute path");
  return FALSE;
}

static gboolean
check_inhibitors (const char *value, GError **error)
{
  if (strcmp (value, "override") == 0 || strcmp (value, "refuse") == 0)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "neither “override” nor “refuse”");
  return FALSE;
}

/* What comes without credentials is served by an account that may do little. */
static gboolean
check_account (const char *value, GError **error)
{
  if (strlen (value) <= TBX_WORKER_NAME_MAX_BYTES && strcmp (value, "root") != 0)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "no account without privileges");
  return FALSE;
}

static gboolean
check_authenticator (const char *value, GError **error)
{
  if (strcmp (value, "before") == 0 || strcmp (value, "instead") == 0 || strcmp (value, "never") == 0)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED,
                       "none of “before”, “instead” and “never”");
  return FALSE;
}

#define FIELD(name) G_STRUCT_OFFSET (TbxConfig, name)

static const Key keys[] = {
  { "toolboxd", "transport", "auto", FIELD (transport), check_transport },
  { "guestinfo", "primary-nics", "", FIELD (primary_nics), check_globs },
  { "guestinfo", "low-priority-nics", "", FIELD (low_priority_nics), check_globs },
  { "guestinfo", "exclude-nics", TBX_NIC_EXCLUDE_DEFAULT, FIELD (exclude_nics), check_globs },
  { POLICY_GROUP, "timeout-ms", "5000", FIELD (timeout_ms), NULL, 100, 60 * 1000, KIND_NUMBER },
  { POLICY_GROUP, "stream-limit", "16M", FIELD (stream_limit_bytes), NULL,
    TBX_WORKER_STREAM_MIN_BYTES, TBX_WORKER_STREAM_MAX_BYTES, KIND_SIZE },
  { POLICY_GROUP, "http-round-trip", "true", FIELD (http_round_trip), .kind = KIND_SWITCH },
  { POLICY_GROUP, "archive-transfers", "true", FIELD (archive_transfers), .kind = KIND_SWITCH },
  { POLICY_GROUP, "raw-hgfs", "", FIELD (raw_hgfs), check_account },
  { POLICY_GROUP, "session-idle-s", "600", FIELD (session_idle_s), NULL,
    TBX_WORKER_SESSION_MIN_S, TBX_WORKER_SESSION_MAX_S, KIND_NUMBER },
  { "auth", "pam-directory", "", FIELD (pam_directory), check_path },
  { "auth", "authenticator", "before", FIELD (authenticator), check_authenticator },
  { "auth", "worker-idle-s", "300", FIELD (worker_idle_s), NULL, 1, 24 * 3600, KIND_NUMBER },
  { "power", "deadline-ms", "10000", FIELD (power_deadline_ms), NULL, 100, 10 * 60 * 1000,
    KIND_NUMBER },
  { "power", "directory", "/etc/toolboxd/power.d", FIELD (power_directory), check_path },
  { "power", "shutdown-command", "/sbin/shutdown", FIELD (shutdown_command), check_path },
  { "power", "inhibitors", "override", FIELD (inhibitors), check_inhibitors },
  { "power", "inhibitor-wait-ms", "30000", FIELD (inhibitor_wait_ms), NULL, 1, 10 * 60 * 1000,
    KIND_NUMBER },
};

static const Key *
find_key (const char *group, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].key, name) == 0)
      return &keys[i];
  return NULL;
}

static gboolean
is_known_group (const char *group)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, group) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
set_text (const Key *key, const char *value, char **field, GError **error)
{
  if (key->check != NULL && !key->check (value, error))
    return FALSE;
  g_free (*field);
  *field = g_strdup (value);
  return TRUE;
}

static gboolean
set_number (const Key *key, const char *value, guint *field, GError **error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, key->min, key->max, &number, error))
    return FALSE;
  *field = (guint) number;
  return TRUE;
}

static gboolean
set_size (const Key *key, const char *value, guint *field, GError **error)
{
  static const char units[] = "KMG";
  gsize length = strlen (value);
  const char *unit = length > 0 ? strchr (units, value[length - 1]) : NULL;
  guint shift = unit == NULL || *unit == '\0' ? 0 : (guint) (unit - units + 1) * 10;
  g_autofree char *digits = g_strndup (value, length - (shift > 0 ? 1 : 0));
  guint64 number;

  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT32, &number, error))
    return FALSE;
  if (number << shift < key->min || number << shift > key->max)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "not between %uK and %uM",
                   key->min / 1024, key->max / (1024 * 1024));
      return FALSE;
    }
  *field = (guint) (number << shift);
  return TRUE;
}

/* What switches something off, badly written, switches it off. */
static gboolean
set_switch (const char *value, gboolean *field, GError **error)
{
  *field = strcmp (value, "true") == 0;
  if (*field || strcmp (value, "false") == 0)
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED,
                       "neither “true” nor “false”; it is off until that is mended");
  return FALSE;
}

/* Puts a value into its field, if it is a good one. */
static gboolean
set_field (TbxConfig *self, const Key *key, const char *value, GError **error)
{
  gpointer field = (guint8 *) self + key->offset;

  switch (key->kind)
    {
    case KIND_NUMBER:
      return set_number (key, value, field, error);
    case KIND_SIZE:
      return set_size (key, value, field, error);
    case KIND_SWITCH:
      return set_switch (value, field, error);
    default:
      return set_text (key, value, field, error);
    }
}

/* Finds the line on which a group, or a key in it, stands last: what GKeyFile takes
 * the value from, but does not tell. */
static guint
find_line (const char *text, const char *group, const char *key)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean inside = FALSE;
  guint found = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strlen (line);

      if (line[0] == '[' && line[length - 1] == ']')
        {
          line[length - 1] = '\0';
          inside = strcmp (line + 1, group) == 0;
          if (inside && key == NULL)
            found = i + 1;
        }
      else if (inside && key != NULL && g_str_has_prefix (line, key))
        {
          line = g_strchug (line + strlen (key));
          if (line[0] == '=')
            found = i + 1;
        }
    }
  return found;
}

/* The first line that is neither a group, a pair, a comment nor blank. */
static guint
find_bad_line (const char *text)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean grouped = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strlen (line);
      gboolean group = line[0] == '[' && line[length - 1] == ']' && length > 2;

      grouped |= group;
      if (line[0] == '\0' || line[0] == '#' || group)
        continue;
      if (!grouped || line[0] == '=' || strchr (line, '=') == NULL
          || !g_utf8_validate (line, (gssize) length, NULL))
        return i + 1;
    }
  return 0;
}

static guint
last_line (const char *text)
{
  guint line = 1;

  for (; *text != '\0'; text++)
    line += *text == '\n';
  return line;
}

static void
complain (GPtrArray *problems, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
complain (GPtrArray *problems, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  valid = g_utf8_make_valid (text, -1);
  g_ptr_array_add (problems, g_steal_pointer (&valid));
}

/* Where a value stands, for messages. */
typedef struct
{
  const char *name;       /* of the file */
  const char *text;       /* of the file */
  GKeyFile   *file;
  GPtrArray  *problems;
} Source;

/* The keys of a group, each once: GKeyFile tells one as often as it stands there, and
 * takes the value that stands last. */
static char **
source_dup_keys (const Source *source, const char *group)
{
  g_auto(GStrv) all = g_key_file_get_keys (source->file, group, NULL, NULL);
  g_autoptr(GStrvBuilder) once = g_strv_builder_new ();

  for (guint i = 0; all != NULL && all[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) all + i + 1, all[i]))
      g_strv_builder_add (once, all[i]);
  return g_strv_builder_end (once);
}

static void
complain_key (const Source *source, const char *group, const char *key, const char *why)
{
  complain (source->problems, "%s:%u: [%s] %s: %s", source->name,
            find_line (source->text, group, key), group, key, why);
}

static void
take_value (TbxConfig *self, const Source *source, const char *group, const char *key_name)
{
  const Key *key = find_key (group, key_name);
  g_autoptr(GError) error = NULL;
  g_autofree char *value = NULL;

  if (key == NULL)
    {
      complain_key (source, group, key_name, "unknown key");
      return;
    }
  /* GLib may return a value along with an error. */
  value = g_key_file_get_string (source->file, group, key_name, &error);
  if (error != NULL || !set_field (self, key, value, &error))
    complain_key (source, group, key_name, error->message);
}

static gboolean
take_methods (const Source *source, const char *group, const char *key, char ***methods)
{
  g_autoptr(GError) error = NULL;
  gboolean good = TRUE;

  *methods = g_key_file_get_string_list (source->file, group, key, NULL, &error);
  if (error != NULL)
    complain_key (source, group, key, error->message);
  for (char **method = *methods; method != NULL && *method != NULL; method++)
    if (!tbx_vix_method_is_known (*method))
      {
        g_autofree char *why = g_strdup_printf ("“%s” is no guest operation", *method);

        complain_key (source, group, key, why);
        good = FALSE;
      }
  return good && error == NULL;
}

static gboolean
take_switch (const Source *source, const char *group, const char *key, gboolean *on)
{
  g_autoptr(GError) error = NULL;

  *on = g_key_file_get_boolean (source->file, group, key, &error);
  if (error != NULL)
    complain_key (source, group, key, error->message);
  return error == NULL;
}

/* A rule fails closed: what cannot be read switches off, for the administrator meant
 * to limit something. */
static void
take_rule (TbxConfig *self, const Source *source, const char *group, TbxPolicyScope scope,
           const char *who)
{
  g_auto(GStrv) names = source_dup_keys (source, group);
  TbxPolicyRule rule = { .enabled = TRUE };
  gboolean good = TRUE;

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], "enabled") == 0)
      good &= take_switch (source, group, names[i], &rule.enabled);
    else if (strcmp (names[i], "deny") == 0)
      good &= take_methods (source, group, names[i], &rule.deny);
    else if (strcmp (names[i], "allow") == 0)
      good &= take_methods (source, group, names[i], &rule.allow);
    else if (scope != TBX_POLICY_ALL)
      complain_key (source, group, names[i], "unknown key");
  if (!good)
    complain (source->problems, "%s:%u: [%s]: guest operations are off here until that is mended",
              source->name, find_line (source->text, group, NULL), group);
  rule.enabled &= good;
  tbx_policy_set_rule (self->policy, scope, who, &rule);
  g_strfreev (rule.deny);
  g_strfreev (rule.allow);
}

static gboolean
is_rule_key (const char *group, const char *key)
{
  return strcmp (group, POLICY_GROUP) == 0
         && (strcmp (key, "enabled") == 0 || strcmp (key, "deny") == 0 || strcmp (key, "allow") == 0);
}

static void
take_group (TbxConfig *self, const Source *source, const char *group)
{
  g_auto(GStrv) names = source_dup_keys (source, group);

  if (g_str_has_prefix (group, POLICY_GROUP " user ") && group[strlen (POLICY_GROUP " user ")])
    take_rule (self, source, group, TBX_POLICY_USER, group + strlen (POLICY_GROUP " user "));
  else if (g_str_has_prefix (group, POLICY_GROUP " group ") && group[strlen (POLICY_GROUP " group ")])
    take_rule (self, source, group, TBX_POLICY_GROUP, group + strlen (POLICY_GROUP " group "));
  else if (!is_known_group (group))
    complain (source->problems, "%s:%u: [%s]: unknown group", source->name,
              find_line (source->text, group, NULL), group);
  else
    {
      if (strcmp (group, POLICY_GROUP) == 0)
        take_rule (self, source, group, TBX_POLICY_ALL, NULL);
      for (guint i = 0; names[i] != NULL; i++)
        if (!is_rule_key (group, names[i]))
          take_value (self, source, group, names[i]);
    }
}

static TbxConfig *
config_new (void)
{
  TbxConfig *self = g_new0 (TbxConfig, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    set_field (self, &keys[i], keys[i].fallback, NULL);
  self->policy = tbx_policy_new ();
  return self;
}

/* The limits that the file may have set are not known. */
static void
close_policy (TbxConfig *self)
{
  tbx_policy_set_rule (self->policy, TBX_POLICY_ALL, NULL, &(TbxPolicyRule) { .enabled = FALSE });
}

/**
 * tbx_config_parse:
 * @name: of the file, for messages
 * @text: its content
 * @size: its length in bytes
 * @problems: (element-type utf8): gets a line for each thing wrong, with file, line,
 *   group and key
 *
 * A key whose value is refused keeps its default; where the text is no key file, all
 * do.  Only guest operations fail closed: a rule for them that cannot be read, or a
 * file, switches them off.
 *
 * Returns: (transfer full): never %NULL
 */
TbxConfig *
tbx_config_parse (const char *name, const char *text, gsize size, GPtrArray *problems)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();
  g_autoptr(TbxConfig) self = config_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *terminated = g_strndup (text, size);
  g_auto(GStrv) groups = NULL;

  if (size > MAX_FILE_BYTES)
    {
      complain (problems, "%s: larger than %d bytes", name, MAX_FILE_BYTES);
      close_policy (self);
      return g_steal_pointer (&self);
    }
  if (strlen (terminated) != size)
    {
      complain (problems, "%s:%u: there is a NUL byte in it", name, last_line (terminated));
      close_policy (self);
      return g_steal_pointer (&self);
    }
  if (!g_key_file_load_from_data (file, terminated, size, G_KEY_FILE_NONE, &error))
    {
      complain (problems, "%s:%u: %s", name, find_bad_line (terminated), error->message);
      close_policy (self);
      return g_steal_pointer (&self);
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    take_group (self, &(Source) { name, terminated, file, problems }, groups[i]);
  return g_steal_pointer (&self);
}

/**
 * tbx_config_load:
 * @path: (type filename): the file
 * @required: whether it is a problem that it does not exist
 * @problems: (element-type utf8): as with tbx_config_parse()
 *
 * Returns: (transfer full): never %NULL
 */
TbxConfig *
tbx_config_load (const char *path, gboolean required, GPtrArray *problems)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  TbxConfig *self;
  gsize size;

  if (g_file_get_contents (path, &text, &size, &error))
    return tbx_config_parse (path, text, size, problems);
  self = config_new ();
  if (required || !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      complain (problems, "%s", error->message);
      close_policy (self);
    }
  return self;
}

/**
 * tbx_config_free:
 * @self: (transfer full): the configuration
 */
void
tbx_config_free (TbxConfig *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].kind == KIND_TEXT)
      g_free (*(char **) ((guint8 *) self + keys[i].offset));
  tbx_policy_unref (self->policy);
  g_free (self);
}
