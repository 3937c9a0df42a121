#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""toolboxctl with the real daemon, which reaches vmxsim."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from gi.repository import GLib

from ctltest import (DONE, FAILED, NOT_PERMITTED, UNREACHABLE, USAGE, ctl, environment, powertest,
                     tbxtest)

ADDRESS = '198.51.100.17'   # the tests have a network of their own where they are root


class Real(tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_host()
        self.start_daemon()

    def ctl(self, *args, **named):
        return ctl(*args, bus=self.bus.address, **named)

    def json(self, *args):
        status, out, err = self.ctl(*args, '--json')
        self.assertEqual((status, err), (DONE, ''))
        return json.loads(out)

    def in_guest(self, *args):
        """Runs toolboxctl where it reaches the same host as the daemon, by itself."""
        argv = self.host.argv([tbxtest.program('TBX_TOOLBOXCTL'), *args])
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False, env=environment(self.bus.address),
                             timeout=tbxtest.WAIT_SECONDS)
        return run.returncode, run.stdout, run.stderr

    def as_nobody(self, *args):
        """Runs toolboxctl as a user who may nothing."""
        copy = self.directory / 'toolboxctl'   # nobody may not read our tree
        shutil.copy(tbxtest.program('TBX_TOOLBOXCTL'), copy)
        options = {}
        if os.geteuid() == 0:
            options = {'user': tbxtest.NOBODY, 'group': tbxtest.NOBODY, 'extra_groups': []}
        run = subprocess.run([copy, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False, cwd='/', env=environment(self.bus.address), **options)
        return run.returncode, run.stdout, run.stderr

    def test_power_holds(self):
        status, out, err = self.ctl('power', 'holds')
        self.assertEqual((status, out.decode(), err), (DONE, 'idle\nNo holds.\n', ''))
        held = powertest.hold(self.client(), 'reboot', 'Database\x1b[31m', 'writes')
        powertest.Agent(self.client(), '/a', (True, '')).register('suspend', -7)
        said = self.json('power', 'holds')
        self.assertEqual(said['Holds'], [{'What': 'reboot', 'Who': 'Database\x1b[31m', 'Why': 'writes'}])
        self.assertEqual(said['Handlers'][0]['Priority'], -7)
        self.assertEqual((said['State'], said['DelayMaxUSec']), ('idle', 10000000))
        self.host.ask('rpc', 'OS_Reboot')
        status, out, err = self.ctl('power', 'holds')
        self.assertEqual((status, err), (DONE, ''))
        self.assertIn('reboot: preparing, waits for hold Database\\x1b[31m', out.decode())
        self.assertRegex(out.decode(), r'WHAT +HANDLER +PRIORITY\nsuspend +:1\.\d+ /a +-7')
        os.close(held)

    def test_extensions(self):
        status, out, err = self.ctl('extensions')
        self.assertEqual((status, out.decode(), err), (DONE, 'No extensions.\n', ''))
        client = self.client()
        name = client.connection.get_unique_name()
        for method, arguments in (('RegisterRpc', GLib.Variant('(so)', ('cmd', '/a'))),
                                  ('RegisterNetwork', GLib.Variant('(oi)', ('/b', -7)))):
            client.call('Extensions', method, arguments)
        status, out, err = self.ctl('extensions')
        self.assertEqual((status, err), (DONE, ''))
        self.assertRegex(out.decode(), fr'(?s)\AKIND +NAME +PRIORITY +AGENT\n'
                                       fr'rpc +cmd +- +{name} /a\nnetwork +- +-7 +{name} /b\n\Z')
        self.assertEqual(self.json('extensions'), {'AuthenticatorUse': 'before', 'Entries': [
            {'Kind': 'rpc', 'Name': 'cmd', 'Client': name, 'Object': '/a', 'Priority': 0},
            {'Kind': 'network', 'Name': '', 'Client': name, 'Object': '/b', 'Priority': -7}]})

    def test_power_hold(self):
        """Its command runs under a hold, and its exit status is that of the command."""
        show = [tbxtest.program('TBX_TOOLBOXCTL'), 'power', 'holds', '--json']
        status, out, err = self.ctl('power', 'hold', '--what=shutdown', '--why=because', '--', *show)
        self.assertEqual((status, err), (DONE, ''))
        self.assertEqual(json.loads(out)['Holds'],
                         [{'What': 'shutdown', 'Who': 'toolboxctl', 'Why': 'because'}])
        self.assertEqual(self.json('power', 'holds')['Holds'], [])
        for code, wanted in (('exit 7', 7), ('kill -9 $$', 137), ('exit 0', 0)):
            self.assertEqual(self.ctl('power', 'hold', '--', 'sh', '-c', code)[0], wanted)
        self.assertEqual(self.ctl('power', 'hold', '--', '/nonexistent')[0], FAILED)
        self.assertEqual(self.ctl('power', 'hold', '--what=halt', '--', 'true')[0], USAGE)
        self.assertEqual(self.ctl('power', 'hold')[0], USAGE)
        self.assertEqual(self.ctl('power', 'holds', '--why=x')[0], USAGE)
        self.assertEqual(self.json('power', 'holds')['Holds'], [])

    def test_power_hold_holds(self):
        """The host waits until the command has ended."""
        marker = self.directory / 'ended'
        child = tbxtest.Program('toolboxctl', [
            tbxtest.program('TBX_TOOLBOXCTL'), 'power', 'hold', '--', 'sh', '-c',
            f'sleep 1000 & trap "echo yes >{marker}; kill $!; exit 3" TERM; echo up; wait'],
            {'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address})
        self.addCleanup(child.stop)
        child.wait_log('up')
        self.host.ask('rpc', 'OS_Suspend')
        self.assertEqual(self.client().get('Power', 'WaitingFor'), [('hold', 'sh')])
        child.kill()   # is passed on to the command
        self.assertEqual(child.process.wait(tbxtest.WAIT_SECONDS), 3)
        self.assertTrue(marker.exists())
        self.client().wait_property('Power', 'State', 'idle')

    def test_power_monitor(self):
        monitor = tbxtest.Program('toolboxctl', [
            tbxtest.program('TBX_TOOLBOXCTL'), 'power', 'monitor', '--json'],
            {'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address})
        self.addCleanup(monitor.stop)
        monitor.wait_log('appeared')
        self.host.ask('rpc', 'Set_Option tbx.noise 1')
        self.host.ask('rpc', 'OS_Suspend')
        monitor.wait_log('"Completed"')
        events = [json.loads(line) for line in list(monitor.lines)]
        self.assertEqual([e['value'] for e in events if e['name'] == 'Completed'],
                         [{'operation': 'suspend', 'success': True, 'message': ''}])
        self.assertEqual([e['value']['operation'] for e in events if e['name'] == 'Requested'],
                         ['suspend'])
        self.assertEqual({e['interface'] for e in events[1:]}, {f'{tbxtest.NAME}.Power'})

    def test_power_denied(self):
        self.start_polkit().allow()
        status, _, err = self.ctl('power', 'hold', '--', 'true')
        self.assertEqual(status, NOT_PERMITTED)
        self.assertIn('org.toolboxd.hold-power', err)

    def test_status(self):
        said = self.json('status')
        client = self.client()
        for interface in ('Manager', 'Network'):
            for name, value in client.get_all(interface).items():
                if name != 'LastPing':   # goes on
                    self.assertEqual(said[interface][name], json.loads(json.dumps(value)), name)
        self.assertEqual(said['Manager']['TransportState'], 'up')
        status, out, err = self.ctl('status')
        self.assertEqual((status, err), (DONE, ''))
        rows = dict(line.split(':', 1) for line in out.decode().splitlines())
        self.assertEqual(rows['Channel'].strip(), f'{said["Manager"]["Transport"]}, up')
        self.assertEqual(rows['Version'].strip(), said['Manager']['Version'])
        self.assertRegex(rows['Last ping'], r'^ +(never|\d+ seconds? ago)$')

    def test_nics(self):
        cards = {card['Name']: card for card in self.json('nics')}
        self.assertEqual((cards['lo']['Told'], cards['lo']['NotToldReason']), (False, 'loopback'))
        status, out, err = self.ctl('nics')
        self.assertEqual((status, err), (DONE, ''))
        lines = out.decode().splitlines()
        column = lines[0].index('TOLD')
        self.assertTrue(any(line.startswith('lo ') and line[column:].startswith('loopback')
                            for line in lines))

    def test_info_through_the_daemon(self):
        if os.geteuid() != 0:
            self.assertEqual(self.ctl('info', 'set', 'x', 'y')[0], NOT_PERMITTED)
            return
        self.assertEqual(self.ctl('info', 'set', 'x', 'a b')[:2], (DONE, b''))
        self.assertEqual(self.host.ask('get', 'x'), 'a b')
        self.host.ask('set', 'x', 'c d')
        self.assertEqual(self.ctl('info', 'get', 'x')[:2], (DONE, b'c d\n'))
        self.assertEqual(self.json('info', 'get', 'guestinfo.x'), {'key': 'x', 'value': 'c d'})
        status, out, err = self.ctl('info', 'get', 'unknown')
        self.assertEqual((status, out), (FAILED, b''))
        self.assertTrue(err)

    def test_straight_to_the_host(self):
        self.assertEqual(self.in_guest('info', 'set', 'x', 'y', '--direct')[:2], (DONE, ''))
        self.assertEqual(self.host.ask('get', 'x'), 'y')
        self.assertEqual(self.in_guest('info', 'get', 'x', '--direct')[:2], (DONE, 'y\n'))
        self.assertEqual(self.in_guest('rpc', 'info-get guestinfo.x')[:2], (DONE, 'y\n'))
        self.assertEqual(self.in_guest('rpc', 'info-get guestinfo.unknown'),
                         (FAILED, '', 'toolboxctl: No value found\n'))
        self.assertEqual(self.in_guest('rpc', 'frob'), (FAILED, '', 'toolboxctl: Unknown command\n'))
        # Nobody was asked for leave, and the daemon's own channel still works.
        self.assertEqual(self.json('status')['Manager']['TransportState'], 'up')

    def test_without_the_daemon(self):
        self.stop_daemon()
        for args in (['status'], ['nics'], ['monitor']):
            status, out, err = self.ctl(*args)
            self.assertEqual((status, out, err),
                             (UNREACHABLE, b'', 'toolboxctl: toolboxd is not on the bus\n'))
        self.assertEqual(self.in_guest('info', 'get', 'unknown'),
                         (FAILED, '', 'toolboxctl: No value found\n'))
        self.assertEqual(self.in_guest('info', 'set', 'x', 'y')[:2], (DONE, ''))
        self.assertEqual(self.in_guest('rpc', 'info-set guestinfo.x z')[:2], (DONE, '\n'))

    def test_the_host_is_gone(self):
        """The daemon answers, but for a host that it does not reach."""
        key = self.json('status')['Manager']['Policy']['public-guestinfo-keys'][0]
        self.host.ask('fault', '--forever', 'refuse-open')
        self.host.ask('fault', 'close')
        self.client().wait_property('Manager', 'TransportState', lambda state: state != 'up')
        status, out, err = self.ctl('info', 'get', key)
        self.assertEqual((status, out), (UNREACHABLE, b''), err)
        _, out, _ = self.ctl('doctor')
        self.assertRegex(out.decode(), r'(?m)^fail  channel ')

    def test_not_permitted(self):
        for args in (['info', 'set', 'x', 'y'], ['info', 'get', 'secret']):
            status, out, err = self.as_nobody(*args)
            self.assertEqual((status, out), (NOT_PERMITTED, ''), err)
            self.assertRegex(err, r'^toolboxctl: .+\n$')
        for args in (['status'], ['nics', '--json']):
            self.assertEqual(self.as_nobody(*args)[0], DONE)

    def test_polkit_says_yes(self):
        self.start_polkit().allow('org.toolboxd.write-guestinfo')
        self.assertEqual(self.as_nobody('info', 'set', 'x', 'y')[:2], (DONE, ''))
        self.assertEqual(self.host.ask('get', 'x'), 'y')

    def test_monitor(self):
        monitor = tbxtest.Program('monitor', [tbxtest.program('TBX_TOOLBOXCTL'), 'monitor', '--json'],
                                  environment(self.bus.address))
        self.addCleanup(monitor.stop)
        monitor.wait_log('appeared')
        if os.geteuid() == 0:
            subprocess.run(['ip', 'link', 'add', 'tbx0', 'type', 'bridge'], check=True)
            self.addCleanup(subprocess.run, ['ip', 'link', 'delete', 'tbx0'], check=True)
            subprocess.run(['ip', 'link', 'set', 'tbx0', 'up'], check=True)
            subprocess.run(['ip', 'address', 'add', f'{ADDRESS}/24', 'dev', 'tbx0'], check=True)
            monitor.wait_log(f'"PrimaryAddress","value":"{ADDRESS}"')
            events = [json.loads(line) for line in monitor.lines]
            self.assertIn(('added', f'{tbxtest.ROOT}/nic/tbx0'),
                          [(event['event'], event['path']) for event in events])
            cards = {card['Name']: card for card in self.json('nics')}
            self.assertEqual(cards['tbx0']['Addresses'][0]['Address'], ADDRESS)
            self.assertEqual(cards['tbx0']['Addresses'][0]['PrefixLength'], 24)
            _, out, _ = self.ctl('status')
            self.assertRegex(out.decode(), rf'Primary address: +{ADDRESS} on tbx0 \(.+\)')
        self.stop_daemon()
        monitor.wait_log('vanished')
        monitor.kill(signal.SIGTERM)
        self.assertEqual(monitor.wait(), DONE)

    def test_doctor(self):
        found = {}
        status, out, err = self.ctl('doctor', '--json')
        self.assertEqual(err, '')
        for check in json.loads(out):
            found[check['check']] = check['verdict']
        self.assertEqual((found['daemon'], found['channel']), ('ok', 'ok'))
        self.assertEqual(status, FAILED if 'fail' in found.values() else DONE)


if __name__ == '__main__':
    tbxtest.main()
