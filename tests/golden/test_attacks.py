#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile traffic: whatever it is, the lookups of others in the same capture give their records, memory
stays where it is when more of it comes, and a packet costs at most three times what an ordinary one of its
kind costs. The program is DNSWEIR."""

import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from checks import PROGRAM, SANITIZED, Skip, assert_conserved, environment, main, records, run, test
from wire import START, Capture, Stream, a, framed, message, name, query, question, response, rr

SCALE = 20 if SANITIZED else 1  # sanitized programs get so much less of it
TABLE = 20000 // SCALE  # outstanding queries that the program is given room for
MEGABYTES = 16  # by which twice as much of an attack may grow the program
ADDRESS = [rr(12, "A", 60, a("192.0.2.1"))]
SERVER = struct.pack("!I", 0xC6336435)  # 198.51.100.53
ETHER = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0"


# A process counts the memory of the one that it was forked from: a small one starts the program, and tells
# its most memory in KB.
START_SMALL = (
    "import os, resource, subprocess, sys;"
    "code = subprocess.call(sys.argv[1:]); u = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "os.write(3, b'%d %d' % (code, u.ru_maxrss))"
)
# Counts instructions: the same number on any machine, however busy.
COUNTER = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")


class Finished:
    """A run: what it said, and its most memory in MB."""

    counter = ()

    def __init__(self, frames, *options, ordered=True):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "c.pcap")
            with open(path, "wb") as out:
                out.write(pcap(sorted(frames, key=lambda f: f[0]) if ordered else frames))
            with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
                reads, writes = os.pipe()
                subprocess.run(
                    [sys.executable, "-S", "-c", START_SMALL.replace("3,", "%d," % writes)]
                    + [*self.counter, PROGRAM, "-pcap", path, "-fused", "-max_queries", str(TABLE), *options],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=environment(),
                    cwd=folder,
                    timeout=300,
                    pass_fds=[writes],
                )
                os.close(writes)
                code, memory = os.read(reads, 100).split()
                os.close(reads)
                out.seek(0)
                err.seek(0)
                self.stdout, self.stderr = out.read(), err.read()
        self.memory = int(memory) / 1024
        self.told = int(re.search(rb"(\d+) MiB for tables", self.stderr).group(1))
        assert int(code) == 0, (code, self.stderr[-2000:])


class Counted(Finished):
    """A run, and the instructions that it took (the sandbox doesn't let valgrind in)."""

    counter = COUNTER

    def __init__(self, frames, *options):
        super().__init__(frames, "-sandbox=false", *options)
        self.instructions = int(re.search(rb"I\s+refs:\s+([\d,]+)", self.stderr).group(1).replace(b",", b""))


def pcap(frames):
    """A capture of (ns, frame) pairs."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for when, frame in frames:
        second, rest = divmod(when, 10**9)
        out += (struct.pack("<IIII", second, rest, len(frame), len(frame)), frame)
    return b"".join(out)


def packet(client, client_port, payload, answer=False, proto=17):
    """An Ethernet frame of UDP, or of TCP without its ports' header, quickly made: the client is a number."""
    src, dst, ports = struct.pack("!I", client), SERVER, (client_port, 53)
    if answer:
        src, dst, ports = dst, src, (53, client_port)
    middle = struct.pack("!HHHH", *ports, 8 + len(payload), 0) if proto == 17 else struct.pack("!HH", *ports)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(middle) + len(payload), 1, 0, 64, proto, 0)
    return ETHER + head + src + dst + middle + payload


def others(n=40, tcp=False):
    """Lookups of other people over a second, an answer 2 ms after each query; half of them by TCP if asked
    for."""
    c = Capture()
    c.now = START + 5_000_000
    for i in range(n):
        owner = "n%d.others.example" % i
        if tcp and i % 2:
            s = Stream(c, sport=30000 + i, client="203.0.113.77").open()
            s.segment(True, framed(query(i, owner, "A")))
            s.segment(False, framed(response(i, owner, "A", ADDRESS))).close()
        else:
            who = {"sport": 30000 + i, "client": "203.0.113.77"}
            c.ask(query(i, owner, "A"), after=0, **who)
            c.answer(response(i, owner, "A", ADDRESS), after=2_000_000, **who)
        c.now += 20_000_000
    return [(when, data) for when, data, _ in c.frames]


def spread(frames):
    """Frames with times that are spread over a second."""
    frames = list(frames)
    return [(START + i * 10**9 // len(frames), f) for i, f in enumerate(frames)]


def of_others(run):
    return sorted(line for line in run.stdout.splitlines() if b".others.example" in line)


def assert_harmless(attack, n, *options, tcp=False):
    """`attack(n)` gives frames: others' records are as without it, and twice as much takes no more memory."""
    n //= SCALE
    calm = others(tcp=tcp)
    alone = of_others(Finished(calm, *options))
    assert len(alone) == len(calm) // 2 or tcp, alone
    once = Finished(calm + spread(attack(n)), *options)
    assert of_others(once) == alone, "others lost %d records" % (len(alone) - len(of_others(once)))
    assert_conserved(once)
    twice = Finished(calm + spread(attack(2 * n)), *options)
    assert of_others(twice) == alone, "others lost %d records" % (len(alone) - len(of_others(twice)))
    if not SANITIZED:
        print("     %d MB, %d MB with twice as much, %d MB at most" % (once.memory, twice.memory, once.told))
        assert twice.memory < once.memory + MEGABYTES, (once.memory, twice.memory)
    return once


def assert_cheap(attack, normal, n, *options, written=False):
    """A packet of `attack(n)` takes at most three times the instructions of one of `normal(n)`: all stages but the
    encoder, without what starting takes. Where records are `written`, the same of all stages by the bytes of
    records, of which one packet may ask for many."""
    if SANITIZED:
        return
    if not shutil.which("valgrind"):
        raise Skip("valgrind is not installed")
    unit, options = ("byte", options) if written else ("packet", ("-quiet", *options))
    start = Counted([], *options).instructions
    costs = []
    for frames in (spread(normal(n)), spread(attack(n))):
        run = Counted(frames, *options)
        costs.append((run.instructions - start) / (len(run.stdout) if written else len(frames)))
    usual, hostile = costs
    print("     %.1f instructions a %s, ordinary ones %.1f" % (hostile, unit, usual))
    assert 0 < hostile < 3 * usual, costs


# ---- ordinary traffic ----


def lookups(n):
    """Thousands of queries at once, then their answers."""
    for start in range(0, n // 2, 10000):
        for make, answer in ((query, False), (response, True)):
            for i in range(start, min(start + 10000, n // 2)):
                owner, more = "n%d.example.com" % (i % 5000), (ADDRESS,) if answer else ()
                message_ = make(i & 0xFFFF, owner, "A", *more)
                yield packet(0x0A000000 + i % 3000, 1024 + i % 60000, message_, answer)


def segment(client, port, seq, flags, data=b"", answer=False):
    return packet(client, port, struct.pack("!IIBBHHH", seq, 1, 0x50, flags, 65535, 0, 0) + data, answer, 6)


def connections(n):
    """TCP lookups of seven packets, thousands of them at once."""
    asked, told_ = framed(query(1, "example.com", "A")), framed(response(1, "example.com", "A", ADDRESS))
    steps = (
        (99, 2, b"", False),
        (0, 0x12, b"", True),
        (100, 0x18, asked, False),
        (1, 0x18, told_, True),
        (100 + len(asked), 0x11, b"", False),
        (1 + len(told_), 0x11, b"", True),
        (101 + len(asked), 0x10, b"", False),
    )
    many = n // len(steps)
    for seq, flags, data, answer in steps:
        for i in range(many):
            yield segment(0x0A000000 + i, 1024 + i % 60000, seq, flags, data, answer)


def fragment(client, ident, offset, more, data):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), ident, offset // 8 | more << 13, 64, 17, 0)
    return ETHER + head + struct.pack("!I", client) + SERVER + data


DATAGRAM = struct.pack("!HHHH", 40000, 53, 8 + 1016, 0) + response(1, "x.example", "A")[:20] + bytes(996)


def whole_datagrams(n):
    for i in range(n // 4):
        for at in range(0, 1024, 256):
            yield fragment(0x0A000000 + i // 60000, i & 0xFFFF, at, at < 768, DATAGRAM[at : at + 256])


# ---- attacks ----


@test
def a_flood_of_random_names_without_answers(folder):
    def attack(n):
        r = random.Random(1)
        for i in range(n):
            owner = "%x.victim.example" % r.getrandbits(64)
            yield packet(r.getrandbits(32), 1024 + i % 60000, query(r.getrandbits(16), owner, "A"))

    run = assert_harmless(attack, 100000)
    assert SANITIZED or b"queries_evicted" in run.stderr
    assert_cheap(attack, lookups, 200000)


@test
def answers_without_queries(folder):
    def attack(n):
        r = random.Random(2)
        for i in range(n):
            owner = "%x.victim.example" % r.getrandbits(64)
            yield packet(r.getrandbits(32), 1024 + i % 60000, response(i & 0xFFFF, owner, "A", ADDRESS), True)

    assert_harmless(attack, 100000)
    assert_cheap(attack, lookups, 200000)


@test
def one_flow_that_sends_every_id(folder):
    def attack(n):
        for i in range(n):
            yield packet(0x0A000001, 4242, query(i & 0xFFFF, "n%d.victim.example" % i, "A"))

    assert_harmless(attack, 131072)
    assert_cheap(attack, lookups, 200000)


@test
def one_flow_and_id_with_many_names(folder):
    def attack(n):
        for i in range(n):
            yield packet(0x0A000001, 4242, query(7, "n%d.victim.example" % i, "A"))

    run = assert_harmless(attack, 100000)
    assert b"queries_bucket_evicted" in run.stderr
    assert_cheap(attack, lookups, 200000)


@test
def a_million_tcp_flows_of_one_byte_a_segment(folder):
    def attack(n):
        for i in range(n):
            yield segment(0x0B000000 + i // 4, 1024 + i % 4, 5, 0x18, b"\0")

    assert_harmless(attack, 500000, tcp=True)
    assert_cheap(attack, connections, 200000)


@test
def streams_of_one_byte_a_segment(folder):
    """Each message comes byte by byte."""
    asked = framed(query(1, "victim.example", "A"))

    def attack(n):
        for i in range(n // len(asked)):
            for at, byte in enumerate(asked):
                yield segment(0x0B000000 + i, 1024, 5 + at, 0x18, bytes([byte]))

    assert_harmless(attack, 100000, tcp=True)
    assert_cheap(attack, connections, 200000)


@test
def holes_in_every_stream(folder):
    """Nothing ever becomes whole: each segment leaves a byte out."""

    def attack(n):
        data = framed(query(1, "victim.example", "A")) * 30
        for i in range(n):
            yield segment(0x0B000000 + i % 50000, 1024, 5 + i // 50000 * 2000, 0x18, data)

    assert_harmless(attack, 200000, tcp=True)


@test
def overlapping_fragments(folder):
    def attack(n):
        for i in range(n // 4):
            for at in (0, 248, 480, 760):
                yield fragment(0x0B000000 + i // 60000, i & 0xFFFF, at, 1, DATAGRAM[at : at + 264])

    run = assert_harmless(attack, 100000)
    assert b"fragments_overlap" in run.stderr
    assert_cheap(attack, whole_datagrams, 200000)


@test
def fragments_that_never_become_whole(folder):
    def attack(n):
        for i in range(n):
            yield fragment(0x0B000000 + i // 60000, i & 0xFFFF, 256, 1, DATAGRAM[256:512])

    assert_harmless(attack, 250000)
    assert_cheap(attack, whole_datagrams, 200000)


def labels(n):
    return b"\1a" * n + b"\0"


@test
def names_of_127_labels_and_chains_of_pointers(folder):
    """The deepest name that there can be, in every record; and a ladder in a TXT, each step a label and a
    pointer to the step before it, for names that begin at its top."""
    longest = labels(127) + struct.pack("!HH", 2, 1)
    deepest = message(1, 0x8180, [longest], [rr(12, "NS", 1, b"\xc0\x0c")] * 90)
    asked = query(1, "www.example.com", "NS")
    steps, base = b"\1a\0", len(asked) + 12 + 1
    for i in range(90):
        steps += b"\1a" + struct.pack("!H", 0xC000 | (base + (0 if i == 0 else 3 + 4 * (i - 1))))
    top = struct.pack("!H", 0xC000 | (base + 3 + 4 * 61))
    ladder = bytes([251]) + steps[:251]
    climb = [rr(12, "TXT", 1, ladder)] + [rr(top, "NS", 1, top)] * 70
    rungs = message(1, 0x8180, [question("www.example.com", "NS")], climb)
    plain = response(1, "www.example.com", "NS", [rr(12, "NS", 1, b"\3ns1\xc0\x10")] * 80)

    def of(m):
        def frames(n):
            for i in range(n // 2):
                yield packet(0x0B000000 + i, 4242, message(1, 0x100, [longest]) if m is deepest else asked)
                yield packet(0x0B000000 + i, 4242, m, True)

        return frames

    for hostile in (deepest, rungs):
        assert_harmless(of(hostile), 2000)
        assert_cheap(of(hostile), of(plain), 20000)
        assert_cheap(of(hostile), of(plain), 10000, written=True)


@test
def text_answers_of_64_kib(folder):
    asked = framed(query(1, "victim.example", "TXT"))

    def of(text):
        """Long answers of this text, in segments of the usual length."""
        strings = b"".join(b"\xff" + text * 85 for _ in range(250))
        whole = framed(response(1, "victim.example", "TXT", [rr(12, "TXT", 1, strings)]))

        def frames(n):
            for i in range(n // 46):
                yield segment(0x0B000000 + i, 1024, 100, 0x18, asked)
                for at in range(0, len(whole), 1448):
                    yield segment(0x0B000000 + i, 1024, 1 + at, 0x18, whole[at : at + 1448], True)

        return frames

    attack = of(b"\x07\"\\")
    run = assert_harmless(attack, 4600, tcp=True)
    victims = [r for r in records(run.stdout) if r["q"] == "victim.example"]
    assert len(victims) == 4600 // SCALE // 46, len(victims)
    assert all(len(r["a"]) == 250 * 85 * 7 for r in victims)
    assert_cheap(attack, of(b"abc"), 20000)
    assert_cheap(attack, of(b"abc"), 5000, written=True)


INJECTIONS = (
    b'","rcode":0,"q":"forged',
    b'"}\n{"query_id":1}\n',
    b"\r\ndnsweir: error: forged",
    b"\x1b[2J\x1b]0;forged\x07",
    b"\0\x7f\x80\xff\xc3\x28\xe2\x80\xae",
    b"<134>Jan  1 00:00:00 forged",
    b"%s%n%x\\u0000\\",
)


def injected():
    c = Capture()
    for i, bad in enumerate(INJECTIONS):
        owner = name([bad, b"victim", b"example"])
        string = bytes([len(bad)]) + bad
        answers = [
            rr(12, "TXT", 1, string),
            rr(12, "CNAME", 1, owner),
            rr(12, 65280, 1, bad),
            rr(12, "CAA", 1, b"\0\x05issue" + bad),
            rr(12, "NAPTR", 1, b"\0\1\0\1" + 3 * string + owner),
        ]
        c.ask(query(i, owner, "ANY"), sport=5000 + i)
        c.answer(response(i, owner, "ANY", answers), sport=5000 + i)
    return c.pcap(), len(INJECTIONS) * 5


def printable(data, also=b""):
    return all(0x20 <= c < 0x7F or c in also for c in data)


@test
def names_that_inject_json_lines_and_escapes(folder):
    data, expected = injected()
    for form in ("flat", "nested"):
        result = run("-pcap", "-", "-format", form, "-unanswered", data=data, cwd=folder)
        assert result.returncode == 0 and printable(result.stdout, b"\n"), result
        assert printable(result.stderr, b"\n") and b"forged" not in result.stderr, result.stderr
        found = records(result.stdout)
        assert len(found) == (expected if form == "flat" else len(INJECTIONS)), len(found)
        assert all(r["query_id" if form == "flat" else "id"] < len(INJECTIONS) for r in found), found[0]


@test
def names_that_inject_lines_of_syslog(folder):
    data, expected = injected()
    path = os.path.join(folder, "log")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path)
    server.settimeout(20)
    got = []

    def read():
        while len(got) < expected:
            got.append(server.recv(65536))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    to = ("-syslog_facility", "LOCAL0", "-syslog_priority", "INFO", "-syslog_socket", path)
    result = run("-pcap", "-", "-quiet", *to, data=data, cwd=folder)
    reader.join(30)
    assert result.returncode == 0 and len(got) == expected, (result, len(got))
    for line in got:
        assert line.startswith(b"<134>") and printable(line.rstrip(b"\n")), line
        json.loads(line[line.index(b"{") :])


@test
def names_of_files_and_options_that_inject_lines(folder):
    bad = "x\x1b[31m\r\ndnsweir: error: forged"
    for arguments in (
        ("-pcap", bad),
        ("-pcap", "x", "-bpf", bad),
        ("-" + bad,),
        ("-pcap", "x", "-numprocs", bad),
        ("-config", bad),
    ):
        result = run(*arguments, cwd=folder)
        lines = result.stderr.splitlines()
        assert result.returncode in (1, 2) and printable(result.stderr, b"\n"), result
        assert sum(line.startswith(b"dnsweir: error: ") for line in lines) == 1, result


@test
def time_that_jumps(folder):
    """Every packet of the attack is from another year; others' clocks are right."""
    r = random.Random(3)
    calm = others()
    alone = of_others(Finished(calm))
    jumping = []
    for when, frame in calm:
        for i in range(1000 // SCALE):
            asked = query(i, "victim.example", "A")
            jumping.append((r.randrange(0, 2**32) * 10**9, packet(r.getrandbits(32), 4242, asked)))
        jumping.append((when, frame))
    run = Finished(jumping, "-unanswered", ordered=False)
    assert of_others(run) == alone
    assert_conserved(run)


if __name__ == "__main__":
    main("attacks")
