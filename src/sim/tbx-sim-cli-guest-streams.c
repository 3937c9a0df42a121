/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-exchange.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How often it is asked whether a program has ended. */
#define POLL_MS 50

#define ROUND_TRIP   "http.RoundTrip"
#define HEADER_END   "\r\n\r\n"
#define HEADER_BYTES (64 * 1024)

/* What an HTTP server answers, on its way to standard output. */
typedef struct
{
  gboolean with_header;
  GString *header;   /* until it is complete (owned), then NULL */
} Answer;

static gboolean
take_to_stdout (const guint8 *data, gsize size, gpointer user_data)
{
  if (tbx_sim_write_all (STDOUT_FILENO, data, size))
    return TRUE;
  g_printerr ("vmxsim: standard output: %s\n", g_strerror (errno));
  return FALSE;
}

static gboolean
take_to_stderr (const guint8 *data, gsize size, gpointer user_data)
{
  return tbx_sim_write_all (STDERR_FILENO, data, size);
}

static gboolean
answer_is_none (void)
{
  g_printerr ("vmxsim: the port answers something else than HTTP\n");
  return FALSE;
}

static gboolean
take_answer (const guint8 *data, gsize size, gpointer user_data)
{
  Answer *self = user_data;
  const char *end;
  gsize length;

  if (self->with_header || self->header == NULL)
    return take_to_stdout (data, size, NULL);
  g_string_append_len (self->header, (const char *) data, (gssize) size);
  end = g_strstr_len (self->header->str, (gssize) self->header->len, HEADER_END);
  if (end == NULL && self->header->len <= HEADER_BYTES)
    return TRUE;
  if (end == NULL || !g_str_has_prefix (self->header->str, "HTTP/"))
    return answer_is_none ();
  end += strlen (HEADER_END);
  length = self->header->len - (gsize) (end - self->header->str);
  if (!take_to_stdout ((const guint8 *) end, length, NULL))
    return FALSE;
  g_string_free (g_steal_pointer (&self->header), TRUE);
  return TRUE;
}

static gint64
start_program (TbxSimVix *vix, const char *program, const char *arguments, const char *directory,
               char **variables)
{
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_START_PROGRAM);
  g_autoptr(GByteArray) storage = g_byte_array_new ();

  request.start_program.program = program;
  request.start_program.arguments = arguments;
  request.start_program.working_dir = directory;
  if (variables != NULL)
    tbx_vix_strings_init (&request.start_program.environment, (const char *const *) variables,
                          storage);
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return -1;
  return g_ascii_strtoll (tbx_sim_vix_text (vix), NULL, 10);
}

/* Waits for the end of a program that the guest has started.
 * Returns: its exit code, or -1 */
static int
wait_for_program (TbxSimVix *vix, gint64 pid)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_LIST_PROCESSES_EX);

  tbx_vix_pids_init (&request.list_processes.pids, &pid, 1, storage);
  for (;;)
    {
      const char *text;
      g_autofree char *code = NULL, *end = NULL;

      if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
        return -1;
      text = tbx_sim_vix_text (vix);
      code = tbx_sim_vix_field (&text, "</proc>", "eCode");
      end = tbx_sim_vix_field (&text, "</proc>", "eTime");
      if (code == NULL || end == NULL)
        {
          g_printerr ("vmxsim: the guest does not list its program\n");
          vix->status = TBX_SIM_EXIT_REFUSED;
          return -1;
        }
      if (strcmp (end, "0") != 0)
        return (int) g_ascii_strtoll (code, NULL, 10);
      g_usleep (POLL_MS * 1000);
    }
}

/* Moves what is to be moved, and gives the program's exit code. */
static TbxSimExit
exchange_and_wait (TbxSimExchange *exchange)
{
  TbxSimProgress progress;
  gboolean good;
  int code;

  tbx_sim_progress_begin (&progress, FALSE);
  progress.hidden = isatty (STDOUT_FILENO);
  exchange->progress = &progress;
  good = tbx_sim_exchange_run (exchange);
  tbx_sim_progress_end (&progress);
  if (!good)
    return exchange->vix->status != TBX_SIM_EXIT_DONE ? (TbxSimExit) exchange->vix->status
                                                      : TBX_SIM_EXIT_REFUSED;
  code = wait_for_program (exchange->vix, exchange->pid);
  return code < 0 ? (TbxSimExit) exchange->vix->status : (TbxSimExit) code;
}

/* Only a bare name has streams; a path is started by one. */
static char *
join_arguments (char **args, const char **program)
{
  gboolean is_bare = strchr (args[0], '/') == NULL;

  *program = is_bare ? args[0] : "env";
  return g_strjoinv (" ", is_bare ? args + 1 : args);
}

static TbxSimExit
run_run (TbxSimVix *vix, char **argv)
{
  g_autofree char *directory = NULL, *data = NULL, *arguments = NULL;
  g_auto(GStrv) variables = NULL;
  const GOptionEntry entries[] = {
    { "directory", 'C', 0, G_OPTION_ARG_FILENAME, &directory, "Where it starts", "DIR" },
    { "env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &variables,
      "Its environment, instead of the account's; may be repeated", "NAME=VALUE" },
    { "data", 'd', 0, G_OPTION_ARG_STRING, &data,
      "What it reads, or - for standard input (default: nothing)", "TEXT" },
    { 0 },
  };
  g_auto(GStrv) args = g_strdupv (argv);
  g_autoptr(GBytes) bytes = NULL;
  TbxSimExchange exchange = { .vix = vix, .input = -1, .take = { take_to_stdout, take_to_stderr } };
  const char *program;

  if (!tbx_sim_operation_parse ("run", entries, &args, 1, -1))
    return TBX_SIM_EXIT_USAGE;
  arguments = join_arguments (args + 1, &program);
  exchange.pid = start_program (vix, program, arguments, directory, variables);
  if (exchange.pid < 0)
    return vix->status;
  if (data != NULL && strcmp (data, "-") == 0)
    exchange.input = STDIN_FILENO;
  else if (data != NULL)
    exchange.bytes = bytes = g_bytes_new (data, strlen (data));
  return exchange_and_wait (&exchange);
}

static GBytes *
read_all (int fd)
{
  g_autoptr(GByteArray) all = g_byte_array_new ();
  guint8 part[16 * 1024];
  gssize n;

  while ((n = read (fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
    g_byte_array_append (all, part, (guint) MAX (n, 0));
  return g_byte_array_free_to_bytes (g_steal_pointer (&all));
}

/* HTTP/1.0, so that the answer ends with the connection and comes as it is. */
static GBytes *
compose_request (const char *method, GUri *uri, char **headers, GBytes *body)
{
  const char *path = g_uri_get_path (uri), *query = g_uri_get_query (uri);
  g_autoptr(GByteArray) request = g_byte_array_new ();
  g_autoptr(GString) text = g_string_new (NULL);
  gsize size = 0;
  const guint8 *data = body == NULL ? NULL : g_bytes_get_data (body, &size);

  g_string_append_printf (text, "%s %s%s%s HTTP/1.0\r\nHost: %s\r\n", method,
                          path[0] == '\0' ? "/" : path, query == NULL ? "" : "?",
                          query == NULL ? "" : query, g_uri_get_host (uri));
  for (gsize i = 0; headers != NULL && headers[i] != NULL; i++)
    g_string_append_printf (text, "%s\r\n", headers[i]);
  if (body != NULL)
    g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\n", size);
  g_string_append (text, "\r\n");
  g_byte_array_append (request, (const guint8 *) text->str, (guint) text->len);
  if (size > 0)
    g_byte_array_append (request, data, (guint) size);
  return g_byte_array_free_to_bytes (g_steal_pointer (&request));
}

static char *
target_of (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  int port = g_uri_get_port (uri);

  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%d" : "%s:%d", host,
                          port < 0 ? 80 : port);
}

typedef struct
{
  char    *method;
  char   **headers;
  char    *data;       /* or "-": standard input */
  gboolean raw;        /* standard input is the request */
} HttpOptions;

static void
http_options_clear (HttpOptions *self)
{
  g_clear_pointer (&self->method, g_free);
  g_clear_pointer (&self->headers, g_strfreev);
  g_clear_pointer (&self->data, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HttpOptions, http_options_clear)

/* What goes to which port. */
static char *
prepare_http (const HttpOptions *options, const char *url, TbxSimExchange *exchange)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GUri) uri = NULL;
  g_autoptr(GBytes) body = NULL;

  if (options->raw)
    {
      exchange->input = STDIN_FILENO;
      return g_strdup (url);
    }
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, &error);
  if (uri == NULL || strcmp (g_uri_get_scheme (uri), "http") != 0 || g_uri_get_host (uri) == NULL
      || g_uri_get_host (uri)[0] == '\0')
    {
      g_printerr ("vmxsim: “%s” is no http: URL\n", url);
      return NULL;
    }
  if (options->data != NULL)
    body = strcmp (options->data, "-") == 0 ? read_all (STDIN_FILENO)
                                            : g_bytes_new (options->data, strlen (options->data));
  exchange->bytes = compose_request (options->method != NULL ? options->method
                                     : body != NULL ? "POST" : "GET",
                                     uri, options->headers, body);
  return target_of (uri);
}

static TbxSimExit
run_http (TbxSimVix *vix, char **argv)
{
  g_auto(HttpOptions) options = { 0 };
  Answer answer = { 0 };
  const GOptionEntry entries[] = {
    { "request", 'X', 0, G_OPTION_ARG_STRING, &options.method, "Instead of GET or POST", "METHOD" },
    { "header", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &options.headers,
      "A header of the request; may be repeated", "NAME: VALUE" },
    { "data", 'd', 0, G_OPTION_ARG_STRING, &options.data,
      "Body of the request, or - for standard input", "TEXT" },
    { "include", 'i', 0, G_OPTION_ARG_NONE, &answer.with_header, "Print the header too", NULL },
    { "raw", 0, 0, G_OPTION_ARG_NONE, &options.raw,
      "URL is HOST:PORT; carry standard input to it, and back what comes", NULL },
    { 0 },
  };
  g_auto(GStrv) args = g_strdupv (argv);
  g_autofree char *target = NULL;
  TbxSimExchange exchange = { .vix = vix, .input = -1, .take = { take_answer, take_to_stderr },
                              .user_data = &answer };
  TbxSimExit status = TBX_SIM_EXIT_USAGE;

  if (!tbx_sim_operation_parse ("http", entries, &args, 1, 1)
      || (target = prepare_http (&options, args[1], &exchange)) == NULL)
    return status;
  answer.with_header |= options.raw;
  answer.header = g_string_new (NULL);
  exchange.pid = start_program (vix, ROUND_TRIP, target, NULL, NULL);
  status = exchange.pid < 0 ? (TbxSimExit) vix->status : exchange_and_wait (&exchange);
  /* It ended before the header did; why may have been said already. */
  if (status == TBX_SIM_EXIT_DONE && answer.header != NULL && !answer.with_header)
    status = answer_is_none () ? TBX_SIM_EXIT_DONE : TBX_SIM_EXIT_REFUSED;
  g_clear_pointer (&exchange.bytes, g_bytes_unref);
  if (answer.header != NULL)
    g_string_free (answer.header, TRUE);
  return status;
}

const TbxSimOperation tbx_sim_stream_operations[] = {
  { "run", "PROGRAM [ARGUMENT…]",
    "Run a program, with its input, output and exit code", run_run },
  { "http", "URL", "Ask an HTTP server that the guest reaches", run_http },
  { 0 },
};
