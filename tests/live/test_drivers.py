#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The same traffic gives the same records, whichever driver brings it."""

import contextlib

from lab import (Net, Weir, assert_conserved, assert_same, capture, hugepages, links, losses, main, plain, play, replayed,
                 run, test, wait_for)

TRANSACTIONS = 4000
TRAFFIC = ("--tcp", "0.1", "--retransmit", "0", "--vlan", "7")


def same_records(folder, *arguments, interface="feed", ready="reading", prepare=lambda: None, more=()):
    """Plays the traffic into an interface while dnsweir captures; compares with a replay."""
    path = capture(folder, TRANSACTIONS, *TRAFFIC, *more)
    want = replayed(folder, path)
    with Weir(folder, None, *arguments, ready=ready) as weir:
        prepare()
        sent, _ = play(interface, path, folder, pps=10000)
        with contextlib.suppress(AssertionError):
            weir.await_records(sum(want.values()), 20)
        got = weir.finish()
    c = weir.counters()
    assert not losses(c) and c["packets_in"] == sent, "%d packets sent\n%s" % (sent, weir.text())
    assert_conserved(weir.told())
    try:
        assert_same(plain(got), want, " ".join(arguments))
    except AssertionError:
        print(weir.text())
        raise
    for r in got:
        assert 0 <= r["elapsed"] < 10**10, r
    print("%s: %d packets, %d records" % (" ".join(arguments), sent, len(got)))


def on_a_cable(folder, *arguments, queues=1, more=()):
    with Net() as net:
        net.link((None, "feed"), (None, "tap"), queues=queues)
        same_records(folder, "-dev", "tap", *arguments, more=more)


@test
def libpcap(folder):
    on_a_cable(folder, "-driver", "libpcap")


@test
def libpcap_with_three_workers(folder):
    on_a_cable(folder, "-driver", "libpcap", "-numprocs", "3", "-txprocs", "2")


@test
def net_af_packet(folder):
    on_a_cable(folder, "-driver", "af_packet", "-fused")


@test
def net_af_packet_with_two_workers(folder):
    on_a_cable(folder, "-driver", "af_packet", "-numprocs", "2", queues=2)


@test
def net_af_xdp(folder):
    with hugepages(192):
        on_a_cable(folder, "-driver", "af_xdp", "-numprocs", "1")


@test
def net_af_xdp_over_all_queues(folder):
    """A veth spreads the directions of a flow over its queues as it likes: in time too far apart for TCP."""
    with hugepages(256):
        on_a_cable(folder, "-driver", "af_xdp", "-numprocs", "2", queues=2, more=("--tcp", "0"))


@test
def net_tap(folder):
    """What the kernel sends into the interface of a tap port comes out of that port."""
    def prepare():
        wait_for("the tap", lambda: "fromtap" in links(None))
        run("ip", "link", "set", "fromtap", "txqueuelen", "30000", "up")

    with Net():
        same_records(folder, "-dev", "net_tap0", "-numprocs", "1", "--", "--vdev", "net_tap0,iface=fromtap",
                     interface="fromtap", prepare=prepare)


@test
def net_pcap(folder):
    """A file that a DPDK port reads: as a replay, times too (they are microseconds there)."""
    path = capture(folder, TRANSACTIONS, *TRAFFIC)
    want = replayed(folder, path)
    for more in (("-fused",), ("-numprocs", "3")):
        device = ("--", "--vdev", "net_pcap0,rx_pcap=" + path)
        with Weir(folder, None, "-dev", "net_pcap0", *more, *device, name=more[0]) as weir:
            wait_for("the end of the file", weir.over, 30)
            assert_same(plain(weir.finish()), want, "net_pcap")
            assert_conserved(weir.told())


if __name__ == "__main__":
    main("test_drivers")
