#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients register; commands of the host and the primary address, done by clients."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import powertest
import tbxtest
from tbxtest import NAME, ROOT, until
from exttest import ACTIONS, KINDS, UNSUPPORTED, Agent, Extended, timed
from gi.repository import Gio, GLib

INVALID = 'org.freedesktop.DBus.Error.InvalidArgs'
LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
EXISTS = f'{NAME}.Error.Exists'
REFUSED = f'{NAME}.Error.Refused'
NOT_FOUND = f'{NAME}.Error.NotFound'
UNKNOWN = 'ERROR Unknown Command'


def answer(ok, result):
    return GLib.Variant('(bay)', (ok, result))


class Case(Extended, tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_extensions()
        self.start_host()
        self.start_daemon()
        self.root = self.client()


class Registry(Case):
    def register(self, client, kind, *arguments, types='so'):
        return client.error_of('Extensions', f'Register{kind}', GLib.Variant(f'({types})', arguments))

    def unregister(self, client, kind, argument, types='s'):
        return client.error_of('Extensions', f'Unregister{kind}',
                               GLib.Variant(f'({types})', (argument,)))

    def test_each_kind(self):
        """Each is shown, told, taken back, and told again."""
        told = self.root.signals(f'{NAME}.Extensions', 'Registered')
        gone = self.root.signals(f'{NAME}.Extensions', 'Unregistered')
        client = self.client()
        name = client.connection.get_unique_name()
        self.assertEqual(self.entries(), [])
        for kind, what, types, priority in (
                ('Rpc', 'com.example', 'so', 0), ('Vix', 5000, 'uo', 0), ('Authenticator', None, 'oi', -3),
                ('FileHandler', 'echo', 'so', 0), ('Program', 'my.Prog_1', 'so', 0),
                ('Network', None, 'oi', 7)):
            with self.subTest(kind):
                arguments = ('/a', priority) if what is None else (what, '/a')
                self.assertIsNone(self.register(client, kind, *arguments, types=types))
                shown = (KINDS[kind], str(what or ''), name, '/a')
                self.assertEqual(self.entries(), [(*shown, priority)])
                self.assertIsNone(self.unregister(client, kind, what or '/a', types[0]))
                self.assertEqual(self.entries(), [])
                until(lambda: told.seen and gone.seen, 'both are told')
                self.assertEqual((told.seen.pop(), gone.seen.pop()),
                                 ((ROOT, shown), (ROOT, (*shown, False))))
                self.assertEqual(self.unregister(client, kind, what or '/a', types[0]), NOT_FOUND)

    def test_client_leaves(self):
        gone = self.root.signals(f'{NAME}.Extensions', 'Unregistered')
        client, other = self.client(), self.client()
        for i in range(5):
            self.register(client, 'Rpc', f'cmd{i}', '/a')
        self.register(other, 'Rpc', 'other', '/b')
        self.wait_entries(6)
        name = client.connection.get_unique_name()
        client.close()
        self.wait_entries(1)
        self.assertEqual(self.entries()[0][1], 'other')
        until(lambda: len(gone.seen) == 5, 'each is told')
        self.assertEqual([a for _, a in gone.seen],
                         [('rpc', f'cmd{i}', name, '/a', True) for i in range(5)])

    def test_names(self):
        client = self.client()
        for kind, names, error in (
                ('Rpc', ('', 'a b', 'a\n', 'é', 'x' * 64, '\x7f'), INVALID),
                ('Rpc', ('ping', 'reset', 'Vix_1_Relayed_Command', 'OS_Halt', 'OS_Reboot',
                         'OS_Suspend', 'OS_Resume', 'OS_PowerOn'), REFUSED),
                ('FileHandler', ('', 'Echo', '1a', 'a/b', 'a:', 'a' * 33, 'a_b', '.a'), INVALID),
                ('FileHandler', ('archive', 'file', 'proc'), REFUSED),
                ('Program', ('', '/bin/true', 'a/b', '.x', '1x', 'a b', 'ä', 'x' * 65), INVALID),
                ('Program', ('http.RoundTrip',), REFUSED)):
            for name in names:
                with self.subTest(kind, name=name):
                    self.assertEqual(self.register(client, kind, name, '/a'), error)
        for opcode, error in ((0, INVALID), *((o, REFUSED) for o in (38, 62, 78, 84, 190, 191, 192))):
            with self.subTest(opcode=opcode):
                self.assertEqual(self.register(client, 'Vix', opcode, '/a', types='uo'), error)
        for path in ('/' + 'a' * 255, '/' + 'a' * (1 << 23)):
            self.assertEqual(self.register(client, 'Rpc', 'a', path), INVALID)
        self.assertEqual(self.entries(), [])
        self.assertIsNone(self.register(client, 'Rpc', 'a', '/' + 'a' * 254))
        for kind, name in (('Rpc', 'x' * 63), ('Rpc', '!~"'), ('FileHandler', 'a' + '1+-.' * 7 + 'abc'),
                           ('Program', 'X' * 64)):
            self.assertIsNone(self.register(client, kind, name, '/a'))
        self.assertIsNone(self.register(client, 'Vix', 2**32 - 1, '/a', types='uo'))

    def test_conflicts(self):
        client, other = self.client(), self.client()
        for kind, what, types in (('Rpc', 'a', 'so'), ('Vix', 185, 'uo'), ('FileHandler', 'a', 'so'),
                                  ('Program', 'a', 'so')):
            with self.subTest(kind):
                self.assertIsNone(self.register(client, kind, what, '/a', types=types))
                self.assertEqual(self.register(client, kind, what, '/b', types=types), EXISTS)
                self.assertEqual(self.register(other, kind, what, '/a', types=types), EXISTS)
                self.assertEqual(self.unregister(other, kind, what, types[0]), NOT_FOUND)
        for kind in ('Authenticator', 'Network'):
            with self.subTest(kind):
                self.assertIsNone(self.register(client, kind, '/a', 0, types='oi'))
                self.assertEqual(self.register(client, kind, '/a', 1, types='oi'), EXISTS)
                self.assertIsNone(self.register(client, kind, '/b', 0, types='oi'))
                self.assertIsNone(self.register(other, kind, '/a', 0, types='oi'))
                self.assertEqual(self.unregister(other, kind, '/b', 'o'), NOT_FOUND)

    def test_limits(self):
        clients = [self.client() for _ in range(5)]
        for i in range(64):
            self.assertIsNone(self.register(clients[0], 'Rpc', f'c{i}', '/a'))
        self.assertEqual(self.register(clients[0], 'Rpc', 'c', '/a'), LIMITS)
        self.assertEqual(self.register(clients[0], 'Network', '/n', 0, types='oi'), LIMITS)
        for i in range(8):
            self.assertIsNone(self.register(clients[1], 'Authenticator', f'/a{i}', 0, types='oi'))
        self.assertEqual(self.register(clients[2], 'Authenticator', '/b', 9, types='oi'), LIMITS)
        for n, client in enumerate(clients[1:4]):
            for i in range(64 if n else 56):
                self.assertIsNone(self.register(client, 'Program', f'p{n}-{i}', '/a'))
        self.assertEqual(len(self.entries()), 256)
        self.assertEqual(self.register(clients[4], 'Rpc', 'c', '/a'), LIMITS)
        clients[0].close()
        self.wait_entries(192)
        self.assertIsNone(self.register(clients[4], 'Rpc', 'c', '/a'))

    def test_bus_restarts(self):
        client = self.client()
        self.register(client, 'Rpc', 'cmd', '/a')
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.assertEqual(self.rpc('cmd'), UNKNOWN)
        self.bus.start()
        self.start_polkit().allow('org.toolboxd.extend-rpc')
        self.root = self.client()
        self.root.wait_name()
        self.assertEqual(self.entries(), [])
        self.assertIsNone(self.register(self.root, 'Rpc', 'cmd', '/a'))

    def test_clients_come_and_go(self):
        """200 clients register and vanish: descriptors and memory stay as they were."""
        pid = self.daemon.guest()

        def descriptors():
            return len(os.listdir(f'/proc/{pid}/fd'))

        def memory_kb():
            lines = Path(f'/proc/{pid}/smaps_rollup').read_text(encoding='ascii').splitlines()
            return int(next(x for x in lines if x.startswith('Private_Dirty')).split()[1])

        def come_and_go(n):
            for i in range(n):
                client = tbxtest.Client(self.bus.address)
                for kind, arguments, types in (
                        ('Rpc', ('cmd', '/a'), 'so'), ('Vix', (5000, '/a'), 'uo'),
                        ('Authenticator', ('/a', i), 'oi'), ('FileHandler', ('echo', '/a'), 'so'),
                        ('Program', ('prog', '/a'), 'so'), ('Network', ('/a', i), 'oi')):
                    self.assertIsNone(self.register(client, kind, *arguments, types=types))
                client.call('Power', 'RegisterHandler', GLib.Variant('(soi)', ('shutdown', '/a', i)))
                hold = powertest.hold(client)
                client.close()
                self.wait_entries(0)
                os.close(hold)
        self.polkit.allow(*ACTIONS, 'org.toolboxd.handle-power', 'org.toolboxd.hold-power')
        come_and_go(100)   # what the heap needs at all, it has then
        before = descriptors(), memory_kb()
        come_and_go(200)
        until(lambda: descriptors() <= before[0], 'no descriptor is left', every_ms=50)
        power = self.root.get_all('Power')
        self.assertEqual((power['Holds'], power['Handlers']), ([], []))
        if 'libasan' not in Path(f'/proc/{pid}/maps').read_text(encoding='ascii', errors='replace'):
            self.assertLess(memory_kb() - before[1], 300)
        self.assert_alive()


class Rpc(Case):
    def test_answers(self):
        agent = self.agent('Rpc', answer(True, b'done')).register('com.example.do')
        self.assertEqual(self.rpc('com.example.do'), 'OK done')
        self.assertEqual(self.rpc('com.example.do some  args'), 'OK done')
        self.assertEqual([(m, a[0], bytes(a[1])) for m, a in agent.asked],
                         [('Handle', 'com.example.do', b''), ('Handle', 'com.example.do', b'some  args')])
        left_us = agent.asked[-1][1][2] - GLib.get_monotonic_time()
        self.assertTrue(0 < left_us <= 4000000, left_us)
        agent.answer = answer(False, b'not today')
        self.assertEqual(self.rpc('com.example.do'), 'ERROR not today')
        agent.answer = answer(True, b'')
        self.assertEqual(self.rpc('com.example.do'), 'OK ')

    def test_bytes(self):
        everything = bytes(range(256))
        agent = self.agent('Rpc', lambda _c, arguments, _d: answer(True, arguments)).register('echo')
        sent = b'echo ' + everything
        self.assertEqual(self.host.ask('rpc', '--hex', sent.hex()), (b'OK ' + everything).hex())
        agent.answer = answer(True, b'x' * 61440)
        self.assertEqual(len(self.rpc('echo')), 61443)
        self.assertIsNone(self.daemon.find('does not count'))

    def test_does_not_count(self):
        """Whatever an agent does wrong, the host hears what it would have heard without."""
        agent = self.agent('Rpc', None).register('cmd')
        for bad in (f'{NAME}.Error.Failed', 'org.example.Other', GLib.Variant('(s)', ('x',)),
                    GLib.Variant('(bs)', (True, 'x')), answer(True, b'x' * 61441)):
            with self.subTest(str(bad)[:40]):
                agent.answer = bad
                self.assertEqual(self.rpc('cmd'), UNKNOWN)
        self.assertEqual(self.daemon.count('rpc cmd: .* does not count'), 5)
        agent.answer = UNSUPPORTED
        self.assertEqual(self.rpc('cmd'), UNKNOWN)
        self.assertEqual(self.daemon.count('rpc cmd: .* declines'), 1)
        agent.answer = answer(True, b'at last')
        self.assertEqual(self.rpc('cmd'), 'OK at last')

    def test_no_such_object(self):
        self.root.call('Extensions', 'RegisterRpc', GLib.Variant('(so)', ('cmd', '/nothing')))
        self.assertEqual(self.rpc('cmd'), UNKNOWN)

    def test_hangs(self):
        agent = self.agent('Rpc', None).register('cmd')
        reply, seconds = timed(self.rpc, 'cmd')
        self.assertEqual(reply, UNKNOWN)
        self.assertTrue(3.9 < seconds < 8, seconds)
        self.assert_alive()
        Agent.answer_call(agent.held.pop(), answer(True, b'late'))
        agent.answer = answer(True, b'new')
        self.assertEqual(self.rpc('cmd'), 'OK new')

    def test_dies(self):
        agent = self.agent('Rpc', None)
        agent.answer = agent.dies
        agent.register('cmd')
        reply, seconds = timed(self.rpc, 'cmd')
        self.assertEqual(reply, UNKNOWN)
        self.assertLess(seconds, 3.5)
        self.wait_entries(0)

    def test_taken_back_meanwhile(self):
        """An answer that was asked for counts."""
        agent = self.agent('Rpc', None)

        def answer_it(*_):
            agent.unregister('cmd')
            return answer(True, b'the last')
        agent.answer = answer_it
        agent.register('cmd')
        self.assertEqual(self.rpc('cmd'), 'OK the last')
        self.assertEqual(self.rpc('cmd'), UNKNOWN)

    def test_channel_closes_meanwhile(self):
        agent = self.agent('Rpc', None)
        self.polkit.allow('org.toolboxd.extend-rpc', 'org.toolboxd.reset')
        agent.answer = lambda *_: self.reset_channel()
        agent.register('cmd')
        self.host.ask('rpc', '--timeout=1', 'cmd', check=False)
        until(lambda: agent.held, 'the agent is asked', every_ms=20)
        Agent.answer_call(agent.held.pop(), answer(True, b'too late'))
        if self.root.get('Manager', 'TransportState') != 'up':
            self.root.wait_property('Manager', 'TransportState', 'up')
        self.assert_alive()

    def reset_channel(self):
        """Returns when the channel is closed; says nothing to the host."""
        self.root.call('Manager', 'Reset')

    def test_own_command(self):
        """A command of the daemon's: what the agent does not answer, it does itself."""
        agent = self.agent('Rpc', answer(True, b'')).register('Set_Option')
        self.assertEqual(self.rpc('Set_Option enableDnD 1'), 'OK ')
        self.assertNotIn('enableDnD', self.root.get('Manager', 'Options'))
        self.assertEqual(bytes(agent.asked[0][1][1]), b'enableDnD 1')
        agent.answer = UNSUPPORTED
        self.assertEqual(self.rpc('Set_Option enableDnD 1').rstrip(), 'OK')
        self.assertEqual(self.root.get('Manager', 'Options')['enableDnD'], '1')
        agent.answer = agent.dies
        self.assertEqual(self.rpc('Set_Option enableDnD 0').rstrip(), 'OK')
        self.assertEqual(self.root.get('Manager', 'Options')['enableDnD'], '0')
        self.wait_entries(0)
        self.assertEqual(self.rpc('Set_Option enableDnD 1').rstrip(), 'OK')
        self.assertEqual(self.root.get('Manager', 'Options')['enableDnD'], '1')


def address(text):
    return GLib.Variant('(s)', (text,))


class Network(Case):
    def shown(self):
        shown = self.root.get_all('Network')
        return shown['PrimaryAddress'], shown['PrimaryReason']

    def wait_shown(self, *wanted):
        until(lambda: self.shown() == wanted, f'the address is {wanted}', every_ms=50)

    def test_provided(self):
        before = self.shown()
        agent = self.agent('Network', address('192.0.2.77')).register()
        self.wait_shown('192.0.2.77', 'provided')
        until(lambda: '192.0.2.77' in str(self.host.show()), 'the host is told', every_ms=100)
        agent.answer = address('2001:db8::1')
        agent.emit('PrimaryAddressChanged')
        self.wait_shown('2001:db8::1', 'provided')
        agent.leave()
        self.wait_shown(*before)

    def test_set_comes_first(self):
        before = self.shown()
        agent = self.agent('Network', address('192.0.2.77')).register()
        self.wait_shown('192.0.2.77', 'provided')
        self.root.call('Network', 'SetPrimaryAddress', GLib.Variant('(s)', ('192.0.2.5',)))
        self.assertEqual(self.shown(), ('192.0.2.5', 'set'))
        agent.answer = address('192.0.2.78')
        agent.emit('PrimaryAddressChanged')
        until(lambda: len(agent.asked) >= 2, 'it is asked again', every_ms=20)
        self.assertEqual(self.shown(), ('192.0.2.5', 'set'))
        self.root.call('Network', 'ClearPrimaryAddress')
        self.wait_shown('192.0.2.78', 'provided')
        agent.unregister()
        self.assertEqual(self.shown(), before)

    def test_priorities(self):
        low = self.agent('Network', address('192.0.2.1'), '/low').register(0)
        high = self.agent('Network', address('192.0.2.2'), '/high').register(5)
        self.wait_shown('192.0.2.2', 'provided')
        high.answer = address('')
        high.emit('PrimaryAddressChanged')
        self.wait_shown('192.0.2.1', 'provided')
        high.answer = address('192.0.2.3')
        high.emit('PrimaryAddressChanged')
        self.wait_shown('192.0.2.3', 'provided')
        high.leave()
        self.wait_shown('192.0.2.1', 'provided')
        low.leave()
        self.wait_entries(0)
        self.assertNotEqual(self.shown()[1], 'provided')

    def test_does_not_count(self):
        before = self.shown()
        agent = self.agent('Network', address('192.0.2.77')).register()
        for bad in ('127.0.0.1', '0.0.0.0', '224.0.0.1', 'fe80::1', 'host.example', '192.0.2.1/24',
                    ' 192.0.2.1', f'{NAME}.Error.Failed', GLib.Variant('(u)', (1,))):
            with self.subTest(str(bad)):
                agent.answer = address('192.0.2.77')
                agent.emit('PrimaryAddressChanged')
                self.wait_shown('192.0.2.77', 'provided')
                agent.answer = address(bad) if isinstance(bad, str) and 'Error' not in bad else bad
                agent.emit('PrimaryAddressChanged')
                self.wait_shown(*before)
        self.assertEqual(self.daemon.count('network: .* does not count'), 9)

    def test_hangs(self):
        agent = self.agent('Network', address('192.0.2.77')).register()
        self.wait_shown('192.0.2.77', 'provided')
        agent.answer = None
        for _ in range(100):
            agent.emit('PrimaryAddressChanged')
        until(lambda: agent.held, 'it is asked', every_ms=20)
        self.assertEqual(self.shown(), ('192.0.2.77', 'provided'))
        self.wait_shown('192.0.2.77', 'provided')
        until(lambda: self.shown()[1] != 'provided', 'it does not count', every_ms=100)
        until(lambda: len(agent.held) == 2, 'it is asked again, once', every_ms=100)
        self.assert_alive()

    def test_network_changes(self):
        if os.environ.get('TBX_TEST_NETNS') != '1':
            return
        agent = self.agent('Network', address('192.0.2.77')).register()
        until(lambda: len(agent.asked) == 1, 'it is asked', every_ms=20)
        os.system('ip link set lo up')
        until(lambda: len(agent.asked) > 1, 'it is asked again', every_ms=20)


tbxtest.main()
