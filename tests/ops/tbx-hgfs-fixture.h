/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-replies.h"
#include "tbx-hgfs-requests.h"
#include "tbx-hgfs-server.h"
#include "tbx-ops-fixture.h"

G_BEGIN_DECLS

/* An HGFS server of its own with one session, a folder to work in, and the answer to
 * the last request. */
typedef struct
{
  OpsFixture     ops;        /* of which only the folder is used */
  TbxHgfsServer *server;     /* (owned) */
  guint64        session;    /* that hgfs_call() uses */
  GPtrArray     *storage;    /* of GByteArray: what names of requests are made of */

  guint8        *sent;       /* the last packet, which stays until it is answered (owned) */
  guint          n_progress;      /* how often it was said that the last gets on */
  guint          n_answers;
  TbxVixCode     code;
  guint8         packet[TBX_HGFS_REPLY_MAX_BYTES];
  gsize          packet_size;    /* bytes */
  TbxHgfsPacket  header;
  TbxHgfsReply   reply;          /* where the status is `TBX_HGFS_OK` */
} HgfsFixture;

void     hgfs_fixture_set_up    (HgfsFixture *f, gconstpointer data);
void     hgfs_fixture_tear_down (HgfsFixture *f, gconstpointer data);
char    *hgfs_path              (HgfsFixture *f, const char *name);
void     hgfs_as_user           (HgfsFixture *f, void (*part) (HgfsFixture *f));

/* Sends; hgfs_call() and what stands on it also wait, and give the status. */
void     hgfs_send_bytes        (HgfsFixture *f, gconstpointer packet, gsize size);
void     hgfs_send              (HgfsFixture *f, const TbxHgfsRequest *request);
guint    hgfs_wait              (HgfsFixture *f, guint32 op);
guint    hgfs_call              (HgfsFixture *f, const TbxHgfsRequest *request);
guint    hgfs_call_legacy       (HgfsFixture *f, const TbxHgfsRequest *request);
TbxHgfsRequest hgfs_request     (guint32 op);
void     hgfs_name              (HgfsFixture *f, TbxHgfsName *name, const char *path);

guint64  hgfs_new_session       (HgfsFixture *f);
guint    hgfs_end_session       (HgfsFixture *f, guint64 session);
guint    hgfs_open              (HgfsFixture *f, const char *path, guint32 mode, guint32 flags,
                                 guint32 *handle);
guint32  hgfs_must_open         (HgfsFixture *f, const char *path, guint32 mode, guint32 flags);
guint    hgfs_read              (HgfsFixture *f, guint32 handle, guint64 offset, guint32 size);
guint    hgfs_write             (HgfsFixture *f, guint32 handle, guint32 flags, guint64 offset,
                                 const char *text);
guint    hgfs_close             (HgfsFixture *f, guint32 handle);
guint    hgfs_getattr           (HgfsFixture *f, const char *path);
void     hgfs_assert_content    (HgfsFixture *f, const char *path, const char *content);
void     hgfs_assert_data       (HgfsFixture *f, const char *content);
struct stat hgfs_stat           (HgfsFixture *f, const char *path);

#define HGFS_TEST(path, function)                                                           \
  g_test_add (path, HgfsFixture, NULL, hgfs_fixture_set_up, function, hgfs_fixture_tear_down)

G_END_DECLS
