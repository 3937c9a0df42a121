#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The backdoor calls of i386 and aarch64 compile and contain the instructions of
docs/wire/transport.md, "The backdoor call", byte for byte.  They are not run.

Usage: test-cross.py SOURCES: the folder with the backdoor calls.
"""

import itertools
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCES = sys.argv[1]
FUNCTIONS = ('tbx_backdoor_low', 'tbx_backdoor_high_out', 'tbx_backdoor_high_in')
OPTIONS = [[level, *more]
           for level in ('-O0', '-O2', '-Os')
           for n in range(3)
           for more in itertools.combinations(('-fno-omit-frame-pointer', '-fPIC'), n)]
LINE = re.compile(r'^\s*[0-9a-f]+:\t((?:[0-9a-f]{2,8} ?)+)\s*\t?(.*)$')


def run(*command):
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def compile_calls(triplet, name, options, directory):
    """{function: [bytes of each instruction, in order]} of one compilation."""
    target = os.path.join(directory, 'calls.o')
    run(f'{triplet}-gcc', '-std=gnu11', '-ffreestanding', '-Wall', '-Wextra', '-Werror', *options,
        '-I', SOURCES, '-c', os.path.join(SOURCES, f'tbx-backdoor-{name}.c'), '-o', target)
    functions, current = {}, None
    for line in run(f'{triplet}-objdump', '-d', '-w', target).splitlines():
        start = re.match(r'^[0-9a-f]+ <(.*)>:$', line)
        code = LINE.match(line)
        if start:
            current = functions.setdefault(start.group(1), [])
        elif code and current is not None:
            groups = code.group(1).split()
            # Whole words are printed as numbers, single bytes in order.
            current.append(b''.join(bytes.fromhex(g)[::-1] for g in groups))
    return functions


class Cross(unittest.TestCase):
    def each(self, triplet, name, check):
        for options in OPTIONS:
            with self.subTest(options=' '.join(options)), tempfile.TemporaryDirectory() as directory:
                functions = compile_calls(triplet, name, options, directory)
                self.assertLessEqual(set(FUNCTIONS), set(functions))
                check(functions)

    def check_i386(self, functions):
        ports = {bytes([b]) for b in (0x6c, 0x6d, 0x6e, 0x6f, 0xec, 0xed, 0xee, 0xef)}
        strings = {b'\xf3' + p for p in ports}
        for function, expected in (('tbx_backdoor_low', b'\xed'),
                                   ('tbx_backdoor_high_out', b'\xf3\x6e'),
                                   ('tbx_backdoor_high_in', b'\xf3\x6c')):
            code = functions[function]
            self.assertEqual([c for c in code if c in ports | strings], [expected])
            if len(expected) == 1:
                continue
            at = code.index(expected)
            # EBP saved; the cookie in; the magic; upwards; the call; EBP back.
            self.assertEqual(code[at - 4:at + 2],
                             [b'\x55', b'\x89\xc5', b'\xb8\x68\x58\x4d\x56', b'\xfc', expected,
                              b'\x5d'])

    def test_i386(self):
        self.each('i686-linux-gnu', 'i386', self.check_i386)

    @staticmethod
    def descriptors(words):
        """The constants with 0x86 in bits 63:32 that a function builds: MOVZ, then MOVK."""
        values, found = {}, []
        for word in words:
            kind, shift, value, register = (word & 0xff800000, (word >> 21 & 3) * 16,
                                            word >> 5 & 0xffff, word & 31)
            if kind == 0xd2800000:
                values[register] = value << shift
            elif kind == 0xf2800000 and register in values:
                values[register] = values[register] & ~(0xffff << shift) | value << shift
                if values[register] >> 32 == 0x86:
                    found.append(values[register])
        return found

    @staticmethod
    def writes_x7(word):
        """MOVK or MOV to X7, or a load of it: how it gets its value before the trap."""
        return word & 31 == 7 and (word & 0xff800000 == 0xf2800000 or word & 0xffe0ffe0 == 0xaa0003e0
                                   or word & 0xffc00000 == 0xf9400000)

    def check_aarch64(self, functions):
        trap = 0xd533011f
        nop = 0xd503201f
        words = {name: [struct.unpack('<I', c)[0] for c in code] for name, code in functions.items()}
        for function, expected in (('tbx_backdoor_low', 0x860000000e),
                                   ('tbx_backdoor_high_out', 0x8600000018),
                                   ('tbx_backdoor_high_in', 0x860000001c)):
            self.assertEqual(self.descriptors(words[function]), [expected])
        trapping = {name for name, code in words.items() if trap in code}
        # What is not optimised shares one function between the two directions.
        self.assertIn(trapping, (set(FUNCTIONS), {'tbx_backdoor_low', 'high_call'}))
        for name in trapping:
            before = words[name][:words[name].index(trap)]
            self.assertTrue([w for w in before if self.writes_x7(w)])
        for code in words.values():
            system = [w for w in code if w & 0xffc00000 == 0xd5000000 and w != nop]
            self.assertIn(system, ([], [trap]))

    def test_aarch64(self):
        self.each('aarch64-linux-gnu', 'aarch64', self.check_aarch64)


unittest.main(argv=sys.argv[:1])
