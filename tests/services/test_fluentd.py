#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The fluentd sink against a forward server that is not ours (npm's @fluent-org/logger)."""

import json
import os
import time

from services import Weir, capture, free_port, lines, link, own_network, paced, replay, same, wait_for
from forward import Server, modules
from checks import main, test


def wanted(folder):
    """The records of the log file as fluentd gets them: no empty level, numbers as numbers."""
    found = []
    for line in lines(os.path.join(folder, "records")):
        record = json.loads(line)
        record["ttl"] = int(record["ttl"] or 0)
        if not record["level"]:
            del record["level"]
        found.append(json.dumps(record, sort_keys=True))
    return found


def options(folder, where, *more):
    return ("-quiet", "-name", "here", "-logfile", os.path.join(folder, "records"), "-logMaxSize", "4000",
            "-fluentd_socket", where, *more)


@test
def each_record_over_a_unix_socket_and_tcp(folder):
    path, port = capture(folder, 20000), free_port()
    for name, where, listen, more in (
        ("plain", None, None, ()), ("acks", None, None, ("-fluentd_ack",)),
        ("tcp", "tcp://127.0.0.1:%d" % port, str(port), ("-fluentd_ack",)),
    ):
        below = os.path.join(folder, name)
        os.mkdir(below)
        where = where or os.path.join(below, "socket")
        with Server(below, listen or where) as server:
            text, figures = replay(folder, path, *options(below, where, *more))
            want = wanted(below)
            assert figures["fluentd"] == [len(want), len(want), 0, 0, 0], text
            wait_for("the last event", lambda: len(lines(server.received)) >= len(want), 20)
            same(server.events(), want, name)


def distinct(path):
    return len(set(lines(path)))


def restarted(folder, *more):
    path, where = capture(folder, 20000), os.path.join(folder, "socket")
    with link() as (there, here), Server(folder, where) as server:
        with Weir(folder, "-dev", here, "-driver", "libpcap", *options(folder, where, *more), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 4000) as feed:
                time.sleep(3)
                server.end()
                time.sleep(2)
                with Server(folder, where) as again:
                    wait_for("the end of the traffic", feed.over, 60)
                    time.sleep(0.5)
                    n = distinct(os.path.join(folder, "records"))
                    wait_for("the last event", lambda: distinct(again.received) >= n, 120)
                    assert weir.end() == 0, weir.text()
                    time.sleep(0.5)
                    got = again.events()
        want = wanted(folder)
        assert len(want) > 40000
        assert weir.sinks()["fluentd"] == [len(want), len(want), 0, 0, 0], weir.text()
        assert not set(want) - set(got), "%d of %d are lost" % (len(set(want) - set(got)), len(want))
        return len(got) - len(want)


@test
def a_restart_with_acks_loses_nothing(folder):
    restarted(folder, "-fluentd_ack")


if __name__ == "__main__":
    own_network(modules)
    main("test_fluentd")
