#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a comment cites of docs/wire is there: test-citations.py SOURCE_ROOT."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1))
CITATION = re.compile(r'(docs/wire/[\w-]+\.md), ((?:"[^"]+"(?:, | and )?)+)')
CONTINUED = re.compile(r'\n[ \t]*(?:\*|//|#)?[ \t]*')
HEADING = re.compile(r'^#+ (?:[\dA-Z][\d.]*\.? )?(.*)$', re.MULTILINE)


def titles(page):
    """Its headings without their number, each also without what is in brackets at the end,
    and of one that lists several things each of them."""
    found = {title.replace('`', '') for title in HEADING.findall(page.read_text(encoding='utf-8'))}
    found |= {re.sub(r' \([^()]*\)$', '', title) for title in found}
    return found | {part for title in found for part in title.split(', ')}


def citations():
    """(file, page, title) for each."""
    for folder in ('src', 'tests'):
        for path in sorted((ROOT / folder).rglob('*.[ch]')):
            text = CONTINUED.sub(' ', path.read_text(encoding='utf-8'))
            for page, cited in CITATION.findall(text):
                for title in re.findall(r'"([^"]+)"', cited):
                    yield path.relative_to(ROOT), page, title


class Citations(unittest.TestCase):
    def test_sections_exist(self):
        known = {f'docs/wire/{page.name}': titles(page)
                 for page in (ROOT / 'docs' / 'wire').glob('*.md')}
        wrong = [f'{path}: {page}, "{title}"' for path, page, title in citations()
                 if title not in known.get(page, ())]
        self.assertFalse(wrong, '\n' + '\n'.join(wrong))

    def test_there_are_many(self):
        """Or the pattern above finds none."""
        self.assertGreater(len({title for _, _, title in citations()}), 50)


unittest.main()
