#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual has every option, and the example configuration every key.

Usage: test-manual.py SOURCE_ROOT TOOLBOXD TOOLBOXCTL VMXSIM
"""

import configparser
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])
PROGRAMS = {'toolboxd.8': sys.argv[2], 'toolboxctl.1': sys.argv[3], 'vmxsim.1': sys.argv[4]}
# One row of the table of keys in tbx-config.c.
KEY = re.compile(r'^  \{ (\S+), "([a-z-]+)", ("[^"]*"|\w+), FIELD', re.MULTILINE)
RULE_KEYS = {('guest-operations', key) for key in ('enabled', 'allow', 'deny')}


def keys():
    """{(group, key): default} of all that the daemon reads."""
    source = (ROOT / 'src' / 'daemon' / 'tbx-config.c').read_text(encoding='utf-8')
    names = (ROOT / 'src' / 'base' / 'tbx-names.h').read_text(encoding='utf-8')
    texts = {name: f'"{value}"'
             for name, value in re.findall(r'#define (\w+) +"([^"]+)"', source + names)}
    return {(texts.get(group, group).strip('"'), key): texts.get(default, default).strip('"')
            for group, key, default in KEY.findall(source)}


def manual(name):
    text = (ROOT / 'docs' / 'man' / name).read_text(encoding='utf-8')
    return text.replace('\\-', '-')


class Manual(unittest.TestCase):
    def test_options(self):
        for page, program in PROGRAMS.items():
            commands = [[]]
            if page == 'vmxsim.1':
                commands += [['run'], ['serve'], ['show'], ['rpc'], ['fault'], ['wait']]
            for command in commands:
                out = subprocess.run([program, *command, '--help'], check=True, text=True,
                                     capture_output=True).stdout
                options = set(re.findall(r'^ +(?:-\w, )?(--[a-z-]+)', out, re.MULTILINE)) - {'--help'}
                for option in sorted(options):
                    with self.subTest(page, option=option, command=command):
                        self.assertRegex(manual(page), rf'{option}\b')

    def test_keys(self):
        self.assertGreater(len(keys()), 6)
        for group, key in keys():
            with self.subTest(group=group, key=key):
                self.assertRegex(manual('toolboxd.8'), rf'\b{key}\b')
                self.assertRegex((ROOT / 'README.md').read_text(encoding='utf-8'),
                                 rf'`\[{group}\]` \| `{key}`')

    def test_example_shows_the_defaults(self):
        text = (ROOT / 'data' / 'toolboxd.conf').read_text(encoding='utf-8')
        example = configparser.ConfigParser(interpolation=None, comment_prefixes=('# ',))
        example.read_string(re.sub(r'(?m)^#(?=[a-z-]+=)', '', text))
        shown = {(group, key): example[group][key] for group in example.sections()
                 for key in example[group]}
        self.assertEqual({k: v for k, v in shown.items() if k not in RULE_KEYS}, keys())


del sys.argv[1:]
unittest.main()
