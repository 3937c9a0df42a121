# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest user, or the host, may try against the real daemon, and what it says then."""

import base64
import json
import os
import re
import signal
import struct
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest   # noqa: E402
import tbxtest    # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / 'vectors' / 'vix.json'
HEADER = struct.Struct('<IHIIIIBIIIQII')
MAGIC, VERSION = 0xd00d0001, 5
# That the daemon may grow by, whatever one user does: most of it are the objects of a
# thousand programs, which are as many as it shows of a user.
MEMORY_KB = 48 * 1024


def resident_kb(pid):
    status = Path(f'/proc/{pid}/status').read_text(encoding='ascii')
    return int(re.search(r'VmRSS:\s+(\d+)', status)[1])


class Attack(tbxguest.Case):
    """The daemon outlives it, at its size, and answers a ping at once."""

    def begin(self):
        self.pid = self.daemon.guest()
        self.resident_kb = resident_kb(self.pid)

    def assert_well(self):
        start = time.monotonic()
        self.assertEqual(self.host.ask('rpc', 'ping'), 'OK ')
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(self.daemon.guest(), self.pid)
        if 'ASAN_OPTIONS' not in os.environ:   # which keeps for a while what was freed
            self.assertLess(resident_kb(self.pid) - self.resident_kb, MEMORY_KB)
        self.assertFalse(self.daemon.find(r'-CRITICAL|-ERROR'))


class RogueWorker(Attack):
    """A guest user owns the process of its worker, and may have it say anything."""

    # What a request is answered with: 1 when the worker was ended, 7 when it is too late.
    CODES = {'claim': 0, 'twice': 0, 'change': 0, 'silent': 7,
             'oversized': 1, 'slightly-oversized': 1, 'other-id': 1, 'unsolicited': 1,
             'garbage': 1, 'half': 1, 'many-fds': 1, 'close': 1,
             'version': 1, 'early': 1, 'not-opened': 1, 'opened-twice': 1,
             'flood-state': 1, 'flood-done': 1, 'flood-programs': 1}

    def ask(self, how):
        """The VIX code that a request gets from a worker that misbehaves like that."""
        name = f'rogue-{how}' if tbxguest.IS_ROOT else self.alice.name
        run = self.host.run('guest', '-l', f'{name}:{how}', 'rm', '/nonexistent')
        if run.returncode == 0:
            return 0
        return int(re.search(r': (\d+) [A-Z]', run.stderr)[1])

    def test_all(self):
        self.start_bus()
        self.start_host()
        own = [] if tbxguest.IS_ROOT else ['--auth=self']
        self.start_daemon('[guest-operations]\ntimeout-ms=1500\n',
                          arguments=['--worker', tbxtest.program('TBX_ROGUE_WORKER'), *own])
        self.begin()
        for how, code in self.CODES.items():
            with self.subTest(how):
                start = time.monotonic()
                self.assertEqual(self.ask(how), code)
                self.assertLess(time.monotonic() - start, 10)
                self.assert_well()
        self.resident_kb = resident_kb(self.pid) + 4096 - MEMORY_KB   # and it has an end
        for _ in range(3):
            self.assertEqual(self.ask('flood-programs'), 1)
            self.assert_well()
        self.assertEqual(self.daemon.count('tells the host of ended programs too often'), 1)


class Malformed(Attack):
    """Each malformed request of the vectors, as the host would send it."""

    # What is malformed for the operation only: another test's.
    ELSEWHERE = {'malformed/body/list_processes_ex/unknown-key',
                 'malformed/body/list_files/bad-regex'}
    FIXED = {'197': 3025, '198': 3025, '199': 3025, '200': 3025, '207': 3025}

    def adapted(self, data):
        """The same request, of a user who exists here; as it is where that is malformed too."""
        at = data.find(b'\0') + 1
        if not at or len(data) < at + HEADER.size:
            return data
        header = list(HEADER.unpack_from(data, at))
        body, size, kind = header[4], header[5], header[12]
        place = at + HEADER.size + body
        if header[0] != MAGIC or header[1] != VERSION or kind not in (1, 4):
            return data
        try:
            found = base64.b64decode(data[place + 8:place + size - 1], validate=True)
        except ValueError:
            return data
        if len(data) < place + size or not re.fullmatch(rb'user\0[^\0]*\0', found):
            return data
        name, _, password = self.alice.login.partition(':')
        block = base64.b64encode(f'{name}\0{password}\0'.encode())
        block = struct.pack('<II', len(name), len(password)) + block + b'\0'
        header[2] += len(block) - size
        header[5] = len(block)
        return (data[:at] + HEADER.pack(*header) + data[at + HEADER.size:place] + block
                + data[place + size:])

    def test_catalogue(self):
        self.start_guest()
        self.guest('validate')
        self.begin()
        n = 0
        for vector in json.loads(VECTORS.read_text(encoding='utf-8')):
            if vector['kind'] != 'malformed' or vector['name'] in self.ELSEWHERE:
                continue
            request = b'Vix_1_Relayed_Command ' + self.adapted(bytes.fromhex(vector['request_hex']))
            with self.subTest(vector['name']):
                reply = bytes.fromhex(self.host.ask('rpc', '--hex', request.hex()))
                expected = self.FIXED.get(str(vector['opcode']),
                                          vector['expect']['toolboxd_vix_error'])
                self.assertEqual(reply.split()[:2], [b'OK', str(expected).encode()])
            n += 1
        self.assertEqual(n, 117)
        self.assert_well()
        self.guest('validate')


@tbxguest.needs_root
class ForkBomb(Attack):
    """Bounded by what the system lets a session of the user have, like any other."""

    PROCESSES = 60

    def pam_directory(self):
        folder = self.directory / 'pam'
        folder.mkdir()
        (self.directory / 'limits').write_text(
            f'{self.alice.name} hard nproc {self.PROCESSES}\n', encoding='ascii')
        (folder / 'toolboxd').write_text(
            (tbxguest.PAM / 'toolboxd').read_text(encoding='ascii')
            + f'session required pam_limits.so conf={self.directory}/limits\n', encoding='ascii')
        return folder

    def processes(self):
        found = []
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                if folder.stat().st_uid == self.alice.uid:
                    found.append(int(folder.name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def end_all(self):
        """All at once, stopped first: what is left alone has children meanwhile."""
        while pids := self.processes():
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in pids:
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
            time.sleep(0.05)

    def test_bomb(self):
        self.start_bus()
        self.start_host()
        self.start_daemon(f'[auth]\npam-directory={self.pam_directory()}\n',
                          arguments=['--worker', tbxtest.program('TBX_WORKER')])
        self.guest('validate')
        self.begin()
        self.addCleanup(self.end_all)
        bomb = "'f() { sleep 0.05; f | f & }; f; sleep 100'"
        self.start_program('/bin/sh', '-c', bomb)
        tbxtest.until(lambda: len(self.processes()) >= self.PROCESSES - 5, 'it has grown',
                      every_ms=50)
        for _ in range(5):
            self.assertLessEqual(len(self.processes()), self.PROCESSES)
            self.assert_well()
            self.guest('validate')
            self.guest('validate', account=self.bob)
        # One more program may be refused, in time, or be too late for the bomb.
        self.guest('start', '/bin/true', check=False)
        self.assert_well()
        self.end_all()
        self.guest('validate')   # by another worker
        self.guest('start', '/bin/true')


if __name__ == '__main__':
    tbxtest.main()
