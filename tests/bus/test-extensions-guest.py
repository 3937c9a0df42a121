#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guest operations and logins, done by clients of the bus."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxguest import IS_ROOT, PASSWORD, needs_root
from tbxtest import NAME, until
from exttest import UNSUPPORTED, Agent, Extended, timed
from gi.repository import GLib

WRONG = 'Wrong-horse-0815'
OK, NO_LOGIN, UNKNOWN, DISABLED = 0, 3050, 3025, 20005
NEW = 5000   # an opcode that nobody has


class Case(Extended, tbxguest.Case):
    CONFIG = ''

    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_extensions()
        self.start_host()
        self.start_daemon_of_guests(self.CONFIG)
        self.root = self.client()


def reply(code, error_number, payload):
    return GLib.Variant('(uiay)', (code, error_number, payload))


class Vix(Case):
    def test_new_operation(self):
        told = self.root.signals(f'{NAME}.Manager', 'Operation')
        self.assertEqual(self.vix(NEW), (UNKNOWN, 0, b''))
        agent = self.agent('Vix', reply(0, 0, b'pay\x01load')).register(NEW)
        self.assertEqual(self.vix(NEW, b'\0body\xff'), (OK, 0, b'pay\x01load'))
        (method, (opcode, body, details, deadline)), = agent.asked
        self.assertEqual((method, opcode, bytes(body)), ('Handle', NEW, b'\0body\xff'))
        self.assertEqual((details['user'], details['uid']), (self.alice.name, self.alice.uid))
        self.assertIn(self.alice.name if IS_ROOT else details['groups'][0], details['groups'])
        self.assertEqual(details['request-flags'], 0)
        self.assertTrue(0 < deadline - GLib.get_monotonic_time() <= 4000000)
        until(lambda: len(told.seen) == 2, 'the operation is told')
        self.assertEqual([a[:6] for _, a in told.seen],
                         [('unknown', '', '', -1, UNKNOWN, 'UNRECOGNIZED_COMMAND_IN_GUEST'),
                          ('extension', '', self.alice.name, self.alice.uid, 0, 'OK')])

    def test_replies(self):
        everything = bytes(range(256)) * 255
        agent = self.agent('Vix', reply(0, 0, everything)).register(NEW)
        self.assertEqual(self.vix(NEW, binary=True), (OK, 0, everything))
        agent.answer = lambda _o, body, *_: reply(0, 0, body)
        self.assertEqual(self.vix(NEW, everything[:60000], binary=True), (OK, 0, everything[:60000]))
        agent.answer = reply(4, 2, b'not told')
        self.assertEqual(self.vix(NEW), (4, 2, b''))
        agent.answer = reply(20001, 0, b'')
        self.assertEqual(self.vix(NEW), (20001, 0, b''))

    @needs_root
    def test_needs_a_login(self):
        agent = self.agent('Vix', reply(0, 0, b'')).register(NEW)
        self.assertEqual(self.vix(NEW, login=f'{self.alice.name}:{WRONG}')[0], NO_LOGIN)
        self.assertEqual(self.vix(NEW, login=f'no-such-user:{PASSWORD}')[0], NO_LOGIN)
        self.assertEqual(agent.asked, [])
        self.assertEqual(self.vix(NEW, login=self.bob.login)[0], OK)
        self.assertEqual(agent.asked[0][1][2]['uid'], self.bob.uid)

    def test_does_not_count(self):
        agent = self.agent('Vix', None).register(NEW)
        for bad in (f'{NAME}.Error.Failed', GLib.Variant('(uis)', (0, 0, 'x')),
                    reply(0, 0, b'x' * 65448)):
            with self.subTest(str(bad)[:40]):
                agent.answer = bad
                self.assertEqual(self.vix(NEW), (UNKNOWN, 0, b''))
        self.assertEqual(self.daemon.count(f'vix {NEW}: .* does not count'), 3)
        agent.answer = UNSUPPORTED
        self.assertEqual(self.vix(NEW), (UNKNOWN, 0, b''))
        agent.answer = agent.dies
        self.assertEqual(self.vix(NEW), (UNKNOWN, 0, b''))
        self.wait_entries(0)

    def test_hangs(self):
        agent = self.agent('Vix', None).register(NEW)
        self.vix(NEW + 1)
        code, seconds = timed(self.vix, NEW)
        self.assertEqual(code, (UNKNOWN, 0, b''))
        self.assertTrue(3.9 < seconds < 8, seconds)
        self.assert_alive()
        Agent.answer_call(agent.held.pop(), reply(0, 0, b'late'))
        agent.answer = reply(0, 0, b'new')
        self.assertEqual(self.vix(NEW)[2], b'new')

    def test_own_operation(self):
        """One that the worker has: what the agent does not answer, the worker does."""
        agent = self.agent('Vix', reply(20, 0, b'')).register(187)
        self.assertEqual(self.vix(187)[0], 20)
        for bad in (UNSUPPORTED, GLib.Variant('(u)', (0,)), agent.dies):
            agent.answer = bad
            self.assertIn('HOME=', self.guest('getenv', 'HOME'))
        self.wait_entries(0)
        self.assertIn('HOME=', self.guest('getenv', 'HOME'))

    def test_channel_closes_meanwhile(self):
        """The host asks again where it still wants it; nothing is done twice."""
        self.directory.chmod(0o777)
        self.polkit.allow('org.toolboxd.extend-vix', 'org.toolboxd.reset')
        told = self.root.signals(f'{NAME}.Manager', 'Operation')
        made = self.directory / 'made'

        def reset_channel(*_):
            self.root.call('Manager', 'Reset')
            return UNSUPPORTED
        agent = self.agent('Vix', reset_channel).register(178)
        self.guest('mkdir', made, check=False)
        until(lambda: agent.asked and told.seen, 'it is over')
        self.assertEqual((told.seen[0][1][4], made.exists()), (1, False))
        if self.root.get('Manager', 'TransportState') != 'up':
            self.root.wait_property('Manager', 'TransportState', 'up')
        agent.unregister(178)
        self.guest('mkdir', made)

    def test_body_survives(self):
        """The worker gets the body after the agent had it."""
        made = self.directory / 'made'
        self.directory.chmod(0o777)
        agent = self.agent('Vix', UNSUPPORTED).register(178)
        self.guest('mkdir', made)
        self.assertEqual(made.stat().st_uid, self.alice.uid)
        self.assertIn(str(made).encode(), bytes(agent.asked[0][1][1]))

    def test_local_operation(self):
        """One that the daemon answers itself."""
        agent = self.agent('Vix', reply(0, 0, b'mine')).register(116)
        self.assertEqual(self.vix(116), (OK, 0, b'mine'))
        agent.answer = UNSUPPORTED
        code, _, payload = self.vix(116, binary=True)
        self.assertEqual(code, OK)
        self.assertNotEqual(payload, b'mine')

    def test_operation_that_linux_lacks(self):
        self.assertEqual(self.vix(197)[0], UNKNOWN)
        agent = self.agent('Vix', reply(0, 0, b'alias')).register(197)
        self.assertEqual(self.vix(197), (OK, 0, b'alias'))
        agent.answer = UNSUPPORTED
        self.assertEqual(self.vix(197)[0], UNKNOWN)
        if IS_ROOT:
            self.assertEqual(self.vix(197, login=f'{self.alice.name}:{WRONG}')[0], NO_LOGIN)


class VixPolicy(Case):
    CONFIG = '[guest-operations]\ndeny=AddGuestAlias;ListProcessesInGuest\n'

    def test_policy(self):
        agent = self.agent('Vix', reply(0, 0, b''))
        for opcode, code in ((NEW, OK), (197, DISABLED), (186, DISABLED)):
            agent.register(opcode)
            self.assertEqual(self.vix(opcode)[0], code)
        self.assertEqual(len(agent.asked), 1)


class VixOff(Case):
    CONFIG = '[guest-operations]\nenabled=false\n'

    def test_off(self):
        agent = self.agent('Vix', reply(0, 0, b'')).register(NEW)
        self.assertEqual(self.vix(NEW)[0], DISABLED)
        self.assertEqual(agent.asked, [])


def word(text):
    return GLib.Variant('(s)', (text,))


class Logins(Case):
    def config_of_guests(self, config=''):
        """One group [auth] for both."""
        both = super().config_of_guests('')
        return both + (config.replace('[auth]\n', '') if both else config)

    def setUp(self):
        super().setUp()
        self.read = []

    def say(self, verdict):
        """An answer that takes down what came through the pipe."""
        def answer(_handle, _deadline, fds):
            fd, = fds
            with os.fdopen(fd, 'rb') as pipe:
                self.read.append(pipe.read())
            return word(verdict)
        return answer

    def code(self, password=PASSWORD, account=None):
        """What a login ends with."""
        return self.vix(192, bytes(8), f'{(account or self.alice).name}:{password}')[0]


class Before(Logins):
    """With "authenticator" as it is by default: before PAM."""

    def test_yes(self):
        agent = self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.code(WRONG), OK)
        self.assertEqual(self.read, [f'{self.alice.name}\0{WRONG}\0'.encode()])
        left_us = agent.asked[0][1][1] - GLib.get_monotonic_time()
        self.assertTrue(0 < left_us <= 5000000, left_us)
        # It is remembered, and forgotten with the agent.
        self.assertEqual((self.code(WRONG), self.code(WRONG)), (OK, OK))
        self.assertEqual(len(agent.asked), 1)
        agent.leave()
        self.wait_entries(0)
        if IS_ROOT:
            self.assertEqual(self.code(WRONG), NO_LOGIN)
        self.assertNotIn(WRONG, self.daemon.log)

    def test_worker_is_the_user(self):
        self.agent('Authenticator', self.say('yes')).register()
        out = self.directory / 'out'
        self.directory.chmod(0o777)
        self.host.ask('guest', '-l', f'{self.alice.name}:{WRONG}', 'start', '/bin/sh', '-c',
                      f"'id -u >{out}.new; mv {out}.new {out}'")
        until(out.exists, 'the program runs', every_ms=20)
        self.assertEqual(int(out.read_text(encoding='ascii')), self.alice.uid)

    def test_no(self):
        """The right password does not help; refusals wait."""
        self.agent('Authenticator', self.say('no')).register()
        code, seconds = timed(self.code)
        self.assertEqual(code, NO_LOGIN)
        self.assertGreater(seconds, 0.24)
        for least in (0.49, 0.99):
            code, seconds = timed(self.code)
            self.assertEqual(code, NO_LOGIN)
            self.assertGreater(seconds, least)
        self.assertEqual(len(self.read), 3)
        self.daemon.wait_log('refused: an authenticator says no')

    def test_who_was_verified_before_is_asked_again(self):
        self.assertEqual(self.code(), OK)
        agent = self.agent('Authenticator', self.say('no')).register()
        self.assertEqual(self.code(), NO_LOGIN)
        agent.unregister()
        self.assertEqual(self.code(), OK)

    def test_unknown(self):
        """PAM has the word."""
        agent = self.agent('Authenticator', self.say('unknown')).register()
        if IS_ROOT:
            self.assertEqual(self.code(WRONG), NO_LOGIN)
        self.assertEqual(self.code(), OK)
        self.assertEqual(self.code(), OK)
        self.assertEqual(len(agent.asked), 2 if IS_ROOT else 1)

    def test_does_not_count(self):
        agent = self.agent('Authenticator', None).register()
        for bad in (f'{NAME}.Error.Failed', word('maybe'), word('YES'), word(''),
                    GLib.Variant('(b)', (True,)), UNSUPPORTED):
            with self.subTest(str(bad)):
                agent.answer = bad
                if IS_ROOT:
                    self.assertEqual(self.code(WRONG), NO_LOGIN)
                self.assertEqual(self.code(), OK)
                agent.unregister()
                agent.register()
        agent.answer = agent.dies
        if IS_ROOT:
            self.assertEqual(self.code(WRONG), NO_LOGIN)
        self.assertEqual(self.code(), OK)
        self.wait_entries(0)

    def test_hangs(self):
        """Two that hang share the time, and PAM is asked after it."""
        agents = [self.agent('Authenticator', None, path).register() for path in ('/a', '/b')]
        code, seconds = timed(self.code)
        self.assertEqual(code, OK)
        self.assertTrue(4.9 < seconds < 9, seconds)
        self.assertEqual([len(a.asked) for a in agents], [1, 1])
        self.assertLess(agents[0].asked[0][1][1] + 2000000, agents[1].asked[0][1][1])
        self.assert_alive()
        for agent in agents:
            Agent.answer_call(agent.held.pop(), word('no'))
        self.assertEqual(self.code(), OK)

    def test_priorities(self):
        high = self.agent('Authenticator', self.say('unknown'), '/high')
        low = self.agent('Authenticator', self.say('no'), '/low').register(-1)
        high.register(1)
        self.assertEqual(self.code(), NO_LOGIN)
        self.assertEqual((len(high.asked), len(low.asked)), (1, 1))
        high.answer = self.say('yes')
        self.assertEqual(self.code(), OK)
        self.assertEqual((len(high.asked), len(low.asked)), (2, 1))

    @needs_root
    def test_account_is_not_there(self):
        self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.vix(192, bytes(8), f'no-such-user:{PASSWORD}')[0], NO_LOGIN)
        self.daemon.wait_log('refused at acct_mgmt|failed at lookup')

    @needs_root
    def test_account_is_expired(self):
        """PAM's account modules have the word, whatever an authenticator says."""
        tbxguest.run('usermod', '-e', '1', self.bob.name)
        self.addCleanup(tbxguest.run, 'usermod', '-e', '', self.bob.name)
        self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.code(account=self.bob), NO_LOGIN)
        self.daemon.wait_log('refused at acct_mgmt')

    def test_not_asked_for_more(self):
        """A password that PAM would not take is not shown to anybody."""
        agent = self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.code('x' * 512), NO_LOGIN)
        self.assertEqual(agent.asked, [])
        self.assertEqual(self.code('x' * 511), OK)
        self.assertEqual(self.read, [f'{self.alice.name}\0{"x" * 511}\0'.encode()])

    def test_reads_nothing(self):
        self.agent('Authenticator', word('yes')).register()
        self.assertEqual(self.code(WRONG), OK)

    def test_use_is_read_again(self):
        agent = self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.root.get('Extensions', 'AuthenticatorUse'), 'before')
        self.assertEqual(self.code(), OK)
        config = self.directory / 'toolboxd.conf'
        config.write_text(config.read_text(encoding='utf-8') + '\n[auth]\nauthenticator=never\n',
                          encoding='utf-8')
        os.kill(self.daemon.guest(), 1)
        self.root.wait_property('Extensions', 'AuthenticatorUse', 'never')
        self.assertEqual(self.code(), OK)
        self.assertEqual(len(agent.asked), 1)


class Instead(Logins):
    """What is otherwise where PAM is not to verify."""

    CONFIG = '[auth]\nauthenticator=instead\n'

    def test_nobody_is_registered(self):
        self.assertEqual(self.root.get('Extensions', 'AuthenticatorUse'), 'instead')
        self.assertEqual(self.code(), NO_LOGIN)
        self.daemon.wait_log('refused: no authenticator knows it')

    def test_unknown(self):
        self.agent('Authenticator', self.say('unknown')).register()
        self.assertEqual(self.code(), NO_LOGIN)

    def test_does_not_count(self):
        agent = self.agent('Authenticator', None).register()
        for bad in (f'{NAME}.Error.Failed', word('maybe'), GLib.Variant('(b)', (True,)), agent.dies):
            with self.subTest(str(bad)):
                agent.answer = bad
                self.assertEqual(self.code(), NO_LOGIN)
        self.wait_entries(0)
        self.assertEqual(self.code(), NO_LOGIN)

    def test_hangs(self):
        self.agent('Authenticator', None).register()
        code, seconds = timed(self.code)
        self.assertEqual(code, NO_LOGIN)
        self.assertTrue(4.9 < seconds < 9, seconds)

    def test_who_was_verified_before_is_asked_again(self):
        agent = self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.code(), OK)
        agent.unregister()
        self.assertEqual(self.code(), NO_LOGIN)

    def test_yes(self):
        self.agent('Authenticator', self.say('yes')).register()
        self.assertEqual(self.code(WRONG), OK)

    def test_second_knows(self):
        self.agent('Authenticator', self.say('unknown')).register(1)
        self.agent('Authenticator', self.say('yes'), '/second').register(0)
        self.assertEqual(self.code(WRONG), OK)
        self.assertEqual(len(self.read), 2)


class Never(Logins):
    CONFIG = Instead.CONFIG.replace('instead', 'never')

    def test_not_asked(self):
        self.assertEqual(self.root.get('Extensions', 'AuthenticatorUse'), 'never')
        agent = self.agent('Authenticator', word('no')).register()
        self.assertEqual(self.code(), OK)
        self.assertEqual(agent.asked, [])


tbxtest.main()
