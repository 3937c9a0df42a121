#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is promised on the bus is documented, all of it, and the files beside it agree.

Usage: test-xml.py DATA POLICY: the folder data of the source, and polkit's policy as built.
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

DATA, POLICY = map(Path, sys.argv[1:3])
NAME = 'org.toolboxd.Toolbox1'
FILES = sorted((DATA / 'dbus').glob('*.xml'))
KINDS = ('interface', 'method', 'signal', 'property')


def parse(path):
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    return ElementTree.parse(path, parser).getroot()


class Documented:
    """An interface, method, signal or property and the comment before it."""

    def __init__(self, element, comment, where):
        self.kind, self.name, self.element = element.tag, element.get('name'), element
        self.where = f'{where}: {self.kind} {self.name}'
        lines = [line.strip() for line in (comment or '').strip().splitlines()]
        self.title = lines[0] if lines else ''
        self.tags = dict(m.groups() for m in map(re.compile(r'@([\w-]+): ?(.*)').match, lines) if m)
        # The text begins after the first empty line, for tags may go on over several.
        self.text = '\n'.join(lines[lines.index('') + 1:]) if '' in lines else ''
        self.arguments = [a.get('name') for a in element.findall('arg')]


def documented(path):
    def walk(parent):
        comment = None
        for child in parent:
            if child.tag is ElementTree.Comment:
                comment = child.text
            elif child.tag in KINDS:
                yield Documented(child, comment, path.name)
                comment = None
                yield from walk(child)
            else:
                comment = None
    return list(walk(parse(path)))


ALL = [item for path in FILES for item in documented(path)]


class Xml(unittest.TestCase):
    def each(self, check, kinds=KINDS):
        for item in ALL:
            if item.kind in kinds:
                with self.subTest(item.where):
                    check(item)

    def test_there_are_interfaces(self):
        self.assertGreaterEqual(len(FILES), 4)
        for path in FILES:
            self.assertEqual([i.name for i in documented(path) if i.kind == 'interface'], [path.stem])

    def test_everything_is_documented(self):
        def check(item):
            self.assertEqual(item.title, f'{item.name}:')
            self.assertRegex(item.tags.get('since', ''), r'^\d+\.\d+$')
            self.assertGreater(len(item.text), 20)
            if item.kind == 'interface':
                self.assertTrue(item.tags.get('short_description'))
        self.each(check)

    def test_arguments_are_documented(self):
        def check(item):
            self.assertEqual(set(item.tags) - {'since'}, set(item.arguments))
            for name in item.arguments:
                self.assertTrue(name, 'an argument without a name')
                self.assertGreater(len(item.tags[name]), 10)
        self.each(check, ('method', 'signal'))

    def test_methods_say_who_may_and_what_fails(self):
        def check(item):
            self.assertRegex(item.text, r'(?m)^Polkit action: org\.toolboxd\.[a-z-]+[.;]')
            self.assertRegex(item.text, r'(?m)^Errors: ')
        self.each(check, ('method',))

    def test_properties_are_read_only(self):
        self.each(lambda item: self.assertEqual(item.element.get('access'), 'read'), ('property',))

    def test_codegen_takes_every_text(self):
        """gdbus-codegen finds in each comment what we find, for it makes the manual from them."""
        with tempfile.TemporaryDirectory() as directory:
            run = subprocess.run(['gdbus-codegen', '--generate-docbook', f'{directory}/doc',
                                  *map(str, FILES)], capture_output=True, text=True, check=False)
            self.assertEqual((run.returncode, run.stderr), (0, ''))
            for path in FILES:
                manual = Path(f'{directory}/doc-{path.stem}.xml').read_text(encoding='utf-8')
                manual = re.sub(r'\s+', ' ', re.sub('<[^>]*>', '', manual))
                for item in documented(path):
                    first = ' '.join(item.text.split('\n', maxsplit=1)[0].split(' #')[0].split())
                    with self.subTest(item.where):
                        self.assertIn(first, manual)


class Beside(unittest.TestCase):
    def test_polkit_actions(self):
        named = {action for item in ALL
                 for action in re.findall(r'org\.toolboxd\.[a-z][a-z-]+(?=[.;])',
                                          ' '.join(re.findall(r'Polkit action: .*', item.text)))}
        actions = {a.get('id'): a for a in ElementTree.parse(POLICY).getroot().findall('action')}
        self.assertEqual(set(actions), named)
        for name, action in actions.items():
            with self.subTest(name):
                self.assertTrue(action.findtext('description'))
                self.assertTrue(action.findtext('message'))
                self.assertEqual([e.text for e in action.find('defaults')], ['auth_admin_keep'] * 3)

    def test_bus_policy(self):
        root = ElementTree.parse(DATA / 'dbus' / f'{NAME}.conf').getroot()
        owners = [p.attrib for p in root.findall('policy') if p.find('allow[@own]') is not None]
        self.assertEqual(owners, [{'user': 'root'}])
        sends = {a.get('send_interface') for a in root.iter('allow') if a.get('send_destination')}
        agents = {path.stem for path in FILES if '.Agent.' in path.stem}
        self.assertEqual({s for s in sends if s.startswith(NAME)}, {path.stem for path in FILES} - agents)
        self.assertEqual({a.get('send_interface') for a in root.iter('allow')
                          if not a.get('send_destination')} - {None}, agents)
        self.assertEqual(list(root.iter('deny')), [])
        for policy in root.findall('policy'):
            for allow in policy.findall('allow'):
                if allow.get('send_interface') in agents:   # ours are called by the daemon alone
                    self.assertEqual(policy.attrib, {'user': 'root'})
                else:
                    self.assertIn(NAME, (allow.get('own'), allow.get('send_destination')))


unittest.main(argv=sys.argv[:1])
