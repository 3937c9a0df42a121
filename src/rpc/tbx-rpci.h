/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

/**
 * TbxRpciFlags:
 * @TBX_RPCI_NONE: resend once after a failed exchange, give up after 30 s
 * @TBX_RPCI_NO_RESEND: not idempotent: never send it twice
 * @TBX_RPCI_NO_TIMEOUT: the host may take hours
 */
typedef enum
{
  TBX_RPCI_NONE       = 0,
  TBX_RPCI_NO_RESEND  = 1 << 0,
  TBX_RPCI_NO_TIMEOUT = 1 << 1,
} TbxRpciFlags;

#define TBX_TYPE_RPCI (tbx_rpci_get_type ())
G_DECLARE_FINAL_TYPE (TbxRpci, tbx_rpci, TBX, RPCI, GObject)

TbxRpci *tbx_rpci_new         (TbxChannel *channel);
void     tbx_rpci_send_async  (TbxRpci            *self,
                               GBytes             *request,
                               TbxRpciFlags        flags,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data);
GBytes  *tbx_rpci_send_finish (TbxRpci *self, GAsyncResult *result, GError **error);

/* A text request, with or without a NUL that is counted in its length:
 * docs/wire/transport.md, row 36 of "toolboxd must", says which. */
GBytes  *tbx_rpci_text        (const char *format, ...) G_GNUC_PRINTF (1, 2);
GBytes  *tbx_rpci_text_nul    (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
