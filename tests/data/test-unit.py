#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The systemd units parse without a word, and say what the daemon relies on.

Usage: test-unit.py UNIT TOOLBOXD WORKER SOCKET: the units as built, of the daemon,
its workers and their socket, and a program to stand at ExecStart, which verify
wants to exist.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

UNIT, PROGRAM, WORKER, SOCKET = sys.argv[1:5]


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


def read(path):
    with open(path, encoding='utf-8') as unit:
        return unit.read()


class WorkerUnits(unittest.TestCase):
    def test_verify(self):
        with tempfile.TemporaryDirectory() as directory:
            socket = os.path.join(directory, 'toolboxd-worker.socket')
            service = os.path.join(directory, 'toolboxd-worker@.service')
            with open(socket, 'w', encoding='utf-8') as copy:
                copy.write(read(SOCKET))
            with open(service, 'w', encoding='utf-8') as copy:
                copy.write(re.sub(r'(?m)^ExecStart=\S+', f'ExecStart={PROGRAM}', read(WORKER)))
            run = subprocess.run(['systemd-analyze', 'verify', '--man=no', socket,
                                  service.replace('@', '@1')],
                                 capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ''))

    def test_socket(self):
        """One worker a connection, and only root may connect."""
        lines = read(SOCKET).splitlines()
        for line in ('Accept=yes', 'SocketMode=0600',
                     'ListenSequentialPacket=/run/toolboxd/worker.sock'):
            self.assertIn(line, lines)

    def test_worker(self):
        """It is limited in nothing, and its programs outlive it."""
        lines = [l for l in read(WORKER).splitlines() if l and not l.startswith(('#', '['))]
        keys = [l.split('=')[0] for l in lines]
        self.assertEqual(keys, ['Description', 'CollectMode', 'Type', 'ExecStart', 'KillMode',
                                'TimeoutStopSec'])
        self.assertIn('KillMode=process', lines)


unittest.main(argv=sys.argv[:1])
