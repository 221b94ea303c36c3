#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A million half-open TCP connections and a million first fragments: memory stays at its bound, and DNS on other
flows is right. The program is DNSWEIR."""

import collections
import os
import re
import subprocess

from checks import PROGRAM, SANITIZED, Skip, environment, main, records, test

FLOODGEN = os.path.join(os.path.dirname(PROGRAM), "../tests/support/floodgen")
TEXT = "still here, whatever else is going on around it"
SLACK_KIB = 32 << 10


def make(folder, flows):
    if not os.path.exists(FLOODGEN):
        raise Skip("no floodgen beside the program")
    path = os.path.join(folder, "%d.pcap" % flows)
    made = subprocess.run([FLOODGEN, path, str(flows)], check=True, stdout=subprocess.PIPE)
    return path, int(made.stdout)


def replay(path, *topology):
    """Records; what was told; the most memory that was resident, KiB."""
    out, err = path + ".json", path + ".err"
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        process = subprocess.Popen(
            [PROGRAM, "-pcap", path, *topology], stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL, env=environment()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    told = open(err, encoding="utf-8").read()
    assert process.returncode == 0, told
    return records(open(out, "rb").read()), told, usage.ru_maxrss


def check_lookups(found, lookups):
    """Four kinds of lookups: their numbers of answers differ."""
    each = collections.Counter((r["query_id"], r["src"], r["sport"], r["protocol"], r["tstamp"]) for r in found)
    kinds = collections.Counter((key[3], n) for key, n in each.items())
    assert all(r["a"] == TEXT and r["q"] == "www.example.com" and r["rcode"] == 0 for r in found)
    assert len(each) == lookups and len(kinds) == 3, (len(each), lookups, kinds)
    assert set(kinds.values()) == {lookups // 4, lookups // 2}, kinds


@test
def lookups_are_right_and_memory_stays_at_its_bound(folder):
    flows = 40000 if SANITIZED else 1000000
    small, lookups = make(folder, 1000)
    found, told, base = replay(small)
    check_lookups(found, lookups)
    used = {}
    for n in (flows // 2, flows):
        path, lookups = make(folder, n)
        found, told, used[n] = replay(path)
        check_lookups(found, lookups)
        os.unlink(path)
    if SANITIZED:
        return
    assert "tcp_flows_evicted" in told and "fragments_evicted" in told, told
    tables = int(re.search(r"(\d+) MiB for tables", told).group(1)) << 10
    assert used[flows] <= base + tables + SLACK_KIB, (base, used, tables)
    assert used[flows] <= used[flows // 2] + SLACK_KIB, (base, used)


@test
def lookups_are_right_with_several_workers(folder):
    path, lookups = make(folder, 40000 if SANITIZED else 300000)
    check_lookups(replay(path, "-numprocs", "2", "-fused=false")[0], lookups)


if __name__ == "__main__":
    main("flood")
