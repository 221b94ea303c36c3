#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An optical tap brings queries on one interface and responses on another: every pair is found, by whichever worker."""

import collections
import os
import re
import socket
import struct

from lab import (Net, Weir, assert_conserved, assert_same, capture, figure, losses, main, plain, player, replayed, test,
                 wait_for)

TRANSACTIONS = 20000
PACE = 10000  # packets a second and direction


def split(path, folder):
    """Two captures: what goes to port 53, and what comes from there."""
    names = [os.path.join(folder, name) for name in ("queries.pcap", "responses.pcap")]
    with open(path, "rb") as f, open(names[0], "wb") as queries, open(names[1], "wb") as responses:
        head = f.read(24)
        for out in (queries, responses):
            out.write(head)
        while record := f.read(16):
            frame = f.read(struct.unpack("<8xI4x", record)[0])
            transport = 14 + (40 if frame[12:14] == b"\x86\xdd" else (frame[14] & 15) * 4)
            out = queries if frame[transport + 2:transport + 4] == b"\0\x35" else responses
            out.write(record + frame)
    return names


class Statsd:
    """Receives statistics; counts by name."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def counts(self):
        found = collections.Counter()
        while True:
            try:
                text = self.socket.recv(2048).decode()
            except BlockingIOError:
                return found
            for name, n in re.findall(r"([\w.]+):(\d+)\|c", text):
                found[name.split(".", 2)[-1]] += int(n)


@test
def pairs_meet_from_two_interfaces(folder):
    path = capture(folder, TRANSACTIONS, "--tcp", "0.1", "--retransmit", "0")
    want = replayed(folder, path)
    with Net() as net:
        net.link((None, "feed0"), (None, "tap0"), queues=2, mtu=9000)
        net.link((None, "feed1"), (None, "tap1"), queues=2, mtu=9000)
        statsd = Statsd()
        with Weir(folder, None, "-dev", "tap0,tap1", "-driver", "af_packet", "-numprocs", "2", "-statsd_host", statsd.address,
                  "-statsd_interval", "1", "-name", "lab") as weir:
            queries, responses = split(path, folder)
            with player("feed0", queries, folder, PACE) as one, player("feed1", responses, folder, PACE) as two:
                wait_for("the end of both players", lambda: one.over() and two.over(), 60)
            try:
                weir.await_records(sum(want.values()), 20)
            finally:
                got = weir.finish()
        c = weir.counters()
        assert not losses(c), weir.text()
        assert_conserved(weir.told())
        assert_same(plain(got), want, "two interfaces")
        assert c["packets_in"] == figure(None, "tap0", "rx_packets") + figure(None, "tap1", "rx_packets"), weir.text()
        lookups = statsd.counts()
        shares = [lookups["%d.dns_lookups" % i] for i in (0, 1)]
        assert min(shares) > 0.2 * sum(shares) and sum(shares) == c["messages_udp"], (shares, weir.text())
        print("%d transactions, %d records; UDP messages by worker: %s" % (TRANSACTIONS, len(got), shares))


if __name__ == "__main__":
    main("test_two_ports")
