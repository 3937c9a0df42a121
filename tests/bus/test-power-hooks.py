#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who takes part in a power request: holds, handlers, files; and what they cannot do."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import NAME, until
from powertest import REFUSED, Agent, PowerCase, hold
from gi.repository import GLib

INVALID = 'org.freedesktop.DBus.Error.InvalidArgs'
LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'

# Takes a hold, says so, and waits to be killed.
HOLDER = '''
import sys, time
from gi.repository import Gio, GLib
c = Gio.DBusConnection.new_for_address_sync(sys.argv[1],
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
reply, fds = c.call_with_unix_fd_list_sync('org.toolboxd.Toolbox1', '/org/toolboxd/Toolbox1',
    'org.toolboxd.Toolbox1.Power', 'Hold', GLib.Variant('(sss)', ('shutdown', 'victim', '')), None,
    Gio.DBusCallFlags.NONE, -1, None, None)
print('held', flush=True)
time.sleep(1000)
'''


class Holds(PowerCase):
    DEADLINE_MS = 30000   # longer than any of these may take

    def setUp(self):
        super().setUp()
        self.logind = self.start_logind()
        self.start()

    def test_hold_and_release(self):
        held = hold(self.bus_client, 'shutdown:reboot', 'Database', 'writes its pages')
        self.bus_client.wait_property('Power', 'Holds',
                                      [('shutdown:reboot', 'Database', 'writes its pages')])
        before = time.monotonic_ns() // 1000
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'State', 'preparing')
        shown = self.bus_client.get_all('Power')
        self.assertEqual(shown['Operation'], 'shutdown')
        self.assertEqual(shown['WaitingFor'], [('hold', 'Database')])
        self.assertEqual(shown['DelayMaxUSec'], 30000000)
        until(lambda: self.requested.seen, 'Requested is emitted')
        self.assertEqual(self.requested.seen[0][1], ('shutdown', shown['DeadlineUSec']))
        self.assertGreaterEqual(shown['DeadlineUSec'] - before, 30000000)
        self.assertEqual(self.logind.calls(), [])
        os.write(held, b'whatever is written')
        self.ask('ping')
        self.ask('OS_Halt')
        self.ask('OS_Suspend', 'ERROR State change already in progress')
        self.assertEqual((self.states(), self.logind.calls()), ([], []))
        os.close(held)
        self.wait_states('halt+')
        self.assertEqual(self.logind.calls(), ['PowerOffWithFlags(1)'])
        self.assertEqual(self.bus_client.get('Power', 'Holds'), [])
        self.assertEqual(self.bus_client.get('Power', 'DeadlineUSec'), 0)
        self.assertEqual(self.wait_completed()[:2], ('shutdown', True))
        self.assertEqual(len(self.requested.seen), 1)

    def test_other_operation_is_not_held(self):
        self.addCleanup(os.close, hold(self.bus_client, 'reboot'))
        self.ask('OS_Suspend')
        self.wait_states('suspend+')

    def test_holder_is_killed(self):
        holder = tbxtest.Program('holder', [tbxtest.PYTHON, '-c', HOLDER, self.bus.address])
        self.addCleanup(holder.stop)
        holder.wait_log('held')
        self.ask('OS_Halt')
        self.assertEqual(self.states(), [])
        holder.kill(9)
        self.wait_states('halt+')

    def test_holder_leaves_the_bus(self):
        """The descriptor counts, not the name: somebody else may have it."""
        other = self.client()
        held = hold(other)
        other.close()
        self.ask('OS_Suspend')
        self.bus_client.wait_property('Power', 'WaitingFor', [('hold', 'tester')])
        os.close(held)
        self.wait_states('suspend+')

    def test_taken_while_preparing(self):
        first = hold(self.bus_client, who='first')
        self.ask('OS_Suspend')
        second = hold(self.bus_client, who='second')
        os.close(first)
        self.bus_client.wait_property('Power', 'WaitingFor', [('hold', 'second')])
        self.assertEqual(self.states(), [])
        os.close(second)
        self.wait_states('suspend+')

    def test_bad_arguments(self):
        for what, who, why in (('', 'x', ''), ('halt', 'x', ''), ('resume', 'x', ''), ('shutdown:', 'x', ''),
                               ('reboot:reboot', 'x', ''), ('shutdown', '', ''),
                               ('shutdown', 'x' * 65, ''), ('shutdown', 'x', 'y' * 257),
                               ('shutdown:' * 100, 'x', '')):
            with self.subTest(what=what, who=who):
                self.assertEqual(self.bus_client.error_of(
                    'Power', 'Hold', GLib.Variant('(sss)', (what, who, why))), INVALID)
        self.assertEqual(self.bus_client.get('Power', 'Holds'), [])

    def test_limit_of_one_client(self):
        held = [hold(self.bus_client, who=f'{n}') for n in range(16)]
        self.assertEqual(self.bus_client.error_of(
            'Power', 'Hold', GLib.Variant('(sss)', ('reboot', 'x', ''))), LIMITS)
        other = hold(self.client(), who='other')
        for fd in held:
            os.close(fd)
        self.bus_client.wait_property('Power', 'Holds', lambda holds: len(holds) == 1)
        os.close(hold(self.bus_client))
        os.close(other)

    def test_bus_restarts_in_the_middle(self):
        """A hold outlives it, a handler does not."""
        held = hold(self.bus_client)
        Agent(self.bus_client, '/a', (True, '')).register('suspend')
        Agent(self.client(), '/b', None).register('suspend', 5)
        self.ask('OS_Suspend')
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.bus.start()
        self.bus_client = self.client()
        self.bus_client.wait_name()
        self.assertEqual(self.bus_client.get('Power', 'Handlers'), [])
        self.assertEqual(self.bus_client.get('Power', 'WaitingFor'), [('hold', 'tester')])
        self.assertEqual(self.states(), [])
        os.close(held)
        self.wait_states('suspend+')

    def test_daemon_stops_in_the_middle(self):
        """The host hears of that too."""
        self.addCleanup(os.close, hold(self.bus_client))
        self.ask('OS_Halt')
        seen = self.completed
        self.stop_daemon()
        until(lambda: seen.seen, 'the request is completed')
        self.assertEqual(seen.seen[-1][1], ('shutdown', False, 'the daemon stops'))


class Late(PowerCase):
    def test_hold_that_stays(self):
        """The host's wish prevails, and it is told who was late."""
        self.addCleanup(os.close, hold_client(self))
        before = time.monotonic()
        self.ask('OS_Suspend')
        self.wait_states('suspend+')
        self.assertGreaterEqual(time.monotonic() - before, 0.5)
        self.assertIn('toolboxd: suspend: not ready in time: hold tester', self.host.show()['log'])
        self.assertTrue(self.daemon.find('suspend: not ready in time: hold tester'))


def hold_client(case):
    case.start()
    return hold(case.bus_client)


class Handlers(PowerCase):
    def setUp(self):
        super().setUp()
        self.logind = self.start_logind()
        self.start()

    def agent(self, path, answer):
        return Agent(self.client(), path, answer)

    def test_priorities(self):
        order = []
        agents = {}
        for name, priority in (('low', -1), ('older', 3), ('younger', 3), ('high', 2000000000)):
            def answer(invocation, name=name):
                order.append(name)
                invocation.return_value(GLib.Variant('(bs)', (False, '')))
            agents[name] = self.agent(f'/{name}', answer).register('shutdown:reboot', priority)
        self.assertEqual([h[1] for h in self.bus_client.get('Power', 'Handlers')],
                         [agents[n].name for n in ('high', 'older', 'younger', 'low')])
        self.ask('OS_Reboot')
        self.wait_states('reboot+')
        self.assertEqual(order, ['high', 'older', 'younger', 'low'])
        self.assertEqual(self.logind.calls(), ['RebootWithFlags(1)'])

    def test_handled(self):
        """The first that handles it ends the round, and we call nothing."""
        first = self.agent('/first', (True, 'hibernated instead')).register('shutdown', 1)
        second = self.agent('/second', (True, '')).register('shutdown:suspend')
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(self.wait_completed(), ('shutdown', True, 'hibernated instead'))
        self.assertEqual((len(first.asked), second.asked, self.logind.calls()), (1, [], []))
        self.assertEqual(self.bus_client.get('Power', 'State'), 'idle')
        self.ask('OS_Suspend')
        self.wait_states('halt+', 'suspend+')
        self.assertEqual([a[0] for a in second.asked], ['suspend'])

    def test_veto_and_again(self):
        agent = self.agent('/a', REFUSED).register('reboot:shutdown')
        self.ask('OS_Reboot')
        self.wait_states('reboot-')
        self.assertEqual(self.wait_completed(), ('reboot', False, f'refused by {agent.name}: not now'))
        self.assertIn(f'toolboxd: reboot: refused by {agent.name}: not now', self.host.show()['log'])
        self.assertEqual(self.logind.calls(), [])
        self.ask('OS_Suspend')   # a success between: the memory is cleared
        self.wait_states('reboot-', 'suspend+')
        self.ask('OS_Reboot')
        self.wait_states('reboot-', 'suspend+', 'reboot-')
        self.ask('OS_Reboot')
        self.wait_states('reboot-', 'suspend+', 'reboot-', 'reboot+')
        self.assertEqual(self.logind.calls(), ['RebootWithFlags(1)'])

    def test_long_texts(self):
        """Of what a handler says, as much is passed on as a person reads."""
        long = 'ä' * (1 << 17) + '\n'
        agent = self.agent('/a', (True, 'one\ntwo')).register('suspend')
        self.ask('OS_Suspend')
        self.wait_states('suspend+')
        self.assertEqual(self.wait_completed()[2], 'one two')
        agent.answer = (True, long)
        self.ask('OS_Suspend')
        self.wait_states('suspend+', 'suspend+')
        self.assertEqual(self.wait_completed(2)[2], 'ä' * 256)
        agent.answer = lambda invocation: invocation.return_dbus_error(REFUSED, long)
        self.ask('OS_Suspend')
        self.wait_states('suspend+', 'suspend+', 'suspend-')
        self.assertEqual(self.wait_completed(3)[2], f'refused by {agent.name}: ' + 'ä' * 256)
        path = '/' + 'a' * 254
        self.assertEqual([self.bus_client.error_of('Power', 'RegisterHandler', GLib.Variant(
            '(soi)', ('shutdown', p, 0))) for p in (path, path + 'a', path * (1 << 15))],
            [None, INVALID, INVALID])

    def test_one_hangs(self):
        """It has its share of the time, and the next is asked."""
        hangs = self.agent('/hangs', None).register('suspend', 1)
        does = self.agent('/does', (True, 'done')).register('suspend')
        self.ask('OS_Suspend')
        until(lambda: hangs.asked, 'the first is asked')
        self.bus_client.wait_property('Power', 'WaitingFor', lambda w: w in (
            [('handler', hangs.name)], [('handler', does.name)], []))
        self.wait_completed()
        self.wait_states('suspend+')
        self.assertEqual(self.wait_completed(), ('suspend', True, 'done'))
        self.assertEqual(len(does.asked), 1)
        self.assertTrue(self.daemon.find(f'{hangs.name} does not count'))
        hangs.held[0].return_dbus_error(REFUSED, 'too late')
        self.ask('OS_Resume')
        self.wait_states('suspend+', 'resume+')

    def test_only_one_and_it_hangs(self):
        self.agent('/hangs', None).register('shutdown')
        hangs_from = time.monotonic()
        self.ask('OS_Halt')
        self.ask('ping')
        self.wait_completed()
        self.wait_states('halt+')
        self.assertGreaterEqual(time.monotonic() - hangs_from, 0.4)
        self.assertEqual(self.logind.calls(), ['PowerOffWithFlags(1)'])

    def test_dies_in_its_call(self):
        dying = self.client()
        Agent(dying, '/dies', lambda invocation: dying.close()).register('shutdown', 1)
        next_one = self.agent('/next', (False, '')).register('shutdown')
        self.ask('OS_Halt')
        self.wait_completed()
        self.wait_states('halt+')
        self.assertEqual(len(next_one.asked), 1)
        self.assertEqual([h[1] for h in self.bus_client.get('Power', 'Handlers')], [next_one.name])

    def test_fails(self):
        """Any error but the veto, a wrong answer, no such object: as if not registered."""
        wrong = self.agent('/wrong', lambda i: i.get_connection().send_message(
            reply_of_wrong_type(i), 0)).register('shutdown', 3)
        error = self.agent('/error', 'org.example.Broken').register('shutdown', 2)
        self.bus_client.call('Power', 'RegisterHandler',
                             GLib.Variant('(soi)', ('shutdown', '/nothing/there', 1)))
        self.ask('OS_Halt')
        self.wait_completed()
        self.wait_states('halt+')
        self.assertEqual((len(wrong.asked), len(error.asked)), (1, 1))
        self.assertEqual(self.logind.calls(), ['PowerOffWithFlags(1)'])

    def test_deadlines_that_are_told(self):
        """Each gets the time of its own share, of the monotonic clock."""
        first = self.agent('/first', (False, '')).register('suspend', 1)
        second = self.agent('/second', (False, '')).register('suspend')
        before = time.monotonic_ns() // 1000
        self.ask('OS_Suspend')
        self.wait_completed()
        end = self.requested.seen[0][1][1]
        self.assertLess(before, first.asked[0][1])
        self.assertLess(first.asked[0][1], second.asked[0][1] + 1)
        self.assertLessEqual(second.asked[0][1], end)

    def test_register_and_unregister(self):
        agent = self.agent('/a', (True, '')).register('suspend')
        self.assertEqual(agent.client.error_of('Power', 'RegisterHandler', GLib.Variant(
            '(soi)', ('reboot', '/a', 0))), f'{NAME}.Error.Exists')
        unknown = GLib.Variant('(o)', ('/b',))
        self.assertEqual(agent.client.error_of('Power', 'UnregisterHandler', unknown),
                         f'{NAME}.Error.NotFound')
        self.assertEqual(self.bus_client.error_of('Power', 'UnregisterHandler',
                                                  GLib.Variant('(o)', ('/a',))), f'{NAME}.Error.NotFound')
        agent.unregister()
        self.assertEqual(self.bus_client.get('Power', 'Handlers'), [])
        self.ask('OS_Suspend')
        self.wait_states('suspend+')
        self.assertEqual(agent.asked, [])
        for words in ('', 'halt', 'suspend:suspend', 'suspend,reboot'):
            self.assertEqual(agent.client.error_of('Power', 'RegisterHandler', GLib.Variant(
                '(soi)', (words, '/a', 0))), INVALID)

    def test_limits_and_leaving(self):
        greedy = self.client()
        for n in range(16):
            Agent(greedy, f'/a{n}', None).register('suspend')
        self.assertEqual(greedy.error_of('Power', 'RegisterHandler', GLib.Variant(
            '(soi)', ('suspend', '/one/more', 0))), LIMITS)
        greedy.close()
        self.bus_client.wait_property('Power', 'Handlers', [])
        self.ask('OS_Suspend')
        self.wait_states('suspend+')


def reply_of_wrong_type(invocation):
    reply = invocation.get_message().new_method_reply()
    reply.set_body(GLib.Variant('(s)', ('yes',)))
    return reply


class Order(PowerCase):
    ARGUMENTS = ('--trace',)

    def sent(self):
        """What went to the host, oldest first, as far as it matters here."""
        found = []
        for line in list(self.daemon.lines):
            for word in ('tools.os.statechange.status', 'SetGuestInfo'):
                if word in line:
                    found.append(word.rsplit('.', 1)[-1])
        return found

    def test_suspend_and_resume(self):
        """Hooks, then the status; after a resume the host is told everything again."""
        self.start()
        agent = Agent(self.client(), '/a', (False, '')).register('suspend:resume:poweron')
        until(lambda: 'SetGuestInfo' in self.sent(), 'the host is told about the guest', every_ms=50)
        self.ask('OS_Suspend')
        self.wait_completed()
        self.wait_states('suspend+')
        before = len(self.sent())
        self.ask('OS_Resume')
        self.wait_completed(2)
        self.wait_states('suspend+', 'resume+')
        until(lambda: self.sent()[before:].count('SetGuestInfo') >= 3, 'all is told again', every_ms=50)
        self.assertEqual(self.sent()[before], 'status')
        self.assertEqual([a[0] for a in agent.asked], ['suspend', 'resume'])
        self.ask('OS_Resume')   # the same event: no hooks
        self.wait_states('suspend+', 'resume+', 'resume+')
        self.ask('OS_PowerOn')
        self.wait_completed(4)
        self.assertEqual([a[0] for a in agent.asked], ['suspend', 'resume', 'poweron'])
        self.assertEqual(self.commands(), [])


class Files(PowerCase):
    def test_files_run(self):
        out = self.directory / 'out'
        self.script(self.power_d / '20-b', f'echo b "$@" >>{out}')
        self.script(self.power_d / '10-a', f'echo a "$@" >>{out}')
        self.start()
        for request, word in (('OS_Suspend', 'suspend'), ('OS_Resume', 'resume'), ('OS_PowerOn', 'poweron'),
                              ('OS_Reboot', 'reboot')):
            out.unlink(missing_ok=True)
            self.ask(request)
            until(lambda w=word: any(c[1][0] == w for c in self.completed.seen), f'{word} is completed')
            self.assertEqual(out.read_text(encoding='ascii'), f'a {word}\nb {word}\n')
        self.wait_states('suspend+', 'resume+', 'powerOn+', 'reboot+')

    def test_file_refuses(self):
        self.script(self.power_d / 'no', 'exit 3')
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt-')
        self.assertEqual(self.commands(), [])
        self.assertIn('no: ', self.wait_completed()[2])
        self.ask('OS_Halt')
        self.wait_states('halt-', 'halt+')
        self.assertEqual(self.commands(), ['-h now'])

    def test_file_hangs(self):
        marker = self.directory / 'child'
        self.script(self.power_d / 'hangs', f'sleep 1000 & echo $! >{marker}; wait')
        self.start()
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'State', 'going-down')
        self.wait_states('halt+')
        self.assertIn('toolboxd: shutdown: not ready in time: file hangs; accepted by the shutdown '
                      'command', self.host.show()['log'])
        pid = int(marker.read_text(encoding='ascii'))
        until(lambda: is_gone(pid), 'its child is killed', every_ms=20)

    def test_switched_off_by_the_host(self):
        out = self.directory / 'out'
        self.script(self.power_d / 'a', f'echo a "$@" >>{out}; exit 1')
        self.start()
        self.ask('Set_Option toolScripts.beforeSuspend 0')
        self.ask('OS_Suspend')
        self.wait_states('suspend+')
        self.assertFalse(out.exists())
        self.ask('Set_Option toolScripts.beforeSuspend 1')
        self.ask('OS_Suspend')
        self.wait_states('suspend+', 'suspend-')
        self.assertTrue(out.exists())


class InstalledPolicy(PowerCase):
    """The system bus, with the policy that we install, lets the daemon call a handler."""

    def start_polkit(self):
        return self   # the bus lets nobody else in; root passes without

    def allow(self, *_actions):
        pass

    def start_bus(self):
        if os.geteuid() != 0:
            self.skipTest('only root may own the name')
        installed = Path(__file__).resolve().parents[2] / 'data' / 'dbus' / f'{NAME}.conf'
        self.bus = tbxtest.Bus(self.directory / 'bus',
                               tbxtest.Bus.SYSTEM.format(service=installed))
        super().start_bus()

    def test_handler_is_asked(self):
        self.start()
        agent = Agent(self.client(), '/a', REFUSED).register('suspend')
        self.ask('OS_Suspend')
        self.wait_completed()
        self.wait_states('suspend-')
        self.assertEqual(len(agent.asked), 1)


def is_gone(pid):
    try:
        return ') Z ' in Path(f'/proc/{pid}/stat').read_text(encoding='ascii')
    except OSError:
        return True


tbxtest.main()
