/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_FILE (tbx_request_file_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxRequestFile, tbx_request_file, TBX, REQUEST_FILE, TbxRequest)

/**
 * TbxRequestFileClass:
 * @parent_class: of #TbxRequest
 *
 * For the kinds of requests that libtbx has; there are no others.
 */
struct _TbxRequestFileClass
{
  TbxRequestClass parent_class;

  /*< private >*/
  gpointer padding[8];
};

const char *tbx_request_file_get_path  (TbxRequestFile *self);
const char *tbx_request_file_get_query (TbxRequestFile *self);
const char *tbx_request_file_get_user  (TbxRequestFile *self);
void        tbx_request_file_deny      (TbxRequestFile *self, const char *reason);

G_END_DECLS
