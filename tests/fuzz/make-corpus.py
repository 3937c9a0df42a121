#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the first inputs of the fuzz targets from tests/vectors.

usage: make-corpus.py FOLDER

Writes FOLDER/vix, FOLDER/hgfs, FOLDER/guestinfo and FOLDER/packet.  What tests/fuzz/corpus
holds is this, merged by libFuzzer with what it found since: see README.md.
"""

import hashlib
import json
import pathlib
import struct
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def vix_inputs():
    for vector in json.loads((VECTORS / "vix.json").read_text()):
        if vector.get("request_hex"):
            request = bytes.fromhex(vector["request_hex"])
            yield request
            yield from vix_parts(request[request.find(b"\0") + 1:])
        if vector.get("data_hex"):
            yield bytes.fromhex(vector["data_hex"])


def vix_parts(message):
    """Body and credentials alone, behind one byte for opcode or type."""
    if len(message) < 51:
        return
    body, credentials = struct.unpack_from("<II", message, 14)
    opcode, = struct.unpack_from("<I", message, 23)
    kind, = struct.unpack_from("<I", message, 47)
    if opcode < 256:
        yield bytes([opcode]) + message[51:51 + body]
    if kind < 256:
        yield bytes([kind]) + message[51 + body:51 + body + credentials]


def hgfs_inputs():
    """Packets, and replies alone behind one byte for their operation."""
    for vector in json.loads((VECTORS / "hgfs.json").read_text()):
        packet = bytes.fromhex(vector["packet_hex"])
        packet = packet[vector["decoded"].get("packet_offset", 0):]
        yield packet
        if vector["dir"] == "reply" and vector["op"] is not None:
            yield bytes([vector["op"]]) + packet
        if vector["dir"] == "request" and packet[4:5] == b"\xff" and packet[20:21]:
            yield packet[20:21] + packet[52:]


def guestinfo_inputs():
    for vector in json.loads((VECTORS / "nicinfo.json").read_text()):
        yield bytes.fromhex(vector["xdr_hex"])
        yield bytes.fromhex(vector["rpc_hex"])
    yield struct.pack("<I", 1) + b"debian12-64".ljust(129, b"\0")


def packet_inputs():
    def number(field, value):
        return struct.pack(">IIII", 1, field, value, 0)

    def text(field, value):
        return struct.pack(">III", 2, field, len(value)) + value

    yield number(1, 1) + text(2, b"reset")
    yield number(1, 2)
    yield number(1, 1) + text(2, b"info-get guestinfo.ip") + number(3, 1)
    yield struct.pack(">IIIII", 3, 9, 1, 5, 0) + text(2, b"x")
    yield struct.pack(">IIII", 4, 8, 1, 2) + b"ab" + text(2, b"x")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, inputs in (("vix", vix_inputs()), ("hgfs", hgfs_inputs()),
                         ("guestinfo", guestinfo_inputs()), ("packet", packet_inputs())):
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for data in inputs:
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    main()
