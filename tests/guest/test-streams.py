# SPDX-License-Identifier: LGPL-2.1-or-later
"""What programs in the guest read and write, through the daemon to the client."""

import hashlib
import os
import signal
import subprocess
import threading
import time
import unittest
import unittest.mock

from transfer_case import TransferCase, content, tbxguest, tbxhgfs, tbxtest

MIB = 2 ** 20
LIMIT = 16 * MIB


class StreamCase(TransferCase):
    def wait_end(self, pid):
        self.guest('ps', '-X', '-p', str(pid))

    def refused(self, call, *args):
        with self.assertRaises(tbxhgfs.Refused) as refused:
            call(*args)
        return refused.exception.status

    def exit_code(self, *argv, **named):
        return self.vsphere(*argv, **named).returncode

    @staticmethod
    def read_all(session, path):
        """All of a stream by its own rule: 0 bytes are the end."""
        handle, data = session.open(path), b''
        while part := session.read(handle, len(data)):
            data += part
        session.close(handle)
        return data

    def memory(self):
        """PSS of the worker, bytes."""
        with open(f'/proc/{self.worker()}/smaps_rollup', encoding='ascii') as file:
            for line in file:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) * 1024
        raise AssertionError('no PSS')


class Run(StreamCase):
    """The client's command, as `govc guest.run` is."""

    def test_run(self):
        self.start_guest()
        done = self.vsphere('run', 'sh', '-c', "'echo out; echo err >&2; exit 7'")
        self.assertEqual((done.stdout, done.stderr, done.returncode), (b'out\n', b'err\n', 7))
        self.assertEqual(self.must('run', '-d', 'a\nb', 'wc', '-c').stdout, b'3\n')
        self.assertEqual(self.must('run', '/usr/bin/id', '-un').stdout.decode().strip(),
                         self.alice.name)
        self.assertEqual(self.must('run', '-C', '/usr', '-e', 'X=y', 'sh', '-c',
                                   "'pwd; echo $X'").stdout, b'/usr\ny\n')
        self.assertEqual(self.must('run', 'cat').stdout, b'')   # its input is empty, not missing
        self.assertEqual(self.exit_code('run', 'sh', '-c', "'kill -9 $$'"), 128 + 9)
        missing = self.vsphere('run', 'tbx-no-such-program')
        self.assertEqual(missing.returncode, 1)
        self.assertIn(b'FILE_NOT_FOUND', missing.stderr)

    def test_binary(self):
        self.start_guest()
        data = bytes(range(256)) * 1000 + b'\0' * 70000
        self.assertEqual(self.must('run', '-d', '-', 'cat', input=data).stdout, data)

    def test_shell_redirects(self):
        """A command line may say where its streams are: ours are empty then."""
        self.start_guest()
        target = self.remote / 'f'
        self.assertEqual(self.must('run', 'echo', f'hello > {target}').stdout, b'')
        self.assertEqual(target.read_bytes(), b'hello\n')

    def test_small_limit(self):
        """Both outputs, of a program that fills one first and then the other."""
        self.start_guest('[guest-operations]\nstream-limit=64K\n')
        script = ("'head -c 3000000 /dev/zero | tr \"\\0\" e >&2; "
                  "head -c 2000000 /dev/zero | tr \"\\0\" o; exit 3'")
        done = self.vsphere('run', 'sh', '-c', script)
        self.assertEqual((done.stdout, done.stderr, done.returncode),
                         (2000000 * b'o', 3000000 * b'e', 3))


class Large(StreamCase):
    """Over a socket: a guest asks a backdoor every 10 ms only, when that had nothing to say."""

    def setUp(self):
        patch = unittest.mock.patch.dict(os.environ, TBX_TEST_TRANSPORT='socket')
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()

    def test_large(self):
        """100 MB through both, more than there is room for; memory stays where it is."""
        self.start_guest()
        self.must('run', 'true')
        before, most, done = self.memory(), [0], threading.Event()

        def watch():
            while not done.wait(0.05):
                most[0] = max(most[0], self.memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        source, back = self.local / 'source', self.local / 'back'
        source.write_bytes(content(100 * 1000 * 1000))
        with open(source, 'rb') as data, open(back, 'wb') as out:
            client = subprocess.run(self.argv('run', '-d', '-', 'cat'), stdin=data, stdout=out,
                                    stderr=subprocess.PIPE, check=False, timeout=100)
        done.set()
        watcher.join()
        self.assertEqual(client.returncode, 0, client.stderr)
        with open(source, 'rb') as data, open(back, 'rb') as out:
            self.assertEqual(hashlib.file_digest(out, 'sha256').digest(),
                             hashlib.file_digest(data, 'sha256').digest())
        self.assertLess(most[0], before + LIMIT + 4 * MIB)
        if 'ASAN_OPTIONS' not in os.environ:   # which keeps for a while what was freed
            self.assertLess(self.memory(), before + 3 * MIB)


class Rules(StreamCase):
    """What the host is told of streams, packet by packet."""

    def test_running(self):
        """Not ready while the program runs and there is room; that is said in a second."""
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('sh', '-c', "'printf early; cat; printf late >&2'")
        out, err = f'/proc/{pid}/stdout', f'/proc/{pid}/stderr'
        start = time.monotonic()
        self.assertEqual(self.refused(session.open, out), 10)
        self.assertTrue(0.9 < time.monotonic() - start < 3)
        start = time.monotonic()
        download = self.vsphere('download', out, '-')
        self.assertIn(b'13 FILE_ACCESS_ERROR', download.stderr)
        self.assertTrue(0.9 < time.monotonic() - start < 3)
        stdin = session.open_upload(f'/proc/{pid}/stdin')
        session.batch([tbxhgfs.append_request(stdin, b'a\0b'), tbxhgfs.append_request(stdin, b'c')])
        session.close(stdin)
        self.wait_end(pid)
        for _ in range(2):   # as often as one likes
            self.assertEqual(self.read_all(session, out), b'earlya\0bc')
        handle, other = session.open(out), session.open(out)
        self.assertEqual(session.read(handle, 4, 3), b'ya\0')
        self.assertEqual(session.read(other, 0, 2), b'ea')
        self.assertEqual(session.read(handle, 0, 100), b'earlya\0bc')
        self.assertEqual(session.read(handle, 100, 100), b'')
        self.assertEqual(self.must('download', err, '-').stdout, b'late')

    def test_ends(self):
        """A program that writes nothing, one that closes early, one that fills the other."""
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('true')
        self.wait_end(pid)
        self.assertEqual(self.read_all(session, f'/proc/{pid}/stdout'), b'')
        pid = self.start_program('sh', '-c', "'echo all; exec >&-; exec sleep 60'")
        self.assertEqual(self.read_all(session, f'/proc/{pid}/stdout'), b'all\n')
        self.assertEqual(self.refused(session.open, f'/proc/{pid}/stderr'), 10)
        self.guest('kill', '-p', str(pid))
        pid = self.start_program('sh', '-c', "'exec >&-; head -c 5000000 /dev/zero >&2'")
        self.wait_end(pid)
        self.assertEqual(len(self.read_all(session, f'/proc/{pid}/stderr')), 5000000)
        self.assertEqual(self.read_all(session, f'/proc/{pid}/stdout'), b'')

    def test_child_that_stays(self):
        """It has the streams still, but the program has ended."""
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('sh', '-c', "'sleep 60 & echo done'")
        self.wait_end(pid)
        self.assertEqual(self.read_all(session, f'/proc/{pid}/stdout'), b'done\n')

    def test_flows(self):
        """Too much to be kept: one reads it, once and in order, while the program runs."""
        self.start_guest('[guest-operations]\nstream-limit=1M\n')
        session = self.hgfs()
        pid = self.start_program('sh', '-c', "'head -c 5000000 /dev/zero; sleep 3; echo end'")
        out = f'/proc/{pid}/stdout'
        tbxtest.until(lambda: self.vsphere('download', out, '/dev/null').returncode != 13, 'full')
        handle, position = session.open(out), 0
        self.assertEqual(self.refused(session.open, out), 11)
        while position < 4 * MIB:
            self.assertEqual(session.read(handle, position), bytes(tbxhgfs.PACKET_BYTES))
            position += tbxhgfs.PACKET_BYTES
        # The packet before may be sent again; what was before that is gone.
        self.assertEqual(session.read(handle, position - tbxhgfs.PACKET_BYTES),
                         bytes(tbxhgfs.PACKET_BYTES))
        self.assertNotEqual(self.refused(session.read, handle, 0), 0)
        data = b''
        while True:
            start = time.monotonic()
            try:
                part = session.read(handle, position)
            except tbxhgfs.Refused as refused:   # nothing for a second
                self.assertEqual(refused.status, 10)
                self.assertTrue(0.9 < time.monotonic() - start < 3)
                continue
            if not part:
                break
            data += part
            position += len(part)
        self.assertEqual(position, 5000004)
        self.assertEqual(data[-4:], b'end\n')

    def test_download_what_flows(self):
        """A part that is not whole is not the end of what has none yet."""
        self.start_guest('[guest-operations]\nstream-limit=1M\n')
        pid = self.start_program('sh', '-c', "'head -c 3000000 /dev/zero; sleep 1.5; echo end'")
        out = f'/proc/{pid}/stdout'
        tbxtest.until(lambda: self.vsphere('download', out, '/dev/null').returncode != 13, 'full')
        self.assertEqual(self.must('download', out, '-').stdout, bytes(3000000) + b'end\n')

    def test_download_breaks_off(self):
        """Nothing for longer than a host waits: it says so, and ends."""
        self.start_guest('[guest-operations]\nstream-limit=1M\n')
        pid = self.start_program('sh', '-c', "'head -c 3000000 /dev/zero; exec sleep 60'")
        done = self.vsphere('download', f'/proc/{pid}/stdout', '-')
        self.assertIn(b'10 GENERIC_ERROR', done.stderr)
        self.assertEqual((done.returncode, done.stdout), (1, bytes(3000000)))
        self.guest('kill', '-p', str(pid))

    def test_stdin(self):
        """It can be kept waiting, and ends when it is closed; nobody reads it."""
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('sh', '-c', "'sleep 2.5; wc -c'")
        stdin = f'/proc/{pid}/stdin'
        self.assertEqual(self.refused(session.open, stdin), 15)
        self.assertEqual(self.refused(session.open_upload, f'/proc/{pid}/stdout'), 15)
        handle = session.open_upload(stdin)
        self.assertEqual(self.refused(session.open_upload, stdin), 11)
        sent, waits = 0, 0
        start = time.monotonic()
        while sent < 2 * MIB:
            try:
                session.call(*tbxhgfs.append_request(handle, bytes(tbxhgfs.PACKET_BYTES)))
                sent += tbxhgfs.PACKET_BYTES
            except tbxhgfs.Refused as refused:
                self.assertEqual(refused.status, 10)
                waits += 1
        self.assertGreater(waits, 0)
        self.assertGreater(time.monotonic() - start, waits)
        session.close(handle)
        self.wait_end(pid)
        self.assertEqual(int(self.read_all(session, f'/proc/{pid}/stdout')), sent)
        self.assertEqual(self.refused(session.open_upload, stdin), 10)
        refused = self.vsphere('upload', '-f', '-', stdin, input=b'x')
        self.assertIn(b'7 FILE_ERROR', refused.stderr)

    def test_stdin_that_is_not_wanted(self):
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('sh', '-c', "'exec <&-; sleep 60'")
        tbxtest.until(lambda: b'7 FILE_ERROR' in self.vsphere('upload', '-', f'/proc/{pid}/stdin',
                                                              input=b'').stderr,
                      'it is closed', every_ms=20)
        self.assertEqual(self.refused(session.open_upload, f'/proc/{pid}/stdin'), 10)
        # The daemon is as before.
        self.assertEqual(self.must('run', 'echo', 'lives').stdout, b'lives\n')

    def test_names(self):
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('cat')
        by_path = self.start_program('/bin/cat')
        for name in ('x/stdin', '1/stdout', f'{pid}/stdinx', f'0{pid}/stdout', f'{pid}/stdout/x',
                     f'{pid}x/stdout', '0/stdin', '-1/stdin', '99999999999999999999/stdout',
                     f'{by_path}/stdout'):
            with self.subTest(name=name):
                self.assertIn(self.refused(session.open, f'/proc/{name}'), (1, 5))
                done = self.vsphere('download', f'/proc/{name}', '-')
                self.assertNotEqual(done.returncode, 0)
        upload = self.vsphere('upload', '-', f'/proc/{pid}/stdin', input=b'x')
        self.assertIn(b'12 FILE_ALREADY_EXISTS', upload.stderr)

    @tbxguest.needs_root
    def test_others(self):
        """Another account has no such files."""
        self.start_guest()
        pid = self.start_program('cat')
        name, _, password = self.bob.login.partition(':')
        session = tbxhgfs.Session(str(self.host.control), name, password)
        self.addCleanup(session.socket.close)
        for stream in ('stdin', 'stdout', 'stderr'):
            self.assertEqual(self.refused(session.open, f'/proc/{pid}/{stream}'), 1)
        self.assertEqual(self.refused(session.open_upload, f'/proc/{pid}/stdin') > 0, True)

    def test_session_ends(self):
        """A client that leaves ends what it wrote."""
        self.start_guest()
        session = self.hgfs()
        pid = self.start_program('cat')
        handle = session.open_upload(f'/proc/{pid}/stdin')
        session.call(*tbxhgfs.append_request(handle, b'half'))
        session.end()
        self.wait_end(pid)
        self.assertEqual(self.must('download', f'/proc/{pid}/stdout', '-').stdout, b'half')

    def test_worker_ends(self):
        """With it go the streams of what runs on: its input ends, its output is nobody's."""
        self.start_guest()
        pid = self.start_program('sh', '-c', "'cat; echo > %s; sleep 60'" % (self.remote / 'ended'))
        os.kill(self.worker(), signal.SIGKILL)
        tbxtest.until((self.remote / 'ended').exists, 'the program sees the end of its input',
                      every_ms=50)
        session = self.hgfs()
        self.assertEqual(self.refused(session.open, f'/proc/{pid}/stdout'), 1)
        self.assertIn(str(pid), self.guest('ps', '-p', str(pid)))
        self.guest('kill', '-p', str(pid))


if __name__ == '__main__':
    unittest.main()
