/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "fake-backdoor.h"

G_BEGIN_DECLS

/* A guest's channel at the fake host, for tests of its messages. */

extern gsize    backdoor_fixture_largest_request;   /* for memory, bytes */
extern gboolean backdoor_fixture_no_memory;         /* refuse it */

void backdoor_fixture_set_up           (TbxBackdoorMessages *m, gconstpointer user_data);
void backdoor_fixture_tear_down        (TbxBackdoorMessages *m, gconstpointer user_data);
void backdoor_fixture_open             (TbxBackdoorMessages *m, TbxProtocol protocol);
void backdoor_fixture_send             (TbxBackdoorMessages *m, const char *text);
void backdoor_fixture_assert_steps     (const char *expected);
void backdoor_fixture_assert_receives  (TbxBackdoorMessages *m, const char *text);
void backdoor_fixture_assert_delivered (gconstpointer data, gsize size);

G_END_DECLS
