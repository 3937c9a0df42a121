/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-opcodes.h"
#include "tbx-writer.h"

G_BEGIN_DECLS

/* The bodies of VIX requests.  All are plain values without anything to free:
 * strings, arrays and bytes point into the body they were decoded from, which
 * must outlive them.  Strings are UTF-8 and end with a NUL, as they do on the
 * wire.  Legacy opcodes decode to the struct of their successor.
 * Source: docs/wire/vix.md, "Operations". */

/* Strings, one after the other, each with its NUL: see tbx_vix_strings_next(). */
typedef struct
{
  const char *data;    /* NULL when @count is 0 */
  gsize       size;    /* bytes, NULs included */
  guint32     count;
} TbxVixStrings;

/* Process ids, 64-bit and not aligned: see tbx_vix_pids_get(). */
typedef struct
{
  const guint8 *data;    /* NULL when @count is 0 */
  guint32       count;
} TbxVixPids;

typedef struct
{
  const guint8 *data;
  gsize         size;   /* bytes */
} TbxVixBytes;

/* Bits of the options of SET_FILE_ATTRIBUTES and TRANSFER_TO_GUEST. */
typedef enum
{
  TBX_VIX_ATTRIBUTE_ACCESS_TIME       = 0x01,
  TBX_VIX_ATTRIBUTE_MODIFICATION_TIME = 0x02,
  TBX_VIX_ATTRIBUTE_READ_ONLY         = 0x04,   /* Windows */
  TBX_VIX_ATTRIBUTE_HIDDEN            = 0x08,   /* Windows */
  TBX_VIX_ATTRIBUTE_OWNER             = 0x10,
  TBX_VIX_ATTRIBUTE_GROUP             = 0x20,
  TBX_VIX_ATTRIBUTE_PERMISSIONS       = 0x40,
} TbxVixAttributes;

#define TBX_VIX_RUN_RETURN_IMMEDIATELY    0x1   /* option of RUN_PROGRAM and RUN_SCRIPT */
#define TBX_VIX_LIST_DIRECTORY_HAS_OFFSET 0x1   /* option of LIST_DIRECTORY: its longer layout */
#define TBX_VIX_VARIABLE_ENVIRONMENT      3     /* the one type of variable that Linux has */

/* START_PROGRAM */
typedef struct
{
  gboolean      start_minimized;   /* ignored */
  const char   *program;           /* absolute, or a bare name; (nullable) until checked;
                                    * see tbx_vix_program_path() */
  const char   *arguments;         /* (nullable): shell text */
  const char   *working_dir;       /* (nullable): absolute; NULL or empty is the default */
  TbxVixStrings environment;       /* NAME=VALUE each */
} TbxVixStartProgram;

/* RUN_PROGRAM */
typedef struct
{
  gint32      options;
  const char *program;     /* absolute; see tbx_vix_program_path() */
  const char *arguments;   /* (nullable): shell text */
} TbxVixRunProgram;

/* RUN_SCRIPT */
typedef struct
{
  gint32      options;
  const char *interpreter;   /* empty: /bin/sh */
  const char *properties;    /* ignored */
  const char *script;        /* its text */
} TbxVixRunScript;

/* LIST_PROCESSES_EX */
typedef struct
{
  guint32    key;      /* 0: a new listing */
  guint32    offset;   /* bytes received so far, of a continuation */
  TbxVixPids pids;     /* none: all processes */
} TbxVixListProcesses;

/* TERMINATE_PROCESS, KILL_PROCESS */
typedef struct
{
  gint64  pid;
  guint32 options;   /* ignored */
} TbxVixTerminateProcess;

/* READ_ENV */
typedef struct
{
  TbxVixStrings names;   /* none: the whole environment */
} TbxVixReadEnv;

/* READ_VARIABLE, WRITE_VARIABLE */
typedef struct
{
  gint32      type;
  gint32      options;   /* ignored */
  const char *name;
  const char *value;     /* NULL in READ_VARIABLE */
} TbxVixVariable;

/* CREATE_TEMP_FILE_EX, CREATE_TEMP_DIRECTORY */
typedef struct
{
  gint32      options;      /* ignored */
  const char *prefix;
  const char *suffix;
  const char *directory;    /* absolute; empty is the default */
  TbxVixBytes properties;   /* ignored */
} TbxVixCreateTemp;

/* DELETE_FILE(_EX), GET_FILE_INFO, FILE_EXISTS, DIRECTORY_EXISTS; DELETE_REGISTRY_KEY and
 * REGISTRY_KEY_EXISTS, where the path is none of a file */
typedef struct
{
  gint32      options;   /* ignored */
  const char *path;
} TbxVixFile;

/* DELETE_DIRECTORY(_EX), DELETE_EMPTY_DIRECTORY */
typedef struct
{
  gint32      options;           /* ignored */
  guint32     properties_size;   /* ignored */
  gboolean    recursive;
  const char *path;
} TbxVixDeleteDirectory;

/* CREATE_DIRECTORY(_EX) */
typedef struct
{
  gint32      options;           /* ignored */
  guint32     properties_size;   /* ignored */
  gboolean    parents;           /* make those that are missing too */
  const char *path;
} TbxVixCreateDirectory;

/* MOVE_FILE(_EX), MOVE_DIRECTORY */
typedef struct
{
  gint32      options;           /* ignored */
  guint32     properties_size;   /* ignored */
  gboolean    overwrite;
  const char *old_path;
  const char *new_path;
} TbxVixMove;

/* LIST_FILES; TRANSFER_FROM_GUEST, of which only the path counts */
typedef struct
{
  gint32      options;           /* ignored */
  gint32      index;             /* of the first entry */
  gint32      max_results;       /* 0: only how many there are */
  guint64     offset;            /* entries after @index that the host has already */
  const char *path;              /* (nullable) until checked */
  const char *pattern;           /* (nullable): regular expression */
  gboolean    sizes_count_nul;   /* which of the two conventions the lengths follow */
} TbxVixListFiles;

/* LIST_DIRECTORY */
typedef struct
{
  gint32      options;   /* TBX_VIX_LIST_DIRECTORY_HAS_OFFSET */
  gint64      offset;    /* of the first entry; 0 without that option */
  const char *path;
} TbxVixListDirectory;

/* SET_FILE_ATTRIBUTES */
typedef struct
{
  gint32      options;             /* TbxVixAttributes: which of these are meant */
  gint64      access_time;         /* Unix time, seconds */
  gint64      modification_time;   /* Unix time, seconds */
  gint32      owner_id;
  gint32      group_id;
  gint32      permissions;
  gboolean    hidden;
  gboolean    read_only;
  const char *path;
} TbxVixSetFileAttributes;

/* TRANSFER_TO_GUEST */
typedef struct
{
  gint32      options;   /* TbxVixAttributes; those of Windows are refused */
  gboolean    overwrite;
  const char *path;
} TbxVixTransferToGuest;

/* HGFS_PACKET */
typedef struct
{
  gint32      timeout;   /* ignored */
  TbxVixBytes packet;
} TbxVixHgfsPacket;

/* ADD_ALIAS, REMOVE_ALIAS, REMOVE_ALIAS_BY_CERT */
typedef struct
{
  guint32     options;
  gboolean    add_mapping;    /* ADD_ALIAS only */
  gint32      subject_type;   /* 0 none, 1 named, 2 any */
  const char *user_name;      /* (nullable) until checked */
  const char *pem_cert;       /* (nullable) until checked */
  const char *subject_name;   /* (nullable) */
  const char *comment;        /* (nullable): ADD_ALIAS only */
} TbxVixAlias;

/* LIST_ALIASES, LIST_MAPPED_ALIASES */
typedef struct
{
  guint32     options;
  const char *user_name;   /* (nullable); LIST_ALIASES only */
} TbxVixListAliases;

typedef struct
{
  guint32 opcode;   /* TbxVixOpcode; says which member is meant */
  union
  {
    TbxVixBytes             raw;   /* of every opcode whose body is never looked at */
    TbxVixStartProgram      start_program;
    TbxVixRunProgram        run_program;
    TbxVixRunScript         run_script;
    TbxVixListProcesses     list_processes;
    TbxVixTerminateProcess  terminate_process;
    TbxVixReadEnv           read_env;
    TbxVixVariable          variable;
    TbxVixCreateTemp        create_temp;
    TbxVixFile              file;
    TbxVixDeleteDirectory   delete_directory;
    TbxVixCreateDirectory   create_directory;
    TbxVixMove              move;
    TbxVixListFiles         list_files;
    TbxVixListDirectory     list_directory;
    TbxVixSetFileAttributes set_file_attributes;
    TbxVixTransferToGuest   transfer_to_guest;
    TbxVixHgfsPacket        hgfs_packet;
    TbxVixAlias             alias;
    TbxVixListAliases       list_aliases;
  };
} TbxVixRequest;

TbxVixCode  tbx_vix_request_decode (guint32        opcode,
                                    gconstpointer  body,
                                    gsize          size,
                                    TbxVixRequest *request);
TbxVixCode  tbx_vix_request_check  (const TbxVixRequest *request);
void        tbx_vix_request_encode (const TbxVixRequest *request, TbxWriter *w);

const char *tbx_vix_program_path   (const char *program, gsize *size);

const char *tbx_vix_strings_next   (const TbxVixStrings *strings, const char *last);
char      **tbx_vix_strings_dup    (const TbxVixStrings *strings);
void        tbx_vix_strings_init   (TbxVixStrings     *strings,
                                    const char *const *list,
                                    GByteArray        *storage);
gint64      tbx_vix_pids_get       (const TbxVixPids *pids, guint32 i);
void        tbx_vix_pids_init      (TbxVixPids   *pids,
                                    const gint64 *list,
                                    guint32       n,
                                    GByteArray   *storage);

G_END_DECLS
