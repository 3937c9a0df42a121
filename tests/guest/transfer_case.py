# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of transfers share: folders on both sides, and the client."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest   # noqa: E402
import tbxhgfs    # noqa: E402
import tbxtest    # noqa: E402


def content(size):
    block = hashlib.sha256(b'%d' % size).digest() * 2048
    return (block * (size // len(block) + 1))[:size]


class TransferCase(tbxguest.Case):
    """@self.remote is alice's, @self.local is not."""

    def setUp(self):
        super().setUp()
        place = tempfile.TemporaryDirectory(prefix='tbx-transfer-')
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.local = self.place / 'local'
        self.remote = self.place / 'remote'
        for folder in (self.local, self.remote):
            folder.mkdir()
        os.chown(self.remote, self.alice.uid, self.alice.gid)
        self.place.chmod(0o755)

    def argv(self, *argv):
        return [tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control), 'guest',
                '-l', self.alice.login, *map(str, argv)]

    def vsphere(self, *argv, **named):
        return subprocess.run(self.argv(*argv), check=False, capture_output=True,
                              timeout=tbxtest.WAIT_SECONDS, **named)

    def must(self, *argv, **named):
        done = self.vsphere(*argv, **named)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def start_client(self, *argv):
        """One that is still at it: its standard input is a pipe."""
        client = subprocess.Popen(self.argv(*argv), stdin=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_client, client)
        return client

    @staticmethod
    def end_client(client):
        client.kill()
        client.wait()
        client.stdin.close()

    def hgfs(self, raw=False):
        """An HGFS session of alice's."""
        name, _, password = self.alice.login.partition(':')
        session = tbxhgfs.Session(str(self.host.control), name, password, raw=raw)
        self.addCleanup(session.socket.close)
        return session

    def workers(self):
        """The processes of workers that are alice."""
        found = []
        for path in Path('/proc').glob('[0-9]*'):
            try:
                if ((path / 'comm').read_text().startswith('toolboxd-worker'[:15])
                        and path.stat().st_uid == self.alice.uid):
                    found.append(int(path.name))
            except OSError:
                pass
        return found

    def worker(self):
        # A program that has been started is one of them until it is executed.
        return tbxtest.until(lambda: (found := self.workers()) and len(found) == 1 and found[0],
                             'there is one worker', every_ms=10)

    def open_uploads(self):
        """Files without a name in the folder that some process has open."""
        found = []
        for fd in Path('/proc').glob('[0-9]*/fd/*'):
            try:
                if os.readlink(fd).startswith(f'{self.remote}/#'):
                    found.append(fd)
            except OSError:
                pass
        return found
