# SPDX-License-Identifier: LGPL-2.1-or-later
"""http.RoundTrip: from the client to a port that the guest reaches, and back."""

import http.server
import os
import socket
import struct
import subprocess
import threading
import unittest
import unittest.mock

from transfer_case import TransferCase, content, tbxhgfs, tbxtest

LARGE = 10 * 1000 * 1000


class Web(http.server.BaseHTTPRequestHandler):
    """Answers what it was asked with."""

    def do_GET(self):
        self.answer(content(LARGE) if self.path == '/large?x=1' else b'hello from ' +
                    self.path.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers['Content-Length'])))

    def answer(self, body):
        self.send_response(200)
        self.send_header('X-Kind', self.headers.get('X-Kind', 'none'))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class RoundTripCase(TransferCase):
    """Over a socket: a guest asks a backdoor every 10 ms only, when that had nothing to say."""

    def setUp(self):
        patch = unittest.mock.patch.dict(os.environ, TBX_TEST_TRANSPORT='socket')
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()

    def serve_http(self):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Web)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]

    def serve_one(self, talk, family=socket.AF_INET):
        """A port that has @talk talk to one connection."""
        listener = socket.socket(family)
        listener.bind(('::1' if family == socket.AF_INET6 else '127.0.0.1', 0))
        listener.listen()
        self.addCleanup(listener.close)

        def serve():
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, tbxtest.WAIT_SECONDS)
        return listener.getsockname()[1]

    def raw(self, target, data=b''):
        return self.vsphere('http', '--raw', target, input=data)


class RoundTrip(RoundTripCase):
    def test_http(self):
        self.start_guest()
        port = self.serve_http()
        url = f'http://localhost:{port}'
        self.assertEqual(self.must('http', f'{url}/a/b').stdout, b'hello from /a/b')
        self.assertEqual(self.must('http', '-d', 'body', url).stdout, b'body')
        header = self.must('http', '-i', '-H', 'X-Kind: seen', url).stdout
        self.assertTrue(header.startswith(b'HTTP/1.0 200 '))
        self.assertIn(b'\r\nX-Kind: seen\r\n', header)
        self.assertEqual(self.vsphere('http', 'ftp://localhost/').returncode, 2)

    def test_large(self):
        self.start_guest()
        url = f'http://127.0.0.1:{self.serve_http()}'
        self.assertEqual(self.must('http', f'{url}/large?x=1').stdout, content(LARGE))
        self.assertEqual(self.must('http', '-d', '-', url, input=content(LARGE)).stdout,
                         content(LARGE))

    def test_half_close(self):
        """The end of the request is seen, and what is answered after it arrives."""
        self.start_guest()

        def talk(connection):
            data = b''
            while part := connection.recv(65536):
                data += part
            connection.sendall(b'%d bytes, all of them' % len(data))

        self.assertEqual(self.raw(f'127.0.0.1:{self.serve_one(talk)}', content(300000)).stdout,
                         b'300000 bytes, all of them')
        port = self.serve_one(talk, socket.AF_INET6)
        done = self.raw(f'[::1]:{port}')
        self.assertEqual((done.stdout, done.stderr), (b'0 bytes, all of them', b''))

    def test_answer_before_the_request_ends(self):
        """Packet by packet, as a client of the API: it reads while its stdin is open."""
        self.start_guest()
        port = self.serve_one(lambda connection: connection.sendall(b'at once'))
        session = self.hgfs()
        pid = self.start_program('http.RoundTrip', f'127.0.0.1:{port}')
        stdin = session.open_upload(f'/proc/{pid}/stdin')
        out = tbxtest.until(lambda: self.open_if_ready(session, f'/proc/{pid}/stdout'), 'answered')
        self.assertEqual(session.read(out, 0), b'at once')
        session.close(stdin)
        self.guest('ps', '-X', '-p', str(pid))

    @staticmethod
    def open_if_ready(session, path):
        try:
            return session.open(path)
        except tbxhgfs.Refused:
            return None

    def test_both_ways_at_once(self):
        """A port that answers while it is asked, with more than any buffer between holds."""
        self.start_guest()

        def talk(connection):
            while part := connection.recv(65536):
                connection.sendall(part)

        data = content(LARGE)
        done = subprocess.run(self.argv('http', '--raw', f'127.0.0.1:{self.serve_one(talk)}'),
                              input=data, capture_output=True, check=True, timeout=100)
        self.assertEqual(done.stdout, data)

    def test_failures(self):
        self.start_guest()
        with socket.socket() as listener:
            listener.bind(('127.0.0.1', 0))
            closed = listener.getsockname()[1]
            for target, code, reason in (
                    (f'127.0.0.1:{closed}', 1, b'Connection refused'),
                    ('no-such-host.invalid:80', 1, b'no-such-host.invalid: '),
                    ('127.0.0.1', 2, b'HOST:PORT'), ('127.0.0.1:', 2, b'HOST:PORT'),
                    (':80', 2, b'HOST:PORT'), ('127.0.0.1:0', 2, b'HOST:PORT'),
                    ('127.0.0.1:65536', 2, b'HOST:PORT'), ('127.0.0.1:80x', 2, b'HOST:PORT'),
                    ('::1:80', 2, b'HOST:PORT'), ('a b:80', 2, b'HOST:PORT'),
                    ('http://localhost:80', 2, b'HOST:PORT')):
                with self.subTest(target=target):
                    done = self.raw(target)
                    self.assertEqual((done.returncode, done.stdout), (code, b''))
                    self.assertIn(reason, done.stderr)
                    self.assertTrue(done.stderr.startswith(b'http.RoundTrip: '))

    def test_broken_off(self):
        """A port that hangs up in the middle of the request."""
        self.start_guest()

        def talk(connection):
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')

        done = self.raw(f'127.0.0.1:{self.serve_one(talk)}', content(5000000))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'http.RoundTrip: ', done.stderr)

    def test_no_http(self):
        """What begins no answer is none, however it ends."""
        self.start_guest()
        for answer in (b'', b'HTTP/1.1 200 OK\r\nX-Cut', b'SSH-2.0-x\r\n', b'no\r\n\r\n'):
            with self.subTest(answer=answer):
                def talk(connection, answer=answer):
                    connection.recv(65536)
                    connection.sendall(answer)

                done = self.vsphere('http', f'http://127.0.0.1:{self.serve_one(talk)}/')
                self.assertEqual((done.returncode, done.stdout), (1, b''))
                self.assertIn(b'something else than HTTP', done.stderr)

    def test_process(self):
        """It is the user's own process, listed, and can be ended."""
        self.start_guest()
        port = self.serve_one(lambda connection: connection.recv(1))
        pid = self.start_program('http.RoundTrip', f'127.0.0.1:{port}')
        row = self.guest('ps', '-p', str(pid))
        self.assertIn(self.alice.name, row)
        self.assertIn('"http.RoundTrip" 127.0.0.1', row)
        tbxtest.until(lambda: self.comm(pid) == 'http.RoundTrip', 'it is executed', every_ms=20)
        self.guest('kill', '-p', str(pid))
        self.assertIn('143', self.guest('ps', '-x', '-p', str(pid)))

    @staticmethod
    def comm(pid):
        with open(f'/proc/{pid}/comm', encoding='utf-8') as file:
            return file.read().strip()

    def test_switched_off(self):
        self.start_guest('[guest-operations]\nhttp-round-trip=false\n')
        done = self.raw('127.0.0.1:80')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'4 FILE_NOT_FOUND', done.stderr)


class Kernel(RoundTripCase):
    """Files of the kernel, which it calls empty."""

    def test_sizes(self):
        self.start_guest()
        session = self.hgfs()
        self.assertEqual(self.told_size(session, '/proc/uptime'), 63488)
        self.assertRegex(self.must('download', '/proc/uptime', '-').stdout, rb'^[0-9.]+ [0-9.]+\n$')
        large = f'/proc/{self.worker()}/maps'
        with open('/proc/kallsyms', 'rb') as file:
            size = len(file.read(16 * 2 ** 20))
        self.assertEqual(self.told_size(session, '/proc/kallsyms'), max(size, 63488))
        self.assertEqual(len(self.must('download', '/proc/kallsyms', '-').stdout), size)
        self.assertEqual(self.told_size(session, large), 63488)
        empty = self.remote / 'empty'
        empty.touch()
        self.assertEqual(self.told_size(session, str(empty)), 0)
        self.assertEqual(self.told_size(session, f'/proc/{self.worker()}/clear_refs'), 0)   # nobody may read it

    @staticmethod
    def told_size(session, path):
        reply = session.call(15, bytes(8) + struct.pack('<QII', 0, 0x80000000,
                                                        len(tbxhgfs.name(path)))
                             + tbxhgfs.name(path) + b'\0')
        return struct.unpack_from('<Q', reply, 52 + 8 + 12)[0]


if __name__ == '__main__':
    unittest.main()
