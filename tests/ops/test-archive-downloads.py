# SPDX-License-Identifier: LGPL-2.1-or-later
"""Folders as the host downloads them, unpacked by GNU tar, gzip and Python."""

import gzip
import io
import os
import socket
import stat
import subprocess
import sys
import tarfile
import unittest
import zlib

from archive_case import ArchiveCase, describe, errno, make_tree, UNKNOWN_SIZE


class Downloads(ArchiveCase):
    def setUp(self):
        super().setUp()
        self.source = self.target('source')

    def gnu_tar(self, data):
        out = self.target('gnu')
        subprocess.run(['tar', '-x', '-p', '-f', '-', '-C', out], input=data, check=True,
                       capture_output=True)
        return out

    def test_tar_for_gnu_tar(self):
        make_tree(self.source)
        answer, data = self.get(self.source)
        self.assertEqual(describe(self.gnu_tar(data)), describe(self.source))
        self.assertEqual(answer['told'], len(data) + 3, 'a size that is cheap is exact')
        self.assertEqual(answer['mode'], stat.S_IFREG | 0o600)
        self.assertEqual(answer['log'], '')

    def test_tgz_for_gnu_tar(self):
        make_tree(self.source)
        answer, data = self.get(f'{self.source}?format=tgz')
        subprocess.run(['gzip', '-t'], input=data, check=True)
        self.assertEqual(describe(self.gnu_tar(gzip.decompress(data))), describe(self.source))
        self.assertEqual(answer['told'], UNKNOWN_SIZE)

    def test_tar_for_python(self):
        make_tree(self.source)
        _, data = self.get(f'/archive:{self.source}')
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            members = tar.getmembers()
            names = [m.name + '/' if m.isdir() else m.name for m in members]
            out = self.target('python')
            tar.extractall(out)
        # It does not set the times of symlinks.
        self.assertEqual(describe(out, False), describe(self.source, False))
        times = {m.name: m.mtime for m in members if not m.islnk()}
        for name, mtime in times.items():
            self.assertEqual(int(mtime), int(os.lstat(self.source / name).st_mtime))
        # In the order of a walk, without the folder itself.
        self.assertEqual(names, self.walk(self.source, ''))
        self.assertEqual(sum(m.islnk() for m in members), 2)

    def walk(self, path, prefix):
        names = []
        for name in sorted(os.listdir(path), key=os.fsencode):
            if (path / name).is_dir() and not (path / name).is_symlink():
                names += [f'{prefix}{name}/', *self.walk(path / name, f'{prefix}{name}/')]
            else:
                names.append(prefix + name)
        return names

    def test_is_one_gzip_member(self):
        make_tree(self.source)
        _, data = self.get(f'{self.source}?format=tgz')
        stream = zlib.decompressobj(31)
        stream.decompress(data)
        self.assertTrue(stream.eof)
        self.assertEqual(stream.unused_data, b'')

    def test_no_trailer(self):
        (self.source / 'a').write_text('a')
        answer = self.tool('get', f'{self.source}?trailer=0', self.dir / 'archive')
        self.assertEqual(answer['told'], 512 + 512 + 1024)
        self.assertEqual(answer['bytes'], answer['told'])

    def test_prefix(self):
        (self.source / 'sub').mkdir()
        (self.source / 'sub/file').touch()
        os.link(self.source / 'sub/file', self.source / 'sub/same')
        for query, first in (('prefix=u/&format=tar', 'u/sub'), ('format=tar&prefix=a-', 'a-sub'),
                             ('prefix=a%2Fb%20c%26+/', 'a/b c& /sub')):
            _, data = self.get(f'/archive:{self.source}?{query}')
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                self.assertEqual(tar.getnames(), [first, f'{first}/file', f'{first}/same'])
                self.assertEqual(tar.getmember(f'{first}/same').linkname, f'{first}/file')

    def test_empty_folder(self):
        answer, data = self.get(self.source)
        self.assertEqual(data, bytes(1024))
        self.assertEqual(answer['told'], 1027)

    def test_single_file(self):
        path = self.source / 'file'
        path.write_text('content')
        _, data = self.get(f'/archive:{path}')
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(tar.getnames(), ['file'])
            self.assertEqual(tar.extractfile('file').read(), b'content')
        self.assertFalse(self.tool('stat', path)['claimed'], 'a plain name is a plain file')

    def test_top_is_followed(self):
        (self.source / 'file').touch()
        (self.dir / 'link').symlink_to(self.source)
        _, data = self.get(f'/archive:{self.dir}/link')
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(tar.getnames(), ['file'])

    def test_errors(self):
        for name, expected in ((f'/archive:{self.dir}/missing', errno.ENOENT),
                               (f'{self.source}?format=zip', errno.EINVAL),
                               (f'/archive:{self.source}?format=zip', errno.EINVAL),
                               (f'/archive:{self.source}/%2e%2e/source', errno.EILSEQ),
                               (f'/archive:{self.source}/%00', errno.EILSEQ),
                               ('/archive:/dev/null', errno.EACCES),
                               ('/archive:/' + 'x' * 5000, errno.ENAMETOOLONG)):
            with self.subTest(name=name):
                self.assertEqual(self.tool('stat', name)['errno'], expected)
                self.assertEqual(self.tool('get', name, self.dir / 'out')['errno'], expected)

    def test_forbidden(self):
        for name in (self.source, f'/archive:{self.source}', f'{self.source}?format=tgz'):
            self.assertFalse(self.tool('stat', '--forbidden', name)['claimed'])

    def test_sparse_file(self):
        size = 3 * 2 ** 30
        with open(self.source / 'sparse', 'wb') as file:
            file.seek(5 * 2 ** 20)
            file.write(b'middle')
            file.seek(size - 4)
            file.write(b'last')
        with open(self.source / 'hole', 'wb') as file:
            file.truncate(2 ** 31 + 7)
        answer, data = self.get(self.source)
        self.assertLess(len(data), 64 * 1024)
        self.assertEqual(answer['told'], len(data) + 3)
        out = self.gnu_tar(data)
        self.assertEqual((out / 'sparse').stat().st_size, size)
        self.assertEqual((out / 'hole').stat().st_size, 2 ** 31 + 7)
        self.assertLess((out / 'sparse').stat().st_blocks, 1024)
        with open(out / 'sparse', 'rb') as file:
            file.seek(5 * 2 ** 20)
            self.assertEqual(file.read(8), b'middle\0\0')
            file.seek(size - 4)
            self.assertEqual(file.read(), b'last')
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual({m.name: m.size for m in tar},
                             {'sparse': size, 'hole': 2 ** 31 + 7})
        # And back by ourselves.
        back = self.target('back')
        self.assertEqual(self.put(back, data)['errno'], 0)
        self.assertEqual((back / 'sparse').stat().st_size, size)
        self.assertEqual((back / 'hole').stat().st_size, 2 ** 31 + 7)
        self.assertLess((back / 'sparse').stat().st_blocks, 1024)
        with open(back / 'sparse', 'rb') as file:
            file.seek(5 * 2 ** 20)
            self.assertEqual(file.read(8), b'middle\0\0')

    def test_special_files(self):
        os.mkfifo(self.source / 'fifo')
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.fspath(self.source / 'socket'))
        (self.source / 'file').touch()
        _, data = self.get(self.source)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(tar.getnames(), ['fifo', 'file'])
            self.assertTrue(tar.getmember('fifo').isfifo())

    def test_unreadable(self):
        """As a user who may not read all of it; root may."""
        (self.source / 'open').write_text('o')
        (self.source / 'secret\nfile').write_text('s')
        (self.source / 'secret\nfile').chmod(0)
        (self.source / 'closed').mkdir()
        (self.source / 'closed/inside').write_text('i')
        (self.source / 'closed').chmod(0)
        user = None
        if os.geteuid() == 0:
            user = 65534
            self.dir.chmod(0o777)
        out = self.dir / 'archive'
        answer = self.tool('get', f'{self.source}?trailer=0', out, user=user)
        self.assertEqual(answer['errno'], 0)
        self.assertEqual(answer['bytes'], answer['told'])
        with tarfile.open(out) as tar:
            self.assertEqual(tar.getnames(), ['open'])
        self.assertIn('"secret\\nfile" skipped: Permission denied', answer['log'])
        self.assertIn('"closed" skipped: Permission denied', answer['log'])

    def test_proc(self):
        """Files without a size have no content, whatever they tell."""
        answer, data = self.get('/archive:/proc/self/net')
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual({m.size for m in tar if m.isfile()}, {0})

    def test_many_small_files(self):
        for n in range(2000):
            (self.source / f'{n:04}').write_text(str(n) * (n % 50))
        answer, data = self.get(f'{self.source}?format=tgz')
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
            self.assertEqual(tar.getnames(), [f'{n:04}' for n in range(2000)])
            for n in range(2000):
                self.assertEqual(tar.extractfile(f'{n:04}').read().decode(), str(n) * (n % 50))
        self.assertEqual(self.tool('stat', self.source)['told'], UNKNOWN_SIZE,
                         'a size that is not cheap is not looked for')

    def test_large_folder(self):
        """More names than are kept in memory at once."""
        for n in range(16384 + 10):
            os.symlink('t', self.source / str(n))
        _, data = self.get(f'{self.source}?format=tgz')
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
            self.assertEqual(sorted(map(int, tar.getnames())), list(range(16384 + 10)))

    def test_deep_tree(self):
        path = self.source
        for _ in range(300):
            path = path / 'd'
            path.mkdir()
        answer, data = self.get(self.source)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.assertEqual(len(tar.getnames()), 256)
        self.assertIn('too deep', answer['log'])

    def test_pieces(self):
        """Whatever the size of the packets."""
        make_tree(self.source)
        _, whole = self.get(self.source)
        for piece in (512, 1000, 65379, 262144):
            _, data = self.get(self.source, '--piece', str(piece))
            self.assertEqual(data, whole)

    def test_memory(self):
        """A large archive needs no more than a small one."""
        (self.source / 'a').write_text('a')
        small, _ = self.get(f'{self.source}?format=tgz')
        with open(self.source / 'large', 'wb') as file:
            for _ in range(32):
                file.write(os.urandom(2 ** 20))
        large, _ = self.get(f'{self.source}?format=tgz')
        self.assertLess(large['peak_kb'] - small['peak_kb'], 8 * 1024)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
