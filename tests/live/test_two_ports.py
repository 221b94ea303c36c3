#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An optical tap brings queries on one interface and responses on another: every pair is found, by whichever worker."""

from lab import (Net, Statsd, Weir, assert_conserved, assert_same, capture, figure, losses, main, plain, player, replayed,
                 test, wait_for)

TRANSACTIONS = 20000
PACE = 15000  # packets a second


@test
def pairs_meet_from_two_interfaces(folder):
    path = capture(folder, TRANSACTIONS, "--tcp", "0.1", "--retransmit", "0")
    want = replayed(folder, path)
    with Net() as net:
        net.link((None, "feed0"), (None, "tap0"), queues=2, mtu=9000)
        net.link((None, "feed1"), (None, "tap1"), queues=2, mtu=9000)
        statsd = Statsd()
        with Weir(folder, None, "-dev", "tap0,tap1", "-driver", "af_packet", "-numprocs", "2",
                  "-statsd_host", statsd.address, "-statsd_interval", "1", "-name", "lab") as weir:
            with player("feed0", path, folder, PACE, responses="feed1") as one:
                wait_for("the end of the traffic", one.over, 60)
            try:
                weir.await_records(sum(want.values()), 20)
            finally:
                got = weir.finish()
        c = weir.counters()
        assert not losses(c), weir.text()
        assert_conserved(weir.told())
        assert_same(plain(got), want, "two interfaces")
        assert c["packets_in"] == figure(None, "tap0", "rx_packets") + figure(None, "tap1", "rx_packets"), weir.text()
        shares = statsd.by_worker(2)
        assert min(shares) > 0.2 * sum(shares) and sum(shares) == c["messages_udp"], (shares, weir.text())
        print("%d transactions, %d records; UDP messages by worker: %s" % (TRANSACTIONS, len(got), shares))


if __name__ == "__main__":
    main("test_two_ports")
