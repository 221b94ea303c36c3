#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""50,000 packets a second for 20 s: none is lost, or each one that is is counted."""

from lab import Net, Weir, assert_conserved, capture, figure, losses, main, play, test

RATE = 50000
TRANSACTIONS = 20000


def each_packet_is_accounted_for(folder, seconds, driver, *more):
    path = capture(folder, TRANSACTIONS)
    with Net() as net:
        net.link((None, "feed"), (None, "tap"), queues=2)
        with Weir(folder, None, "-dev", "tap", "-driver", driver, *more) as weir:
            with open(path, "rb") as f:
                packets = packets_of(f.read())
            sent, rate = play("feed", path, folder, pps=RATE, loop=-(-RATE * seconds // packets))
            weir.settle()
            weir.end()
        c = weir.counters()
        got = c["packets_in"]
        print("%s: %d packets sent at %.0f a second, %d read, %d counted as lost" % (driver, sent, rate, got, losses(c)))
        assert figure(None, "tap", "rx_packets") == sent
        assert got + losses(c) == sent, "%d read + %d counted as lost are not the %d sent\n%s" % (
            got, losses(c), sent, weir.text())
        assert got > sent / 2 and c["records_out"], weir.text()
        assert_conserved(weir.told())


def packets_of(data):
    """Packets in a capture file."""
    n, at = 0, 24
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
        n += 1
    return n


@test
def by_af_packet(folder):
    each_packet_is_accounted_for(folder, 20, "af_packet", "-numprocs", "2")


@test
def by_libpcap(folder):
    each_packet_is_accounted_for(folder, 5, "libpcap")


if __name__ == "__main__":
    main("test_rate")
