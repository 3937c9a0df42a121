/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-login.h"

G_BEGIN_DECLS

/* The daemon's side of logins, with real worker processes that execute the orders of
 * fake-ops.c. */
typedef struct
{
  TbxWorkerStarter *starter;
  TbxWorkerPool    *pool;
  TbxLogin         *login;

  /* Of the last login. */
  gboolean    answered;
  TbxVixCode  code;
  int         error_number;
  TbxAccount *account;
  TbxWorker  *worker;       /* (owned), NULL unless @code is TBX_VIX_OK */
  TbxVixCode  admit;        /* what the policy says */
  const char *denied_group; /* whose members it refuses whatever @admit says, or NULL */
  guint       n_admits;

  /* Of the last order. */
  gboolean    replied;
  char       *payload;      /* text, or NULL */
} AuthFixture;

const char *auth_fixture_worker   (void);
void        auth_fixture_set_up   (AuthFixture              *f,
                                   const char               *worker,
                                   const TbxWorkerDeadlines *deadlines,
                                   guint                     idle_s);
void        auth_fixture_watch    (AuthFixture *f, const char *directory);
void        auth_fixture_tear_down (AuthFixture *f);
void        auth_fixture_login    (AuthFixture *f, const char *name, const char *password);
void        auth_fixture_ask      (AuthFixture *f, TbxWorker *worker, const char *order);
const char *auth_fixture_run      (AuthFixture *f, const char *order);
int         auth_fixture_get_pid  (AuthFixture *f);
char       *auth_fixture_status   (int pid, const char *key);
gboolean    auth_fixture_has_children (void);
char       *auth_fixture_drop_root   (void);
void        auth_fixture_remove_copy (const char *path);

G_END_DECLS
