/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hgfs-vectors.h"
#include <string.h>

/* All of them; freed by json_array_unref(). */
JsonArray *
hgfs_vectors_load (void)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "vectors", "hgfs.json", NULL);

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_array_ref (json_node_get_array (json_parser_get_root (parser)));
}

const char *
hgfs_vector_name (JsonObject *vector)
{
  return json_object_get_string_member (vector, "name");
}

/* "go-", "rec-", "hand-", "mal-" or "env-" */
gboolean
hgfs_vector_in (JsonObject *vector, const char *family)
{
  return g_str_has_prefix (hgfs_vector_name (vector), family);
}

gboolean
hgfs_vector_is_reply (JsonObject *vector)
{
  return g_str_equal (json_object_get_string_member (vector, "dir"), "reply");
}

guint8 *
hgfs_vector_bytes (JsonObject *vector, gsize *size)
{
  return vix_vector_bytes (vector, "packet_hex", size);
}

/* 64-bit numbers are texts, others are not. */
guint64
hgfs_number (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  g_assert_nonnull (node);
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strtoull (json_node_get_string (node), NULL, 16);
  return (guint64) json_node_get_int (node);
}

typedef enum { IS_U8, IS_U32, IS_U64, IS_NAME, IS_ATTR, IS_BYTES, IS_CAPABILITIES, IS_TAIL,
               IS_UPDATE } MemberKind;

typedef struct
{
  const char *key;
  MemberKind  kind;
  gsize       offset;
} Member;

#define ATTR(key, kind, member) { key, kind, G_STRUCT_OFFSET (TbxHgfsAttr, member) }

static const Member attr_members[] = {
  ATTR ("mask", IS_U64, mask), ATTR ("type", IS_U32, type), ATTR ("size", IS_U64, size),
  ATTR ("creationTime", IS_U64, creation_time), ATTR ("accessTime", IS_U64, access_time),
  ATTR ("writeTime", IS_U64, write_time), ATTR ("attrChangeTime", IS_U64, change_time),
  ATTR ("permissions", IS_U8, perms.owner), ATTR ("specialPerms", IS_U8, perms.special),
  ATTR ("ownerPerms", IS_U8, perms.owner), ATTR ("groupPerms", IS_U8, perms.group),
  ATTR ("otherPerms", IS_U8, perms.other), ATTR ("flags", IS_U64, flags),
  ATTR ("allocationSize", IS_U64, allocation_size), ATTR ("userId", IS_U32, user_id),
  ATTR ("groupId", IS_U32, group_id), ATTR ("hostFileId", IS_U64, file_id),
  ATTR ("volumeId", IS_U32, volume_id), ATTR ("effectivePerms", IS_U32, effective_perms),
};

static void
assert_number (gconstpointer at, MemberKind kind, JsonObject *object, const char *key)
{
  guint64 expected = hgfs_number (object, key);

  if (kind == IS_U8)
    g_assert_cmphex (*(const guint8 *) at, ==, expected);
  else if (kind == IS_U32)
    g_assert_cmphex (*(const guint32 *) at, ==, expected);
  else
    g_assert_cmphex (*(const guint64 *) at, ==, expected);
}

static void
assert_attr (const TbxHgfsAttr *attr, JsonObject *expected)
{
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (attr_members); i++)
    if (json_object_has_member (expected, attr_members[i].key))
      {
        assert_number (G_STRUCT_MEMBER_P (attr, attr_members[i].offset), attr_members[i].kind,
                       expected, attr_members[i].key);
        n++;
      }
  n += json_object_has_member (expected, "reserved2");
  g_assert_cmpuint (n, ==, json_object_get_size (expected));
}

static void
assert_hex (gconstpointer data, gsize size, const char *hex)
{
  g_autofree guint8 *expected = NULL;
  gsize expected_size;

  expected = vix_hex_bytes (hex, &expected_size);
  g_assert_cmpmem (data, size, expected, expected_size);
}

static void
assert_name (const TbxHgfsName *name, JsonObject *expected)
{
  const char *pad = json_object_get_string_member_with_default (expected, "pad_hex", NULL);

  g_assert_cmpuint (name->size, ==, hgfs_number (expected, "length"));
  if (!name->by_handle)
    assert_hex (name->data, name->size, json_object_get_string_member (expected, "cp_hex"));
  if (json_object_has_member (expected, "flags"))
    {
      g_assert_cmpuint (name->flags, ==, hgfs_number (expected, "flags"));
      g_assert_cmpuint (name->case_type, ==, hgfs_number (expected, "caseType"));
      g_assert_cmpuint (name->handle, ==, hgfs_number (expected, "fid"));
    }
  if (pad != NULL)
    assert_hex (&name->pad, 1, pad);
}

static void
assert_capabilities (const TbxHgfsCapabilities *capabilities, JsonArray *expected)
{
  g_assert_cmpuint (capabilities->count, ==, json_array_get_length (expected));
  for (guint i = 0; i < capabilities->count; i++)
    {
      JsonArray *pair = json_array_get_array_element (expected, i);
      guint32 op, flags = tbx_hgfs_capabilities_get (capabilities, i, &op);

      g_assert_cmpuint (op, ==, json_array_get_int_element (pair, 0));
      g_assert_cmpuint (flags, ==, json_array_get_int_element (pair, 1));
    }
}

/* Bit by bit, as the table of SETATTR lists them. */
static void
assert_update (const TbxHgfsSetattr *setattr, guint64 update)
{
  static const guint64 bits[] = {
    TBX_HGFS_ATTR_SIZE, TBX_HGFS_ATTR_CREATION_TIME, TBX_HGFS_ATTR_ACCESS_TIME,
    TBX_HGFS_ATTR_WRITE_TIME, TBX_HGFS_ATTR_CHANGE_TIME, TBX_HGFS_ATTR_OWNER_PERMS,
  };
  guint64 mask = 0, hints = 0;

  for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
    if (update & 1u << i)
      mask |= bits[i];
  g_assert_cmphex (setattr->attr.mask, ==, mask);
  if (update & 0x40)
    hints |= TBX_HGFS_SETATTR_GIVEN_ACCESS_TIME;
  if (update & 0x80)
    hints |= TBX_HGFS_SETATTR_GIVEN_WRITE_TIME;
  g_assert_cmphex (setattr->hints, ==, hints);
}

static void
assert_member (gconstpointer base, const Member *member, JsonObject *payload)
{
  gconstpointer at = G_STRUCT_MEMBER_P (base, member->offset);
  const TbxHgfsBytes *bytes = at;

  switch (member->kind)
    {
    case IS_NAME:
      assert_name (at, json_object_get_object_member (payload, member->key));
      break;
    case IS_ATTR:
      assert_attr (at, json_object_get_object_member (payload, member->key));
      break;
    case IS_BYTES:
    case IS_TAIL:
      assert_hex (bytes->data, bytes->size, json_object_get_string_member (payload, member->key));
      break;
    case IS_CAPABILITIES:
      assert_capabilities (at, json_object_get_array_member (payload, member->key));
      break;
    case IS_UPDATE:
      assert_update (at, hgfs_number (payload, member->key));
      break;
    default:
      assert_number (at, member->kind, payload, member->key);
    }
}

#define REQUEST(key, kind, member) { key, kind, G_STRUCT_OFFSET (TbxHgfsRequest, member) }
#define REPLY(key, kind, member) { key, kind, G_STRUCT_OFFSET (TbxHgfsReply, member) }

static const Member any_request[] = {
  REQUEST ("innerId", IS_U32, inner_id), REQUEST ("innerOp", IS_U32, inner_op),
  REQUEST ("trailing_hex", IS_TAIL, tail), REQUEST ("tail_hex", IS_TAIL, tail), { NULL },
};
static const Member open_request[] = {
  REQUEST ("mask", IS_U64, open.mask), REQUEST ("mode", IS_U32, open.mode),
  REQUEST ("openFlags", IS_U32, open.flags), REQUEST ("permissions", IS_U8, open.perms.owner),
  REQUEST ("specialPerms", IS_U8, open.perms.special), REQUEST ("ownerPerms", IS_U8, open.perms.owner),
  REQUEST ("groupPerms", IS_U8, open.perms.group), REQUEST ("otherPerms", IS_U8, open.perms.other),
  REQUEST ("attrFlags", IS_U64, open.attr_flags),
  REQUEST ("allocationSize", IS_U64, open.allocation_size),
  REQUEST ("desiredAccess", IS_U32, open.desired_access),
  REQUEST ("shareAccess", IS_U32, open.share_access), REQUEST ("desiredLock", IS_U32, open.lock),
  REQUEST ("name", IS_NAME, open.name), { NULL },
};
static const Member read_request[] = {
  REQUEST ("handle", IS_U32, read.handle), REQUEST ("offset", IS_U64, read.offset),
  REQUEST ("requiredSize", IS_U32, read.size), { NULL },
};
static const Member write_request[] = {
  REQUEST ("handle", IS_U32, write.handle), REQUEST ("writeFlags", IS_U32, write.flags),
  REQUEST ("offset", IS_U64, write.offset), REQUEST ("requiredSize", IS_U32, write.data.size),
  REQUEST ("data_hex", IS_BYTES, write.data), { NULL },
};
/* Its data is elsewhere; what the vector calls so is the placeholder. */
static const Member write_fast_request[] = {
  REQUEST ("handle", IS_U32, write.handle), REQUEST ("writeFlags", IS_U32, write.flags),
  REQUEST ("offset", IS_U64, write.offset), REQUEST ("requiredSize", IS_U32, write.data.size),
  REQUEST ("data_hex", IS_TAIL, tail), { NULL },
};
static const Member close_request[] = {
  REQUEST ("handle", IS_U32, close.handle), REQUEST ("search", IS_U32, close.handle), { NULL },
};
static const Member named_request[] = { REQUEST ("name", IS_NAME, named.name), { NULL } };
static const Member search_read_request[] = {
  REQUEST ("search", IS_U32, search_read.handle), REQUEST ("index", IS_U32, search_read.index),
  REQUEST ("flags", IS_U32, search_read.flags), { NULL },
};
static const Member search_read_v4_request[] = {
  REQUEST ("mask", IS_U32, search_read_v4.mask), REQUEST ("flags", IS_U32, search_read_v4.flags),
  REQUEST ("search", IS_U32, search_read_v4.handle),
  REQUEST ("replyDirEntryMaxSize", IS_U32, search_read_v4.entry_max_bytes),
  REQUEST ("restartIndex", IS_U32, search_read_v4.index),
  REQUEST ("pattern", IS_NAME, search_read_v4.pattern), { NULL },
};
static const Member getattr_request[] = {
  REQUEST ("hints", IS_U64, getattr.hints), REQUEST ("handle", IS_U32, getattr.name.handle),
  REQUEST ("name", IS_NAME, getattr.name), { NULL },
};
static const Member setattr_request[] = {
  REQUEST ("update", IS_UPDATE, setattr),
  REQUEST ("hints", IS_U64, setattr.hints), REQUEST ("handle", IS_U32, setattr.name.handle),
  REQUEST ("attr", IS_ATTR, setattr.attr), REQUEST ("name", IS_NAME, setattr.name), { NULL },
};
static const Member create_dir_request[] = {
  REQUEST ("mask", IS_U64, create_dir.mask), REQUEST ("permissions", IS_U8, create_dir.perms.owner),
  REQUEST ("specialPerms", IS_U8, create_dir.perms.special),
  REQUEST ("ownerPerms", IS_U8, create_dir.perms.owner),
  REQUEST ("groupPerms", IS_U8, create_dir.perms.group),
  REQUEST ("otherPerms", IS_U8, create_dir.perms.other),
  REQUEST ("attrFlags", IS_U64, create_dir.attr_flags),
  REQUEST ("name", IS_NAME, create_dir.name), { NULL },
};
static const Member delete_request[] = {
  REQUEST ("hints", IS_U64, delete_.hints), REQUEST ("handle", IS_U32, delete_.name.handle),
  REQUEST ("name", IS_NAME, delete_.name), { NULL },
};
static const Member rename_request[] = {
  REQUEST ("hints", IS_U64, rename.hints), REQUEST ("srcHandle", IS_U32, rename.old_name.handle),
  REQUEST ("targetHandle", IS_U32, rename.new_name.handle),
  REQUEST ("oldName", IS_NAME, rename.old_name), REQUEST ("newName", IS_NAME, rename.new_name),
  { NULL },
};
static const Member symlink_request[] = {
  REQUEST ("linkName", IS_NAME, create_symlink.name),
  REQUEST ("target", IS_NAME, create_symlink.target), { NULL },
};
static const Member lock_request[] = {
  REQUEST ("handle", IS_U32, lock_change.handle), REQUEST ("newLock", IS_U32, lock_change.lock),
  { NULL },
};
static const Member session_request[] = {
  REQUEST ("numCapabilities", IS_U32, create_session.capabilities.count),
  REQUEST ("maxPacketSize", IS_U32, create_session.max_packet_bytes),
  REQUEST ("flags", IS_U32, create_session.flags),
  REQUEST ("capabilities", IS_CAPABILITIES, create_session.capabilities), { NULL },
};
static const Member watch_request[] = {
  REQUEST ("watchId", IS_U64, watch.id), REQUEST ("events", IS_U64, watch.events),
  REQUEST ("flags", IS_U32, watch.flags), REQUEST ("name", IS_NAME, watch.name),
  REQUEST ("count", IS_U32, watch.count), REQUEST ("events_hex", IS_BYTES, watch.list), { NULL },
};

static const Member any_reply[] = { REPLY ("trailing_hex", IS_TAIL, tail), { NULL } };
static const Member opened_reply[] = {
  REPLY ("handle", IS_U32, opened.handle), REPLY ("search", IS_U32, opened.handle),
  REPLY ("acquiredLock", IS_U32, opened.lock), REPLY ("replyFlags", IS_U32, opened.flags), { NULL },
};
static const Member moved_reply[] = {
  REPLY ("actualSize", IS_U32, moved.data.size), REPLY ("data_hex", IS_BYTES, moved.data), { NULL },
};
static const Member entry_reply[] = {
  REPLY ("count", IS_U64, entry.count), REPLY ("nextEntry", IS_U32, entry.next_entry),
  REPLY ("attr", IS_ATTR, entry.attr), REPLY ("name", IS_NAME, entry.name), { NULL },
};
static const Member attributes_reply[] = {
  REPLY ("attr", IS_ATTR, attributes.attr),
  REPLY ("symlinkTarget", IS_NAME, attributes.target), { NULL },
};
static const Member volume_reply[] = {
  REPLY ("freeBytes", IS_U64, volume.free_bytes), REPLY ("totalBytes", IS_U64, volume.total_bytes),
  { NULL },
};
static const Member session_reply[] = {
  REPLY ("newSessionId", IS_U64, session.id),
  REPLY ("numCapabilities", IS_U32, session.capabilities.count),
  REPLY ("maxPacketSize", IS_U32, session.max_packet_bytes),
  REPLY ("identityOffset", IS_U32, session.identity_offset), REPLY ("flags", IS_U32, session.flags),
  REPLY ("capabilities", IS_CAPABILITIES, session.capabilities), { NULL },
};
static const Member no_reply[] = { { NULL } };

/* By operation, up to the last that has vectors. */
static const struct
{
  const Member *request;
  const Member *reply;
} members[] = {
  [TBX_HGFS_OPEN] = { open_request, opened_reply },
  [TBX_HGFS_READ] = { read_request, moved_reply },
  [TBX_HGFS_WRITE] = { write_request, moved_reply },
  [TBX_HGFS_CLOSE] = { close_request, no_reply },
  [TBX_HGFS_SEARCH_OPEN] = { named_request, opened_reply },
  [TBX_HGFS_SEARCH_READ] = { search_read_request, entry_reply },
  [TBX_HGFS_SEARCH_CLOSE] = { close_request, no_reply },
  [TBX_HGFS_GETATTR] = { getattr_request, attributes_reply },
  [TBX_HGFS_SETATTR] = { setattr_request, no_reply },
  [TBX_HGFS_CREATE_DIR] = { create_dir_request, no_reply },
  [TBX_HGFS_DELETE_FILE] = { delete_request, no_reply },
  [TBX_HGFS_DELETE_DIR] = { delete_request, no_reply },
  [TBX_HGFS_RENAME] = { rename_request, no_reply },
  [TBX_HGFS_QUERY_VOLUME] = { named_request, volume_reply },
  [TBX_HGFS_OPEN_V2] = { open_request, opened_reply },
  [TBX_HGFS_GETATTR_V2] = { getattr_request, attributes_reply },
  [TBX_HGFS_SETATTR_V2] = { setattr_request, no_reply },
  [TBX_HGFS_SEARCH_READ_V2] = { search_read_request, entry_reply },
  [TBX_HGFS_CREATE_SYMLINK] = { symlink_request, no_reply },
  [TBX_HGFS_LOCK_CHANGE] = { lock_request, no_reply },
  [TBX_HGFS_CREATE_DIR_V2] = { create_dir_request, no_reply },
  [TBX_HGFS_DELETE_FILE_V2] = { delete_request, no_reply },
  [TBX_HGFS_DELETE_DIR_V2] = { delete_request, no_reply },
  [TBX_HGFS_RENAME_V2] = { rename_request, no_reply },
  [TBX_HGFS_OPEN_V3] = { open_request, opened_reply },
  [TBX_HGFS_READ_V3] = { read_request, moved_reply },
  [TBX_HGFS_WRITE_V3] = { write_request, moved_reply },
  [TBX_HGFS_CLOSE_V3] = { close_request, no_reply },
  [TBX_HGFS_SEARCH_OPEN_V3] = { named_request, opened_reply },
  [TBX_HGFS_SEARCH_READ_V3] = { search_read_request, entry_reply },
  [TBX_HGFS_SEARCH_CLOSE_V3] = { close_request, no_reply },
  [TBX_HGFS_GETATTR_V3] = { getattr_request, attributes_reply },
  [TBX_HGFS_SETATTR_V3] = { setattr_request, no_reply },
  [TBX_HGFS_CREATE_DIR_V3] = { create_dir_request, no_reply },
  [TBX_HGFS_DELETE_FILE_V3] = { delete_request, no_reply },
  [TBX_HGFS_DELETE_DIR_V3] = { delete_request, no_reply },
  [TBX_HGFS_RENAME_V3] = { rename_request, no_reply },
  [TBX_HGFS_QUERY_VOLUME_V3] = { named_request, volume_reply },
  [TBX_HGFS_CREATE_SYMLINK_V3] = { symlink_request, no_reply },
  [TBX_HGFS_LOCK_CHANGE_V3] = { lock_request, no_reply },
  [TBX_HGFS_CREATE_SESSION_V4] = { session_request, session_reply },
  [TBX_HGFS_DESTROY_SESSION_V4] = { no_reply, no_reply },
  [TBX_HGFS_READ_FAST_V4] = { read_request, no_reply },
  [TBX_HGFS_WRITE_FAST_V4] = { write_fast_request, no_reply },
  [TBX_HGFS_SET_WATCH_V4] = { watch_request, no_reply },
  [TBX_HGFS_REMOVE_WATCH_V4] = { watch_request, no_reply },
  [TBX_HGFS_NOTIFY_V4] = { watch_request, no_reply },
  [TBX_HGFS_SEARCH_READ_V4] = { search_read_v4_request, no_reply },
};

static guint
assert_members (gconstpointer base, const Member *member, JsonObject *payload)
{
  guint n = 0;

  for (; member->key != NULL; member++)
    if (json_object_has_member (payload, member->key))
      {
        assert_member (base, member, payload);
        n++;
      }
  return n;
}

/* Members that only say zero, or again what others say. */
static guint
count_others (JsonObject *payload, gboolean is_reply)
{
  static const char *const others[] = { "reserved", "reserved1", "reserved2" };
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (json_object_has_member (payload, others[i]))
      {
        g_assert_cmpuint (hgfs_number (payload, others[i]), ==, 0);
        n++;
      }
  if (is_reply)
    n += json_object_has_member (payload, "innerId") + json_object_has_member (payload, "innerStatus");
  return n;
}

guint
hgfs_assert_request (const TbxHgfsRequest *request, JsonObject *payload)
{
  guint n;

  g_assert_cmpuint (request->op, <, G_N_ELEMENTS (members));
  n = assert_members (request, any_request, payload)
      + assert_members (request, members[request->op].request, payload);
  g_assert_cmpuint (n + count_others (payload, FALSE), ==, json_object_get_size (payload));
  return n;
}

guint
hgfs_assert_reply (const TbxHgfsReply *reply, JsonObject *payload)
{
  guint n;

  g_assert_cmpuint (reply->op, <, G_N_ELEMENTS (members));
  n = assert_members (reply, any_reply, payload)
      + assert_members (reply, members[reply->op].reply, payload);
  g_assert_cmpuint (n + count_others (payload, TRUE), ==, json_object_get_size (payload));
  return n;
}
