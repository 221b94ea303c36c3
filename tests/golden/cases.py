# SPDX-License-Identifier: BSD-3-Clause
"""The golden captures: a function each, which gives a capture file's bytes; with the options of its replay.

What dnsweir has to write is in NAME.json beside this file: its records, sorted.
"""

import struct

from wire import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    Capture,
    Stream,
    a,
    enhanced,
    ether,
    fragments,
    framed,
    interface,
    ip,
    message,
    name,
    obsolete,
    opt,
    query,
    question,
    response,
    rr,
    section,
    simple,
    tcp,
    udp,
    udp_segment,
)

CASES = {}


def case(*options):
    def keep(function):
        CASES[function.__name__] = (function, options)
        return function

    return keep


@case()
def address():
    """One answer over IPv4."""
    return Capture().lookup(0x1234, "www.example.com", "A", [rr(12, "A", 300, a("192.0.2.1"))]).pcap()


@case()
def address_ipv6():
    """Queries for both address types, over IPv6."""
    c = Capture()
    for ident, kind, rdata in ((1, "AAAA", a("2001:db8::1")), (2, "A", a("192.0.2.1"))):
        c.ask(query(ident, "www.example.com", kind), client=CLIENT6, server=SERVER6)
        c.answer(
            response(ident, "www.example.com", kind, [rr(12, kind, 60, rdata)]),
            client=CLIENT6,
            server=SERVER6,
        )
    return c.pcap()


@case()
def chain():
    """CNAMEs by compression pointers into earlier rdata, and the address behind them: a record for each."""
    answers = [
        rr(12, "CNAME", 10, b"\x03cdn\xc0\x10"),
        rr(12, "CNAME", 20, name("edge.example.net")),
        rr("edge.example.net", "A", 30, a("203.0.113.7")),
    ]
    return Capture().lookup(7, "www.example.com", "A", answers).pcap()


@case()
def response_codes():
    """Every response code of the header, and the extended ones by EDNS."""
    c = Capture()
    for code in list(range(0, 24)) + [24, 3841, 4095]:
        extended = [opt(rcode=code >> 4)] if code > 15 else []
        c.ask(query(code, "code%d.example" % code, "A"))
        c.answer(response(code, "code%d.example" % code, "A", flags=0x8180 | code & 15, additional=extended))
    return c.pcap()


@case()
def no_data():
    """A response without an answer, with the zone's SOA."""
    soa = name("ns.example.com") + name("hostmaster.example.com") + struct.pack("!IIIII", 1, 2, 3, 4, 5)
    return Capture().lookup(9, "empty.example.com", "AAAA", authority=[rr(18, "SOA", 5, soa)]).pcap()


@case()
def record_data():
    """Presentation forms of many types in one response."""
    host = name("host.example.com")
    answers = [
        rr(12, "NS", 1, host),
        rr(12, "PTR", 1, host),
        rr(12, "DNAME", 1, host),
        rr(12, "MX", 1, struct.pack("!H", 10) + name("mail.example.com")),
        rr(
            12,
            "SOA",
            1,
            name("ns.example.com")
            + name([b"host.master", b"example", b"com"])
            + struct.pack("!IIIII", 2024010101, 2, 3, 4, 5),
        ),
        rr(12, "SRV", 1, struct.pack("!HHH", 1, 2, 5060) + host),
        rr(12, "TXT", 1, b'\x05plain\x04a\\b"\x03\x00\xff\n'),
        rr(12, "TXT", 1, b"\x00"),
        rr(12, "HINFO", 1, b"\x03CPU\x02OS"),
        rr(12, "CAA", 1, b"\x00\x05issueca.example.net"),
        rr(12, "DS", 1, struct.pack("!HBB", 60485, 5, 1) + bytes(range(20))),
        rr(12, "DNSKEY", 1, struct.pack("!HBB", 257, 3, 13) + bytes(range(32))),
        rr(
            12,
            "RRSIG",
            1,
            struct.pack("!HBBIIIH", 1, 13, 2, 300, 1700000000, 1690000000, 12345)
            + name("example.com")
            + bytes(16),
        ),
        rr(12, "NSEC", 1, host + b"\x00\x06\x40\x01\x00\x00\x00\x03"),
        rr(12, "NSEC3", 1, b"\x01\x00\x00\x0a\x02\xaa\xbb\x04\x01\x02\x03\x04\x00\x01\x40"),
        rr(12, "NAPTR", 1, struct.pack("!HH", 100, 10) + b"\x01u\x07E2U+sip\x0e!^.*$!sip:a@b!\x00"),
        rr(12, "SSHFP", 1, b"\x01\x02" + bytes(range(32))),
        rr(12, "TLSA", 1, b"\x03\x01\x01" + bytes(range(32))),
        rr(
            12,
            "HTTPS",
            1,
            b"\x00\x01\x00" + b"\x00\x01\x00\x06\x02h3\x02h2" + b"\x00\x04\x00\x04\xc0\x00\x02\x01",
        ),
        rr(12, "SVCB", 1, b"\x00\x00" + host),
        rr(12, "URI", 1, struct.pack("!HH", 10, 1) + b"https://example.com/"),
        rr(12, "EUI48", 1, bytes(range(6))),
        rr(12, "EUI64", 1, bytes(range(8))),
        rr(12, 65280, 1, b"\x01\x02\xfe"),
        rr(12, 65281, 1, b""),
    ]
    return Capture().lookup(11, "types.example.com", "ANY", answers).pcap()


@case("-format", "nested", "-name", "sensor")
def rare_record_data():
    """HIP, APL, CDS, CDNSKEY, OPENPGPKEY, TLSA, DNAME, EUI48, EUI64; a query that SIG(0) signs (RFC 2931); an
    extended error (RFC 8914)."""
    answers = [
        rr(12, "HIP", 1, struct.pack("!BBH", 4, 2, 8) + b"hit!" + b"the key." + name("rendez.example.net")),
        rr(12, "APL", 1, b"\0\1\x18\x03\xc0\0\2" + b"\0\2\x20\x84\x20\x01\x0d\xb8"),
        rr(12, "CDS", 1, b"\0\0\0\0\0"),
        rr(12, "CDNSKEY", 1, struct.pack("!HBB", 257, 3, 15) + bytes(range(32))),
        rr(12, "OPENPGPKEY", 1, b"a key of OpenPGP"),
        rr(12, "TLSA", 1, b"\x03\x01\x01" + bytes(range(32))),
        rr(12, "DNAME", 1, name("other.example.net")),
        rr(12, "EUI48", 1, bytes(range(6))),
        rr(12, "EUI64", 1, bytes(range(8))),
    ]
    signature = struct.pack("!HBBIIIH", 0, 13, 0, 0, 1700000060, 1700000000, 4711) + name("key.example") + b"sign"
    error = struct.pack("!HHH", 15, 17, 6) + b"stale from here"
    c = Capture()
    c.ask(query(1, "rare.example", "ANY", additional=[rr("", "SIG", 0, signature, cls=255)]))
    c.answer(response(1, "rare.example", "ANY", answers, additional=[opt(options=error)]))
    return c.pcap()


@case()
def names():
    """Names with every kind of escape, the root, letter case, and the longest one."""
    c = Capture()
    owners = [
        "",
        [b"a.b", b"c\\d", b"example"],
        [b"\x00\x1f\x20\x7f\xff", b"example"],
        [b'quote"<&>', b"example"],
        "MiXeD.eXaMpLe",
        [b"x" * 63, b"y" * 63, b"z" * 63, b"w" * 61],
        [b"l"] * 127,
        ["\u00fc".encode(), b"example"],
    ]
    for i, owner in enumerate(owners):
        wire = name(owner)
        c.ask(message(i, 0x0100, [wire + b"\0\x01\0\x01"]))
        c.answer(message(i, 0x8180, [wire + b"\0\x01\0\x01"], [rr(12, "A", 1, a("192.0.2.1"))]))
    return c.pcap()


@case()
def flags():
    """Each flag of the flat record alone."""
    c = Capture()
    for i, (ask, answer) in enumerate(
        ((0, 0x8000), (0x0100, 0x8000), (0, 0x8400), (0, 0x8200), (0, 0x8080), (0x0100, 0x8780))
    ):
        c.ask(query(i, "flag.example", "A", ask)).answer(
            response(i, "flag.example", "A", [rr(12, "A", 1, a("192.0.2.1"))], answer)
        )
    return c.pcap()


@case()
def meeting():
    """Either leg first; a retransmission; a mirror port's duplicates; another question's response;
    two clients with one ID."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    c.answer(response(1, "first.example", "A", yes), 41001).ask(query(1, "first.example", "A"), 41001)
    c.ask(query(2, "again.example", "A"), 41002).ask(query(2, "again.example", "A"), 41002, after=10**9)
    c.answer(response(2, "again.example", "A", yes), 41002)
    for leg, payload in (
        (c.ask, query(3, "twice.example", "A")),
        (c.answer, response(3, "twice.example", "A", yes)),
    ):
        leg(payload, 41003)
        leg(payload, 41003, after=1000)
    c.ask(query(4, "asked.example", "A"), 41004).answer(response(4, "spoof.example", "A", yes), 41004)
    c.answer(response(4, "asked.example", "A", yes), 41004)
    c.ask(query(5, "both.example", "A"), 41005).ask(query(5, "both.example", "A"), 41005, client="192.0.2.11")
    c.answer(response(5, "both.example", "A", yes), 41005, client="192.0.2.11").answer(
        response(5, "both.example", "A", yes), 41005
    )
    return c.pcap()


def lonely():
    c = Capture()
    c.ask(query(1, "lost.example", "A"), 42001)
    c.answer(response(2, "orphan.example", "A", [rr(12, "A", 1, a("192.0.2.1"))]), 42002)
    c.lookup(3, "good.example", "A", [rr(12, "A", 1, a("192.0.2.1"))], 42003)
    return c.pcap()


case()(lonely)


@case("-unanswered", "-orphans")
def lonely_told():
    """Halves without a partner, told on request."""
    return lonely()


@case()
def late():
    """A response later than -gc_age is no answer; one within it is."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    c.ask(query(1, "slow.example", "A"), 43001).answer(
        response(1, "slow.example", "A", yes), 43001, after=59 * 10**9
    )
    c.ask(query(2, "late.example", "A"), 43002).answer(
        response(2, "late.example", "A", yes), 43002, after=61 * 10**9
    )
    return c.pcap()


@case("-gc_age", "5s")
def late_by_choice():
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    c.ask(query(1, "fast.example", "A"), 43001).answer(
        response(1, "fast.example", "A", yes), 43001, after=4 * 10**9
    )
    c.ask(query(2, "slow.example", "A"), 43002).answer(
        response(2, "slow.example", "A", yes), 43002, after=6 * 10**9
    )
    return c.pcap()


@case()
def tags():
    """VLAN tags, on one side only too."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    for i, (out, back) in enumerate(
        (
            [((0x8100, 7),)] * 2,
            [((0x88A8, 7), (0x8100, 8))] * 2,
            [((0x9100, 7), (0x8100, 8))] * 2,
            [(), ((0x8100, 9),)],
        )
    ):
        c.frame(ether(udp(CLIENT, 44000 + i, SERVER, 53, query(i, "tag.example", "A")), out))
        c.frame(ether(udp(SERVER, 53, CLIENT, 44000 + i, response(i, "tag.example", "A", yes)), back))
    return c.pcap()


@case()
def nanoseconds():
    """Times to the nanosecond: fractions without trailing zeros, none at a whole second."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    for i, after in enumerate((1, 999_999_998, 10**9 - 1, 100_000_000, 123_456_789)):
        c.ask(query(i, "time.example", "A"), 45000 + i, after=1 if i != 3 else 0)
        c.answer(response(i, "time.example", "A", yes), 45000 + i, after=after)
    return c.pcap(nanoseconds=True)


@case()
def big_endian():
    return Capture().lookup(1, "order.example", "A", [rr(12, "A", 1, a("192.0.2.1"))]).pcap(order=">")


def halves(ident):
    """The frames of a lookup."""
    c = Capture().lookup(ident, "block.example", "A", [rr(12, "A", 1, a("192.0.2.1"))], 45000 + ident)
    return [data for _, data, _ in c.frames]


@case()
def blocks_big_endian():
    """pcapng in the other byte order: enhanced, obsolete and simple packets (which have no time of their own)."""
    out = section(">") + interface(1, ">")
    for ident, write in ((1, enhanced), (2, obsolete)):
        for at, frame in zip((1_700_000_000_000_000, 1_700_000_000_002_500), halves(ident)):
            out += write(at, frame, order=">")
    return out + b"".join(simple(frame, ">") for frame in halves(3))


@case()
def blocks_of_several_sections():
    """Sections of both byte orders, interfaces of several link types, resolutions and offsets; a lookup whose
    halves are of different interfaces, one whose halves are of different sections, and times after 2038."""
    second, out = 5_000_000_000, b""
    for order, ident in (("<", 1), (">", 4)):
        out += section(order) + interface(1, order) + interface(101, order, 9) + interface(228, order, 0x94)
        out += interface(113, order, 6, second)
        asked, answered = halves(ident)
        out += enhanced(second * 10**6, asked, 0, order)
        out += enhanced(second * 10**9 + 7, answered[14:], 1, order)
        asked, answered = halves(ident + 1)
        out += enhanced(second << 20 | 1 << 19, asked[14:], 2, order)
        cooked = struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x0800) + answered[14:]
        out += enhanced(750_000, cooked, 3, order)
        out += enhanced((second + 1) * 10**6, halves(3)[order == ">"], 0, order)
    return out


def link(number, wrap):
    return Capture(number, wrap).lookup(1, "link.example", "A", [rr(12, "A", 1, a("192.0.2.1"))]).pcap()


@case()
def link_raw():
    return link(101, lambda packet: packet)


@case()
def link_sll():
    return link(113, lambda packet: struct.pack("!HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\x01\0\0", 0x0800) + packet)


@case()
def link_sll2():
    return link(
        276, lambda packet: struct.pack("!HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, b"\x02\0\0\0\0\x01\0\0") + packet
    )


@case()
def link_null():
    return link(0, lambda packet: struct.pack("<I", 2) + packet)


@case()
def stream():
    """Two questions in one TCP stream, the second response in three segments, the last two swapped."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    s = Stream(c).open()
    s.segment(True, framed(query(1, "one.example", "A")) + framed(query(2, "two.example", "TXT")))
    s.segment(False, framed(response(1, "one.example", "A", yes)))
    long = framed(response(2, "two.example", "TXT", [rr(12, "TXT", 1, b"\xff" + b"t" * 255)] * 10))
    base = s.seq[False]
    s.segment(False, long[:1000])
    s.segment(False, long[2000:], seq=base + 2000)
    s.segment(False, long[1000:2000], seq=base + 1000)
    s.seq[False] = base + len(long)
    s.close()
    return c.pcap()


@case()
def stream_midway():
    """A stream whose beginning the capture lacks, then one segment lost, then a good message."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    s = Stream(c)
    s.segment(True, framed(query(1, "mid.example", "A"))).segment(
        False, framed(response(1, "mid.example", "A", yes))
    )
    s.seq[False] += 500
    s.segment(True, flags=0x10)
    s.segment(True, framed(query(2, "after.example", "A"))).segment(
        False, framed(response(2, "after.example", "A", yes))
    )
    s.close()
    return c.pcap()


@case()
def transfer():
    """A zone transfer: one query, three messages, the later ones without a question."""
    c = Capture()
    soa = name("ns.example") + name("h.example") + struct.pack("!IIIII", 1, 2, 3, 4, 5)
    s = Stream(c).open()
    s.segment(True, framed(query(77, "example", "AXFR", 0)))
    s.segment(
        False,
        framed(
            response(
                77, "example", "AXFR", [rr(12, "SOA", 1, soa), rr(12, "NS", 1, name("ns.example"))], 0x8400
            )
        ),
    )
    s.segment(False, framed(message(77, 0x8400, [], [rr("ns.example", "A", 1, a("192.0.2.53"))])))
    s.segment(False, framed(message(77, 0x8400, [], [rr("example", "SOA", 1, soa)])))
    s.close()
    return c.pcap()


@case("-orphans")
def stream_says_the_same_again():
    """What a stream says twice is no mirror port's duplicate: a lookup that is repeated, and messages of a
    transfer that are alike. What the capture has twice is given once."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    soa = name("ns.example") + name("h.example") + struct.pack("!IIIII", 1, 2, 3, 4, 5)
    s = Stream(c).open()
    for _ in range(3):
        s.segment(True, framed(query(1, "again.example", "A")))
        s.segment(False, framed(response(1, "again.example", "A", yes)))
    s.segment(True, framed(query(77, "example", "AXFR", 0)))
    s.segment(False, framed(response(77, "example", "AXFR", [rr(12, "SOA", 1, soa)], 0x8400)))
    for _ in range(3):
        s.segment(False, framed(message(77, 0x8400, [], [rr("ns.example", "A", 1, a("192.0.2.53"))])))
    s.segment(False, framed(message(77, 0x8400, [], [rr("example", "SOA", 1, soa)])))
    s.close()
    c.frames = [frame for frame in c.frames for _ in range(2)]
    return c.pcap()


@case("-snaplen", "130")
def cut_by_the_snap_length():
    """What there is of messages that are cut, over UDP and TCP; a stream goes on behind them. A response
    without a sound answer left and a question that is cut give none."""
    c = Capture()
    many = [rr(12, "A", i, a("192.0.2.%d" % i)) for i in range(1, 9)]
    long = "x" * 60 + "." + "y" * 40 + ".example"
    c.lookup(1, "cut.example", "A", many, 51001)
    c.lookup(2, "x" * 60 + ".example", "A", many, 51002)
    c.lookup(3, long, "A", many, 51003)
    s = Stream(c).open()
    for ident, owner in ((4, "cut.example"), (5, "x" * 60 + ".example"), (6, long), (7, "again.example")):
        s.segment(True, framed(query(ident, owner, "A")))
        s.segment(False, framed(response(ident, owner, "A", many)))
    s.close()
    return c.pcap()


@case()
def datagrams_in_pieces():
    """Responses in IPv4 and IPv6 fragments, the last one first."""
    c = Capture()
    long = [rr(12, "TXT", 1, b"\xc8" + b"f" * 200)] * 9
    for client, server, ident in ((CLIENT, SERVER, 1), (CLIENT6, SERVER6, 2)):
        c.ask(query(ident, "big.example", "TXT"), client=client, server=server)
        packet = udp(server, 53, client, 40000, response(ident, "big.example", "TXT", long))
        for piece in reversed(fragments(packet, 800)):
            c.packet(piece)
    return c.pcap()


def in_gre(inner):
    return ip("203.0.113.1", "203.0.113.2", 47, struct.pack("!HH", 0, 0x0800) + inner)


def in_vxlan(inner):
    return udp(
        "203.0.113.1", 5555, "203.0.113.2", 4789, struct.pack("!II", 0x08000000, 99 << 8) + ether(inner)
    )


def in_ip(inner):
    return ip("203.0.113.1", "203.0.113.2", 4, inner)


def in_gtp(inner):
    return udp(
        "203.0.113.1", 2152, "203.0.113.2", 2152, struct.pack("!BBHI", 0x30, 255, len(inner), 7) + inner
    )


@case()
def tunnels():
    """The innermost addresses are the record's."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    for i, wrap in enumerate((in_gre, in_vxlan, in_ip, in_gtp, lambda p: in_gre(in_ip(p)))):
        c.packet(wrap(udp(CLIENT, 46000 + i, SERVER, 53, query(i, "tunnel.example", "A"))))
        c.packet(wrap(udp(SERVER, 53, CLIENT, 46000 + i, response(i, "tunnel.example", "A", yes))))
    return c.pcap()


@case("-bpf", "udp and port 5353")
def filtered():
    """A filter by choice: what passes it is DNS whatever its port, and port 53 isn't wanted."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    c.lookup(1, "no.example", "A", yes)
    c.packet(udp(CLIENT, 47000, SERVER, 5353, query(2, "yes.example", "A")))
    c.packet(udp(SERVER, 5353, CLIENT, 47000, response(2, "yes.example", "A", yes)))
    return c.pcap()


@case()
def damaged():
    """Messages that are damaged behind their question, or before; and a sound pair, which shows
    that nothing is lost by them."""
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    loop = b"\xc0\x0c\0\x01\0\x01"
    for i, bad in enumerate(
        (
            message(0, 0x8180, [loop], yes),
            response(0, "cut.example", "A", yes)[:-6],
            response(0, "two.example", "A", yes + [rr(12, "A", 1, b"\1\2\3")]),
            response(0, "x.example", "A", yes)[:11],
            b"",
            b"\0" * 12,
            struct.pack("!HHHHHH", 0, 0x8180, 1, 9999, 0, 0) + question("lie.example", "A") + b"".join(yes),
            response(0, "tail.example", "A", yes) + b"junk",
        )
    ):
        owner = ("loop", "cut", "two", "x", "none", "none", "lie", "tail")[i] + ".example"
        c.ask(query(0, owner, "A"), 48000 + i).answer(bad, 48000 + i)
    c.lookup(99, "good.example", "A", yes)
    return c.pcap()


@case("-format", "nested", "-name", "sensor", "-unanswered")
def nested():
    """The nested record: sections, EDNS with its options, VLAN, tunnel, TCP, and a query without a
    response."""
    c = Capture()
    soa = name("ns.example.com") + name("h.example.com") + struct.pack("!IIIII", 1, 2, 3, 4, 5)
    subnet = struct.pack("!HHHBB", 8, 7, 1, 24, 24) + b"\xc6\x33\x64"
    more = (
        struct.pack("!HH", 3, 4)
        + b"ns-1"
        + subnet
        + struct.pack("!HH", 10, 16)
        + bytes(range(16))
        + struct.pack("!HHH", 15, 8, 3)
        + b"stale!"
        + struct.pack("!HH", 65001, 1)
        + b"z"
    )
    c.ask(
        query(
            1,
            "www.example.com",
            "A",
            additional=[opt(4096, do=True, options=struct.pack("!HH", 10, 8) + bytes(8))],
        )
    )
    c.answer(
        response(
            1,
            "www.example.com",
            "A",
            [rr(12, "A", 300, a("192.0.2.1"))],
            authority=[rr(16, "NS", 60, name("ns.example.com"))],
            additional=[rr("ns.example.com", "A", 60, a("192.0.2.53")), opt(1232, do=True, options=more)],
        )
    )
    c.ask(query(2, "gone.example.com", "A"), 40001)
    c.answer(response(2, "gone.example.com", "A", flags=0x8583, authority=[rr(17, "SOA", 60, soa)]), 40001)
    c.frame(ether(in_gre(udp(CLIENT, 40002, SERVER, 53, query(3, "in.example", "A"))), ((0x8100, 5),)))
    c.frame(
        ether(
            in_gre(
                udp(
                    SERVER,
                    53,
                    CLIENT,
                    40002,
                    response(3, "in.example", "A", [rr(12, "A", 1, a("192.0.2.1"))]),
                )
            ),
            ((0x8100, 5),),
        )
    )
    s = Stream(c).open()
    s.segment(True, framed(query(4, "tcp.example", "A")))
    s.segment(False, framed(response(4, "tcp.example", "A", [rr(12, "A", 1, a("192.0.2.1"))])))
    s.close()
    c.ask(query(5, "lost.example", "A", cls=3), 40005)
    return c.pcap()


@case()
def other_traffic():
    """ARP, ICMP that quotes a query, other ports, runts: no records, and the pair among them is found."""
    c = Capture()
    quoted = udp(CLIENT, 49000, SERVER, 53, query(1, "quoted.example", "A"))
    c.frame(ether(b"\0" * 46, kind=0x0806))
    c.packet(ip(SERVER, CLIENT, 1, struct.pack("!BBHI", 3, 3, 0, 0) + quoted))
    c.packet(udp(CLIENT, 49001, SERVER, 80, query(2, "web.example", "A")))
    c.packet(tcp(CLIENT, 49002, SERVER, 443, 1, 1, 0x18, b"\x16\x03\x01" + bytes(200)))
    c.packet(ip(CLIENT, SERVER, 17, udp_segment(49003, 53, b"")))
    for n in range(0, 42, 3):
        c.frame(ether(udp(CLIENT, 49004, SERVER, 53, query(3, "runt.example", "A")))[:n])
    c.lookup(4, "good.example", "A", [rr(12, "A", 1, a("192.0.2.1"))])
    return c.pcap()
