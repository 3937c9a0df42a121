# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of extensions share: agents, which answer in a thread of their own.

A host that is asked something keeps the test waiting, and the agent is to answer meanwhile.
"""

import base64
import os
import struct
import threading
import time
from pathlib import Path

import tbxtest
from tbxtest import NAME, ROOT
from gi.repository import Gio, GLib

DBUS_XML = Path(__file__).resolve().parents[2] / 'data' / 'dbus'
UNSUPPORTED = f'{NAME}.Error.Unsupported'
KINDS = {'Rpc': 'rpc', 'Vix': 'vix', 'Authenticator': 'authenticator',
         'FileHandler': 'file-handler', 'Program': 'program', 'Network': 'network'}
ACTIONS = ('org.toolboxd.extend-rpc', 'org.toolboxd.extend-vix',
           'org.toolboxd.extend-authentication', 'org.toolboxd.extend-files',
           'org.toolboxd.extend-programs', 'org.toolboxd.set-primary-address')


class Loop:
    """A thread that turns a main context, in which agents answer."""

    def __init__(self):
        self.context = GLib.MainContext.new()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        self.context.push_thread_default()
        self.loop.run()
        self.context.pop_thread_default()

    def do(self, function):
        """Runs @function there, and returns what it gives."""
        done = threading.Event()
        result = []

        def run(*_):
            try:
                result.append((function(), None))
            except Exception as error:   # pylint: disable=broad-except
                result.append((None, error))
            done.set()
            return GLib.SOURCE_REMOVE
        source = GLib.idle_source_new()
        source.set_callback(run)
        source.attach(self.context)
        if not done.wait(tbxtest.WAIT_SECONDS):
            raise AssertionError('the thread of the agents hangs')
        value, error = result[0]
        if error is not None:
            raise error
        return value

    def stop(self):
        self.do(self.loop.quit)
        self.thread.join(tbxtest.WAIT_SECONDS)


class Agent:
    """An object of a client with one of the agents' interfaces.

    @answer: a GVariant; a tuple of that and descriptors, which are closed when they are sent;
    the name of an error; None: silence; or a function that gets the arguments (and, in a list,
    the descriptors that came) and gives one of these.
    """

    def __init__(self, loop, address, kind, answer, path='/agent'):
        self.loop, self.kind, self.answer, self.path = loop, kind, answer, path
        self.interface = f'{NAME}.Agent.{kind}'
        self.asked = []   # (method, arguments)
        self.held = []    # calls that are not answered
        self.client = tbxtest.Client(address)
        xml = (DBUS_XML / f'{self.interface}.xml').read_text(encoding='utf-8')
        node = Gio.DBusNodeInfo.new_for_xml(xml)
        loop.do(lambda: self.client.connection.register_object(path, node.interfaces[0],
                                                               self._on_call, None, None))

    @property
    def name(self):
        return self.client.connection.get_unique_name()

    def _on_call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        fds = invocation.get_message().get_unix_fd_list()
        fds = list(fds.steal_fds()) if fds else []
        self.asked.append((method, arguments.unpack()))
        answer = self.answer
        if callable(answer):
            answer = answer(*arguments.unpack(), *([fds] if fds else []))
        else:
            for fd in fds:
                os.close(fd)
        if answer is None:
            self.held.append(invocation)
        elif isinstance(answer, str):
            invocation.return_dbus_error(answer, 'not now')
        else:
            self.answer_call(invocation, answer)

    @staticmethod
    def answer_call(invocation, answer):
        """Sends @answer whatever its type, which GDBus itself would not."""
        message = Gio.DBusMessage.new_method_reply(invocation.get_message())
        if isinstance(answer, tuple):
            answer, *fds = answer
            message.set_unix_fd_list(Gio.UnixFDList.new_from_array(fds))   # takes them
        message.set_body(answer)
        invocation.get_connection().send_message(message, Gio.DBusSendMessageFlags.NONE)

    def register(self, *arguments):
        """RegisterKIND(): (name, object), (object, priority), as the kind has it."""
        self.client.call('Extensions', f'Register{self.kind}', self._arguments(*arguments))
        return self

    def unregister(self, name=None):
        self.client.call('Extensions', f'Unregister{self.kind}',
                         GLib.Variant('(u)' if isinstance(name, int) else '(s)' if name else '(o)',
                                      (name or self.path,)))

    def _arguments(self, name=0):
        if self.kind in ('Authenticator', 'Network'):
            return GLib.Variant('(oi)', (self.path, name))
        return GLib.Variant('(uo)' if isinstance(name, int) else '(so)', (name, self.path))

    def emit(self, signal, arguments=None):
        self.client.connection.emit_signal(None, self.path, self.interface, signal, arguments)
        self.client.connection.flush_sync(None)

    def leave(self):
        self.client.close()

    def dies(self, *_):
        """An answer: none, for the client leaves the bus in its call."""
        self.client.connection.close(None, None)


class Extended:
    """Mixed into a case: starts agents, and asks the host's questions."""

    def start_extensions(self):
        """To be called once there is a bus: polkit says yes from here on."""
        self.polkit = self.start_polkit()
        self.polkit.allow(*ACTIONS)
        self.loop = Loop()
        self.addCleanup(self.loop.stop)

    def agent(self, kind, answer, path='/agent'):
        agent = Agent(self.loop, self.bus.address, kind, answer, path)
        self.addCleanup(agent.leave)
        return agent

    def entries(self):
        return self.root.get('Extensions', 'Entries')

    def wait_entries(self, n):
        if len(self.entries()) != n:
            self.root.wait_property('Extensions', 'Entries', lambda entries: len(entries) == n)

    def rpc(self, text):
        """The whole reply to a command of the host, which must be text."""
        return self.host.ask('rpc', '--raw', text, check=False)

    def assert_alive(self):
        self.assertEqual(self.rpc('ping'), 'OK ')

    def vix(self, opcode, body=b'', login=None, binary=False):
        """(code, error number, payload) of a guest operation, whatever its number."""
        user, password = (login or self.alice.login).split(':')
        plain = user.encode() + b'\0' + password.encode() + b'\0'
        credentials = (struct.pack('<II', len(user.encode()), len(password.encode()))
                       + base64.b64encode(plain) + b'\0')
        header = struct.pack('<IHIIIIBIIIQII', 0xd00d0001, 5, 51 + len(body) + len(credentials), 51,
                             len(body), len(credentials), 0x80 if binary else 0x08, opcode, 0,
                             0xffffffff, 1, 0, 1)
        message = b'Vix_1_Relayed_Command "a"\0' + header + body + credentials
        reply = bytes.fromhex(self.host.ask('rpc', '--hex', message.hex(), check=False))
        word, code, error_number, payload = reply.split(b' ', 3)
        self.assertEqual(word, b'OK')
        if binary and payload.startswith(b'#'):
            payload = payload[1:]
        elif not binary and payload.endswith(b'\0'):
            payload = payload[:-1]
        return int(code), int(error_number), payload


def timed(function, *arguments, **named):
    """(what it gives, how many seconds it took)"""
    start = time.monotonic()
    return function(*arguments, **named), time.monotonic() - start


__all__ = ['Agent', 'Extended', 'KINDS', 'Loop', 'ROOT', 'UNSUPPORTED', 'timed']
