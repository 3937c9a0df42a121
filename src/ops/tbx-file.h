/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* One open file of any kind: on disk, of a program, an archive.  Each function gives
 * 0 or an errno.  The holder ends it with tbx_file_close(), which completes it, and
 * then, or instead, with tbx_file_free(), which gives up what was not completed.
 *
 * None of them blocks for anything but a disk.  A file that has to wait for somebody
 * else gives EAGAIN, and tells with wait() when to try again; of a read that did, @done
 * bytes are there already, for who waits no longer. */
typedef struct _TbxFile TbxFile;

/* Called once from the main loop, at the latest after TBX_FILE_WAIT_MS. */
typedef void (*TbxFileReady) (gpointer user_data);

#define TBX_FILE_WAIT_MS 1000

typedef struct
{
  int   (*read)  (TbxFile *self, guint64 offset, guint8 *buffer, gsize size, gsize *done);
  int   (*write) (TbxFile *self, guint64 offset, gboolean append, const guint8 *data, gsize size,
                  gsize *done);
  int   (*stat)  (TbxFile *self, struct stat *info);
  int   (*close) (TbxFile *self);
  void  (*free)  (TbxFile *self);
  guint (*wait)  (TbxFile *self, TbxFileReady ready, gpointer user_data);   /* or NULL */
  /* When the work behind it got on last, monotonic time, microseconds: whoever waits
   * goes on waiting while it does.  NULL: somebody else is waited for, and no longer
   * than TBX_FILE_WAIT_MS. */
  gint64 (*got_on) (TbxFile *self);
} TbxFileFuncs;

struct _TbxFile
{
  const TbxFileFuncs *funcs;
};

/* Reads until @size bytes are there or the file ends: a short read is its end. */
static inline int
tbx_file_read (TbxFile *self, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  return self->funcs->read (self, offset, buffer, size, done);
}

/* @append: at the end, whatever @offset says.  Fewer bytes than @size are an error
 * that the next write will give. */
static inline int
tbx_file_write (TbxFile *self, guint64 offset, gboolean append, const guint8 *data, gsize size,
                gsize *done)
{
  return self->funcs->write (self, offset, append, data, size, done);
}

static inline int
tbx_file_stat (TbxFile *self, struct stat *info)
{
  return self->funcs->stat (self, info);
}

static inline int
tbx_file_close (TbxFile *self)
{
  return self->funcs->close (self);
}

static inline void
tbx_file_free (TbxFile *self)
{
  self->funcs->free (self);
}

/* After EAGAIN: the id of a source that calls @ready once, to be removed when nobody
 * waits any more. */
static inline guint
tbx_file_wait (TbxFile *self, TbxFileReady ready, gpointer user_data)
{
  return self->funcs->wait (self, ready, user_data);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxFile, tbx_file_free)

G_END_DECLS
