/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <tbx-agent-authenticator.h>
#include <tbx-agent-file-handler.h>
#include <tbx-agent-network.h>
#include <tbx-agent-power.h>
#include <tbx-agent-program.h>
#include <tbx-agent-rpc.h>
#include <tbx-agent-vix.h>
#include <tbx-agent.h>
#include <tbx-bus-api.h>
#include <tbx-client.h>
#include <tbx-error.h>
#include <tbx-hold.h>
