#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example in Python: a file scheme and a program, with the real daemon."""

import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'lib'))
import tbxguest  # noqa: E402
import tbxtest  # noqa: E402
from exttest import ACTIONS, Extended  # noqa: E402
from tbxtest import until  # noqa: E402

EXAMPLE = Path(__file__).resolve().parents[2] / 'docs' / 'examples' / 'echo.py'


class Echo(Extended, tbxguest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_polkit().allow(*ACTIONS)
        self.start_host()
        self.start_daemon_of_guests()
        self.root = self.client()
        self.example = tbxtest.Program('echo.py', ['/usr/bin/python3', EXAMPLE],
                                       env={'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address})
        self.addCleanup(self.example.stop)
        self.wait_entries(2)

    def entries_of_example(self):
        return [entry[:2] for entry in self.entries()]

    def vmxsim(self, *argv, data=b''):
        return subprocess.run([tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control),
                               'guest', '-l', self.alice.login, *argv], input=data, check=False,
                              capture_output=True)

    def test_files(self):
        self.assertEqual(self.entries_of_example(),
                         [('file-handler', 'echo'), ('program', 'echo-upper')])
        self.assertEqual(self.vmxsim('download', '/echo:/hello', '-').stdout, b'hello')
        done = self.vmxsim('upload', '-f', '-', '/echo:/there', data=b'what was\nsent\xff')
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.example.wait_log(r"/there: b'what was\\nsent\\xff'")

    def test_large_upload(self):
        self.vmxsim('upload', '-f', '-', '/echo:/large', data=b'x' * 1500000)
        self.example.wait_log(f"/large: b'{'x' * 1000}")
        until(lambda: 'x' * 1500000 + "'" in self.example.log, 'all of it came')

    def test_program(self):
        run = self.vmxsim('run', '-d', '-', 'echo-upper', data=b'hello')
        self.assertEqual((run.returncode, run.stdout), (0, b'HELLO'))
        run = self.vmxsim('run', '-d', '-', 'echo-upper', '42', data=b'abc' * 500000)
        self.assertEqual((run.returncode, run.stdout), (42, b'ABC' * 500000))

    def test_terminate(self):
        pid = self.start_program('echo-upper')
        self.assertGreaterEqual(pid, 4194305)
        path = f'/org/toolboxd/Toolbox1/process/{pid}'
        self.assertTrue(self.root.get('Process', 'Running', path))
        start = time.monotonic()
        self.guest('kill', '-p', str(pid))
        self.assertLess(time.monotonic() - start, 3)
        until(lambda: not self.root.get('Process', 'Running', path), 'it ends')
        self.assertEqual(self.root.get('Process', 'ExitCode', path), 143)

    def test_daemon_restarts(self):
        """It registers anew."""
        self.assertEqual(self.vmxsim('download', '/echo:/one', '-').stdout, b'one')
        self.stop_daemon()
        if self.host.kind == 'socket':
            self.root.wait_name(present=False)
        self.start_daemon_of_guests()
        self.wait_entries(2)
        self.assertEqual(self.vmxsim('download', '/echo:/two', '-').stdout, b'two')
        run = self.vmxsim('run', '-d', '-', 'echo-upper', data=b'again')
        self.assertEqual(run.stdout, b'AGAIN')

    def test_example_ends(self):
        """What it ran has ended, and what it served is not there."""
        pid = self.start_program('echo-upper')
        self.example.stop()
        self.wait_entries(0)
        path = f'/org/toolboxd/Toolbox1/process/{pid}'
        until(lambda: not self.root.get('Process', 'Running', path), 'it ends')
        self.assertEqual(self.root.get('Process', 'ExitCode', path), 255)
        self.assertNotEqual(self.vmxsim('download', '/echo:/hello', '-').returncode, 0)


unittest.main()
