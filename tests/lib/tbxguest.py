# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guest operations in tests: accounts, a daemon that lets them in, and what vSphere does.

As root the accounts are the test's own, and PAM has the service of the source; else the
only account is our own, and the daemon is started with --auth=self.
"""

import os
import pwd
import signal
import subprocess
import time
import unittest
from pathlib import Path

import tbxtest

PAM = Path(__file__).resolve().parents[2] / 'data' / 'pam'
PASSWORD = 'Right-battery-4711'
IS_ROOT = os.geteuid() == 0


def run(*argv, **named):
    """Changes the accounts of the system, whose lock others may hold for a moment."""
    for attempt in range(20):
        done = subprocess.run(argv, check=False, capture_output=True, text=True, **named)
        if done.returncode == 0:
            return
        time.sleep(0.25 if attempt else 0)
    raise AssertionError(f'{argv}: {done.stderr}')


class Account:
    def __init__(self, name):
        self.name = name
        entry = pwd.getpwnam(name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self.login = f'{name}:{PASSWORD}'


def make_account(name):
    run('useradd', '-M', '-U', '-s', '/usr/sbin/nologin', name)
    run('chpasswd', '-c', 'SHA512', '-s', '1000', input=f'{name}:{PASSWORD}\n')
    return Account(name)


def remove_account(account):
    """Ends what runs as the account before another gets its number."""
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            if folder.stat().st_uid == account.uid:
                os.kill(int(folder.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass
    run('userdel', '-f', account.name)


needs_root = unittest.skipUnless(IS_ROOT, 'makes accounts: only root may')


class Case(tbxtest.Case):
    """A test with guest accounts: alice and, as root, bob."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not IS_ROOT:
            cls.alice = Account(pwd.getpwuid(os.geteuid()).pw_name)
            return
        for name in ('alice', 'bob'):
            account = make_account(f'tbx-{name[0]}{os.getpid()}')
            cls.addClassCleanup(remove_account, account)
            setattr(cls, name, account)

    def start_guest(self, config='', **named):
        """Starts bus, host and daemon; @config: more of its configuration."""
        self.start_bus()
        self.start_host()
        self.start_daemon_of_guests(config, **named)

    def config_of_guests(self, config=''):
        return config + (f'\n[auth]\npam-directory={PAM}\n' if IS_ROOT else '')

    def start_daemon_of_guests(self, config='', arguments=(), **named):
        arguments = ['--worker', tbxtest.program('TBX_WORKER'),
                     *([] if IS_ROOT else ['--auth=self']), *arguments]
        self.start_daemon(self.config_of_guests(config), arguments=arguments, **named)

    def guest(self, *argv, account=None, check=True):
        """What `vmxsim guest -l USER:PASSWORD …` prints."""
        return self.host.ask('guest', '-l', (account or self.alice).login, *argv, check=check)

    def start_program(self, *argv, account=None):
        """Starts a program in the guest; its process id."""
        return int(self.guest('start', *argv, account=account))
