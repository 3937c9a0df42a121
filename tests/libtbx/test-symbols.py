#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libtbx exports what its headers declare, and nothing else.

Usage: test-symbols.py LIBRARY HEADER...
"""

import re
import subprocess
import sys
import unittest
from pathlib import Path

LIBRARY, HEADERS = sys.argv[1], sys.argv[2:]


class Symbols(unittest.TestCase):
    def test_exported(self):
        out = subprocess.run(['nm', '-D', '--defined-only', LIBRARY], check=True, text=True,
                             capture_output=True).stdout
        exported = {line.split()[-1].split('@')[0] for line in out.splitlines() if ' T ' in line}
        text = '\n'.join(Path(h).read_text(encoding='utf-8') for h in HEADERS)
        declared = set(re.findall(r'\b(tbx_\w+) +\(', text))
        declared |= {f'{name}_get_type' for name in re.findall(
            r'G_DECLARE_(?:FINAL|DERIVABLE)_TYPE \(\w+, (\w+),', text)}
        self.assertGreater(len(exported), 100)
        self.assertEqual(exported - declared, set())
        # The generated header has casts and the like that are no functions.
        own = {name for name in declared if not name.startswith('tbx_bus_')}
        self.assertEqual(own - exported, set())


del sys.argv[1:]
unittest.main()
