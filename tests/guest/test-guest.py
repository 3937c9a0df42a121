# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guest operations end to end: a vSphere client's commands, the real daemon, real accounts.

Root makes two accounts for it and logs in by PAM, with the service file of this tree;
without that right the daemon serves the account that runs the test (--auth=self).
"""

import ctypes
import os
import pwd
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest   # noqa: E402

ROOT = os.geteuid() == 0
PASSWORD = 'correct horse'
LIBC = ctypes.CDLL(None, use_errno=True)


class Accounts:
    """Accounts for one test, removed after it."""

    def __init__(self, test, *names):
        self.users = []
        for name in names:
            user = f'tbx{os.getpid() % 10000}{name}'
            subprocess.run(['useradd', '--no-create-home', '--home-dir', '/nonexistent',
                            '--shell', '/bin/sh', user], check=True)
            test.addCleanup(subprocess.run, ['userdel', '--force', user], check=False,
                            capture_output=True)
            subprocess.run(['chpasswd'], input=f'{user}:{PASSWORD}', text=True, check=True)
            self.users.append(user)


class Guest(tbxtest.Case):
    CONFIG = ''

    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_host()
        # Whatever a test makes is below this; everybody may make something here.
        self.place = Path(tempfile.mkdtemp(prefix='tbx-guest-'))
        self.place.chmod(0o1777)
        self.addCleanup(subprocess.run, ['rm', '-rf', str(self.place)], check=False)
        worker = [f'--worker={tbxtest.program("TBX_WORKER")}']
        if ROOT:
            self.alice, self.bob = Accounts(self, 'alice', 'bob').users
            self.start_daemon(f'[auth]\npam-directory={tbxtest.program("TBX_PAM_DIRECTORY")}\n'
                              + self.CONFIG, arguments=worker)
        else:
            self.alice = pwd.getpwuid(os.geteuid()).pw_name
            self.start_daemon(self.CONFIG, arguments=[*worker, '--auth=self'])

    def guest(self, *argv, user=None, password=PASSWORD, check=True, text=None):
        """Runs a guest operation; returns what it printed, or the VIX code when it fails."""
        run = subprocess.run([tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control),
                              'guest', '-l', f'{user or self.alice}:{password}', *map(str, argv)],
                             input=text, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return run.stdout.rstrip('\n')
        code = re.search(r': (\d+) [A-Z]', run.stderr)
        if check or not code:
            raise AssertionError(f'guest {" ".join(map(str, argv))}: {run.stderr}')
        return int(code[1])

    def wait_exit(self, pid):
        """Exit code of a program, once it has one."""
        line = self.guest('ps', '-X', '-x', '-p', pid).splitlines()[1]
        return int(re.search(r'\d\d:\d\d:\d\d\s+\S+ \S+\s+(-?\d+)\s', line)[1])


class Files(Guest):
    def test_life_of_a_file(self):
        folder = self.place / 'a' / 'b c'
        self.guest('mkdir', '-p', folder)
        self.assertEqual(self.guest('mkdir', folder, check=False), 12)
        path = self.guest('mktemp', '-p', folder, '-t', 'pre', '-s', '.txt')
        self.assertRegex(path, r'/a/b c/prevmware\d+\.txt$')
        info = os.stat(path)
        self.assertEqual(info.st_uid, pwd.getpwnam(self.alice).pw_uid)
        self.assertEqual(stat.S_IMODE(info.st_mode), 0o600)
        self.guest('chmod', '751', path)
        self.guest('touch', '-d', '2001-02-03T04:05:06Z', path)
        info = os.stat(path)
        self.assertEqual((stat.S_IMODE(info.st_mode), int(info.st_mtime)), (0o751, 981173106))
        other = folder / '<ä>&"\'%.x'
        self.guest('mv', path, other)
        self.assertEqual(self.guest('ls', '-s', folder).splitlines(), ['.', '..', other.name])
        self.guest('touch', folder / 'new')
        self.assertEqual(self.guest('mv', '-n', other, folder / 'new', check=False), 12)
        self.guest('mv', folder, self.place / 'moved')
        self.assertEqual(self.guest('rmdir', self.place / 'moved', check=False), 20006)
        self.guest('rm', self.place / 'moved' / 'new')
        self.guest('rmdir', '-r', self.place / 'moved')
        self.assertEqual(list((self.place / 'a').iterdir()), [])

    def test_transfer(self):
        for size in (0, 1, 61439, 61440, 61441, 300000):
            content = os.urandom(size)
            local = self.directory / 'local'
            local.write_bytes(content)
            target = self.place / f'f{size}'
            self.guest('upload', '-m', '640', local, target)
            self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o640)
            self.assertEqual(target.read_bytes() if ROOT else content, content)
            self.assertEqual(self.guest('upload', local, target, check=False), 12)
            back = self.directory / f'back{size}'
            self.guest('download', target, back)
            self.assertEqual(back.read_bytes(), content)


class Programs(Guest):
    def test_fifty_at_once(self):
        pids = {self.guest('start', '/bin/sh', '-c', f"'exit {i}'"): i for i in range(50)}
        self.assertEqual(len(pids), 50)
        for pid, code in pids.items():
            self.assertEqual(self.wait_exit(pid), code)
        zombies = [p for p in Path('/proc').glob('[0-9]*/stat')
                   if p.parent.name in pids and ') Z ' in p.read_text()]
        self.assertEqual(zombies, [])

    def test_environment_is_told_and_given(self):
        out = self.place / 'out'
        told = self.guest('getenv', 'HOME', 'USER', 'PATH', 'LANG').splitlines()
        self.wait_exit(self.guest('start', '/usr/bin/env', '>', out))
        given = self.guest('download', out, '-').splitlines()
        self.assertEqual(len(told), 4)
        for variable in told:
            self.assertIn(variable, given)
        self.wait_exit(self.guest('start', '-e', 'A=b', '/usr/bin/env', '>', out))
        given = self.guest('download', out, '-').splitlines()
        self.assertEqual([v for v in given if not v.startswith(('PWD=', 'SHLVL=', '_='))], ['A=b'])

    def test_kill(self):
        pid = self.guest('start', '/bin/sleep', '1000')
        self.guest('kill', '-p', pid)
        self.assertEqual(self.wait_exit(pid), 128 + 15)
        self.assertEqual(self.guest('kill', '-p', pid, check=False), 20003)


@unittest.skipUnless(ROOT, 'makes accounts: only root may')
class TwoUsers(Guest):
    def test_one_cannot_touch_what_is_the_others(self):
        secret = self.place / 'secret'
        self.guest('mkdir', secret)
        path = self.guest('mktemp', '-p', secret)
        pid = self.guest('start', '/bin/sleep', '1000')
        uid = pwd.getpwnam(self.bob).pw_uid
        for operation in (('ls', secret), ('rm', path), ('rmdir', '-r', secret),
                          ('chmod', '777', secret), ('chown', uid, secret),
                          ('mv', secret, self.place / 'stolen'), ('download', path, '-'),
                          ('upload', '-f', '/etc/passwd', path), ('mktemp', '-p', secret)):
            self.assertIn(self.guest(*operation, user=self.bob, check=False), (4, 13), operation)
        self.assertEqual(self.guest('kill', '-p', pid, user=self.bob, check=False), 3015)
        self.assertEqual(self.guest('ls', '-s', secret).splitlines()[2:], [Path(path).name])
        self.guest('kill', '-p', pid)

    def test_programs_have_the_users_groups(self):
        subprocess.run(['groupadd', f'{self.alice}g'], check=True)
        self.addCleanup(subprocess.run, ['groupdel', f'{self.alice}g'], check=False)
        subprocess.run(['usermod', '-aG', f'{self.alice}g', self.alice], check=True)
        out = self.place / 'out'
        self.wait_exit(self.guest('start', '/usr/bin/id', '-Gn', '>', out))
        self.assertEqual(out.read_text().split(), [self.alice, f'{self.alice}g'])

    def test_refusals(self):
        self.assertEqual(self.guest('validate', password='wrong', check=False), 3050)
        self.assertEqual(self.guest('validate', user='nobody-here', check=False), 3050)
        self.assertEqual(self.guest('validate', user='a/b', check=False), 3)
        subprocess.run(['usermod', '--lock', self.alice], check=True)
        self.assertEqual(self.guest('validate', check=False), 3050)
        subprocess.run(['usermod', '--unlock', self.alice], check=True)
        self.guest('validate')
        subprocess.run(['chpasswd'], input=f'{self.alice}:another', text=True, check=True)
        self.assertEqual(self.guest('validate', check=False), 3050)
        self.guest('validate', password='another')


class Policy(Guest):
    CONFIG = '[guest-operations]\ndeny=ListProcessesInGuest;DeleteFileInGuest\n'

    def test_denied_before_the_login(self):
        self.assertEqual(self.guest('ps', password='wrong', user='nobody-here', check=False), 20005)
        self.assertEqual(self.guest('rm', '/nonexistent', check=False), 20005)
        self.guest('validate')


@unittest.skipUnless(ROOT, 'mounts a file system: only root may')
class Hung(Guest):
    CONFIG = '[guest-operations]\ntimeout-ms=300\n'

    def mount(self):
        """A file system of FUSE whose server never answers."""
        folder = self.place / 'hung'
        folder.mkdir()
        fd = os.open('/dev/fuse', os.O_RDWR)
        options = f'fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other'
        if LIBC.mount(b'tbx', str(folder).encode(), b'fuse.tbx', 0, options.encode()):
            raise OSError(ctypes.get_errno(), 'mount')
        # Closing its descriptor ends all that waits for it.
        self.addCleanup(LIBC.umount2, str(folder).encode(), 2)
        self.addCleanup(os.close, fd)
        return folder

    def ping_behind_a_list_of(self, folder):
        """Seconds until the ping came back, the start of both clients included."""
        self.guest('validate')
        start = time.monotonic()
        listing = subprocess.Popen(
            [tbxtest.program('TBX_VMXSIM'), '--control', str(self.host.control), 'guest', '-l',
             f'{self.alice}:{PASSWORD}', 'ls', str(folder)], stderr=subprocess.PIPE, text=True)
        self.assertEqual(self.host.ask('rpc', 'ping'), 'OK ')
        took = time.monotonic() - start
        self.assertIn(': 7 ', listing.communicate()[1])
        return took

    def test_a_hung_file_system_holds_up_nobody(self):
        folder = self.mount()
        times = [self.ping_behind_a_list_of(folder) for _ in range(3)]
        self.assertEqual(self.guest('ls', '-s', '/etc', '^passwd$', user=self.bob), 'passwd')
        # Another worker serves the user meanwhile.
        self.assertEqual(self.guest('validate'), '')
        # What else the machine does must not count.
        self.assertLess(min(times), 0.5, times)

    def test_a_fifo_is_no_file(self):
        fifo = self.place / 'fifo'
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        self.assertEqual(self.guest('download', fifo, '-', check=False), 20001)
        self.assertEqual(self.guest('rm', fifo, check=False), 20001)


if __name__ == '__main__':
    unittest.main()
