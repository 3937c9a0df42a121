#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""toolboxctl without the daemon, and against a host and a daemon that lie."""

import base64
import json
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from ctltest import (DONE, FAILED, NOT_PERMITTED, UNREACHABLE, USAGE, LyingDaemon, LyingHost, ctl,
                     ctl_on_terminal, environment, tbxtest)
from gi.repository import GLib

EVIL = 'a\x1b]0;owned\x07\n\x9b31m\u202eb'   # escape, newline, a C1 control, right-to-left
SAFE = 'a\\x1b]0;owned\\x07\\x0a\\u009b31m\\u202eb'
COMMANDS = [['status'], ['nics'], ['info', 'get', 'x'], ['info', 'set', 'x', 'y'], ['rpc', 'x'],
            ['monitor'], ['doctor']]


class CommandLine(unittest.TestCase):
    def test_usage(self):
        for args in ([], ['frob'], ['info'], ['info', 'frob', 'x'], ['status', 'x'], ['nics', 'x'],
                     ['info', 'get'], ['info', 'get', 'a', 'b'], ['info', 'set', 'a'], ['rpc'],
                     ['rpc', 'a', 'b'], ['rpc', ''], ['--frob'], ['status', '--frob'],
                     ['info', 'get', ''], ['info', 'get', 'guestinfo.'], ['info', 'get', 'a b'],
                     ['info', 'get', 'ä'], ['info', 'get', 'k' * 129],
                     ['info', 'set', 'k', 'v' * 65001], ['info', 'set', 'k', b'\xff'],
                     ['status', '--direct'], ['nics', '--transport=auto'],
                     ['rpc', 'x', '--config=x'], ['rpc', 'x', '--transport=frob'], ['rpc', 'x', '--transport=socket:relative']):
            with self.subTest(args=args):
                status, out, err = ctl(*args)
                self.assertEqual(status, USAGE, err)
                self.assertEqual(out, b'')
                self.assertRegex(err, r'^toolboxctl: .+\nTry "toolboxctl .*--help"\.\n$')

    def test_transport_in_the_environment_is_checked_too(self):
        self.assertEqual(ctl('rpc', 'x', TOOLBOXD_TRANSPORT='frob')[0], USAGE)

    def test_help(self):
        status, out, _ = ctl('--help')
        self.assertEqual(status, DONE)
        for command in COMMANDS:
            name = ' '.join(command[:2] if command[0] == 'info' else command[:1])
            self.assertIn(f'\n  {name}', out.decode())
            status, own, _ = ctl(*name.split(), '--help')
            self.assertEqual(status, DONE)
            self.assertRegex(own.decode(), rf'toolboxctl \[OPTION…\] {name}( [A-Z ]+)?\n')
            for option, takers in {'--transport': ('info', 'rpc', 'doctor'),
                                   '--direct': ('info', 'rpc', 'doctor'),
                                   '--config': ('doctor',)}.items():
                self.assertEqual(option in own.decode().split('Options:')[1],
                                 command[0] in takers, f'{name} {option}')

    def test_version(self):
        status, out, _ = ctl('--version')
        self.assertEqual(status, DONE)
        self.assertRegex(out.decode(), r'^toolboxctl \d+\.\d+\.\d+\n$')

    def test_nothing_is_there(self):
        """No bus, no host: all but doctor say that they cannot reach anything."""
        for command in COMMANDS[:-1]:
            with self.subTest(command=command):
                status, out, err = ctl(*command, TOOLBOXD_TRANSPORT='socket:/nonexistent/host')
                self.assertEqual((status, out), (UNREACHABLE, b''))
                self.assertRegex(err, r'^toolboxctl: .+\n$')
                status, out, err = ctl(*command, '--json', TOOLBOXD_TRANSPORT='socket:/nonexistent')
                self.assertEqual((status, err), (UNREACHABLE, ''))
                self.assertEqual(json.loads(out)['status'], UNREACHABLE)
                self.assertTrue(json.loads(out)['error'])

    def test_not_vmware(self):
        """Without a transport the backdoor is used only where the CPU says VMware."""
        virt = subprocess.run(['systemd-detect-virt', '--vm'], capture_output=True, text=True,
                              check=False).stdout.strip()
        status, _, err = ctl('rpc', 'x')
        if virt == 'vmware':
            self.assertEqual((status, err), (FAILED, 'toolboxctl: Unknown command\n'))
        else:
            self.assertEqual((status, err),
                             (UNREACHABLE, 'toolboxctl: this machine is not a VMware guest\n'))

    def test_doctor_reads_the_configuration(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / 'toolboxd.conf'
            for text, mode, verdict, said in (
                    (None, 0, 'ok', r'No such file'), ('[guestinfo]\n', 0o644, 'ok', ''),
                    ('[guestinfo]\n', 0o664, 'fail', ''),
                    ('[guestinfo]\nfrob=1\n', 0o644, 'fail', r'toolboxd\.conf:2: .*frob'),
                    ('nonsense\x1b\n', 0o644, 'fail', r'toolboxd\.conf:1: ')):
                with self.subTest(text=text, mode=mode):
                    if text is not None:
                        path.write_text(text, encoding='utf-8')
                        path.chmod(mode)
                    _, out, _ = ctl('doctor', f'--config={path}')
                    line = next(l for l in out.decode().splitlines() if ' configuration ' in l)
                    self.assertRegex(line, rf'^{verdict} +configuration +.*{said}')

    def test_doctor(self):
        status, out, err = ctl('doctor')
        self.assertEqual((status, err), (FAILED, ''))
        self.assertRegex(out.decode(), r'(?m)^fail  hypervisor')
        self.assertRegex(out.decode(), r'(?m)^fail  daemon')
        status, out, err = ctl('doctor', '--json')
        self.assertEqual((status, err), (FAILED, ''))
        verdicts = {check['check']: check['verdict'] for check in json.loads(out)}
        self.assertEqual((verdicts['hypervisor'], verdicts['daemon']), ('fail', 'fail'))


class Host(tbxtest.Case):
    """Straight through the channel."""

    def lie(self, answer):
        host = LyingHost(self.directory, answer)
        self.addCleanup(host.stop)
        return host

    def test_what_is_sent(self):
        host = self.lie(lambda request: b'1 ')
        for args, sent in ((['rpc', 'tools.capability.x 1'], b'tools.capability.x 1'),
                           (['rpc', b'f \xff\x01'], b'f \xff\x01'),
                           (['info', 'get', 'k'], b'info-get guestinfo.k'),
                           (['info', 'get', 'guestinfo.k'], b'info-get guestinfo.k'),
                           (['info', 'set', 'k', 'v w'], b'info-set guestinfo.k v w\0'),
                           (['info', 'set', 'k', ''], b'info-set guestinfo.k \0'),
                           (['info', 'set', '--', 'k', '-5'], b'info-set guestinfo.k -5\0')):
            with self.subTest(args=args):
                host.requests.clear()
                # Options first, for "--" ends them.
                self.assertEqual(ctl(host.option, *args)[0], DONE)
                self.assertEqual(host.requests, [sent])

    def test_environment(self):
        host = self.lie(lambda request: b'1 yes')
        status, out, _ = ctl('rpc', 'x', TOOLBOXD_TRANSPORT=f'socket:{host.path}')
        self.assertEqual((status, out), (DONE, b'yes\n'))

    def test_reply(self):
        host = self.lie(None)
        for reply, status, out in ((b'1 ', DONE, b'\n'), (b'1 v', DONE, b'v\n'),
                                   (b'1 a\0b\xff', DONE, b'a\0b\xff\n'),
                                   (b'0 no', FAILED, b''), (b'0 ', FAILED, b''),
                                   (b'0 Unknown command', FAILED, b''),
                                   (b'0 No value found', FAILED, b''),
                                   (b'x', UNREACHABLE, b''), (b'2 x', UNREACHABLE, b''),
                                   (b'1', UNREACHABLE, b''), (None, UNREACHABLE, b'')):
            host.answer = lambda request, reply=reply: reply
            for args in (['rpc', 'x'], ['info', 'get', 'k']):
                with self.subTest(reply=reply, args=args):
                    got, printed, err = ctl(*args, host.option)
                    self.assertEqual((got, printed), (status, out), err)
                    self.assertEqual(bool(err), status != DONE)

    def test_refusal_is_the_hosts_text(self):
        host = self.lie(lambda request: b'0 ' + EVIL.encode())
        status, _, err = ctl('rpc', 'x', host.option)
        self.assertEqual((status, err), (FAILED, f'toolboxctl: {SAFE}\n'))
        status, out, err = ctl('rpc', 'x', host.option, '--json')
        self.assertEqual((status, err), (FAILED, ''))
        self.assertEqual(json.loads(out), {'error': EVIL, 'status': FAILED})
        self.assertNotIn(b'\x1b', out)
        self.assertNotIn('\x9b'.encode(), out)

    def test_sent_twice_or_not(self):
        """A request of unknown effect never is; reading a variable is, when the channel broke."""
        host = self.lie(lambda request: None)
        ctl('rpc', 'x', host.option)
        self.assertEqual(len(host.requests), 1)
        host.requests.clear()
        ctl('info', 'get', 'k', host.option)
        self.assertEqual(len(host.requests), 2)

    def test_terminal(self):
        host = self.lie(lambda request: b'1 ' + EVIL.encode() + b'\xff')
        status, out, _ = ctl('rpc', 'x', host.option)
        self.assertEqual((status, out), (DONE, EVIL.encode() + b'\xff\n'))
        for args in (['rpc', 'x'], ['info', 'get', 'k']):
            self.assertEqual(ctl_on_terminal(*args, host.option),
                             (SAFE + '\\xff\r\n').encode())

    def test_json(self):
        host = self.lie(lambda request: b'1 ' + EVIL.encode())
        status, out, _ = ctl('rpc', 'x', host.option, '--json')
        self.assertEqual((status, json.loads(out)), (DONE, {'reply': EVIL}))
        status, out, _ = ctl('info', 'get', 'guestinfo.k', host.option, '--json')
        self.assertEqual((status, json.loads(out)), (DONE, {'key': 'k', 'value': EVIL}))
        status, out, _ = ctl('info', 'set', 'k', 'v', host.option, '--json')
        self.assertEqual((status, json.loads(out)), (DONE, {'key': 'k', 'value': 'v'}))
        host.answer = lambda request: b'1 \xff\0'
        status, out, _ = ctl('rpc', 'x', host.option, '--json')
        self.assertEqual(json.loads(out), {'reply-base64': base64.b64encode(b'\xff\0').decode()})

    def test_long_values(self):
        host = self.lie(lambda request: b'1 ' + b'v' * 1000000)
        status, out, _ = ctl('info', 'get', 'k', host.option)
        self.assertEqual((status, len(out)), (DONE, 1000001))
        status, _, _ = ctl('info', 'set', 'k', 'v' * 65000, host.option)
        self.assertEqual((status, len(host.requests[-1])), (DONE, len('info-set guestinfo.k ') + 65001))

    def test_doctor_over_a_socket(self):
        host = self.lie(lambda request: b'1 ')
        _, out, _ = ctl('doctor', '--json', host.option)
        self.assertIn(('hypervisor', 'ok'), [(c['check'], c['verdict']) for c in json.loads(out)])


class Daemon(tbxtest.Case):
    """A daemon on the bus that says what no good one would."""

    def setUp(self):
        super().setUp()
        self.start_bus()

    def lie(self, **named):
        daemon = LyingDaemon(self.bus.address, **named)
        self.addCleanup(daemon.stop)
        return daemon

    def ctl(self, *args, **named):
        return ctl(*args, bus=self.bus.address, **named)

    def test_errors_have_their_status(self):
        prefix = 'org.toolboxd.Toolbox1.Error.'
        freedesktop = 'org.freedesktop.DBus.Error.'
        daemon = self.lie()
        for error, status in ((prefix + 'Refused', FAILED), (prefix + 'NotFound', FAILED),
                              (prefix + 'Malformed', FAILED), (prefix + 'Unsupported', FAILED),
                              (prefix + 'Transport', UNREACHABLE), (prefix + 'TimedOut', UNREACHABLE),
                              (prefix + 'NotAuthorized', NOT_PERMITTED),
                              (freedesktop + 'AccessDenied', NOT_PERMITTED),
                              (freedesktop + 'InteractiveAuthorizationRequired', NOT_PERMITTED),
                              (freedesktop + 'InvalidArgs', USAGE),
                              (freedesktop + 'NoReply', UNREACHABLE),
                              (freedesktop + 'UnknownMethod', FAILED), ('org.example.Odd', FAILED)):
            daemon.answers = {'Get': error, 'Set': error}
            for args in (['info', 'get', 'k'], ['info', 'set', 'k', 'v']):
                with self.subTest(error=error, args=args):
                    got, out, err = self.ctl(*args)
                    self.assertEqual((got, out), (status, b''))
                    self.assertIn('\\x1b[31mred', err)
                    self.assertNotIn('\x1b', err)

    def test_dies_in_the_call(self):
        self.lie()
        status, _, err = self.ctl('info', 'get', 'k')
        self.assertEqual(status, UNREACHABLE, err)

    def test_answers_of_another_type(self):
        self.lie(answers={'Get': GLib.Variant('(i)', (1,)), 'Set': GLib.Variant('(s)', ('x',))},
                 edit=lambda xml: xml.replace('name="value" type="s" direction="out"',
                                              'name="value" type="i" direction="out"')
                 .replace('<method name="Set">', '<method name="Set"><arg type="s" direction="out"/>'))
        for args in (['info', 'get', 'k'], ['info', 'set', 'k', 'v']):
            status, out, err = self.ctl(*args)
            self.assertEqual((status, out), (FAILED, b''))
            self.assertTrue(err)

    def test_direct_passes_it_by(self):
        host = LyingHost(self.directory, lambda request: b'1 host')
        self.addCleanup(host.stop)
        self.lie(answers={'Get': GLib.Variant('(s)', ('daemon',))})
        self.assertEqual(self.ctl('info', 'get', 'k')[1], b'daemon\n')
        self.assertEqual(self.ctl('info', 'get', 'k', host.option)[1], b'host\n')
        transport = f'socket:{host.path}'
        self.assertEqual(self.ctl('info', 'get', 'k', TOOLBOXD_TRANSPORT=transport)[1], b'daemon\n')
        self.assertEqual(self.ctl('info', 'get', 'k', '--direct', TOOLBOXD_TRANSPORT=transport)[1],
                         b'host\n')

    def test_processes(self):
        process = {'pid': GLib.Variant('x', 7), 'name': GLib.Variant('s', 'n'),
                   'user': GLib.Variant('s', 'u'), 'start': GLib.Variant('t', 1000000000)}
        rows = [({'end': GLib.Variant('t', 0)}, r'running +\[n\]$'),
                ({'end': GLib.Variant('t', 1000000007), 'exit-code': GLib.Variant('i', 3),
                  'command-line': GLib.Variant('s', 'n --x')}, r'2001-09-09 \S+ +3 +n --x$'),
                ({'end': GLib.Variant('t', 1000000007), 'signal': GLib.Variant('i', 15)},
                 r'2001-09-09 \S+ +signal 15 +\[n\]$'),
                ({'end': GLib.Variant('t', 2**64 - 1)}, r' - +unknown +\[n\]$')]
        daemon = self.lie(answers={'List': GLib.Variant('(aa{sv})', (
            [{**process, **more} for more, _ in rows],))})
        status, out, err = self.ctl('ps', TZ='UTC')
        self.assertEqual((status, err), (DONE, ''))
        lines = out.decode().splitlines()
        self.assertRegex(lines[0], r'^PID +USER +START +END +RESULT +COMMAND$')
        for line, (_, expected) in zip(lines[1:], rows, strict=True):
            self.assertRegex(line, '^7 +u +2001-09-09 01:46:40 .*' + expected)
        self.assertEqual([p.get('exit-code') for p in json.loads(self.ctl('ps', '--json')[1])],
                         [None, 3, None, None])
        evil = GLib.Variant('s', EVIL)
        for more in ({'name': evil}, {'command-line': evil}, {'user': evil}):
            daemon.answers['List'] = GLib.Variant('(aa{sv})', ([{**process, **more}],))
            self.assertIn(SAFE, self.ctl('ps')[1].decode())
        daemon.answers['List'] = GLib.Variant('(aa{sv})', ([{}, {'pid': evil, 'end': evil}],))
        self.assertEqual(self.ctl('ps')[0], DONE)
        daemon.answers['List'] = GLib.Variant('(aa{sv})', ([],))
        self.assertEqual(self.ctl('ps')[0], DONE)
        self.assertEqual(self.ctl('ps', '7')[::2], (FAILED, 'toolboxctl: no such process\n'))
        for bad in ('x', '0', '-1', '7x', str(2**63)):
            self.assertEqual(self.ctl('ps', '--', bad)[0], USAGE, bad)

    def test_operations(self):
        def policy(**members):
            return {'Manager': {'Policy': GLib.Variant('a{sv}', members)}}
        methods = GLib.Variant('a{ss}', {'A': '', 'B': 'off', 'C': 'denied', 'D': 'not-allowed',
                                         'E': 'not-supported', 'F': EVIL})
        rule = {'enabled': GLib.Variant('b', True), 'deny': GLib.Variant('as', ['A', EVIL])}
        rules = GLib.Variant('a{sv}', {
            'all': GLib.Variant('a{sv}', rule), 'user u': GLib.Variant('a{sv}', rule),
            'group g': GLib.Variant('a{sv}', {}), 'odd': GLib.Variant('s', 'x')})
        daemon = self.lie(properties=policy(methods=methods, rules=rules))
        status, out, err = self.ctl('operations')
        self.assertEqual((status, err), (DONE, ''))
        lines = out.decode().splitlines()
        self.assertEqual(len(lines), 11)
        self.assertRegex(lines[1], '^A +yes$')
        for line, name in zip(lines[2:6], 'BCDE', strict=True):
            self.assertRegex(line, rf'^{name} +no +\w+')
        self.assertIn(SAFE, lines[6])
        self.assertRegex(lines[8], '^ONLY FOR +ENABLED +DENIED +ALLOWED$')
        self.assertEqual(lines[9].split('  ')[0], 'user u')
        self.assertIn(SAFE, lines[9])
        said = json.loads(self.ctl('operations', '--json')[1])
        self.assertEqual(said['methods']['C'], 'denied')
        self.assertEqual(said['rules']['user u']['deny'], ['A', EVIL])
        for members in ({}, {'methods': methods}, {'methods': rules, 'rules': rules}):
            daemon.properties = policy(**members)
            self.assertEqual(self.ctl('operations')[0], FAILED)

    def test_nothing_said(self):
        """Without a single property there is a table still, and no crash."""
        self.lie(nics={'x': {}})
        for args in (['status'], ['nics'], ['status', '--json'], ['nics', '--json'], ['doctor']):
            with self.subTest(args=args):
                status, out, err = self.ctl(*args)
                self.assertEqual((status, err), (FAILED if args == ['doctor'] else DONE, ''))
                self.assertTrue(out)

    def test_evil_text(self):
        text, texts = GLib.Variant('s', EVIL), GLib.Variant('as', [EVIL])
        options = GLib.Variant('a{ss}', {EVIL: EVIL})
        self.lie(
            properties={'Manager': {'Version': text, 'Hypervisor': text, 'Transport': text,
                                    'TransportState': text, 'LastPing': GLib.Variant('t', 2**64 - 1),
                                    'Capabilities': texts, 'Options': options},
                        'Network': {'PrimaryAddress': text, 'PrimaryNic': text,
                                    'PrimaryReason': text}},
            nics={'x': {'Name': text, 'MacAddress': text, 'NotToldReason': text,
                        'Addresses': GLib.Variant('a(suss)', [(EVIL, 2**32 - 1, EVIL, EVIL)]),
                        'Routes': GLib.Variant('a(susu)', [(EVIL, 0, EVIL, 2**32 - 1)]),
                        'DnsServers': texts, 'DnsDomains': texts}})
        for args in (['status'], ['nics'], ['doctor'], ['status', '--json'], ['nics', '--json']):
            with self.subTest(args=args):
                _, out, err = self.ctl(*args)
                self.assertEqual(err, '')
                printed = out.decode()
                for c in ('\x1b', '\x07', '\x9b', '\u202e'):
                    self.assertNotIn(c, printed)
                if '--json' in args:
                    self.assertIn(repr(EVIL), repr(json.loads(out)))
                else:
                    self.assertIn(SAFE, printed)

    def test_monitor(self):
        daemon = self.lie()
        env = environment(self.bus.address)
        for args in ([], ['--json']):
            with self.subTest(args=args):
                monitor = tbxtest.Program('monitor', [tbxtest.program('TBX_TOOLBOXCTL'), 'monitor',
                                                      *args], env)
                self.addCleanup(monitor.stop)
                monitor.wait_log('appeared')
                daemon.emit('org.freedesktop.DBus.Properties', 'PropertiesChanged', GLib.Variant(
                    '(sa{sv}as)', ('org.toolboxd.Toolbox1.Network',
                                   {'PrimaryAddress': GLib.Variant('s', EVIL)}, ['Gone'])))
                daemon.emit('org.freedesktop.DBus.Properties', 'PropertiesChanged',
                            GLib.Variant('(s)', ('of another type',)))
                daemon.emit('org.freedesktop.DBus.ObjectManager', 'InterfacesAdded', GLib.Variant(
                    '(oa{sa{sv}})', (f'{tbxtest.ROOT}/nic/eth0', {
                        'org.toolboxd.Toolbox1.Nic': {'Name': GLib.Variant('s', 'eth0')},
                        'org.freedesktop.DBus.Properties': {}})))
                daemon.emit('org.freedesktop.DBus.ObjectManager', 'InterfacesRemoved', GLib.Variant(
                    '(oas)', (f'{tbxtest.ROOT}/nic/eth0', ['org.toolboxd.Toolbox1.Nic'])))
                daemon.emit('org.toolboxd.Toolbox1.Manager', 'Operation', GLib.Variant(
                    '(sssxusit)', ('df', '', EVIL, -1, 3050, 'NO', 0, 17)))
                daemon.emit('org.toolboxd.Toolbox1.Manager', 'Operation', GLib.Variant('(s)', 'x'))
                daemon.emit('org.toolboxd.Toolbox1.Manager', 'Odd', GLib.Variant('(sx)', (EVIL, 7)))
                monitor.wait_log('Odd')
                self.assertNotRegex(monitor.log, '[\x1b\x07\x9b\u202e]')
                if args:
                    events = [json.loads(line) for line in monitor.lines]
                    self.assertEqual(
                        [(e['event'], e['interface'].rsplit('.', 1)[1], e['name'], e['value'])
                         for e in events],
                        [('daemon', 'Toolbox1', 'appeared', None),
                         ('property', 'Network', 'PrimaryAddress', EVIL),
                         ('property', 'Network', 'Gone', None),
                         ('signal', 'Properties', 'PropertiesChanged', ['of another type']),
                         ('added', 'Nic', '', {'Name': 'eth0'}), ('removed', 'Nic', '', None),
                         ('signal', 'Manager', 'Operation', {
                             'operation': 'df', 'method': '', 'user': EVIL, 'uid': -1,
                             'code': 3050, 'code_name': 'NO', 'error_number': 0,
                             'duration_usec': 17}),
                         ('signal', 'Manager', 'Operation', ['x']),
                         ('signal', 'Manager', 'Odd', [EVIL, 7])])
                    self.assertRegex(events[0]['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d')
                else:
                    self.assertEqual(len(monitor.lines), 9)
                    self.assertRegex(monitor.log, "Manager  Operation operation='df' method=''"
                                                  ".* code=3050 .*duration_usec=17\n")
                monitor.kill(signal.SIGINT)
                self.assertEqual(monitor.wait(), DONE)

    def test_monitor_outlives_the_daemon_but_not_the_bus(self):
        daemon = self.lie()
        monitor = tbxtest.Program('monitor', [tbxtest.program('TBX_TOOLBOXCTL'), 'monitor'],
                                  environment(self.bus.address))
        self.addCleanup(monitor.stop)
        monitor.wait_log('appeared')
        daemon.stop()
        monitor.wait_log('vanished')
        self.lie()
        tbxtest.until(lambda: monitor.count('appeared') == 2, 'the second daemon is seen')
        self.bus.stop()
        self.assertEqual(monitor.wait(), UNREACHABLE)
        self.assertIn('the bus is gone', monitor.log)

    def test_doctor(self):
        """Each verdict on the daemon, by what it says of itself."""
        manager = {'Version': GLib.Variant('s', '9'), 'Transport': GLib.Variant('s', 'backdoor'),
                   'TransportState': GLib.Variant('s', 'up'),
                   'LastPing': GLib.Variant('t', GLib.get_real_time()),
                   'Capabilities': GLib.Variant('as', ['x'])}
        network = {'PrimaryAddress': GLib.Variant('s', '192.0.2.1')}
        daemon = self.lie(properties={'Manager': manager, 'Network': network})

        def verdicts():
            status, out, _ = self.ctl('doctor', '--json')
            found = {c['check']: c['verdict'] for c in json.loads(out)}
            self.assertEqual(status, FAILED if 'fail' in found.values() else DONE)
            return found

        for check in ('daemon', 'channel', 'ping', 'capabilities', 'address'):
            self.assertEqual(verdicts()[check], 'ok', check)
        self.assertEqual(verdicts()['polkit'], 'warn')
        manager['TransportState'] = GLib.Variant('s', 'waiting')
        self.assertEqual(verdicts()['channel'], 'fail')
        manager['LastPing'] = GLib.Variant('t', GLib.get_real_time() - 61 * 1000000)
        self.assertEqual(verdicts()['ping'], 'warn')
        manager['LastPing'] = GLib.Variant('t', 0)
        self.assertEqual(verdicts()['ping'], 'warn')
        manager['Capabilities'] = GLib.Variant('as', [])
        self.assertEqual(verdicts()['capabilities'], 'warn')
        network['PrimaryAddress'] = GLib.Variant('s', '')
        self.assertEqual(verdicts()['address'], 'warn')
        daemon.stop()
        self.assertEqual(verdicts()['daemon'], 'fail')


if __name__ == '__main__':
    tbxtest.main()
