#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as a service: how it starts, what it says of it, and how it ends."""

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import until

TOOLBOXD = tbxtest.program('TBX_TOOLBOXD')


class Manager:
    """systemd, as far as a service can tell."""

    def __init__(self, directory):
        self.path = Path(directory) / 'notify'
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        self.told = []   # (when, by the monotonic clock; what)

    def hears(self, what):
        """How often it was told so by now."""
        while True:
            try:
                text = self.socket.recv(4096).decode('ascii')
            except BlockingIOError:
                break
            self.told += [(time.monotonic(), line) for line in text.splitlines()]
        return sum(1 for _, line in self.told if line == what)


class Service(tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.host = tbxtest.Host(self.directory, 'socket')
        self.manager = Manager(self.directory)
        self.addCleanup(self.manager.socket.close)

    def run_daemon(self, *arguments, env=None):
        """Runs one that should end by itself."""
        variables = {name: value for name, value in os.environ.items()
                     if not name.startswith('TOOLBOXD_')}
        return subprocess.run([TOOLBOXD, '--config=/dev/null', *arguments], check=False, text=True,
                              capture_output=True, timeout=tbxtest.WAIT_SECONDS,
                              env={**variables, 'NOTIFY_SOCKET': str(self.manager.path),
                                   **(env or {})})

    def on_vmware(self):
        """Whether we are: there the daemon would find a real host."""
        return subprocess.run(['systemd-detect-virt', '--vm'], capture_output=True, text=True,
                              check=False).stdout.strip() == 'vmware'

    def test_elsewhere(self):
        """Without VMware there is nothing to do, which is no failure."""
        if self.on_vmware():
            return
        result = self.run_daemon()
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r'\A.*Nothing to do: this machine is not a VMware guest\n\Z')
        self.assertEqual(self.manager.hears('READY=1'), 1)

    def test_backdoor_that_was_named_is_not_there(self):
        if self.on_vmware():
            return
        result = self.run_daemon('--transport=backdoor')
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r'\A.*Nothing to do: no backdoor answers\n\Z')

    def test_usage(self):
        for argument in ('--transport=none', '--transport=socket:',
                         '--transport=socket:not/absolute', '--transport=AUTO', '--trace=all',
                         '--no-such-option', 'word'):
            with self.subTest(argument):
                result = self.run_daemon(argument)
                self.assertEqual(result.returncode, 2)
                self.assertRegex(result.stderr, r'\Atoolboxd: [^\n]+\n\Z')
                self.assertEqual(self.manager.hears('READY=1'), 0)

    def test_who_names_the_transport(self):
        """The command line counts before the environment, and that before the file."""
        if self.on_vmware():
            return
        config = self.directory / 'some.conf'
        config.write_text('[toolboxd]\ntransport=backdoor\n', encoding='utf-8')
        file = f'--config={config}'
        backdoor, elsewhere = 'no backdoor answers', 'not a VMware guest'
        for arguments, variable, said in (
                ([file], None, backdoor), ([file], '', backdoor), ([file], 'auto', elsewhere),
                ([file, '--transport=auto'], None, elsewhere),
                ([file, '--transport=auto'], 'backdoor', elsewhere),
                (['--transport=backdoor'], 'auto', backdoor), ([], 'backdoor', backdoor)):
            with self.subTest(arguments=arguments, variable=variable):
                env = None if variable is None else {'TOOLBOXD_TRANSPORT': variable}
                self.assertIn(said, self.run_daemon(*arguments, env=env).stderr)

    def test_manager_is_told(self):
        """Ready, alive at least twice a period, and stopping."""
        period = 0.4
        self.start_host()
        self.start_daemon(ready=False, env={'NOTIFY_SOCKET': str(self.manager.path),
                                            'WATCHDOG_USEC': str(int(period * 1e6))})
        until(lambda: self.manager.hears('WATCHDOG=1') >= 5, 'five signs of life', every_ms=20)
        self.assertEqual(self.manager.told[0][1], 'READY=1')
        signs = [when for when, line in self.manager.told if line == 'WATCHDOG=1']
        self.assertLess((signs[-1] - signs[0]) / (len(signs) - 1), period)
        self.assertEqual(self.manager.hears('STOPPING=1'), 0)
        self.stop_daemon()
        self.assertEqual(self.manager.hears('STOPPING=1'), 1)

    def test_ordinary_user(self):
        """Serves the host without any right, and without a bus."""
        self.start_host()
        self.host.socket.chmod(0o777)
        copy = self.directory / 'toolboxd'   # nobody may not read our tree
        shutil.copy(TOOLBOXD, copy)
        user = {}
        if os.geteuid() == 0:
            user = {'user': tbxtest.NOBODY, 'group': tbxtest.NOBODY, 'extra_groups': []}
        daemon = tbxtest.Program('toolboxd', [copy, '--config=/dev/null',
                                              f'--transport=socket:{self.host.socket}'],
                                 {'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address}, cwd='/', **user)
        self.addCleanup(daemon.stop)
        daemon.wait_log('serves the host over the socket')
        for wanted in ('running', 'capability=statechange', 'host-name', 'os'):
            self.host.ask('wait', '--timeout=30', wanted)
        self.assertEqual(daemon.stop(), 0)

    def test_passwords_stay(self):
        """As root it leaves no core, nor its memory to who has not the right to trace."""
        def may_read(pid):
            argv = [*without, 'sh', '-c', f'exec 3</proc/{pid}/mem']
            return subprocess.run(argv, check=False, capture_output=True).returncode == 0

        without = []
        if os.geteuid() == 0:
            without = ['setpriv', '--bounding-set=-sys_ptrace', '--']
        self.start_host()
        self.start_daemon(ready=False, before=without)
        self.host.ask('wait', '--timeout=30', 'running')
        like_it = tbxtest.Program('sleep', [*without, 'sleep', '60'])
        self.addCleanup(like_it.stop)
        until(lambda: Path(f'/proc/{like_it.process.pid}/comm').read_text() == 'sleep\n', 'exec')
        if os.geteuid() == 0:
            self.assertTrue(may_read(like_it.process.pid))
        self.assertEqual(may_read(self.daemon.guest()),
                         os.geteuid() != 0 and may_read(like_it.process.pid))

    def test_trace(self):
        """It tells what is said, in words only on demand, and a login never."""
        self.start_host()
        login = 'nobody:Secret-4711'
        told = base64.b64encode(login.replace(':', '\0').encode() + b'\0')[:20].decode()
        for option, shown in (('--trace', False), ('--trace=payload', True)):
            with self.subTest(option=option):
                self.start_daemon(ready=False, arguments=[option])
                self.host.ask('wait', '--timeout=30', 'running')
                self.host.ask('rpc', 'Set_Option tbxoption word-4711')
                self.host.ask('guest', '-l', login, 'validate', check=False)
                self.daemon.wait_log('TCLO < Vix_1_Relayed_Command')
                self.assertIn('TCLO < Set_Option (30 bytes)', self.daemon.log)
                self.assertEqual('word-4711' in self.daemon.log, shown)
                self.assertEqual('bytes hidden>' in self.daemon.log, shown)
                self.assertNotIn('Secret-4711', self.daemon.log)
                self.assertNotIn(told, self.daemon.log)
                self.stop_daemon()

    def test_bad_configuration(self):
        """Each mistake is named once, with its place, and the daemon serves all the same."""
        self.start_host()
        self.start_daemon(ready=False, config=(
            '[toolboxd]\ntransport=carrier\ntransport=pigeon\n'
            '[guestinfo]\nprimary-nic=eth0\n[no-such-group]\nkey=value\n'))
        self.daemon.wait_log('serves the host')
        name = self.directory / 'toolboxd.conf'
        for place, times in ((rf'{name}:3: \[toolboxd\] transport: “pigeon”', 1),
                             (rf'{name}:5: \[guestinfo\] primary-nic: ', 1),
                             (rf'{name}:6: \[no-such-group\]: ', 1), (rf'{name}:', 3)):
            self.assertEqual(self.daemon.count(place), times, self.daemon.log)


tbxtest.main()
