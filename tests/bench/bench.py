# SPDX-License-Identifier: LGPL-2.1-or-later
"""Benchmarks of the daemon under vmxsim, each beside a guest that does nothing.

Prints medians; the machine is noisy, so no figure ever fails.  What docs/design.md
calls the budget stands beside each.
"""

import json
import os
import pwd
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxguest   # noqa: E402
import tbxhgfs   # noqa: E402
from texts import FILE_BYTES, FILES, make_texts   # noqa: E402

ROUNDS = 5
PING_SECONDS = 2
IDLE_SECONDS = 10
CPU = sorted(os.sched_getaffinity(0))[-1]


class Guest:
    """A program under vmxsim, both on one CPU."""

    def __init__(self, argv, *options, user=None):
        self.dir = tempfile.TemporaryDirectory(prefix='tbx-bench-')
        if user:
            os.chown(self.dir.name, user, user)
        self.control = os.path.join(self.dir.name, 'control')
        self.bus = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address=1'],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus.stdout.readline().strip())
        self.process = subprocess.Popen(
            ['taskset', '-c', str(CPU), self.copy(os.environ['TBX_VMXSIM'], user), 'run', '--control', self.control,
             *options, '--', *(self.copy(arg, user) for arg in argv)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, user=user,
            group=user, extra_groups=None if user is None else [])
        while not os.path.exists(self.control) and self.process.poll() is None:
            time.sleep(0.01)
        self.tell('wait', '--timeout', '20', 'running')

    def copy(self, argument, user):
        """What another user can run: nobody may not read our tree."""
        before, sign, path = argument.rpartition('=')
        if user is None or not path.startswith('/') or not os.path.isfile(path):
            return argument
        name = os.path.join(self.dir.name, os.path.basename(path))
        shutil.copy(path, name)
        return before + sign + name

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


def family(pid):
    """A process and all that came of it."""
    children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def memory(argv, login):
    """Proportional set sizes in kilobytes of the daemon and the processes of one idle worker:
    each whole, and what is not shared libraries, whose part depends on who else uses them."""
    guest = Guest(argv)
    try:
        guest.tell('guest', '-l', login, 'validate')
        time.sleep(3)
        pids = family(guest.pid())
        return [pss(pid) for pid in pids], [pss(pid, 'Pss_Anon') for pid in pids]
    finally:
        guest.end()


def memory_of_guests():
    """As root the worker has an account and PAM, as everywhere; else it is our own."""
    worker = f'--worker={os.environ["TBX_WORKER"]}'
    if os.geteuid() != 0:
        login = f'{pwd.getpwuid(os.geteuid()).pw_name}:any'
        return memory([*DAEMON, '--auth=self', worker], login)
    account = tbxguest.make_account(f'tbx-m{os.getpid()}')
    try:
        with tempfile.NamedTemporaryFile('w') as config:
            config.write(f'{HARMLESS.read_text()}\n[auth]\npam-directory={tbxguest.PAM}\n')
            config.flush()
            return memory([*DAEMON[:-1], f'--config={config.name}', worker], account.login)
    finally:
        tbxguest.remove_account(account)


TRANSFER_BYTES = 128 * 1000 * 1000 // tbxhgfs.PACKET_BYTES * tbxhgfs.PACKET_BYTES
NOBODY = 65534


def cpu(pid):
    """Nanoseconds that the threads of a process have had a CPU, the kernel's work included."""
    return sum(int(path.read_text().split()[0])
               for path in Path(f'/proc/{pid}/task').glob('*/schedstat'))


def pss(pid, part='Pss'):
    """Proportional set size in kilobytes; @part: such as that of memory without a file."""
    rollup = Path(f'/proc/{pid}/smaps_rollup').read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines()
                if line.startswith(f'{part}:'))


class Watched:
    """The largest that a process is while something else is done."""

    def __init__(self, pid):
        self.pid, self.most = pid, 0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while True:
            self.most = max(self.most, pss(self.pid))
            if self.end.wait(0.02):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()


class Moving:
    """A guest between two rounds: rounds of both guests alternate, for the machine is noisy."""

    def __init__(self, argv, null):
        user = NOBODY if os.geteuid() == 0 else None
        self.guest = Guest(argv, user=user)
        self.name = pwd.getpwuid(os.geteuid() if user is None else user).pw_name
        self.null = null
        self.file = os.path.join(self.guest.dir.name, 'file')
        self.rates = {'download': [], 'upload': []}
        self.cpu = {'download': [], 'upload': []}

    def pids(self):
        """The host, the guest, its workers."""
        pid = self.guest.pid()
        children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
        return [self.guest.process.pid, pid, *map(int, children)]

    def session(self):
        return tbxhgfs.Session(self.guest.control, self.name, 'secret', self.null)

    def round(self, way):
        session = self.session()
        try:
            before = [cpu(pid) for pid in self.pids()]
            seconds = getattr(session, way)(self.file, TRANSFER_BYTES)
            after = [cpu(pid) for pid in self.pids()]
        finally:
            session.end()
        self.rates[way].append(TRANSFER_BYTES / seconds / 1e6)
        self.cpu[way].append([(b - a) / 1000 / (TRANSFER_BYTES / tbxhgfs.PACKET_BYTES)
                              for a, b in zip(before, after)])

    def rate(self, way):
        return statistics.median(self.rates[way])

    def cost(self, way):
        """Microseconds a packet, all in all."""
        return statistics.median(map(sum, self.cpu[way]))

    def parts(self, way):
        return ' + '.join(f'{statistics.median(each):.0f}' for each in zip(*self.cpu[way]))

    def archive(self):
        """Bytes of the files a second, as a tgz."""
        folder = os.path.join(self.guest.dir.name, 'texts')
        if not os.path.isdir(folder):
            os.mkdir(folder)
            os.chmod(folder, 0o755)
            make_texts(Path(folder))
        session = self.session()
        try:
            return FILES * FILE_BYTES / session.fetch(f'{folder}?format=tgz') / 1e6
        finally:
            session.end()

    def stream(self):
        """Bytes a second of what a program writes, more than is kept of it."""
        start = subprocess.run(
            [os.environ['TBX_VMXSIM'], '--control', self.guest.control, 'guest', '-l',
             f'{self.name}:secret', 'start', 'head', f'-c {TRANSFER_BYTES} /dev/zero'],
            check=True, capture_output=True, text=True)
        while True:
            session = self.session()
            try:
                return TRANSFER_BYTES / session.download(f'/proc/{start.stdout.strip()}/stdout',
                                                         TRANSFER_BYTES) / 1e6
            except tbxhgfs.Refused:   # there is room for more of it still
                pass
            finally:
                session.end()


def moving():
    daemon = Moving([*DAEMON, '--auth=self', f'--worker={os.environ["TBX_WORKER"]}'], False)
    null = Moving(CEILING, True)
    try:
        for _ in range(ROUNDS):
            for way in ('upload', 'download'):
                null.round(way)
                daemon.round(way)
        for way in ('download', 'upload'):
            # What others do at the time slows both down, and not alike; what a packet
            # needs of the CPU is the steadier figure.
            print(f'{way}: {daemon.rate(way):.0f} MB/s; ceiling {null.rate(way):.0f} MB/s; ratio '
                  f'{daemon.rate(way) / null.rate(way):.3f} (budget 0.85); CPU a packet '
                  f'{daemon.cost(way):.0f} us (host, daemon, worker {daemon.parts(way)}), of the '
                  f'ceiling {null.cost(way):.0f} us ({null.parts(way)}); ratio '
                  f'{null.cost(way) / daemon.cost(way):.3f}')
            with Watched(daemon.pids()[2]) as watched:
                daemon.round(way)
            print(f'{way}: PSS of the worker at most {watched.most} kB (budget 8192)')
        rates = [daemon.archive() for _ in range(ROUNDS)]
        with Watched(daemon.pids()[2]) as watched:
            daemon.archive()
        print(f'tgz of {FILES} texts: {statistics.median(rates):.0f} MB/s of host, daemon and worker '
              f'on one CPU (budget 100); PSS of the worker at most {watched.most} kB (budget 8192)')
        rates = [daemon.stream() for _ in range(ROUNDS)]
        print(f'output of a program: {statistics.median(rates):.0f} MB/s of host, daemon, worker '
              'and program on one CPU')
    finally:
        daemon.guest.end()
        null.guest.end()


HARMLESS = Path(__file__).resolve().parent.parent / 'lib' / 'harmless.conf'
DAEMON = [os.environ['TBX_TOOLBOXD'], '--transport=backdoor', f'--config={HARMLESS}']
CEILING = [os.environ['TBX_CEILING_GUEST']]


def main():
    which = sys.argv[1]
    if which == 'ping':
        ceiling, daemon = ping(CEILING), ping(DAEMON)
        print(f'ping: {daemon:.1f} us a round trip; ceiling {ceiling:.1f} us; '
              f'ratio {daemon / ceiling:.3f} (budget 1.05)')
    elif which == 'transfer':
        moving()
    elif which == 'idle':
        print(f'idle: {idle(DAEMON):.1f} wake-ups a second (budget 11)')
    elif which == 'memory':
        (daemon, *worker), own = memory_of_guests()
        print(f'memory: PSS of the daemon {daemon} kB, of one idle worker {" + ".join(map(str, worker))} '
              f'kB, together {daemon + sum(worker)} kB (budget 6144); without what is mapped from '
              f'files {" + ".join(map(str, own))} kB')


main()
