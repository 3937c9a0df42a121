/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"

G_BEGIN_DECLS

/* The text payloads: escaping, and the records of the lists.  A record is
 * appended whole, or not at all when the text would become longer than its
 * limit; the return value says which.
 * Source: docs/wire/vix.md, "Output formats". */

typedef enum
{
  TBX_VIX_FILE_IS_DIRECTORY = 0x1,
  TBX_VIX_FILE_IS_SYMLINK   = 0x2,   /* a link to a directory has this bit only */
} TbxVixFileType;

/* <fxi>: LIST_FILES and TRANSFER_FROM_GUEST.  Strings may be any bytes. */
typedef struct
{
  const char *name;
  guint       type;          /* TbxVixFileType */
  guint64     size;          /* bytes; 0 for what is no regular file */
  gint64      mtime;         /* Unix time, seconds */
  gint64      atime;         /* Unix time, seconds */
  gint32      uid;
  gint32      gid;
  guint32     mode;          /* the complete st_mode */
  const char *link_target;   /* (nullable): of a symlink */
} TbxVixFileInfo;

/* <FileInfo>: LIST_DIRECTORY and GET_FILE_INFO. */
typedef struct
{
  const char *name;    /* empty in GET_FILE_INFO */
  guint       flags;   /* TbxVixFileType; a link to a directory has that bit only */
  gint64      size;    /* bytes; 0 for what is no regular file, -1 when unknown */
  gint64      mtime;   /* Unix time, seconds; -1 when unknown */
} TbxVixFileEntry;

/* <proc>: LIST_PROCESSES_EX and LIST_PROCESSES. */
typedef struct
{
  const char *command;        /* (nullable): short name */
  const char *command_line;
  gint64      pid;
  const char *user;
  gint64      start;          /* Unix time, seconds */
  gint32      exit_code;      /* 0 while it runs; 128 + signal */
  gint64      end;            /* Unix time, seconds; 0 while it runs */
} TbxVixProcess;

/* <filesystem>: LIST_FILESYSTEMS. */
typedef struct
{
  const char *name;         /* device */
  guint64     size;         /* bytes */
  guint64     free_space;   /* bytes */
  const char *type;
} TbxVixFilesystem;

#define TBX_VIX_FILE_LIST_HEADER_MAX_BYTES 33   /* longest tbx_vix_file_list_header() */

void     tbx_vix_escape              (GString *out, const char *text);
char    *tbx_vix_unescape            (const char *text, gssize size);
void     tbx_vix_file_list_header    (GString *out, gboolean truncated, guint64 remaining);
void     tbx_vix_legacy_list_header  (GString *out, gboolean paged, gboolean truncated, gboolean escape);
gboolean tbx_vix_file_info_append    (GString *out, gsize limit, const TbxVixFileInfo *info);
gboolean tbx_vix_file_entry_append   (GString               *out,
                                      gsize                  limit,
                                      const TbxVixFileEntry *entry,
                                      gboolean               escape);
gboolean tbx_vix_process_append      (GString *out, gsize limit, const TbxVixProcess *process);
gboolean tbx_vix_process_append_short (GString             *out,
                                       gsize                limit,
                                       const TbxVixProcess *process,
                                       gboolean             escape);
gboolean tbx_vix_variable_append     (GString *out, gsize limit, const char *variable);
gboolean tbx_vix_filesystem_append   (GString                *out,
                                      gsize                   limit,
                                      const TbxVixFilesystem *filesystem,
                                      gboolean                escape);

gboolean   tbx_vix_process_list_fits (gsize size);
TbxVixCode tbx_vix_process_list_page (GString    *out,
                                      const char *data,
                                      gsize       size,
                                      guint32     key,
                                      gsize       offset);
char      *tbx_vix_run_program_done  (const char *request_name,
                                      gsize       request_name_size,
                                      guint32     code,
                                      int         error_number,
                                      int         exit_code,
                                      gint64      pid);

G_END_DECLS
