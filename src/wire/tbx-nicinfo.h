/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The network configuration as the host is told it: plain values, which
 * tbx-nicinfo-codec.h turns into bytes and back.
 * Source: docs/wire/guestinfo.md, "V3 schema". */

#define TBX_NICINFO_MAX_NICS           16
#define TBX_NICINFO_MAX_ADDRESSES      2048   /* per NIC; 64 when announced as type 9 */
#define TBX_NICINFO_MAX_ADDRESSES_OLD  64
#define TBX_NICINFO_MAX_ROUTES         100    /* IPv4 and IPv6 together */
#define TBX_NICINFO_MAX_MAC_BYTES      18
#define TBX_NICINFO_MAX_ADDRESS_BYTES  255
#define TBX_NICINFO_MAX_NAME_BYTES     255    /* every DNS name */
#define TBX_NICINFO_MAX_SERVERS        16
#define TBX_NICINFO_MAX_SUFFIXES       10
#define TBX_NICINFO_MAX_SETTINGS_BYTES 16384

/* Of each enumeration other values can be decoded, as the host does. */
typedef enum
{
  TBX_INET_UNKNOWN = 0,
  TBX_INET_IPV4    = 1,
  TBX_INET_IPV6    = 2,
  TBX_INET_IPV4Z   = 3,
  TBX_INET_IPV6Z   = 4,
  TBX_INET_DNS     = 16,
} TbxInetType;

typedef enum
{
  TBX_IP_ORIGIN_NONE      = 0,   /* not told */
  TBX_IP_ORIGIN_OTHER     = 1,
  TBX_IP_ORIGIN_MANUAL    = 2,
  TBX_IP_ORIGIN_DHCP      = 4,
  TBX_IP_ORIGIN_LINKLAYER = 5,   /* from the MAC */
  TBX_IP_ORIGIN_RANDOM    = 6,   /* privacy and stable-privacy addresses */
} TbxIpOrigin;

typedef enum
{
  TBX_IP_STATUS_NONE         = 0,   /* not told */
  TBX_IP_STATUS_PREFERRED    = 1,
  TBX_IP_STATUS_DEPRECATED   = 2,
  TBX_IP_STATUS_INVALID      = 3,
  TBX_IP_STATUS_INACCESSIBLE = 4,
  TBX_IP_STATUS_UNKNOWN      = 5,
  TBX_IP_STATUS_TENTATIVE    = 6,
  TBX_IP_STATUS_DUPLICATE    = 7,
  TBX_IP_STATUS_OPTIMISTIC   = 8,
} TbxIpStatus;

typedef enum
{
  TBX_ROUTE_UNSET  = 0,   /* open-vm-tools sends it */
  TBX_ROUTE_OTHER  = 1,
  TBX_ROUTE_REJECT = 2,
  TBX_ROUTE_LOCAL  = 3,
  TBX_ROUTE_REMOTE = 4,
} TbxRouteType;

#define TBX_ROUTE_METRIC_UNUSED G_MAXUINT32

typedef struct
{
  guint32 type;     /* TbxInetType */
  guint8  size;     /* octets used */
  guint8  octets[TBX_NICINFO_MAX_ADDRESS_BYTES];   /* network order */
} TbxNicInfoAddress;

typedef struct
{
  TbxNicInfoAddress address;
  guint32           prefix_length;   /* bits */
  gboolean          has_origin;
  guint32           origin;          /* TbxIpOrigin */
  gboolean          has_status;
  guint32           status;          /* TbxIpStatus */
} TbxNicInfoIp;

typedef struct
{
  char      *host_name;     /* owned, or NULL when absent; UTF-8 */
  char      *domain_name;   /* owned, or NULL when absent; "" is another thing */
  GArray    *servers;       /* of TbxNicInfoAddress */
  GPtrArray *suffixes;      /* of char *, owned */
} TbxNicInfoDns;

typedef struct
{
  TbxNicInfoAddress primary;
  TbxNicInfoAddress secondary;
} TbxNicInfoWins;

typedef struct
{
  gboolean enabled;
  char    *settings;   /* owned, not NULL */
} TbxNicInfoDhcp;

typedef struct
{
  char           *mac;       /* owned; "00:50:56:a0:00:10" */
  GArray         *ips;       /* of TbxNicInfoIp */
  TbxNicInfoDns  *dns;       /* owned, or NULL; so are the rest */
  TbxNicInfoWins *wins;
  TbxNicInfoDhcp *dhcp_v4;
  TbxNicInfoDhcp *dhcp_v6;
} TbxNicInfoNic;

typedef struct
{
  TbxNicInfoAddress destination;
  guint32           prefix_length;   /* bits */
  gboolean          has_next_hop;
  TbxNicInfoAddress next_hop;
  guint32           nic;             /* index into nics, not a kernel index */
  guint32           type;            /* TbxRouteType */
  guint32           metric;          /* TBX_ROUTE_METRIC_UNUSED when there is none */
} TbxNicInfoRoute;

typedef struct
{
  GPtrArray      *nics;      /* of TbxNicInfoNic *, owned */
  GArray         *routes;    /* of TbxNicInfoRoute */
  TbxNicInfoDns  *dns;       /* of the whole stack; owned, or NULL; so are the rest */
  TbxNicInfoWins *wins;
  TbxNicInfoDhcp *dhcp_v4;
  TbxNicInfoDhcp *dhcp_v6;
} TbxNicInfo;

TbxNicInfo     *tbx_nicinfo_new            (void);
void            tbx_nicinfo_free           (TbxNicInfo *self);
TbxNicInfoNic  *tbx_nicinfo_add_nic        (TbxNicInfo *self, const char *mac);
void            tbx_nicinfo_nic_free       (TbxNicInfoNic *nic);
TbxNicInfoDns  *tbx_nicinfo_dns_new        (void);
void            tbx_nicinfo_dns_free       (TbxNicInfoDns *dns);
TbxNicInfoDns  *tbx_nicinfo_dns_copy       (const TbxNicInfoDns *dns);
TbxNicInfoDhcp *tbx_nicinfo_dhcp_new       (gboolean enabled, const char *settings);
void            tbx_nicinfo_dhcp_free      (TbxNicInfoDhcp *dhcp);
gboolean        tbx_nicinfo_address_set    (TbxNicInfoAddress *address,
                                            int                family,
                                            gconstpointer      octets);
gboolean        tbx_nicinfo_address_parse  (TbxNicInfoAddress *address, const char *text);
char           *tbx_nicinfo_address_format (const TbxNicInfoAddress *address);
gboolean        tbx_nicinfo_address_equal  (const TbxNicInfoAddress *a, const TbxNicInfoAddress *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxNicInfo, tbx_nicinfo_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxNicInfoNic, tbx_nicinfo_nic_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxNicInfoDns, tbx_nicinfo_dns_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxNicInfoDhcp, tbx_nicinfo_dhcp_free)

G_END_DECLS
