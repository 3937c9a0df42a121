#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that the host started, and all processes, as clients of the bus see them."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxtest import NAME, ROOT, until
from gi.repository import Gio, GLib

DENIED = f'{NAME}.Error.NotAuthorized'
READ, TERMINATE = 'org.toolboxd.read-command-lines', 'org.toolboxd.terminate-process'


def path_of(pid):
    return f'{ROOT}/process/{pid}'


class Started(tbxguest.Case):
    def setUp(self):
        super().setUp()
        self.start_guest()
        self.root = self.client()

    def get_all(self, pid):
        return self.root.get_all('Process', path_of(pid))

    def ended(self, pid):
        """The properties of a program, once it has ended."""
        self.root.wait_property('Process', 'Running', False, path_of(pid))
        return self.get_all(pid)

    def as_user(self, uid, *calls):
        """Calls methods of programs as another user; for each the error, or None."""
        return tbxtest.call_as(uid, self.bus.address, [
            (f'{NAME}.Process', method, '()', path_of(pid), False) for method, pid in calls])

    def list(self, pids=(), everything=False):
        return self.root.call('Processes', 'List', GLib.Variant('(axb)', (pids, everything)))[0]


class Programs(Started):
    def test_comes_runs_and_ends(self):
        added = self.root.signals('org.freedesktop.DBus.ObjectManager', 'InterfacesAdded')
        changes = self.root.changes()
        before = int(time.time())
        pid = self.start_program('/bin/sh', '-c', "'sleep 1; exit 7'")
        until(lambda: added.seen, 'InterfacesAdded')
        (path, interfaces), = [a for _, a in added.seen]
        self.assertEqual(path, path_of(pid))
        shown = interfaces[f'{NAME}.Process']
        self.assertEqual({k: v for k, v in shown.items() if k != 'Start'}, {
            'Pid': pid, 'Name': 'sh', 'User': self.alice.name, 'Uid': self.alice.uid,
            'Running': True, 'End': 0, 'ExitCode': -1, 'Signal': 0})
        self.assertIn(shown['Start'], range(before, before + 30))
        last = self.ended(pid)
        self.assertEqual((last['ExitCode'], last['Signal']), (7, 0))
        self.assertIn(last['End'], range(shown['Start'] + 1, int(time.time()) + 1))
        (changed, _), = [(c, i) for p, (_, c, i) in changes.seen if p == path]
        self.assertEqual(set(changed), {'Running', 'End', 'ExitCode'})
        self.assertIn(path, self.root.objects())

    def test_introspection(self):
        pid = self.start_program('/bin/true')
        xml = Path(__file__).resolve().parents[2] / 'data' / 'dbus' / f'{NAME}.Process.xml'
        promised = Gio.DBusNodeInfo.new_for_xml(xml.read_text(encoding='utf-8')).interfaces[0]
        found = self.root.introspect(path_of(pid)).lookup_interface(f'{NAME}.Process')
        self.assertEqual([p.name for p in found.properties], [p.name for p in promised.properties])
        self.assertEqual([m.name for m in found.methods], [m.name for m in promised.methods])

    def test_signal_is_no_exit_code(self):
        by_signal = self.start_program('/bin/sleep', '100')
        self.guest('kill', '-p', str(by_signal))
        shell = self.start_program('/bin/sh', '-c', "'sleep 100 & kill -9 $!; wait $!'")
        self.assertEqual([self.ended(by_signal)[k] for k in ('Signal', 'ExitCode')], [15, -1])
        self.assertEqual([self.ended(shell)[k] for k in ('Signal', 'ExitCode')], [0, 137])

    def test_many(self):
        """Fifty at once: each has its object and keeps its exit code."""
        started = {self.start_program('/bin/sh', '-c', f"'sleep 0.3; exit {n}'"): n
                   for n in range(50)}
        for pid, code in started.items():
            if self.get_all(pid)['Running']:
                self.ended(pid)
            self.assertEqual(self.get_all(pid)['ExitCode'], code)

    def test_bus_restarts(self):
        pid = self.start_program('/bin/sleep', '100')
        self.bus.stop()
        self.daemon.wait_log('The bus is gone')
        self.bus.start()
        self.root = self.client()
        self.root.wait_name()
        self.assertTrue(self.get_all(pid)['Running'])
        self.root.call('Process', 'Terminate', path=path_of(pid))
        self.assertEqual(self.ended(pid)['Signal'], 15)

    def test_worker_is_killed(self):
        """Nobody can tell the exit code any more; that it still runs, and when it ends, can be seen."""
        pid = self.start_program('/bin/sleep', '100')
        worker = int(Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rsplit(')', 1)[1].split()[1])
        os.kill(worker, 9)
        self.guest('df', check=False)   # fails if it comes before the end of the worker is seen
        again = self.start_program('/bin/true')   # by another worker: the first one is gone
        self.assertEqual(self.ended(again)['ExitCode'], 0)
        self.assertTrue(self.get_all(pid)['Running'])
        self.root.call('Process', 'Terminate', path=path_of(pid))
        last = self.ended(pid)
        self.assertEqual((last['ExitCode'], last['Signal']), (-1, 0))
        self.assertGreater(last['End'], 0)


class Terminate(Started):
    def test_term(self):
        pid = self.start_program('/bin/sleep', '100')
        self.root.call('Process', 'Terminate', path=path_of(pid))
        self.assertEqual(self.ended(pid)['Signal'], 15)
        self.assertEqual(self.root.error_of('Process', 'Terminate', path=path_of(pid)),
                         f'{NAME}.Error.NotFound')

    def test_kill_after_5_seconds(self):
        pid = self.start_program('/bin/sh', '-c',
                                 f"'trap : TERM; echo >{self.ready()}; while :; do sleep 1; done'")
        until(self.ready().exists, 'the program catches SIGTERM', every_ms=20)
        start = time.monotonic()
        self.root.call('Process', 'Terminate', path=path_of(pid))
        self.assertLess(time.monotonic() - start, 2)
        self.root.call('Process', 'Terminate', path=path_of(pid))   # puts nothing off
        self.assertEqual(self.ended(pid)['Signal'], 9)
        self.assertGreaterEqual(time.monotonic() - start, 5)

    def ready(self):
        folder = self.directory / 'ready'
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o777)
        return folder / 'file'

    @tbxguest.needs_root
    def test_who_may(self):
        pid = self.start_program('/bin/sleep', '100')
        calls = [('GetCommandLine', pid), ('Terminate', pid)]
        for uid in (self.bob.uid, tbxtest.NOBODY):
            self.assertEqual(self.as_user(uid, *calls), [DENIED, DENIED])
        polkit = self.start_polkit()
        polkit.allow()
        self.assertEqual(self.as_user(self.bob.uid, *calls), [DENIED, DENIED])
        self.assertTrue(self.get_all(pid)['Running'])
        self.assertEqual(self.as_user(self.alice.uid, *calls), [None, None])
        self.ended(pid)

        pid = self.start_program('/bin/sleep', '100')
        calls = [('GetCommandLine', pid), ('Terminate', pid)]
        polkit.allow(READ)
        self.assertEqual(self.as_user(self.bob.uid, *calls), [None, DENIED])
        polkit.allow(TERMINATE)
        self.assertEqual(self.as_user(self.bob.uid, *calls), [DENIED, None])
        self.assertEqual(self.ended(pid)['Signal'], 15)
        self.assertIsNone(self.daemon.find('has no row in the table'))


class List(Started):
    def lines_of(self, uid, pids, everything):
        """What a user sees: process id -> dictionary."""
        arguments = GLib.Variant('(axb)', (pids, everything)).print_(True)
        listed, = tbxtest.reply_as(uid, self.bus.address, (f'{NAME}.Processes', 'List', arguments,
                                                           ROOT, False))
        return {p['pid']: p for p in listed}

    def test_started_ones(self):
        self.assertEqual(self.list(), [])
        running = self.start_program('/bin/sleep', '100')
        failed = self.start_program('/bin/sh', '-c', "'exit 3'")
        killed = self.start_program('/bin/sh', '-c', "'kill -9 $$'")
        for pid in (failed, killed):
            if self.get_all(pid)['Running']:
                self.ended(pid)
        self.assertEqual(sorted([running, failed, killed]), [p['pid'] for p in self.list()])
        shown = {p['pid']: p for p in self.list()}
        self.assertEqual({k: v for k, v in shown[running].items() if k != 'start'}, {
            'pid': running, 'name': 'sleep', 'user': self.alice.name, 'end': 0,
            'command-line': '"/bin/sleep" 100'})
        self.assertEqual((shown[failed]['exit-code'], 'signal' in shown[failed]), (3, False))
        self.assertEqual((shown[killed]['signal'], 'exit-code' in shown[killed]), (9, False))
        self.assertGreater(shown[failed]['end'], 0)
        self.assertEqual([p['pid'] for p in self.list([failed, 1, failed])], [failed])
        self.root.call('Process', 'Terminate', path=path_of(running))

    def test_all(self):
        pid = self.start_program('/bin/sleep', '100')
        listed = self.list(everything=True)
        shown = {p['pid']: p for p in listed}
        self.assertEqual([p['pid'] for p in listed], sorted(shown))
        for known, name in ((os.getpid(), 'python3'), (pid, 'sleep')):
            self.assertEqual(shown[known]['name'], name)
        self.assertIn('test-processes.py', shown[os.getpid()]['command-line'])
        self.assertEqual(shown[pid]['command-line'], '"/bin/sleep" 100')
        self.assertEqual([p['pid'] for p in self.list([os.getpid(), 2**40, -1, 0], True)],
                         [os.getpid()])
        self.root.call('Process', 'Terminate', path=path_of(pid))

    @tbxguest.needs_root
    def test_arguments_are_not_open(self):
        pid = self.start_program('/bin/sleep', '100.25')
        other = self.start_program('/bin/sleep', '100.75', account=self.bob)
        mine = subprocess.Popen(['sleep', '100.5'])
        self.addCleanup(mine.wait)
        self.addCleanup(mine.kill)

        def seen(uid, *arguments):
            listed = self.lines_of(uid, *arguments)
            return {p for p in (pid, other, mine.pid) if 'command-line' in listed.get(p, {})}
        for polkit_says_no in (False, True):
            if polkit_says_no:
                polkit = self.start_polkit()
                polkit.allow(TERMINATE)
            self.assertEqual(seen(self.alice.uid, [], True), {pid})
            self.assertEqual(seen(self.bob.uid, [], True), {other})
            self.assertEqual(seen(tbxtest.NOBODY, [], True), set())
            self.assertEqual(seen(tbxtest.NOBODY, [], False), set())
            self.assertEqual(seen(self.alice.uid, [other], True), set())
        self.assertEqual(set(self.lines_of(tbxtest.NOBODY, [], False)), {pid, other})
        self.assertIn(mine.pid, self.lines_of(tbxtest.NOBODY, [], True))
        self.assertEqual(seen(0, [], True), {pid, other, mine.pid})
        polkit.allow(READ)
        self.assertEqual(seen(tbxtest.NOBODY, [], True), {pid, other, mine.pid})
        polkit.answer('ret = (bool(args[3] & 1), True, dbus.Dictionary({}, "ss"))')
        self.assertEqual(seen(tbxtest.NOBODY, [], True), set())   # nobody is asked for a password
        for each in (pid, other):
            self.root.call('Process', 'Terminate', path=path_of(each))

    def test_many_readers_while_programs_start(self):
        """Each gets whole answers, whatever comes and goes meanwhile."""
        readers = [self.client() for _ in range(8)]
        open_calls, answers, stop = [], [], False

        def on_done(connection, result):
            open_calls.remove(connection)
            try:
                answers.append(connection.call_finish(result).unpack()[0])
            except GLib.Error as error:
                # More lists at a time than are made: said, not left open.
                self.assertEqual(tbxtest.error_name(error),
                                 'org.freedesktop.DBus.Error.LimitsExceeded')
            if not stop:
                ask(connection)

        def ask(connection):
            open_calls.append(connection)
            everything = len(answers) % 2 == 0
            connection.call(NAME, ROOT, f'{NAME}.Processes', 'List',
                            GLib.Variant('(axb)', ([], everything)), None,
                            Gio.DBusCallFlags.NONE, -1, None, on_done)
        for reader in readers:
            ask(reader.connection)
        started = set()
        for n in range(20):
            started.add(self.start_program('/bin/sh', '-c', f"'exit {n}'"))
            seen = len(answers)
            until(lambda: len(answers) >= seen + 4, 'readers are answered')
        stop = True
        until(lambda: not open_calls, 'all are answered')
        for answer in answers:
            pids = [entry['pid'] for entry in answer]
            self.assertEqual(len(pids), len(set(pids)))
            self.assertTrue(all({'name', 'user', 'start'} <= set(entry) for entry in answer))
        self.assertLessEqual(started, {entry['pid'] for entry in self.list()})

    def test_bad_arguments(self):
        self.assertEqual(self.root.error_of('Processes', 'List', GLib.Variant('(axb)', (
            range(1025), False))), 'org.freedesktop.DBus.Error.InvalidArgs')
        self.assertEqual(self.list(range(1024)), [])
        for text in ('()', '(@ax [],)', "(['x'], true)", '(@ax [], 1)'):
            self.assertEqual(self.root.error_of('Processes', 'List', GLib.Variant.parse(
                None, text, None, None)), 'org.freedesktop.DBus.Error.InvalidArgs')

    def test_many_lists_at_once(self):
        outcome = []

        def on_done(connection, result):
            try:
                outcome.append(bool(connection.call_finish(result).unpack()[0]))
            except GLib.Error as error:
                outcome.append(tbxtest.error_name(error))
        for _ in range(100):
            self.root.connection.call(NAME, ROOT, f'{NAME}.Processes', 'List',
                                      GLib.Variant('(axb)', ([], True)), None,
                                      Gio.DBusCallFlags.NONE, -1, None, on_done)
        until(lambda: len(outcome) == 100, 'all are answered')
        self.assertLessEqual(set(outcome), {True, 'org.freedesktop.DBus.Error.LimitsExceeded'})
        self.assertIn(True, outcome)
        self.assertTrue(self.list(everything=True))


tbxtest.main()
