# SPDX-License-Identifier: LGPL-2.1-or-later
"""HGFS packets that no client sends, or not like that, through the daemon."""

import json
import os
import struct
import tempfile
import unittest
from pathlib import Path

from transfer_case import TransferCase, content, tbxguest, tbxhgfs, tbxtest

VECTORS = Path(__file__).resolve().parent.parent / 'vectors' / 'hgfs.json'
SESSION_AT = 36
SESSIONS = {0x1122334455667788: 'a', 0x99aabbccddeeff00: 'b'}
FIVE_GB = 5 * 2 ** 30
SETATTR_V3, CREATE_DIR_V3, DELETE_FILE_V3, RENAME_V3, OPEN_V4, DELETE_V4 = 32, 33, 34, 36, 49, 53


class Files(TransferCase):
    def test_large_sparse_file(self):
        path = self.remote / 'sparse'
        with open(path, 'wb') as file:
            for position in (0, 2 ** 31 - 3, 2 ** 32 - 3, FIVE_GB - 6):
                file.seek(position)
                file.write(b'marker')
        self.start_guest()
        session = self.hgfs()
        handle = session.open(str(path))
        for position in (2 ** 32 - 3, 0, FIVE_GB - 6, 2 ** 31 - 3):
            self.assertEqual(session.read(handle, position, 8).rstrip(b'\0'), b'marker')
        self.assertEqual(session.read(handle, 2 ** 31 + 100), bytes(tbxhgfs.PACKET_BYTES))
        self.assertEqual(session.read(handle, FIVE_GB), b'')
        session.close(handle)

    def test_file_that_changes(self):
        """What is there when it is read counts."""
        path = self.remote / 'f'
        path.write_bytes(content(100000))
        self.start_guest()
        session = self.hgfs()
        handle = session.open(str(path))
        self.assertEqual(session.read(handle, 0), content(100000)[:61440])
        with open(path, 'ab') as file:
            file.write(b'more')
        self.assertEqual(session.read(handle, 61440), content(100000)[61440:] + b'more')
        self.assertEqual(session.read(handle, 100004), b'')
        os.truncate(path, 70000)
        self.assertEqual(session.read(handle, 61440), content(100000)[61440:70000])
        self.assertEqual(session.read(handle, 80000), b'')
        os.truncate(path, 0)
        self.assertEqual(session.read(handle, 0), b'')
        os.unlink(path)
        path.write_bytes(b'another')
        self.assertEqual(session.read(handle, 0), b'')
        session.close(handle)

    def test_many_open_files(self):
        """1,000 of them, of which half are uploads; then their session is thrown away."""
        self.start_guest()
        (self.remote / 'old').write_bytes(b'old')
        os.chown(self.remote / 'old', self.alice.uid, self.alice.gid)
        session, other = self.hgfs(), self.hgfs()
        kept = other.open(str(self.remote / 'old'))
        open_before = len(os.listdir(f'/proc/{self.worker()}/fd'))
        names = ['old', *map(str, range(499))]
        replies = session.batch([tbxhgfs.open_request(str(self.remote / 'old'))] * 500)
        reads = [struct.unpack_from('<I', reply, 60)[0] for reply in replies]
        replies = session.batch(tbxhgfs.upload_request(str(self.remote / n)) for n in names)
        uploads = [struct.unpack_from('<I', reply, 52)[0] for reply in replies]
        self.assertEqual(len({*reads, *uploads}), 1000)
        session.batch(tbxhgfs.append_request(handle, b'new') for handle in uploads)
        replies = session.batch(tbxhgfs.read_request(handle, 0, 10) for handle in reads)
        self.assertEqual({*map(tbxhgfs.data_of, replies)}, {b'old'})
        self.assertGreaterEqual(len(os.listdir(f'/proc/{self.worker()}/fd')), open_before + 1000)
        session.call(tbxhgfs.DESTROY_SESSION, bytes(8))
        self.assertEqual(len(os.listdir(f'/proc/{self.worker()}/fd')), open_before)
        self.assertEqual(os.listdir(self.remote), ['old'])
        self.assertEqual((self.remote / 'old').read_bytes(), b'old')
        with self.assertRaises(tbxhgfs.Refused) as refused:
            session.read(reads[0], 0, 10)
        self.assertEqual(refused.exception.status, 17)
        self.assertEqual(other.read(kept, 0, 10), b'old')

    @tbxguest.needs_root
    def test_foreign_session(self):
        """It is of no use to who has another name and password."""
        (self.remote / 'f').write_bytes(b'mine')
        self.start_guest()
        mine = self.hgfs()
        handle = mine.open(str(self.remote / 'f'))
        name, _, password = self.bob.login.partition(':')
        foreign = tbxhgfs.Session(str(self.host.control), name, password)
        self.addCleanup(foreign.socket.close)
        foreign.session = mine.session
        with self.assertRaises(tbxhgfs.Refused) as refused:
            foreign.read(handle, 0, 10)
        self.assertEqual(refused.exception.status, 17)
        self.assertEqual(mine.read(handle, 0, 10), b'mine')


class Policy(TransferCase):
    """What a method may not do, its packets may not do either, with or without the method."""

    def refusal(self, session, op, payload):
        with self.assertRaises(tbxhgfs.Refused) as refused:
            session.call(op, payload)
        return str(refused.exception)

    def writes(self):
        return [tbxhgfs.upload_request(str(self.remote / 'new')),
                tbxhgfs.append_request(1, b'text'), (OPEN_V4, bytes(8)), (DELETE_V4, bytes(8)),
                (CREATE_DIR_V3, bytes(8)), (DELETE_FILE_V3, bytes(8)), (RENAME_V3, bytes(8)),
                (SETATTR_V3, bytes(8))]

    def test_no_uploads(self):
        (self.remote / 'f').write_bytes(b'content')
        self.start_guest('[guest-operations]\ndeny=InitiateFileTransferToGuest\n')
        session = self.hgfs()
        for op, payload in self.writes():
            # A form of OPEN that is not whole opens nothing: the host tries an older one.
            self.assertIn('status 7' if op == OPEN_V4 else 'OK 20005 ',
                          self.refusal(session, op, payload), op)
        handle = session.open(str(self.remote / 'f'))
        self.assertEqual(session.read(handle, 0), b'content')
        session.close(handle)
        session.end()
        self.assertEqual([path.name for path in self.remote.iterdir()], ['f'])

    def test_no_downloads(self):
        (self.remote / 'f').write_bytes(b'content')
        self.start_guest(f'[guest-operations user {self.alice.name}]\n'
                         'deny=InitiateFileTransferFromGuest\n')
        session = self.hgfs()
        for request in (tbxhgfs.open_request(str(self.remote / 'f')), tbxhgfs.read_request(1, 0)):
            self.assertIn('OK 20005 ', self.refusal(session, *request))
        handle = session.open_upload(str(self.remote / 'new'))
        session.call(*tbxhgfs.append_request(handle, b'text'))
        self.assertIn('OK 20005 ', self.refusal(session, *tbxhgfs.read_request(handle, 0)))
        session.close(handle)
        session.end()
        self.assertEqual((self.remote / 'new').read_bytes(), b'text')


class Raw(TransferCase):
    """Packets without credentials, where the administrator names who serves them."""

    def start(self, config=''):
        self.start_guest(f'[guest-operations]\nraw-hgfs={self.alice.name}\n{config}')

    def test_served(self):
        (self.remote / 'f').write_bytes(b'content')
        (self.remote / 'closed').write_bytes(b'not yours')
        (self.remote / 'closed').chmod(0)
        self.start()
        raw = self.hgfs(raw=True)
        self.assertEqual(raw.send_message(b'f'), b'OK ')
        self.assertEqual(raw.send_message(b'f '), b'OK ')
        for size in range(1, 8):
            self.assertEqual(raw.send_message(b'f ' + bytes(size))[:6], b'ERROR ')
        handle = raw.open(str(self.remote / 'f'))
        self.assertEqual(raw.read(handle, 0), b'content')
        with self.assertRaises(tbxhgfs.Refused) as refused:
            raw.open(str(self.remote / 'closed'))
        self.assertEqual(refused.exception.status, 8)
        upload = raw.open_upload(str(self.remote / 'new'))
        raw.call(*tbxhgfs.append_request(upload, b'text'))
        raw.close(upload)
        self.assertEqual((self.remote / 'new').read_bytes(), b'text')
        self.assertEqual((self.remote / 'new').stat().st_uid, self.alice.uid)
        # A folder is a folder: it can be opened, and not read.
        with self.assertRaises(tbxhgfs.Refused) as refused:
            raw.read(raw.open(str(self.remote)), 0)
        self.assertEqual(refused.exception.status, 4)

    def test_sessions_apart(self):
        """Whoever logged in has sessions of his own, though it is the same account."""
        (self.remote / 'f').write_bytes(b'content')
        self.start()
        raw, mine = self.hgfs(raw=True), self.hgfs()
        handles = [session.open(str(self.remote / 'f')) for session in (raw, mine)]
        raw.session, mine.session = mine.session, raw.session
        for session, handle in zip((raw, mine), handles):
            with self.assertRaises(tbxhgfs.Refused) as refused:
                session.read(handle, 0)
            self.assertEqual(refused.exception.status, 17)

    def assertRefused(self):
        with self.assertRaises(tbxhgfs.Refused):
            self.hgfs(raw=True)

    def test_switched_off(self):
        self.start('enabled=false\n')
        self.assertRefused()

    def test_denied_account(self):
        self.start(f'[guest-operations user {self.alice.name}]\nenabled=false\n')
        self.assertRefused()

    def test_no_uploads(self):
        self.start('deny=InitiateFileTransferToGuest\n')
        raw = self.hgfs(raw=True)
        with self.assertRaises(tbxhgfs.Refused):
            raw.open_upload(str(self.remote / 'new'))
        self.assertEqual(list(self.remote.iterdir()), [])

    def test_no_root(self):
        self.start_guest('[guest-operations]\nraw-hgfs=root\n')
        self.daemon.wait_log('raw-hgfs: no account without privileges')
        self.assertRefused()

    def test_no_account(self):
        self.start_guest('[guest-operations]\nraw-hgfs=nobody-has-this-name\n')
        self.assertRefused()
        self.daemon.wait_log('without credentials are not served')


class Malformed(TransferCase):
    """The whole catalogue of docs/wire/hgfs.md, "Malformed packets", in its order."""

    def setUp(self):
        super().setUp()
        # A name as long as that of the vectors' folder, /srv/demo.
        while True:
            self.demo = Path('/tmp') / next(tempfile._get_candidate_names())[:4]
            try:
                self.demo.mkdir()
                break
            except FileExistsError:
                pass
        self.addCleanup(self.remove)
        folder = self.demo / 'm'
        folder.mkdir()
        (folder / 'f').write_bytes(200 * b'c')
        (folder / 'wf').touch()
        (folder / 'ln').symlink_to('f')
        for path in (self.demo, folder, folder / 'f', folder / 'wf'):
            os.chown(path, self.alice.uid, self.alice.gid)

    def remove(self):
        for path in sorted(self.demo.rglob('*'), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.demo.rmdir()

    def patched(self, data, sessions):
        data = bytearray(data.replace(b'srv\0demo', b'tmp\0' + self.demo.name.encode()))
        if len(data) >= SESSION_AT + 8:
            theirs = struct.unpack_from('<Q', data, SESSION_AT)[0]
            struct.pack_into('<Q', data, SESSION_AT,
                             sessions.get(SESSIONS.get(theirs), theirs))
        return bytes(data)

    @staticmethod
    def status(reply):
        at = 24 if len(reply) >= 52 and reply[4:8] == b'\xff\0\0\0' else 4
        return struct.unpack_from('<I', reply, at)[0]

    def test_catalogue(self):
        self.start_guest()
        a, b = self.hgfs(), self.hgfs()
        self.assertEqual(a.open(str(self.demo / 'm/f')), 1)
        self.assertEqual(a.open_upload(str(self.demo / 'm/wf')), 2)
        self.assertEqual(a.search(str(self.demo / 'm')), 3)
        vectors = [v for v in json.loads(VECTORS.read_text()) if v['name'].startswith('mal-')]
        self.assertEqual(len(vectors), 117)
        for vector in vectors:
            with self.subTest(vector=vector['name']):
                expect = vector['decoded']['expect']
                packet = self.patched(bytes.fromhex(vector['packet_hex']),
                                      {'a': a.session, 'b': b.session})
                code, reply = a.send_raw(packet)
                if expect['action'] == 'reply':
                    self.assertEqual((code, self.status(reply)), (0, expect['status']))
                else:
                    self.assertEqual((code, reply), (1, b''))
        # Nothing of it did harm.
        self.assertEqual(a.read(1, 0, 300), 200 * b'c')
        a.close(1)
        self.assertEqual(self.host.ask('guest', '-l', self.alice.login, 'ls', str(self.demo / 'm'))
                         .count('\n') > 0, True)
        self.assertFalse(self.daemon.find('CRITICAL|WARNING'))


if __name__ == '__main__':
    unittest.main()
