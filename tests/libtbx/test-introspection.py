#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libtbx in Python, by introspection, with the real daemon."""

import gc
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'lib'))
import gi  # noqa: E402
import powertest  # noqa: E402
from tbxtest import Client, until  # noqa: E402

gi.require_version('Tbx', '1.0')
from gi.repository import Gio, GLib, Tbx  # noqa: E402


class Base(powertest.PowerCase):
    DEADLINE_MS = 5000

    def tbx(self):
        """A client of libtbx on a connection of its own."""
        connection = Client(self.bus.address)
        self.addCleanup(connection.close)
        return Tbx.Client.new_for_connection_sync(connection.connection, None)

    def register(self, client, agent):
        """Registers it as a program does that goes on meanwhile."""
        results = []
        client.register_async(agent, None, lambda _c, result: results.append(result))
        until(lambda: results, 'it is registered')
        return client.register_finish(results[0])

    def assert_code(self, error, code):
        self.assertTrue(error.matches(Tbx.error_quark(), code), error)


class Seen(Base):
    def test_properties(self):
        self.start()
        client = self.tbx()
        self.assertTrue(client.is_running())
        self.assertTrue(client.props.running)
        self.assertEqual(client.get_manager().props.transport_state, 'up')
        self.assertEqual(client.get_power().props.state, 'idle')
        self.assertEqual(client.get_power().props.delay_max_usec, self.DEADLINE_MS * 1000)
        nics = [o for o in client.get_object_manager().get_objects()
                if o.get_interface('org.toolboxd.Toolbox1.Nic')]
        self.assertEqual(sorted(o.get_object_path() for o in nics),
                         sorted(path for path, ifs in self.bus_client.objects().items()
                                if 'org.toolboxd.Toolbox1.Nic' in ifs))
        self.assertIsInstance(client.get_processes(), Tbx.BusProcesses)

    def test_async(self):
        """Made without blocking, and though the daemon comes later."""
        connection = self.client().connection
        clients = []
        Tbx.Client.new_for_connection_async(
            connection, None,
            lambda _s, r: clients.append(Tbx.Client.new_for_connection_finish(r)))
        until(lambda: clients, 'the client is there')
        client = clients[0]
        self.assertFalse(client.props.running)
        changes = []
        client.connect('notify::running', lambda c, _p: changes.append(c.props.running))
        self.start()
        until(lambda: changes == [True], 'the daemon is seen')
        self.assertEqual(client.get_power().props.state, 'idle')
        self.daemon.stop()
        until(lambda: changes == [True, False], 'its end is seen')

    def test_no_bus(self):
        connection = self.client()
        connection.close()
        with self.assertRaises(GLib.Error):
            Tbx.Client.new_for_connection_sync(connection.connection, None)


class Holds(Base):
    def test_hold(self):
        self.start()
        client = self.tbx()
        hold = client.hold_power_sync('shutdown:reboot', 'tester', 'because', None)
        self.assertEqual(self.bus_client.get('Power', 'Holds'),
                         [('shutdown:reboot', 'tester', 'because')])
        self.assertTrue(hold.props.held)
        os.fstat(hold.get_fd())
        changes = []
        hold.connect('notify::held', lambda h, _p: changes.append(h.props.held))
        hold.release()
        hold.release()
        self.assertEqual((changes, hold.get_fd(), hold.is_held()), ([False], -1, False))
        self.bus_client.wait_property('Power', 'Holds', [])

    def test_last_reference(self):
        self.start()
        client = self.tbx()
        held = []
        client.hold_power_async('suspend', 'tester', '', None,
                                lambda c, r: held.append(c.hold_power_finish(r)))
        until(lambda: held, 'it is held')
        self.assertEqual(len(self.bus_client.get('Power', 'Holds')), 1)
        held.clear()
        gc.collect()
        self.bus_client.wait_property('Power', 'Holds', [])

    def test_errors(self):
        self.start()
        client = self.tbx()
        with self.assertRaises(GLib.Error) as caught:
            client.hold_power_sync('halt', 'tester', '', None)
        self.assertTrue(caught.exception.matches(Gio.DBusError.quark(),
                                                 Gio.DBusError.INVALID_ARGS))
        self.daemon.stop()
        with self.assertRaises(GLib.Error):
            client.hold_power_sync('shutdown', 'tester', '', None)


class Handler(Tbx.AgentPower):
    """Answers each request by what is next in @answers."""

    def __init__(self, operations, priority=0):
        super().__init__(operations=operations, priority=priority)
        self.asked = []
        self.answer = None

    def do_handle(self, request):
        self.asked.append((request.get_operation(), request.get_deadline_us()))
        self.answer(request)


class Handlers(Base):
    def handler(self, operations, priority=0):
        self.tbx_client = self.tbx()
        handler = Handler(operations, priority)
        self.assertFalse(handler.props.registered)
        self.assertTrue(self.register(self.tbx_client, handler))
        self.assertTrue(handler.props.registered)
        return handler

    def test_handled(self):
        self.start()
        handler = self.handler('shutdown:suspend', 7)
        shown = self.bus_client.get('Power', 'Handlers')
        self.assertEqual([(row[0], row[2]) for row in shown], [('shutdown:suspend', 7)])
        handler.answer = lambda request: request.return_handled('done here')
        before = GLib.get_monotonic_time()
        self.ask('OS_Halt')
        until(lambda: self.completed.seen, 'it is settled')
        self.assertEqual(self.completed.seen[0][1], ('shutdown', True, 'done here'))
        self.assertFalse(self.called.exists())
        operation, deadline = handler.asked[0]
        self.assertEqual(operation, 'shutdown')
        self.assertTrue(before < deadline <= GLib.get_monotonic_time() + self.DEADLINE_MS * 1000)

    def test_refused_then_declined(self):
        self.start()
        handler = self.handler('shutdown')
        handler.answer = lambda request: request.refuse('not now')
        self.ask('OS_Halt')
        until(lambda: self.completed.seen, 'it is refused')
        self.assertFalse(self.completed.seen[0][1][1])
        self.assertIn('not now', self.completed.seen[0][1][2])
        handler.answer = lambda request: request.decline()
        self.ask('OS_Halt')
        until(lambda: len(self.completed.seen) == 2, 'it is done')
        self.assertTrue(self.called.exists())

    def test_later_and_never(self):
        """Answered from the loop; and one that is dropped is declined, not waited for."""
        self.start()
        handler = self.handler('shutdown:reboot')
        kept = []
        handler.answer = kept.append
        self.ask('OS_Halt')
        until(lambda: kept, 'it is asked')
        self.assertFalse(kept[0].is_answered())
        GLib.idle_add(lambda: kept[0].return_handled(None))
        until(lambda: self.completed.seen, 'it is settled')
        self.assertTrue(kept[0].is_answered())
        self.assertFalse(self.called.exists())
        handler.answer = lambda request: None
        self.ask('OS_Reboot')
        until(lambda: len(self.completed.seen) == 2, 'it is settled', seconds=4)
        self.assertIn('-r', self.called.read_text(encoding='utf-8'))

    def test_signal(self):
        self.start()
        client = self.tbx()
        agent = Tbx.AgentPower.new('shutdown', 0)
        agent.connect('handle', lambda _a, request: request.return_handled('by a signal'))
        self.assertTrue(client.register_sync(agent, None))
        self.ask('OS_Halt')
        until(lambda: self.completed.seen, 'it is settled')
        self.assertEqual(self.completed.seen[0][1], ('shutdown', True, 'by a signal'))

    def test_only_the_daemon_calls(self):
        self.start()
        handler = self.handler('shutdown')
        handler.answer = lambda request: request.return_handled('')
        name, path = self.bus_client.get('Power', 'Handlers')[0][1].split(' ')
        results = []
        self.bus_client.connection.call(
            name, path, 'org.toolboxd.Toolbox1.Agent.Power', 'Handle',
            GLib.Variant('(st)', ('shutdown', 0)), None, Gio.DBusCallFlags.NONE, 10000, None,
            lambda c, r: results.append(r))
        until(lambda: results, 'it is answered')
        with self.assertRaises(GLib.Error) as caught:
            self.bus_client.connection.call_finish(results[0])
        self.assertTrue(caught.exception.matches(Gio.DBusError.quark(),
                                                 Gio.DBusError.ACCESS_DENIED))
        self.assertEqual(handler.asked, [])

    def test_registered_anew(self):
        """Before the daemon is there, and after each restart of it."""
        client = self.tbx()
        handler = Handler('shutdown')
        handler.answer = lambda request: request.return_handled('still here')
        self.assertTrue(client.register_sync(handler, None))
        self.assertFalse(handler.props.registered)
        for _ in range(2):
            self.start()
            until(lambda: handler.props.registered, 'it is registered')
            self.ask('OS_Halt')
            until(lambda: self.completed.seen, 'it is settled')
            self.assertEqual(self.completed.seen[0][1], ('shutdown', True, 'still here'))
            self.daemon.stop()
            until(lambda: not handler.props.registered, 'the end is seen')

    def test_unregister(self):
        self.start()
        handler = self.handler('shutdown')
        self.tbx_client.unregister(handler)
        self.assertFalse(handler.props.registered)
        self.tbx_client.unregister(handler)
        self.bus_client.wait_property('Power', 'Handlers', [])
        self.assertTrue(self.tbx_client.register_sync(handler, None))
        self.assertEqual(len(self.bus_client.get('Power', 'Handlers')), 1)

    def test_refused_registration(self):
        self.start()
        client = self.tbx()
        bad = Handler('halt')
        with self.assertRaises(GLib.Error) as caught:
            client.register_sync(bad, None)
        self.assertTrue(caught.exception.matches(Gio.DBusError.quark(),
                                                 Gio.DBusError.INVALID_ARGS))
        good = Handler('shutdown')
        client.register_sync(good, None)
        with self.assertRaises(GLib.Error) as caught:
            self.register(client, good)
        self.assert_code(caught.exception, 9)   # EXISTS
        self.assertTrue(good.props.registered)


unittest.main()
