#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ways down: logind with and without inhibitors, systemd, the command, and none."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import until
from powertest import PowerCase, hold


class WaysDown(PowerCase):
    def test_logind(self):
        logind = self.start_logind()
        self.start()
        until(logind.locked, 'the delay lock is taken', every_ms=50)
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls(), ['PowerOffWithFlags(1)'])
        self.assertEqual(self.commands(), [])
        self.assertIn('toolboxd: shutdown: ', self.host.show()['log'][-1])
        self.assertEqual(self.bus_client.get('Power', 'State'), 'going-down')

    def test_reboot(self):
        logind = self.start_logind()
        self.start()
        self.ask('OS_Reboot')
        self.wait_states('reboot+')
        self.assertEqual(logind.calls(), ['RebootWithFlags(1)'])

    def test_lock_is_held_until_the_host_knows(self):
        logind = self.start_logind()
        self.start()
        until(logind.locked, 'the delay lock is taken', every_ms=50)
        self.ask('OS_Halt')
        until(lambda: not logind.locked(), 'the delay lock is released', every_ms=20)
        self.assertEqual(self.states(), ['halt+'])

    def test_asked_again_on_the_way_down(self):
        """Some host may not have got the answer: the same again, but nothing is done twice."""
        logind = self.start_logind()
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.ask('OS_Halt')
        self.wait_states('halt+', 'halt+')
        self.ask('OS_Suspend', 'ERROR State change already in progress')
        self.assertEqual(logind.calls(), ['PowerOffWithFlags(1)'])
        until(lambda: self.requested.seen, 'Requested is emitted')
        self.assertEqual(len(self.requested.seen), 1)

    def test_local_shutdown(self):
        """Who shuts down without the host: the lock is released at once, no status."""
        logind = self.start_logind()
        self.start()
        until(logind.locked, 'the delay lock is taken', every_ms=50)
        logind.prepare(True)
        until(lambda: not logind.locked(), 'the delay lock is released', every_ms=20)
        self.assertEqual(self.states(), [])
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls(), [])
        logind.prepare(False)
        until(logind.locked, 'the delay lock is taken again', every_ms=50)
        self.assertEqual(self.bus_client.get('Power', 'State'), 'idle')

    def test_local_shutdown_while_preparing(self):
        logind = self.start_logind()
        self.start()
        until(logind.locked, 'the delay lock is taken', every_ms=50)
        held = hold(self.bus_client)
        self.addCleanup(os.close, held)
        self.ask('OS_Reboot')
        logind.prepare(True)
        self.wait_states('reboot+')
        until(lambda: not logind.locked(), 'the delay lock is released', every_ms=20)
        self.assertEqual(logind.calls(), [])

    def test_delay_inhibitor(self):
        """It is logind's affair alone."""
        logind = self.start_logind()
        self.addCleanup(os.close, logind.inhibit('shutdown:sleep', 'other', 'saves', 'delay'))
        self.addCleanup(os.close, logind.inhibit('sleep', 'other', 'burns', 'block'))
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls(), ['PowerOffWithFlags(1)'])

    def test_block_inhibitor_that_goes(self):
        logind = self.start_logind()
        blocking = logind.inhibit('shutdown', 'Updater', 'installs', 'block')
        self.start()
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'WaitingFor', [('inhibitor', 'Updater: installs')])
        self.assertEqual(self.bus_client.get('Power', 'State'), 'acting')
        self.assertTrue(self.daemon.find('waits for who blocks it: Updater: installs'))
        self.ask('OS_Halt')
        self.ask('OS_Reboot', 'ERROR State change already in progress')
        self.assertEqual(self.states(), [])
        os.close(blocking)
        logind.tell_block_changed()
        self.wait_states('halt+')
        self.assertNotIn('PowerOffWithFlags(0)', logind.calls())
        self.assertEqual(self.bus_client.get('Power', 'WaitingFor'), [])

    def test_block_inhibitors_that_say_much(self):
        """Any user may take one: what it says is cut."""
        logind = self.start_logind()
        blocking = [logind.inhibit('shutdown', 'ä' * 300, 'y' * (4 << 20), 'block') for _ in range(2)]
        self.start()
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'WaitingFor', [('inhibitor', 'ä' * 100)] * 2)
        for descriptor in blocking:
            os.close(descriptor)
        self.wait_states('halt+')

    def test_logind_leaves_in_the_wait(self):
        logind = self.start_logind()
        self.addCleanup(os.close, logind.inhibit('shutdown', 'Updater', 'installs', 'block'))
        self.start()
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'WaitingFor', [('inhibitor', 'Updater: installs')])
        logind.kill(9)
        self.wait_states('halt+')
        self.assertEqual(self.commands(), ['-h now'])

    def test_old_logind(self):
        logind = self.start_logind(flags=False)
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls(), ['PowerOff(0)'])

    def test_old_logind_blocked(self):
        logind = self.start_logind(flags=False)
        blocking = logind.inhibit('idle:shutdown', 'Updater', 'installs', 'block')
        self.start()
        self.ask('OS_Reboot')
        self.bus_client.wait_property('Power', 'WaitingFor', [('inhibitor', 'Updater: installs')])
        self.assertEqual(logind.calls(), [])
        os.close(blocking)
        self.wait_states('reboot+')   # without a signal, it looks again by itself
        self.assertEqual(logind.calls(), ['Reboot(0)'])

    def test_logind_fails(self):
        """Then systemd is asked."""
        logind = self.start_logind()
        systemd = self.start_systemd()
        logind.method('PowerOffWithFlags', 't',
                      "raise dbus.exceptions.DBusException('no', name='org.example.Broken')")
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(systemd.started(), ['poweroff.target'])

    def test_logind_denies_without_a_block(self):
        logind = self.start_logind()
        systemd = self.start_systemd()
        logind.method('RebootWithFlags', 't', logind.REFUSE)
        self.start()
        self.ask('OS_Reboot')
        self.wait_states('reboot+')
        self.assertLess(len(logind.calls()), 5)
        self.assertEqual(systemd.started(), ['reboot.target'])

    def test_systemd_only(self):
        systemd = self.start_systemd()
        self.start()
        self.ask('OS_Reboot')
        self.wait_states('reboot+')
        self.assertEqual(systemd.started(), ['reboot.target'])
        self.assertEqual(self.commands(), [])

    def test_command_only(self):
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(self.commands(), ['-h now'])
        self.assertEqual(self.wait_completed(), ('shutdown', True, 'accepted by the shutdown command'))

    def test_no_bus(self):
        self.start()
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.ask('OS_Reboot')
        self.wait_states('reboot+')
        self.assertEqual(self.commands(), ['-r now'])


class NoWayDown(PowerCase):
    COMMAND_STATUS = 1

    def test_all_refuse(self):
        """The host hears of it once, and may ask again."""
        systemd = self.start_systemd(units=())
        self.start()
        for n in (1, 2):
            self.ask('OS_Halt')
            self.wait_states(*['halt-'] * n)
            self.assertEqual(len(self.commands()), n)
            self.assertEqual(self.wait_completed(n)[:2], ('shutdown', False))
        self.assertEqual(self.bus_client.get('Power', 'State'), 'idle')
        self.assertFalse(systemd.ended())


class Overridden(PowerCase):
    INHIBITOR_WAIT_MS = 200

    def test_block_inhibitor_that_stays(self):
        logind = self.start_logind()
        self.addCleanup(os.close, logind.inhibit('shutdown', 'Updater', 'installs', 'block'))
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls()[0], 'PowerOffWithFlags(1)')
        self.assertEqual(logind.calls()[-1], 'PowerOffWithFlags(0)')
        self.assertTrue(self.daemon.find('although it is blocked by Updater: installs'))

    def test_override_is_refused_too(self):
        """As newer logind does: then the host prevails through systemd."""
        logind = self.start_logind()
        systemd = self.start_systemd()
        self.addCleanup(os.close, logind.inhibit('shutdown', 'Updater', 'installs', 'block'))
        logind.method('PowerOffWithFlags', 't', logind.REFUSE)
        self.start()
        self.ask('OS_Halt')
        self.wait_states('halt+')
        self.assertEqual(logind.calls()[-1], 'PowerOffWithFlags(0)')
        self.assertEqual(systemd.started(), ['poweroff.target'])


class Respected(PowerCase):
    INHIBITOR_WAIT_MS = 200
    INHIBITORS = 'refuse'

    def test_block_inhibitor_that_stays(self):
        logind = self.start_logind()
        self.start_systemd()
        blocking = logind.inhibit('shutdown', 'Updater', 'installs', 'block')
        self.start()
        for n in (1, 2):   # asking again changes nothing
            self.ask('OS_Halt')
            self.wait_states(*['halt-'] * n)
        self.assertNotIn('PowerOffWithFlags(0)', logind.calls())
        self.assertEqual(self.commands(), [])
        self.assertEqual(self.wait_completed(2)[2], 'logind: blocked by Updater: installs')
        self.assertTrue(logind.locked())
        os.close(blocking)
        self.ask('OS_Halt')
        self.wait_states('halt-', 'halt-', 'halt+')


tbxtest.main()
