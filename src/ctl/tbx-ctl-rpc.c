/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include <glib/gi18n.h>
#include <string.h>

/**
 * tbx_ctl_rpc:
 * @ctl: the command line
 * @args: the request
 * @error: return location for an error
 *
 * The command "rpc".  What the request does is not known here, so it is never sent
 * twice, and the host may take its time.
 */
gboolean
tbx_ctl_rpc (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GBytes) reply = NULL;

  if (args[0][0] == '\0')
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("an empty request is none"));
      return FALSE;
    }
  reply = tbx_ctl_host_request (ctl->host, g_bytes_new (args[0], strlen (args[0])),
                                TBX_RPCI_NO_RESEND | TBX_RPCI_NO_TIMEOUT, error);
  if (reply == NULL)
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonObject) object = json_object_new ();

      tbx_json_add_bytes (object, "reply", reply);
      tbx_json_print_object (object);
    }
  else
    tbx_text_print_value (reply);
  return TRUE;
}
