# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files up and down, from the client's command line to the guest's disk."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest   # noqa: E402
import tbxtest    # noqa: E402

SIZES = (0, 1, 61439, 61440, 61441, 63487, 63488, 63489, 10 * 1000 * 1000)


def content(size):
    block = hashlib.sha256(b'%d' % size).digest() * 2048
    return (block * (size // len(block) + 1))[:size]


class Base(tbxguest.Case):
    def setUp(self):
        super().setUp()
        place = tempfile.TemporaryDirectory(prefix='tbx-transfer-')
        self.addCleanup(place.cleanup)
        self.local = Path(place.name) / 'local'
        self.remote = Path(place.name) / 'remote'
        for folder in (self.local, self.remote):
            folder.mkdir()
        os.chown(self.remote, self.alice.uid, self.alice.gid)
        Path(place.name).chmod(0o755)

    def vsphere(self, *argv, **named):
        return subprocess.run([tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control),
                               'guest', '-l', self.alice.login, *map(str, argv)], check=False,
                              capture_output=True, timeout=tbxtest.WAIT_SECONDS, **named)

    def must(self, *argv, **named):
        done = self.vsphere(*argv, **named)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def there_and_back(self, sizes):
        for size in sizes:
            with self.subTest(size=size):
                source, back = self.local / f'{size}', self.local / f'{size}.back'
                target = self.remote / f'{size}'
                source.write_bytes(content(size))
                checksum = hashlib.sha256(content(size)).hexdigest().encode()
                self.assertIn(checksum, self.must('upload', '--checksum', source, target).stderr)
                self.assertEqual(target.read_bytes(), content(size))
                self.assertEqual(target.stat().st_uid, self.alice.uid)
                self.assertIn(checksum, self.must('download', '--checksum', target, back).stderr)
                self.assertEqual(back.read_bytes(), content(size))

    def capability(self):
        """What the host was told of the server."""
        return json.loads(self.host.ask('show', '--json'))['guest']['capabilities']['hgfs_server']


class Transfer(Base):
    def test_sizes(self):
        self.start_guest()
        self.there_and_back(SIZES)

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
        """A client that goes away half way, then a daemon that ends: the old file is whole."""
        self.start_guest()
        target = self.remote / 'f'
        self.must('upload', '-', target, input=b'old')
        for end in ('client', 'daemon'):
            client = subprocess.Popen(
                [tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control), 'guest',
                 '-l', self.alice.login, 'upload', '-f', '-', str(target)],
                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            client.stdin.write(content(1000000))
            client.stdin.flush()
            tbxtest.until(lambda: self.open_uploads(), 'the upload is under way', every_ms=20)
            self.assertEqual(target.read_bytes(), b'old')
            if end == 'client':
                client.kill()
            else:
                self.daemon.stop()
                client.stdin.close()
            client.wait()
            if not client.stdin.closed:
                client.stdin.close()
            self.assertEqual(target.read_bytes(), b'old')
            self.assertEqual(os.listdir(self.remote), ['f'])

    def open_uploads(self):
        """Files without a name in the folder that some process of the account has open."""
        found = []
        for fd in Path('/proc').glob('[0-9]*/fd/*'):
            try:
                if os.readlink(fd).startswith(f'{self.remote}/#'):
                    found.append(fd)
            except OSError:
                pass
        return found


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
