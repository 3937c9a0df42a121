/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "fake-host.h"
#include "tbx-sim-backdoor.h"

G_BEGIN_DECLS

/* A guest that makes backdoor calls, with memory and registers but no processor.
 * Registers are those of docs/wire/transport.md, "Worked examples". */

#define MAGIC             0x564D5868u
#define COOKIE_HIGH       0x11223344u
#define COOKIE_LOW        0x55667788u
#define FAKE_GUEST_COOKIE ((guint64) COOKIE_HIGH << 32 | COOKIE_LOW)
#define FAKE_GUEST_RAM    0x1000u       /* address of its memory */

typedef struct
{
  FakeHost       *host;
  TbxSimMessages *messages;
  guint8          ram[70000];
} FakeGuest;

FakeGuest *fake_guest_new              (TbxSimBandwidth bandwidth);
void       fake_guest_free             (FakeGuest *guest);
TbxSimCall fake_guest_call             (FakeGuest *guest, TbxSimInstruction instruction,
                                        TbxSimRegisters *regs);
guint32    fake_guest_low              (FakeGuest *guest, guint32 sub, guint32 bx, guint32 id,
                                        TbxSimRegisters *regs);
guint32    fake_guest_high             (FakeGuest *guest, TbxSimInstruction instruction,
                                        guint32 size, guint32 id, TbxSimRegisters *regs);
void       fake_guest_open             (FakeGuest *guest, TbxSimProtocol protocol, guint id);
void       fake_guest_assert_delivered (FakeGuest *guest, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeGuest, fake_guest_free)

G_END_DECLS
