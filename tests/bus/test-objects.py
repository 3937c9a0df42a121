#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is on the bus is what the XML says, is live, and tells when it changes."""

import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import NAME, ROOT, until
from gi.repository import Gio, GLib

XML = Path(__file__).resolve().parents[2] / 'data' / 'dbus'
OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'


def ip(*argv):
    subprocess.run(['ip', *argv], check=True, capture_output=True, text=True)


def shape(info):
    """An interface as names and signatures, to compare."""
    def arguments(args):
        return [(a.name, a.signature) for a in args]
    return {
        'methods': {m.name: (arguments(m.in_args), arguments(m.out_args)) for m in info.methods},
        'properties': {p.name: (p.signature, int(p.flags)) for p in info.properties},
        'signals': {s.name: arguments(s.args) for s in info.signals},
    }


def promised(interface):
    text = (XML / f'{NAME}.{interface}.xml').read_text(encoding='utf-8')
    return Gio.DBusNodeInfo.new_for_xml(text).lookup_interface(f'{NAME}.{interface}')


class Started(tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_host()
        self.start_daemon()
        self.bus_client = self.client()
        if os.geteuid() != 0:   # without polkit only root may
            self.start_polkit().allow(*(f'org.toolboxd.{action}' for action in (
                'reset', 'set-primary-address', 'read-guestinfo', 'write-guestinfo')))

    def text(self, value):
        return GLib.Variant('(s)', [value])


class Objects(Started):
    def test_introspection(self):
        root = self.bus_client.introspect()
        for name in ('Manager', 'Network', 'GuestInfo', 'Processes'):
            with self.subTest(name):
                self.assertEqual(shape(root.lookup_interface(f'{NAME}.{name}')),
                                 shape(promised(name)))
        self.assertTrue(root.lookup_interface(OBJECT_MANAGER))
        for path in self.bus_client.objects():
            with self.subTest(path):
                info = self.bus_client.introspect(path).lookup_interface(f'{NAME}.Nic')
                self.assertEqual(shape(info), shape(promised('Nic')))

    def test_properties_have_their_types(self):
        places = [('Manager', ROOT), ('Network', ROOT)]
        places += [('Nic', path) for path in self.bus_client.objects()]
        for interface, path in places:
            for prop in promised(interface).properties:
                with self.subTest(f'{interface}.{prop.name}'):
                    value = self.bus_client.connection.call_sync(
                        NAME, path, 'org.freedesktop.DBus.Properties', 'Get',
                        GLib.Variant('(ss)', [f'{NAME}.{interface}', prop.name]), None, 0, -1, None)
                    inner = value.get_child_value(0).get_variant()
                    self.assertEqual(inner.get_type_string(), prop.signature)

    def test_manager_is_live(self):
        version = subprocess.run([tbxtest.program('TBX_TOOLBOXD'), '--version'], check=True,
                                 capture_output=True, text=True).stdout.split()[-1]
        manager = self.bus_client.get_all('Manager')
        self.assertEqual(manager['Version'], version)
        self.assertEqual(manager['Transport'], self.host.kind)
        self.assertEqual(manager['TransportState'], 'up')
        self.assertEqual(bool(manager['Hypervisor']), self.host.kind == 'backdoor')
        self.assertTrue(manager['Policy']['guest-operations'])
        self.assertEqual(manager['Policy']['methods']['ListFilesInGuest'], '')
        self.assertIn('ip', manager['Policy']['public-guestinfo-keys'])

    def test_transport_state_is_told(self):
        heard = self.bus_client.changes(ROOT)
        self.host.ask('fault', 'close')

        def states():
            return [c['TransportState'] for _, (_, c, _) in heard.seen if 'TransportState' in c]
        until(lambda: states()[-1:] == ['up'] and 'waiting' in states(), 'waiting, then up')

    def test_reset(self):
        heard = self.bus_client.changes(ROOT)
        self.bus_client.call('Manager', 'Reset')
        until(lambda: any(c.get('TransportState') == 'up' for _, (_, c, _) in heard.seen),
              'the channels are up again')

    def test_resets_between_requests(self):
        """Requests to the host reopen a channel that a reset is about to open."""
        outcome = []
        for _ in range(12):
            for interface, method, arguments in (('Manager', 'Reset', None),
                                                 ('GuestInfo', 'Get', self.text('no.such'))):
                self.bus_client.connection.call(NAME, ROOT, f'{NAME}.{interface}', method,
                                                arguments, None, Gio.DBusCallFlags.NONE, -1, None,
                                                lambda *_: outcome.append(True))
        until(lambda: len(outcome) == 24, 'all are answered')
        if self.bus_client.get('Manager', 'TransportState') != 'up':
            self.bus_client.wait_property('Manager', 'TransportState', 'up')
        self.assertIsNone(self.daemon.find('CRITICAL'))

    def test_options_and_capabilities_are_told(self):
        self.bus_client.wait_property('Manager', 'Capabilities',
                                      ['hgfs_server toolbox 1', 'statechange', 'softpowerop_retry',
                                       'version'])
        self.host.ask('rpc', 'Set_Option tbx.option some value')
        options = self.bus_client.wait_property('Manager', 'Options', lambda o: 'tbx.option' in o)
        self.assertEqual(options['tbx.option'], 'some value')
        self.host.ask('rpc', 'Set_Option tbx.option other')
        self.bus_client.wait_property('Manager', 'Options',
                                      lambda o: o['tbx.option'] == 'other')

    def test_last_ping_is_live_and_silent(self):
        heard = self.bus_client.changes(ROOT)
        before = time.time()
        self.host.ask('rpc', 'ping')
        ping = self.bus_client.get('Manager', 'LastPing') / 1e6
        self.assertGreaterEqual(ping, before)
        self.assertLessEqual(ping, time.time())
        self.host.ask('rpc', 'Set_Option tbx.after ping')   # what comes later has a signal
        self.bus_client.wait_property('Manager', 'Options', lambda o: 'tbx.after' in o)
        self.assertFalse([c for _, (_, c, gone) in heard.seen if 'LastPing' in [*c, *gone]])


class Network(Started):
    """Interfaces that come, change and go; this needs a network of our own."""

    def setUp(self):
        if os.environ['TBX_TEST_NETNS'] == '0':
            self.skipTest('makes network interfaces: neither root nor user namespaces')
        super().setUp()
        self.added = self.bus_client.signals(OBJECT_MANAGER, 'InterfacesAdded')
        self.removed = self.bus_client.signals(OBJECT_MANAGER, 'InterfacesRemoved')

    def make(self, name):
        ip('link', 'add', 'name', name, 'address', '02:00:00:00:00:01', 'type', 'bridge')
        self.addCleanup(subprocess.run, ['ip', 'link', 'delete', name], check=False,
                        capture_output=True)
        path = until(lambda: next((p for p, o in self.bus_client.objects().items()
                                   if o[f'{NAME}.Nic']['Name'] == name), None), f'{name} is shown')
        until(lambda: [a for _, a in self.added.seen if a[0] == path], 'InterfacesAdded')
        return path

    def test_nic_comes_and_goes(self):
        path = self.make('eth7')
        self.assertEqual(path, f'{ROOT}/nic/eth7')
        (_, interfaces), = [a for _, a in self.added.seen if a[0] == path]
        nic = interfaces[f'{NAME}.Nic']
        self.assertEqual((nic['Name'], nic['MacAddress']), ('eth7', '02:00:00:00:00:01'))
        ip('link', 'delete', 'eth7')
        until(lambda: [a for _, a in self.removed.seen if a == (path, [f'{NAME}.Nic'])],
              'InterfacesRemoved')
        self.assertNotIn(path, self.bus_client.objects())
        self.assertEqual(self.bus_client.error_of(
            'org.freedesktop.DBus.Properties', 'GetAll', self.text(f'{NAME}.Nic'), path),
            'org.freedesktop.DBus.Error.UnknownMethod')

    def test_name_is_escaped(self):
        path = self.make('7a.b-c')
        self.assertEqual(path, f'{ROOT}/nic/_37a_2eb_2dc')
        self.assertEqual(self.bus_client.get('Nic', 'Name', path), '7a.b-c')

    def test_rename_is_another_object(self):
        old = self.make('eth7')
        ip('link', 'set', 'eth7', 'name', 'eth8')
        until(lambda: f'{ROOT}/nic/eth8' in self.bus_client.objects(), 'eth8 is shown')
        self.assertNotIn(old, self.bus_client.objects())
        ip('link', 'delete', 'eth8')

    def test_nic_changes_are_told(self):
        path = self.make('eth7')
        wait = self.bus_client.wait_property
        self.assertEqual(self.bus_client.get('Nic', 'NotToldReason', path), 'down')
        ip('link', 'set', 'eth7', 'up')
        wait('Nic', 'Up', True, path)
        wait('Nic', 'Told', True, path)
        self.assertEqual(self.bus_client.get('Nic', 'NotToldReason', path), '')
        ip('address', 'add', '192.0.2.10/24', 'dev', 'eth7')
        wait('Nic', 'Addresses', lambda a: ('192.0.2.10', 24, 'manual') in [x[:3] for x in a], path)
        ip('address', 'add', '192.0.2.11/24', 'dev', 'eth7', 'valid_lft', '600',
           'preferred_lft', '600')
        wait('Nic', 'Addresses', lambda a: ('192.0.2.11', 24, 'dhcp') in [x[:3] for x in a], path)
        ip('route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'eth7', 'metric', '50')
        wait('Nic', 'Routes', lambda r: ('0.0.0.0', 0, '192.0.2.1', 50) in r, path)
        ip('address', 'flush', 'dev', 'eth7', 'scope', 'global')
        wait('Nic', 'Addresses', lambda a: '192.0.2.10' not in [x[0] for x in a], path)
        ip('link', 'set', 'eth7', 'down')
        wait('Nic', 'Up', False, path)

    def test_primary_address(self):
        wait, get = self.bus_client.wait_property, self.bus_client.get
        self.assertEqual((get('Network', 'PrimaryAddress'), get('Network', 'PrimaryReason')),
                         ('', 'none'))
        self.make('eth7')
        ip('link', 'set', 'eth7', 'up')
        ip('address', 'add', '192.0.2.10/24', 'dev', 'eth7')
        wait('Network', 'PrimaryAddress', '192.0.2.10')
        wait('Network', 'PrimaryReason', 'first')
        self.assertEqual(get('Network', 'PrimaryNic'), 'eth7')
        ip('route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'eth7')
        wait('Network', 'PrimaryReason', 'default-route')
        self.assertIn('eth7', get('Network', 'PrimaryDetail'))
        self.bus_client.call('Network', 'SetPrimaryAddress', self.text('2001:db8::7'))
        wait('Network', 'PrimaryAddress', '2001:db8::7')
        wait('Network', 'PrimaryReason', 'set')
        self.assertEqual(get('Network', 'PrimaryNic'), '')
        self.bus_client.call('Network', 'ClearPrimaryAddress')
        wait('Network', 'PrimaryAddress', '192.0.2.10')
        self.bus_client.call('Network', 'ClearPrimaryAddress')


class GuestInfo(Started):
    def get(self, key):
        return self.bus_client.call('GuestInfo', 'Get', self.text(key))[0]

    def set(self, key, value):
        self.bus_client.call('GuestInfo', 'Set', GLib.Variant('(ss)', [key, value]))

    def test_both_ways(self):
        self.host.ask('set', 'tbx.one', 'from the host')
        self.assertEqual(self.get('tbx.one'), 'from the host')
        self.assertEqual(self.get('guestinfo.tbx.one'), 'from the host')
        for value in ('two  words ', '', 'Übergröße', 'a\nb', 'x' * 65000):
            with self.subTest(value[:20]):
                self.set('guestinfo.tbx.two', value)
                self.assertEqual(self.get('tbx.two'), value)

    def test_refusals_of_the_host(self):
        self.assertEqual(self.bus_client.error_of('GuestInfo', 'Get', self.text('no.such')),
                         f'{NAME}.Error.NotFound')

    def test_many_at_once(self):
        """Up to 32 calls of one client wait at a time; one more is refused, none is lost."""
        self.host.ask('set', 'ip', '192.0.2.1')
        outcome = []

        def on_done(connection, result):
            try:
                outcome.append(connection.call_finish(result).unpack()[0])
            except GLib.Error as error:
                outcome.append(tbxtest.error_name(error))
        for _ in range(200):
            self.bus_client.connection.call(NAME, ROOT, f'{NAME}.GuestInfo', 'Get', self.text('ip'),
                                            None, Gio.DBusCallFlags.NONE, -1, None, on_done)
        until(lambda: len(outcome) == 200, 'all are answered')
        self.assertEqual(set(outcome), {'192.0.2.1', 'org.freedesktop.DBus.Error.LimitsExceeded'})
        self.assertGreaterEqual(outcome.count('192.0.2.1'), 32)
        self.assertEqual(self.get('ip'), '192.0.2.1')


class BadArguments(Started):
    INVALID = 'org.freedesktop.DBus.Error.InvalidArgs'

    def test_values(self):
        bad = [('GuestInfo', 'Get', f"('{key}',)") for key in (
            '', 'guestinfo.', 'two words', 'new\\nline', 'tab\\t', 'esc\\u001b', 'Ünicode', 'x' * 129)]
        bad += [('GuestInfo', 'Set', f"('{key}', 'v')") for key in ('', 'a b', 'x' * 129)]
        bad += [('GuestInfo', 'Set', f"('key', '{'x' * 65001}')")]
        bad += [('Network', 'SetPrimaryAddress', f"('{address}',)") for address in (
            '', 'x', '192.0.2', '192.0.2.256', '192.0.2.1/24', '192.0.2.1 ', '0.0.0.0', '::',
            '127.0.0.1', '::1', '224.0.0.1', 'ff02::1', '169.254.1.1', 'fe80::1', 'fe80::1%eth0',
            'localhost', '1' * 5000)]
        self.check(bad)

    def test_types(self):
        self.check([
            ('Manager', 'Reset', "('x',)"),
            ('Network', 'SetPrimaryAddress', "(1,)"),
            ('Network', 'SetPrimaryAddress', "()"),
            ('Network', 'ClearPrimaryAddress', "('x',)"),
            ('GuestInfo', 'Get', "('a', 'b')"),
            ('GuestInfo', 'Set', "('a',)"),
            ('GuestInfo', 'Set', "(['a'], 'b')"),
        ])

    def check(self, bad):
        for interface, method, arguments in bad:
            with self.subTest(f'{interface}.{method}{arguments[:40]}'):
                value = GLib.Variant.parse(None, arguments, None, None)
                self.assertEqual(self.bus_client.error_of(interface, method, value), self.INVALID)
        self.assertEqual(self.bus_client.get('Manager', 'TransportState'), 'up')

    def test_properties_cannot_be_written(self):
        for interface in ('Manager', 'Network'):
            for prop in promised(interface).properties:
                with self.subTest(prop.name):
                    value = self.bus_client.get(interface, prop.name)
                    self.assertEqual(self.bus_client.error_of(
                        'org.freedesktop.DBus.Properties', 'Set',
                        GLib.Variant('(ssv)', (f'{NAME}.{interface}', prop.name,
                                               GLib.Variant(prop.signature, value)
                                               if prop.signature != 'a{sv}'
                                               else GLib.Variant('a{sv}', {})))), self.INVALID)


tbxtest.main()
