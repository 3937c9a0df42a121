#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example in C: saves its state before a shutdown, whatever becomes of the daemon."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'lib'))
import powertest  # noqa: E402
import tbxtest  # noqa: E402
from tbxtest import until  # noqa: E402


class SaveState(powertest.PowerCase):
    DEADLINE_MS = 20000   # only a hold that ends early lets the test pass in time

    def setUp(self):
        super().setUp()
        self.state = self.directory / 'state'

    def start_example(self):
        example = tbxtest.Program('save-state', [tbxtest.program('TBX_SAVE_STATE'), self.state],
                                  env={'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address})
        self.addCleanup(example.stop)
        return example

    def holds(self):
        return self.bus_client.get('Power', 'Holds')

    def test_saves_before_shutdown(self):
        self.start()
        example = self.start_example()
        self.bus_client.wait_property('Power', 'Holds', lambda holds: len(holds) == 1)
        self.assertEqual(self.holds(), [('shutdown:reboot', 'save-state', 'State is not saved')])
        self.ask('OS_Suspend')
        until(lambda: self.completed.seen, 'a suspend is settled')
        self.assertFalse(self.state.exists())
        self.ask('OS_Halt')
        until(lambda: len(self.completed.seen) == 2, 'the shutdown is settled', seconds=10)
        self.assertRegex(self.state.read_text(encoding='ascii'), r'^\d+\n$')
        self.assertIn('-h', self.called.read_text(encoding='utf-8'))
        self.assertTrue(self.completed.seen[1][1][1])
        self.assertEqual(example.count('Holding'), 1)

    def test_holds_again(self):
        """After a veto, and after a restart of the daemon, in which it waits for it."""
        example = self.start_example()
        self.start()
        example.wait_log('Holding')
        self.bus_client.wait_property('Power', 'Holds', lambda holds: len(holds) == 1)
        powertest.Agent(self.client(), '/a', powertest.REFUSED).register('shutdown')
        self.ask('OS_Halt')
        until(lambda: self.completed.seen, 'the shutdown is refused')
        until(lambda: example.count('Holding') == 2, 'it holds again')
        self.assertEqual(len(self.holds()), 1)
        self.daemon.stop()
        self.start()
        until(lambda: example.count('Holding') == 3, 'it holds after a restart')
        self.bus_client.wait_property('Power', 'Holds', lambda holds: len(holds) == 1)
        self.assertEqual(example.stop(), 0)
        self.bus_client.wait_property('Power', 'Holds', [])

    def test_starts_in_the_middle(self):
        """What is being prepared when it gets its hold is held up, so it has to let it go."""
        self.start()
        other = powertest.hold(self.client(), 'shutdown', 'other', '')
        self.ask('OS_Halt')
        self.bus_client.wait_property('Power', 'State', 'preparing')
        example = self.start_example()
        example.wait_log('Saved before shutdown')
        self.assertFalse(self.completed.seen)
        os.close(other)
        until(lambda: self.completed.seen, 'the shutdown is settled', seconds=10)

    def test_usage(self):
        example = tbxtest.Program('save-state', [tbxtest.program('TBX_SAVE_STATE')])
        self.assertEqual(example.wait(), 1)
        self.assertIn('Usage', example.log)
        example.stop()


unittest.main()
