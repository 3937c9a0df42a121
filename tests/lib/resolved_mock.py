# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3-dbusmock template: as much of systemd-resolved as tells name servers.

Parameters: "servers", [[link, family, [octet, ...]], ...], and "domains", [[link, domain,
route only], ...]: what it knows from the start.
"""

import dbus

BUS_NAME = 'org.freedesktop.resolve1'
MAIN_OBJ = '/org/freedesktop/resolve1'
MAIN_IFACE = 'org.freedesktop.resolve1.Manager'
SYSTEM_BUS = True


def load(mock, parameters):
    servers = [dbus.Struct((dbus.Int32(link), dbus.Int32(family), dbus.ByteArray(bytes(octets))),
                           signature='iiay') for link, family, octets in parameters['servers']]
    domains = [dbus.Struct((dbus.Int32(link), domain, dbus.Boolean(route_only)), signature='isb')
               for link, domain, route_only in parameters['domains']]
    mock.AddProperties(MAIN_IFACE, dbus.Dictionary({
        'DNS': dbus.Array(servers, signature='(iiay)'),
        'Domains': dbus.Array(domains, signature='(isb)'),
    }, signature='sv'))
