#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Traffic of dnsgen, mix by mix, against its truth on every topology. The program is DNSWEIR."""

import os
import subprocess

from checks import PROGRAM, SANITIZED, TOPOLOGIES, Skip, assert_conserved, main, run, test, told
from compare import differences, read_records, read_truth

DNSGEN = os.path.join(os.path.dirname(PROGRAM), "../tests/support/dnsgen")


def mix(folder, *options, transactions=20000):
    if not os.path.exists(DNSGEN):
        raise Skip("no dnsgen beside the program")
    capture, path = os.path.join(folder, "t.pcap"), os.path.join(folder, "t.tsv")
    transactions = transactions // 10 if SANITIZED else transactions
    generate = [DNSGEN, capture, "--truth", path, "--quiet", "--transactions", str(transactions), *options]
    subprocess.run(generate, check=True)
    with open(path, encoding="utf-8") as lines:
        truth = read_truth(lines, 10**9 if "--nanoseconds" in options else 10**6)
    for topology in TOPOLOGIES:
        result = run("-pcap", capture, *topology, cwd=folder)
        assert result.returncode == 0, told(result)
        wrong, right = differences(truth, *read_records(result.stdout.decode("utf-8").splitlines()))
        assert not wrong, "%s %s: %d right, %d wrong: %s" % (options, topology, right, len(wrong), wrong[:2])
        assert_conserved(result)


@test
def usual_traffic(folder):
    mix(folder)


@test
def responses_that_come_first(folder):
    mix(folder, "--response-first", "0.3", "--tcp", "0")


@test
def frames_that_come_twice(folder):
    mix(folder, "--mirror", "1", "--seed", "2")


@test
def streams_out_of_order(folder):
    mix(folder, "--tcp", "0.3", "--reorder", "0.5", "--nanoseconds")


@test
def fragments(folder):
    mix(folder, "--fragments", "0.5", "--vlan", "9", "--checksums")


@test
def queries_that_are_repeated_and_lost(folder):
    mix(folder, "--retransmit", "0.3", "--unanswered", "0.3", "--rate", "500")


@test
def few_ids_and_ports(folder):
    mix(folder, "--ids", "2", "--sports", "3", "--retransmit", "0.1", "--clients", "100000", "--seed", "3")


@test
def a_quiet_link_that_a_mirror_port_shows_twice(folder):
    """Bursts span seconds, and packets come after quiet times."""
    options = ("--mirror", "1", "--tcp", "0.3", "--reorder", "0.5", "--fragments", "0.2")
    for rate in ("0.03", "2", "20"):
        mix(folder, "--rate", rate, *options, transactions=2000)


if __name__ == "__main__":
    main("mixes")
