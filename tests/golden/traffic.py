#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Random DNS traffic and the records that it must give, byte by byte. The same seed gives the same bytes.

usage: traffic.py CAPTURE [--transactions N] [--seed N] [--truth FILE]     FILE gets the flat records, sorted
"""

import argparse
import json
import random
import time

from wire import Capture, START, Stream, a, ether, fragments, framed, name, opt, query, response, rr, udp

FIELDS = (
    "query_id",
    "rcode",
    "q",
    "qtype",
    "a",
    "atype",
    "ttl",
    "dst",
    "src",
    "tstamp",
    "elapsed",
    "sport",
    "level",
    "bytes",
    "protocol",
    "truncated",
    "aa",
    "rd",
    "ra",
)
CODES = {2: "Server Failure", 3: "Non-Existent Domain", 5: "Query Refused"}
TTLS = (0, 1, 30, 60, 300, 3600, 86400, 2**31 - 1)
TAGS = ((), (), ((0x8100, 7),), ((0x88A8, 7), (0x8100, 8)))


def go_time(ns):
    second, rest = divmod(ns, 10**9)
    digits = ("%09d" % rest).rstrip("0")
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
        + ("." + digits if digits else "")
        + " +0000 UTC"
    )


class Traffic:
    def __init__(self, transactions, seed):
        self.r = random.Random(seed)
        self.frames, self.records, self.used, self.now = [], [], set(), START
        for _ in range(transactions):
            self.now += self.r.randrange(0, 400) * 1000
            self.r.choices((self.over_udp, self.over_tcp), (95, 5))[0]()
        self.frames.sort(key=lambda f: f[0])

    def capture(self):
        c = Capture()
        c.frames = self.frames
        return c.pcap()

    def lines(self):
        return sorted(
            json.dumps(dict(zip(FIELDS, r)), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            for r in self.records
        )

    def flow(self, port_from):
        """Client and server of one family, and a client port that no other flow between them has."""
        while True:
            if self.r.random() < 0.4:
                ends = "2001:db8::%x" % self.r.randrange(1, 5000), "2001:db8:53::%x" % self.r.randrange(1, 9)
            else:
                ends = "192.0.2.%d" % self.r.randrange(1, 255), "198.51.100.%d" % self.r.randrange(1, 9)
            key = (*ends, self.r.randrange(port_from, 65536))
            if key not in self.used:
                self.used.add(key)
                return key

    def answers(self, kind):
        """Random answers to a question of a type: wire form, and what the records tell of each."""
        r, out = self.r, []
        host = "host%d.example.net" % r.randrange(1000)
        if r.random() < 0.2 and kind in ("A", "AAAA"):
            ttl = r.choice(TTLS)
            out.append((rr(12, "CNAME", ttl, name(host)), host, "CNAME", ttl))
        for _ in range(r.choice((1, 1, 1, 2, 3, 8))):
            ttl, n = r.choice(TTLS), r.randrange(256)
            rdata, text = {
                "A": lambda: (a("203.0.113.%d" % n), "203.0.113.%d" % n),
                "AAAA": lambda: (a("2001:db8:1::%x" % (n + 1)), "2001:db8:1::%x" % (n + 1)),
                "MX": lambda: (bytes([0, n]) + name(host), "%d %s" % (n, host)),
                "TXT": lambda: (bytes([n]) + b"t" * n, "t" * n),
                "NS": lambda: (name(host), host),
                "PTR": lambda: (name(host), host),
            }[kind]()
            out.append((rr(12, kind, ttl, rdata), text, kind, ttl))
        return out

    def exchange(self):
        """A question and its response: both messages, and how the response reads: code and
        answers, and its flags."""
        r = self.r
        kind = r.choice(("A", "A", "A", "AAAA", "AAAA", "MX", "TXT", "NS", "PTR"))
        owner = "%s%d.example.%s" % (
            r.choice(("www", "Mail", "api")),
            r.randrange(100000),
            r.choice(("com", "org")),
        )
        ident, code = r.randrange(65536), r.choices((0, 2, 3, 5), (90, 2, 7, 1))[0]
        answers = self.answers(kind) if not code and r.random() < 0.95 else []
        aa, tc, rd, ra = (r.random() < share for share in (0.1, 0.01, 0.9, 0.9))
        soa = [rr(12, "SOA", 60, name("ns") + name("h") + bytes(20))] if not answers else []
        more = [opt(1232)] if r.random() < 0.6 else []
        ask = query(ident, owner, kind, 0x0100 if rd else 0, more)
        answer = response(
            ident,
            owner,
            kind,
            [w for w, *_ in answers],
            0x8000 | aa << 10 | tc << 9 | rd << 8 | ra << 7 | code,
            soa,
            more,
        )
        told = [told for _, *told in answers] or [[CODES.get(code, ""), "", 0]]
        return ask, answer, (ident, code, owner, kind, told, (tc, aa, rd, ra))

    def record(self, about, client, server, sport, when, elapsed, length, protocol):
        ident, code, owner, kind, told, flags = about
        for text, atype, ttl in told:
            self.records.append(
                (
                    ident,
                    code,
                    owner,
                    kind,
                    text,
                    atype,
                    ttl,
                    server,
                    client,
                    go_time(when),
                    elapsed,
                    str(sport),
                    "",
                    length,
                    protocol,
                    *flags,
                )
            )

    def put(self, when, frame, twice=0.0):
        """A frame; with some chance a mirror port shows it twice."""
        self.frames.append((when, frame, len(frame)))
        if self.r.random() < twice:
            self.frames.append((when + 1000, frame, len(frame)))

    def over_udp(self):
        r = self.r
        client, server, sport = self.flow(1024)
        ask, answer, about = self.exchange()
        tags, took, when = r.choice(TAGS), r.randrange(1, 200000) * 1000, self.now
        self.put(when, ether(udp(client, sport, server, 53, ask), tags), 0.02)
        fate = r.random()
        if fate < 0.01:
            return  # no response
        if fate < 0.03:  # retransmitted: elapsed counts from the first
            self.put(when + took // 2000 * 1000, ether(udp(client, sport, server, 53, ask), tags))
        if fate > 0.98:  # a reordering tap
            took = -r.randrange(1, 3000) * 1000
        packet = udp(server, 53, client, sport, answer)
        pieces = (
            fragments(packet, 256, r.randrange(1, 65536))
            if len(answer) > 300 and r.random() < 0.5
            else [packet]
        )
        if r.random() < 0.5:
            pieces.reverse()
        whole = len(pieces) == 1
        for i, piece in enumerate(pieces):
            self.put(when + took + i * 1000, ether(piece, tags), 0.02 if whole else 0)
        last = when + took + (len(pieces) - 1) * 1000
        self.record(
            about,
            client,
            server,
            sport,
            last,
            max(0, last - when),
            sum(len(ether(p, tags)) for p in pieces),
            "udp",
        )

    def over_tcp(self):
        """A connection with up to four exchanges, one after the other; long messages in
        segments, some of them swapped."""
        r, c = self.r, Capture()
        client, server, sport = self.flow(1024)
        c.now = self.now
        s = Stream(c, sport, client, server, r.randrange(2**32), r.randrange(2**32)).open()
        for _ in range(r.randrange(1, 5)):
            ask, answer, about = self.exchange()
            asked = self.segments(s, True, framed(ask))
            answered = self.segments(s, False, framed(answer))
            self.record(about, client, server, sport, answered, answered - asked, len(answer), "tcp")
        s.close()
        self.frames += c.frames

    def segments(self, s, from_client, data):
        """Sends a message in up to three segments; the time when it was whole."""
        r = self.r
        cuts = sorted(r.sample(range(1, len(data)), r.choice((0, 0, 1, 2))))
        parts = list(zip([0, *cuts], [*cuts, len(data)]))
        if r.random() < 0.3:
            r.shuffle(parts)
        base = s.seq[from_client]
        for start, end in parts:
            s.segment(
                from_client, data[start:end], seq=(base + start) & 0xFFFFFFFF, after=r.randrange(1, 90) * 1000
            )
        s.seq[from_client] = (base + len(data)) & 0xFFFFFFFF
        return s.capture.now


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("capture")
    p.add_argument("--transactions", type=int, default=10000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--truth")
    options = p.parse_args()
    traffic = Traffic(options.transactions, options.seed)
    with open(options.capture, "wb") as out:
        out.write(traffic.capture())
    if options.truth:
        with open(options.truth, "wb") as out:
            out.writelines(traffic.lines())


if __name__ == "__main__":
    main()
