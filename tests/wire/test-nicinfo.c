/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-codec.h"
#include "tbx-nicinfo-codec.h"
#include "tbx-error.h"
#include <json-glib/json-glib.h>
#include <string.h>

#define TBX_N_VECTORS 41

static JsonArray *vectors;

static GBytes *
from_hex (const char *hex)
{
  gsize size = strlen (hex) / 2;
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4
                        | g_ascii_xdigit_value (hex[2 * i + 1]));
  return g_bytes_new_take (data, size);
}

static JsonObject *
member (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) && !json_object_get_null_member (object, name)
           ? json_object_get_object_member (object, name) : NULL;
}

static JsonObject *
vector_named (const char *name)
{
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      if (g_str_equal (json_object_get_string_member (vector, "name"), name))
        return vector;
    }
  g_assert_not_reached ();
}

static void
build_address (JsonObject *from, TbxNicInfoAddress *address)
{
  g_autoptr(GBytes) octets = from_hex (json_object_get_string_member (from, "addr_hex"));

  address->type = (guint32) json_object_get_int_member (from, "type");
  address->size = (guint8) g_bytes_get_size (octets);
  memcpy (address->octets, g_bytes_get_data (octets, NULL), address->size);
}

static TbxNicInfoDns *
build_dns (JsonObject *from)
{
  TbxNicInfoDns *dns;
  JsonArray *list;

  if (from == NULL)
    return NULL;
  dns = tbx_nicinfo_dns_new ();
  dns->host_name = g_strdup (json_object_get_string_member_with_default (from, "host_name", NULL));
  dns->domain_name = g_strdup (json_object_get_string_member_with_default (from, "domain_name",
                                                                           NULL));
  list = json_object_get_array_member (from, "servers");
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      TbxNicInfoAddress server = { 0 };

      build_address (json_array_get_object_element (list, i), &server);
      g_array_append_val (dns->servers, server);
    }
  list = json_object_get_array_member (from, "search_suffixes");
  for (guint i = 0; i < json_array_get_length (list); i++)
    g_ptr_array_add (dns->suffixes, g_strdup (json_array_get_string_element (list, i)));
  return dns;
}

static TbxNicInfoWins *
build_wins (JsonObject *from)
{
  TbxNicInfoWins *wins;

  if (from == NULL)
    return NULL;
  wins = g_new0 (TbxNicInfoWins, 1);
  build_address (json_object_get_object_member (from, "primary"), &wins->primary);
  build_address (json_object_get_object_member (from, "secondary"), &wins->secondary);
  return wins;
}

static TbxNicInfoDhcp *
build_dhcp (JsonObject *from)
{
  if (from == NULL)
    return NULL;
  return tbx_nicinfo_dhcp_new (json_object_get_boolean_member (from, "enabled"),
                               json_object_get_string_member (from, "settings"));
}

static void
build_optional (JsonObject *from, const char *name, gboolean *present, guint32 *value)
{
  *present = !json_object_get_null_member (from, name);
  *value = *present ? (guint32) json_object_get_int_member (from, name) : 0;
}

static void
build_ip (JsonObject *from, TbxNicInfoIp *ip)
{
  if (json_object_has_member (from, "family"))
    {
      g_assert_true (tbx_nicinfo_address_parse (&ip->address,
                                                json_object_get_string_member (from, "address")));
      ip->prefix_length = (guint32) atoi (json_object_get_string_member (from, "subnet_mask"));
      ip->has_origin = json_object_get_boolean_member (from, "dhcp_enabled");
      ip->origin = ip->has_origin ? TBX_IP_ORIGIN_DHCP : TBX_IP_ORIGIN_NONE;
      return;
    }
  build_address (json_object_get_object_member (from, "address"), &ip->address);
  ip->prefix_length = (guint32) json_object_get_int_member (from, "prefix_length");
  build_optional (from, "origin", &ip->has_origin, &ip->origin);
  build_optional (from, "status", &ip->has_status, &ip->status);
}

static void
build_route (JsonObject *from, TbxNicInfoRoute *route)
{
  JsonObject *next_hop = member (from, "next_hop");

  build_address (json_object_get_object_member (from, "destination"), &route->destination);
  route->prefix_length = (guint32) json_object_get_int_member (from, "prefix_length");
  route->has_next_hop = next_hop != NULL;
  if (next_hop != NULL)
    build_address (next_hop, &route->next_hop);
  route->nic = (guint32) json_object_get_int_member (from, "if_index");
  route->type = (guint32) json_object_get_int_member (from, "type");
  route->metric = (guint32) json_object_get_int_member (from, "metric");
}

static void
build_nic (JsonObject *from, TbxNicInfo *info)
{
  TbxNicInfoNic *nic = tbx_nicinfo_add_nic (info, json_object_get_string_member (from, "mac"));
  JsonArray *ips = json_object_get_array_member (from, "ips");

  for (guint i = 0; i < json_array_get_length (ips); i++)
    {
      TbxNicInfoIp ip = { 0 };

      build_ip (json_array_get_object_element (ips, i), &ip);
      g_array_append_val (nic->ips, ip);
    }
  nic->dns = build_dns (member (from, "dns"));
  nic->wins = build_wins (member (from, "wins"));
  nic->dhcp_v4 = build_dhcp (member (from, "dhcp_v4"));
  nic->dhcp_v6 = build_dhcp (member (from, "dhcp_v6"));
}

static TbxNicInfo *
build_info (JsonObject *from)
{
  TbxNicInfo *info = tbx_nicinfo_new ();
  JsonArray *list = json_object_get_array_member (from, "nics");

  for (guint i = 0; i < json_array_get_length (list); i++)
    build_nic (json_array_get_object_element (list, i), info);
  if (json_object_get_int_member (from, "version") == 2)
    return info;
  list = json_object_get_array_member (from, "routes");
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      TbxNicInfoRoute route = { 0 };

      build_route (json_array_get_object_element (list, i), &route);
      g_array_append_val (info->routes, route);
    }
  info->dns = build_dns (member (from, "dns"));
  info->wins = build_wins (member (from, "wins"));
  info->dhcp_v4 = build_dhcp (member (from, "dhcp_v4"));
  info->dhcp_v6 = build_dhcp (member (from, "dhcp_v6"));
  return info;
}

static GBytes *
encode (const TbxNicInfo *info, TbxNicInfoVersion version)
{
  const TbxNicInfoForm form = { version, TBX_NICINFO_MAX_ADDRESSES, TBX_NICINFO_MAX_ROUTES };
  g_autoptr(GError) error = NULL;
  GBytes *body = tbx_nicinfo_encode (info, &form, &error);

  g_assert_no_error (error);
  return body;
}

static void
assert_bytes (GBytes *got, GBytes *expected)
{
  gsize got_size, expected_size;
  gconstpointer got_data = g_bytes_get_data (got, &got_size);
  gconstpointer expected_data = g_bytes_get_data (expected, &expected_size);

  g_assert_cmpmem (got_data, got_size, expected_data, expected_size);
}

/* From the structured input to the body, to the message, and all the way back. */
static void
test_vectors (void)
{
  g_assert_cmpuint (json_array_get_length (vectors), ==, TBX_N_VECTORS);
  for (guint i = 0; i < TBX_N_VECTORS; i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      guint type = (guint) json_object_get_int_member (vector, "info_type");
      TbxNicInfoVersion version = json_object_get_int_member (vector, "version") == 2
                                    ? TBX_NICINFO_V2 : TBX_NICINFO_V3;
      g_autoptr(TbxNicInfo) info = build_info (vector);
      g_autoptr(GBytes) body = from_hex (json_object_get_string_member (vector, "xdr_hex"));
      g_autoptr(GBytes) message = from_hex (json_object_get_string_member (vector, "rpc_hex"));
      g_autoptr(GBytes) our_body = encode (info, version);
      g_autoptr(GBytes) our_message = NULL;
      g_autoptr(TbxNicInfo) back = NULL;
      g_autoptr(GBytes) again = NULL;
      g_autoptr(GError) error = NULL;
      const guint8 *payload;
      gsize payload_size;
      guint got_type;
      TbxNicInfoVersion got_version;

      g_test_message ("%s", json_object_get_string_member (vector, "name"));
      assert_bytes (our_body, body);
      our_message = tbx_guestinfo_encode (type, g_bytes_get_data (our_body, NULL),
                                          g_bytes_get_size (our_body), &error);
      assert_bytes (our_message, message);

      g_assert_true (tbx_guestinfo_decode (g_bytes_get_data (message, NULL),
                                           g_bytes_get_size (message), &got_type, &payload,
                                           &payload_size, &error));
      g_assert_cmpuint (got_type, ==, type);
      back = tbx_nicinfo_decode (payload, payload_size, &got_version, &error);
      g_assert_no_error (error);
      g_assert_cmpint (got_version, ==, version);
      again = encode (back, version);
      assert_bytes (again, body);
    }
}

static void
refuse (gconstpointer data, gsize size)
{
  g_autofree guint8 *exact = g_memdup2 (data, size);   /* so ASan sees one byte too many */
  g_autoptr(GError) error = NULL;
  TbxNicInfoVersion version = 77;

  g_assert_null (tbx_nicinfo_decode (exact, size, &version, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_assert_cmpint (version, ==, 77);
}

/* No prefix of a body is a body, nor is one with another word behind it. */
static void
test_prefixes (void)
{
  static const char *const names[] = {
    "v3-empty", "v3-typical-linux", "v3-dns-per-nic", "v3-wins", "v3-dhcp", "v3-dhcp-stack",
    "v3-odd-address-types", "v3-routes-typed", "v3-all-origins", "v2-dual-stack",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      JsonObject *vector = vector_named (names[i]);
      g_autoptr(GBytes) body = from_hex (json_object_get_string_member (vector, "xdr_hex"));
      gsize size;
      const guint8 *data = g_bytes_get_data (body, &size);
      g_autofree guint8 *longer = g_malloc0 (size + 4);

      for (gsize n = 0; n < size; n++)
        refuse (data, n);
      memcpy (longer, data, size);
      refuse (longer, size + 4);
    }
}

/* One word of a good body replaced by a bad one. */
static void
test_bad_words (void)
{
  static const struct { const char *vector; gsize at; guint32 word; } cases[] = {
    { "v3-one-ipv4", 0, 1 },          /* version 1 has no arm */
    { "v3-one-ipv4", 0, 4 },
    { "v3-one-ipv4", 4, 2 },          /* present: neither 0 nor 1 */
    { "v3-one-ipv4", 8, 0 },          /* fewer NICs than there are */
    { "v3-one-ipv4", 8, 2 },
    { "v3-one-ipv4", 8, 0xffffffff },
    { "v3-one-ipv4", 12, 19 },        /* MAC above its limit */
    { "v3-one-ipv4", 12, 0xfffffffd },
    { "v3-one-ipv4", 32, 0x30000001 },   /* padding */
    { "v3-one-ipv4", 16, 0x30ff3a35 },   /* not UTF-8 */
    { "v3-one-ipv4", 16, 0x30003a35 },   /* a NUL in a text */
    { "v3-one-ipv4", 36, 2049 },
    { "v3-one-ipv4", 44, 256 },
    { "v3-one-ipv4", 56, 2 },
    { "v3-one-ipv4", 84, 101 },
    { "v3-one-ipv4", 96, 0xffffffff },
    { "v2-one-ipv4", 8, 17 },
    { "v2-one-ipv4", 12, 0x130 },     /* a character that is none */
    { "v2-one-ipv4", 12, 0 },         /* text after its NUL */
    { "v2-one-ipv4", 88, 2 },         /* family */
    { "v2-one-ipv4", 88, 1 },         /* not an IPv6 address */
    { "v2-one-ipv4", 92, 2 },
    { "v2-one-ipv4", 96, 'x' },       /* no address */
    { "v2-one-ipv4", 352, '9' },      /* /94 */
    { "v2-one-ipv4", 352, '-' },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      JsonObject *vector = vector_named (cases[i].vector);
      g_autoptr(GBytes) body = from_hex (json_object_get_string_member (vector, "xdr_hex"));
      gsize size;
      g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (body, &size), g_bytes_get_size (body));
      guint32 word = GUINT32_TO_BE (cases[i].word);

      g_test_message ("%s at %" G_GSIZE_FORMAT, cases[i].vector, cases[i].at);
      g_assert_cmpuint (cases[i].at + 4, <=, g_bytes_get_size (body));
      memcpy (data + cases[i].at, &word, sizeof word);
      refuse (data, g_bytes_get_size (body));
    }
}

/* What the reference codec accepts, ours does: no list, undefined enumerations. */
static void
test_lenient (void)
{
  static const guint8 absent[] = { 0, 0, 0, 3, 0, 0, 0, 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxNicInfo) info = tbx_nicinfo_decode (absent, sizeof absent, NULL, &error);
  g_autoptr(TbxNicInfo) odd = tbx_nicinfo_new ();
  g_autoptr(TbxNicInfo) back = NULL;
  g_autoptr(GBytes) body = NULL;
  TbxNicInfoNic *nic = tbx_nicinfo_add_nic (odd, "x");
  TbxNicInfoIp ip = { .has_origin = TRUE, .origin = 3, .has_status = TRUE, .status = 99 };

  g_assert_no_error (error);
  g_assert_cmpuint (info->nics->len, ==, 0);

  g_array_append_val (nic->ips, ip);
  body = encode (odd, TBX_NICINFO_V3);
  back = tbx_nicinfo_decode (g_bytes_get_data (body, NULL), g_bytes_get_size (body), NULL, &error);
  g_assert_no_error (error);
  nic = back->nics->pdata[0];
  g_assert_cmpuint (g_array_index (nic->ips, TbxNicInfoIp, 0).origin, ==, 3);
  g_assert_cmpuint (g_array_index (nic->ips, TbxNicInfoIp, 0).status, ==, 99);
}

static void
refuse_to_encode (const TbxNicInfo *info, TbxNicInfoVersion version)
{
  const TbxNicInfoForm form = { version, G_MAXUINT, G_MAXUINT };
  g_autoptr(GError) error = NULL;

  g_assert_null (tbx_nicinfo_encode (info, &form, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
}

/* Each limit of the schema, exceeded by one. */
static void
test_encode_limits (void)
{
  g_autofree char *long_name = g_strnfill (TBX_NICINFO_MAX_NAME_BYTES + 1, 'n');
  g_autofree char *long_text = g_strnfill (TBX_NICINFO_MAX_SETTINGS_BYTES + 1, 's');
  g_autoptr(TbxNicInfo) info = tbx_nicinfo_new ();
  TbxNicInfoNic *nic = tbx_nicinfo_add_nic (info, "1234567890123456789");

  refuse_to_encode (info, TBX_NICINFO_V3);
  refuse_to_encode (info, TBX_NICINFO_V2);
  nic->mac[TBX_NICINFO_MAX_MAC_BYTES] = '\0';
  g_bytes_unref (encode (info, TBX_NICINFO_V3));
  g_bytes_unref (encode (info, TBX_NICINFO_V2));

  g_array_set_size (nic->ips, TBX_NICINFO_MAX_ADDRESSES + 1);
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_array_set_size (nic->ips, 1);
  refuse_to_encode (info, TBX_NICINFO_V2);   /* an address without a text form */
  g_array_set_size (nic->ips, 0);

  g_array_set_size (info->routes, TBX_NICINFO_MAX_ROUTES + 1);
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_array_set_size (info->routes, 0);

  info->dns = tbx_nicinfo_dns_new ();
  info->dns->domain_name = g_steal_pointer (&long_name);
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_clear_pointer (&info->dns->domain_name, g_free);
  g_array_set_size (info->dns->servers, TBX_NICINFO_MAX_SERVERS + 1);
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_array_set_size (info->dns->servers, 0);
  for (guint i = 0; i <= TBX_NICINFO_MAX_SUFFIXES; i++)
    g_ptr_array_add (info->dns->suffixes, g_strdup ("x"));
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_ptr_array_set_size (info->dns->suffixes, 0);

  info->dhcp_v4 = tbx_nicinfo_dhcp_new (TRUE, long_text);
  refuse_to_encode (info, TBX_NICINFO_V3);
  g_clear_pointer (&info->dhcp_v4, tbx_nicinfo_dhcp_free);

  g_bytes_unref (encode (info, TBX_NICINFO_V3));
  for (guint i = 0; i < TBX_NICINFO_MAX_NICS; i++)
    tbx_nicinfo_add_nic (info, "x");
  refuse_to_encode (info, TBX_NICINFO_V3);
  refuse_to_encode (info, TBX_NICINFO_V2);
}

/* The old announcement is the same list, cut. */
static void
test_cut (void)
{
  g_autoptr(TbxNicInfo) info = build_info (vector_named ("v3-65-ips-type10"));
  JsonObject *vector = vector_named ("v3-64-ips-type9");
  g_autoptr(GBytes) expected = from_hex (json_object_get_string_member (vector, "xdr_hex"));
  const TbxNicInfoForm form = { TBX_NICINFO_V3, TBX_NICINFO_MAX_ADDRESSES_OLD, 0 };
  g_autoptr(GBytes) body = tbx_nicinfo_encode (info, &form, NULL);

  assert_bytes (body, expected);
}

static void
put_v2_text (guint8 *at, const char *text)
{
  for (gsize i = 0; i < 64; i++)
    at[4 * i + 3] = i < strlen (text) ? (guint8) text[i] : 0;
}

/* The schema allows a mask where open-vm-tools writes a prefix length. */
static void
test_v2_mask (void)
{
  static const struct { const char *mask; int prefix; } cases[] = {
    { "ffffff00", 24 }, { "FF000000", 8 }, { "ffffffff", 32 }, { "80000000", 1 }, { "32", 32 },
    { "0", 0 }, { "ff00ff00", -1 }, { "fffffffff", -1 }, { "0x10", -1 }, { "", -1 }, { " 24", -1 },
  };
  JsonObject *vector = vector_named ("v2-one-ipv4");
  g_autoptr(GBytes) body = from_hex (json_object_get_string_member (vector, "xdr_hex"));
  gsize size = g_bytes_get_size (body);
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (body, NULL), size);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      put_v2_text (data + size - 256, cases[i].mask);
      if (cases[i].prefix < 0)
        {
          refuse (data, size);
          continue;
        }
      g_autoptr(TbxNicInfo) info = tbx_nicinfo_decode (data, size, NULL, NULL);
      TbxNicInfoNic *nic = info->nics->pdata[0];

      g_assert_cmpuint (g_array_index (nic->ips, TbxNicInfoIp, 0).prefix_length, ==,
                        cases[i].prefix);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;

  g_test_init (&argc, &argv, NULL);
  path = g_test_build_filename (G_TEST_DIST, "vectors", "nicinfo.json", NULL);
  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  vectors = json_node_get_array (json_parser_get_root (parser));
  g_test_add_func ("/wire/nicinfo/vectors", test_vectors);
  g_test_add_func ("/wire/nicinfo/prefixes", test_prefixes);
  g_test_add_func ("/wire/nicinfo/bad-words", test_bad_words);
  g_test_add_func ("/wire/nicinfo/lenient", test_lenient);
  g_test_add_func ("/wire/nicinfo/encode-limits", test_encode_limits);
  g_test_add_func ("/wire/nicinfo/cut", test_cut);
  g_test_add_func ("/wire/nicinfo/v2-mask", test_v2_mask);
  return g_test_run ();
}
