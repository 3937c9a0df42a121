#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that clients of the bus run."""

import os
import re
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest
import tbxtest
from tbxguest import needs_root
from tbxtest import NAME, ROOT, until
from exttest import ACTIONS, Extended, timed
from gi.repository import GLib

DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
FAILED = f'{NAME}.Error.Failed'
OK, NO_PROCESS, NOT_STARTED, NO_PERMISSION, NO_FILE = 0, 20003, 3004, 3015, 4
FIRST_PID = 4194305
BINARY = bytes(range(256)) * 5000   # 1.28 MB


class Runner:
    """What an agent does: starts anything, with numbers of its own."""

    def __init__(self):
        self.agent = None
        self.runs = {}         # handle -> (spec, [stdin, stdout, stderr])
        self.ended = []        # handles that were to end
        self.start = None      # gives another answer of Start
        self.obeys = True      # Terminate has it exit
        self.handle = 2**63

    def __call__(self, *arguments):
        if len(arguments) == 1:
            self.ended.append(arguments[0])
            if self.obeys:
                self.exit(arguments[0], 143)
            return GLib.Variant('()', ())
        spec, *_, fds = arguments
        self.handle += 1
        self.runs[self.handle] = (spec, fds)
        return self.start(*arguments) if self.start else GLib.Variant('(t)', (self.handle,))

    def close(self, handle):
        for fd in self.runs[handle][1]:
            if fd >= 0:
                os.close(fd)
        self.runs[handle][1][:] = [-1, -1, -1]

    def exit(self, handle, code):
        self.close(handle)
        self.agent.client.connection.emit_signal(None, self.agent.path, self.agent.interface,
                                                 'Exited', GLib.Variant('(ti)', (handle, code)))


class Case(Extended, tbxguest.Case):
    CONFIG = ''

    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_extensions()
        self.polkit.allow(*ACTIONS, 'org.toolboxd.terminate-process')
        self.start_host()
        self.start_daemon_of_guests(self.CONFIG)
        self.root = self.client()
        self.runner, self.served = self.serve('worker')

    def serve(self, name):
        runner = Runner()
        runner.agent = self.agent('Program', runner, f'/{name.replace("-", "_")}').register(name)
        return runner, runner.agent

    def start(self, arguments='', account=None, program='worker', directory='', environment=()):
        """The code of a start, and the process id."""
        block = b''.join(each.encode() + b'\0' for each in environment)
        texts = [text.encode() + b'\0' for text in (program, arguments, directory)]
        body = (struct.pack('<BIIIII', 0, *map(len, texts), len(environment), len(block))
                + b''.join(texts) + block)
        code, number, payload = self.vix(185, body, (account or self.alice).login)
        return (code, int(payload)) if code == OK else (code, number)

    def must_start(self, *arguments, **named):
        code, pid = self.start(*arguments, **named)
        self.assertEqual(code, OK)
        return pid

    def listed(self, pid, account=None):
        """What a host is told of a program, or None: the elements by their names."""
        code, _, payload = self.vix(186, struct.pack('<IIIq', 0, 0, 1, pid),
                                    (account or self.alice).login)
        self.assertEqual(code, OK)
        return dict(re.findall('<([a-zA-Z]+)>([^<]*)</', payload.decode())) or None

    def wait_end(self, pid, code):
        until(lambda: self.listed(pid)['eTime'] != '0', 'it ends', every_ms=50)
        self.assertEqual(int(self.listed(pid)['eCode']), code)

    def terminate(self, pid, account=None):
        return self.vix(193, struct.pack('<QI', pid, 0), (account or self.alice).login)[:2]

    def shown(self, pid):
        """The properties of its object on the bus."""
        return self.root.get_all('Process', f'{ROOT}/process/{pid}')

    def last(self):
        """The handle and the descriptors of what was started last."""
        handle = max(self.runner.runs)
        return handle, self.runner.runs[handle][1]


class Good(Case):
    def test_start(self):
        pid = self.must_start("one 'two three'", environment=('A=1', 'B=größe'), directory='/nowhere')
        self.assertGreaterEqual(pid, FIRST_PID)
        handle, fds = self.last()
        spec = self.runner.runs[handle][0]
        self.assertEqual(spec, {'name': 'worker', 'arguments': "one 'two three'",
                                'working-directory': '/nowhere', 'environment': ['A=1', 'B=größe'],
                                'user': self.alice.name, 'uid': self.alice.uid, 'pid': pid})
        self.assertEqual(len(fds), 3)
        process = self.listed(pid)
        self.assertEqual((process['cmd'], process['user'], process['eTime']),
                         ('worker', self.alice.name, '0'))
        shown = self.shown(pid)
        self.assertEqual((shown['Pid'], shown['Name'], shown['User'], shown['Uid'], shown['Running']),
                         (pid, 'worker', self.alice.name, self.alice.uid, True))
        self.assertEqual(str(shown['Start']), process['start'])
        self.runner.exit(handle, 42)
        self.wait_end(pid, 42)
        shown = self.shown(pid)
        self.assertEqual((shown['Running'], shown['ExitCode'], shown['Signal']), (False, 42, 0))

    def test_streams(self):
        """What the host sends, and what it fetches, of more than a pipe holds."""
        pid = self.must_start()
        handle, fds = self.last()
        read = []

        def run():
            with os.fdopen(os.dup(fds[0]), 'rb') as pipe:
                read.append(pipe.read())
            os.write(fds[2], b'an error\n')
            with os.fdopen(os.dup(fds[1]), 'wb') as pipe:
                pipe.write(read[0][::-1])
            self.runner.exit(handle, 0)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        local = self.directory / 'local'
        local.write_bytes(BINARY)
        self.guest('upload', '-f', local, f'/proc/{pid}/stdin')
        thread.join(tbxtest.WAIT_SECONDS)
        self.wait_end(pid, 0)
        for name, data in (('stdout', BINARY[::-1]), ('stderr', b'an error\n')):
            local.unlink()
            self.guest('download', f'/proc/{pid}/{name}', local)
            self.assertEqual(local.read_bytes(), data)
        self.assertEqual(read, [BINARY])

    def test_before_the_search_path(self):
        """A name that is registered; a path never is."""
        _, agent = self.serve('true')
        self.assertGreaterEqual(self.must_start(program='true'), FIRST_PID)
        self.assertLess(self.must_start(program='/bin/true'), FIRST_PID)
        agent.unregister('true')
        self.assertLess(self.must_start(program='true'), FIRST_PID)

    def test_exit_codes(self):
        for told, code in ((0, 0), (255, 255), (256, 255), (-1, 255), (-2**31, 255)):
            pid = self.must_start()
            self.runner.exit(self.last()[0], told)
            self.wait_end(pid, code)

    def test_exits_at_once(self):
        """The signal comes right behind the answer."""
        def start(*_):
            handle = self.runner.handle
            GLib.idle_add(lambda: None)
            source = GLib.idle_source_new()
            source.set_callback(lambda *_: self.runner.exit(handle, 7) or False)
            source.attach(self.loop.context)
            return GLib.Variant('(t)', (handle,))
        self.runner.start = start
        self.wait_end(self.must_start(), 7)

    def test_terminate(self):
        pid = self.must_start()
        answer, seconds = timed(self.terminate, pid)
        self.assertEqual(answer, (OK, 0))
        self.assertLess(seconds, 0.9)
        self.wait_end(pid, 143)
        self.assertEqual(self.terminate(pid)[0], NO_PROCESS)
        self.assertEqual(len(self.runner.ended), 1)

    def test_terminate_on_the_bus(self):
        pid = self.must_start()
        path = f'{ROOT}/process/{pid}'
        self.root.call('Process', 'Terminate', path=path)
        self.wait_end(pid, 143)
        self.assertEqual(self.root.error_of('Process', 'Terminate', path=path), f'{NAME}.Error.NotFound')

    def test_does_not_obey(self):
        """The host has its answer after a second; after five it counts as killed."""
        self.runner.obeys = False
        pid = self.must_start()
        answer, seconds = timed(self.terminate, pid)
        self.assertEqual(answer, (OK, 0))
        self.assertTrue(0.9 < seconds < 3, seconds)
        self.assertEqual(self.listed(pid)['eTime'], '0')
        self.assertEqual(self.terminate(pid), (OK, 0))
        self.wait_end(pid, 137)
        self.assertEqual(self.shown(pid)['Signal'], 9)
        self.assertEqual(len(self.runner.ended), 1)
        self.runner.exit(self.last()[0], 3)   # too late
        self.assert_alive()
        self.assertEqual(self.listed(pid)['eCode'], '137')

    @needs_root
    def test_other_user(self):
        """Sees it not, ends it not, and has none of its streams."""
        pid = self.must_start()
        other = self.must_start(account=self.bob)
        self.assertNotEqual(pid, other)
        self.assertIsNone(self.listed(pid, self.bob))
        self.assertEqual(self.terminate(pid, self.bob)[0], NO_PROCESS)
        self.assertEqual(self.runner.ended, [])
        run = self.host.run('guest', '-l', self.bob.login, 'download', f'/proc/{pid}/stdout', '-')
        self.assertIn('FILE_NOT_FOUND', run.stderr)
        self.assertEqual({r[0]['uid'] for r in self.runner.runs.values()},
                         {self.alice.uid, self.bob.uid})
        self.assertEqual(self.terminate(other, self.bob), (OK, 0))
        self.assertEqual(self.listed(pid)['eTime'], '0')


class Bad(Case):
    def test_does_not_start(self):
        for answer, code in ((DENIED, NO_PERMISSION), (FAILED, NOT_STARTED),
                             (GLib.Variant('(s)', ('x',)), NOT_STARTED),
                             (GLib.Variant('()', ()), NOT_STARTED)):
            with self.subTest(str(answer)):
                self.runner.start = lambda *_, a=answer: a
                self.assertEqual(self.start()[0], code)
        self.assertEqual(self.daemon.count('program worker: .* does not count'), 3)
        self.assertEqual([path for path in self.root.objects() if '/process/' in path], [])

    def test_hangs(self):
        self.runner.start = lambda *_: None
        answer, seconds = timed(self.start)
        self.assertEqual(answer[0], NOT_STARTED)
        self.assertTrue(3.9 < seconds < 8, seconds)
        self.assert_alive()
        self.runner.start = None
        self.must_start()
        self.assertEqual(self.daemon.count('hangs; it is left alone'), 0)

    def test_dies_in_its_call(self):
        self.runner.start = self.served.dies
        self.assertEqual(self.start()[0], NOT_STARTED)
        self.wait_entries(0)
        self.assertEqual(self.start()[0], NO_FILE)

    def test_client_leaves(self):
        pid = self.must_start()
        self.served.leave()
        self.wait_end(pid, 255)
        self.assertFalse(self.shown(pid)['Running'])

    def test_taken_back(self):
        """What runs goes on, until its client leaves."""
        pids = [self.must_start(), self.must_start()]
        self.served.unregister('worker')
        self.assertEqual(self.start()[0], NO_FILE)
        self.runner.exit(min(self.runner.runs), 5)
        self.wait_end(pids[0], 5)
        self.assertEqual(self.listed(pids[1])['eTime'], '0')
        self.served.leave()
        self.wait_end(pids[1], 255)

    def test_exits_of_others_do_not_count(self):
        pid = self.must_start()
        handle = self.last()[0]
        other, _ = self.serve('other')
        for sender, number in ((other, handle), (self.runner, handle + 1)):
            sender.agent.emit('Exited', GLib.Variant('(ti)', (number, 1)))
        self.served.emit('Exited', GLib.Variant('(si)', ('x', 1)))
        self.assert_alive()
        self.assertEqual(self.listed(pid)['eTime'], '0')
        self.runner.exit(handle, 2)
        self.wait_end(pid, 2)

    def test_large_request(self):
        """All that a request may have fits."""
        pid = self.must_start('a' * 30000, environment=[f'V{i}=x' for i in range(4000)])
        spec = self.runner.runs[self.last()[0]][0]
        self.assertEqual((len(spec['arguments']), len(spec['environment'])), (30000, 4000))
        self.assertIsNotNone(self.listed(pid))

    def test_unregistered(self):
        self.assertEqual(self.start(program='no-such-program')[0], NO_FILE)
        self.assertEqual(self.runner.runs, {})

    def test_worker_dies(self):
        """The program goes on; the next worker lists it, and has it end."""
        pid = self.must_start()
        handle = self.last()[0]
        workers = [p for p in Path('/proc').glob('[0-9]*') if self.is_worker(p)]
        self.assertTrue(workers)
        for worker in workers:
            os.kill(int(worker.name), 9)
        until(lambda: not [p for p in workers if p.exists() and self.is_worker(p)], 'it is gone',
              every_ms=50)
        self.assertEqual(self.listed(pid)['eTime'], '0')
        self.assertTrue(self.shown(pid)['Running'])
        self.runner.exit(handle, 9)
        self.wait_end(pid, 9)
        pid = self.must_start()
        self.assertEqual(self.terminate(pid), (OK, 0))

    def is_worker(self, folder):
        try:
            return ((folder / 'comm').read_text(encoding='ascii').startswith('toolboxd-worker')
                    and folder.stat().st_uid == self.alice.uid)
        except (FileNotFoundError, ProcessLookupError):
            return False

    def test_bus_goes(self):
        pid = self.must_start()
        self.bus.stop()
        self.daemon.wait_log('bus')
        self.wait_end(pid, 255)


class Policy(Case):
    CONFIG = '[guest-operations]\ndeny=StartProgramInGuest\n'

    def test_policy(self):
        self.assertEqual(self.start()[0], 20005)
        self.assertEqual(self.runner.runs, {})


tbxtest.main()
