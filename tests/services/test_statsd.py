#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A statsd listener gets the names that gopassivedns sends, as differences that add up to the summary's figures."""

import collections
import re
import socket
import time

from services import Weir, capture, link, own_network, paced, wait_for
from checks import main, test

LINE = re.compile(r"([^:|@\s]+):(\d+)\|([cg])")
COUNTERS = {
    # its name for statsd: those of the summary whose sum it is
    "packets": ["packets_ipv4"],
    "packets_ipv6": ["packets_ipv6"],
    "reassembed_tcp": ["messages_tcp"],
    "packets_received": ["packets_in"],
    "cache_entries_dropped": ["queries_unanswered", "queries_evicted", "queries_bucket_evicted", "responses_orphan",
                              "responses_evicted"],
}


class Listener:
    def __init__(self, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.datagrams = []

    def take(self, seconds=0.1):
        """What has come, and comes for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.datagrams.append((time.monotonic(), self.socket.recv(65536).decode()))
            except socket.timeout:
                pass
        return self.datagrams

    def values(self, prefix):
        """Sums of the counters and last values of the gauges; each line must be whole, and a datagram short."""
        sums, gauges = collections.Counter(), {}
        for _, text in self.take():
            assert len(text) <= 512 and not text.endswith("\n"), text
            for line in text.split("\n"):
                found = LINE.fullmatch(line)
                assert found and found[1].startswith(prefix), line
                name, value = found[1][len(prefix):], int(found[2])
                if found[3] == "c":
                    assert value, "zeros are left out: " + line
                    sums[name] += value
                else:
                    gauges[name] = value
        return sums, gauges


def summary(text):
    return collections.Counter({name: int(n) for n, name in re.findall(r"^dnsweir: +(\d+)  ([a-z_0-9]+) ", text, re.M)})


def check(sums, text, workers):
    told = summary(text)
    for name, of in COUNTERS.items():
        assert sums.pop(name, 0) == sum(told[n] for n in of) > 0, (name, text)
    for i in range(workers):
        assert sums["%d.dns_lookups" % i] > 0, sums
    assert sum(sums.pop("%d.dns_lookups" % i) for i in range(workers)) == told["messages_udp"]
    return told


@test
def a_replay_over_ipv4_ipv6_and_a_name(folder):
    path = capture(folder, 20000)
    host = socket.gethostname()
    for address, text, prefix, names in (
        ("127.0.0.1", "127.0.0.1", (), "gopassivedns.sensor."), ("::1", "[::1]", ("-statsd_prefix", "dns"), "dns.sensor."),
        ("127.0.0.1", "localhost", ("-statsd_prefix", "a.%HOST%"), "a.%s.sensor." % re.sub(r"[:|@\s]", "_", host)),
    ):
        listener = Listener(address)
        with Weir(folder, "-pcap", path, "-quiet", "-logfile", folder + "/log", "-name", "sensor", "-numprocs", "2",
                  "-statsd_host", "%s:%d" % (text, listener.port), *prefix, name="weir%d" % listener.port) as weir:
            wait_for("the end", weir.over)
        assert weir.end() == 0
        sums, gauges = listener.values(names)
        check(sums, weir.text(), 2)
        assert not sums, "names that gopassivedns doesn't know: %s" % sums
        assert gauges == {"incoming_log_depth": 0, "0.log_depth": 0}, gauges


@test
def a_live_capture_tells_it_each_interval(folder):
    path, listener = capture(folder, 10000), Listener()
    with link() as (there, here):
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-quiet", "-logfile", folder + "/log", "-name", "s",
                  "-statsd_host", "127.0.0.1:%d" % listener.port, "-statsd_interval", "1", ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 5000) as feed:
                wait_for("the end of the traffic", lambda: listener.take() and feed.over(), 60)
            listener.take(2)
            assert weir.end() == 0, weir.text()
        sums, _ = listener.values("gopassivedns.s.")
    told = check(sums, weir.text(), 1)
    assert not set(sums) - {"packets_dropped", "packets_ifdropped", "0.packet_wall_time"}, sums
    assert told["packets_in"] > 20000
    moments = [at for at, text in listener.datagrams if "packets_received" in text]
    gaps = [b - a for a, b in zip(moments, moments[1:])]
    assert len(moments) >= 3 and all(gap > 0.5 for gap in gaps[:-1]), gaps


@test
def a_server_that_is_away_disturbs_nothing(folder):
    path = capture(folder, 20000)
    for host in ("127.0.0.1:9", "nowhere.invalid"):
        started = time.monotonic()
        with Weir(folder, "-pcap", path, "-quiet", "-logfile", folder + "/log", "-statsd_host", host, name="away") as weir:
            wait_for("the end", weir.over, 30)
        assert weir.end() == 0 and time.monotonic() - started < 25, weir.text()


if __name__ == "__main__":
    own_network()
    main("test_statsd")
