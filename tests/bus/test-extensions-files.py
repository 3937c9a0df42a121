#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files of a scheme, served by clients of the bus."""

import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxguest import PASSWORD, needs_root
from tbxhgfs import PACKET_BYTES, Refused, Session, append_request
from tbxtest import NAME, until
from exttest import Agent, Extended, timed
from gi.repository import GLib

NOT_FOUND = f'{NAME}.Error.NotFound'
FILE_NOT_FOUND = 'org.freedesktop.DBus.Error.FileNotFound'
DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
FAILED = f'{NAME}.Error.Failed'
NO_SUCH_FILE, ACCESS_DENIED, GENERIC, INVALID_PARAMETER = 1, 8, 10, 15
BINARY = bytes(range(256)) * 5000 + b'end'   # 1.28 MB


def found(**attributes):
    types = {'size': 't', 'modified': 'x', 'mode': 'u'}
    return GLib.Variant('(a{sv})', ({key: value if isinstance(value, GLib.Variant)
                                     else GLib.Variant(types[key], value)
                                     for key, value in attributes.items()},))


def given(fd):
    return GLib.Variant('(h)', (0,)), fd


class Store:
    """What an agent has: answers of Stat and Open, and what was uploaded."""

    def __init__(self):
        self.files = {}      # path -> bytes
        self.stat = None     # another answer of Stat, or None
        self.open = None     # likewise
        self.unknown = False # it does not tell sizes
        self.threads = []

    def __call__(self, path, query, *rest):
        if len(rest) == 2:
            return self._stat(path, *rest)
        return self._open(path, *rest)

    def _stat(self, path, *rest):
        if callable(self.stat):
            return self.stat(path, *rest)
        if self.stat is not None:
            return self.stat
        if path not in self.files:
            return NOT_FOUND
        return found() if self.unknown else found(size=len(self.files[path]), mode=0o640,
                                                  modified=1700000000)

    def _open(self, path, mode, *rest):
        if callable(self.open):
            return self.open(path, mode, *rest)
        if self.open is not None:
            return self.open
        read, write = os.pipe()
        if mode == 'read':
            self._run(self.feed, write, self.files[path])
            return given(read)
        self._run(self.drain, read, path)
        return given(write)

    def _run(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    @staticmethod
    def feed(fd, data):
        try:
            with os.fdopen(fd, 'wb') as pipe:
                pipe.write(data)
        except BrokenPipeError:
            pass

    def drain(self, fd, path):
        with os.fdopen(fd, 'rb') as pipe:
            self.files[path] = pipe.read()

    def join(self):
        for thread in self.threads:
            thread.join(tbxtest.WAIT_SECONDS)


class Case(Extended, tbxguest.Case):
    CONFIG = ''

    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_extensions()
        self.start_host()
        self.start_daemon_of_guests(self.CONFIG)
        self.root = self.client()
        self.store = Store()
        self.served = self.agent('FileHandler', self.store).register('test')

    def download(self, name, account=None, check=True):
        """What a host gets; or what it is told."""
        local = self.directory / f'download-{time.monotonic_ns()}'
        run = self.host.run('guest', '-l', (account or self.alice).login, 'download', name,
                            str(local))
        if run.returncode != 0:
            if check:
                raise AssertionError(run.stderr)
            return run.stderr
        return local.read_bytes()

    def upload(self, data, name, *options, account=None, check=True):
        local = self.directory / f'upload-{time.monotonic_ns()}'
        local.write_bytes(data)
        run = self.host.run('guest', '-l', (account or self.alice).login, 'upload', *options,
                            str(local), name)
        if check and run.returncode != 0:
            raise AssertionError(run.stderr)
        return run.stderr

    def session(self, account=None):
        session = Session(str(self.host.control), (account or self.alice).name, PASSWORD)
        self.addCleanup(session.socket.close)
        return session

    def asked(self):
        return [(method, *arguments[:-2]) for method, arguments in self.served.asked]

    def assert_refused(self, status, function, *arguments):
        with self.assertRaises(Refused) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.status, status)


class Good(Case):
    def test_download(self):
        for data in (b'', b'x', BINARY, bytes(PACKET_BYTES), bytes(PACKET_BYTES * 2)):
            self.store.files['/a file'] = data
            self.assertEqual(self.download('/test:/a file'), data)
        method, arguments = self.served.asked[0]
        self.assertEqual((method, arguments[:2]), ('Stat', ('/a file', '')))
        self.assertEqual(arguments[2], {'user': self.alice.name, 'uid': self.alice.uid})
        self.assertTrue(-2000000 < arguments[3] - GLib.get_monotonic_time() <= 4000000)
        self.assertEqual(self.asked()[1], ('Open', '/a file', '', 'read'))

    def test_upload(self):
        for data in (b'', b'x', BINARY):
            self.upload(data, '/test:/dir/new', '-f')
            self.store.join()
            self.assertEqual(self.store.files.pop('/dir/new'), data)
        self.assertEqual(self.asked()[:2], [('Stat', '/dir/new', ''),
                                            ('Open', '/dir/new', '', 'write')])

    def test_upload_does_not_overwrite_unasked(self):
        self.store.files['/old'] = b'old'
        self.assertIn('FILE_ALREADY_EXISTS', self.upload(b'new', '/test:/old', check=False))
        self.assertEqual(self.store.files['/old'], b'old')
        self.upload(b'new', '/test:/old', '-f')
        self.store.join()
        self.assertEqual(self.store.files['/old'], b'new')

    def test_query(self):
        self.store.files['/x'] = b'hello'
        self.assertEqual(self.download('/test:/x?a=b%20c&d?e'), b'hello')
        self.assertEqual(self.asked(), [('Stat', '/x', 'a=b%20c&d?e'),
                                        ('Open', '/x', 'a=b%20c&d?e', 'read')])

    def test_unknown_size(self):
        self.store.files['/x'] = BINARY
        self.store.unknown = True
        self.assertEqual(self.download('/test:/x'), BINARY)
        self.assertIn('9223372036854775807', self.info('/test:/x'))

    def info(self, name):
        """What 188 tells of a file."""
        body = struct.pack('<iIIiiQ', 0, len(name), 0, 0, 0, 0) + name.encode() + b'\0'
        return self.vix(188, body)[2].decode()

    def test_attributes(self):
        self.store.files['/x'] = b'12345'
        text = self.info('/test:/x')
        self.assertIn('<fs>5</fs><mt>1700000000</mt>', text)
        self.assertIn(f'<perm>{0o100640}</perm>', text)

    def test_kinds_of_descriptors(self):
        """A socket, and a file that is read from where it stands."""
        path = self.directory / 'content'
        path.write_bytes(b'skipped' + BINARY)

        def open_file(*_):
            fd = os.open(path, os.O_RDONLY)
            os.lseek(fd, 7, os.SEEK_SET)
            return given(fd)

        def open_socket(*_):
            ours, theirs = socket.socketpair()
            self.store._run(self.store.feed, ours.detach(), BINARY)
            return given(theirs.detach())
        self.store.stat = found()
        for answer in (open_file, open_socket):
            self.store.open = answer
            self.assertEqual(self.download('/test:/x'), BINARY)
        self.store.stat = NOT_FOUND
        written = self.directory / 'written'
        self.store.open = lambda *_: given(os.open(written, os.O_WRONLY | os.O_CREAT, 0o600))
        self.upload(BINARY, '/test:/x')
        self.assertEqual(written.read_bytes(), BINARY)

    @needs_root
    def test_two_users(self):
        """At once, each with its own worker and told by its own name."""
        self.store.files['/x'] = BINARY
        results = {}
        threads = [threading.Thread(target=lambda a=a: results.update(
            {a.name: self.download('/test:/x', account=a)})) for a in (self.alice, self.bob)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {self.alice.name: BINARY, self.bob.name: BINARY})
        self.assertEqual({a[1][-2]['uid'] for a in self.served.asked},
                         {self.alice.uid, self.bob.uid})

    def test_offsets(self):
        """In order, and the last part again; after the end there is nothing."""
        self.store.files['/x'] = BINARY
        session = self.session()
        handle = session.open('/test:/x')
        self.assertEqual(session.read(handle, 0, 1000), BINARY[:1000])
        self.assertEqual(session.read(handle, 0, 1000), BINARY[:1000])
        self.assertEqual(session.read(handle, 0, 1500), BINARY[:1500])
        self.assertEqual(session.read(handle, 1500, 1000), BINARY[1500:2500])
        self.assert_refused(INVALID_PARAMETER, session.read, handle, 0, 1000)
        self.assert_refused(INVALID_PARAMETER, session.read, handle, 9999, 1000)
        self.assertEqual(session.read(handle, 2500, 1000), BINARY[2500:3500])
        offset = 3500
        while offset < len(BINARY):
            data = session.read(handle, offset)
            self.assertEqual(data, BINARY[offset:offset + PACKET_BYTES])
            offset += len(data)
        self.assertEqual(session.read(handle, offset), b'')
        self.assertEqual(session.read(handle, offset + PACKET_BYTES), b'')
        self.assert_refused(INVALID_PARAMETER, session.read, handle, 0)
        session.close(handle)
        session.end()

    def test_session_ends_early(self):
        """What was written until then is all; the end comes."""
        session = self.session()
        handle = session.open_upload('/test:/part')
        session.call(*append_request(handle, b'part'))
        session.end()
        self.store.join()
        self.assertEqual(self.store.files['/part'], b'part')

    def test_reader_that_ends_early(self):
        self.store.files['/x'] = BINARY
        session = self.session()
        session.read(session.open('/test:/x'), 0)
        session.end()
        self.store.join()   # a broken pipe, which is no error of the agent
        self.assertFalse([t for t in self.store.threads if t.is_alive()])

    @needs_root
    def test_file_of_the_disk_comes_first(self):
        folder = Path('/test:')
        folder.mkdir()
        self.addCleanup(folder.rmdir)
        (folder / 'x').write_bytes(b'disk')
        self.addCleanup((folder / 'x').unlink)
        self.assertEqual(self.download('/test:/x'), b'disk')
        self.assertEqual(self.served.asked, [])
        self.store.files['/y'] = b'agent'
        self.assertEqual(self.download('/test:/y'), b'agent')


class Bad(Case):
    def errors(self, name='/test:/x'):
        """What a host is told of a file that it wants to read: 188, and OPEN."""
        session = self.session()
        with self.assertRaises(Refused) as caught:
            session.open(name)
        session.end()
        return caught.exception.status

    def test_errors_of_stat(self):
        for answer, word in ((NOT_FOUND, 'FILE_NOT_FOUND'), (FILE_NOT_FOUND, 'FILE_NOT_FOUND'),
                             (DENIED, 'PERMISSION|ACCESS'), (FAILED, 'FILE_ERROR|FAIL'),
                             ('org.freedesktop.DBus.Error.UnknownMethod', 'FILE_ERROR|FAIL')):
            with self.subTest(answer):
                self.store.stat = answer
                self.assertRegex(self.download('/test:/x', check=False), word)
        self.assertEqual(self.daemon.count('file-handler test: .* does not count'), 2)

    def test_errors_of_open(self):
        self.store.stat = found()
        for answer, status in ((NOT_FOUND, NO_SUCH_FILE), (FILE_NOT_FOUND, NO_SUCH_FILE),
                               (DENIED, ACCESS_DENIED), (FAILED, GENERIC)):
            with self.subTest(answer):
                self.store.open = answer
                self.assertEqual(self.errors(), status)

    def test_answers_that_are_none(self):
        self.store.stat = found()
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        folder = str(self.directory)
        bad = [GLib.Variant('(h)', (0,)), GLib.Variant('(h)', (7,)), (GLib.Variant('(h)', (3,)), os.dup(read)),
               GLib.Variant('(s)', ('x',)), GLib.Variant('(u)', (0,)),
               given(os.dup(write)), given(os.open(folder, os.O_RDONLY)),
               given(os.open(folder, os.O_PATH)), given(os.open('/dev/null', os.O_RDONLY)),
               given(os.open(__file__, os.O_PATH)),
               given(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach())]
        for i, answer in enumerate(bad):
            with self.subTest(i):
                self.store.open = answer
                self.assertEqual(self.errors(), GENERIC)
        self.assertEqual(self.daemon.count('does not count'), len(bad))

    def test_wrong_way_round(self):
        self.store.stat = NOT_FOUND
        self.store.open = lambda *_: given(os.open(__file__, os.O_RDONLY))
        self.assertIn('GENERIC', self.upload(b'x', '/test:/x', check=False).upper())
        self.daemon.wait_log('its descriptor is not open for writing')

    def test_attributes_that_are_none(self):
        for bad in (found(size=GLib.Variant('s', 'large')), found(mode=GLib.Variant('i', 1)),
                    found(modified=GLib.Variant('t', 1)), GLib.Variant('(as)', (['x'],)),
                    GLib.Variant('(s)', ('x',))):
            with self.subTest(str(bad)):
                self.store.stat = bad
                self.assertRegex(self.download('/test:/x', check=False), 'FILE_ERROR|FAIL')
        self.store.stat = found(size=2**64 - 1, mode=0o170777, unknown=GLib.Variant('s', 'x'))
        self.store.files['/x'] = b'served all the same'
        self.assertEqual(self.download('/test:/x'), b'served all the same')

    def test_dies_in_each_call(self):
        self.store.stat = self.served.dies
        self.assertRegex(self.download('/test:/x', check=False), 'FILE_ERROR|FAIL')
        self.wait_entries(0)
        store = self.store = Store()
        store.stat = found()
        self.served = self.agent('FileHandler', store).register('test')
        store.open = self.served.dies
        self.assertEqual(self.errors(), GENERIC)
        self.wait_entries(0)
        self.assert_alive()

    def test_hangs(self):
        """Stat, then Open: each has four seconds, and the worker is none that hangs."""
        self.store.stat = lambda *_: None
        text, seconds = timed(self.download, '/test:/x', check=False)
        self.assertRegex(text, 'FILE_ERROR|FAIL')
        self.assertTrue(3.9 < seconds < 8, seconds)
        self.store.stat = found()
        self.store.open = lambda *_: None
        status, seconds = timed(self.errors)
        self.assertEqual(status, GENERIC)
        self.assertTrue(3.9 < seconds < 8, seconds)
        self.assert_alive()
        # What comes late is nobody's, and its descriptor is closed.
        read, write = os.pipe()
        Agent.answer_call(self.served.held.pop(), given(read))
        with os.fdopen(write, 'wb', buffering=0) as pipe:
            until(lambda: self.is_broken(pipe), 'the descriptor is closed', every_ms=20)
        self.store.open = None
        self.store.files['/x'] = b'back'
        self.assertEqual(self.download('/test:/x'), b'back')
        self.assertEqual(self.daemon.count('hangs; it is left alone'), 0)

    @staticmethod
    def is_broken(pipe):
        try:
            pipe.write(b'x')
        except BrokenPipeError:
            return True
        return False

    def pipe_that_hangs(self, data=b''):
        """An answer: a pipe that nobody reads or ends."""
        def answer(_path, mode, *_):
            read, write = os.pipe()
            kept = read if mode == 'write' else write
            self.addCleanup(os.close, kept)
            if data:
                os.write(write, data)
            return given(write if mode == 'write' else read)
        return answer

    def test_reader_hangs(self):
        self.store.stat = found()
        self.store.open = self.pipe_that_hangs(b'a part')
        session = self.session()
        handle = session.open('/test:/x')
        self.assertEqual(session.read(handle, 0, 6), b'a part')
        start = time.monotonic()
        self.assert_refused(GENERIC, session.read, handle, 6)
        self.assertTrue(3.9 < time.monotonic() - start < 8)
        session.end()
        self.assert_alive()
        self.assertEqual(self.daemon.count('hangs; it is left alone'), 0)

    def test_writer_hangs(self):
        self.store.open = self.pipe_that_hangs()
        session = self.session()
        handle = session.open_upload('/test:/x')
        session.call(*append_request(handle, bytes(50000)))
        start = time.monotonic()
        self.assert_refused(GENERIC, session.call, *append_request(handle, bytes(50000)))
        self.assertTrue(3.9 < time.monotonic() - start < 8)
        self.assert_refused(GENERIC, session.close, handle)
        session.end()
        self.assertEqual(self.daemon.count('hangs; it is left alone'), 0)

    def test_agent_closes_early(self):
        """For who reads that is all; for who writes an error."""
        self.store.stat = found(size=1000000)
        self.store.files['/x'] = b'all there is'
        self.assertEqual(self.download('/test:/x'), b'all there is')

        def closed(*_):
            read, write = os.pipe()
            os.close(read)
            return given(write)
        self.store.stat, self.store.open = None, closed
        self.assertNotEqual(self.upload(BINARY, '/test:/y', check=False), '')

    def test_client_vanishes_while_it_is_read(self):
        """What it has open ends as if it were closed; the scheme is gone."""
        read, write = os.pipe()
        os.write(write, b'begun')
        self.store.stat = found()
        self.store.open = given(read)
        session = self.session()
        handle = session.open('/test:/x')
        self.assertEqual(session.read(handle, 0, 5), b'begun')
        self.served.leave()
        os.close(write)
        self.wait_entries(0)
        self.assertEqual(session.read(handle, 5), b'')
        session.close(handle)
        self.assert_refused(NO_SUCH_FILE, session.open, '/test:/x')
        session.end()

    def test_unregistered(self):
        self.store.files['/x'] = b'x'
        self.assertIn('FILE_NOT_FOUND', self.download('/other:/x', check=False))
        self.assertNotEqual(self.upload(b'x', '/other:/x', check=False), '')
        self.assertEqual(self.served.asked, [])
        self.assertEqual(self.download('/test:/x'), b'x')
        self.served.unregister('test')
        asked = len(self.served.asked)
        self.assertIn('FILE_NOT_FOUND', self.download('/test:/x', check=False))
        self.assertEqual(len(self.served.asked), asked)

    def test_names(self):
        """What is no name of a scheme's file does not reach the agent."""
        self.store.stat = found()
        for name in ('/test:/../x', '/test:/a/..', '/test:', '/test:x', '/TEST:/x', '/test/x'):
            self.assertNotEqual(self.download(name, check=False), '')
        self.assertEqual(self.served.asked, [])

    def test_bus_restarts_meanwhile(self):
        self.store.files['/x'] = b'x'
        self.assertEqual(self.download('/test:/x'), b'x')
        self.bus.stop()
        self.daemon.wait_log('bus')
        self.assertIn('FILE_NOT_FOUND', self.download('/test:/x', check=False))
        self.assert_alive()


class Policy(Case):
    CONFIG = '[guest-operations]\ndeny=InitiateFileTransferFromGuest\n'

    def test_policy(self):
        self.store.files['/x'] = b'x'
        self.assertNotEqual(self.download('/test:/x', check=False), b'x')
        self.assertEqual(self.served.asked, [])
        self.upload(b'new', '/test:/y')
        self.store.join()
        self.assertEqual(self.store.files['/y'], b'new')


class Impatient(Case):
    CONFIG = '[guest-operations]\ntimeout-ms=1000\n'

    def test_agent_has_its_time(self):
        """Whatever a request without progress may take."""
        def late(*_):
            time.sleep(2.5)
            return found()
        self.store.stat = late
        self.store.files['/x'] = b'late'
        self.assertEqual(self.download('/test:/x'), b'late')


tbxtest.main()
