#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs get scopes of systemd where it is PID 1, and run all the same where it fails."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxtest import ROOT, until

# In a mount namespace of its own the daemon finds itself where systemd was booted, or not.
WITH_RUN = ['unshare', '--mount', 'sh', '-c']
BOOTED = [*WITH_RUN, 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$@"', 'sh']
NOT_BOOTED = [*WITH_RUN, 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh']
SLOW = 'systemd is slow'
GATED = 'Programs get scopes of systemd'


@tbxguest.needs_root
class Scopes(tbxguest.Case):
    def start_with(self, behaviour, before=BOOTED):
        self.start_bus()
        self.start_host()
        systemd = self.start_systemd(behaviour) if behaviour else None
        self.start_daemon_of_guests(before=before)
        self.root = self.client()
        if behaviour and before is BOOTED:
            self.daemon.wait_log(GATED)
        return systemd

    def run_program(self):
        """Runs a program until it has begun, and returns its process id."""
        file = self.directory / 'place' / 'file'
        file.parent.mkdir(exist_ok=True)
        file.parent.chmod(0o777)
        file.unlink(missing_ok=True)
        pid = self.start_program('/bin/sh', '-c', f"'echo >{file}; sleep 100'")
        until(file.exists, 'the program runs', every_ms=10)
        self.root.call('Process', 'Terminate', path=f'{ROOT}/process/{pid}')
        return pid

    def test_scope_is_made_first(self):
        systemd = self.start_with('work')
        pid = self.run_program()
        scope, = systemd.started()
        self.assertEqual({k: scope[k] for k in ('name', 'mode', 'aux')},
                         {'name': f'toolboxd-{pid}.scope', 'mode': 'fail', 'aux': []})
        self.assertEqual(scope['properties'], {
            'Description': f'Program of {self.alice.name}, started by the virtualization host',
            'Slice': 'system-toolboxd.slice', 'CollectMode': 'inactive-or-failed', 'PIDs': [pid]})
        self.assertIn('toolboxd-worker', scope['commands'][0])   # it had not begun
        self.assertIsNone(self.daemon.find(f'systemd did not make|{SLOW}'))

    def test_each_has_its_own(self):
        systemd = self.start_with('work')
        pids = [self.run_program() for _ in range(5)]
        self.assertEqual([s['name'] for s in systemd.started()],
                         [f'toolboxd-{pid}.scope' for pid in pids])

    def test_systemd_refuses(self):
        systemd = self.start_with('refuse')
        pid = self.run_program()
        self.assertEqual(len(systemd.started()), 1)
        self.daemon.wait_log(rf'systemd did not make toolboxd-{pid}\.scope: it is there')
        self.assertIsNone(self.daemon.find(SLOW))

    def test_job_fails(self):
        self.start_with('fail')
        pid = self.run_program()
        self.daemon.wait_log(rf'systemd did not make toolboxd-{pid}\.scope: failed')
        self.assertIsNone(self.daemon.find(SLOW))

    def test_systemd_hangs(self):
        for behaviour in ('silent', 'stuck'):
            with self.subTest(behaviour):
                systemd = self.start_with(behaviour)
                self.guest('df')   # whatever a login takes
                start = time.monotonic()
                self.run_program()
                self.assertLess(time.monotonic() - start, 3)
                self.assertEqual(len(systemd.started()), 1)
                self.doCleanups()
                self.setUp()

    def test_systemd_goes(self):
        systemd = self.start_with('stuck')
        systemd.stop()
        self.root.wait_name(systemd.NAME, present=False)
        self.run_program()
        self.assertIsNone(self.daemon.find(SLOW))

    def test_bus_goes_while_one_waits(self):
        systemd = self.start_with('stuck')
        pid = self.start_program('/bin/true')
        until(systemd.started, 'systemd is asked', every_ms=10)
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.bus.start()
        client = self.client()
        client.wait_name()
        if client.get('Process', 'Running', f'{ROOT}/process/{pid}'):
            client.wait_property('Process', 'Running', False, f'{ROOT}/process/{pid}')
        self.assertEqual(client.get('Process', 'ExitCode', f'{ROOT}/process/{pid}'), 0)

    def test_systemd_comes_later(self):
        self.start_with(None)
        self.run_program()
        systemd = self.start_systemd()
        self.daemon.wait_log(GATED)
        pid = self.run_program()
        self.assertEqual([s['name'] for s in systemd.started()], [f'toolboxd-{pid}.scope'])

    def test_not_where_systemd_is_not_pid_1(self):
        systemd = self.start_with('work', before=NOT_BOOTED)
        self.run_program()
        self.assertEqual(systemd.started(), [])
        self.assertIsNone(self.daemon.find(GATED))


tbxtest.main()
