#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bash and zsh propose after "toolboxctl".

Usage: test-completions.py SOURCE_ROOT TOOLBOXCTL
"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

FOLDER, TOOLBOXCTL = Path(sys.argv[1]) / 'data' / 'completions', Path(sys.argv[2]).resolve()
ENVIRONMENT = {'PATH': f'{TOOLBOXCTL.parent}:/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'de',
               'HOME': '/nonexistent'}

BASH = '''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_toolboxctl toolboxctl "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
'''

# What the functions of zsh's completion system would be given.
ZSH = '''
_describe () { printf '%s\\n' "${(P@)2}" }
_arguments () { printf '%s\\n' "${@[2,-1]}" }
_normal () { printf 'normal %s %s\\n' $CURRENT "$words" }
file=$1; shift
words=("$@"); CURRENT=$#
source $file
true   # 1 is for no match
'''


def run(argv):
    out = subprocess.run(argv, check=True, text=True, capture_output=True, env=ENVIRONMENT,
                         stdin=subprocess.DEVNULL)
    if out.stderr:
        raise AssertionError(out.stderr)
    return out.stdout.splitlines()


def in_bash(*words):
    # As readline takes a line apart.
    split = [part for word in words for part in re.split('(=)', word) if part or not word]
    if words[-1].endswith('='):
        split.append('')
    lines = run(['bash', '--norc', '-c', BASH, 'bash', FOLDER / 'toolboxctl', 'toolboxctl', *split])
    return [line for line in lines if line]


def in_zsh(*words):
    return run(['zsh', '-f', '-c', ZSH, 'zsh', FOLDER / '_toolboxctl', 'toolboxctl', *words])


def commands():
    """Names of all commands, as the program's own table has them."""
    text = run([TOOLBOXCTL, '--help'])
    names = [re.match(r'  ([a-z]+(?: [a-z]+)?)', line) for line in text]
    return [m[1] for m in names[:text.index('Options:') if 'Options:' in text else len(text)] if m]


class Completions(unittest.TestCase):
    def test_first_word(self):
        first = {name.split()[0] for name in commands() if name.split()[0] != 'toolboxctl'}
        self.assertIn('doctor', first)
        self.assertEqual(set(in_bash('')), first)
        self.assertEqual({line.split(':')[0] for line in in_zsh('')}, first)
        self.assertEqual(in_bash('do'), ['doctor'])
        self.assertEqual(in_bash('frob'), [])

    def test_second_word(self):
        self.assertEqual(set(in_bash('power', '')), {'hold', 'holds', 'monitor'})
        self.assertEqual({line.split(':')[0] for line in in_zsh('power', '')},
                         {'hold', 'holds', 'monitor'})
        self.assertEqual(set(in_bash('--json', 'info', 'g')), {'get'})
        self.assertEqual(in_bash('status', ''), [])
        self.assertEqual(in_zsh('status', ''), [])
        self.assertEqual(in_bash('power', 'hold', ''), [])

    def test_options(self):
        self.assertEqual(set(in_bash('doctor', '--')), {
            '--json', '--direct', '--transport=', '--config=', '--version', '--help'})
        self.assertEqual(set(in_bash('power', 'hold', '--w')), {'--what=', '--why='})
        options = in_zsh('power', 'hold', '-')
        self.assertTrue(any(o.startswith('--what=[') and '_sequence' in o for o in options), options)
        self.assertTrue(any(re.fullmatch(r'--why=\[.*\]:text:', o)
                            for o in options), options)
        self.assertFalse(any('--direct' in o for o in options), options)

    def test_values(self):
        self.assertEqual(set(in_bash('rpc', '--transport=')), {'auto', 'backdoor', 'socket'})
        self.assertEqual(in_bash('power', 'hold', '--what=re'), ['reboot'])
        self.assertEqual(in_bash('power', 'hold', '--why='), [])
        self.assertIn('/etc/passwd', in_bash('doctor', '--config=/etc/passw'))

    def test_command(self):
        self.assertIn('true', in_bash('power', 'hold', '--', 'tru'))
        self.assertEqual(in_bash('status', '--', 'tru'), [])
        self.assertEqual(in_zsh('power', 'hold', '--', 'ls', '-l'), ['normal 2 ls -l'])


del sys.argv[1:]
os.environ.pop('TOOLBOXD_TRANSPORT', None)
unittest.main()
