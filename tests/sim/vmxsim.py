# SPDX-License-Identifier: LGPL-2.1-or-later
"""A vmxsim that serves a socket, for tests: started, driven, ended."""

import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile

VMXSIM = os.environ['VMXSIM']
TIMEOUT_S = 20


class Host:
    """`vmxsim serve`, with its own directory; use it in a with statement."""

    def __init__(self, *options):
        self.dir = tempfile.mkdtemp(prefix='vmxsim-')
        self.socket_path = os.path.join(self.dir, 'guest')
        self.control_path = os.path.join(self.dir, 'control')
        self.start(*options)

    def start(self, *options):
        self.process = subprocess.Popen(
            [VMXSIM, 'serve', '--socket', self.socket_path, '--control', self.control_path,
             *options], stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().startswith('Serving '):
            raise RuntimeError('vmxsim did not start')

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        shutil.rmtree(self.dir)
        if status != 0:
            raise RuntimeError(f'vmxsim ended with {status}')

    def run(self, *args, **kwargs):
        """The client with these arguments: (status, output, errors)."""
        done = subprocess.run([VMXSIM, '--control', self.control_path, *args],
                              capture_output=True, timeout=TIMEOUT_S, **kwargs)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def ok(self, *args, **kwargs):
        status, output, errors = self.run(*args, **kwargs)
        if status != 0:
            raise AssertionError(f'{args}: {status} {errors}')
        return output

    def show(self):
        return json.loads(self.ok('show', '--json'))

    def violations(self):
        return self.show()['statistics']['violations']

    def guest(self, protocol):
        return Guest(self.socket_path, protocol)

    def control(self):
        return Control(self.control_path)


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, size):
        """As many bytes, or fewer when the host has hung up."""
        data = b''
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionResetError:
                more = b''
            if not more:
                break
            data += more
        return data


def field(number, value):
    """An entry of a packet: an int64, or a string."""
    if isinstance(value, int):
        return struct.pack('>IIII', 1, number, value & 0xFFFFFFFF, value >> 32)
    return struct.pack('>III', 2, number, len(value)) + value


def packet(*entries):
    body = b''.join(entries)
    return struct.pack('>I', len(body)) + body


def data_packet(payload, *more):
    return packet(field(1, 1), field(2, payload), *more)


PING = packet(field(1, 2))


class Guest(Connection):
    """One channel over the socket transport, in raw bytes."""

    def __init__(self, path, protocol):
        super().__init__(path)
        self.send(protocol)

    def receive(self):
        """The payload of the next packet; None when the host has hung up."""
        head = self.read(4)
        if len(head) < 4:
            return None
        body = self.read(struct.unpack('>I', head)[0])
        assert body[:28] == (field(1, 1) + struct.pack('>III', 2, 2, len(body) - 28)), body
        return body[28:]

    def ask(self, payload):
        self.send(data_packet(payload))
        return self.receive()


class Control(Connection):
    """The control socket, in raw lines."""

    def line(self):
        data = b''
        while not data.endswith(b'\n'):
            more = self.read(1)
            if not more:
                return None
            data += more
        return json.loads(data)

    def ask(self, **message):
        self.send(json.dumps(message).encode() + b'\n')
        return self.line()
