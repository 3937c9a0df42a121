# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files up and down, from the client's command line to the guest's disk."""

import hashlib
import json
import os
import signal
import subprocess
import unittest

from transfer_case import TransferCase, content, tbxguest, tbxhgfs, tbxtest

SIZES = (0, 1, 61439, 61440, 61441, 63487, 63488, 63489, 1000000)


class Base(TransferCase):
    def there_and_back(self, sizes):
        for size in sizes:
            with self.subTest(size=size):
                source, back = self.local / f'{size}', self.local / f'{size}.back'
                target = self.remote / f'{size}'
                data = content(size)
                source.write_bytes(data)
                checksum = hashlib.sha256(data).hexdigest().encode()
                self.assertIn(checksum, self.must('upload', '--checksum', source, target).stderr)
                self.assertTrue(target.read_bytes() == data)
                self.assertEqual(target.stat().st_uid, self.alice.uid)
                self.assertIn(checksum, self.must('download', '--checksum', target, back).stderr)
                self.assertTrue(back.read_bytes() == data)

    def capability(self):
        """What the host was told of the server."""
        return json.loads(self.host.ask('show', '--json'))['guest']['capabilities']['hgfs_server']


class Transfer(Base):
    def test_sizes(self):
        self.start_guest()
        self.there_and_back(SIZES)

    def test_large(self):
        self.start_guest()
        self.there_and_back([128 * 1000 * 1000])

    def test_worker_by_a_relative_name(self):
        """As whoever builds it would type it."""
        worker = os.path.relpath(tbxtest.program('TBX_WORKER'))
        self.start_guest(arguments=['--worker', worker])
        self.must('upload', '-', self.remote / 'f', input=b'x')

    def test_only_with_credentials(self):
        """The host is told of the server; what would reach it without a login is refused."""
        self.start_guest()
        self.host.ask('wait', 'capability=hgfs_server')
        self.assertEqual(self.capability(), 'toolbox 1')
        for request in ('f', 'f x', 'f ' + 60 * 'x'):
            self.assertIn('ERROR Unknown Command', self.host.ask('rpc', request, check=False))

    def test_streams_and_rules(self):
        self.start_guest()
        target = self.remote / 'f'
        self.must('upload', '-m', '640', '-', target, input=content(100000))
        self.assertEqual(target.read_bytes(), content(100000))
        self.assertEqual(target.stat().st_mode & 0o7777, 0o640)
        self.assertEqual(self.must('download', target, '-').stdout, content(100000))
        refused = self.vsphere('upload', '-', target, input=b'new')
        self.assertIn(b'12', refused.stderr)
        self.assertEqual(target.read_bytes(), content(100000))
        self.must('upload', '-f', '-', target, input=b'new')
        self.assertEqual(target.read_bytes(), b'new')
        self.assertEqual(target.stat().st_mode & 0o7777, 0o640)
        missing = self.vsphere('download', self.remote / 'none', self.local / 'none')
        self.assertNotEqual(missing.returncode, 0)
        self.assertFalse((self.local / 'none').exists())

    def test_interrupted(self):
        """A client that goes away half way, a worker that dies, a daemon that ends: the old
        file is whole, and nothing else is left."""
        self.start_guest()
        target = self.remote / 'f'
        self.must('upload', '-', target, input=b'old')
        for end in ('client', 'worker', 'daemon'):
            client = self.start_client('upload', '-f', '-', target)
            client.stdin.write(content(1000000))
            client.stdin.flush()
            tbxtest.until(self.open_uploads, 'the upload is under way', every_ms=20)
            self.assertEqual(target.read_bytes(), b'old')
            if end == 'client':
                client.kill()
            elif end == 'worker':
                os.kill(self.worker(), signal.SIGKILL)
                tbxtest.until(lambda: not self.open_uploads(), 'it is gone', every_ms=20)
            else:
                self.daemon.stop()
            client.stdin.close()
            if end != 'client':
                self.assertNotEqual(client.wait(), 0)
            self.assertEqual(target.read_bytes(), b'old')
            self.assertEqual(os.listdir(self.remote), ['f'])


    @tbxguest.needs_root
    def test_disk_full(self):
        self.start_guest()
        disk = self.remote / 'disk'
        disk.mkdir()
        subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size=1m,uid={self.alice.uid}', 'tbx-test',
                        disk], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=True)
        self.must('upload', '-', disk / 'f', input=b'old')
        refused = self.vsphere('upload', '-f', '-', disk / 'f', input=content(2000000))
        self.assertIn(b'12 NO_SPACE', refused.stderr)
        self.must('download', disk / 'f', '-')
        self.assertEqual((disk / 'f').read_bytes(), b'old')
        tbxtest.until(lambda: os.statvfs(disk).f_bavail > 200, 'the space is free again',
                      every_ms=20)
        self.must('upload', '-f', '-', disk / 'f', input=content(500000))
        self.assertEqual((disk / 'f').read_bytes(), content(500000))


class SlowBackdoor(Base):
    """All over the calls that move four bytes each."""

    def test_sizes(self):
        self.host.options = ('--low-bandwidth',)
        self.start_guest()
        self.there_and_back(SIZES[:5])


class Socket(Transfer):
    def test_withdrawn(self):
        self.start_guest()
        self.host.ask('wait', 'capability=hgfs_server')
        self.stop_daemon()
        self.assertEqual(self.capability(), 'toolbox 0')

    def setUp(self):
        previous = os.environ.get('TBX_TEST_TRANSPORT')
        os.environ['TBX_TEST_TRANSPORT'] = 'socket'
        self.addCleanup(lambda: os.environ.pop('TBX_TEST_TRANSPORT') if previous is None
                        else os.environ.update(TBX_TEST_TRANSPORT=previous))
        super().setUp()


if __name__ == '__main__':
    unittest.main()
