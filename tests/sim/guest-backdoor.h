/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The least that a guest needs to talk to its host: a client of its own, so that
 * the simulator is not proven by the code that it is there to prove. */
typedef struct
{
  uint32_t ax, bx, cx, dx, si, di;
} Registers;

typedef struct
{
  uint32_t id, cookie_high, cookie_low;
} Channel;

void backdoor        (Registers *regs);
int  channel_open    (Channel *channel, uint32_t protocol);
int  channel_send    (Channel *channel, const char *data, size_t size);
long channel_receive (Channel *channel, char *data, size_t size);
int  channel_close   (Channel *channel);
int  rpci_check      (const char *request, const char *reply);
