# SPDX-License-Identifier: LGPL-2.1-or-later
"""Folders up and down as archives, from the client's command line to the guest's disk."""

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import time
import unittest

from transfer_case import TransferCase, tbxguest, tbxhgfs, tbxtest
import tbxfuse
from tbxarchive import archive, describe, folder, hard_link, link, make_tree, member

TRAILER = b'\x1f\x8b\x08'


class ArchiveCase(TransferCase):
    def chown(self, top):
        for path, folders, files in os.walk(top):
            for name in ['.', *folders, *files]:
                os.chown(os.path.join(path, name), self.alice.uid, self.alice.gid,
                         follow_symlinks=False)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.remove)

    def remove(self):
        """What nobody may look into."""
        for path, folders, _ in os.walk(self.place):
            for name in folders:
                if not os.path.islink(os.path.join(path, name)):
                    os.chmod(os.path.join(path, name), 0o700)

    def make_tree(self):
        tree = make_tree(self.remote / 'tree')
        self.chown(tree)
        return tree

    def target(self, name):
        path = self.remote / name
        path.mkdir()
        os.chown(path, self.alice.uid, self.alice.gid)
        return path

    def put(self, path, data, status=None):
        """Uploads an archive; @status: of HGFS that it is refused with."""
        done = self.vsphere('upload', '-f', '-', path, input=data)
        if status is None:
            self.assertEqual(done.returncode, 0, done.stderr)
        else:
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f': {status} '.encode(), done.stderr)
        return done


class Archives(ArchiveCase):
    def test_down_and_up(self):
        tree = self.make_tree()
        self.start_guest()
        downloads = {
            'tar': self.must('download', tree, '-').stdout,
            'tgz': self.must('download', f'{tree}?format=tgz', '-').stdout,
            'slash': self.must('download', f'{tree}/', '-').stdout,
        }
        for name in ('tar', 'tgz'):
            self.assertEqual(downloads[name][-3:], TRAILER)
        for name, data in downloads.items():
            with self.subTest(name=name):
                out = self.place / f'gnu-{name}'
                out.mkdir()
                subprocess.run(['tar', '-x', '-p', '--delay-directory-restore', '-f', '-', '-C', out,
                                *([] if name == 'tar' else ['-z'])],
                               input=data.removesuffix(TRAILER), check=True, capture_output=True)
                self.assertEqual(describe(out), describe(tree))
                back = self.target(f'back-{name}')
                self.put(back, data)
                self.assertEqual(describe(back), describe(tree))
                self.assertEqual({p.lstat().st_uid for p in back.rglob('*')}, {self.alice.uid})
        self.put(f'/archive:{self.remote}/new/folder', downloads['tgz'])
        self.assertEqual(describe(self.remote / 'new/folder'), describe(tree))
        with tarfile.open(fileobj=io.BytesIO(self.must(
                'download', f'/archive:{tree}/one?prefix=p%2F', '-').stdout)) as tar:
            self.assertEqual(tar.getnames(), ['p/one'])

    def test_rules(self):
        """Without -f a folder is one that exists; formats that are none are refused."""
        self.start_guest()
        out = self.target('out')
        self.assertIn(b'12 ', self.vsphere('upload', '-', out, input=b'').stderr)
        self.assertIn(b'3 ', self.vsphere('download', f'{out}?format=zip', '-').stderr)
        self.assertIn(b'4 ', self.vsphere('download', '/archive:/nowhere/at/all', '-').stderr)
        self.put(out, b'')
        self.assertEqual(list(out.iterdir()), [])
        with self.assertRaises(tbxhgfs.Refused) as refused:   # it must not exist
            self.hgfs().call(*tbxhgfs.upload_request(str(out), flags=3))
        self.assertEqual(refused.exception.status, 4)

    def test_switched_off(self):
        self.start_guest('[guest-operations]\narchive-transfers=false\n')
        out = self.target('out')
        for argv in (('download', out, '-'), ('download', f'{out}', '-'), ('upload', '-f', '-', out)):
            self.assertIn(b'20001', self.vsphere(*argv, input=b'').stderr)
        self.assertIn(b'4 ', self.vsphere('download', f'/archive:{out}', '-').stderr)

    @tbxguest.needs_root
    def test_unreadable_is_named(self):
        tree = self.target('tree')
        (tree / 'open').write_text('o')
        (tree / 'root\'s').write_text('r')
        (tree / 'root\'s').chmod(0o600)
        self.start_guest()
        data = self.must('download', f'{tree}/', '-').stdout
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(tar.getnames(), ['open'])
        self.daemon.wait_log('root.*skipped: Permission denied')

    def test_many_small_files(self):
        """10,000 of them."""
        self.start_guest()
        out = self.target('out')
        data = archive(*[member(f'{n:05}', b'%d' % n * (n % 40)) for n in range(10000)],
                       compress=True)
        self.put(out, data)
        self.assertEqual(sorted(os.listdir(out)), [f'{n:05}' for n in range(10000)])
        back = self.must('download', f'{out}/', '-').stdout
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(back))) as tar:
            for n, info in enumerate(tar):
                self.assertEqual((info.name, tar.extractfile(info).read()),
                                 (f'{n:05}', b'%d' % n * (n % 40)))
            self.assertEqual(n, 9999)
        shutil.rmtree(out)

    def test_large(self):
        """More than what is kept between host and disk, many times over."""
        self.start_guest()
        tree = self.target('tree')
        (tree / 'random').write_bytes(os.urandom(20_000_000))
        with open(tree / 'sparse', 'wb') as file:
            file.truncate(3 * 2 ** 30)
        self.chown(tree)
        data = self.must('download', tree, '-').stdout
        back = self.target('back')
        self.put(back, data)
        self.assertTrue((back / 'random').read_bytes() == (tree / 'random').read_bytes())
        self.assertEqual((back / 'sparse').stat().st_size, 3 * 2 ** 30)
        self.assertEqual((back / 'sparse').stat().st_blocks, 0)

    def test_interrupted(self):
        """Only whole files are there, and the rest of none."""
        self.start_guest()
        out = self.target('out')
        first, second = os.urandom(2_000_000), os.urandom(9_000_000)
        data = archive(member('first', first), member('second', second))
        client = self.start_client('upload', '-f', '-', out)
        client.stdin.write(data[:6_000_000])
        client.stdin.flush()
        tbxtest.until((out / 'first').exists, 'the first file is there', every_ms=20)
        worker = self.worker()
        client.kill()
        session = self.hgfs()   # another, which the first does not hold up
        self.assertEqual(session.read(session.open(str(out / 'first')), 0), first[:61440])
        self.assertEqual(self.worker(), worker)
        self.daemon.stop()
        tbxtest.until(lambda: not os.path.exists(f'/proc/{worker}'), 'the worker ends', every_ms=20)
        self.assertEqual(os.listdir(out), ['first'])
        self.assertTrue((out / 'first').read_bytes() == first)

    def start_slow_disk(self, size):
        """A reply of the file as a tgz needs all of it, in reads of 0.1 s each."""
        self.start_guest('[guest-operations]\ntimeout-ms=1500\n')
        folder = self.target('slow')
        disk = tbxfuse.SlowDisk(folder, 'file', bytes(size), 0.1)
        self.addCleanup(disk.end)   # before the daemon: what hangs in it cannot be killed
        return disk, folder

    @tbxguest.needs_root
    def test_slow_disk(self):
        """A read that takes longer than any may, but gets on."""
        _, folder = self.start_slow_disk(40 * tbxfuse.READ_BYTES)
        start = time.monotonic()
        data = self.must('download', f'{folder}/', '-').stdout
        self.assertGreater(time.monotonic() - start, 4)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(tar.extractfile('file').read(), bytes(40 * tbxfuse.READ_BYTES))

    @tbxguest.needs_root
    def test_hung_disk(self):
        """One that does not is given up, and holds up nobody else."""
        disk, folder = self.start_slow_disk(40 * tbxfuse.READ_BYTES)
        self.guest('validate')
        client = subprocess.Popen(self.argv('download', f'{folder}/', '-'), stderr=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL)
        time.sleep(1)
        disk.hangs.set()
        self.assertIn(b': 7 ', client.communicate()[1])
        self.assertEqual(self.host.ask('rpc', 'ping'), 'OK ')
        self.assertEqual(self.guest('validate'), '')

    def test_damaged(self):
        self.start_guest()
        members = [member(f'{n}', b'%d' % n * 100000) for n in range(5)]
        whole = archive(*members, compress=True)
        for data in (whole[:len(whole) // 2], archive(*members)[:300000], b'garbage' * 1000):
            out = self.target(f'out-{len(data)}')
            self.put(out, data, status=10)
            for path in out.iterdir():
                self.assertEqual(path.read_bytes(), path.name.encode() * 100000)
        # Only the checksum at the end tells.
        self.put(self.target('out'), whole[:-8] + bytes(8), status=10)


class Hostile(ArchiveCase):
    """Nothing of an archive is ever outside the folder that it is unpacked into."""

    def setUp(self):
        super().setUp()
        self.outside = self.target('outside')
        (self.outside / 'victim').write_text('whole')
        self.chown(self.outside)

    def cases(self):
        outside = os.fspath(self.outside)
        return (
            # (members, status of CLOSE, what is in the folder then)
            ([link('l', outside), member('l/victim', b'harm')], None, {'l', 'l/victim'}),
            ([link('l', '../outside'), member('l/victim', b'harm')], None, {'l', 'l/victim'}),
            ([folder('d'), link('l', 'd'), member('l/x', b'')], 4, {'d', 'l', 'l/x'}),
            ([folder('d'), link('d/up', '..'), link('l', 'd/up/..')], None, {'d', 'd/up'}),
            ([member('../outside/victim', b'harm'), member('a/../../x', b''), folder('../y'),
              member('good', b'')], None, {'good'}),
            ([member(f'{outside}/victim', b'harm')], None, None),
            ([link(f'l{n}', t) for n, t in enumerate(
                ('/etc', '..', '../outside', 'a/../../x', '//etc'))], None, set()),
            ([hard_link('a', f'{outside}/victim'), hard_link('b', '../outside/victim'),
              hard_link('c', 'missing')], None, set()),
            ([member('null', type=tarfile.CHRTYPE, devmajor=1, devminor=3),
              member('sda', type=tarfile.BLKTYPE, devmajor=8),
              member('fifo', type=tarfile.FIFOTYPE), member('f', b'')], None, {'f'}),
            ([member('n' * 256, b'x')], 14, set()),
            ([member('s', b'', mode=0o6755)], None, {'s'}),
            ([member('foo..bar', b''), member('..foo/bar..', b'')], None,
             {'foo..bar', '..foo', '..foo/bar..'}),
        )

    def test_hostile(self):
        self.start_guest()
        for n, (members, status, names) in enumerate(self.cases()):
            for compress in (False, True):
                with self.subTest(case=n, compress=compress):
                    out = self.target(f'out-{n}-{compress}')
                    self.put(out, archive(*members, compress=compress), status=status)
                    found = {os.fspath(p.relative_to(out)) for p in out.rglob('*')}
                    if names is not None:
                        self.assertLessEqual(found, names)
                    if status is None and names is not None:
                        self.assertEqual(found, names)
                    self.assertEqual({p.lstat().st_mode & 0o7000 for p in out.rglob('*')} or {0}, {0})
                    self.assertEqual(os.listdir(self.outside), ['victim'])
                    self.assertEqual((self.outside / 'victim').read_text(), 'whole')
                    self.assertEqual((self.outside / 'victim').stat().st_nlink, 1)
        self.assertEqual(sorted(p.name for p in self.remote.iterdir() if 'out-' not in p.name),
                         ['outside'])

    def test_promises_too_much(self):
        """A header of 32 PB is refused before anything is written."""
        self.start_guest()
        info, _ = member('huge')
        info.size = 2 ** 55
        out = self.target('out')
        self.put(out, info.tobuf(tarfile.GNU_FORMAT) + bytes(10240), status=12)
        self.assertEqual(os.listdir(out), [])


if __name__ == '__main__':
    unittest.main()
