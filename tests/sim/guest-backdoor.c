/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest-backdoor.h"
#include <stdio.h>
#include <string.h>

#define MAGIC    0x564D5868u
#define LOW_PORT 0x5658u
#define MESSAGE  30u
#define SUCCESS  1u
#define DORECV   2u

enum { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS, CLOSE };

void
backdoor (Registers *regs)
{
  __asm__ volatile ("inl %%dx, %%eax"
                    : "+a" (regs->ax), "+b" (regs->bx), "+c" (regs->cx), "+d" (regs->dx),
                      "+S" (regs->si), "+D" (regs->di)
                    :
                    : "memory");
}

/* One sub-command; its status, and what came back in @bx. */
static uint32_t
call (const Channel *channel, uint32_t sub, uint32_t *bx)
{
  Registers regs = { MAGIC, *bx, sub << 16 | MESSAGE, channel->id << 16 | LOW_PORT,
                     channel->cookie_high, channel->cookie_low };

  backdoor (&regs);
  *bx = regs.bx;
  return regs.cx >> 16;
}

int
channel_open (Channel *channel, uint32_t protocol)
{
  Registers regs = { MAGIC, protocol | 0x80000000u, MESSAGE, LOW_PORT, 0, 0 };

  backdoor (&regs);
  *channel = (Channel) { regs.dx >> 16, regs.si, regs.di };
  return (regs.cx >> 16 & SUCCESS) != 0;
}

int
channel_send (Channel *channel, const char *data, size_t size)
{
  uint32_t bx = (uint32_t) size;

  if (!(call (channel, SENDSIZE, &bx) & SUCCESS))
    return 0;
  for (size_t i = 0; i < size; i += 4)
    {
      bx = 0;
      memcpy (&bx, data + i, size - i < 4 ? size - i : 4);
      if (!(call (channel, SENDPAYLOAD, &bx) & SUCCESS))
        return 0;
    }
  return 1;
}

/* The length of the message, or -1 when there is none or something failed. */
long
channel_receive (Channel *channel, char *data, size_t size)
{
  uint32_t bx = 0;
  uint32_t length;

  if ((call (channel, RECVSIZE, &bx) & (SUCCESS | DORECV)) != (SUCCESS | DORECV) || bx > size)
    return -1;
  length = bx;
  for (size_t i = 0; i < length; i += 4)
    {
      bx = 1;
      if (!(call (channel, RECVPAYLOAD, &bx) & SUCCESS))
        return -1;
      memcpy (data + i, &bx, length - i < 4 ? length - i : 4);
    }
  bx = 1;
  return call (channel, RECVSTATUS, &bx) & SUCCESS ? (long) length : -1;
}

int
channel_close (Channel *channel)
{
  uint32_t bx = 0;

  return (call (channel, CLOSE, &bx) & SUCCESS) != 0;
}

/* Whether @request gets exactly @reply, on a channel of its own. */
int
rpci_check (const char *request, const char *reply)
{
  char got[256];
  Channel channel;
  long n = -1;

  if (!channel_open (&channel, 0x49435052u))
    {
      fprintf (stderr, "guest: no channel\n");
      return 0;
    }
  if (channel_send (&channel, request, strlen (request)))
    n = channel_receive (&channel, got, sizeof got);
  if (n != (long) strlen (reply) || memcmp (got, reply, (size_t) n) != 0)
    {
      fprintf (stderr, "guest: %s: answered \"%.*s\", not \"%s\"\n", request,
               n < 0 ? 0 : (int) n, got, reply);
      return 0;
    }
  return channel_close (&channel);
}
