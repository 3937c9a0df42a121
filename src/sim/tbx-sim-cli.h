/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The command line of vmxsim: what its commands share. */

typedef enum
{
  TBX_SIM_EXIT_DONE,
  TBX_SIM_EXIT_REFUSED,       /* or failed */
  TBX_SIM_EXIT_USAGE,
  TBX_SIM_EXIT_UNREACHABLE,   /* no host there */
} TbxSimExit;

typedef struct
{
  const char *name;
  const char *arguments;   /* for its usage: "KEY VALUE" */
  const char *summary;     /* one line */
  int (*run) (char **argv, const char *control);
} TbxSimCommand;

extern const TbxSimCommand tbx_sim_client_commands[];   /* ends with an empty one; so do the rest */
extern const TbxSimCommand tbx_sim_host_commands[];

/* What a command takes besides its name. */
typedef struct
{
  const TbxSimCommand *command;
  const GOptionEntry  *entries;       /* or NULL */
  char                *description;   /* below the options; owned, or NULL */
  int                  least;         /* arguments at least */
  int                  most;          /* arguments at most; -1 for any number */
  gboolean             rest_is_other; /* the first argument ends the options */
  char                *control;       /* path of the control socket, owned */
  char               **argv;          /* owned; the command's name, then its arguments */
} TbxSimUsage;

TbxSimExit   tbx_sim_cli_fail  (const GError *error);
gboolean     tbx_sim_cli_parse (TbxSimUsage *usage, char **argv, const char *control);
void         tbx_sim_usage_clear (TbxSimUsage *usage);
JsonNode    *tbx_sim_cli_call  (const TbxSimUsage *usage, JsonBuilder *request, gint64 timeout_ms,
                                int *status);
JsonBuilder *tbx_sim_cli_begin (const char *command);
void         tbx_sim_cli_text  (JsonBuilder *request, const char *name, const char *text);
void         tbx_sim_cli_flag  (JsonBuilder *request, const char *name, gboolean flag);
void         tbx_sim_cli_uint  (JsonBuilder *request, const char *name, int number);
GBytes      *tbx_sim_cli_bytes (const char *text, gboolean hex, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxSimUsage, tbx_sim_usage_clear)

G_END_DECLS
