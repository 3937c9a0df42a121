/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-netlink.h"
#include "tbx-error.h"
#include "tbx-netlink-parse.h"
#include "tbx-source.h"
#include <glib-unix.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>

/* One message of the kernel is never longer; so large a buffer makes dumps few. */
#define RECEIVE_BYTES 32768

/* Work for one turn of the main loop. */
#define MAX_RECEIVES 32

/* Between two dumps of the routes; longer when a dump takes long. */
#define MIN_ROUTE_PAUSE_US (200 * 1000)
#define ROUTE_PAUSE_FACTOR 10

#define NO_DUMP TBX_NETLINK_N_KINDS
#define ROUTES  (1u << TBX_NETLINK_ROUTES_V4 | 1u << TBX_NETLINK_ROUTES_V6)
#define ALL     ((1u << TBX_NETLINK_N_KINDS) - 1)

struct _TbxNetlink
{
  const TbxNetlinkHandlers *handlers;     /* (static) */
  gpointer                  user_data;
  struct nl_sock           *sock;         /* (owned) */
  GSource                  *source;       /* wakes when it can be read (owned) */
  GSource                  *pause;        /* until routes may be dumped again, or NULL (owned) */
  guint                     wanted;       /* bits of the kinds to be dumped */
  TbxNetlinkKind            current;      /* what is being dumped, or NO_DUMP */
  guint32                   sequence;     /* of that dump */
  guint                     told;         /* bits of the kinds that were dumped at least once */
  gboolean                  interrupted;  /* it changed meanwhile, so it may lack something */
  gint64                    began_us;     /* that dump, monotonic */
  gint64                    routes_us;    /* no dump of routes before, monotonic */
  guint                     overruns;     /* times that the kernel had to drop events */
};

static void netlink_start_dump (TbxNetlink *self);

static gboolean
on_pause_over (gpointer user_data)
{
  TbxNetlink *self = user_data;

  g_clear_pointer (&self->pause, g_source_unref);
  netlink_start_dump (self);
  return G_SOURCE_REMOVE;
}

/* The next kind to dump; links first, for addresses belong to them. */
static TbxNetlinkKind
netlink_next_kind (TbxNetlink *self)
{
  guint wanted = self->wanted;

  if (wanted & ROUTES && g_get_monotonic_time () < self->routes_us)
    {
      wanted &= ~ROUTES;
      if (self->pause == NULL)
        {
          self->pause = g_timeout_source_new (0);
          g_source_set_ready_time (self->pause, self->routes_us);
          g_source_set_static_name (self->pause, "tbx-netlink-pause");
          g_source_set_callback (self->pause, on_pause_over, self, NULL);
          g_source_attach (self->pause, g_main_context_get_thread_default ());
        }
    }
  return wanted == 0 ? NO_DUMP : (TbxNetlinkKind) g_bit_nth_lsf (wanted, -1);
}

static int
netlink_request (TbxNetlink *self, TbxNetlinkKind kind)
{
  static const struct { int type; guint8 family; } requests[] = {
    [TBX_NETLINK_LINKS] = { RTM_GETLINK, AF_UNSPEC },
    [TBX_NETLINK_ADDRESSES] = { RTM_GETADDR, AF_UNSPEC },
    [TBX_NETLINK_ROUTES_V4] = { RTM_GETROUTE, AF_INET },
    [TBX_NETLINK_ROUTES_V6] = { RTM_GETROUTE, AF_INET6 },
  };
  struct nl_msg *message = nlmsg_alloc_simple (requests[kind].type, NLM_F_DUMP);
  struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
  struct rtgenmsg other = { .rtgen_family = requests[kind].family };
  int result;

  if (message == NULL)
    return -NLE_NOMEM;
  if (kind == TBX_NETLINK_LINKS)
    {
      result = nlmsg_append (message, &link, sizeof link, NLMSG_ALIGNTO);
      if (result >= 0)
        result = nla_put_u32 (message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }
  else
    result = nlmsg_append (message, &other, sizeof other, NLMSG_ALIGNTO);
  if (result >= 0)
    {
      nl_complete_msg (self->sock, message);
      self->sequence = nlmsg_hdr (message)->nlmsg_seq;
      result = nl_send (self->sock, message);
    }
  nlmsg_free (message);
  return result;
}

static void
netlink_start_dump (TbxNetlink *self)
{
  TbxNetlinkKind kind;

  while (self->current == NO_DUMP && (kind = netlink_next_kind (self)) != NO_DUMP)
    {
      int result;

      self->wanted &= ~(1u << kind);
      self->current = kind;
      self->interrupted = FALSE;
      self->began_us = g_get_monotonic_time ();
      self->handlers->dump_begin (kind, self->user_data);
      result = netlink_request (self, kind);
      if (result >= 0)
        return;
      g_warning ("Cannot ask the kernel about the network: %s", nl_geterror (result));
      self->current = NO_DUMP;
      self->handlers->dump_end (kind, FALSE, self->user_data);
    }
}

static void
netlink_want (TbxNetlink *self, guint kinds)
{
  self->wanted |= kinds;
  netlink_start_dump (self);
}

static void
netlink_end_dump (TbxNetlink *self, int error)
{
  TbxNetlinkKind kind = self->current;
  gint64 now_us = g_get_monotonic_time ();

  if (error < 0)
    g_debug ("The kernel did not tell kind %d: %s", kind, g_strerror (-error));
  if (1u << kind & ROUTES)
    self->routes_us = now_us + MAX (MIN_ROUTE_PAUSE_US,
                                    (now_us - self->began_us) * ROUTE_PAUSE_FACTOR);
  if (!self->interrupted)
    self->told |= 1u << kind;
  self->current = NO_DUMP;
  self->handlers->dump_end (kind, error == 0 && !self->interrupted, self->user_data);
  netlink_want (self, self->interrupted ? 1u << kind : 0);
}

static void
netlink_overrun (TbxNetlink *self)
{
  self->overruns++;
  g_debug ("The kernel had to drop events; everything is asked for again");
  netlink_want (self, ALL);
}

static void
netlink_take_error (TbxNetlink *self, struct nlmsghdr *header, gboolean ours)
{
  const struct nlmsgerr *e = nlmsg_data (header);

  if (ours && nlmsg_valid_hdr (header, sizeof *e) && e->error != 0)
    netlink_end_dump (self, e->error);
}

static void
netlink_take_event (TbxNetlink      *self,
                    struct nlmsghdr *header,
                    TbxNetlinkKind   kind,
                    gboolean         removed)
{
  if (1u << kind & ROUTES)
    {
      netlink_want (self, 1u << kind);
      return;
    }
  tbx_netlink_parse (header, removed, self->handlers, self->user_data);
  /* A link that goes down, or an address that goes away, takes routes along. */
  if (kind == TBX_NETLINK_LINKS || removed)
    netlink_want (self, ROUTES);
}

static void
netlink_take (TbxNetlink *self, struct nlmsghdr *header)
{
  gboolean ours = self->current != NO_DUMP && header->nlmsg_seq == self->sequence
                  && header->nlmsg_pid == nl_socket_get_local_port (self->sock);
  TbxNetlinkKind kind;
  gboolean removed;

  if (ours && header->nlmsg_flags & NLM_F_DUMP_INTR)
    self->interrupted = TRUE;
  if (header->nlmsg_type == NLMSG_DONE)
    {
      if (ours)
        netlink_end_dump (self, nlmsg_valid_hdr (header, sizeof (int))
                                  ? *(const int *) nlmsg_data (header) : 0);
    }
  else if (header->nlmsg_type == NLMSG_ERROR)
    netlink_take_error (self, header, ours);
  else if (header->nlmsg_type == NLMSG_OVERRUN)
    netlink_overrun (self);
  else if (tbx_netlink_parse_kind (header, &kind, &removed))
    {
      if (ours)
        tbx_netlink_parse (header, removed, self->handlers, self->user_data);
      else
        netlink_take_event (self, header, kind, removed);
    }
}

/* Returns: whether there may be more. */
static gboolean
netlink_receive (TbxNetlink *self)
{
  struct sockaddr_nl from = { 0 };
  unsigned char *buffer = NULL;
  int size = nl_recv (self->sock, &from, &buffer, NULL);

  if (size == -NLE_AGAIN)
    return FALSE;
  if (size == -NLE_NOMEM || size == -NLE_MSG_TRUNC)
    {
      netlink_overrun (self);
      return TRUE;
    }
  if (size <= 0)
    {
      g_warning ("The kernel no longer tells about the network: %s", nl_geterror (size));
      g_source_destroy (self->source);
      return FALSE;
    }
  if (from.nl_pid == 0)   /* from the kernel, and nobody else */
    for (struct nlmsghdr *header = (struct nlmsghdr *) (void *) buffer; nlmsg_ok (header, size);
         header = nlmsg_next (header, &size))
      netlink_take (self, header);
  free (buffer);
  return TRUE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  TbxNetlink *self = user_data;

  for (guint i = 0; i < MAX_RECEIVES && netlink_receive (self); i++)
    ;
  self->handlers->settled (self->user_data);
  return G_SOURCE_CONTINUE;
}

static int
netlink_connect (TbxNetlink *self)
{
  int result;

  nl_socket_disable_seq_check (self->sock);
  nl_socket_disable_msg_peek (self->sock);
  if ((result = nl_connect (self->sock, NETLINK_ROUTE)) < 0
      || (result = nl_socket_set_nonblocking (self->sock)) < 0
      || (result = nl_socket_set_msg_buf_size (self->sock, RECEIVE_BYTES)) < 0)
    return result;
  return nl_socket_add_memberships (self->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
                                    RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
}

/**
 * tbx_netlink_new:
 * @handlers: (scope forever): who is told; static
 * @user_data: passed to @handlers
 * @error: return location for an error
 *
 * Opens the socket in the network namespace of the calling thread and asks for a
 * first dump of everything.  @handlers are called from the thread's default main
 * context, and the first dump begins within this call.
 * Errors: `TBX_ERROR_FAILED`.
 *
 * Returns: (transfer full) (nullable): a reader of the kernel's events
 */
TbxNetlink *
tbx_netlink_new (const TbxNetlinkHandlers *handlers, gpointer user_data, GError **error)
{
  TbxNetlink *self = g_new0 (TbxNetlink, 1);
  int result;

  self->handlers = handlers;
  self->user_data = user_data;
  self->current = NO_DUMP;
  self->sock = nl_socket_alloc ();
  result = self->sock == NULL ? -NLE_NOMEM : netlink_connect (self);
  if (result < 0)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED,
                   "cannot hear the kernel's network events: %s", nl_geterror (result));
      tbx_netlink_free (self);
      return NULL;
    }
  self->source = g_unix_fd_source_new (nl_socket_get_fd (self->sock), G_IO_IN);
  g_source_set_static_name (self->source, "tbx-netlink");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  netlink_want (self, ALL);
  return self;
}

/**
 * tbx_netlink_free:
 * @self: (transfer full): the reader
 */
void
tbx_netlink_free (TbxNetlink *self)
{
  tbx_source_clear (&self->source);
  tbx_source_clear (&self->pause);
  g_clear_pointer (&self->sock, nl_socket_free);
  g_free (self);
}

/**
 * tbx_netlink_is_ready:
 * @self: the reader
 *
 * Returns: whether the kernel has answered for every kind
 */
gboolean
tbx_netlink_is_ready (TbxNetlink *self)
{
  return self->told == ALL;
}

/**
 * tbx_netlink_get_overruns:
 * @self: the reader
 *
 * Returns: how often events were lost, and everything was asked for again
 */
guint
tbx_netlink_get_overruns (TbxNetlink *self)
{
  return self->overruns;
}
