#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The socket transport's host side, against guests that send raw bytes.
Source: docs/wire/transport.md, "vsock peer"."""

import base64
import struct
import time
import unittest

from vmxsim import Host, PING, data_packet, field, packet


class Rpci(unittest.TestCase):
    def setUp(self):
        self.host = self.enter(Host('--no-script'))

    def enter(self, context):
        self.addCleanup(context.__exit__)
        return context.__enter__()

    def guest(self):
        return self.enter(self.host.guest(b'RPCI'))

    def assert_refused(self, data):
        """The host hangs up, counts a violation, and serves the next one."""
        before = self.host.violations()
        guest = self.guest()
        guest.send(data)
        self.assertIsNone(guest.receive())
        self.assertEqual(self.host.violations(), before + 1)
        self.assertEqual(self.guest().ask(b'info-get guestinfo.x'), b'0 No value found')

    def test_example_bytes(self):
        self.host.ok('set', 'ip', '10.0.0.5')
        guest = self.guest()
        guest.send(bytes.fromhex(
            '00000041 00000001 00000001 00000001 00000000 00000002 00000002 00000015'
            '696e666f2d67657420677565 7374696e666f2e6970'
            '00000001 00000003 00000001 00000000'))
        self.assertEqual(guest.read(100), bytes.fromhex(
            '00000026 00000001 00000001 00000001 00000000 00000002 00000002 0000000a'
            '312031302e302e302e35'))   # and closed, as asked

    def test_persistent(self):
        guest = self.guest()
        for i in range(50):
            value = b'v' * (i * 997)
            self.assertEqual(guest.ask(b'info-set guestinfo.k ' + value), b'1 ')
            self.assertEqual(guest.ask(b'info-get guestinfo.k'), b'1 ' + value)

    def test_single_bytes(self):
        guest = self.enter(self.host.guest(b''))
        for byte in b'RPCI' + data_packet(b'info-get guestinfo.x'):
            guest.send(bytes([byte]))
        self.assertEqual(guest.receive(), b'0 No value found')

    def test_two_in_one_write(self):
        guest = self.guest()
        guest.send(data_packet(b'info-set guestinfo.a 1') + data_packet(b'info-get guestinfo.a'))
        self.assertEqual(guest.receive(), b'1 ')
        self.assertEqual(guest.receive(), b'1 1')

    def test_order_and_unknown_fields(self):
        string_list = struct.pack('>III', 4, 7, 2) + 2 * (struct.pack('>I', 1) + b'x')
        number_list = struct.pack('>III', 3, 8, 1) + bytes(8)
        guest = self.guest()
        guest.send(packet(field(2, b'info-get guestinfo.x'), string_list, number_list,
                          field(9, 5), field(1, 1)))
        self.assertEqual(guest.receive(), b'0 No value found')
        guest.send(packet(field(2, b'info-get guestinfo.x')))   # no TYPE
        self.assertEqual(guest.receive(), b'0 No value found')

    def test_fast_close(self):
        for value, closes in ((0, False), (1, True), (2, True), (1 << 32, True)):
            guest = self.guest()
            guest.send(data_packet(b'info-get guestinfo.x', field(3, value)))
            self.assertEqual(guest.receive(), b'0 No value found')
            if closes:
                self.assertIsNone(guest.receive(), value)
            else:
                self.assertEqual(guest.ask(b'log a'), b'1 ')

    def test_refused(self):
        payload = field(2, b'log a')
        for name, data in {
                'ping': PING,
                'repeated field': packet(payload, payload),
                'unknown type': packet(payload, struct.pack('>II', 9, 9)),
                'empty type': packet(payload, struct.pack('>II', 0, 9)),
                'empty string': packet(field(1, 1), field(2, b'')),
                'no payload': packet(field(1, 1)),
                'payload as int64': packet(field(1, 1), field(2, 5)),
                'length 0': struct.pack('>I', 0) + payload,
                'length 11': struct.pack('>I', 11) + payload,
                'length 2^31 - 1': struct.pack('>I', 0x7FFFFFFF) + payload,
                'length 2^32 - 1': struct.pack('>I', 0xFFFFFFFF) + payload,
                'length short of the entry': struct.pack('>I', len(payload) - 1) + payload,
                'entry longer than the packet': packet(struct.pack('>III', 2, 2, 99) + b'log a'),
                'string of 2^32 - 1': packet(struct.pack('>III', 2, 2, 0xFFFFFFFF) + b'log a'),
                'list of 2^32 - 1': packet(payload, struct.pack('>III', 3, 9, 0xFFFFFFFF)),
        }.items():
            with self.subTest(name):
                self.assert_refused(data)

    def test_unknown_protocol(self):
        before = self.host.violations()
        for hello in (b'HTTP', b'rpci', b'\0\0\0\0'):
            guest = self.enter(self.host.guest(hello))
            self.assertIsNone(guest.receive())
        self.assertEqual(self.host.violations(), before + 3)

    def test_cut_off(self):
        whole = b'RPCI' + data_packet(b'info-set guestinfo.cut yes')
        for n in range(len(whole)):
            guest = self.enter(self.host.guest(whole[:n]))
            guest.socket.close()
        self.assertEqual(self.guest().ask(b'info-get guestinfo.cut'), b'0 No value found')
        self.host.ok('wait', 'count=requests=1')

    def test_refuse_open(self):
        self.host.ok('fault', 'refuse-open', '--count', '2')
        self.assertIsNone(self.guest().receive())
        self.assertIsNone(self.guest().receive())
        self.assertEqual(self.guest().ask(b'log a'), b'1 ')

    def test_lose_reply(self):
        guest = self.guest()
        self.host.ok('fault', 'lose-reply')
        guest.send(data_packet(b'info-set guestinfo.lost yes'))
        self.host.ok('wait', 'variable=lost=yes')
        self.assertEqual(guest.ask(b'info-get guestinfo.lost'), b'1 yes')

    def test_slow(self):
        guest = self.guest()
        self.host.ok('fault', 'slow', '--delay-ms', '150')
        begin = time.monotonic()
        guest.send(2 * data_packet(b'log a'))
        self.assertEqual(guest.receive(), b'1 ')
        self.assertGreaterEqual(time.monotonic() - begin, 0.15)
        self.assertEqual(guest.receive(), b'1 ')

    def test_close(self):
        guest = self.guest()
        self.assertEqual(guest.ask(b'log a'), b'1 ')
        self.host.ok('fault', 'close')
        self.assertIsNone(guest.receive())

    def test_refused_command(self):
        self.host.ok('refuse', 'SetGuestInfo  10')
        self.assertEqual(self.guest().ask(b'SetGuestInfo  10 x'), b'0 Unknown command')
        self.host.ok('allow')
        self.assertNotEqual(self.guest().ask(b'SetGuestInfo  10 x'), b'0 Unknown command')

    def test_too_many(self):
        guests = [self.guest() for _ in range(128)]
        for guest in guests:
            self.assertEqual(guest.ask(b'log a'), b'1 ')
        self.assertIsNone(self.guest().receive())
        guests[0].socket.close()
        self.host.ok('wait', 'count=requests=128')
        self.assertEqual(guests[1].ask(b'log a'), b'1 ')


class Tclo(unittest.TestCase):
    def start(self, *options):
        self.host = Host(*options).__enter__()
        self.addCleanup(self.host.__exit__)
        guest = self.host.guest(b'TCLO')
        self.addCleanup(guest.__exit__)
        self.host.ok('wait', 'listening')
        return guest

    def answer(self, guest, expected, reply):
        self.assertEqual(guest.receive(), expected)
        guest.send(data_packet(reply))

    def test_script(self):
        guest = self.start('--ping-interval-ms', '10')
        self.answer(guest, b'reset', b'OK ATR toolbox')
        for line in (b'ping', b'Set_Option synctime 0',
                     b'Set_Option time.synchronize.tools.enable 1', b'Set_Option enableAppInfo 0',
                     b'Capabilities_Register', b'Set_Option broadcastIP 1', b'ping', b'ping'):
            self.answer(guest, line, b'OK ')
        self.host.ok('wait', 'introduced')
        guest.send(PING)
        self.host.ok('wait', 'count=polls=1')
        shown = self.host.show()
        self.assertEqual(shown['guest']['toolsRunningStatus'], 'guestToolsRunning')
        self.assertEqual(shown['options']['broadcastIP'], '1')
        self.assertEqual(shown['statistics']['violations'], 0)
        guest.socket.close()
        self.host.ok('wait', 'not-running')

    def test_counted_nul(self):
        guest = self.start('--counted-nul')
        self.answer(guest, b'reset\0', b'OK ATR toolbox')
        self.answer(guest, b'ping\0', b'OK ')
        self.host.ok('wait', 'running')

    def test_violations(self):
        guest = self.start()
        guest.send(PING)                       # before the first reply
        self.host.ok('wait', 'count=violations=1')
        self.answer(guest, b'reset', b'OK ATR toolbox')
        guest.receive()
        guest.send(data_packet(b'OK '))
        guest.receive()
        guest.send(2 * data_packet(b'OK '))    # one too many, unless the next line was sent between
        guest.send(PING)
        self.host.ok('wait', 'count=polls=2')
        self.assertGreaterEqual(self.host.violations(), 1)

    def test_second_reply(self):
        guest = self.start('--no-script')
        guest.send(data_packet(b'OK '))
        self.host.ok('wait', 'count=violations=1')
        self.assertIn('reply without a request', self.host.show()['violations'][0])

    def test_dead(self):
        guest = self.start('--dead-after-ms', '100', '--ping-interval-ms', '20')
        self.answer(guest, b'reset', b'OK ATR toolbox')
        self.answer(guest, b'ping', b'OK ')
        self.host.ok('wait', 'running')
        self.host.ok('wait', 'not-running')
        guest.send(PING)
        self.host.ok('wait', 'running')

    def test_rpc(self):
        guest = self.start('--no-script')
        with self.host.control() as control:
            control.send(b'{"command":"rpc","data":"YQBi/w=="}\n')
            self.answer(guest, b'a\0b\xff', b'OK \xff\0')
            self.assertEqual(control.line(), {'ok': True, 'reply': 'T0sg/wA='})

    def test_rpc_guest_leaves(self):
        guest = self.start('--no-script')
        with self.host.control() as control:
            control.send(b'{"command":"rpc","data":"YQ=="}\n')
            self.assertEqual(guest.receive(), b'a')
            guest.socket.close()
            self.assertIn('closed', control.line()['error'])

    def test_rpc_asker_leaves(self):
        guest = self.start('--no-script')
        with self.host.control() as control:
            control.send(b'{"command":"rpc","data":"YQ=="}\n')
            self.assertEqual(guest.receive(), b'a')
        guest.send(data_packet(b'OK '))
        with self.host.control() as control:
            control.send(b'{"command":"rpc","data":"Yg=="}\n')
            self.answer(guest, b'b', b'OK 2')
            self.assertTrue(control.line()['ok'])

    def test_rpc_empty(self):
        self.start('--no-script')
        status, _, errors = self.host.run('rpc', '')
        self.assertEqual(status, 1)
        self.assertIn('refused', errors)

    def test_large(self):
        """A message that no socket buffer holds, both ways."""
        guest = self.start('--no-script')
        text = b'x' * 2_000_000
        with self.host.control() as control:
            control.send(b'{"command":"rpc","data":"' + base64.b64encode(text) + b'"}\n')
            self.answer(guest, text, b'OK ' + text)
            reply = b''
            while not reply.endswith(b'\n'):
                reply += control.socket.recv(1 << 16)
            self.assertGreater(len(reply), 2_666_000)

    def test_reset_fault(self):
        guest = self.start('--no-script')
        self.host.ok('fault', 'reset', '--count', '2')
        self.answer(guest, b'reset', b'OK ATR toolbox')
        self.answer(guest, b'reset', b'OK ATR toolbox')
        self.host.ok('wait', 'count=violations=0')
        self.assertEqual(self.host.show()['channels'][0]['name'], 'toolbox')


if __name__ == '__main__':
    unittest.main(verbosity=2)
