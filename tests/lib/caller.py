# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the calls that it reads, and prints for each the name of its error, or null."""

import json
import sys

from gi.repository import Gio, GLib

address, name, calls = json.load(sys.stdin)
connection = Gio.DBusConnection.new_for_address_sync(
    address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
outcome = []
for interface, method, arguments, path, interactive in calls:
    try:
        connection.call_sync(name, path, interface, method,
                             GLib.Variant.parse(None, arguments, None, None), None,
                             Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
                             else Gio.DBusCallFlags.NONE, 60000, None)
        outcome.append(None)
    except GLib.Error as error:
        outcome.append(Gio.DBusError.get_remote_error(error) or error.message)
json.dump(outcome, sys.stdout)
