# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk as slow as a test wants it: one folder with one file, over /dev/fuse."""

import ctypes
import errno
import os
import stat
import struct
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
ROOT, FILE = 1, 2
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 17, 18, 25, 26
OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 27, 28, 29, 36, 42
SILENT = (FORGET, INTERRUPT, BATCH_FORGET)
DIRECT_IO = 1
READ_BYTES = 16384


class SlowDisk:
    """@seconds: what each read of READ_BYTES takes; @self.hangs: it takes for ever."""

    def __init__(self, folder, name, content, seconds):
        self.name, self.content, self.seconds = name.encode(), content, seconds
        self.hangs = threading.Event()
        self.folder = os.fspath(folder).encode()
        self.fd = os.open('/dev/fuse', os.O_RDWR)
        options = (f'fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other,'
                   f'max_read={READ_BYTES}')
        if LIBC.mount(b'tbx', self.folder, b'fuse.tbx', 0, options.encode()):
            raise OSError(ctypes.get_errno(), 'mount')
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def end(self):
        """What hangs in it fails."""
        LIBC.umount2(self.folder, 1)   # MNT_FORCE: whatever waits for us gets an error
        LIBC.umount2(self.folder, 2)
        self.hangs.clear()
        self.thread.join(10)
        os.close(self.fd)

    def attributes(self, node):
        mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
        size = 0 if node == ROOT else len(self.content)
        return struct.pack('<6Q10I', node, size, (size + 511) // 512, 1, 1, 1, 0, 0, 0, mode, 1, 0, 0,
                           0, 4096, 0)

    def answer(self, opcode, node, body):
        if opcode == INIT:
            return struct.pack('<IIIIHHIIHHI28x', 7, 31, 0, 0, 0, 0, READ_BYTES, 1, 0, 0, 0)
        if opcode == LOOKUP:
            if body.rstrip(b'\0') != self.name:
                return -errno.ENOENT
            return struct.pack('<QQQQII', FILE, 0, 0, 0, 0, 0) + self.attributes(FILE)
        if opcode == GETATTR:
            return struct.pack('<QII', 0, 0, 0) + self.attributes(node)
        if opcode in (OPEN, OPENDIR):
            return struct.pack('<QII', 0, DIRECT_IO if opcode == OPEN else 0, 0)
        if opcode == READDIR:
            if struct.unpack_from('<Q', body, 8)[0] > 0:
                return b''
            entry = struct.pack('<QQII', FILE, 1, len(self.name), 8) + self.name
            return entry + bytes(-len(entry) % 8)
        if opcode == READ:
            offset, size = struct.unpack_from('<QI', body, 8)
            time.sleep(self.seconds)
            while self.hangs.is_set():
                time.sleep(0.05)
            return self.content[offset:offset + size]
        if opcode == STATFS:
            return bytes(80)
        return b'' if opcode in (RELEASE, RELEASEDIR, FLUSH) else -errno.ENOSYS

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError as error:
                if error.errno == errno.ENODEV:   # unmounted
                    return
                continue
            _, opcode, unique, node = struct.unpack_from('<IIQQ', request)
            if opcode in SILENT:
                continue
            answer = self.answer(opcode, node, request[40:])
            code, data = (answer, b'') if isinstance(answer, int) else (0, answer)
            try:
                os.write(self.fd, struct.pack('<IiQ', 16 + len(data), code, unique) + data)
            except OSError:
                pass   # nobody waits for it any more
