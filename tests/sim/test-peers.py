#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's own tools for VMware guests, as they are, in the guest of our host.

They were written against real hosts: what they can do here proves the simulator.
"""

import shutil
import subprocess
import time

import simtest
from simtest import tbxtest

BANDWIDTHS = {'high': (), 'low': ('--low-bandwidth',), 'alternate': ('--alternate-bandwidth',)}

# As fast as the tools go, and all that they keep in a place of our own.
CONFIG = '''[logging]
log = true
vmsvc.level = warning
vmsvc.handler = file
vmsvc.data = {0}/vmsvc.log
vmtoolsd.level = warning
vmtoolsd.handler = file
vmtoolsd.data = {0}/vmtoolsd.log
[guestinfo]
poll-interval = 1
'''


class OneShot(simtest.Case):
    def rpctool(self, request, status, output, options=()):
        result = self.guest('vmware-rpctool', request, options=options)
        self.assert_ran(result, status, request)
        self.assertEqual((result.stdout + result.stderr).rstrip('\n'), output, request)

    def test_rpctool(self):
        self.live_host()
        for number, (name, options) in enumerate(BANDWIDTHS.items()):
            with self.subTest(name):
                value = f'value {number} ' + 'x' * number   # each length modulo four
                self.rpctool(f'info-get guestinfo.t{number}', 1, 'No value found', options)
                self.rpctool(f'info-set guestinfo.t{number} {value}', 0, '', options)
                self.rpctool(f'info-get guestinfo.t{number}', 0, value, options)
                self.rpctool('no-such-command 1', 1, 'Unknown command', options)
                self.assertEqual(self.host.ask('get', f't{number}'), value)
        self.assertEqual(self.host.show()['statistics']['violations'], 0)

    def test_long_values(self):
        self.live_host()
        for name, options in BANDWIDTHS.items():
            with self.subTest(name):
                self.host.ask('set', 'long', 'y' * 20001)
                self.rpctool('info-get guestinfo.long', 0, 'y' * 20001, options)
                self.rpctool('info-set guestinfo.back ' + 'z' * 20002, 0, '', options)
                self.assertEqual(self.host.ask('get', 'back'), 'z' * 20002)

    def test_checkvm(self):
        for name, options in BANDWIDTHS.items():
            with self.subTest(name):
                result = self.guest('vmware-checkvm', options=options)
                self.assert_ran(result, 0)
                self.assertIn('VMware software version 6', result.stdout)

    def test_not_vmware_without_us(self):
        """Else the test before this one says nothing."""
        result = subprocess.run(['vmware-checkvm'], capture_output=True, text=True,
                                        check=False)
        self.assertNotIn('VMware software version', result.stdout)

    def test_checkpoints(self):
        """At each step of the exchange in turn; the tool sees nothing of it."""
        self.live_host()
        self.host.ask('set', 'x', 'unharmed')
        steps = {'send-payload': ('--low-bandwidth',), 'recv-payload': ('--low-bandwidth',),
                 'hb-out': (), 'hb-in': (), 'recv-status': ()}
        for step, options in steps.items():
            for nth in (1, 2, 3) if options else (1,):
                with self.subTest(f'{step} {nth}'):
                    self.host.ask('fault', 'checkpoint', '--protocol', 'rpci', '--step', step,
                                  '--nth', str(nth))
                    self.rpctool('info-get guestinfo.x', 0, 'unharmed', options)
                    self.wait('no-fault')

    def test_other_faults(self):
        """What a tool of one request can only report."""
        self.live_host()
        self.host.ask('set', 'x', 'unharmed')
        self.host.ask('fault', 'refuse-open', '--count', '1')   # with a cookie; without it goes
        self.rpctool('info-get guestinfo.x', 0, 'unharmed')
        for kind in ('drop-cookie', 'fail', 'missing', 'huge', 'endless', 'wrong-type'):
            with self.subTest(kind):
                self.host.ask('fault', kind, '--step', 'recv-size', '--protocol', 'rpci')
                result = self.guest('vmware-rpctool', 'info-get guestinfo.x')
                self.assert_ran(result, 1, kind)
                self.assertNotIn('unharmed', result.stdout)
                self.wait('no-fault')
        self.host.ask('fault', 'slow', '--delay-ms', '60', '--count', '4')
        begin = time.monotonic()
        self.rpctool('info-get guestinfo.x', 0, 'unharmed')
        self.assertGreater(time.monotonic() - begin, 0.24)
        for kind in ('low', 'noise'):
            with self.subTest(kind):
                self.host.ask('fault', kind, '--forever')
                self.rpctool('info-get guestinfo.x', 0, 'unharmed')
                self.host.ask('fault', 'none')


class Service(simtest.Case):
    def start_vmtoolsd(self, options=()):
        config = self.directory / 'tools.conf'
        config.write_text(CONFIG.format(self.directory), encoding='ascii')
        program = self.start('vmtoolsd', '-n', 'vmsvc', '-c', config, options=options,
                             name='vmtoolsd')
        tbxtest.until(lambda: self.host.control.exists() or program.ended() and program.fail(),
                      'the host listens', every_ms=20)
        return program

    def assert_complete(self):
        self.wait('running', 'introduced', 'variable=vmtools.versionNumber', 'host-name', 'uptime',
                  'nic', 'address', 'capability=statechange', 'option=synctime=0')
        guest = self.host.show()['guest']
        self.assertEqual(guest['toolsRunningStatus'], 'guestToolsRunning')
        self.assertEqual(guest['toolsVersionStatus'], 'guestToolsCurrent')

    def assert_ends_clean(self, program):
        self.assertEqual(program.stop(), 0, program.log)
        self.assertFalse(self.host.control.exists())

    def test_life(self):
        for name, options in BANDWIDTHS.items():
            with self.subTest(name):
                program = self.start_vmtoolsd(options)
                self.assert_complete()
                self.assertEqual(self.host.ask('rpc', 'ping'), 'OK ')
                self.assertEqual(self.host.ask('rpc', 'no-such-command', check=False),
                                 'ERROR Unknown Command')
                self.assertEqual(self.host.show()['statistics']['violations'], 0)
                self.assert_ends_clean(program)

    def test_checkpoints(self):
        """Each kind of step is interrupted, on both channels, and nothing is lost."""
        for name, options, steps in (
                ('high', (), ('hb-out', 'hb-in', 'recv-status')),
                ('low', ('--low-bandwidth',), ('send-payload', 'recv-payload', 'recv-status'))):
            with self.subTest(name):
                program = self.start_vmtoolsd(options)
                for step in steps:
                    self.host.ask('fault', 'checkpoint', '--step', step, '--nth', '2',
                                  '--count', '3')
                self.assert_complete()
                self.host.ask('rpc', 'ping')
                self.wait('no-fault')
                self.assertEqual(self.host.show()['statistics']['violations'], 0)
                self.assert_ends_clean(program)

    def test_recovery(self):
        """Channels closed by the host, and a reset: the service comes back."""
        program = self.start_vmtoolsd()
        self.assert_complete()
        for fault in (['close'], ['drop-cookie'], ['reset']):
            with self.subTest(fault):
                requests = self.host.show()['statistics']['requests']
                self.host.ask('fault', *fault)
                self.wait('no-fault', f'count=requests={requests + 3}', 'introduced', 'running')
                self.assertEqual(self.host.ask('rpc', 'ping'), 'OK ')
        self.assert_ends_clean(program)


if __name__ == '__main__':
    for tool in ('vmware-rpctool', 'vmware-checkvm', 'vmtoolsd'):
        if not shutil.which(tool):
            raise SystemExit(f'{tool} is not installed; tools/setup installs open-vm-tools')
    simtest.main()
