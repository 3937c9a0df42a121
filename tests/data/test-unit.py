#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The systemd unit parses without a word, and says what the daemon relies on.

Usage: test-unit.py UNIT TOOLBOXD: the unit as built, and a program to stand at
its ExecStart, which verify wants to exist.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

UNIT, PROGRAM = sys.argv[1:3]


class Unit(unittest.TestCase):
    def setUp(self):
        with open(UNIT, encoding='utf-8') as unit:
            self.text = unit.read()
        self.lines = [l for l in self.text.splitlines() if l and not l.startswith('#')]

    def test_verify(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'toolboxd.service')
            with open(path, 'w', encoding='utf-8') as copy:
                copy.write(re.sub(r'(?m)^ExecStart=\S+', f'ExecStart={PROGRAM}', self.text))
            run = subprocess.run(['systemd-analyze', 'verify', '--man=no', path],
                                 capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ''))

    def test_promises(self):
        for line in ('Type=notify', 'ConditionVirtualization=vmware', 'Restart=on-failure',
                     'ConfigurationDirectory=toolboxd'):
            self.assertIn(line, self.lines)
        self.assertTrue([l for l in self.lines if l.startswith('WatchdogSec=')])

    def test_nothing_is_inherited(self):
        """No line that a guest user's program would inherit and suffer from."""
        handed_down = re.compile(
            r'^(NoNewPrivileges|SystemCall|CapabilityBoundingSet|Ambient|Protect|Private|'
            r'Restrict|LockPersonality|MemoryDenyWriteExecute|ReadOnlyPaths|ReadWritePaths|'
            r'InaccessiblePaths|TemporaryFileSystem|RootDirectory|User|Group|UMask|Limit)')
        self.assertEqual([l for l in self.lines if handed_down.match(l)], [])


unittest.main(argv=sys.argv[:1])
