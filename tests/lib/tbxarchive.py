# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trees of files, archives of them and of others, and how two trees are alike."""

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path


def describe(root, times=True):
    """All that an archive keeps of a tree."""
    tree = {}
    inodes = {}
    for path in sorted(Path(root).rglob('*')):
        info = path.lstat()
        name = os.fsencode(path.relative_to(root))
        if path.is_symlink():
            what = ('link', os.readlink(path))
        elif path.is_dir():
            what = ('folder', stat.S_IMODE(info.st_mode))
        elif path.is_file():
            first = inodes.setdefault((info.st_dev, info.st_ino), name)
            what = ('file', stat.S_IMODE(info.st_mode), info.st_size,
                    hashlib.sha256(path.read_bytes()).hexdigest(), first)
        else:
            what = ('other', stat.S_IFMT(info.st_mode))
        tree[name] = what + ((int(info.st_mtime),) if times else ())
    return tree


def make_tree(root):
    """A tree with what archives get wrong."""
    root = Path(root)
    (root / 'sub/deeper').mkdir(parents=True)
    (root / 'empty folder').mkdir()
    (root / 'empty').touch()
    (root / 'one').write_bytes(b'1')
    (root / 'sub/text').write_bytes(b'hello\n' * 10000)
    (root / 'sub/deeper/block').write_bytes(os.urandom(512))
    (root / 'sub/deeper/block+1').write_bytes(os.urandom(513))
    (root / 'foo..bar').write_text('honest')
    (root / '...').write_text('honest')
    (root / '\u00e9-composed').write_text('a')
    (root / 'e\u0301-decomposed').write_text('b')
    (root / '\u6f22\u5b57 \U0001f600').write_text('c')
    Path(os.fsdecode(os.fsencode(root) + b'/not\xff\xfeUTF-8')).write_text('d')
    (root / ('long' * 60)).write_text('e')
    deep = root / ('d' * 200) / ('e' * 200)
    deep.mkdir(parents=True)
    (deep / ('f' * 255)).write_text('f')
    (root / 'link').symlink_to('sub/text')
    (root / 'sub/up').symlink_to('../one')
    (root / 'dangling').symlink_to('no such file')
    (root / 'folder link').symlink_to('sub')
    (root / 'sub/long link').symlink_to('x' * 150)
    os.link(root / 'sub/text', root / 'sub/deeper/same text')
    os.link(root / 'sub/text', root / 'zzz same text')
    (root / 'script').write_text('#!/bin/sh\n')
    (root / 'script').chmod(0o755)
    (root / 'secret').write_text('s')
    (root / 'secret').chmod(0o600)
    (root / 'closed').mkdir()
    (root / 'closed/inside').write_text('i')
    for n, path in enumerate(sorted(root.rglob('*'))):
        os.utime(path, (1_000_000_000 + n, 1_000_000_000 + n), follow_symlinks=False)
    (root / 'closed').chmod(0o500)
    return root


def member(name, data=b'', **attributes):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mtime = 1_000_000_000
    info.mode = 0o644
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, data


def archive(*members, form=tarfile.PAX_FORMAT, compress=False):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w:gz' if compress else 'w', format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(name, target):
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def folder(name, mode=0o755):
    return member(name, type=tarfile.DIRTYPE, mode=mode)
