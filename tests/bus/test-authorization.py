#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may call what: nobody may change anything unless polkit, or the root user, says so."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import NAME, ROOT, until
from gi.repository import Gio, GLib

DENIED = f'{NAME}.Error.NotAuthorized'
CHALLENGE = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'

# Arguments with which a call reaches the host, or the choice of the address.
GOOD = {
    'Reset': '()',
    'SetPrimaryAddress': "('192.0.2.99',)",
    'ClearPrimaryAddress': '()',
    'Get': "('private',)",
    'Set': "('private', 'changed')",
    'List': '(@ax [], true)',
    'Hold': "('shutdown', 'nobody', '')",
    'RegisterHandler': "('shutdown', objectpath '/a', 0)",
    'UnregisterHandler': "(objectpath '/a',)",
    'RegisterRpc': "('cmd', objectpath '/a')",
    'UnregisterRpc': "('cmd',)",
    'RegisterVix': "(uint32 5000, objectpath '/a')",
    'UnregisterVix': "(uint32 5000,)",
    'RegisterAuthenticator': "(objectpath '/a', 0)",
    'UnregisterAuthenticator': "(objectpath '/a',)",
    'RegisterFileHandler': "('echo', objectpath '/a')",
    'UnregisterFileHandler': "('echo',)",
    'RegisterProgram': "('prog', objectpath '/a')",
    'UnregisterProgram': "('prog',)",
    'RegisterNetwork': "(objectpath '/a', 0)",
    'UnregisterNetwork': "(objectpath '/a',)",
}
ACTIONS = {
    'Reset': 'org.toolboxd.reset',
    'SetPrimaryAddress': 'org.toolboxd.set-primary-address',
    'ClearPrimaryAddress': 'org.toolboxd.set-primary-address',
    'Get': 'org.toolboxd.read-guestinfo',
    'Set': 'org.toolboxd.write-guestinfo',
    'Hold': 'org.toolboxd.hold-power',
    'RegisterHandler': 'org.toolboxd.handle-power',
    'UnregisterHandler': 'org.toolboxd.handle-power',
}
for kind, action in (('Rpc', 'extend-rpc'), ('Vix', 'extend-vix'), ('FileHandler', 'extend-files'),
                     ('Authenticator', 'extend-authentication'), ('Program', 'extend-programs'),
                     ('Network', 'set-primary-address')):
    ACTIONS[f'Register{kind}'] = ACTIONS[f'Unregister{kind}'] = f'org.toolboxd.{action}'
# What a call gives that is let through, if not a success.
PASSED = {method: f'{NAME}.Error.NotFound' for method in ACTIONS if method.startswith('Unregister')}


class Authorization(tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_host()
        self.start_daemon()
        self.root = self.client()
        self.host.ask('set', 'private', 'as it was')

    def every_method(self, interactive=False):
        """Each method of ours on each object, as the bus tells them, but those open to all.

        Programs have methods too, see test-processes.py.
        """
        calls = []
        for path in (ROOT, *self.root.objects()):
            for interface in self.root.introspect(path).interfaces:
                if interface.name.startswith(NAME):
                    calls += [(interface.name, m.name, GOOD.get(m.name, '()'), path, interactive)
                              for m in interface.methods]
        self.assertEqual({c[1] for c in calls}, set(GOOD), 'a method that this test does not know')
        return [c for c in calls if c[1] in ACTIONS]

    def as_nobody(self, calls):
        return tbxtest.call_as_nobody(self.bus.address, calls)

    def assert_all_refused(self, wanted=DENIED, calls=None):
        calls = calls or self.every_method()
        outcome = self.as_nobody(calls)
        self.assertEqual(dict(zip([c[1] for c in calls], outcome)), {c[1]: wanted for c in calls})
        self.assertEqual(self.host.ask('get', 'private'), 'as it was')
        self.assertNotEqual(self.root.get('Network', 'PrimaryReason'), 'set')
        self.assertEqual(self.root.get('Manager', 'TransportState'), 'up')

    def test_without_polkit(self):
        if os.geteuid() != 0:
            self.skipTest('needs a caller that is root')
        self.assert_all_refused()
        for interface, method, arguments, path, _ in self.every_method():
            with self.subTest(method):
                self.assertIsNone(self.root.error_of(
                    interface, method, GLib.Variant.parse(None, arguments, None, None), path))

    def test_polkit_says_no(self):
        self.start_polkit().allow()
        self.assert_all_refused()

    def test_polkit_says_no_to_root(self):
        """Where polkit is, its word counts and nothing else."""
        self.start_polkit().allow()
        self.assertEqual(self.root.error_of('Manager', 'Reset'), DENIED)

    def test_each_method_has_its_action(self):
        polkit = self.start_polkit()
        for call in self.every_method():
            with self.subTest(call[1]):
                polkit.allow(*(set(ACTIONS.values()) - {ACTIONS[call[1]]}))
                self.assertEqual(self.as_nobody([call]), [DENIED])
                polkit.allow(ACTIONS[call[1]])
                self.assertEqual(self.as_nobody([call]), [PASSED.get(call[1])])
        self.assertIsNone(self.daemon.find('has no row in the table'))

    def test_reads_are_open(self):
        self.start_polkit().allow()
        self.host.ask('set', 'ip', '192.0.2.5')
        calls = [('org.freedesktop.DBus.Properties', 'GetAll', f"('{NAME}.{i}',)", ROOT, False)
                 for i in ('Manager', 'Network', 'GuestInfo')]
        calls += [('org.freedesktop.DBus.Properties', 'GetAll', f"('{NAME}.Nic',)", path, False)
                  for path in self.root.objects()]
        calls += [('org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', '()', ROOT, False),
                  ('org.freedesktop.DBus.Introspectable', 'Introspect', '()', ROOT, False)]
        calls += [(f'{NAME}.GuestInfo', 'Get', f"('{key}',)", ROOT, False)
                  for key in ('ip', 'guestinfo.ip')]
        calls += [(f'{NAME}.Processes', 'List', GOOD['List'], ROOT, False)]
        self.assertEqual(self.as_nobody(calls), [None] * len(calls))

    def test_public_keys_are_exact(self):
        self.start_polkit().allow()
        for key in ('IP', 'ip.', 'guestinfo.guestinfo.ip', '.ip', 'vmtools.versionString2'):
            with self.subTest(key):
                self.assertEqual(self.as_nobody(
                    [(f'{NAME}.GuestInfo', 'Get', f"('{key}',)", ROOT, False)]), [DENIED])

    def test_challenge(self):
        """A password is asked for only when the caller lets us."""
        polkit = self.start_polkit()
        polkit.answer('ret = (bool(args[3] & 1), not args[3] & 1, dbus.Dictionary({}, "ss"))')
        self.assert_all_refused(CHALLENGE)
        calls = [c for c in self.every_method(interactive=True) if c[1] != 'Reset']
        self.assertEqual(self.as_nobody(calls), [None] * len(calls))

    def test_challenge_that_nobody_takes_up(self):
        self.start_polkit().answer('ret = (False, True, dbus.Dictionary({}, "ss"))')
        self.assert_all_refused(DENIED, self.every_method(interactive=True))

    def test_subject_is_the_caller(self):
        polkit = self.start_polkit()
        polkit.answer('ret = (args[0][0] == "system-bus-name" and args[0][1]["name"] == '
                      f'"{self.root.connection.get_unique_name()}", False, '
                      'dbus.Dictionary({}, "ss"))')
        self.assertIsNone(self.root.error_of('Network', 'ClearPrimaryAddress'))
        self.assertEqual(self.client().error_of('Network', 'ClearPrimaryAddress'), DENIED)

    def test_polkit_fails(self):
        self.start_polkit().answer('raise dbus.exceptions.DBusException("no", name="a.b")')
        self.assert_all_refused()

    def test_polkit_answers_nonsense(self):
        polkit = self.start_polkit()
        polkit.tell('AddMethod', GLib.Variant('(sssss)', (
            polkit.INTERFACE, 'CheckAuthorization', '(sa{sv})sa{ss}us', 'b', 'ret = True')))
        self.assert_all_refused()

    def test_polkit_hangs(self):
        """Refused after 5 s; meanwhile the daemon serves everybody else."""
        polkit = self.start_polkit()
        polkit.hang()
        outcome = []
        self.root.connection.call(NAME, ROOT, f'{NAME}.Manager', 'Reset', None, None,
                                  Gio.DBusCallFlags.NONE, 30000, None,
                                  lambda c, r: outcome.append(finish(c, r)))
        until(polkit.hanging, 'polkit is asked', every_ms=20)
        self.host.ask('rpc', 'ping')
        self.assertEqual(self.root.get('Manager', 'TransportState'), 'up')
        self.assertEqual(outcome, [])
        until(lambda: outcome, 'the call is refused', seconds=15)
        self.assertEqual(outcome, [DENIED])

    def test_polkit_vanishes(self):
        polkit = self.start_polkit()
        polkit.hang()
        outcome = []
        self.root.connection.call(NAME, ROOT, f'{NAME}.Manager', 'Reset', None, None,
                                  Gio.DBusCallFlags.NONE, 30000, None,
                                  lambda c, r: outcome.append(finish(c, r)))
        until(polkit.hanging, 'polkit is asked', every_ms=20)
        polkit.kill(9)
        until(lambda: outcome, 'the call is refused')
        self.assertEqual(outcome, [DENIED])

    def test_caller_vanishes(self):
        polkit = self.start_polkit()
        polkit.hang()
        caller = self.client()
        for _ in range(40):
            caller.connection.call(NAME, ROOT, f'{NAME}.Manager', 'Reset', None, None,
                                   Gio.DBusCallFlags.NONE, 30000, None, None)
        until(polkit.hanging, 'polkit is asked', every_ms=20)
        caller.close()
        polkit.hang(False)
        polkit.allow(*ACTIONS.values())
        self.assertIsNone(self.root.error_of('Network', 'ClearPrimaryAddress'))


class SystemBus(tbxtest.Case):
    """With the bus's own policy that we install, on a bus that denies the rest."""

    def test_installed_policy(self):
        if os.geteuid() != 0:
            self.skipTest('only root may own the name')
        installed = Path(__file__).resolve().parents[2] / 'data' / 'dbus' / f'{NAME}.conf'
        self.bus = tbxtest.Bus(self.directory / 'bus',
                               tbxtest.Bus.SYSTEM.format(service=installed))
        self.start_bus()
        self.start_host()
        self.start_daemon()
        client = self.client()
        calls = [('org.freedesktop.DBus.Properties', 'GetAll', f"('{NAME}.{i}',)", ROOT, False)
                 for i in ('Manager', 'Network', 'GuestInfo')]
        calls += [('org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', '()', ROOT, False),
                  ('org.freedesktop.DBus.Introspectable', 'Introspect', '()', ROOT, False),
                  ('org.freedesktop.DBus.Peer', 'Ping', '()', ROOT, False),
                  (f'{NAME}.Processes', 'List', GOOD['List'], ROOT, False)]
        refused = [(f'{NAME}.Manager', 'Reset', '()', ROOT, False),
                   ('org.example.Other', 'Reset', '()', ROOT, False)]
        outcome = tbxtest.call_as_nobody(self.bus.address, [*calls, *refused])
        self.assertEqual(outcome, [None] * len(calls)
                         + [DENIED, 'org.freedesktop.DBus.Error.AccessDenied'])
        taken = tbxtest.call_as_nobody(self.bus.address, [
            ('org.freedesktop.DBus', 'RequestName', f"('{NAME}', uint32 0)",
             '/org/freedesktop/DBus', False)], 'org.freedesktop.DBus')
        self.assertEqual(taken, ['org.freedesktop.DBus.Error.AccessDenied'])
        self.assertIsNone(client.error_of('Manager', 'Reset'))


def finish(connection, result):
    try:
        return connection.call_finish(result).unpack()
    except GLib.Error as error:
        return tbxtest.error_name(error)


tbxtest.main()
