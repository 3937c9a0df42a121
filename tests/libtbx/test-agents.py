#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The agents of libtbx, in Python by introspection, when the host asks for what they serve."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'lib'))
import gi  # noqa: E402
import tbxguest  # noqa: E402
from exttest import ACTIONS, Extended  # noqa: E402
from tbxguest import IS_ROOT, PASSWORD  # noqa: E402
from tbxtest import Client, until  # noqa: E402

gi.require_version('Tbx', '1.0')
from gi.repository import GLib, Tbx  # noqa: E402

OK, NO_LOGIN, UNKNOWN = 0, 3050, 3025
NEW = 5000   # an opcode that nobody has
WRONG = 'Wrong-horse-0815'


class Base(Extended, tbxguest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_polkit().allow(*ACTIONS)
        self.start_host()
        self.start_daemon_of_guests()
        self.root = self.client()
        connection = Client(self.bus.address)
        self.addCleanup(connection.close)
        self.tbx = Tbx.Client.new_for_connection_sync(connection.connection, None)

    def register(self, agent):
        self.assertTrue(self.tbx.register_sync(agent, None))
        self.assertTrue(agent.props.registered)
        return agent

    @staticmethod
    def meanwhile(function, *arguments, **named):
        """What @function gives, which waits for an agent that answers in our loop."""
        results = []

        def run():
            try:
                results.append((function(*arguments, **named), None))
            except BaseException as error:   # pylint: disable=broad-except
                results.append((None, error))
            GLib.MainContext.default().wakeup()
        thread = threading.Thread(target=run)
        thread.start()
        until(lambda: results, 'the host is answered')
        thread.join()
        value, error = results[0]
        if error is not None:
            raise error
        return value


class Rpc(Base):
    def test_rpc(self):
        agent = self.register(Tbx.AgentRpc.new('com.example.do'))
        asked = []

        def handle(_agent, request):
            asked.append((request.get_command(), request.get_arguments().get_data()))
            if asked[-1][1] == b'fail':
                request.return_failure(GLib.Bytes.new(b'no such thing'))
            elif asked[-1][1] == b'leave':
                request.decline()
            elif asked[-1][1] != b'drop':
                request.return_success(GLib.Bytes.new(b'done\xff') if asked[-1][1] else None)
        agent.connect('handle', handle)
        reply = bytes.fromhex(self.meanwhile(self.host.ask, 'rpc', '--hex', b'com.example.do it\xfe'.hex()))
        self.assertEqual(reply, b'OK done\xff')
        self.assertEqual(self.meanwhile(self.rpc, 'com.example.do').rstrip(), 'OK')
        self.assertEqual(self.meanwhile(self.rpc, 'com.example.do fail'), 'ERROR no such thing')
        for word in ('leave', 'drop'):
            self.assertEqual(self.meanwhile(self.rpc, f'com.example.do {word}'), 'ERROR Unknown Command')
        self.assertEqual(asked[0], ('com.example.do', b'it\xfe'))
        self.assertEqual(self.root.get('Extensions', 'Entries')[0][:2], ('rpc', 'com.example.do'))
        self.tbx.unregister(agent)
        self.wait_entries(0)
        self.assertEqual(self.rpc('com.example.do'), 'ERROR Unknown Command')

    def test_refused(self):
        with self.assertRaises(GLib.Error) as caught:
            self.tbx.register_sync(Tbx.AgentRpc.new('ping'), None)
        self.assertTrue(caught.exception.matches(Tbx.error_quark(), Tbx.Error.REFUSED))


class Vix(Base):
    def test_vix(self):
        agent = self.register(Tbx.AgentVix.new(NEW))
        asked = []

        def handle(_agent, request):
            body = request.get_body().get_data()
            asked.append((request.get_opcode(), body, request.get_user(),
                          request.get_details().unpack()['uid'], request.get_deadline_us()))
            if body == b'fail':
                request.return_failure(4, 2)
            elif body:
                request.return_success(GLib.Bytes.new(body[::-1]))
        agent.connect('handle', handle)
        self.assertEqual(self.meanwhile(self.vix, NEW, b'abc'), (OK, 0, b'cba'))
        opcode, body, user, uid, deadline = asked[0]
        self.assertEqual((opcode, body, user, uid),
                         (NEW, b'abc', self.alice.name, self.alice.uid))
        self.assertTrue(-1000000 < deadline - GLib.get_monotonic_time() <= 4000000)
        self.assertEqual(self.meanwhile(self.vix, NEW, b'fail'), (4, 2, b''))
        self.assertEqual(self.meanwhile(self.vix, NEW)[0], UNKNOWN)


class Password(Tbx.AgentAuthenticator):
    """Lets everybody in whose password is that one."""

    def __init__(self, password):
        super().__init__(priority=1)
        self.password = password
        self.users = []

    def do_verify(self, request):
        self.users.append(request.get_user())
        if request.get_password() == self.password:
            request.accept()
        elif request.get_password().startswith('Wrong'):
            request.reject()


class Authenticator(Base):
    def code(self, password):
        return self.meanwhile(self.vix, 192, bytes(8), f'{self.alice.name}:{password}')[0]

    def test_authenticator(self):
        agent = self.register(Password('Open-sesame'))
        self.assertEqual(self.code('Open-sesame'), OK)
        self.assertEqual(self.code('Wrong-sesame'), NO_LOGIN)
        self.assertEqual(self.code(PASSWORD), OK)   # it does not know: PAM does
        self.assertEqual(agent.users, [self.alice.name] * 3)
        self.tbx.unregister(agent)
        if IS_ROOT:
            self.assertEqual(self.code('Open-sesame'), NO_LOGIN)


class Network(Base):
    def primary(self, wanted):
        self.root.wait_property('Network', 'PrimaryAddress', wanted)

    def test_network(self):
        agent = Tbx.AgentNetwork.new(0)
        before = self.root.get('Network', 'PrimaryAddress')
        agent.set_address('192.0.2.77')
        self.register(agent)
        self.primary('192.0.2.77')
        until(lambda: self.tbx.get_network().props.primary_address == '192.0.2.77', 'it is seen')
        agent.props.address = '2001:db8::7'
        self.primary('2001:db8::7')
        agent.props.address = ''
        self.primary(before)
        agent.props.address = '192.0.2.77'
        self.primary('192.0.2.77')
        self.tbx.unregister(agent)
        self.primary(before)


unittest.main()
