/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-audit.h"
#include <errno.h>
#include <string.h>

/* The last record that was written. */
static GLogLevelFlags level;
static GHashTable *record;   /* name (owned) -> value (owned) */

static GLogWriterOutput
write_record (GLogLevelFlags   log_level,
              const GLogField *fields,
              gsize            n_fields,
              gpointer         user_data)
{
  level = log_level;
  g_hash_table_remove_all (record);
  for (gsize i = 0; i < n_fields; i++)
    g_hash_table_insert (record, g_strdup (fields[i].key), g_strdup (fields[i].value));
  return G_LOG_WRITER_HANDLED;
}

static const char *
field (const char *name)
{
  return g_hash_table_lookup (record, name);
}

static const TbxOperation start = {
  .opcode = TBX_VIX_START_PROGRAM, .name = "start-program", .method = "StartProgramInGuest",
  .user = "alice", .uid = 1000, .code = TBX_VIX_OK, .duration_us = 1234,
};

static void
test_success (void)
{
  tbx_audit_log (&start);
  g_assert_cmpint (level, ==, G_LOG_LEVEL_INFO);
  g_assert_cmpstr (field ("PRIORITY"), ==, "6");
  g_assert_cmpstr (field ("MESSAGE"), ==, "start-program for alice: done");
  g_assert_cmpuint (strlen (field ("MESSAGE_ID")), ==, 32);
  g_assert_cmpstr (field ("TBX_COMMAND"), ==, "start-program");
  g_assert_cmpstr (field ("TBX_OPCODE"), ==, "185");
  g_assert_cmpstr (field ("TBX_METHOD"), ==, "StartProgramInGuest");
  g_assert_cmpstr (field ("TBX_USER"), ==, "alice");
  g_assert_cmpstr (field ("TBX_UID"), ==, "1000");
  g_assert_cmpstr (field ("TBX_RESULT"), ==, "0");
  g_assert_cmpstr (field ("TBX_RESULT_NAME"), ==, "OK");
  g_assert_cmpstr (field ("TBX_DURATION_USEC"), ==, "1234");
  g_assert_null (field ("TBX_ERRNO"));
  g_assert_cmpuint (g_hash_table_size (record), ==, 12);
}

static void
test_failure (void)
{
  TbxOperation operation = start;

  operation.code = TBX_VIX_FILE_ACCESS_ERROR;
  operation.error_number = EACCES;
  tbx_audit_log (&operation);
  g_assert_cmpstr (field ("MESSAGE"), ==,
                   "start-program for alice: 13 FILE_ACCESS_ERROR, Permission denied");
  g_assert_cmpstr (field ("TBX_ERRNO"), ==, "13");
  operation.code = 0xffffffff;   /* a worker may say anything */
  tbx_audit_log (&operation);
  g_assert_cmpstr (field ("TBX_RESULT"), ==, "4294967295");
  g_assert_cmpstr (field ("TBX_RESULT_NAME"), ==, "unknown");
}

/* What the host calls a user is not believed, and breaks no line. */
static void
test_not_verified (void)
{
  TbxOperation operation = start;

  operation.user = "eve\n\033[2Jroot\302\233";
  operation.uid = -1;
  operation.code = TBX_VIX_INVALID_LOGIN_CREDENTIALS;
  tbx_audit_log (&operation);
  g_assert_cmpstr (field ("MESSAGE"), ==,
                   "start-program for eve??[2Jroot? (not verified): 3050 "
                   "INVALID_LOGIN_CREDENTIALS");
  g_assert_cmpstr (field ("TBX_USER"), ==, operation.user);
  g_assert_null (field ("TBX_UID"));

  operation = (TbxOperation) { .opcode = 9999, .name = "unknown", .uid = -1,
                               .code = TBX_VIX_UNRECOGNIZED_COMMAND };
  tbx_audit_log (&operation);
  g_assert_cmpstr (field ("MESSAGE"), ==, "unknown for nobody: 3025 UNRECOGNIZED_COMMAND_IN_GUEST");
  g_assert_null (field ("TBX_USER"));
  g_assert_null (field ("TBX_METHOD"));
}

/* Packets of a transfer are for debugging only, unless they fail. */
static void
test_routine (void)
{
  const guint32 opcodes[] = { TBX_VIX_HGFS_PACKET, TBX_VIX_GET_TOOLS_STATE };

  for (gsize i = 0; i < G_N_ELEMENTS (opcodes); i++)
    {
      TbxOperation operation = start;

      operation.opcode = opcodes[i];
      tbx_audit_log (&operation);
      g_assert_cmpint (level, ==, G_LOG_LEVEL_DEBUG);
      g_assert_cmpstr (field ("PRIORITY"), ==, "7");
      operation.code = TBX_VIX_OPERATION_DISABLED;
      tbx_audit_log (&operation);
      g_assert_cmpint (level, ==, G_LOG_LEVEL_INFO);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  record = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (write_record, NULL, NULL);
  g_test_add_func ("/audit/success", test_success);
  g_test_add_func ("/audit/failure", test_failure);
  g_test_add_func ("/audit/not-verified", test_not_verified);
  g_test_add_func ("/audit/routine", test_routine);
  status = g_test_run ();
  g_hash_table_unref (record);
  return status;
}
