#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The agents of libtbx in C, when the host asks for what they serve: answered at once,
later, not at all, and in all ways between.  Its process has to end without a leak."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'lib'))
import powertest  # noqa: E402
import tbxguest  # noqa: E402
import tbxtest  # noqa: E402
from exttest import ACTIONS, Extended, timed  # noqa: E402
from tbxguest import IS_ROOT, PASSWORD  # noqa: E402
from tbxtest import NAME, until  # noqa: E402

OK, NO_LOGIN, UNKNOWN = 0, 3050, 3025
NEW = 5000
RPC_UNKNOWN = 'ERROR Unknown Command'
DEADLINE_MS = 1000


class Component(Extended, tbxguest.Case):
    def setUp(self):
        super().setUp()
        self.called = self.directory / 'called'
        command = self.directory / 'shutdown'
        powertest.PowerCase.script(command, f'echo "$@" >>{self.called}')
        (self.directory / 'power.d').mkdir()
        self.start_bus()
        self.start_polkit().allow(*ACTIONS, 'org.toolboxd.handle-power')
        self.start_host()
        self.start_daemon_of_guests(f'''[power]
deadline-ms={DEADLINE_MS}
directory={self.directory / 'power.d'}
shutdown-command={command}
''')
        self.root = self.client()
        self.completed = self.root.signals(f'{NAME}.Power', 'Completed')
        self.start_component()

    def start_component(self):
        read_end, self.tell_end = os.pipe()
        self.component = tbxtest.Program(
            'component', [tbxtest.program('TBX_COMPONENT'), read_end], pass_fds=[read_end],
            env={'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address,
                 'ASAN_OPTIONS': 'detect_leaks=1'})
        os.close(read_end)
        self.addCleanup(self.end_component)
        self.component.wait_log('^Ready$')

    def end_component(self):
        if self.tell_end is not None:
            os.close(self.tell_end)
            self.tell_end = None
            status = self.component.wait()
            self.assertEqual((status, self.component.count('(WARNING|CRITICAL|ERROR)')), (0, 0),
                             self.component.log)
        self.component.stop()

    def tell(self, line):
        done = self.component.count('^Did ')
        os.write(self.tell_end, f'{line}\n'.encode())
        until(lambda: self.component.count('^Did ') > done, f'the component does "{line}"')

    def code(self, password):
        return self.vix(192, bytes(8), f'{self.alice.name}:{password}')[0]

    def test_rpc(self):
        for word, reply in (('now', 'OK done'), ('later', 'OK done'), ('fail', 'ERROR'),
                            ('decline', RPC_UNKNOWN), ('drop', RPC_UNKNOWN)):
            with self.subTest(word):
                answer, seconds = timed(self.rpc, f'component.rpc {word}')
                self.assertEqual(answer.rstrip(), reply)
                self.assertLess(seconds, 3)
        answer, seconds = timed(self.rpc, 'component.rpc never')
        self.assertEqual(answer, RPC_UNKNOWN)
        self.assertTrue(3 < seconds < 30, seconds)
        self.end_component()
        self.assertEqual(self.rpc('component.rpc now'), RPC_UNKNOWN)

    def test_vix(self):
        user = self.alice.name.encode()
        for word, reply in (('now', (OK, 0, user)), ('later', (OK, 0, user)), ('fail', (4, 2, b'')),
                            ('decline', (UNKNOWN, 0, b'')), ('drop', (UNKNOWN, 0, b'')),
                            ('never', (UNKNOWN, 0, b''))):
            with self.subTest(word):
                self.assertEqual(self.vix(NEW, word.encode()), reply)

    def test_authenticator(self):
        for word in ('now', 'later'):
            self.assertEqual(self.code(word), OK)
        self.assertEqual(self.code(PASSWORD), OK)   # it does not know: PAM does
        self.assertEqual(self.code('fail'), NO_LOGIN)
        if IS_ROOT:
            for word in ('decline', 'drop', 'never'):
                self.assertEqual(self.code(word), NO_LOGIN)
        self.assertGreaterEqual(self.component.count('^TbxRequestLogin '), 4)

    def power(self, word, request='OS_Halt'):
        """What Completed says of a request that is answered by @word."""
        self.tell(f'power {word}')
        n = len(self.completed.seen)
        self.rpc(request)
        until(lambda: len(self.completed.seen) > n, 'it is settled')
        return self.completed.seen[-1][1]

    def test_power(self):
        for word in ('now', 'later'):
            self.assertEqual(self.power(word), ('shutdown', True, 'by the component'))
        operation, success, message = self.power('fail')
        self.assertEqual((operation, success), ('shutdown', False))
        self.assertIn('not now', message)
        self.assertFalse(self.called.exists())
        self.assertEqual(self.power('decline', 'OS_Suspend'), ('suspend', True, ''))
        operation, success, message = self.power('never')
        self.assertTrue(success)
        self.assertTrue(self.called.exists())

    def test_network(self):
        before = self.root.get('Network', 'PrimaryAddress')
        self.tell('address 192.0.2.78')
        self.root.wait_property('Network', 'PrimaryAddress', '192.0.2.78')
        self.tell('address no address')
        self.root.wait_property('Network', 'PrimaryAddress', before)
        self.tell('address 2001:db8::8')
        self.root.wait_property('Network', 'PrimaryAddress', '2001:db8::8')
        self.end_component()
        self.root.wait_property('Network', 'PrimaryAddress', before)

    def test_daemon_restarts(self):
        """It is registered anew; what it never answered does no harm."""
        self.assertEqual(self.vix(NEW, b'never')[0], UNKNOWN)
        self.daemon.stop()
        self.start_daemon_of_guests()
        self.root.wait_property('Extensions', 'Entries', lambda entries: len(entries) == 4)
        self.assertEqual(self.rpc('component.rpc now'), 'OK done')
        self.tell('retract')
        self.root.wait_property('Extensions', 'Entries', [])
        self.assertEqual(self.rpc('component.rpc now'), RPC_UNKNOWN)

    def test_bus_ends(self):
        """It ends without a leak though the bus was there no more."""
        self.rpc('component.rpc never')
        self.bus.stop()
        self.tell('retract')


unittest.main()
