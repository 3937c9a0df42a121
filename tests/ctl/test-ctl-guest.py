#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""toolboxctl about guest operations: what the real daemon permits, starts and tells."""

import json
import os
import signal
import unittest

from ctltest import DONE, FAILED, USAGE, ctl, environment, tbxtest
import tbxguest


class Guest(tbxguest.Case):
    def ctl(self, *args, **named):
        return ctl(*args, bus=self.bus.address, **named)

    def json(self, *args):
        status, out, err = self.ctl(*args, '--json')
        self.assertEqual((status, err), (DONE, ''))
        return json.loads(out)

    def text(self, *args):
        status, out, err = self.ctl(*args)
        self.assertEqual((status, err), (DONE, ''))
        return out.decode()

    def test_ps(self):
        self.start_guest()
        self.assertEqual(self.json('ps'), [])
        pid = self.start_program('/bin/sleep', '100.5')
        self.assertRegex(self.text('ps'), rf'(?m)^{pid} +{self.alice.name} +\S+ \S+ +- +running +'
                                          r'"/bin/sleep" 100\.5$')
        shown, = self.json('ps', str(pid))
        self.assertEqual((shown['pid'], shown['name'], shown['end']), (pid, 'sleep', 0))
        every = {p['pid']: p for p in self.json('ps', '--all')}
        self.assertIn('test-ctl-guest.py', every[os.getpid()]['command-line'])
        self.assertEqual([p['pid'] for p in self.json('ps', '-a', str(os.getpid()))], [os.getpid()])
        self.guest('kill', '-p', str(pid))
        self.client().call('Processes', 'List', tbxtest.GLib.Variant('(axb)', ([], False)))
        tbxtest.until(lambda: 'signal' in self.json('ps')[0], 'it has ended', every_ms=50)
        self.assertRegex(self.text('ps'), rf'(?m)^{pid} .* signal 15 ')
        self.assertEqual(self.ctl('ps', str(2**40))[0], FAILED)
        self.assertEqual(self.ctl('status', '--all')[0], USAGE)

    @tbxguest.needs_root
    def test_others_see_no_arguments(self):
        self.start_guest()
        pid = self.start_program('/bin/sleep', '100.5')
        reply, = tbxtest.reply_as(tbxtest.NOBODY, self.bus.address, (
            f'{tbxtest.NAME}.Processes', 'List', '(@ax [], false)', tbxtest.ROOT, False))
        self.assertEqual([('command-line' in p, p['pid']) for p in reply], [(False, pid)])
        self.guest('kill', '-p', str(pid))

    def test_operations(self):
        self.start_guest('[guest-operations]\ndeny=StartProgramInGuest\n'
                         '[guest-operations user eve]\nallow=ListFilesInGuest\n')
        text = self.text('operations')
        self.assertRegex(text, r'(?m)^StartProgramInGuest +no +it is in "deny"$')
        self.assertRegex(text, r'(?m)^ListFilesInGuest +yes$')
        self.assertRegex(text, r'(?m)^AddGuestAlias +no +no Linux guest has it$')
        self.assertRegex(text, r'(?m)^user eve +yes +nothing +ListFilesInGuest$')
        said = self.json('operations')
        self.assertEqual(len(said['methods']), 29)
        self.assertEqual(said['rules']['all'], {'enabled': True, 'deny': ['StartProgramInGuest']})

    def test_monitor(self):
        self.start_guest()
        monitor = tbxtest.Program('monitor', [tbxtest.program('TBX_TOOLBOXCTL'), 'monitor', '--json'],
                                  environment(self.bus.address))
        self.addCleanup(monitor.stop)
        monitor.wait_log('appeared')
        pid = self.start_program('/bin/sh', '-c', "'exit 3'")
        monitor.wait_log('"ExitCode","value":3')
        events = [json.loads(line) for line in monitor.lines]
        path = f'{tbxtest.ROOT}/process/{pid}'
        self.assertIn(('added', path), [(e['event'], e['path']) for e in events])
        operation, = [e['value'] for e in events if e['name'] == 'Operation']
        self.assertEqual((operation['operation'], operation['user'], operation['code_name']),
                         ('start-program', self.alice.name, 'OK'))
        monitor.kill(signal.SIGINT)
        self.assertEqual(monitor.wait(), DONE)


if __name__ == '__main__':
    tbxtest.main()
