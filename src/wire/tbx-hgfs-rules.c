/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-requests.h"

#define LAST_OFFSET        ((guint64) G_MAXINT64)
#define LEAST_PACKET_BYTES 1024
#define OPEN_NEEDS         (TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS \
                            | TBX_HGFS_OPEN_HAS_NAME)

/* Of operations that make no sense without a name. */
static TbxHgfsStatus
name_check (const TbxHgfsName *name)
{
  return name->by_handle ? TBX_HGFS_INVALID_PARAMETER : TBX_HGFS_OK;
}

static TbxHgfsStatus
open_check (const TbxHgfsOpen *request)
{
  if ((request->mask & OPEN_NEEDS) != OPEN_NEEDS
      || (request->mode & TBX_HGFS_MODE_ACCESS) > TBX_HGFS_MODE_READ_WRITE
      || request->flags > TBX_HGFS_OPEN_CREATE_OR_TRUNCATE)
    return TBX_HGFS_PROTOCOL_ERROR;
  return name_check (&request->name);
}

static TbxHgfsStatus
read_check (const TbxHgfsRead *request, gsize read_max_bytes)
{
  return request->size > read_max_bytes || request->offset > LAST_OFFSET
           ? TBX_HGFS_INVALID_PARAMETER
           : TBX_HGFS_OK;
}

/* An append goes to the end, whatever the offset says. */
static TbxHgfsStatus
write_check (const TbxHgfsWrite *request)
{
  if (request->flags & TBX_HGFS_WRITE_APPEND)
    return TBX_HGFS_OK;
  return request->offset > LAST_OFFSET || request->data.size > LAST_OFFSET - request->offset
           ? TBX_HGFS_INVALID_PARAMETER
           : TBX_HGFS_OK;
}

static TbxHgfsStatus
create_dir_check (const TbxHgfsCreateDir *request)
{
  if ((request->mask & TBX_HGFS_CREATE_DIR_HAS_NAME) == 0)
    return TBX_HGFS_PROTOCOL_ERROR;
  return name_check (&request->name);
}

static TbxHgfsStatus
setattr_check (const TbxHgfsSetattr *request)
{
  return (request->attr.mask & TBX_HGFS_ATTR_SIZE) != 0 && request->attr.size > LAST_OFFSET
           ? TBX_HGFS_INVALID_PARAMETER
           : TBX_HGFS_OK;
}

static TbxHgfsStatus
symlink_check (const TbxHgfsCreateSymlink *request)
{
  return request->target.by_handle ? TBX_HGFS_INVALID_PARAMETER : name_check (&request->name);
}

static TbxHgfsStatus
session_check (const TbxHgfsCreateSession *request)
{
  return request->max_packet_bytes != 0 && request->max_packet_bytes < LEAST_PACKET_BYTES
           ? TBX_HGFS_INVALID_PARAMETER
           : TBX_HGFS_OK;
}

/**
 * tbx_hgfs_request_check:
 * @request: what tbx_hgfs_request_decode() gave
 * @read_max_bytes: the most that a READ may ask for: see tbx_hgfs_read_max()
 *
 * Says whether the values make sense, as far as they alone can tell; handles and
 * names are looked at later.  After it the names of OPEN, CREATE_DIR,
 * CREATE_SYMLINK, SEARCH_OPEN and QUERY_VOLUME are no handles.
 * Source: docs/wire/hgfs.md, "Values that are refused".
 *
 * Returns: `TBX_HGFS_OK`, `TBX_HGFS_PROTOCOL_ERROR`, `TBX_HGFS_INVALID_PARAMETER`
 */
TbxHgfsStatus
tbx_hgfs_request_check (const TbxHgfsRequest *request, gsize read_max_bytes)
{
  switch (request->op)
    {
    case TBX_HGFS_OPEN:
    case TBX_HGFS_OPEN_V2:
    case TBX_HGFS_OPEN_V3:
    case TBX_HGFS_OPEN_V4:
      return open_check (&request->open);
    case TBX_HGFS_READ:
    case TBX_HGFS_READ_V3:
      return read_check (&request->read, read_max_bytes);
    case TBX_HGFS_WRITE:
    case TBX_HGFS_WRITE_V3:
      return write_check (&request->write);
    case TBX_HGFS_SEARCH_OPEN_V3:
    case TBX_HGFS_QUERY_VOLUME_V3:
    case TBX_HGFS_QUERY_VOLUME_V4:
      return name_check (&request->named.name);
    case TBX_HGFS_SETATTR:
    case TBX_HGFS_SETATTR_V2:
    case TBX_HGFS_SETATTR_V3:
    case TBX_HGFS_SETATTR_V4:
      return setattr_check (&request->setattr);
    case TBX_HGFS_CREATE_DIR:
    case TBX_HGFS_CREATE_DIR_V2:
    case TBX_HGFS_CREATE_DIR_V3:
      return create_dir_check (&request->create_dir);
    case TBX_HGFS_CREATE_SYMLINK:
    case TBX_HGFS_CREATE_SYMLINK_V3:
      return symlink_check (&request->create_symlink);
    case TBX_HGFS_CREATE_SESSION_V4:
      return session_check (&request->create_session);
    default:
      return TBX_HGFS_OK;
    }
}
