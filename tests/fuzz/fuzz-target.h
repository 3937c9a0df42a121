/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

/* The entry point of every target, as libFuzzer calls it. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
