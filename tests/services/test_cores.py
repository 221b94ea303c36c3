#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Where the sinks' threads run: off the cores of readers and workers, as long as others are left."""

import os
import re

from services import Skip, Weir, free_port, link, own_network, wait_for
from checks import main, test

SINKS = ("-quiet", "-kafka_topic", "nobody", "-log_compress")


def threads(pid):
    """{thread: (name, its processors)}"""
    found = {}
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/comm" % (pid, task)) as f:
            found[int(task)] = (f.read().strip(), os.sched_getaffinity(int(task)))
    return found


def started(folder, here, *arguments):
    log = os.path.join(folder, "log")
    return Weir(folder, "-dev", here, "-driver", "libpcap", *SINKS, "-logfile", log, "-kafka_brokers",
                "127.0.0.1:%d" % free_port(), *arguments, ready="reading")


@test
def threads_of_libraries_keep_off_the_worker(folder):
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("one processor only")
    with link() as (_, here), started(folder, here, "-fused") as weir:
        pid = weir.process.pid
        wait_for("librdkafka's threads", lambda: sum("rdk:" in name for name, _ in threads(pid).values()) >= 2)
        all_of_them = threads(pid)
        worker = [cpus for name, cpus in all_of_them.values() if re.match(r"(rte|lcore)-worker", name)]
        assert len(worker) == 1 and len(worker[0]) == 1, all_of_them
        # The program's main thread, the one for backups, librdkafka's; EAL's own are not the sinks'.
        others = [v for v in all_of_them.values() if re.match(r"dnsweir|rdk:", v[0])]
        assert len(others) >= 4, all_of_them
        for name, cpus in others:
            assert not cpus & worker[0], "%s may run on the worker's core: %s" % (name, all_of_them)
        assert weir.end() == 0 and "no processor is left" not in weir.text(), weir.text()


@test
def it_is_told_where_no_core_is_left(folder):
    n = str(len(os.sched_getaffinity(0)))
    with link() as (_, here), started(folder, here, "-numprocs", n, "-txprocs", n) as weir:
        assert weir.end() == 0
        assert weir.text().count("no processor is left") == 1, weir.text()


if __name__ == "__main__":
    own_network()
    main("test_cores")
