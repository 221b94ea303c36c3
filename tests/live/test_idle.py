#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A quiet interface costs next to nothing: under 2 % of a core."""

import contextlib
import os
import time

from lab import Net, Weir, main, test


def cpu_seconds(pid):
    """User and system time of a process and its threads."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(folder, seconds, **sensors):
    """What part of a core each of these sensors takes in some seconds while they see nothing, in %."""
    with Net() as net, contextlib.ExitStack() as stack:
        net.link((None, "feed"), (None, "tap"), queues=2)
        weirs = {name: stack.enter_context(Weir(folder, None, "-dev", "tap", *arguments, name=name))
                 for name, arguments in sensors.items()}
        time.sleep(1)
        before, start = {name: cpu_seconds(w.process.pid) for name, w in weirs.items()}, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - start
        found = {name: 100 * (cpu_seconds(w.process.pid) - before[name]) / took for name, w in weirs.items()}
        for name, weir in weirs.items():
            print("%s: %.2f %% of a core" % (name, found[name]))
            assert weir.end() == 0, weir.text()
    return found


@test
def a_quiet_interface_costs_nothing(folder):
    found = shares(folder, 10,
                   auto=(),
                   fused=("-fused", "-idle", "sleep"),
                   af_packet=("-driver", "af_packet", "-numprocs", "2", "-idle", "sleep"),
                   libpcap=("-driver", "libpcap", "-numprocs", "2", "-idle", "sleep"))
    assert max(found.values()) < 2, found


@test
def polling_never_rests(folder):
    # On a busy machine it gets what is left; one that sleeps takes less than that anywhere.
    assert shares(folder, 3, poll=("-idle", "poll", "-numprocs", "1"))["poll"] > 5


if __name__ == "__main__":
    main("test_idle")
