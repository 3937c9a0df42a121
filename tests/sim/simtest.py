# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of `vmxsim run` share: a directory, its host, and how programs are run."""

import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest  # noqa: E402  pylint: disable=wrong-import-position

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))   # programs die here on purpose


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='vmxsim-')
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.host = tbxtest.Host(self.directory, 'backdoor')

    def argv(self, *argv, options=()):
        return [tbxtest.program('TBX_VMXSIM'), 'run', '--control', self.host.control, *options,
                '--', *argv]

    def guest(self, *argv, options=(), before=(), **named):
        """Runs a program in the guest to its end; returns subprocess's result."""
        return subprocess.run([*before, *self.argv(*argv, options=options)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=tbxtest.WAIT_SECONDS, **named)

    def start(self, *argv, options=(), name='guest', **named):
        """Starts a program in the guest; it is ended when the test is over."""
        program = tbxtest.Program(name, self.argv(*argv, options=options), **named)
        self.addCleanup(program.stop)
        return program

    @staticmethod
    def children(program):
        """Pids of what vmxsim runs: the program, if it has not ended."""
        pid = program.process.pid
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as children:
            return [int(child) for child in children.read().split()]

    def wait(self, *conditions):
        """Waits until the host says that all is so."""
        for condition in conditions:
            self.host.ask('wait', condition)

    def live_host(self):
        """A host with a program in its guest that does nothing, for others to join."""
        program = self.start('sleep', '1000', name='sleep')
        tbxtest.until(lambda: self.host.control.exists() or program.ended() and program.fail(),
                      'the host listens', every_ms=20)
        return program

    def assert_ran(self, result, status, what=None):
        self.assertEqual(result.returncode, status,
                         f'{what or result.args}\n{result.stdout}{result.stderr}')


def main():
    os.environ['LC_ALL'] = 'C.UTF-8'
    unittest.main(verbosity=2)
