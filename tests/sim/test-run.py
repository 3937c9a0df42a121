#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""vmxsim run: a program in the guest behaves as in a VMware guest, and else as ever."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import simtest
from simtest import tbxtest

GUEST = os.environ['TBX_GUEST']
MODULES = (os.environ['TBX_GUEST_MODULE'], os.environ['TBX_GUEST_MODULE_2'])
CPUID = {kind: os.environ[f'TBX_GUEST_CPUID_{kind}']
         for kind in ('PIE', 'FIXED', 'STATIC', 'STATIC_PIE')}


def by(number):
    return 128 + number


class Execution(simtest.Case):
    def test_threads_forks_exec(self):
        for command in ('version', 'threads', 'forks', 'exec', 'handlers', 'job-control', 'mask'):
            with self.subTest(command):
                self.assert_ran(self.guest(GUEST, command), 0)

    def test_death_as_without_tracer(self):
        for command, number in {'pointer': signal.SIGSEGV, 'port': signal.SIGSEGV,
                                'signal': signal.SIGSEGV, 'memory': signal.SIGSEGV,
                                'instruction': signal.SIGILL,
                                'breakpoint': signal.SIGTRAP}.items():
            with self.subTest(command):
                self.assert_ran(self.guest(GUEST, command), by(number))

    def test_children_are_let_go_at_exec(self):
        self.assert_ran(self.guest(GUEST, 'spawn'), by(signal.SIGSEGV))
        self.assert_ran(self.guest(GUEST, 'spawn', options=['--follow']), 0)

    def test_exit_status(self):
        self.assert_ran(self.guest('sh', '-c', 'exit 41'), 41)
        self.assert_ran(self.guest('sh', '-c', 'kill -KILL $$'), by(signal.SIGKILL))
        self.assert_ran(self.guest('sh', '-c', 'sh -c "exit 3"; exit 4', options=['--follow']), 4)

    def test_not_started(self):
        script = self.directory / 'script'
        script.write_text('not a program')
        script.chmod(0o755)
        for path in ('/nonexistent/program', 'no-such-program-anywhere', script):
            result = self.guest(path)
            self.assert_ran(result, 127)
            self.assertRegex(result.stderr, rf'^vmxsim: {path}: .+\n$')
        result = self.guest('true', options=['--trace', self.directory])
        self.assert_ran(result, 127)
        self.assertIn(str(self.directory), result.stderr)

    def test_standard_streams_pass(self):
        result = subprocess.run(self.argv('sh', '-c', 'cat; echo err >&2'), input='in\n',
                                capture_output=True, text=True, check=True)
        self.assertEqual((result.stdout, result.stderr), ('in\n', 'err\n'))

    def test_nothing_is_left_behind(self):
        """A child that outlives the program is on its own: its text is as it was."""
        report = self.directory / 'report'
        native = subprocess.run([CPUID['PIE']], capture_output=True, check=False).returncode
        self.assert_ran(self.guest(CPUID['PIE'], 'orphan', report, MODULES[0]), 0)
        tbxtest.until(lambda: report.exists() and report.read_text(encoding='ascii'),
                      'the child finds itself alone', every_ms=20)
        self.assertEqual(report.read_text(encoding='ascii'),
                         'VMware\n' if native == 0 else 'not VMware\n')


class Signals(simtest.Case):
    def start_waiting(self, *more):
        program = self.start(GUEST, 'until-signal', *more)
        program.wait_log('^ready$')
        return program

    @staticmethod
    def kill_until_ended(program):
        tbxtest.until(lambda: program.ended() or program.kill(), 'vmxsim ends', every_ms=150)

    def test_once_for_timeout(self):
        """timeout(1) sends its signal to the child, and at once again to its group."""
        result = subprocess.run(
            ['timeout', '--preserve-status', '2', *self.argv(GUEST, 'until-signal')],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assert_ran(result, 55)

    def test_passed_on(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                program = self.start_waiting()
                program.kill(number)
                self.assertEqual(program.wait(), 40 + number)
                self.assertTrue(program.find(f'^got {int(number)}$'))

    def test_second_one_kills(self):
        program = self.start_waiting('stubborn')
        program.kill()
        program.wait_log('^got 15$')
        self.kill_until_ended(program)
        self.assertEqual(program.wait(), by(signal.SIGKILL))
        self.assertEqual(program.count('^got'), 1)

    def test_second_one_kills_what_is_followed(self):
        """The program has ended, but a child of it is still traced, and stubborn."""
        program = self.start('sh', '-c', f'{GUEST} until-signal stubborn & exit 5',
                             options=['--follow'])
        program.wait_log('^ready$')
        tbxtest.until(lambda: not self.children(program), 'the shell ends', every_ms=20)
        self.kill_until_ended(program)
        self.assertEqual(program.wait(), 5)

    def test_dies_with_us(self):
        """However vmxsim ends, no program stays behind half traced."""
        program = self.start_waiting('stubborn')
        child = os.pidfd_open(self.children(program)[0])
        self.addCleanup(os.close, child)
        program.kill(signal.SIGKILL)
        program.wait()
        ended = []
        source = tbxtest.GLib.unix_fd_add_full(
            0, child, tbxtest.GLib.IOCondition.IN, lambda *_: ended.append(True) or False)
        tbxtest.until(lambda: ended, 'the program ends')
        self.assertTrue(source)


class Cpuid(simtest.Case):
    def test_every_kind_of_program(self):
        for kind, path in CPUID.items():
            with self.subTest(kind):
                self.assert_ran(self.guest(path), 0)

    def test_stripped(self):
        stripped = self.directory / 'stripped'
        subprocess.run(['strip', '--strip-all', '-o', stripped, CPUID['PIE']], check=True)
        self.assert_ran(self.guest(stripped), 0)

    def test_libraries_that_come_and_go(self):
        self.assert_ran(self.guest(CPUID['PIE'], 'module', *MODULES), 0)
        self.assert_ran(self.guest(CPUID['FIXED'], 'module', *MODULES), 0)

    def test_followed(self):
        self.assert_ran(self.guest('sh', '-c', f'{CPUID["PIE"]}; exit $?'), 1)
        self.assert_ran(self.guest('sh', '-c', f'{CPUID["PIE"]}; exit $?',
                                   options=['--follow']), 0)


class Vsock(simtest.Case):
    def test_refused(self):
        self.assert_ran(self.guest(GUEST, 'vsock'), 0)

    def test_rights_are_given_up_only_where_needed(self):
        status = ['grep', 'NoNewPrivs', '/proc/self/status']
        drop = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-all', '--']
        root = os.geteuid() == 0
        self.assertEqual(self.guest(*status).stdout.split()[-1], '0' if root else '1')
        result = self.guest(*status, before=drop if root else ())
        self.assertEqual(result.stdout.split()[-1], '1')
        self.assert_ran(self.guest(GUEST, 'vsock', before=drop if root else ()), 0)


class Trace(simtest.Case):
    def test_lines(self):
        trace = self.directory / 'trace'
        for bandwidth in ((), ('--low-bandwidth',), ('--alternate-bandwidth',)):
            self.assert_ran(self.guest(GUEST, 'version', options=['--trace', trace, *bandwidth]), 0)
        text = trace.read_text(encoding='ascii')
        line = r'\d\d:\d\d:\d\d\.\d{6} \d+ RPCI#0 '
        exchange = (f'{line}guest->host info-set 32\n{line}host->guest 1 2\n'
                    f'{line}guest->host info-get 24\n{line}host->guest 1 9\n')
        self.assertRegex(text, f'^({exchange}){{3}}$')
        self.assertNotIn('value', text)

    def test_stops_are_counted(self):
        self.live_host()
        before = self.host.show()['statistics']['stops']
        self.assert_ran(self.guest(GUEST, 'version'), 0)
        self.assertGreater(self.host.show()['statistics']['stops'], before + 30)


class Joined(simtest.Case):
    def test_one_host_for_two_programs(self):
        host = self.live_host()
        self.host.ask('set', 'guestinfo.x', 'from the host')
        for bandwidth in ((), ('--low-bandwidth',)):
            result = self.guest('vmware-rpctool', 'info-get guestinfo.x', options=bandwidth)
            self.assert_ran(result, 0)
            self.assertEqual(result.stdout, 'from the host\n')
        self.assert_ran(self.guest('vmware-rpctool', 'info-set guestinfo.y from the guest'), 0)
        self.assertEqual(self.host.ask('get', 'y'), 'from the guest')
        self.assert_ran(self.guest(GUEST, 'threads'), 0)
        self.wait('no-channel')
        self.assertFalse(host.ended())

    def test_channels_end_with_their_process(self):
        self.live_host()
        self.assert_ran(self.guest(GUEST, 'memory'), by(signal.SIGSEGV))   # leaves one open
        self.wait('no-channel')


class JobControl(simtest.Case):
    """What a shell does with vmxsim as its job, and what others do with the program."""

    def start_waiting(self):
        program = self.start(GUEST, 'until-signal', process_group=0)
        program.wait_log('^ready$')
        return program, self.children(program)[0]

    def assert_goes_on(self, program):
        program.kill()
        self.assertEqual(program.wait(), 55)

    def test_job(self):
        program, _child = self.start_waiting()
        pid = program.process.pid
        for number in (signal.SIGTSTP, signal.SIGSTOP):
            os.killpg(pid, number)
            _pid, status = os.waitpid(pid, os.WUNTRACED)
            self.assertTrue(os.WIFSTOPPED(status))
            os.killpg(pid, signal.SIGCONT)
            _pid, status = os.waitpid(pid, os.WCONTINUED)
            self.assertTrue(os.WIFCONTINUED(status))
        self.assert_goes_on(program)

    def test_program_alone(self):
        """A guest that hangs does not stop its host."""
        program, child = self.start_waiting()
        stat = Path(f'/proc/{child}/stat')
        os.kill(child, signal.SIGSTOP)
        tbxtest.until(lambda: stat.read_text(encoding='ascii').split()[2] == 't',
                      'the program stops', every_ms=20)
        self.host.show()
        program.kill()
        os.kill(child, signal.SIGCONT)
        self.assertEqual(program.wait(), 55)


if __name__ == '__main__':
    if not shutil.which('vmware-rpctool'):
        raise SystemExit('open-vm-tools is not installed; tools/setup does that')
    simtest.main()
