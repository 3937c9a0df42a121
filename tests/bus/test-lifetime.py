#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon outlives the bus: it may come later, be restarted, or give the name to another."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import NAME, until
from gi.repository import Gio, GLib

ON_THE_BUS = f'On the bus as {NAME}'


class Lifetime(tbxtest.Case):
    def test_bus_comes_later(self):
        """At first not even the folder of its socket is there."""
        self.start_host()
        self.start_daemon(ready=False)
        self.daemon.wait_log('The bus is not there yet')
        self.host.ask('rpc', 'ping')   # the host is served all the same
        self.start_bus()
        client = self.client()
        client.wait_name()
        client.wait_property('Manager', 'TransportState', 'up')

    def test_bus_restarts(self):
        self.start_bus()
        self.start_host()
        self.start_daemon()
        before = set(self.client().objects())
        for times in (2, 3):
            self.bus.stop()
            self.daemon.wait_log('The bus is gone')
            self.host.ask('rpc', 'ping')
            self.bus.start()
            client = self.client()
            client.wait_name()
            self.assertEqual(client.get('Manager', 'TransportState'), 'up')
            self.assertEqual(set(client.objects()), before)
            self.host.ask('rpc', f'Set_Option tbx.life {times}')
            client.wait_property('Manager', 'Options', lambda o: o.get('tbx.life') == f'{times}')
            self.assertEqual(self.daemon.count(ON_THE_BUS), times)
        self.assertIsNone(self.daemon.find('CRITICAL'))

    def test_bus_folder_is_replaced(self):
        self.start_bus()
        self.start_host()
        self.start_daemon()
        self.bus.stop()
        shutil.rmtree(self.bus.path.parent)
        self.daemon.wait_log('The bus is gone')
        self.bus.start()
        self.client().wait_name()

    def test_call_is_under_way(self):
        """The bus goes while a call waits for polkit: it is forgotten, not run."""
        self.start_bus()
        self.start_host()
        self.start_daemon()
        polkit = self.start_polkit()
        polkit.hang()
        client = self.client()
        client.connection.call(NAME, tbxtest.ROOT, f'{NAME}.Manager', 'Reset', None, None,
                               Gio.DBusCallFlags.NONE, 30000, None, None)
        until(polkit.hanging, 'polkit is asked', every_ms=20)
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.daemon.wait_log('polkit does not answer')
        self.bus.start()
        self.client().wait_name()
        self.assertIsNone(self.daemon.find('Reset of the channels'))

    def test_name_is_taken(self):
        """Another owner is logged; when it leaves, the name is ours."""
        self.start_bus()
        self.start_host()
        other = self.client()
        other.call('org.freedesktop.DBus', 'RequestName', GLib.Variant('(su)', (NAME, 0)),
                   '/org/freedesktop/DBus', 'org.freedesktop.DBus')
        self.start_daemon(ready=False)
        self.daemon.wait_log('Another process has the bus name')
        self.host.ask('rpc', 'ping')
        self.assertIsNone(self.daemon.find(ON_THE_BUS))
        other.close()
        self.daemon.wait_log(ON_THE_BUS)
        client = self.client()
        client.wait_name()
        client.wait_property('Manager', 'TransportState', 'up')

    def test_bus_that_says_nothing(self):
        """Something listens that is no bus: the daemon starts, serves, and stops in order."""
        listener = Gio.SocketListener()
        self.bus.path.parent.mkdir()
        listener.add_address(Gio.UnixSocketAddress.new(str(self.bus.path)),
                             Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT, None)
        self.start_host()
        self.start_daemon(ready=False)
        self.daemon.wait_log('serves the host')
        self.host.ask('rpc', 'ping')
        self.stop_daemon()
        listener.close()

    def test_stop_leaves_the_bus(self):
        self.start_bus()
        self.start_host()
        self.start_daemon()
        self.stop_daemon()
        self.client().wait_name(present=False)


tbxtest.main()
