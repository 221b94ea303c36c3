#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""First inputs for the fuzz targets, of the golden tests' captures and of any others.

usage: seeds.py FOLDER [CAPTURE...]     writes FOLDER/<target>/<number>
"""

import hashlib
import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden"))

from cases import CASES  # noqa: E402

MAX = 4096  # bytes of an input


def packets(data):
    """(link type, frame) of a pcap or pcapng file's first packets; what is damaged ends it."""
    try:
        if data[:4] == b"\x0a\x0d\x0d\x0a":
            order, at, link = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">", 0, 1
            while at + 12 <= len(data):
                kind, size = struct.unpack_from(order + "II", data, at)
                if kind == 1:
                    link = struct.unpack_from(order + "H", data, at + 8)[0]
                elif kind == 6:
                    yield link, data[at + 28 :][: struct.unpack_from(order + "I", data, at + 20)[0]]
                at += max(size, 12)
            return
        order = "<" if data[:1] in (b"\xd4", b"\x4d") else ">"
        link, at = struct.unpack_from(order + "I", data, 20)[0], 24
        while at + 16 <= len(data):
            size = struct.unpack_from(order + "I", data, at + 8)[0]
            yield link, data[at + 16 :][:size]
            at += 16 + size
    except struct.error:
        return


def transport(link, frame):
    """(protocol, sender is the server, what is behind the ports) of a plain frame, or None."""
    at = {1: 14, 101: 0, 113: 16, 276: 20, 12: 0, 14: 0, 228: 0, 229: 0}.get(link)
    if at is None or len(frame) < at + 28:
        return None
    if link == 1 and frame[12:14] == b"\x81\0":
        at += 4
    six = frame[at] >> 4 == 6
    proto, l4 = (frame[at + 6], at + 40) if six else (frame[at + 9], at + 4 * (frame[at] & 15))
    if proto not in (6, 17) or len(frame) < l4 + 8:
        return None
    return proto, frame[l4 : l4 + 2] == b"\0\x35", six, frame[l4 + 4 :]


def script(found):
    """Packets as fuzz_worker has them."""
    out = b"\x03"
    for link, frame in found:
        t = transport(link, frame)
        if t is None:
            bits, payload = 128, frame
        else:
            proto, answer, six, rest = t
            payload = rest if proto == 6 else rest[4:]
            bits = (1 if six else 0) | (2 if proto == 6 else 0) | (4 if answer else 0)
        out += struct.pack("!BBBH", bits, 0x10, 7, len(payload)) + payload
    return out


def segments(found):
    """The TCP segments among them as fuzz_tcp has them."""
    out = b""
    for link, frame in found:
        t = transport(link, frame)
        if t and t[0] == 6 and len(t[3]) >= 16:
            _, answer, _, rest = t
            data = rest[4 * (rest[8] >> 4) - 4 :][:255]
            ends = 0x10 if answer else 0x40
            out += bytes([ends, rest[9], rest[1], rest[2], rest[5], rest[3], len(data)]) + data
    return out


def messages(found):
    for link, frame in found:
        t = transport(link, frame)
        if t and t[0] == 17 and len(t[3]) > 16:
            yield t[3][4:]


def skip_name(m, at):
    while m[at]:
        if m[at] >= 0xC0:
            return at + 2
        at += 1 + m[at]
    return at + 1


def rdatas(m):
    """(type, class, data) of a message's records, and where its OPT's type stands."""
    try:
        counts = struct.unpack_from("!4H", m, 4)
        at = 12
        for _ in range(counts[0]):
            at = skip_name(m, at) + 4
        for _ in range(sum(counts[1:])):
            place = skip_name(m, at)
            kind, cls, _, size = struct.unpack_from("!HHIH", m, place)
            at = place + 10 + size
            yield kind, cls, m[place + 10 : at], place
    except (struct.error, IndexError):
        return


def fragments():
    """Datagrams of 64 bytes in fragments, in order and out of it."""
    piece = [(i // 8 | (0x8000 if i < 48 else 0), bytes(range(i, i + 16))) for i in range(0, 64, 16)]
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 1, 0, 3, 2), (0, 2, 3)):
        for who in (0, 1):
            yield b"".join(struct.pack("!BBBH", who, 1, 16, piece[i][0]) + piece[i][1] for i in order)


def spool(frames):
    """A segment as lib/sink/spool.c writes it: items of a frame each."""
    out = b""
    for number, items in enumerate(frames):
        ends, at = [], 0
        for item in items:
            at += len(item)
            ends.append(at)
        payload = struct.pack("<%dI" % len(ends), *ends) + bytes(4 * len(items)) + b"".join(items)
        middle = struct.pack("<QIII", 0x10000000000 + number, len(items), at, 1)
        middle += struct.pack("<I", zlib.crc32(payload))
        frame = struct.pack("<II", 0x50535744, 0) + middle
        frame += struct.pack("<II", zlib.crc32(middle), 0) + payload
        out += frame + bytes(-len(frame) % 8)
    return out


BPF = (
    "port 53",
    "udp port 53 and not host 192.0.2.1",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "ip6 and udp[8:2] > 5",
    "ether host 02:00:00:00:00:01",
    "vlan 5 and port 53",
    "net 198.51.100.0/24 or portrange 53-5353",
    "len > 100 && ip[0] & 0xf != 5",
    "port 5353",
    "(((",
)
PACKET = bytes.fromhex("4500001c00000000401100000a0000010a000002003500350008000000")
OPTIONS = (
    (b"-pcap\nx.pcap\n-gc_age\n-1m\n-quiet", b"PDNS_NAME=sensor\n# comment\nexport PDNS_QUIET='true'\n", b""),
    (b"-dev=eth0\n-config=c.json", b'PDNS_BPF="port 53"\n', b'{"numprocs": 4, "kafka_config": ["a=b"]}'),
    (b"-pcap=x\n-kafka_brokers=a,b\n-kafka_topic=t\n--\n--no-huge", b"PDNS_STATSD_INTERVAL=5\r\n", b"[1]"),
    (b"-help", b"", b""),
)


def of_capture(data, put):
    put("capture", data)
    found = list(packets(data))[:64]
    if not found:
        return
    for i in range(0, len(found), 8):
        some = [f for f in found[i : i + 8] if f[0] == found[0][0]]
        frames = b"".join(struct.pack("!H", len(f)) + f for _, f in some)
        put("ingress", struct.pack("!H", some[0][0] & 0xFFFF) + frames)
        put("worker", script(some))
        put("tcp", segments(some))
    for link, frame in found[:8]:
        if link == 1:
            put("bpf", b"port 53\0" + frame[14:])
    mapped = bytes(10) + b"\xff\xff\xc0\0\2"
    record = bytes(8 + 4 + 4) + b"\0\0" + mapped + b"\1" + mapped + b"\2"
    for m in messages(found):
        put("message", b"\0" + m)
        put("oracle", b"\0" + m)
        put("msgpack", b"\1" + record + bytes(9) + m)
        put("avro", b"\1" + record + bytes(9) + m)
        put("name", b"\x0c" + m)
        for kind, cls, rdata, place in rdatas(m):
            if kind == 41:
                put("edns", bytes([place & 255]) + m)
            else:
                head = m[:64]
                put("rdata", struct.pack("!HBBB", kind, cls & 255, len(head), 200) + head + rdata)


def main(folder, captures):
    def put(target, data):
        if data and len(data) <= MAX:
            os.makedirs(os.path.join(folder, target), exist_ok=True)
            with open(os.path.join(folder, target, hashlib.sha1(data).hexdigest()), "wb") as out:
                out.write(data)

    for function, _ in CASES.values():
        of_capture(function(), put)
    for path in captures:
        with open(path, "rb") as capture:
            of_capture(capture.read(1 << 20), put)
    for f in fragments():
        put("fragments", f)
    for text in BPF:
        put("bpf", text.encode() + b"\0" + PACKET)
    for parts in OPTIONS:
        put("options", b"\xff".join(parts) + b"\xff")
    for how in range(4):
        put("spool", bytes([how]) + spool([[b'{"n":1}\n', b'{"n":2}\n'], [b"x" * 50]]))
    ack = b"\x81\xa3ack\xb8" + b"A" * 22 + b"=="
    put("acks", bytes([len(ack)]) + ack)
    put("acks", bytes([10]) + ack[:10] + bytes([200]) + ack[10:] + b"\xc0" + ack)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
