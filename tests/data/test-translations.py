#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every text for people can be translated, and is: test-translations.py SOURCE_ROOT."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1))
MARKED = re.compile(r'(?:^|[^A-Za-z0-9_])N?C?_ *\(|ngettext *\(')


def listed(name):
    lines = (ROOT / 'po' / name).read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def run(*argv):
    env = {**os.environ, 'GETTEXTDATADIRS': str(ROOT / 'data' / 'polkit' / 'gettext')}
    return subprocess.run([str(a) for a in argv], check=True, cwd=ROOT, env=env,
                          capture_output=True, text=True).stdout


class Translations(unittest.TestCase):
    def test_list_of_sources(self):
        marked = {str(path.relative_to(ROOT)) for path in (ROOT / 'src').rglob('*.c')
                  if MARKED.search(path.read_text(encoding='utf-8'))}
        self.assertTrue(marked)
        self.assertEqual({f for f in listed('POTFILES.in') if f.startswith('src/')}, marked)

    def test_languages_are_complete(self):
        languages = listed('LINGUAS')
        self.assertTrue(languages)
        with tempfile.TemporaryDirectory() as directory:
            template, merged = Path(directory) / 'new.pot', Path(directory) / 'new.po'
            run('xgettext', '--from-code=UTF-8', '-k_', '-kN_', '-kC_:1c,2', '-kngettext:1,2',
                '--files-from=po/POTFILES.in', '-o', template)
            for language in languages:
                with self.subTest(language):
                    run('msgfmt', '--check', '-o', os.devnull, f'po/{language}.po')
                    run('msgmerge', '--quiet', '--no-fuzzy-matching', '-o', merged,
                        f'po/{language}.po', template)
                    self.maxDiff = None
                    self.assertEqual(run('msgattrib', '--untranslated', '--no-obsolete', merged), '')
                    self.assertEqual(run('msgattrib', '--only-fuzzy', '--no-obsolete', merged), '')


unittest.main()
