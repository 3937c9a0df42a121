/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-cli.h"
#include "tbx-vix-requests.h"

G_BEGIN_DECLS

/* The vSphere side: guest operations as a client of the API has them, each a VIX
 * request that the host sends for somebody who gave a guest account. */
typedef struct
{
  const TbxSimUsage *usage;      /* says which host */
  const char        *user;
  const char        *password;
  int                status;     /* exit status of the last failure */

  TbxVixCode         code;       /* what the guest answered last */
  int                error_number;
  GBytes            *payload;    /* of that answer (owned), or NULL */
} TbxSimVix;

void        tbx_sim_vix_clear (TbxSimVix *self);
GBytes     *tbx_sim_vix_encode (TbxSimVix *self, const TbxVixRequest *request, GError **error);
TbxSimExit  tbx_sim_vix_call  (TbxSimVix *self, const TbxVixRequest *request);
TbxSimExit  tbx_sim_vix_run   (TbxSimVix *self, const TbxVixRequest *request);
const char *tbx_sim_vix_text  (TbxSimVix *self);
char       *tbx_sim_vix_field (const char **text, const char *record_end, const char *tag);

TbxVixRequest tbx_sim_vix_request (guint32 opcode);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxSimVix, tbx_sim_vix_clear)

/* One operation as a command; its options stand before its arguments. */
typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  TbxSimExit (*run) (TbxSimVix *vix, char **argv);
} TbxSimOperation;

extern const TbxSimOperation tbx_sim_file_operations[];      /* ends with an empty one */
extern const TbxSimOperation tbx_sim_process_operations[];   /* likewise */
extern const TbxSimOperation tbx_sim_transfer_operations[];  /* likewise */
extern const TbxSimOperation tbx_sim_stream_operations[];    /* likewise */

gboolean tbx_sim_operation_parse (const char *name, const GOptionEntry *entries, char ***argv,
                                  int least, int most);
TbxSimExit tbx_sim_guest_main (char **argv, const char *control);

G_END_DECLS
