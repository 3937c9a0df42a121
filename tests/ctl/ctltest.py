# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of toolboxctl share: how it is run, and a host and a daemon that lie."""

import concurrent.futures
import os
import pty
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import powertest  # noqa: E402,F401  pylint: disable=wrong-import-position,unused-import
import tbxtest  # noqa: E402  pylint: disable=wrong-import-position

from gi.repository import Gio, GLib  # noqa: E402  pylint: disable=wrong-import-position

DONE, FAILED, USAGE, UNREACHABLE, NOT_PERMITTED = range(5)
DATA = Path(__file__).resolve().parents[2] / 'data' / 'dbus'
NOWHERE = 'unix:path=/nonexistent/bus'


def environment(bus, **more):
    return {**{k: v for k, v in os.environ.items() if k != 'TOOLBOXD_TRANSPORT'},
            'LC_ALL': 'C.UTF-8', 'DBUS_SYSTEM_BUS_ADDRESS': bus, **more}


def ctl(*args, bus=NOWHERE, before=(), **env):
    """Runs toolboxctl; the main loop turns meanwhile, so that a fake can answer.

    @before: a command that runs it, for example as another user.
    Returns the exit status, standard output as bytes, and standard error.
    """
    def run():
        try:
            return subprocess.run([*before, tbxtest.program('TBX_TOOLBOXCTL'), *args],
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                  env=environment(bus, **env), timeout=tbxtest.WAIT_SECONDS)
        finally:
            GLib.MainContext.default().wakeup()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        tbxtest.until(future.done, f'toolboxctl {args} ends', every_ms=50)
        done = future.result()
    return done.returncode, done.stdout, done.stderr.decode()


def ctl_on_terminal(*args, bus=NOWHERE, **env):
    """What toolboxctl writes when its standard output is a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen([tbxtest.program('TBX_TOOLBOXCTL'), *args], stdin=subprocess.DEVNULL,
                          stdout=slave, env=environment(bus, **env)):
        os.close(slave)
        out = b''
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:   # the other end is closed
                piece = b''
            if not piece:
                break
            out += piece
    os.close(master)
    return out


class LyingHost:
    """A host over the socket transport whose replies are a function of the request.

    @answer: gets the bytes of a request; gives those of the reply, or None to hang up.
    """

    def __init__(self, directory, answer):
        self.path = Path(directory) / 'lying-host'
        self.answer = answer
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def option(self):
        return f'--transport=socket:{self.path}'

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    @staticmethod
    def _payload(body):
        """Field 2 of a packet.  Source: docs/wire/transport.md, "Packet format"."""
        position = 0
        while position < len(body):
            kind, field = struct.unpack_from('>II', body, position)
            position += 8
            if kind == 1:
                position += 8
                continue
            length, = struct.unpack_from('>I', body, position)
            if field == 2:
                return body[position + 4:position + 4 + length]
            position += 4 + length
        return b''

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile('rb') as stream:
                if stream.read(4) != b'RPCI':
                    continue
                head = stream.read(4)
                if len(head) < 4:
                    continue
                request = self._payload(stream.read(struct.unpack('>I', head)[0]))
                self.requests.append(request)
                reply = self.answer(request)
                if reply is not None:
                    body = struct.pack('>IIII', 1, 1, 1, 0) \
                        + struct.pack('>III', 2, 2, len(reply)) + reply
                    connection.sendall(struct.pack('>I', len(body)) + body)


OBJECT_MANAGER = '''<node><interface name="org.freedesktop.DBus.ObjectManager">
  <method name="GetManagedObjects">
    <arg type="a{oa{sa{sv}}}" direction="out"/>
  </method>
</interface></node>'''


class LyingDaemon:
    """Owns the daemon's name and says what it is told to; answers while the main loop turns.

    @properties: interface -> property -> GLib.Variant; what is missing has an error.
    @nics: name in the path -> property -> GLib.Variant.
    @answers: method -> GLib.Variant, or the name of an error.
    @edit: changes the XML that the daemon claims to follow.
    """

    def __init__(self, address, properties=None, nics=None, answers=None, edit=str):
        self.properties = properties or {}
        self.nics = nics or {}
        self.answers = answers or {}
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        for name in ('Manager', 'Network', 'GuestInfo', 'Processes'):
            xml = (DATA / f'{tbxtest.NAME}.{name}.xml').read_text(encoding='utf-8')
            self._register(edit(xml))
        self._register(OBJECT_MANAGER)
        self.connection.call_sync(
            'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
            GLib.Variant('(su)', (tbxtest.NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)

    def stop(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def _register(self, xml):
        self.connection.register_object(tbxtest.ROOT, Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0],
                                        self._on_call, self._on_get, None)

    def _on_get(self, _connection, _sender, _path, interface, name):
        return self.properties.get(interface.rsplit('.', 1)[1], {}).get(name)

    def _on_call(self, _connection, _sender, _path, _interface, method, _arguments, invocation):
        if method == 'GetManagedObjects':
            objects = {f'{tbxtest.ROOT}/nic/{name}': {f'{tbxtest.NAME}.Nic': properties}
                       for name, properties in self.nics.items()}
            invocation.return_value(GLib.Variant('(a{oa{sa{sv}}})', (objects,)))
            return
        answer = self.answers.get(method)
        if answer is None:
            self.connection.close_sync(None)   # it dies in the middle of the call
        elif isinstance(answer, str):
            invocation.return_dbus_error(answer, f'{answer} \x1b[31mred')
        else:
            invocation.return_value(answer)

    def emit(self, interface, signal, arguments, path=tbxtest.ROOT):
        self.connection.emit_signal(None, path, interface, signal, arguments)
