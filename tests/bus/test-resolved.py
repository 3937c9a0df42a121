#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Name servers come from systemd-resolved while it is on the bus."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'lib'))
import tbxtest
from tbxtest import ROOT

LO = f'{ROOT}/nic/lo'   # every network has it


class Resolved(tbxtest.Case):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.start_host()
        self.start_daemon()
        self.reader = self.client()

    def test_follows_resolved(self):
        wait = self.reader.wait_property
        index = self.reader.get('Nic', 'Index', LO)
        self.assertEqual(self.reader.get('Nic', 'DnsServers', LO), [])
        resolved = self.start_resolved(
            [(index, 2, [192, 0, 2, 53]), (0, 2, [192, 0, 2, 54]),
             (index, 10, [0x20, 1, 0xd, 0xb8, *[0] * 11, 0x53])],
            [(index, 'one.example', False), (index, 'two.example', True), (0, 'all.example', False)])
        wait('Nic', 'DnsServers', ['192.0.2.53', '2001:db8::53'], LO)
        wait('Nic', 'DnsDomains', ['one.example'], LO)
        resolved.say([(index, 2, [192, 0, 2, 55])], [])
        wait('Nic', 'DnsServers', ['192.0.2.55'], LO)
        wait('Nic', 'DnsDomains', [], LO)
        resolved.stop()
        wait('Nic', 'DnsServers', [], LO)

    def test_nonsense_is_left_out(self):
        index = self.reader.get('Nic', 'Index', LO)
        self.start_resolved(
            [(index, 2, [192, 0, 2]), (index, 10, [1, 2, 3, 4]), (index, 99, [1, 2, 3, 4]),
             (-1, 2, [192, 0, 2, 1]), (index, 2, [192, 0, 2, 53]), (index, 2, [192, 0, 2, 53])],
            [(index, '', False), (index, 'x' * 5000, False), (index, 'good.example', False)]
            + [(index, f'{i}.example', False) for i in range(1000)])
        self.reader.wait_property('Nic', 'DnsServers', ['192.0.2.53'], LO)
        domains = self.reader.wait_property('Nic', 'DnsDomains', lambda d: 'good.example' in d, LO)
        self.assertLessEqual(len(domains), 10)

    def test_host_is_told(self):
        self.start_resolved([(0, 2, [192, 0, 2, 77])], [(0, 'told.example', False)])
        tbxtest.until(lambda: '192.0.2.77' in self.host.ask('show', '--json')
                      and 'told.example' in self.host.ask('show', '--json'),
                      'the host shows the name server', every_ms=50)


tbxtest.main()
