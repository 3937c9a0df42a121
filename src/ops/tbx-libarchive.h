/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <glib.h>

G_BEGIN_DECLS

/* What of libarchive is used.  It is loaded on first use: with all that it is linked
 * to it would make each worker 3 MB larger. */
#define TBX_LIBARCHIVE_FUNCTIONS(F)     \
  F (archive_entry_clear)               \
  F (archive_entry_copy_gname)          \
  F (archive_entry_copy_hardlink)       \
  F (archive_entry_copy_pathname)       \
  F (archive_entry_copy_symlink)        \
  F (archive_entry_copy_uname)          \
  F (archive_entry_filetype)            \
  F (archive_entry_free)                \
  F (archive_entry_gid)                 \
  F (archive_entry_hardlink)            \
  F (archive_entry_mtime)               \
  F (archive_entry_mtime_nsec)          \
  F (archive_entry_new)                 \
  F (archive_entry_pathname)            \
  F (archive_entry_perm)                \
  F (archive_entry_set_filetype)        \
  F (archive_entry_set_gid)             \
  F (archive_entry_set_mtime)           \
  F (archive_entry_set_perm)            \
  F (archive_entry_set_rdev)            \
  F (archive_entry_set_size)            \
  F (archive_entry_set_uid)             \
  F (archive_entry_size)                \
  F (archive_entry_sparse_add_entry)    \
  F (archive_entry_sparse_next)         \
  F (archive_entry_sparse_reset)        \
  F (archive_entry_symlink)             \
  F (archive_entry_uid)                 \
  F (archive_errno)                     \
  F (archive_error_string)              \
  F (archive_read_data_block)           \
  F (archive_read_free)                 \
  F (archive_read_header_position)      \
  F (archive_read_new)                  \
  F (archive_read_next_header)          \
  F (archive_read_open)                 \
  F (archive_read_support_format_tar)   \
  F (archive_write_close)               \
  F (archive_write_data)                \
  F (archive_write_finish_entry)        \
  F (archive_write_free)                \
  F (archive_write_header)              \
  F (archive_write_new)                 \
  F (archive_write_open)                \
  F (archive_write_set_bytes_in_last_block) \
  F (archive_write_set_bytes_per_block) \
  F (archive_write_set_format_pax_restricted)

#define TBX_LIBARCHIVE_MEMBER(name) __typeof__ (name) *name;
typedef struct
{
  TBX_LIBARCHIVE_FUNCTIONS (TBX_LIBARCHIVE_MEMBER)
} TbxLibarchive;
#undef TBX_LIBARCHIVE_MEMBER

const TbxLibarchive *tbx_libarchive_get (void);

G_END_DECLS
