# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the calls that it reads, and prints for each the name of its error, or null, and its reply."""

import json
import sys

from gi.repository import Gio, GLib

address, name, calls = json.load(sys.stdin)
connection = Gio.DBusConnection.new_for_address_sync(
    address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
errors, replies = [], []
for interface, method, arguments, path, interactive in calls:
    try:
        reply = connection.call_sync(name, path, interface, method,
                                     GLib.Variant.parse(None, arguments, None, None), None,
                                     Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
                                     if interactive else Gio.DBusCallFlags.NONE, 60000, None)
        errors.append(None)
        replies.append(reply.unpack())
    except GLib.Error as error:
        errors.append(Gio.DBusError.get_remote_error(error) or error.message)
        replies.append(None)
json.dump([errors, replies], sys.stdout)
