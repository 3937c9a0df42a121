/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"
#include "tbx-run.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_PROGRAM (tbx_request_program_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestProgram, tbx_request_program, TBX, REQUEST_PROGRAM, TbxRequest)

const char *tbx_request_program_get_name              (TbxRequestProgram *self);
const char *tbx_request_program_get_arguments         (TbxRequestProgram *self);
const char *tbx_request_program_get_working_directory (TbxRequestProgram *self);
const char *tbx_request_program_get_user              (TbxRequestProgram *self);
gint64      tbx_request_program_get_pid               (TbxRequestProgram *self);
GVariant   *tbx_request_program_get_spec              (TbxRequestProgram *self);
TbxRun     *tbx_request_program_return_started        (TbxRequestProgram *self);
void        tbx_request_program_deny                  (TbxRequestProgram *self, const char *reason);

G_END_DECLS
