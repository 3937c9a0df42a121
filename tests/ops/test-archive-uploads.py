# SPDX-License-Identifier: LGPL-2.1-or-later
"""Archives of GNU tar, gzip and Python as the host uploads them into a folder, and
those that somebody made to do harm."""

import gzip
import io
import os
import random
import stat
import subprocess
import sys
import tarfile
import unittest

from archive_case import (ArchiveCase, archive, describe, errno, folder, hard_link, link,
                          make_tree, member)

DAMAGED = errno.EBADMSG


class Uploads(ArchiveCase):
    def gnu_tar(self, source, *options):
        return subprocess.run(['tar', '-c', '-f', '-', *options, '-C', source, '.'], check=True,
                              capture_output=True).stdout

    def assertUnpacks(self, data, source, *options):
        out = self.target(f'out{random.random()}')
        answer = self.put(out, data, *options)
        self.assertEqual((answer['errno'], answer['log']), (0, ''))
        self.assertEqual(describe(out), describe(source))

    def test_from_gnu_tar(self):
        source = make_tree(self.target('source'))
        for form in ('gnu', 'posix'):
            with self.subTest(form=form):
                data = self.gnu_tar(source, f'--format={form}')
                self.assertUnpacks(data, source)
                self.assertUnpacks(gzip.compress(data), source)
                self.assertUnpacks(data, source, '--named')

    def test_from_python(self):
        source = make_tree(self.target('source'))
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            for mode in ('w', 'w:gz'):
                with self.subTest(form=form, mode=mode):
                    out = io.BytesIO()
                    with tarfile.open(fileobj=out, mode=mode, format=form) as tar:
                        tar.add(source, '')
                    self.assertUnpacks(out.getvalue(), source)

    def test_own(self):
        source = make_tree(self.target('source'))
        for query in ('', '?format=tgz'):
            _, data = self.get(f'/archive:{source}{query}')
            self.assertUnpacks(data, source)
            self.assertUnpacks(data + b'\x1f\x8b\x08', source)   # as it was downloaded

    def test_ustar(self):
        out = self.target()
        data = archive(folder('d'), member('d/' + 'n' * 90, b'x' * 700), link('l', 'd'),
                       member('p' * 90 + '/' + 'q' * 90, b'y'), form=tarfile.USTAR_FORMAT)
        self.assertEqual(self.put(out, data)['errno'], 0)
        self.assertEqual((out / 'd' / ('n' * 90)).read_bytes(), b'x' * 700)
        self.assertEqual((out / ('p' * 90) / ('q' * 90)).read_bytes(), b'y')
        self.assertEqual(os.readlink(out / 'l'), 'd')

    def test_pieces(self):
        source = make_tree(self.target('source'))
        data = gzip.compress(self.gnu_tar(source))
        for piece in (1, 2, 3, 511, 262144):
            self.assertUnpacks(data, source, '--piece', str(piece))

    def test_several_gzip_members(self):
        source = make_tree(self.target('source'))
        data = self.gnu_tar(source)
        half = len(data) // 2
        self.assertUnpacks(gzip.compress(data[:half]) + gzip.compress(data[half:]), source)

    def test_what_follows_is_ignored(self):
        source = make_tree(self.target('source'))
        data = self.gnu_tar(source)
        self.assertUnpacks(data + b'rubbish' * 100, source)
        self.assertUnpacks(gzip.compress(data) + b'rubbish' * 100, source)

    def test_many_small_files(self):
        source = self.target('source')
        for n in range(2000):
            (source / f'{n:04}').write_text(str(n) * (n % 50))
        self.assertUnpacks(gzip.compress(self.gnu_tar(source)), source)

    def test_sparse_of_gnu_tar(self):
        source = self.target('source')
        with open(source / 'sparse', 'wb') as file:
            for n in range(20):
                file.seek(n * 2 ** 20)
                file.write(str(n).encode())
            file.truncate(2 ** 30)
        os.utime(source / 'sparse', (1, 1))
        for options in (['--format=gnu'], ['--format=posix', '--sparse-version=0.0'],
                        ['--format=posix', '--sparse-version=0.1'],
                        ['--format=posix', '--sparse-version=1.0']):
            with self.subTest(options=options):
                out = self.target(options[-1])
                data = self.gnu_tar(source, '--sparse', *options)
                self.assertEqual(self.put(out, data)['errno'], 0)
                # By their ends, and where they are dense.
                for position in (0, 2 ** 20, 19 * 2 ** 20 - 5, 2 ** 30 - 10):
                    with open(source / 'sparse', 'rb') as a, open(out / 'sparse', 'rb') as b:
                        a.seek(position)
                        b.seek(position)
                        self.assertEqual(a.read(100), b.read(100))
                self.assertEqual((out / 'sparse').stat().st_size, 2 ** 30)
                self.assertLess((out / 'sparse').stat().st_blocks * 512, 2 ** 21)

    def test_target(self):
        """By the scheme it may be new, by its name alone not; never a file."""
        data = archive(member('f', b'x'))
        out = self.dir / 'new/folder'
        self.assertEqual(self.put(f'/archive:{out}', data)['errno'], 0)
        self.assertEqual((out / 'f').read_bytes(), b'x')
        self.assertFalse(self.put(self.dir / 'other', data)['claimed'])
        self.assertEqual(self.put(f'/archive:{out}/f', data)['errno'], errno.ENOTDIR)
        self.assertEqual(self.put(f'{out}?format=zip', data)['errno'], errno.EINVAL)
        self.assertEqual(self.put(f'{out}?skip=stuff', data)['errno'], 0)

    def test_empty(self):
        out = self.target()
        for data in (b'', bytes(512), bytes(1024), bytes(10240), gzip.compress(b''),
                     gzip.compress(bytes(1024))):
            self.assertEqual(self.put(out, data)['errno'], 0, data[:20])
        self.assertEqual(list(out.iterdir()), [])

    def test_modes(self):
        out = self.target()
        data = archive(member('f', b'', mode=0o7777), folder('d', 0o7777),
                       member('g', b'', mode=0o666), member('p/q', b''))
        self.assertEqual(self.put(out, data)['errno'], 0)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in out.rglob('*')}
        self.assertEqual(modes, {'f': 0o755, 'd': 0o755, 'g': 0o644, 'p': 0o750, 'q': 0o644})
        other = self.target('other')
        self.assertEqual(self.put(f'{other}?setid=1', data)['errno'], 0)
        self.assertEqual(stat.S_IMODE((other / 'f').stat().st_mode), 0o7755)
        self.assertEqual(stat.S_IMODE((other / 'd').stat().st_mode), 0o7755)

    def test_folders(self):
        """New ones are as the archive says, even where they come after their files;
        those that were there, the top one among them, stay as they are."""
        out = self.target()
        (out / 'old').mkdir(mode=0o711)
        out.chmod(0o710)
        data = archive(folder('./', 0o777), member('late/file', b''), folder('late', 0o500),
                       folder('old', 0o777), folder('read-only', 0o555),
                       member('read-only/file', b'f'), folder('read-only/sub', 0),
                       member('read-only/sub/file', b''))
        self.assertEqual(self.put(out, data)['errno'], 0)
        modes = {os.fspath(path.relative_to(out)): stat.S_IMODE(path.stat().st_mode)
                 for path in [out, out / 'old', out / 'late', out / 'read-only',
                              out / 'read-only/sub']}
        self.assertEqual(modes, {'.': 0o710, 'old': 0o711, 'late': 0o500, 'read-only': 0o555,
                                 'read-only/sub': 0})
        self.assertEqual(int((out / 'read-only').stat().st_mtime), 1_000_000_000)

    def test_owner(self):
        """Numbers count for root alone, and when asked for."""
        data = archive(member('f', b'', uid=1234, gid=2345),
                       member('d', type=tarfile.DIRTYPE, uid=1234, gid=2345, mode=0o755),
                       member('l', type=tarfile.SYMTYPE, linkname='f', uid=1234, gid=2345),
                       member('s', b'', uid=1234, gid=2345, mode=0o4755))
        out, other = self.target(), self.target('other')
        self.assertEqual(self.put(out, data)['errno'], 0)
        self.assertEqual(self.put(f'{other}?owner=1&setid=1', data)['errno'], 0)
        for name in 'fdls':
            ids = (os.lstat(out / name).st_uid, os.lstat(out / name).st_gid)
            self.assertEqual(ids, (os.geteuid(), os.getegid()))
            ids = (os.lstat(other / name).st_uid, os.lstat(other / name).st_gid)
            self.assertEqual(ids, (1234, 2345) if os.geteuid() == 0
                             else (os.geteuid(), os.getegid()))
        if os.geteuid() == 0:
            self.assertEqual(stat.S_IMODE((other / 's').stat().st_mode), 0o755)

    def test_replaces_files(self):
        """By fresh ones: other names of them, and readers, keep what they have."""
        out = self.target()
        (out / 'f').write_text('old')
        os.link(out / 'f', out / 'other name')
        (out / 'link').symlink_to('/nowhere/at/all')
        for option in ((), ('--named',)):
            with open(out / 'f') as reader:
                data = archive(member('f', b'new'), member('link', b'a file now'))
                self.assertEqual(self.put(out, data, *option)['errno'], 0)
                self.assertIn(reader.read(), ('old', 'new'))
            self.assertEqual((out / 'f').read_text(), 'new')
            self.assertEqual((out / 'other name').read_text(), 'old')
            self.assertFalse((out / 'link').is_symlink())
            self.assertEqual(sorted(os.listdir(out)), ['f', 'link', 'other name'])

    def test_twice(self):
        source = make_tree(self.target('source'))
        (source / 'closed').chmod(0o755)
        data = self.gnu_tar(source)
        out = self.target()
        for _ in range(2):
            self.assertEqual(self.put(out, data)['errno'], 0)
            self.assertEqual(describe(out, False), describe(source, False))

    def test_in_the_way(self):
        for data, expected in ((archive(folder('file')), errno.EEXIST),
                               (archive(member('file/x', b'')), errno.EEXIST),
                               (archive(link('file', 'x')), errno.EEXIST),
                               (archive(link('folder', 'x')), errno.EEXIST),
                               (archive(member('folder', b'')), errno.EISDIR),
                               (archive(member('fifo', b'')), errno.EEXIST),
                               (archive(member('fifo/x', b'')), errno.EEXIST)):
            out = self.target(f'out{random.random()}')
            (out / 'file').write_text('old')
            (out / 'folder').mkdir()
            os.mkfifo(out / 'fifo')
            self.assertEqual(self.put(out, data)['errno'], expected)
            self.assertEqual((out / 'file').read_text(), 'old')
            self.assertTrue((out / 'fifo').is_fifo())
            self.assertTrue((out / 'folder').is_dir())

    def test_names(self):
        """Honest ones are kept, byte for byte; those that lead out are left out."""
        out = self.target()
        names = [b'foo..bar', b'..foo', b'bar..', b'...', b'..a/b..', b' ', b'\n', b'\\..\\x',
                 b'\xff\xfe', 'e\u0301'.encode(), b'n' * 255]
        data = archive(*[member(os.fsdecode(name), name) for name in names])
        self.assertEqual(self.put(out, data)['errno'], 0)
        for name in names:
            self.assertEqual((out / os.fsdecode(name)).read_bytes(), name)

    def test_long_names(self):
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            out = self.target(f'out{form}')
            path = '/'.join(['d' * 200] * 16)   # still below PATH_MAX in all
            answer = self.put(out, archive(member(path + '/f', b'x'), form=form))
            self.assertEqual(answer['errno'], 0)
            for name in ('n' * 256, '/'.join(['d'] * 2100)):
                answer = self.put(out, archive(member(name, b'x'), form=form))
                self.assertEqual(answer['errno'], errno.ENAMETOOLONG)

    def test_discarded(self):
        """What is not closed stops: what is complete is there, and nothing else."""
        source = self.target('source')
        for n in range(5):
            (source / str(n)).write_bytes(os.urandom(3_000_000))
        data = self.gnu_tar(source, '--sort=name')
        for size in (1, 1000, 5_000_000, len(data)):
            for option in ((), ('--named',)):
                out = self.target(f'out{random.random()}')
                self.put(out, data[:size], '--discard', *option)
                for path in out.iterdir():
                    self.assertEqual(path.read_bytes(), (source / path.name).read_bytes())

    def test_no_space(self):
        """A header that promises too much is refused before anything is written."""
        info, _ = member('huge')
        info.size = 2 ** 55
        out = self.target()
        data = info.tobuf(tarfile.GNU_FORMAT) + bytes(10240)
        self.assertEqual(self.put(out, data)['errno'], errno.ENOSPC)
        self.assertEqual(os.listdir(out), [])

    def test_not_permitted(self):
        out = self.target()
        out.chmod(0o555)
        user = 65534 if os.geteuid() == 0 else None
        self.dir.chmod(0o777)
        (self.dir / 'upload').write_bytes(archive(member('f', b'x')))
        self.assertEqual(self.tool('put', out, self.dir / 'upload', user=user)['errno'],
                         errno.EACCES)


class Hostile(ArchiveCase):
    """Nothing of an archive is ever outside the folder that it is unpacked into."""

    def setUp(self):
        super().setUp()
        self.outside = self.target('outside')
        (self.outside / 'victim').write_text('whole')
        self.out = self.target()

    def assertWhole(self):
        self.assertEqual(os.listdir(self.outside), ['victim'])
        self.assertEqual((self.outside / 'victim').read_text(), 'whole')
        self.assertEqual((self.outside / 'victim').stat().st_nlink, 1)
        self.assertEqual(sorted(set(os.listdir(self.dir)) - {'archive'}),
                         ['outside', 'target', 'upload'])
        self.assertNothingOpen(self.out)

    def assertHarmless(self, *members, error=0, names=(), name=None):
        answer = self.put(name or self.out, archive(*members))
        self.assertEqual(answer['errno'], error, answer['log'])
        self.assertWhole()
        self.assertEqual(sorted(os.fspath(p.relative_to(self.out)) for p in self.out.rglob('*')),
                         sorted(names))
        return answer['log']

    def test_through_a_symlink(self):
        for target in (os.fspath(self.outside), '../outside', 'sub/../../outside'):
            log = self.assertHarmless(link('l', target), member('l/victim', b'harm'),
                                      names=['l', 'l/victim'])
            self.assertIn('"l" skipped: a symlink out of the folder', log)

    def test_through_a_symlink_inside(self):
        self.assertHarmless(folder('d'), link('l', 'd'), member('l/x', b''), error=errno.EEXIST,
                            names=['d', 'l', 'l/x'])

    def test_through_a_symlink_that_was_there(self):
        (self.out / 'l').symlink_to(self.outside)
        self.assertHarmless(member('l/victim', b'harm'), names=['l', 'l/victim'])
        self.assertFalse((self.out / 'l').is_symlink())

    def test_folder_over_a_symlink(self):
        (self.out / 'l').symlink_to(self.outside)
        (self.out / 'gone').symlink_to('nowhere')
        self.assertHarmless(folder('l', 0o700), folder('gone'), names=['l', 'gone'])
        self.assertEqual(stat.S_IMODE(self.outside.stat().st_mode), 0o755)

    def test_symlink_to_a_folder_inside_stays(self):
        """Such as /bin of a whole system: to replace it would end that."""
        (self.out / 'usr').mkdir()
        (self.out / 'bin').symlink_to('usr')
        (self.out / 'abs').symlink_to(self.out / 'usr')
        for name in ('bin', 'abs'):
            self.assertHarmless(member(f'{name}/x', b''), error=errno.EEXIST,
                                names=['usr', 'bin', 'abs'])
            self.assertHarmless(folder(name), error=errno.EEXIST, names=['usr', 'bin', 'abs'])
        self.assertTrue((self.out / 'bin').is_symlink())

    def test_file_over_a_symlink(self):
        (self.out / 'l').symlink_to(self.outside / 'victim')
        self.assertHarmless(member('l', b'harm'), names=['l'])
        self.assertFalse((self.out / 'l').is_symlink())

    def test_absolute_names(self):
        self.assertHarmless(member(f'{self.outside}/victim', b'harm'), names=[
            os.fspath(p.relative_to('/')) for p in (self.outside / 'victim',
                                                    *(self.outside / 'victim').parents)][:-1])

    def test_dot_dot(self):
        log = self.assertHarmless(member('../outside/victim', b'harm'), member('a/../../x', b''),
                                  member('..', b''), folder('../y'), link('../z', 'x'),
                                  member('ok/../ok', b''), member('good', b'g'), names=['good'])
        self.assertEqual(log.count('would leave the folder'), 6)

    def test_symlinks_out(self):
        targets = ['/etc', '..', '../outside', 'a/../../x', './../x', '//etc']
        log = self.assertHarmless(*[link(f'l{n}', t) for n, t in enumerate(targets)])
        self.assertEqual(log.count('a symlink out of the folder'), len(targets))

    def test_symlinks_inside(self):
        links = {'a': 'b', 'd/a': '../b', 'd/e/a': '../../b', 'c': './d/..', 'dots': '...',
                 'd/self': '.'}
        self.assertHarmless(folder('d'), folder('d/e'), *[link(n, t) for n, t in links.items()],
                            names=['d', 'd/e', *links])
        for name, target in links.items():
            self.assertEqual(os.readlink(self.out / name), target)

    def test_symlinks_that_leave_together(self):
        """Each stays inside as it is written; one through the other leaves."""
        self.assertHarmless(folder('d'), link('d/up', '..'), link('l', 'd/up/..'),
                            link('m', 'd/up/../outside'), names=['d', 'd/up'])
        self.assertHarmless(link('l', 'd/up/..'), names=['d', 'd/up'])

    def test_symlinks_all(self):
        """The user may want them; nothing goes through them even so."""
        self.assertHarmless(link('l', os.fspath(self.outside)), member('m/x', b''),
                            link('l2', '../outside'), name=f'{self.out}?links=all',
                            names=['l', 'l2', 'm', 'm/x'])
        self.assertEqual(os.readlink(self.out / 'l'), os.fspath(self.outside))
        self.assertHarmless(member('l/victim', b'harm'), names=['l', 'l/victim', 'l2', 'm', 'm/x'])

    def test_hard_links(self):
        (self.out / 'mine').write_text('was there')
        (self.out / 'l').symlink_to(self.outside / 'victim')
        log = self.assertHarmless(hard_link('a', os.fspath(self.outside / 'victim')),
                                  hard_link('b', '../outside/victim'), hard_link('c', 'mine'),
                                  hard_link('d', 'l'), hard_link('e', 'missing'),
                                  hard_link('f', '.'), hard_link('../g', 'mine'),
                                  member('x', b'data'), hard_link('y', 'x'),
                                  hard_link('z/z', '/x'), hard_link('x', 'x'),
                                  names=['mine', 'l', 'x', 'y', 'z', 'z/z'])
        self.assertEqual(log.count('a hard link to what is not in the archive'), 6)
        self.assertEqual((self.out / 'x').stat().st_nlink, 3)
        self.assertTrue((self.out / 'z/z').samefile(self.out / 'x'))

    def test_hard_link_is_replaced(self):
        self.assertHarmless(member('x', b'one'), hard_link('y', 'x'), member('y', b'two'),
                            names=['x', 'y'])
        self.assertEqual((self.out / 'x').read_text(), 'one')
        self.assertEqual((self.out / 'y').read_text(), 'two')

    def test_devices(self):
        log = self.assertHarmless(member('null', type=tarfile.CHRTYPE, devmajor=1, devminor=3),
                                  member('sda', type=tarfile.BLKTYPE, devmajor=8),
                                  member('fifo', type=tarfile.FIFOTYPE), member('f', b''),
                                  names=['f'])
        self.assertEqual(log.count('neither file, folder nor link'), 3)

    def test_bomb(self):
        """A gzip that becomes too large is refused before it fills the disk."""
        info, data = member('zeros', bytes(64 * 2 ** 20))
        bomb = archive((info, data), compress=True)
        self.assertEqual(self.put(self.out, bomb, '--ratio', '50', '--ratio-from', '1000000')
                         ['errno'], errno.EFBIG)
        self.assertEqual(os.listdir(self.out), [])
        self.assertEqual(self.put(self.out, bomb, '--ratio', '2000', '--ratio-from', '0')
                         ['errno'], 0)
        # The zeros may also be behind the end.
        bomb = gzip.compress(bytes(64 * 2 ** 20))
        self.assertEqual(self.put(self.out, bomb, '--ratio', '50', '--ratio-from', '1000000')
                         ['errno'], errno.EFBIG)

    def test_too_many(self):
        members = [folder(f'd{n}') for n in range(11)]
        self.assertEqual(self.put(self.out, archive(*members), '--members', '11')['errno'], 0)
        self.assertEqual(self.put(self.out, archive(*members), '--members', '10')['errno'],
                         errno.E2BIG)


class Damaged(ArchiveCase):
    def setUp(self):
        super().setUp()
        self.members = [folder('d'), member('d/one', b'1' * 700), member('empty', b''),
                        member('zeros', bytes(1024)), link('l', 'd/one'),
                        member('n' * 150, b'2' * 513), hard_link('same', 'd/one'),
                        member('e\u0301' * 60, b'3')]
        self.content = {info.name: data for info, data in self.members if info.isreg()}
        self.content['same'] = self.content['d/one']

    def assertOnlyWhole(self, out):
        for path in out.rglob('*'):
            if path.is_file() and not path.is_symlink():
                self.assertEqual(path.read_bytes(),
                                 self.content[os.fspath(path.relative_to(out))])

    def test_truncated(self):
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            data = archive(*self.members, form=form)
            end = len(data.rstrip(b'\0')) + 511 & ~511   # of the last member
            for size in range(512, end + 1, 512):
                for extra in (0, 1):
                    out = self.target(f'out{random.random()}')
                    answer = self.put(out, data[:size + extra])
                    self.assertEqual(answer['errno'], DAMAGED, size + extra)
                    self.assertOnlyWhole(out)
            out = self.target(f'whole{form}')
            self.assertEqual(self.put(out, data[:end + 512])['errno'], 0)
            self.assertOnlyWhole(out)
            self.assertEqual(len(list(out.rglob('*'))), len(self.members))

    def test_truncated_gzip(self):
        data = archive(*self.members, compress=True)
        for size in range(1, len(data), 7):
            out = self.target(f'out{size}')
            self.assertEqual(self.put(out, data[:size])['errno'], DAMAGED, size)
            self.assertOnlyWhole(out)

    def test_flipped_bytes(self):
        """Of each header: its checksum tells."""
        data = archive(*self.members, form=tarfile.GNU_FORMAT)
        for position in range(0, 512, 37):
            broken = bytearray(data)
            broken[position] ^= 0x11
            out = self.target(f'out{position}')
            self.assertEqual(self.put(out, broken)['errno'], DAMAGED, position)

    def test_flipped_bytes_of_pax(self):
        """What would lose a name is no archive."""
        data = archive(member('n' * 150, b'x'))
        start = data.index(b'path=') - 4
        for position in range(start, start + 3):
            broken = bytearray(data)
            broken[position] = ord('x')
            out = self.target(f'out{position}')
            self.assertNotEqual(self.put(out, broken)['errno'], 0)
            self.assertEqual(os.listdir(out), [])

    def test_flipped_bits_of_gzip(self):
        data = archive(*self.members, compress=True)
        skip = set(range(3, 10)) | set(range(len(data) - 4, len(data)))   # flags, times
        for position in sorted(set(range(0, len(data), 11)) - skip):
            broken = bytearray(data)
            broken[position] ^= 0x10
            out = self.target(f'out{position}')
            self.assertEqual(self.put(out, broken)['errno'], DAMAGED, position)

    def test_garbage(self):
        out = self.target()
        generator = random.Random(1)
        for size in (1, 2, 3, 511, 512, 513, 100000):
            data = bytes(generator.randrange(1, 256) for _ in range(size))
            self.assertEqual(self.put(out, data)['errno'], DAMAGED)
            self.assertEqual(self.put(out, b'\x1f\x8b\x08' + data)['errno'], DAMAGED)
            self.assertEqual(self.put(out, gzip.compress(data))['errno'], DAMAGED)
        for other in (b'PK\x03\x04' + bytes(600), b'BZh9' + bytes(600), b'\xfd7zXZ\0' + bytes(600)):
            self.assertEqual(self.put(out, other)['errno'], DAMAGED)
        self.assertEqual(os.listdir(out), [])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
