# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of power share: logind, systemd and a shutdown command that are all mocked.

Nothing here can reach a real one: the daemon's bus is the test's, and so is the command.
"""

import os
from pathlib import Path

import tbxtest
from tbxtest import NAME, ROOT, until
from gi.repository import Gio, GLib

AGENT_XML = (Path(__file__).resolve().parents[2] / 'data' / 'dbus'
             / f'{NAME}.Agent.Power.xml').read_text(encoding='utf-8')
REFUSED = f'{NAME}.Error.Refused'


class Logind(tbxtest.Mock):
    """python3-dbusmock's logind; @flags: with the newer methods, which know about blocks."""

    NAME = 'org.freedesktop.login1'
    PATH = '/org/freedesktop/login1'
    INTERFACE = 'org.freedesktop.login1.Manager'
    BLOCKED = ("blocks = [i for i in globals().get('inhibitors', []) "
               "if i[3] == 'block' and 'shutdown' in i[0]]\n")
    REFUSE = ("raise dbus.exceptions.DBusException('Access denied to root due to active block "
              "inhibitor', name='org.freedesktop.DBus.Error.AccessDenied')\n")
    BEGIN = "self.EmitSignal('org.freedesktop.login1.Manager', 'PrepareForShutdown', 'b', [True])\n"

    def __init__(self, bus, client, flags=True, begins=True):
        super().__init__(bus, client, self.NAME, self.PATH, ['-t', 'logind'])
        begin = self.BEGIN if begins else ''
        for word in ('PowerOff', 'Reboot'):
            self.method(word, 'b', begin)
            if flags:
                self.method(f'{word}WithFlags', 't', self.BLOCKED + 'if blocks and args[0] & 1:\n    '
                            + self.REFUSE + begin)

    def method(self, name, signature, code, result=''):
        self.tell('AddMethod', GLib.Variant('(sssss)', (self.INTERFACE, name, signature, result, code)))

    def calls(self):
        """["PowerOffWithFlags(1)", ...]: all that were made, in their order."""
        return [f'{name}({", ".join(str(int(a)) for a in args)})'
                for _, name, args in self.tell('GetCalls')[0] if name.startswith(('PowerOff', 'Reboot'))]

    def inhibit(self, what, who, why, mode):
        """Takes a lock; closing the descriptor that it returns ends it."""
        reply, fds = self.client.connection.call_with_unix_fd_list_sync(
            self.NAME, self.PATH, self.INTERFACE, 'Inhibit',
            GLib.Variant('(ssss)', (what, who, why, mode)), None, Gio.DBusCallFlags.NONE, -1, None,
            None)
        return fds.get(reply.unpack()[0])

    def inhibitors(self):
        return [tuple(i[:4]) for i in
                self.client.call(self.INTERFACE, 'ListInhibitors', None, self.PATH, self.NAME)[0]]

    def locked(self):
        """Whether toolboxd has its delay lock."""
        return any(i[0] == 'shutdown' and i[1] == 'toolboxd' and i[3] == 'delay'
                   for i in self.inhibitors())

    def prepare(self, begins):
        self.tell('EmitSignal', GLib.Variant('(sssav)', (
            self.INTERFACE, 'PrepareForShutdown', 'b', [GLib.Variant('b', begins)])))

    def tell_block_changed(self):
        self.tell('EmitSignal', GLib.Variant('(sssav)', (
            'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', [
                GLib.Variant('s', self.INTERFACE),
                GLib.Variant('a{sv}', {'BlockInhibited': GLib.Variant('s', '')}),
                GLib.Variant('as', [])])))


class Systemd(tbxtest.Mock):
    NAME = 'org.freedesktop.systemd1'
    PATH = '/org/freedesktop/systemd1'
    MANAGER = 'org.freedesktop.systemd1.Manager'

    def __init__(self, bus, client, units=('poweroff.target', 'reboot.target')):
        super().__init__(bus, client, self.NAME, self.PATH, ['-t', 'systemd'])
        for unit in units:
            self.tell('AddMockUnit', GLib.Variant('(s)', (unit,)))

    def started(self):
        """Names of the targets that were started."""
        active = []
        for unit in ('poweroff.target', 'reboot.target'):
            path = f'{self.PATH}/unit/{unit.replace(".", "_")}'
            state = self.client.call('org.freedesktop.DBus.Properties', 'Get', GLib.Variant(
                '(ss)', ('org.freedesktop.systemd1.Unit', 'ActiveState')), path, self.NAME)[0]
            active += [unit] if state == 'active' else []
        return active


class Agent:
    """A handler on a connection of the test; answers while the main loop turns.

    @answer: (handled, message); the name of an error; None: silence; or a function that
    gets the invocation.
    """

    def __init__(self, client, path, answer):
        self.client, self.path, self.answer = client, path, answer
        self.asked = []
        self.held = []   # calls that are not answered
        node = Gio.DBusNodeInfo.new_for_xml(AGENT_XML)
        client.connection.register_object(path, node.interfaces[0], self._on_call, None, None)

    def register(self, operations, priority=0):
        self.client.call('Power', 'RegisterHandler',
                         GLib.Variant('(soi)', (operations, self.path, priority)))
        return self

    def unregister(self):
        self.client.call('Power', 'UnregisterHandler', GLib.Variant('(o)', (self.path,)))

    @property
    def name(self):
        return f'{self.client.connection.get_unique_name()} {self.path}'

    def _on_call(self, _connection, _sender, _path, _interface, _method, arguments, invocation):
        operation, deadline_usec = arguments.unpack()
        self.asked.append((operation, deadline_usec))
        if callable(self.answer):
            self.answer(invocation)
        elif self.answer is None:
            self.held.append(invocation)
        elif isinstance(self.answer, str):
            invocation.return_dbus_error(self.answer, 'not now')
        else:
            invocation.return_value(GLib.Variant('(bs)', self.answer))


def hold(client, what='shutdown:reboot:suspend', who='tester', why='a test'):
    """Takes a hold; closing the descriptor that it returns ends it."""
    reply, fds = client.connection.call_with_unix_fd_list_sync(
        NAME, ROOT, f'{NAME}.Power', 'Hold', GLib.Variant('(sss)', (what, who, why)), None,
        Gio.DBusCallFlags.NONE, -1, None, None)
    return fds.get(reply.unpack()[0])


class PowerCase(tbxtest.Case):
    """The daemon with everything that could shut down mocked."""

    DEADLINE_MS = 600
    INHIBITOR_WAIT_MS = 30000
    INHIBITORS = 'override'
    COMMAND_STATUS = 0
    ARGUMENTS = ()

    def setUp(self):
        super().setUp()
        self.called = self.directory / 'called'
        self.command = self.directory / 'shutdown'
        self.power_d = self.directory / 'power.d'
        self.power_d.mkdir(mode=0o755)
        self.script(self.command, f'echo "$@" >>{self.called}; exit {self.COMMAND_STATUS}')
        self.start_bus()
        self.polkit = self.start_polkit()
        self.polkit.allow('org.toolboxd.hold-power', 'org.toolboxd.handle-power')
        self.start_host()

    @staticmethod
    def script(path, body):
        path.write_text(f'#!/bin/sh\n{body}\n', encoding='ascii')
        path.chmod(0o755)

    def start(self, **named):
        """Starts the daemon; what else is on the bus must be there before."""
        self.start_daemon(f'''[power]
deadline-ms={self.DEADLINE_MS}
inhibitor-wait-ms={self.INHIBITOR_WAIT_MS}
inhibitors={self.INHIBITORS}
directory={self.power_d}
shutdown-command={self.command}
''', arguments=self.ARGUMENTS, **named)
        self.bus_client = self.client()
        self.completed = self.bus_client.signals(f'{NAME}.Power', 'Completed')
        self.requested = self.bus_client.signals(f'{NAME}.Power', 'Requested')

    def start_logind(self, **named):
        logind = Logind(self.bus, self.client(), **named)
        self.addCleanup(logind.stop)
        return logind

    def start_systemd(self, **named):
        systemd = Systemd(self.bus, self.client(), **named)
        self.addCleanup(systemd.stop)
        return systemd

    def ask(self, request, answer='OK '):
        """The host asks, and has its answer before this returns."""
        self.assertEqual(self.host.ask('rpc', request, check=False).rstrip(' '), answer.rstrip(' '))

    def states(self):
        """What the host was told: ["halt+", "suspend-", ...]."""
        return [f'{c["state"]}{"+" if c["succeeded"] else "-"}' for c in self.host.show()['stateChanges']]

    def wait_states(self, *expected):
        """Waits until the host was told as much, and that it is just this."""
        until(lambda: len(self.states()) >= len(expected), f'the host is told {expected}', every_ms=50)
        self.assertEqual(self.states(), list(expected))

    def wait_completed(self, count=1):
        until(lambda: len(self.completed.seen) >= count, 'the request is completed')
        self.assertEqual(len(self.completed.seen), count)
        return self.completed.seen[-1][1]

    def commands(self):
        return self.called.read_text(encoding='ascii').splitlines() if self.called.exists() else []

    def close(self, descriptor):
        os.close(descriptor)
