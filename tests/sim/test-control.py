#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The control socket and the client commands: what they say, what they refuse."""

import base64
import json
import os
import stat
import struct
import subprocess
import tempfile
import threading
import unittest

from vmxsim import Host, VMXSIM, data_packet


class WithHost(unittest.TestCase):
    def setUp(self):
        self.host = Host('--no-script').__enter__()
        self.addCleanup(self.host.__exit__)

    def status(self, *args, **kwargs):
        return self.host.run(*args, **kwargs)[0]


class Lines(WithHost):
    def ask_raw(self, data):
        with self.host.control() as control:
            control.send(data)
            return control.line()

    def test_bad_lines(self):
        for data in (b'\n', b'x\n', b'[]\n', b'"a"\n', b'null\n', b'{"command"\n', b'{}\n',
                     b'{"command":7}\n', b'{"command":null}\n', b'{"command":"none"}\n',
                     b'{"command":"\xff"}\n', b'[' * 100000 + b'\n', b'{"a":' * 100000 + b'\n',
                     b'{"command":"get"}\n', b'{"command":"get","key":{}}\n',
                     b'{"command":"set","key":"a"}\n', b'{"command":"set","key":"a","value":"*"}\n',
                     b'{"command":"set","key":"a","value":"YQ"}\n',
                     b'{"command":"rpc"}\n', b'{"command":"rpc","data":5}\n',
                     b'{"command":"wait"}\n', b'{"command":"wait","condition":"x"}\n',
                     b'{"command":"wait","condition":"running=1"}\n',
                     b'{"command":"wait","condition":"route"}\n',
                     b'{"command":"fault"}\n', b'{"command":"fault","kind":"x"}\n',
                     b'{"command":"fault","kind":"slow","count":-1}\n',
                     b'{"command":"fault","kind":"slow","count":0}\n',
                     b'{"command":"fault","kind":"slow","count":1e9}\n',
                     b'{"command":"fault","kind":"slow","count":99999999999999999999}\n',
                     b'{"command":"fault","kind":"slow","step":"x"}\n',
                     b'{"command":"fault","kind":"slow","protocol":"x"}\n',
                     b'{"command":"fault","kind":"reset","count":17}\n',
                     b'{"command":"refuse","prefix":""}\n'):
            with self.subTest(data[:60]):
                reply = self.ask_raw(data)
                self.assertFalse(reply['ok'])
                self.assertTrue(reply['malformed'])
        self.host.ok('show')

    def test_connection_survives(self):
        with self.host.control() as control:
            self.assertFalse(control.ask(command='none')['ok'])
            self.assertTrue(control.ask(command='set', key='a', value='YQ==')['ok'])
            self.assertEqual(control.ask(command='get', key='a'), {'ok': True, 'value': 'YQ=='})

    def test_long_line(self):
        with self.host.control() as control:
            try:
                for _ in range(80):
                    control.send(b'x' * 65536)
            except (BrokenPipeError, ConnectionResetError):
                pass
            reply = control.read(200)
            self.assertIn(b'too long', reply)
        self.host.ok('show')

    def test_pipelined(self):
        with self.host.control() as control:
            control.send(b'{"command":"wait","condition":"running"}\n{"command":"show"}\n')
            self.assertIn('one request', control.line()['error'])
            self.assertIsNone(control.line())

    def test_split(self):
        with self.host.control() as control:
            for byte in b'{"command":"show"}\n':
                control.send(bytes([byte]))
            self.assertTrue(control.line()['ok'])

    def test_limits(self):
        with self.host.control() as control:
            for i in range(64):
                self.assertTrue(control.ask(command='fault', kind='fail', count=5)['ok'])
            self.assertFalse(control.ask(command='fault', kind='fail', count=5)['ok'])
            self.assertTrue(control.ask(command='fault', kind='none')['ok'])
            self.assertEqual(self.host.show()['statistics']['faults'], 0)
            for i in range(4096):
                self.assertTrue(control.ask(command='set', key=f'k{i}', value='')['ok'])
            self.assertFalse(control.ask(command='set', key='more', value='')['ok'])
            self.assertTrue(control.ask(command='set', key='k0', value='YQ==')['ok'])
            self.assertFalse(control.ask(command='set', key='k' * 300, value='')['ok'])

    def test_private(self):
        for path in (self.host.control_path, self.host.socket_path):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)


class Commands(WithHost):
    def test_variables(self):
        self.host.ok('set', 'a', 'one two')
        self.assertEqual(self.host.ok('get', 'guestinfo.a'), 'one two\n')
        self.host.ok('set', '--stdin', 'guestinfo.b', input=b'\0\xff')
        self.assertEqual(self.host.ok('get', '--hex', 'b'), '00ff\n')
        self.host.ok('set', '--hex', 'c', '61 62')
        self.assertEqual(self.host.ok('get', '--raw', 'c'), 'ab')
        self.host.ok('set', 'empty', '')
        self.assertEqual(self.host.ok('get', 'empty'), '\n')
        shown = self.host.show()['variables']
        self.assertEqual(shown['guestinfo.b'], {'base64': 'AP8='})
        self.assertEqual(shown['guestinfo.empty'], '')
        self.assertEqual(self.status('get', 'none'), 1)
        self.assertEqual(self.status('set', 'a'), 2)
        self.assertEqual(self.status('set', '--hex', 'a', 'xy'), 2)
        self.assertEqual(self.status('set', '--stdin', 'a', 'b'), 2)
        self.assertEqual(self.status('get'), 2)
        self.assertEqual(self.status('get', 'a', 'b'), 2)

    def test_usage(self):
        self.assertEqual(self.status(), 2)
        self.assertEqual(self.status('none'), 2)
        self.assertEqual(self.status('--none'), 2)
        self.assertEqual(self.status('show', '--none'), 2)
        self.assertEqual(self.status('show', 'more'), 2)
        self.assertEqual(self.status('fault'), 2)
        self.assertEqual(self.status('fault', 'none', '--count', 'x'), 2)
        self.assertEqual(self.status('fault', 'sloth'), 2)
        self.assertEqual(self.status('rpc'), 2)
        self.assertEqual(self.status('rpc', '--stdin', 'x'), 2)
        self.assertEqual(self.status('wait', 'x'), 2)
        self.assertEqual(self.status('wait', '--timeout', '0', 'running'), 2)
        self.assertEqual(self.status('allow', 'never refused'), 1)
        for command in ('run', 'serve', 'show', 'rpc', 'get', 'set', 'fault', 'refuse', 'allow',
                        'wait', 'quit'):
            self.assertIn(f'vmxsim {command}', self.host.ok(command, '--help'))
            self.assertIn(command, self.host.ok('--help'))

    def test_no_guest(self):
        status, _, errors = self.host.run('rpc', 'ping')
        self.assertEqual(status, 1)
        self.assertIn('no guest', errors)
        self.assertEqual(self.status('fault', 'reset'), 1)
        self.assertEqual(self.status('wait', '--timeout', '1', 'running'), 1)

    def test_rpc_status(self):
        with self.host.guest(b'TCLO') as guest:
            self.host.ok('wait', 'listening')
            for reply, status in ((b'OK ', 0), (b'OK done', 0), (b'ERROR no', 1), (b'OK', 1),
                                  (b'\0', 1)):
                done = []
                asker = threading.Thread(target=lambda: done.append(
                    self.host.run('rpc', 'Set_Option', 'a', 'b')))
                asker.start()
                self.assertEqual(guest.receive(), b'Set_Option a b')
                guest.send(data_packet(reply))
                asker.join()
                self.assertEqual(done[0][:2], (status, reply.decode() + '\n'))
            self.host.ok('rpc', '--no-wait', '--hex', '0001')
            self.assertEqual(guest.receive(), b'\0\1')
            self.host.ok('rpc', '--no-wait', '--counted-nul', 'ping')
            guest.send(data_packet(b'OK '))
            self.assertEqual(guest.receive(), b'ping\0')
            self.assertEqual(self.status('rpc', '--timeout', '1', 'x'), 1)
            self.assertEqual(self.status('rpc', '--to', 'toolbox-dnd', 'x'), 1)

    def test_show(self):
        mac, name = b'00:50:56:a0:00:10', b'web01'
        body = bytes.fromhex('00000003 00000001 00000001 00000011') + mac + bytes(3) + \
            bytes.fromhex('00000001 00000001 00000004 c000020a 00000018 00000001 00000004'
                          '00000001 00000001') + bytes(16) + \
            bytes.fromhex('00000001 00000001 00000004 00000000 00000000'
                          '00000001 00000001 00000004 c0000201 00000000 00000004 00000064'
                          '00000001 00000001 00000005') + name + bytes(3) + \
            bytes.fromhex('00000000 00000001 00000001 00000004 c0000235 00000001 0000000b') + \
            b'example.com\0' + bytes(12)
        with self.host.guest(b'RPCI') as guest:
            for request in (b'tools.set.versiontype 2147483647 4\0', b'SetGuestInfo  7 9000000\0',
                            b'SetGuestInfo  5 Linux \x1b[31m\0', b'SetGuestInfo  6 debian12-64\0',
                            b'info-set guestinfo.ip 192.0.2.10\0',
                            b'tools.os.statechange.status 1 1\0', b'SetGuestInfo  10 ' + body):
                self.assertEqual(guest.ask(request), b'1 ', request)
            for wait in ('address=192.0.2.10', 'nic=00:50:56:a0:00:10', 'nic-address=192.0.2.10',
                         'no-nic-address=192.0.2.11', 'route=0.0.0.0/0', 'host-name=web01',
                         'os=debian12-64', 'uptime', 'state-change=halt', 'not-running',
                         'version-status=guestToolsUnmanaged', 'variable=ip=192.0.2.10'):
                self.host.ok('wait', '--timeout', '5', wait)
            shown = self.host.show()['guest']
            self.assertEqual(shown['net'], [{'macAddress': '00:50:56:a0:00:10', 'ipConfig': [
                {'ipAddress': '192.0.2.10', 'prefixLength': 24, 'origin': 'dhcp',
                 'state': 'preferred'}]}])
            self.assertEqual(shown['ipStack']['ipRoute'], [
                {'network': '0.0.0.0', 'prefixLength': 0, 'gateway': '192.0.2.1', 'device': 0,
                 'macAddress': '00:50:56:a0:00:10', 'type': 'remote', 'metric': 100}])
            self.assertEqual(shown['ipStack']['dnsConfig'],
                             {'hostName': 'web01', 'ipAddress': ['192.0.2.53'],
                              'searchDomain': ['example.com']})
            text = self.host.ok('show')
            self.assertIn('NIC  MAC                ADDRESS        ORIGIN  STATE\n'
                          '0    00:50:56:a0:00:10  192.0.2.10/24  dhcp    preferred\n', text)
            self.assertIn('Uptime         1 d 01:00:00', text)
            self.assertIn('\\x1b[31m', text)   # what a guest says is no command to a terminal
            self.assertNotIn('\x1b', text)
            for bad in (b'SetGuestInfo  9 ' + body[:-1], b'SetGuestInfo  10 ' + body + b'\0',
                        b'SetGuestInfo 10 ' + body, b'SetGuestInfo  12 x', b'SetGuestInfo  0 x',
                        b'SetGuestInfo  2 x', b'SetGuestInfo  10 ', b'SetGuestInfo',
                        b'SetGuestInfo  ',
                        b'SetGuestInfo  11 ' + bytes(700), b'SetGuestInfo  7 -1',
                        b'SetGuestInfo  5 ' + b'x' * 512):
                self.assertEqual(guest.ask(bad)[:2], b'0 ', bad)
            self.assertEqual(self.host.show()['guest'], shown)

    def test_nic_vectors(self):
        """All that may be told about network cards is taken, and shown as it was told."""
        with open(os.path.join(os.environ['VECTORS'], 'nicinfo.json'), encoding='utf-8') as file:
            vectors = [v for v in json.load(file) if v['version'] != 1]
        self.assertEqual(len(vectors), 41)
        with self.host.guest(b'RPCI') as guest:
            for vector in vectors:
                with self.subTest(vector['name']):
                    self.assertEqual(guest.ask(bytes.fromhex(vector['rpc_hex'])), b'1 ')
                    shown = self.host.show()['guest']
                    self.assertEqual(shown['netSource']['type'], vector['info_type'])
                    self.assertEqual([(n['macAddress'], len(n['ipConfig'])) for n in shown['net']],
                                     [(n['mac'], len(n['ips'])) for n in vector['nics']])
                    self.assertEqual(len(shown['ipStack']['ipRoute']),
                                     len(vector.get('routes') or ()))
                    self.assertIn('NIC', self.host.ok('show'))
            for vector in vectors:
                old = vector['info_type'] == 9
                body = bytes.fromhex(vector['xdr_hex'])
                too_long = any(len(n['ips']) > 64 for n in vector['nics'])
                reply = guest.ask(b'SetGuestInfo  ' + (b'10 ' if old else b'9 ') + body)
                refused = too_long if not old else vector['version'] == 2
                self.assertEqual(reply[:2], b'0 ' if refused else b'1 ', vector['name'])

    def test_wait_for_change(self):
        with self.host.guest(b'RPCI') as guest, self.host.control() as control:
            control.send(b'{"command":"wait","condition":"variable=late"}\n')
            self.assertEqual(guest.ask(b'info-set guestinfo.late yes'), b'1 ')
            self.assertEqual(control.line(), {'ok': True})

    def test_quit(self):
        self.host.ok('quit')
        self.assertEqual(self.host.process.wait(10), 0)
        self.assertFalse(os.path.exists(self.host.control_path))
        self.assertFalse(os.path.exists(self.host.socket_path))
        self.assertEqual(self.status('show'), 3)


class Joined(WithHost):
    """The frames with which the tracer of another vmxsim uses this host."""

    def frame(self, control, op, body=b''):
        control.send(struct.pack('<IB', 1 + len(body), op) + body)
        size = struct.unpack('<I', control.read(4))[0]
        return control.read(size)

    def join(self):
        control = self.host.control().__enter__()
        self.addCleanup(control.__exit__)
        self.assertEqual(control.ask(command='guest'), {'ok': True})
        return control

    def test_exchange(self):
        control = self.join()
        rpci = struct.pack('<II', 0x49435052, 0)
        self.assertEqual(self.frame(control, 1, rpci + b'test'), b'\0\1\0\0\0')
        channel = struct.pack('<I', 1)
        self.assertEqual(self.frame(control, 3, channel), b'\1')
        self.assertEqual(self.frame(control, 2, channel + b'info-get guestinfo.x'), b'\0')
        self.assertEqual(self.frame(control, 3, channel), b'\x000 No value found')
        self.assertEqual(self.frame(control, 4, channel + b'\1'), b'\0')
        self.assertEqual(self.frame(control, 3, channel), b'\1')
        self.assertEqual(self.frame(control, 6, channel), b'\0\0')
        self.host.ok('fault', 'close')
        self.assertEqual(self.frame(control, 6, channel), b'\0\1')
        self.assertEqual(self.frame(control, 5, channel), b'\0')
        self.host.ok('fault', 'checkpoint')
        step = struct.pack('<II', 0x49435052, 2)
        self.assertEqual(self.frame(control, 7, step), b'\0' + struct.pack('<II', 1, 0))
        self.assertEqual(self.frame(control, 7, step), b'\0' + struct.pack('<II', 0, 0))
        self.assertEqual(self.frame(control, 8, struct.pack('<II', 0, 12)), b'\0')
        self.assertEqual(self.host.show()['statistics']['stops'], 12)
        self.assertEqual(self.frame(control, 1, struct.pack('<II', 5, 0)), b'\1')

    def test_bad_frames(self):
        rpci = struct.pack('<II', 0x49435052, 0)
        for data in (struct.pack('<I', 0), struct.pack('<I', 0xFFFFFFFF), b'\1\0\0\0\0',
                     b'\1\0\0\0\x09', b'\1\0\0\0\1', struct.pack('<IBI', 5, 2, 1),
                     struct.pack('<IB', 10, 1) + rpci + b'\xff',
                     struct.pack('<IBII', 9, 1, 0x49435052, 2),
                     struct.pack('<IBII', 9, 7, 0x49435052, 99),
                     struct.pack('<IBII', 9, 8, 99, 1), struct.pack('<IBIII', 13, 8, 0, 1, 0)):
            with self.subTest(data):
                control = self.join()
                control.send(data)
                self.assertEqual(control.read(1), b'')
        self.host.ok('wait', '--timeout', '5', 'no-channel')

    def test_unmodified_program(self):
        """vmware-rpctool under another vmxsim, before this host, also when that fails it."""
        self.host.ok('set', 'x', 'here')
        for options, faults in (((), ()), (('--low-bandwidth',), ()),
                                (('--low-bandwidth',), ('checkpoint', '--nth', '3')),
                                ((), ('checkpoint', '--step', 'hb-in'))):
            with self.subTest((options, faults)):
                if faults:
                    self.host.ok('fault', *faults)
                done = subprocess.run(
                    [VMXSIM, 'run', '--control', self.host.control_path, *options, '--',
                     'vmware-rpctool', 'info-get guestinfo.x'], capture_output=True, timeout=30)
                self.assertEqual((done.returncode, done.stdout), (0, b'here\n'), done.stderr)
                self.host.ok('wait', '--timeout', '5', 'no-fault')
        self.assertEqual(self.host.show()['statistics']['requests'], 4)
        self.assertGreater(self.host.show()['statistics']['stops'], 20)
        done = subprocess.run([VMXSIM, 'run', '--control', self.host.control_path, '--no-script',
                               '--', 'true'], capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 1)   # that host is what it is
        self.assertIn(b'already', done.stderr)

    def test_leaving_closes(self):
        control = self.join()
        self.frame(control, 1, struct.pack('<II', 0x4F4C4354, 0))
        self.assertEqual(len(self.host.show()['channels']), 1)
        control.socket.close()
        self.host.ok('wait', '--timeout', '5', 'no-channel')


class Serving(unittest.TestCase):
    def serve(self, directory, *options):
        control = os.path.join(directory, 'c')
        return subprocess.run([VMXSIM, 'serve', '--control', control, *options],
                              capture_output=True, timeout=10)

    def test_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            socket_path = os.path.join(directory, 's')
            for options, status in (((), 2), (('--socket', os.path.join(directory, 'no', 's')), 1),
                                    (('--socket', 'x' * 200), 1), (('--socket', '/dev/null'), 1),
                                    (('--socket', socket_path, '--set', 'novalue'), 2),
                                    (('--socket', socket_path, '--set', '=x'), 2),
                                    (('--socket', socket_path, '--refuse', ''), 2),
                                    (('--socket', socket_path, '--ping-interval-ms', '-1'), 2),
                                    (('--socket', socket_path, '--dead-after-ms', '0'), 2),
                                    (('--socket', socket_path, 'more'), 2)):
                with self.subTest(options):
                    done = self.serve(directory, *options)
                    self.assertEqual(done.returncode, status, done.stderr)
                    self.assertTrue(done.stderr)
            self.assertEqual(os.listdir(directory), [])

    def test_live_and_stale(self):
        with Host('--set', 'a=b=c', '--refuse', 'log') as host:
            self.assertEqual(host.ok('get', 'a'), 'b=c\n')
            with host.guest(b'RPCI') as guest:
                self.assertEqual(guest.ask(b'log a'), b'0 Unknown command')
            done = subprocess.run([VMXSIM, 'serve', '--control', host.control_path, '--socket',
                                   host.socket_path + '2'], capture_output=True, timeout=10)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'another program serves it', done.stderr)
            host.kill()
            self.assertTrue(os.path.exists(host.control_path))   # stale now
            self.assertEqual(host.run('show')[0], 3)
            host.start()
            host.ok('show')

    def test_unreachable(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'c')
            for args in (('show',), ('get', 'a'), ('rpc', 'ping'), ('quit',),
                         ('wait', '--timeout', '1', 'running')):
                done = subprocess.run([VMXSIM, '--control', path, *args], capture_output=True,
                                      timeout=10)
                self.assertEqual(done.returncode, 3, done.stderr)

    def test_default_path(self):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run([VMXSIM, 'show'], capture_output=True, timeout=10,
                                  env=dict(os.environ, XDG_RUNTIME_DIR=directory))
            path = '/run/vmxsim' if os.geteuid() == 0 else os.path.join(directory, 'vmxsim')
            if done.returncode != 0:   # else root has a live host there
                self.assertEqual(done.returncode, 3)
                self.assertIn(path.encode(), done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
