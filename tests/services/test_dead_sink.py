#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Dead sinks beside a healthy one: daemons that listen and never read, a broker that isn't there."""

import os
import socket
import time

from services import Weir, capture, free_port, lines, link, own_network, paced, replay, same, wait_for
from checks import main, test


def listener(path, kind):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path)
    if kind == socket.SOCK_STREAM:
        s.listen(1)
    return s


def options(folder, log):
    """A log file that works, and three sinks that don't."""
    return ("-quiet", "-logfile", log, "-logMaxSize", "4000", "-sink_timeout", "2s", "-syslog_facility", "USER",
            "-syslog_priority", "INFO", "-syslog_socket", os.path.join(folder, "syslog"),
            "-fluentd_socket", os.path.join(folder, "fluentd"), "-fluentd_ack",
            "-kafka_brokers", "127.0.0.1:%d" % free_port(), "-kafka_topic", "dead")


def silent(folder):
    return (listener(os.path.join(folder, "syslog"), socket.SOCK_DGRAM),
            listener(os.path.join(folder, "fluentd"), socket.SOCK_STREAM))


@test
def a_replay_gives_the_healthy_one_everything(folder):
    path, want, log = capture(folder, 200000), os.path.join(folder, "want"), os.path.join(folder, "log")
    replay(folder, path, "-quiet", "-logfile", want, "-logMaxSize", "4000")
    sockets = silent(folder)
    started = time.monotonic()
    text, figures = replay(folder, path, *options(folder, log), code=1)
    took = time.monotonic() - started
    same([line.replace(b'"level":"INFO"', b'"level":""') for line in lines(log)], lines(want), "the log file")
    n = len(lines(want))
    assert figures["file"] == [n, n, 0, 0, 0], text
    for name in ("syslog", "fluentd", "kafka"):
        assert figures[name][0] == n and figures[name][4] > n / 2, "%s: %s\n%s" % (name, figures[name], text)
    assert took < 30, "%.1f s: each dead sink may cost its timeout, and no more" % took
    for s in sockets:
        s.close()


@test
def a_live_capture_goes_on(folder):
    path, log = capture(folder, 20000), os.path.join(folder, "log")
    sockets = silent(folder)
    with link() as (there, here):
        with Weir(folder, "-dev", here, "-driver", "libpcap", *options(folder, log), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 10000) as feed:
                wait_for("the end of the traffic", feed.over, 30)
                time.sleep(1)
            started = time.monotonic()
            assert weir.end() == 0, weir.text()
            assert time.monotonic() - started < 6, "a signal ends it soon"
    figures, n = weir.sinks(), len(lines(log))
    # 20,000 lookups give some 45,000 records; the capture itself may lose a few.
    assert n > 44000 and figures["file"] == [n, n, 0, 0, 0], weir.text()
    for name in ("syslog", "fluentd", "kafka"):
        assert figures[name][0] == n and not figures[name][2], weir.text()
    for s in sockets:
        s.close()


if __name__ == "__main__":
    own_network()
    main("test_dead_sink")
