#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames with tags, in tunnels, in pieces, long and cut; how soon a record is written, and what SIGTERM leaves."""

import json
import os
import select
import statistics
import struct
import subprocess
import time

from lab import (Net, Weir, assert_conserved, assert_same, capture, cases, figure, losses, main, plain, player, replayed,
                 send, test, wait_for, wire)


def frames_of(pcap):
    """The frames of a capture in memory."""
    at = 24
    while at < len(pcap):
        n = struct.unpack_from("<I", pcap, at + 8)[0]
        yield pcap[at + 16:at + 16 + n]
        at += 16 + n


def all_cases(*names):
    """One capture of several golden ones."""
    whole = wire.Capture()
    for name in names:
        for frame in frames_of(cases.CASES[name][0]()):
            whole.frame(frame)
    return whole


def as_replayed(folder, frames, *arguments, mtu=1500, options=()):
    """Sends frames to a sensor, and compares with a replay of them."""
    path = os.path.join(folder, "frames.pcap")
    with open(path, "wb") as f:
        f.write(frames.pcap())
    want = replayed(folder, path, *options)
    with Net() as net:
        net.link((None, "feed"), (None, "tap"), queues=2, mtu=mtu)
        with Weir(folder, None, "-dev", "tap", *arguments, *options) as weir:
            send("feed", *(frame for _, frame, _ in frames.frames))
            weir.settle()
            got = weir.finish()
    c = weir.counters()
    assert not losses(c) and c["packets_in"] == len(frames.frames), weir.text()
    assert_conserved(weir.told())
    assert_same(plain(got), want, " ".join(arguments))
    print("%s: %d frames, %d records" % (" ".join(arguments), len(frames.frames), len(got)))


@test
def tags_tunnels_and_streams(folder):
    frames = all_cases("tags", "tunnels", "stream", "stream_midway", "record_data", "names")
    for arguments in (("-driver", "libpcap"), ("-driver", "af_packet", "-numprocs", "1"),
                      ("-driver", "af_packet", "-numprocs", "2")):
        as_replayed(folder, frames, *arguments, options=("-format", "nested", "-name", "lab"))


@test
def datagrams_in_pieces(folder):
    as_replayed(folder, all_cases("datagrams_in_pieces"), "-driver", "libpcap")


def long_pair(size):
    """A response whose frame is about `size` bytes, of TXT records of 200 bytes."""
    texts = [wire.rr(12, "TXT", 1, b"\xc8" + b"%03d" % i + b"x" * 197) for i in range(size // 214)]
    return wire.Capture().lookup(1, "long.example", "TXT", texts)


@test
def long_frames(folder):
    for driver in ("libpcap", "af_packet"):
        as_replayed(folder, long_pair(8800), "-driver", driver, mtu=9000)


@test
def cut_frames_give_what_is_left(folder):
    """net_af_packet cuts what is longer than its slots, without a mark: the answers that are whole are told, and the cut."""
    frames = wire.Capture()
    query, answer = (frame for _, frame, _ in long_pair(40000).frames)
    frames.frame(query)
    # The kernel puts these together for it.
    for piece in wire.fragments(answer[14:], 1400):
        frames.packet(piece)
    with Net() as net:
        net.link((None, "feed"), (None, "tap"))
        with Weir(folder, None, "-dev", "tap", "-driver", "af_packet", "-fused") as weir:
            send("feed", *(frame for _, frame, _ in frames.frames))
            weir.settle()
            got = weir.finish()
    c = weir.counters()
    assert c["messages_cut_tail"] == 1 and c["packets_cut"] == 1, weir.text()
    assert 5 <= len(got) < 180 and all(r["a"].startswith("%03d" % i) for i, r in enumerate(got)), weir.text()


@test
def a_snap_length_cuts(folder):
    """Of a chain of three records the first two are left, and the frame's length is still the whole one's."""
    as_replayed(folder, all_cases("chain"), "-driver", "libpcap", options=("-snaplen", "130"))


@test
def a_record_comes_soon(folder):
    """From the last packet to the record on standard output; nothing follows that would push it out."""
    waits = {}
    with Net() as net:
        net.link((None, "feed"), (None, "tap"), queues=2)
        for arguments in (("-driver", "libpcap"), ("-driver", "af_packet", "-numprocs", "2")):
            with Weir(folder, None, "-dev", "tap", *arguments, sink=False, stdout=subprocess.PIPE) as weir:
                waits[arguments[1]] = [wait_of(weir.process.stdout, i) for i in range(20)]
                assert weir.end() == 0, weir.text()
    for name, seconds in waits.items():
        print("%s: %.1f ms from the last packet to its record, at most %.1f" % (
            name, 1000 * statistics.median(seconds), 1000 * max(seconds)))
        # The sensor itself takes at most some 20 ms; a busy machine may take its time.
        assert statistics.median(seconds) < 0.2, seconds


def wait_of(pipe, i):
    """Sends lookup i; seconds until its record is there."""
    frames = [frame for _, frame, _ in wire.Capture().lookup(
        i, "soon%d.example" % i, "A", [wire.rr(12, "A", 1, wire.a("192.0.2.1"))], 30000 + i).frames]
    time.sleep(0.1)
    start = time.monotonic()
    send("feed", *frames)
    assert select.select([pipe], [], [], 20)[0], "no record within 20 s"
    took = time.monotonic() - start
    assert json.loads(os.read(pipe.fileno(), 65536))["q"] == "soon%d.example" % i
    return took


@test
def sigterm_drains(folder):
    """Told to end while packets still come: what was read is written, each line whole, and all adds up."""
    path = capture(folder, 20000)
    with Net() as net:
        net.link((None, "feed"), (None, "tap"), queues=2)
        with Weir(folder, None, "-dev", "tap", "-driver", "af_packet", "-numprocs", "2") as weir:
            with player("feed", path, folder, pps=10000):
                wait_for("the first records", lambda: weir.count() > 1000, 30)
                got = weir.finish()
            sent = figure(None, "feed", "tx_packets")
        c = weir.counters()
        assert len(got) == c["records_out"] > 1000, weir.text()
        assert c["packets_in"] + losses(c) < sent, "%d sent\n%s" % (sent, weir.text())
        assert_conserved(weir.told())
        print("%d of %d packets were read when it was told to end; %d records" % (c["packets_in"], sent, len(got)))


if __name__ == "__main__":
    main("test_frames")
