/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-writer.h"

G_BEGIN_DECLS

/* The control messages between the daemon and one worker, one a packet.  Payloads do
 * not pass here, but through shared memory.  Hostile until checked, in both
 * directions: a worker is the guest user's own process.
 * Source: docs/design.md, "The control protocol". */

#define TBX_WORKER_PROTOCOL            3
#define TBX_WORKER_MESSAGE_MAX_BYTES   (72 * 1024)   /* a program's start fits, as a request has it */
#define TBX_WORKER_MAX_FDS             3             /* with one message */
#define TBX_WORKER_NAME_MAX_BYTES      256           /* of a user or a group */
#define TBX_WORKER_PASSWORD_MAX_BYTES  511           /* the most that PAM takes */
#define TBX_WORKER_GROUPS_MAX          1024
#define TBX_WORKER_COMMAND_MAX_BYTES   256
#define TBX_WORKER_COMMAND_LINE_MAX_BYTES 8192
#define TBX_WORKER_REQUEST_NAME_MAX_BYTES 1024
#define TBX_WORKER_RUN_DONE_MAX_BYTES  2048
#define TBX_WORKER_RUN_DONE_PREFIX     "Run_Program_Done "
#define TBX_WORKER_PROGRAM_LISTED_S    300           /* how long an ended program is listed */
#define TBX_WORKER_STREAM_MIN_BYTES    (64 * 1024)
#define TBX_WORKER_STREAM_MAX_BYTES    (1024 * 1024 * 1024)
#define TBX_WORKER_SCHEME_MAX_BYTES    32
#define TBX_WORKER_PROGRAM_MAX_BYTES   64
#define TBX_WORKER_PATH_MAX_BYTES      8192          /* of a file, a query, a folder */
#define TBX_WORKER_ARGUMENTS_MAX_BYTES G_MAXUINT16
#define TBX_WORKER_NAMES_MAX           256           /* of schemes and of programs */
#define TBX_WORKER_FIRST_AGENT_PID     4194305       /* no process has one above 4194304 */
#define TBX_WORKER_SESSION_MIN_S       60
#define TBX_WORKER_SESSION_MAX_S       (24 * 3600)

typedef enum
{
  TBX_WORKER_FROM_DAEMON,
  TBX_WORKER_FROM_WORKER,
} TbxWorkerSender;

typedef enum
{
  /* The daemon says. */
  TBX_WORKER_LOGIN           = 1,    /* verify this name and password */
  TBX_WORKER_CONTINUE        = 2,    /* open the session and become the user; has the buffer */
  TBX_WORKER_QUIT            = 3,    /* end, unless busy */
  TBX_WORKER_ATTACH          = 4,    /* from a daemon that started anew; has the buffer */
  TBX_WORKER_REQUEST         = 5,    /* execute what is in the buffer */
  TBX_WORKER_ADOPT           = 6,    /* a program that another worker of the user started */
  TBX_WORKER_OPEN_GATE       = 7,    /* a program may run now */
  TBX_WORKER_SETTINGS        = 8,    /* what is configured; after CONTINUE and ATTACH, and anew */
  TBX_WORKER_NAMES           = 9,    /* what clients on the bus serve; none at first, and
                                      * after ATTACH */
  /* Answers, each once for what was asked. */
  TBX_WORKER_ASK_DONE        = 10,
  TBX_WORKER_FILE_FOUND      = 11,
  TBX_WORKER_FILE_OPENED     = 12,   /* has its descriptor */
  TBX_WORKER_PROGRAM_RUNS    = 13,
  TBX_WORKER_PROGRAM_EXITED  = 14,   /* one that PROGRAM_RUNS was said of */
  /* The worker says. */
  TBX_WORKER_HELLO           = 64,   /* first of all, and when attached to */
  TBX_WORKER_LOGIN_RESULT    = 65,
  TBX_WORKER_READY           = 66,   /* requests may come, or why not */
  TBX_WORKER_REPLY           = 67,   /* the payload is in the buffer */
  TBX_WORKER_PROGRESS        = 68,
  TBX_WORKER_STATE           = 69,
  TBX_WORKER_PROGRAM_STARTED = 70,
  TBX_WORKER_PROGRAM_ENDED   = 71,
  TBX_WORKER_RUN_DONE        = 72,   /* for the host: a legacy program ended */
  TBX_WORKER_OPENED          = 73,   /* whose session it is, with the groups that it has now */
  /* The worker asks: what clients on the bus are to do. */
  TBX_WORKER_FILE_STAT       = 74,
  TBX_WORKER_FILE_OPEN       = 75,
  TBX_WORKER_PROGRAM_START   = 76,   /* has its standard input, output and error */
  TBX_WORKER_PROGRAM_END     = 77,
} TbxWorkerMessageType;

typedef enum
{
  TBX_WORKER_VERDICT_OK,
  TBX_WORKER_VERDICT_DENIED,   /* PAM says no */
  TBX_WORKER_VERDICT_FAILED,   /* PAM itself, or something else, failed */
  TBX_WORKER_N_VERDICTS
} TbxWorkerVerdict;

/* What was being done when a login ended.  Append only. */
typedef enum
{
  TBX_WORKER_STEP_NONE,
  TBX_WORKER_STEP_START,
  TBX_WORKER_STEP_AUTHENTICATE,
  TBX_WORKER_STEP_ACCT_MGMT,
  TBX_WORKER_STEP_LOOKUP,         /* of passwd and groups */
  TBX_WORKER_STEP_SETCRED,
  TBX_WORKER_STEP_OPEN_SESSION,
  TBX_WORKER_STEP_BECOME_USER,
  TBX_WORKER_N_STEPS
} TbxWorkerStep;

/* What stands for a right password.  PAM has its word on the account in any case. */
typedef enum
{
  TBX_WORKER_PROOF_PASSWORD,   /* PAM is asked */
  TBX_WORKER_PROOF_NAMED,      /* the administrator named the account, which is not root's */
  TBX_WORKER_PROOF_VOUCHED,    /* somebody was asked in PAM's place */
  TBX_WORKER_N_PROOFS
} TbxWorkerProof;

/* Strings point into the packet that was decoded, are UTF-8 and end with a NUL. */

typedef struct
{
  gboolean    self;       /* no PAM: only the worker's own user */
  const char *name;
  const char *password;   /* secret */
  TbxWorkerProof proof;   /* unless it is a password, @password is empty */
} TbxWorkerLogin;

typedef struct
{
  guint32 protocol;   /* TBX_WORKER_PROTOCOL */
  guint32 pid;        /* of the half that PAM runs in */
} TbxWorkerHello;

typedef struct
{
  TbxWorkerVerdict verdict;
  TbxWorkerStep    step;       /* the last one */
  gint32           pam_code;   /* what it gave */
  guint32          uid;
  guint32          gid;
  const char      *name;       /* as passwd has it; empty unless the verdict is OK */
  guint32          n_groups;
  const guint8    *groups;     /* see tbx_worker_groups_next() */
  gsize            groups_size;   /* bytes */
} TbxWorkerLoginResult;

typedef struct
{
  TbxWorkerVerdict verdict;
  TbxWorkerStep    step;
  gint32           pam_code;
} TbxWorkerReady;

/* An opcode of ours: the body of TBX_VIX_HGFS_PACKET that came without credentials. */
#define TBX_WORKER_RAW_HGFS 0x80000054u

typedef struct
{
  guint32 id;
  guint32 opcode;          /* of VIX, or TBX_WORKER_RAW_HGFS */
  guint32 request_flags;   /* TbxVixRequestFlags */
  guint32 body_size;       /* bytes in the buffer's request area */
  guint16 name_size;       /* bytes */
  const guint8 *name;      /* what the host calls it: opaque, without NUL at its end */
} TbxWorkerRequest;

typedef struct
{
  guint32 id;             /* of the request */
  guint32 code;           /* TbxVixCode */
  gint32  error_number;   /* an errno, or 0 */
  guint32 size;           /* bytes in the buffer's reply area */
} TbxWorkerReply;

typedef struct
{
  gint64      pid;
  gint64      start;          /* Unix time, seconds */
  gint64      end;            /* Unix time, seconds; 0 while it runs */
  gint32      exit_code;      /* 128 + signal, as a shell has it */
  gint32      signal;         /* that ended it, or 0 */
  const char *command;        /* short name */
  const char *command_line;   /* may hold a secret */
} TbxWorkerProgram;

/* What the administrator configured for the operations themselves. */
typedef struct
{
  guint32  stream_limit_bytes;   /* of a stream of a program that is kept in memory */
  gboolean http_round_trip;      /* the program http.RoundTrip is there */
  gboolean archive_transfers;    /* folders are transferred as archives */
  guint32  session_idle_s;       /* an HGFS session that nobody uses ends after it, seconds */
} TbxWorkerSettings;

#define TBX_WORKER_SETTINGS_DEFAULT { 16 * 1024 * 1024, TRUE, TRUE, 600 }

/* The schemes and programs that are registered. */
typedef struct
{
  guint32       n_schemes;
  guint32       n_programs;
  const guint8 *list;        /* schemes, then programs; see tbx_worker_names_next() */
  gsize         list_size;   /* bytes */
} TbxWorkerNames;

typedef struct
{
  guint32     id;
  const char *scheme;
  const char *path;      /* begins with "/" */
  const char *query;     /* maybe empty */
  gboolean    writing;   /* of FILE_OPEN */
} TbxWorkerFileAsk;

typedef struct
{
  guint32     id;
  const char *name;
  const char *arguments;          /* one text */
  const char *directory;          /* maybe empty */
  const char *environment;        /* NAME=VALUE, a NUL after each */
  guint32     environment_size;   /* bytes, all NULs included */
} TbxWorkerStartAsk;

typedef struct
{
  guint32 id;
  gint64  pid;
} TbxWorkerEndAsk;

typedef struct
{
  guint32 id;
  gint32  error_number;   /* an errno; 0: what was asked is done */
} TbxWorkerAskDone;

typedef struct
{
  guint32 id;
  guint64 size;       /* bytes; G_MAXINT64: nobody knows */
  gint64  modified;   /* Unix time, seconds */
  guint32 mode;       /* the lowest nine bits */
} TbxWorkerFileFound;

typedef struct
{
  guint32 id;
  gint64  pid;     /* that no process has */
  gint64  start;   /* Unix time, seconds */
} TbxWorkerProgramRuns;

typedef struct
{
  gint64 pid;
  gint64 end;         /* Unix time, seconds */
  gint32 exit_code;   /* 128 + signal, as a shell has it */
  gint32 signal;      /* that ended it, or 0 */
} TbxWorkerProgramExited;

typedef struct
{
  TbxWorkerMessageType type;
  union
  {
    TbxWorkerLogin       login;
    gboolean             gated;         /* of CONTINUE and ATTACH: programs wait for
                                         * OPEN_GATE before they run */
    gint64               gate_pid;      /* of OPEN_GATE */
    TbxWorkerSettings    settings;
    const char          *run_done;      /* an RPCI request */
    TbxWorkerHello       hello;
    TbxWorkerLoginResult login_result;   /* OPENED too */
    TbxWorkerReady       ready;
    TbxWorkerRequest     request;
    TbxWorkerReply       reply;
    guint32              progress_id;   /* of the request */
    gboolean             busy;          /* of STATE */
    TbxWorkerProgram     program;       /* ADOPT, PROGRAM_STARTED, PROGRAM_ENDED */
    TbxWorkerNames       names;
    TbxWorkerFileAsk     file;          /* FILE_STAT, FILE_OPEN */
    TbxWorkerStartAsk    start;
    TbxWorkerEndAsk      end;
    TbxWorkerAskDone     done;
    TbxWorkerFileFound   found;
    guint32              opened_id;     /* of FILE_OPENED */
    TbxWorkerProgramRuns runs;
    TbxWorkerProgramExited exited;
  };
} TbxWorkerMessage;

gboolean    tbx_worker_message_decode    (gconstpointer     data,
                                          gsize             size,
                                          TbxWorkerSender   sender,
                                          TbxWorkerMessage *message,
                                          GError          **error);
void        tbx_worker_message_encode    (const TbxWorkerMessage *message, TbxWriter *w);
void        tbx_worker_group_encode      (guint32 gid, const char *name, TbxWriter *w);
gboolean    tbx_worker_groups_next       (const TbxWorkerLoginResult *result,
                                          gsize                      *pos,
                                          guint32                    *gid,
                                          const char                **name);
void        tbx_worker_name_encode       (const char *name, TbxWriter *w);
gboolean    tbx_worker_names_next        (const TbxWorkerNames *names,
                                          gsize                *pos,
                                          const char          **name);
guint       tbx_worker_message_count_fds (TbxWorkerMessageType type);
const char *tbx_worker_step_get_name     (TbxWorkerStep step);

G_END_DECLS
