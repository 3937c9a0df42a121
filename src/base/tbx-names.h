/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

/* Names that more than one layer must spell alike. */

#define TBX_BUS_NAME "org.toolboxd.Toolbox1"
#define TBX_OBJECT_PATH "/org/toolboxd/Toolbox1"
#define TBX_DBUS_ERROR_PREFIX "org.toolboxd.Toolbox1.Error."

/* Path of an object that a client of the bus registers; D-Bus itself has no limit. */
#define TBX_AGENT_PATH_MAX_BYTES 255

/* The application name under which the host knows the owner of a TCLO channel.
 * Source: docs/wire/transport.md, "Application names". */
#define TBX_APP_NAME "toolbox"

/* "Managed by the guest": the version that hides ours from the host's upgrades.
 * Source: docs/wire/guestinfo.md, "Tools version". */
#define TBX_VERSION_UNMANAGED 2147483647

/* Of a guestinfo variable: its key, without "guestinfo.", and its value. */
#define TBX_GUESTINFO_KEY_MAX_BYTES 128
#define TBX_GUESTINFO_VALUE_MAX_BYTES 65000

/* What the host answers for a variable that it does not have.
 * Source: docs/wire/transport.md, "Reply". */
#define TBX_NO_VALUE_TEXT "No value found"

/* Whether the host refused with @text because there is no such variable. */
#define tbx_says_no_value(text) (g_ascii_strcasecmp ((text), TBX_NO_VALUE_TEXT) == 0)

/* Interfaces that are left out when the configuration does not say. */
#define TBX_NIC_EXCLUDE_DEFAULT "docker*,veth*,virbr*,antrea-*,cali*"
