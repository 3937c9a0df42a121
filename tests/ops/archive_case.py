# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of archives share: the tool."""

import errno   # noqa: F401: for those who import this
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
from tbxarchive import (archive, describe, folder, hard_link, link,   # noqa: E402, F401
                        make_tree, member)

# Many small files take long on a disk.
MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
TOOL = os.environ['TBX_ARCHIVE_TOOL']
UNKNOWN_SIZE = 2 ** 63 - 1
TRAILER = b'\x1f\x8b\x08'


class ArchiveCase(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix='tbx-archive-', dir=MEMORY))
        self.addCleanup(self.remove)
        os.umask(0o022)

    def remove(self):
        for path, folders, _ in os.walk(self.dir):
            for folder in folders:
                if not os.path.islink(os.path.join(path, folder)):
                    os.chmod(os.path.join(path, folder), 0o700)
        shutil.rmtree(self.dir)

    def tool(self, *arguments, user=None):
        tool = TOOL
        if user is not None:   # who may not read our tree
            tool = shutil.copy(TOOL, Path(tempfile.gettempdir()) / f'{self.dir.name}-tool')
            self.addCleanup(os.unlink, tool)
        run = subprocess.run([tool, *map(os.fspath, arguments)], capture_output=True, text=True,
                             timeout=120, user=user)
        self.assertEqual(run.returncode, 0, run.stderr)
        answer = json.loads(run.stdout)
        answer['log'] = run.stderr
        return answer

    def get(self, name, *options):
        """(what the host was told, the archive without its trailer)"""
        out = self.dir / 'archive'
        answer = self.tool('get', *options, os.fspath(name), out)
        self.assertEqual(answer['errno'], 0, answer['log'])
        data = out.read_bytes()
        self.assertEqual(len(data), answer['bytes'])
        self.assertEqual(data[-3:], TRAILER)
        return answer, data[:-3]

    def put(self, name, data, *options):
        (self.dir / 'upload').write_bytes(data)
        return self.tool('put', *options, os.fspath(name), self.dir / 'upload')

    def target(self, name='target'):
        path = self.dir / name
        path.mkdir()
        return path

    def assertNothingOpen(self, path):
        """No unfinished file is left there."""
        for _, _, files in os.walk(path):
            self.assertEqual([f for f in files if f.startswith('.') and f.count('.') > 1], [])
