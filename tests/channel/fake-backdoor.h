/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-backdoor-message.h"

G_BEGIN_DECLS

/* The host behind the backdoor, as docs/wire/transport.md, "Channel state", has it,
 * with faults at the test's will.  It asserts what a guest must never do.  There is
 * one, for the calls carry no pointer to it. */

/* One call, as a letter:
 *   O o  OPEN with and without a cookie     R    RECVSIZE
 *   S    SENDSIZE                           r x  RECVPAYLOAD, and with BX = 0
 *   s W  SENDPAYLOAD, HB OUT                A a  RECVSTATUS, and with BX = 0
 *   C    CLOSE                              I    HB IN */
typedef struct
{
  char    step;
  guint32 bx, cx, dx, si, di;   /* as they came in; of HB: si and di are the cookie */
} FakeCall;

typedef enum { FAKE_LOW, FAKE_HIGH, FAKE_ALTERNATING } FakeBandwidth;

typedef struct
{
  char     step;     /* a letter of the above */
  guint    nth;      /* 1: the next such step */
  guint    times;    /* so many in a row; 0 is 1 */
  guint16  status;   /* answered instead of acting */
  gboolean lie;      /* act, and then answer as @status, @type and @value say */
  guint16  type;     /* with @lie */
  guint32  value;    /* with @lie */
} FakeFault;

typedef struct
{
  gboolean    used;
  guint16     id;
  TbxProtocol protocol;
  guint32     cookie_high, cookie_low;
  gboolean    closed;       /* by the host */
  gboolean    sending;
  gsize       expected;     /* bytes that SENDSIZE announced */
  GByteArray *received;     /* (owned) */
  GQueue      outgoing;     /* of GBytes (owned) */
  gboolean    offering;     /* RECVSIZE told of the head of @outgoing */
  gsize       offset;       /* bytes of it that were fetched */
  gboolean    owed;         /* TCLO: a reply is due */
} FakeSlot;

typedef struct
{
  FakeSlot      slots[4];
  FakeBandwidth bandwidth;
  guint         n_payloads;      /* announced, for FAKE_ALTERNATING */
  gboolean      noise;           /* in all output that means nothing */
  gboolean      no_cookies;      /* an old host */
  guint16       next_id;
  guint32       next_cookie_high, next_cookie_low;
  GArray       *faults;          /* of FakeFault (owned) */
  GArray       *calls;           /* of FakeCall (owned) */
  GPtrArray    *delivered;       /* of GBytes (owned): whole messages, empty ones too */
  guint         n_polls;         /* empty messages on TCLO */
  guint         n_rejected;      /* messages that the guest did not take */
  const char   *reply;           /* RPCI: queued for each request, or NULL for none */
} FakeBackdoor;

extern FakeBackdoor           fake_backdoor;
extern const TbxBackdoorCalls fake_backdoor_calls;

void      fake_backdoor_reset     (void);
void      fake_backdoor_clear     (void);
void      fake_backdoor_fault     (FakeFault fault);
FakeSlot *fake_backdoor_slot      (TbxProtocol protocol);
void      fake_backdoor_queue     (TbxProtocol protocol, gconstpointer data, gsize size);
char     *fake_backdoor_dup_steps (void);

G_END_DECLS
