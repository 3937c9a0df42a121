/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names that more than one layer must spell alike. */

#define TBX_BUS_NAME "org.toolboxd.Toolbox1"
#define TBX_OBJECT_PATH "/org/toolboxd/Toolbox1"
#define TBX_DBUS_ERROR_PREFIX "org.toolboxd.Toolbox1.Error."

/* The application name under which the host knows the owner of a TCLO channel.
 * Source: docs/wire/transport.md, "Application names". */
#define TBX_APP_NAME "toolbox"

/* "Managed by the guest": the version that hides ours from the host's upgrades.
 * Source: docs/wire/guestinfo.md, "Tools version". */
#define TBX_VERSION_UNMANAGED 2147483647
