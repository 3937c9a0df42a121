# SPDX-License-Identifier: LGPL-2.1-or-later
"""Benchmarks of the daemon under vmxsim, each beside a guest that does nothing.

Prints medians; the machine is noisy, so no figure ever fails.  What docs/design.md
calls the budget stands beside each.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
PING_SECONDS = 2
IDLE_SECONDS = 10
CPU = sorted(os.sched_getaffinity(0))[-1]


class Guest:
    """A program under vmxsim, both on one CPU."""

    def __init__(self, argv, *options):
        self.dir = tempfile.TemporaryDirectory(prefix='tbx-bench-')
        self.control = os.path.join(self.dir.name, 'control')
        self.bus = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address=1'],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus.stdout.readline().strip())
        self.process = subprocess.Popen(
            ['taskset', '-c', str(CPU), os.environ['TBX_VMXSIM'], 'run', '--control', self.control,
             *options, '--', *argv],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        while not os.path.exists(self.control) and self.process.poll() is None:
            time.sleep(0.01)
        self.tell('wait', '--timeout', '20', 'running')

    def tell(self, *arguments):
        return subprocess.run([os.environ['TBX_VMXSIM'], '--control', self.control, *arguments],
                              check=True, capture_output=True, text=True).stdout

    def statistics(self):
        return json.loads(self.tell('show', '--json'))['statistics']

    def pid(self):
        children = Path(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read_text()
        return int(children.split()[0])

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.bus.terminate()
        self.bus.wait()
        self.bus.stdout.close()
        self.dir.cleanup()


def ping(argv):
    """Microseconds a round trip, median of several stretches."""
    guest = Guest(argv, '--ping-interval-ms', '0')
    try:
        times = []
        for _ in range(ROUNDS):
            before, start = guest.statistics()['replies'], time.monotonic()
            time.sleep(PING_SECONDS)
            after, end = guest.statistics()['replies'], time.monotonic()
            times.append((end - start) / (after - before) * 1e6)
        return statistics.median(times)
    finally:
        guest.end()


def switches(pid):
    total = 0
    for status in Path(f'/proc/{pid}/task').glob('*/status'):
        for line in status.read_text().splitlines():
            if line.startswith(('voluntary_ctxt', 'nonvoluntary_ctxt')):
                total += int(line.split()[1])
    return total


def idle(argv):
    """Context switches a second of all threads, less the stops of the emulator."""
    guest = Guest(argv)
    try:
        time.sleep(3)   # until what a reset brings about is over
        pid = guest.pid()
        start = time.monotonic()
        before, stops = switches(pid), guest.statistics()['stops']
        time.sleep(IDLE_SECONDS)
        after, more_stops = switches(pid), guest.statistics()['stops']
        return ((after - before) - (more_stops - stops)) / (time.monotonic() - start)
    finally:
        guest.end()


def memory(argv):
    """Proportional set size in kilobytes."""
    guest = Guest(argv)
    try:
        time.sleep(3)
        rollup = Path(f'/proc/{guest.pid()}/smaps_rollup').read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith('Pss:'))
    finally:
        guest.end()


HARMLESS = Path(__file__).resolve().parent.parent / 'lib' / 'harmless.conf'
DAEMON = [os.environ['TBX_TOOLBOXD'], '--transport=backdoor', f'--config={HARMLESS}']
CEILING = [os.environ['TBX_CEILING_GUEST']]


def main():
    which = sys.argv[1]
    if which == 'ping':
        ceiling, daemon = ping(CEILING), ping(DAEMON)
        print(f'ping: {daemon:.1f} us a round trip; ceiling {ceiling:.1f} us; '
              f'ratio {daemon / ceiling:.3f} (budget 1.05)')
    elif which == 'idle':
        print(f'idle: {idle(DAEMON):.1f} wake-ups a second (budget 11)')
    elif which == 'memory':
        print(f'memory: PSS {memory(DAEMON)} kB (budget 6144 with one worker)')


main()
