/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-capabilities.h"
#include "tbx-host-programs.h"
#include "tbx-link.h"
#include "tbx-options.h"
#include "tbx-power-bus.h"
#include "tbx-primary.h"
#include "tbx-relay.h"
#include "tbx-rpci.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* What is shown on the bus. */
typedef struct
{
  const char      *address;        /* D-Bus address, or NULL: the system bus */
  const char      *hypervisor;     /* name of the product, or NULL */
  TbxLink         *link;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxOptions      *options;
  TbxCapabilities *capabilities;
  TbxNetwork      *network;
  TbxPrimary      *primary;
  TbxRelay        *relay;
  TbxLogin        *login;
  TbxWorkerPool   *pool;
  TbxHostPrograms *programs;
  TbxPowerHost    *power;
  TbxPowerWays     ways;           /* down, in what the administrator decides */
  gboolean         scopes;         /* systemd is PID 1: programs get scopes of it */
} TbxBusParts;

#define TBX_TYPE_BUS (tbx_bus_get_type ())
G_DECLARE_FINAL_TYPE (TbxBus, tbx_bus, TBX, BUS, GObject)

TbxBus *tbx_bus_new        (const TbxBusParts *parts);
void    tbx_bus_start      (TbxBus *self);
void    tbx_bus_stop       (TbxBus *self);

G_END_DECLS
