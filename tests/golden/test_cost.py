#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a packet may not cost: an allocation, a lock, a system call. Four times the packets take no more of them, on any topology."""

import os
import re
import shutil
import subprocess

from checks import PROGRAM, SANITIZED, TOPOLOGIES, Skip, environment, main, test

SUPPORT = os.path.join(os.path.dirname(PROGRAM), "../tests/support")
COUNTER = os.path.join(SUPPORT, "libcallcount.so")
FEW, MANY = 20000, 80000
# What is called by blocks of input and output, and while an lcore waits for another.
BLOCKWISE = {"read", "write", "writev"}
WAITING = {"clock_nanosleep", "futex", "sched_yield", "poll", "restart_syscall"}


def capture(folder, transactions):
    path = os.path.join(folder, "%d.pcap" % transactions)
    if not os.path.exists(path):
        subprocess.run([os.path.join(SUPPORT, "dnsgen"), path, "--truth", path + ".tsv", "--transactions", str(transactions), "--seed",
                        "5", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return path


def replay(folder, transactions, topology, before=(), env=()):
    command = [*before, PROGRAM, "-pcap", capture(folder, transactions), "-quiet", "-logfile", os.path.join(folder, "out.json"),
               "-logMaxSize", "10000", *topology]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
                   env=environment(env))
    size = os.path.getsize(os.path.join(folder, "out.json"))
    os.unlink(os.path.join(folder, "out.json"))
    return size


def counts(folder, transactions, topology):
    told = os.path.join(folder, "counts")
    replay(folder, transactions, topology, env={"LD_PRELOAD": COUNTER, "CALLCOUNT": told})
    return {line.split()[0]: int(line.split()[1]) for line in open(told)}


def calls(folder, transactions, topology):
    """System calls by name, and bytes read and written."""
    told = os.path.join(folder, "strace")
    size = replay(folder, transactions, topology, ("strace", "-f", "-c", "-o", told))
    found = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ )? *(\w+)$", open(told).read(), re.M)
    return {name: int(n) for n, name in found if name != "total"}, size + os.path.getsize(capture(folder, transactions))


def needs(*what):
    if SANITIZED:
        raise Skip("sanitizers allocate for themselves")
    for path in what:
        if not (os.path.exists(path) if "/" in path else shutil.which(path)):
            raise Skip("%s is not there" % os.path.basename(path))


@test
def no_allocation_and_no_lock_a_packet(folder):
    needs(COUNTER)
    for topology in TOPOLOGIES:
        few, many = counts(folder, FEW, topology), counts(folder, MANY, topology)
        assert few["allocations"] > 100, "the counter counts: %s" % few
        for kind in few:
            more = many[kind] - few[kind]
            assert more < 200, "%s: %d more %s for %d more transactions" % (" ".join(topology), more, kind, MANY - FEW)


@test
def no_system_call_a_packet(folder):
    needs("strace")
    for topology in TOPOLOGIES:
        (few, less), (many, bytes_) = calls(folder, FEW, topology), calls(folder, MANY, topology)
        assert few.get("read"), "strace counts: %s" % few
        blocks = sum(many.get(name, 0) - few.get(name, 0) for name in BLOCKWISE)
        assert blocks < 100 + (bytes_ - less) / 65536, "%s: %d reads and writes" % (" ".join(topology), blocks)
        for name in many:
            more = many[name] - few.get(name, 0)
            assert name in BLOCKWISE | WAITING or more < 100, "%s: %d more %s" % (" ".join(topology), more, name)


if __name__ == "__main__":
    main("golden/cost")
