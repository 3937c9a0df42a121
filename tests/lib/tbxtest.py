# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of whole programs share: a private bus, a host, the daemon, mocks.

    class Status(tbxtest.Case):
        def test_version(self):
            self.start_bus()
            self.start_host()
            self.start_daemon()
            self.assertEqual(self.client().get('Manager', 'TransportState'), 'up')

Everything that a test starts is ended by its pid when the test is over, in reverse
order; what it waits for is an event, with a time-out that says what did not happen.
The built programs are named by the environment: TBX_TOOLBOXD, TBX_VMXSIM, TBX_TOOLBOXCTL.
TBX_TEST_TRANSPORT says how the daemon reaches the host: "backdoor" (under vmxsim's
tracer, the default) or "socket".
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from gi.repository import Gio, GLib

NAME = 'org.toolboxd.Toolbox1'
ROOT = '/org/toolboxd/Toolbox1'
NOBODY = 65534
WAIT_SECONDS = 30   # for what takes milliseconds; a loaded machine under ASan is slow
PYTHON = '/usr/bin/python3'
LIB = Path(__file__).resolve().parent


def program(variable):
    """Path of a built program, from the environment."""
    path = os.environ.get(variable)
    if not path:
        sys.exit(f'{variable} is not set: run this through meson test')
    return path


def transport():
    return os.environ.get('TBX_TEST_TRANSPORT', 'backdoor')


def until(condition, what, seconds=WAIT_SECONDS, every_ms=1000):
    """Turns the main loop until @condition() is true, and returns that.

    @every_ms: how often it is asked although nothing happened; only what has no
    event at all needs less than the default.
    """
    context = GLib.MainContext.default()
    deadline = time.monotonic() + seconds
    timer = GLib.timeout_add(every_ms, lambda: GLib.SOURCE_CONTINUE)
    try:
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() >= deadline:
                raise AssertionError(f'not within {seconds} s: {what}')
            context.iteration(True)
    finally:
        GLib.source_remove(timer)


def run_as(uid, callable_argv, **options):
    """Runs a program as another user, where we may: else as ourselves."""
    if os.geteuid() == 0 and uid != 0:
        options.update(user=uid, group=uid if uid == NOBODY else None, extra_groups=[])
        options = {name: value for name, value in options.items() if value is not None}
    return subprocess.run(callable_argv, check=True, capture_output=True, text=True, cwd='/',
                          **options)


class Program:
    """A child whose output is kept, line by line, and that is ended by its pid."""

    def __init__(self, name, argv, env=None, **options):
        self.name = name
        self.lines = []
        # The end of the output is reported by the thread that reads it.
        self.process = subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors='replace',
            env={**os.environ, **(env or {})}, **options)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip('\n'))
            GLib.MainContext.default().wakeup()
        GLib.MainContext.default().wakeup()

    @property
    def log(self):
        return '\n'.join(self.lines)

    def find(self, pattern):
        return next((m for m in map(re.compile(pattern).search, list(self.lines)) if m), None)

    def count(self, pattern):
        return sum(1 for line in list(self.lines) if re.search(pattern, line))

    def wait_log(self, pattern, seconds=WAIT_SECONDS):
        try:
            return until(lambda: self.find(pattern) or self.ended() and self.fail(),
                         f'{self.name} logs {pattern!r}', seconds)
        except AssertionError as error:
            raise AssertionError(f'{error}\n{self.log}') from None

    def ended(self):
        return self.process.poll() is not None

    def fail(self):
        raise AssertionError(f'{self.name} ended with {self.process.returncode}')

    def kill(self, number=signal.SIGTERM):
        """Sends it a signal; vmxsim passes one that asks for the end on to what it runs."""
        self.process.send_signal(number)

    def wait(self, seconds=WAIT_SECONDS):
        """The exit status, as subprocess gives it, once the output has ended too."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'{self.name} does not end\n{self.log}') from None
        self.reader.join(seconds)
        return self.process.returncode

    def stop(self, seconds=WAIT_SECONDS):
        """Ends it with SIGTERM and returns its exit status."""
        if not self.ended():
            self.kill()
        try:
            return self.wait(seconds)
        finally:
            if not self.ended():
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()


class Bus:
    """A message bus of our own; everybody may do everything, for we test our own checks."""

    CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  {policy}
</busconfig>
'''
    OPEN = '''<policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>'''
    # What the system bus denies where no service's own policy allows it.
    SYSTEM = '''<policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>{service}</include>'''

    def __init__(self, directory, policy=OPEN):
        self.policy = policy
        self.path = Path(directory) / 'socket'
        self.address = f'unix:path={self.path}'
        self.config = Path(directory) / 'bus.conf'
        self.daemon = None

    def start(self):
        """Returns when it listens."""
        read_end, write_end = os.pipe()
        self.config.parent.mkdir(exist_ok=True)
        self.config.parent.chmod(0o755)
        self.config.write_text(self.CONFIG.format(path=self.path, policy=self.policy), encoding='utf-8')
        self.daemon = Program('dbus-daemon', [
            'dbus-daemon', f'--config-file={self.config}', '--nofork', '--nopidfile',
            f'--print-address={write_end}'], pass_fds=[write_end])
        os.close(write_end)
        with os.fdopen(read_end, encoding='utf-8') as pipe:
            if not pipe.readline():
                raise AssertionError(f'no private bus\n{self.daemon.log}')

    def stop(self):
        if self.daemon:
            self.daemon.stop()
            self.daemon = None
        self.path.unlink(missing_ok=True)


class Signals:
    """Signals that a client got since it began to listen, oldest first."""

    def __init__(self, connection, interface, member, path=None):
        self.connection = connection
        self.seen = []
        self.id = connection.signal_subscribe(None, interface, member, path, None,
                                              Gio.DBusSignalFlags.NONE, self._on_signal)

    def _on_signal(self, _connection, _sender, path, _interface, _member, arguments):
        self.seen.append((path, arguments.unpack()))


class Client:
    """A connection to the bus, and short ways to say what tests say often."""

    def __init__(self, address):
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def call(self, interface, method, arguments=None, path=ROOT, name=NAME,
             flags=Gio.DBusCallFlags.NONE, timeout_ms=WAIT_SECONDS * 1000):
        """Calls a method; @interface without a dot is one of ours.  Returns a tuple."""
        if '.' not in interface:
            interface = f'{NAME}.{interface}'
        reply = self.connection.call_sync(name, path, interface, method, arguments, None, flags,
                                          timeout_ms, None)
        return reply.unpack()

    def error_of(self, *args, **named):
        """The D-Bus name of the error that a call gives; None when it works."""
        try:
            self.call(*args, **named)
        except GLib.Error as error:
            return error_name(error)
        return None

    def get(self, interface, prop, path=ROOT):
        return self.get_all(interface, path)[prop]

    def get_all(self, interface, path=ROOT):
        return self.call('org.freedesktop.DBus.Properties', 'GetAll',
                         GLib.Variant('(s)', [f'{NAME}.{interface}']), path)[0]

    def objects(self):
        return self.call('org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')[0]

    def introspect(self, path=ROOT):
        xml = self.call('org.freedesktop.DBus.Introspectable', 'Introspect', path=path)[0]
        return Gio.DBusNodeInfo.new_for_xml(xml)

    def signals(self, interface, member, path=None):
        signals = Signals(self.connection, interface, member, path)
        # The request to get them is on its way only: what the bus answers now comes after it.
        self.call('org.freedesktop.DBus', 'GetId', path='/org/freedesktop/DBus',
                  name='org.freedesktop.DBus')
        return signals

    def changes(self, path=None):
        """PropertiesChanged of the daemon's objects."""
        return self.signals('org.freedesktop.DBus.Properties', 'PropertiesChanged', path)

    def owner(self, name=NAME):
        try:
            return self.call('org.freedesktop.DBus', 'GetNameOwner', GLib.Variant('(s)', [name]),
                             '/org/freedesktop/DBus', 'org.freedesktop.DBus')[0]
        except GLib.Error:
            return None

    def wait_name(self, name=NAME, present=True):
        """Waits until @name has an owner, or none."""
        heard = self.signals('org.freedesktop.DBus', 'NameOwnerChanged')
        try:
            until(lambda: bool(self.owner(name)) == present,
                  f'{name} {"appears on" if present else "leaves"} the bus')
        finally:
            self.connection.signal_unsubscribe(heard.id)

    def wait_property(self, interface, prop, wanted, path=ROOT):
        """Waits until a property has a value, or one for which @wanted() is true.

        Only a PropertiesChanged makes it look again, so this also proves that one came.
        """
        test = wanted if callable(wanted) else lambda value: value == wanted
        heard = self.changes(path)
        value = self.get(interface, prop, path)
        try:
            while not test(value):
                until(lambda: any(a[0] == f'{NAME}.{interface}' and prop in a[1]
                                  for _, a in heard.seen),
                      f'{path} tells that {interface}.{prop} is no longer {value!r}')
                heard.seen.clear()
                value = self.get(interface, prop, path)
        finally:
            self.connection.signal_unsubscribe(heard.id)
        return value


def error_name(error):
    """The name on the bus of what a call raised."""
    return Gio.DBusError.get_remote_error(error) or f'local: {error.message}'


def _call_as(uid, address, calls, name):
    source = (LIB / 'caller.py').read_text(encoding='utf-8')   # others may not read our tree
    run = run_as(uid, [PYTHON, '-c', source], input=json.dumps([address, name, calls]))
    return json.loads(run.stdout)


def call_as(uid, address, calls, name=NAME):
    """Makes calls from a process of another user; for each its error's name, or None.

    A call is (interface, method, arguments as text, path, whether interaction is allowed).
    """
    return _call_as(uid, address, calls, name)[0]


def call_as_nobody(address, calls, name=NAME):
    return call_as(NOBODY, address, calls, name)


def reply_as(uid, address, call, name=NAME):
    """What a call gives to another user, as lists and dictionaries."""
    errors, replies = _call_as(uid, address, [call], name)
    if errors[0]:
        raise AssertionError(errors[0])
    return replies[0]


class Host:
    """vmxsim: the host, and how the daemon is started so that it meets it."""

    def __init__(self, directory, kind=None):
        self.kind = kind or transport()
        self.control = Path(directory) / 'control'
        self.socket = Path(directory) / 'host'
        self.options = ()   # more of `vmxsim run`
        self.server = None

    def start(self):
        """Returns when the host can be asked; the backdoor's is made by the program it serves."""
        if self.kind != 'socket':
            return
        self.server = Program('vmxsim', [program('TBX_VMXSIM'), 'serve', '--socket', self.socket,
                                         '--control', self.control])
        until(lambda: self.socket.exists() and self.control.exists() or self.server.ended()
              and self.server.fail(), 'vmxsim listens', every_ms=20)

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def argv(self, argv):
        """The command that runs @argv in this guest."""
        if self.kind == 'socket':
            return [*argv, f'--transport=socket:{self.socket}']
        return [program('TBX_VMXSIM'), 'run', '--control', self.control, *self.options, '--',
                *argv]

    def run(self, *argv):
        """Runs `vmxsim --control PATH …` to its end."""
        return subprocess.run([program('TBX_VMXSIM'), '--control', str(self.control), *argv],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def ask(self, *argv, check=True):
        """Runs `vmxsim --control PATH …` and returns what it printed."""
        run = self.run(*argv)
        if check and run.returncode != 0:
            raise AssertionError(f'vmxsim {" ".join(argv)}: {run.stderr}')
        return run.stdout.rstrip('\n')

    def show(self):
        """What vCenter would show."""
        return json.loads(self.ask('show', '--json'))


class Daemon(Program):
    """toolboxd, in the guest of a host, on a bus; no request of the host ends this machine."""

    def __init__(self, host, bus, config=None, arguments=(), env=None, before=()):
        config = config or LIB / 'harmless.conf'
        if 'shutdown-command=' not in Path(config).read_text(encoding='utf-8', errors='replace'):
            with open(config, 'ab') as file:
                file.write(b'\n' + (LIB / 'harmless.conf').read_bytes())
        argv = [program('TBX_TOOLBOXD'), '--verbose', '--config', config, *arguments]
        super().__init__('toolboxd', [*before, *host.argv(argv)],
                         {'DBUS_SYSTEM_BUS_ADDRESS': bus.address, **(env or {})})
        self.kind = host.kind

    def guest(self):
        """Pid of the daemon itself, which under the tracer is a child of our child."""
        pid = self.process.pid
        if self.kind == 'socket':
            return pid
        return int(Path(f'/proc/{pid}/task/{pid}/children').read_text(encoding='ascii').split()[0])


class Mock(Program):
    """A service of python3-dbusmock on the private system bus."""

    MOCK = 'org.freedesktop.DBus.Mock'

    def __init__(self, bus, client, name, path, arguments):
        super().__init__(name, [PYTHON, '-m', 'dbusmock', '--system', *arguments],
                         {'DBUS_SYSTEM_BUS_ADDRESS': bus.address})
        self.client, self.bus_name, self.path = client, name, path
        client.wait_name(name)

    def tell(self, method, arguments=None):
        """Calls a method that controls the mock."""
        return self.client.call(self.MOCK, method, arguments, self.path, self.bus_name)


class Polkit(Mock):
    NAME = 'org.freedesktop.PolicyKit1'
    INTERFACE = 'org.freedesktop.PolicyKit1.Authority'

    def __init__(self, bus, client):
        super().__init__(bus, client, self.NAME, '/org/freedesktop/PolicyKit1/Authority',
                         ['-t', 'polkitd'])

    def allow(self, *actions):
        """Says yes to these actions, and no to all others."""
        self.tell('SetAllowed', GLib.Variant('(as)', [actions]))

    def hang(self, hangs=True):
        self.tell('SimulateHang', GLib.Variant('(b)', [hangs]))

    def hanging(self):
        return self.tell('HaveHangingCalls')[0]

    def answer(self, code):
        """Answers with what Python code makes of `args`, the arguments of CheckAuthorization."""
        self.tell('AddMethod', GLib.Variant('(sssss)', (
            self.INTERFACE, 'CheckAuthorization', '(sa{sv})sa{ss}us', '(bba{ss})', code)))


class Resolved(Mock):
    NAME = 'org.freedesktop.resolve1'
    PATH = '/org/freedesktop/resolve1'

    def __init__(self, bus, client, servers, domains):
        super().__init__(bus, client, self.NAME, self.PATH,
                         ['-t', LIB / 'resolved_mock.py', '-p',
                          json.dumps({'servers': servers, 'domains': domains})])

    def say(self, servers, domains):
        """Knows other servers and domains from now on, and tells it."""
        self.tell('UpdateProperties', GLib.Variant('(sa{sv})', (f'{self.NAME}.Manager', {
            'DNS': GLib.Variant('a(iiay)', servers), 'Domains': GLib.Variant('a(isb)', domains)})))


class Systemd(Mock):
    NAME = 'org.freedesktop.systemd1'

    def __init__(self, bus, client, behaviour):
        super().__init__(bus, client, self.NAME, '/org/freedesktop/systemd1',
                         ['-t', LIB / 'systemd_mock.py', '-p', json.dumps({'behaviour': behaviour})])

    def started(self):
        """The scopes that it was asked for, oldest first."""
        return json.loads(self.tell('Started')[0])


class Case(unittest.TestCase):
    """A test with a directory, a bus, a host and a daemon, as far as it starts them."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix='tbx-'))
        self.directory.chmod(0o755)   # nobody too reaches the bus in it
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.bus = Bus(self.directory / 'bus')
        self.host = Host(self.directory)
        self.daemon = None

    def start_bus(self):
        self.bus.start()
        self.addCleanup(self.bus.stop)

    def start_host(self):
        self.host.start()
        self.addCleanup(self.host.stop)

    def start_daemon(self, config=None, ready=True, **named):
        """Starts toolboxd; @ready: waits until it is on the bus and the host is reached."""
        path = None
        if config is not None:
            path = self.directory / 'toolboxd.conf'
            path.write_text(config, encoding='utf-8')
        self.daemon = Daemon(self.host, self.bus, path, **named)
        self.addCleanup(self.stop_daemon)
        if ready:
            client = self.client()
            client.wait_name()
            client.wait_property('Manager', 'TransportState', 'up')

    def stop_daemon(self):
        """Ends the daemon, which must do so in order."""
        daemon, self.daemon = self.daemon, None
        if daemon and daemon.stop() != 0:
            raise AssertionError(f'toolboxd ended with {daemon.process.returncode}\n{daemon.log}')

    def client(self):
        client = Client(self.bus.address)
        self.addCleanup(client.close)
        return client

    def start_polkit(self):
        polkit = Polkit(self.bus, self.client())
        self.addCleanup(polkit.stop)
        return polkit

    def start_resolved(self, servers, domains):
        resolved = Resolved(self.bus, self.client(), servers, domains)
        self.addCleanup(resolved.stop)
        return resolved

    def start_systemd(self, behaviour='work'):
        systemd = Systemd(self.bus, self.client(), behaviour)
        self.addCleanup(systemd.stop)
        return systemd


def main():
    """Runs the tests in a network of their own, as root or with a user namespace."""
    if 'TBX_TEST_NETNS' not in os.environ:
        argv = ['unshare', '--net']
        if os.geteuid() != 0:
            argv += ['--user', '--map-current-user', '--keep-caps']
        made = subprocess.run([*argv, 'true'], check=False, stderr=subprocess.DEVNULL).returncode == 0
        os.environ['TBX_TEST_NETNS'] = str(int(made))
        if made:
            os.execvp('unshare', [*argv, PYTHON, *sys.argv])
    unittest.main()
