/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-fields.h"
#include <string.h>

/* A length, the bytes, a NUL: so that it can be used where it lies. */
const char *
tbx_worker_read_string (TbxReader *r, gsize limit)
{
  gsize size = tbx_reader_u16le (r);
  const guint8 *bytes = tbx_reader_bytes (r, size + 1);

  if (bytes == NULL)
    return NULL;
  if (size > limit)
    tbx_reader_fail (r, "string above its limit");
  else if (bytes[size] != 0)
    tbx_reader_fail (r, "string without its NUL");
  else if (!g_utf8_validate_len ((const char *) bytes, size, NULL))
    tbx_reader_fail (r, "not UTF-8");
  return r->bad == NULL ? (const char *) bytes : NULL;
}

void
tbx_worker_write_string (TbxWriter *w, const char *text, gsize limit)
{
  gsize size = strlen (text);

  if (size > limit)
    {
      tbx_writer_fail (w, "string above its limit");
      return;
    }
  tbx_writer_u16le (w, (guint16) size);
  tbx_writer_bytes (w, text, size + 1);
}

gboolean
tbx_worker_read_boolean (TbxReader *r)
{
  guint8 value = tbx_reader_u8 (r);

  if (value > 1)
    tbx_reader_fail (r, "no boolean");
  return value == 1;
}
