/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-backend.h"
#include "tbx-power-handler.h"

G_BEGIN_DECLS

#define FAKE_LATE_MS 600

/* Late answers that were given. */
extern guint n_late;

/* What the fakes do when they are asked. */
typedef enum
{
  FAKE_YES,       /* handled, or accepted */
  FAKE_NO,        /* default action, or cannot */
  FAKE_REFUSES,   /* veto */
  FAKE_FAILS,
  FAKE_HANGS,     /* answers yes after FAKE_LATE_MS, when nobody waits any more */
} FakeWay;

/* Notes "NAME:OPERATION" in a trace when it is asked. */
TbxPowerHandler *fake_handler_new (const char *name, FakeWay way, GString *trace);
TbxPowerBackend *fake_backend_new (const char *name, FakeWay way, GString *trace);

/* Warnings are kept from the start on; the pattern is one of GPatternSpec, for all
 * since the last call, joined with "|". */
void keep_warnings (void);
void assert_warned (const char *pattern);

G_END_DECLS
