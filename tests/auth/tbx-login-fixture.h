/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tbx-auth-fixture.h"

G_BEGIN_DECLS

#define LOGIN_PASSWORD "Right-battery-4711"

/* Two accounts of the test's own, and what they have in common. */
extern char *alice, *bob, *group;

/* Logs in by PAM, with files of the test that build on those of the system. */
typedef struct
{
  AuthFixture auth;
  char       *dir;   /* PAM's files, and the log of a PAM module */
} LoginFixture;

typedef void (*LoginFixtureFunc) (LoginFixture *f, gconstpointer data);

gboolean  login_fixture_init            (int *argc, char ***argv);
void      login_fixture_add             (const char *path, LoginFixtureFunc func);
int       login_fixture_test_run        (void);
void      login_fixture_run             (const char *format, ...) G_GNUC_PRINTF (1, 2);
void      login_fixture_set_stack       (LoginFixture *f, const char *before, const char *after);
void      login_fixture_count_steps     (LoginFixture *f);
guint     login_fixture_count           (LoginFixture *f, const char *line);
void      login_fixture_log_in          (LoginFixture *f, const char *name);
void      login_fixture_assert_refused  (LoginFixture *f, const char *name, const char *password,
                                         TbxVixCode code);

G_END_DECLS
