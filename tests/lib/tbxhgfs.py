# SPDX-License-Identifier: LGPL-2.1-or-later
"""HGFS packets, as a host sends them: those of a file transfer, and any others."""

import base64
import socket
import struct
import time

PACKET_BYTES = 61440
AHEAD = 4
HGFS_PACKET = 84
OPEN, CLOSE, OPEN_V3, READ_V3, WRITE_V3, SEARCH_OPEN_V3 = 0, 3, 24, 25, 26, 28
CREATE_SESSION, DESTROY_SESSION = 41, 42
NO_SESSION = 0xffffffffffffffff


class Refused(Exception):
    """What the guest answered instead; @status of HGFS, or None."""

    def __init__(self, text, status=None):
        super().__init__(text)
        self.status = status


def vix(body, user, password):
    """A whole request: the header, the packet, and who asks."""
    plain = f'{user}\0{password}\0'.encode()
    who = struct.pack('<II', len(user), len(password)) + base64.b64encode(plain) + b'\0'
    body = struct.pack('<Ii', len(body), 0) + body
    head = struct.pack('<IHIIIIBIIIQII', 0xd00d0001, 5, 51 + len(body) + len(who), 51, len(body),
                       len(who), 0x81, HGFS_PACKET, 0, 0, 1, 0, 1)
    return b'Vix_1_Relayed_Command "bench"\0' + head + body + who


def packet(op, payload, session=NO_SESSION):
    return struct.pack('<B3xIIIIIIIIQQ', 1, 0xff, 52 + len(payload), 52, 0x80000000, op, 0, 1, 0,
                       session, 0) + payload


def name(path):
    return b'root' + path.replace('/', '\0').encode()


def open_request(path):
    return OPEN, (bytes(8) + struct.pack('<IIBI', 0, 0, 6, len(name(path))) + name(path) + b'\0')


def upload_request(path, flags=4):
    return OPEN_V3, (struct.pack('<QIIBBBBQQIIIQQ', 0x80b, 1, flags, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                     + struct.pack('<IIII', len(name(path)), 0, 0, 0) + name(path) + b'\0')


def read_request(handle, offset, size=PACKET_BYTES):
    return READ_V3, struct.pack('<IQI8x', handle, offset, size)


def append_request(handle, data):
    return WRITE_V3, struct.pack('<IBQI8x', handle, 1, 0, len(data)) + data


def data_of(reply):
    return bytes(reply[64:64 + struct.unpack_from('<I', reply, 52)[0]])


class Session:
    """One session; or, of a guest that answers anything, just its packets.  Reads and writes
    of a transfer are sent ahead, so that a guest that has answered one finds the next.
    @raw: not in requests with a login, but as hosts do that know none."""

    def __init__(self, control, user, password, null=False, raw=False):
        self.user, self.password, self.null, self.raw = user, password, null, raw
        self.session = 1
        self.buffer = bytearray(1 << 17)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(control)
        self.socket.sendall(b'{"command":"frames"}\n')
        while self.socket.recv(1) != b'\n':
            pass
        try:
            reply = self.call(CREATE_SESSION, struct.pack('<IIII', 0, 63488, 0, 0))
        except Refused:
            self.socket.close()
            raise
        if not null:
            self.session = struct.unpack_from('<Q', reply, 52)[0]

    def request(self, op, payload):
        data = packet(op, payload, self.session)
        data = b'f ' + data if self.raw else vix(data, self.user, self.password)
        return struct.pack('<I', len(data)) + data

    def receive(self, size):
        view = memoryview(self.buffer)[:size]
        done = 0
        while done < size:
            n = self.socket.recv_into(view[done:])
            if n == 0:
                raise Refused('the host hung up')
            done += n
        return view

    def take(self):
        reply = self.receive(struct.unpack('<I', self.receive(4))[0])
        if self.null:
            return reply
        if self.raw and reply[:3] != b'OK ':
            raise Refused(bytes(reply[:60]))
        if not self.raw and b' 0 0 #' not in b' ' + bytes(reply[:8]):
            raise Refused(bytes(reply[:60]))
        body = reply[3:] if self.raw else reply[bytes(reply[:16]).index(b'#') + 1:]
        status = struct.unpack_from('<I', body, 24)[0]
        if status:
            raise Refused(f'status {status}', status)
        return body

    def call(self, op, payload):
        self.socket.sendall(self.request(op, payload))
        return self.take()

    def batch(self, requests):
        """The replies to many requests, (op, payload) each, some of which are sent ahead."""
        requests, replies, sent = list(requests), [], 0
        while len(replies) < len(requests):
            while sent < len(requests) and sent - len(replies) < AHEAD:
                self.socket.sendall(self.request(*requests[sent]))
                sent += 1
            replies.append(bytes(self.take()))
        return replies

    def send_message(self, message):
        """Any message of the host; what came back."""
        self.socket.sendall(struct.pack('<I', len(message)) + message)
        return bytes(self.receive(struct.unpack('<I', self.receive(4))[0]))

    def send_raw(self, data):
        """Any bytes as the packet of a request: the code of VIX, and what came back."""
        reply = self.send_message(vix(data, self.user, self.password))
        head, _, packet = reply.partition(b'#')
        return int(head.split()[1]), packet

    def run(self, total, make):
        """Moves @total bytes; seconds that it takes."""
        asked = taken = 0
        start = time.monotonic()
        while taken < total:
            while asked < total and asked - taken < AHEAD * PACKET_BYTES:
                self.socket.sendall(make(asked))
                asked += PACKET_BYTES
            self.take()
            taken += PACKET_BYTES
        return time.monotonic() - start

    def open(self, path):
        """A handle to read from."""
        reply = self.call(*open_request(path))
        return 1 if self.null else struct.unpack_from('<I', reply, 60)[0]

    def open_upload(self, path):
        reply = self.call(*upload_request(path))
        return 1 if self.null else struct.unpack_from('<I', reply, 52)[0]

    def read(self, handle, offset, size=PACKET_BYTES):
        return data_of(self.call(*read_request(handle, offset, size)))

    def search(self, path):
        reply = self.call(SEARCH_OPEN_V3, bytes(8) + struct.pack('<IIII', len(name(path)), 0, 0, 0)
                          + name(path) + b'\0')
        return struct.unpack_from('<I', reply, 52)[0]

    def fetch(self, path):
        """Reads to the end, which is a short packet; seconds that it takes."""
        handle = self.open(path)
        start = time.monotonic()
        offset = asked = 0
        done = False
        while offset < asked or not done:
            while not done and asked - offset < AHEAD * PACKET_BYTES:
                self.socket.sendall(self.request(*read_request(handle, asked)))
                asked += PACKET_BYTES
            done = struct.unpack_from('<I', self.take(), 52)[0] < PACKET_BYTES or done
            offset += PACKET_BYTES
        seconds = time.monotonic() - start
        self.close(handle)
        return seconds

    def download(self, path, total):
        handle = self.open(path)
        seconds = self.run(total, lambda offset: self.request(*read_request(handle, offset)))
        self.close(handle)
        return seconds

    def upload(self, path, total):
        handle = self.open_upload(path)
        data = self.request(*append_request(handle, bytes(range(256)) * (PACKET_BYTES // 256)))
        seconds = self.run(total, lambda offset: data)
        self.close(handle)
        return seconds

    def close(self, handle):
        self.call(CLOSE, bytes(8) + struct.pack('<I', handle))

    def end(self):
        self.call(DESTROY_SESSION, bytes(8))
        self.socket.close()
