# SPDX-License-Identifier: BSD-3-Clause
"""Frames and capture files, built byte by byte. Python standard library only."""

import ipaddress
import struct

CLIENT, SERVER = "192.0.2.10", "198.51.100.53"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:53::53"
START = 1_700_000_000 * 10**9  # of every capture, ns
TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "HINFO": 13,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "LOC": 29,
    "SRV": 33,
    "NAPTR": 35,
    "SIG": 24,
    "DNAME": 39,
    "OPT": 41,
    "APL": 42,
    "DS": 43,
    "SSHFP": 44,
    "RRSIG": 46,
    "NSEC": 47,
    "DNSKEY": 48,
    "NSEC3": 50,
    "NSEC3PARAM": 51,
    "TLSA": 52,
    "HIP": 55,
    "CDS": 59,
    "CDNSKEY": 60,
    "OPENPGPKEY": 61,
    "CSYNC": 62,
    "SVCB": 64,
    "HTTPS": 65,
    "EUI48": 108,
    "EUI64": 109,
    "IXFR": 251,
    "AXFR": 252,
    "ANY": 255,
    "URI": 256,
    "CAA": 257,
}


def name(text):
    """A domain name in wire form, uncompressed. A label may be given as bytes in a list of labels."""
    labels = text if isinstance(text, (list, tuple)) else [t.encode() for t in text.split(".") if t]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rrtype(kind):
    return TYPES[kind] if isinstance(kind, str) else kind


def question(owner, kind, cls=1):
    return (owner if isinstance(owner, bytes) else name(owner)) + struct.pack("!HH", rrtype(kind), cls)


def rr(owner, kind, ttl, rdata, cls=1):
    """A resource record. An owner given as a number is a compression pointer."""
    if isinstance(owner, int):
        owner = struct.pack("!H", 0xC000 | owner)
    elif not isinstance(owner, bytes):
        owner = name(owner)
    return owner + struct.pack("!HHIH", rrtype(kind), cls, ttl, len(rdata)) + rdata


def opt(size=1232, rcode=0, do=False, options=b"", version=0):
    """An OPT record; `rcode` are the upper eight bits."""
    return (
        b"\0"
        + struct.pack("!HHIH", 41, size, rcode << 24 | version << 16 | (0x8000 if do else 0), len(options))
        + options
    )


def message(ident, flags, questions=(), answers=(), authority=(), additional=()):
    parts = [list(s) for s in (questions, answers, authority, additional)]
    return struct.pack("!HHHHHH", ident, flags, *map(len, parts)) + b"".join(b"".join(p) for p in parts)


def query(ident, owner, kind, flags=0x0100, additional=(), cls=1):
    return message(ident, flags, [question(owner, kind, cls)], additional=additional)


def response(ident, owner, kind, answers=(), flags=0x8180, authority=(), additional=(), cls=1):
    return message(ident, flags, [question(owner, kind, cls)], answers, authority, additional)


def a(address):
    return ipaddress.ip_address(address).packed


def checksum(data):
    total = sum(
        struct.unpack("!%dH" % (len(data + b"\0") // 2), (data + b"\0")[: len(data + b"\0") // 2 * 2])
    )
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(src, dst, proto, payload, ident=1, fragment=0, ttl=64, hop_options=b""):
    """An IPv4 or IPv6 packet; `fragment` is the third word of IPv4's header (flags and offset)."""
    s, d = a(src), a(dst)
    if len(s) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), proto, ttl) + s + d + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, ttl, proto, 0) + s + d
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp_segment(sport, dport, payload):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def udp(src, sport, dst, dport, payload):
    return ip(src, dst, 17, udp_segment(sport, dport, payload))


def tcp(src, sport, dst, dport, seq, ack, flags, payload=b""):
    head = struct.pack(
        "!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0
    )
    return ip(src, dst, 6, head + payload)


def fragments(packet, size, ident=0x4242):
    """An IP packet as fragments of `size` payload bytes (a multiple of 8)."""
    out = []
    if packet[0] >> 4 == 4:
        body = packet[20:]
        src, dst = (str(ipaddress.ip_address(packet[i : i + 4])) for i in (12, 16))
        for at in range(0, len(body), size):
            more = 0x2000 if at + size < len(body) else 0
            out.append(ip(src, dst, packet[9], body[at : at + size], ident, more | at // 8))
        return out
    body = packet[40:]
    src, dst = (str(ipaddress.ip_address(packet[i : i + 16])) for i in (8, 24))
    for at in range(0, len(body), size):
        more = 1 if at + size < len(body) else 0
        out.append(
            ip(src, dst, 44, struct.pack("!BBHI", packet[6], 0, at | more, ident) + body[at : at + size])
        )
    return out


def ether(packet, tags=(), kind=None):
    """An Ethernet frame; `tags` are (type, VLAN) pairs, the outer one first."""
    head = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
    for tag, vlan in tags:
        head += struct.pack("!HH", tag, vlan)
    kind = kind or (0x0800 if packet[0] >> 4 == 4 else 0x86DD)
    frame = head + struct.pack("!H", kind) + packet
    return frame + b"\0" * (60 - len(frame))


class Capture:
    """Frames with their times; written as pcap."""

    def __init__(self, link=1, wrap=ether):
        self.link, self.wrap, self.frames, self.now = link, wrap, [], START

    def frame(self, data, after=1_000_000, wire_len=None):
        """A frame as it is, `after` ns after the one before."""
        self.now += after
        self.frames.append((self.now, data, wire_len or len(data)))
        return self

    def packet(self, data, after=1_000_000):
        """An IP packet in the capture's link layer."""
        return self.frame(self.wrap(data), after)

    def ask(self, payload, sport=40000, client=CLIENT, server=SERVER, after=1_000_000):
        return self.packet(udp(client, sport, server, 53, payload), after)

    def answer(self, payload, sport=40000, client=CLIENT, server=SERVER, after=1_500_000):
        return self.packet(udp(server, 53, client, sport, payload), after)

    def lookup(self, ident, owner, kind, answers=(), sport=40000, **more):
        """A query and its response."""
        return self.ask(query(ident, owner, kind), sport).answer(
            response(ident, owner, kind, answers, **more), sport
        )

    def pcap(self, nanoseconds=False, order="<", version=(2, 4)):
        tick = 1 if nanoseconds else 1000
        out = [
            struct.pack(
                order + "IHHiIII",
                0xA1B23C4D if nanoseconds else 0xA1B2C3D4,
                *version,
                0,
                0,
                262144,
                self.link,
            )
        ]
        for when, data, wire_len in self.frames:
            second, rest = divmod(when, 10**9)
            out += [struct.pack(order + "IIII", second, rest // tick, len(data), wire_len), data]
        return b"".join(out)


def block(order, kind, body):
    """A pcapng block."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order="<"):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(link, order="<", resolution=None, offset=None):
    """An interface description; `resolution` is if_tsresol's byte, `offset` if_tsoffset's seconds."""
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        options += struct.pack(order + "HHq", 14, 8, offset)
    if options:
        options += struct.pack(order + "HH", 0, 0)
    return block(order, 1, struct.pack(order + "HHI", link, 0, 262144) + options)


def enhanced(ticks, data, number=0, order="<"):
    """An enhanced packet block of the section's interface `number`."""
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data)


def obsolete(ticks, data, number=0, order="<"):
    """The packet block that the enhanced one replaced."""
    head = struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 2, head + data)


def simple(data, order="<"):
    return block(order, 3, struct.pack(order + "I", len(data)) + data)


class Stream:
    """A TCP connection between client and server that a capture sees."""

    def __init__(self, capture, sport=50000, client=CLIENT, server=SERVER, seq=1000, ack=9000):
        self.capture, self.sport, self.client, self.server = capture, sport, client, server
        self.seq = {True: seq, False: ack}

    def segment(self, from_client, payload=b"", flags=0x18, seq=None, after=1_000_000):
        """A segment; with `seq` at that place of its stream (relative to the first byte), else
        as the next one."""
        mine, other = self.seq[from_client], self.seq[not from_client]
        ends = ((self.client, self.sport), (self.server, 53))
        (src, sport), (dst, dport) = ends if from_client else reversed(ends)
        at = mine if seq is None else seq
        self.capture.packet(tcp(src, sport, dst, dport, at, other, flags, payload), after)
        if seq is None:
            self.seq[from_client] = (mine + len(payload) + (1 if flags & 3 else 0)) & 0xFFFFFFFF
        return self

    def open(self):
        return self.segment(True, flags=2).segment(False, flags=0x12).segment(True, flags=0x10)

    def close(self):
        return self.segment(True, flags=0x11).segment(False, flags=0x11).segment(True, flags=0x10)


def framed(payload):
    """A DNS message as TCP carries it."""
    return struct.pack("!H", len(payload)) + payload
