#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Random traffic against its truth: each record right, none missing and none more, on every topology.
The program is DNSWEIR."""

import os

from checks import SANITIZED, TOPOLOGIES, assert_conserved, counters, main, run, test, told
from traffic import Traffic


def compare(folder, transactions, seed, topologies=TOPOLOGIES, options=()):
    traffic = Traffic(transactions, seed)
    path, want = os.path.join(folder, "t.pcap"), traffic.lines()
    with open(path, "wb") as out:
        out.write(traffic.capture())
    for topology in topologies:
        result = run("-pcap", path, *options, *topology, cwd=folder)
        assert result.returncode == 0, told(result)
        got = sorted(result.stdout.splitlines(keepends=True))
        if got != want:
            wanted, given = set(want), set(got)
            missing, extra = [w for w in want if w not in given], [g for g in got if g not in wanted]
            raise AssertionError(
                "%s: %d records of %d, %d missing, %d more: %s %s"
                % (topology, len(got), len(want), len(missing), len(extra), missing[:2], extra[:2])
            )
        assert_conserved(result)
        assert counters(result)["packets_in"] == len(traffic.frames), told(result)


@test
def every_record_on_every_topology(folder):
    compare(folder, 3000 if SANITIZED else 30000, 1)


@test
def many_small_captures(folder):
    for seed in range(2, 6 if SANITIZED else 12):
        compare(folder, 300, seed, TOPOLOGIES[1:])


@test
def a_filter_of_libpcaps_gives_the_same(folder):
    compare(folder, 2000, 50, TOPOLOGIES[1:], ("-bpf", "(udp or tcp) and port 53"))


if __name__ == "__main__":
    main("traffic")
