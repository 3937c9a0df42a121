#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guest operations are told, for auditing, and follow the policy, which can be read again."""

import os
import re
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxtest import NAME, ROOT, until

SECRET = 'Never-to-be-told'
FIELDS = ('operation', 'method', 'user', 'uid', 'code', 'code_name', 'error_number', 'duration_usec')


class Operations(tbxguest.Case):
    def setUp(self):
        super().setUp()
        self.start_guest()
        self.heard = self.client().signals(f'{NAME}.Manager', 'Operation')

    def told(self, n=1):
        """The next @n operations."""
        until(lambda: len(self.heard.seen) >= n, f'{n} operations are told')
        told = [dict(zip(FIELDS, arguments)) for path, arguments in self.heard.seen[:n]]
        del self.heard.seen[:n]
        for operation in told:
            self.assertIn(operation.pop('duration_usec'), range(1, 60 * 1000000))
        return told

    def test_success(self):
        self.guest('start', '/bin/sh', '-c', f"': {SECRET}'", '-e', f'A={SECRET}')
        self.assertEqual(self.told(), [{
            'operation': 'start-program', 'method': 'StartProgramInGuest',
            'user': self.alice.name, 'uid': self.alice.uid,
            'code': 0, 'code_name': 'OK', 'error_number': 0}])
        self.daemon.wait_log(rf'start-program for {re.escape(self.alice.name)}: done')

    def test_failure(self):
        self.guest('ls', f'/{SECRET}', check=False)
        self.assertEqual(self.told(), [{
            'operation': 'list-files', 'method': 'ListFilesInGuest',
            'user': self.alice.name, 'uid': self.alice.uid,
            'code': 4, 'code_name': 'FILE_NOT_FOUND', 'error_number': 2}])
        self.daemon.wait_log('list-files for .*: 4 FILE_NOT_FOUND, No such file')

    def test_nobody_was_verified(self):
        """The name is the host's then: it is told as it is, and makes no line of the log."""
        name = 'no such\nuser done'
        self.host.ask('guest', '-l', f'{name}:{SECRET}', 'ls', '/', check=False)
        operation, = self.told()
        self.assertEqual((operation['user'], operation['uid'], operation['code']), (name, -1, 3050))
        self.daemon.wait_log(r'list-files for no such.user done \(not verified\): 3050')
        self.assertEqual(self.daemon.count('^user done'), 0)

    def test_secrets_are_not_told(self):
        if tbxguest.IS_ROOT:   # else any password is right
            self.host.ask('guest', '-l', f'{self.alice.name}:{SECRET}', 'df', check=False)
        self.guest('mkdir', f'/tmp/{SECRET}/{SECRET}', check=False)
        self.guest('start', '/bin/true', SECRET)
        self.guest('getenv', SECRET)
        self.guest('df')
        until(lambda: any(a[0] == 'list-filesystems' and a[4] == 0 for _, a in self.heard.seen),
              'the last one is told')
        self.assertNotIn(SECRET, str(self.heard.seen))
        self.assertNotIn(SECRET, self.daemon.log)

    def test_a_transfer_is_one_operation(self):
        local = self.directory / 'local'
        local.write_bytes(os.urandom(600000))
        place = self.directory / 'place'
        place.mkdir()
        place.chmod(0o777)
        self.guest('upload', local, place / 'file')
        self.guest('df')
        self.assertEqual([o['operation'] for o in self.told(2)],
                         ['transfer-to-guest', 'list-filesystems'])
        self.assertGreater(self.daemon.count('hgfs-packet for .*: done'), 5)   # at debug level

    def test_bus_comes_later(self):
        """The log works without a bus."""
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.guest('df')
        self.daemon.wait_log('list-filesystems for .*: done')
        self.bus.start()
        self.client().wait_name()


class Policy(tbxguest.Case):
    def reload(self, text):
        harmless = (tbxtest.LIB / 'harmless.conf').read_text(encoding='utf-8')
        (self.directory / 'toolboxd.conf').write_text(f'{text}\n{harmless}', encoding='utf-8')
        n = self.daemon.count('Configuration read again')
        os.kill(self.daemon.guest(), signal.SIGHUP)
        until(lambda: self.daemon.count('Configuration read again') > n, 'it is read again')

    def wait_policy(self, test):
        return self.root.wait_property('Manager', 'Policy', test)

    def code(self, *argv, **named):
        """The VIX code with which an operation ends."""
        self.heard.seen.clear()
        self.guest(*argv, check=False, **named)
        until(lambda: self.heard.seen, 'the operation is told')
        return self.heard.seen[0][1][4]

    def start(self, config=''):
        self.start_guest(config)
        self.root = self.client()
        self.heard = self.root.signals(f'{NAME}.Manager', 'Operation')

    def test_shown_as_it_is(self):
        self.start('[guest-operations]\ndeny=StartProgramInGuest\n'
                   '[guest-operations user eve]\nenabled=false\n'
                   '[guest-operations group wheel]\nallow=ListFilesInGuest;\n')
        policy = self.root.get('Manager', 'Policy')
        self.assertTrue(policy['guest-operations'])
        self.assertEqual(len(policy['methods']), 29)
        self.assertEqual(policy['methods']['StartProgramInGuest'], 'denied')
        self.assertEqual(policy['methods']['ListFilesInGuest'], '')
        self.assertEqual(policy['methods']['ListGuestAliases'], 'not-supported')
        self.assertEqual(policy['rules'], {
            'all': {'enabled': True, 'deny': ['StartProgramInGuest']},
            'user eve': {'enabled': False, 'deny': []},
            'group wheel': {'enabled': True, 'deny': [], 'allow': ['ListFilesInGuest']}})

    def test_reload(self):
        self.start()
        self.assertEqual(self.code('df'), 0)
        self.reload('[guest-operations]\nallow=ListFilesInGuest\n')
        policy = self.root.get('Manager', 'Policy')
        self.assertEqual(policy['methods']['MoveFileInGuest'], 'not-allowed')
        self.assertEqual(self.code('start', '/bin/true'), 20005)
        self.assertEqual(self.code('ls', '/'), 0)
        self.reload(self.config_of_guests())
        self.assertEqual(self.root.get('Manager', 'Policy')['methods']['MoveFileInGuest'], '')
        self.assertEqual(self.code('start', '/bin/true'), 0)

    def test_reload_is_told(self):
        self.start()
        heard = self.root.changes(ROOT)
        self.reload('[guest-operations]\nenabled=false\n')
        until(lambda: any('Policy' in c for _, (_, c, _) in heard.seen), 'PropertiesChanged')
        policy = self.root.get('Manager', 'Policy')
        self.assertFalse(policy['guest-operations'])
        self.assertLessEqual(set(policy['methods'].values()), {'off', 'not-supported'})
        self.assertEqual(self.code('df'), 20005)

    def test_one_user(self):
        self.start()
        self.reload(f'[guest-operations user {self.alice.name}]\ndeny=StartProgramInGuest\n')
        self.assertEqual(self.code('start', '/bin/true'), 20005)
        self.assertEqual(self.code('ls', '/'), 0)
        if tbxguest.IS_ROOT:
            self.assertEqual(self.code('start', '/bin/true', account=self.bob), 0)

    def test_broken_file_closes(self):
        self.start()
        for text, said in (('[guest-operations]\nwhat\n', 'toolboxd.conf:2: '),
                           ('[guest-operations]\nenabled=maybe\n', 'toolboxd.conf:2: '),
                           ('[guest-operations]\ndeny=Typo\n', 'Typo')):
            with self.subTest(text):
                self.reload(text)
                self.daemon.wait_log(said)
        self.reload('[guest-operations]\nwhat\n')
        self.assertFalse(self.root.get('Manager', 'Policy')['guest-operations'])
        self.assertEqual(self.code('df'), 20005)
        (self.directory / 'toolboxd.conf').unlink()
        os.kill(self.daemon.guest(), signal.SIGHUP)
        self.daemon.wait_log('No such file')
        self.reload(self.config_of_guests())
        self.assertEqual(self.code('df'), 0)

    def test_programs_survive(self):
        self.start()
        pid = self.start_program('/bin/sleep', '100')
        self.reload(self.config_of_guests('[guest-operations]\ntimeout-ms=300\n'))
        self.assertEqual(self.code('df'), 0)
        self.assertTrue(self.root.get('Process', 'Running', f'{ROOT}/process/{pid}'))
        self.root.call('Process', 'Terminate', path=f'{ROOT}/process/{pid}')

    def test_idle_workers(self):
        self.start()
        self.guest('df')
        worker = self.worker_of(self.daemon.guest())
        self.reload(self.config_of_guests().rstrip('\n') + '\nworker-idle-s=1\n'
                    if tbxguest.IS_ROOT else '[auth]\nworker-idle-s=1\n')
        until(lambda: not Path(f'/proc/{worker}').exists(), 'the idle worker leaves', every_ms=100)

    def worker_of(self, pid):
        children = [int(p) for task in Path(f'/proc/{pid}/task').iterdir()
                    for p in (task / 'children').read_text(encoding='ascii').split()]
        worker, = children
        return worker

    def test_interfaces(self):
        if not tbxguest.IS_ROOT:
            return
        self.start()
        lo = f'{ROOT}/nic/lo'
        self.assertEqual(self.root.get('Nic', 'NotToldReason', lo), 'loopback')
        tbxguest.run('ip', 'link', 'add', 'tbx1', 'type', 'bridge')
        self.addCleanup(tbxguest.run, 'ip', 'link', 'delete', 'tbx1')
        tbxguest.run('ip', 'link', 'set', 'tbx1', 'up')
        nic = f'{ROOT}/nic/tbx1'
        until(lambda: nic in self.root.objects(), 'the interface is shown')
        if not self.root.get('Nic', 'Told', nic):
            self.root.wait_property('Nic', 'Told', True, nic)
        self.reload(self.config_of_guests('[guestinfo]\nexclude-nics=tbx*\n'))
        if self.root.get('Nic', 'NotToldReason', nic) != 'excluded':
            self.root.wait_property('Nic', 'NotToldReason', 'excluded', nic)


tbxtest.main()
