/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The built-in program that carries a request to a port, and the answer back.  It is the
 * worker's own image, executed anew as a child: names are looked up, and the network is
 * waited for, where nobody else is kept waiting. */
#define TBX_ROUND_TRIP_PROGRAM "http.RoundTrip"

/* What tells an image that it is one; its argument follows. */
#define TBX_ROUND_TRIP_OPTION  "--round-trip"

int tbx_round_trip_run (const char *target);

G_END_DECLS
