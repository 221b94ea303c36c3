#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The log file on a disk of 16 MB that is full for a while."""

import contextlib
import os
import subprocess
import time

from services import Skip, Weir, capture, lines, link, need, need_root, own_network, paced, replay, same, wait_for
from checks import main, test

SIZE = 16 << 20


@contextlib.contextmanager
def disk(folder):
    need_root()
    need("mount")
    path = os.path.join(folder, "disk")
    os.mkdir(path)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % SIZE, "none", path], stderr=subprocess.PIPE)
    if made.returncode:
        raise Skip("no disk can be mounted: %s" % made.stderr.decode().strip())
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path])


def fill(path, leave):
    name = os.path.join(path, "other")
    with open(name, "wb") as f:
        f.write(bytes(SIZE - leave))
    return name


def whole_lines(path):
    """Size of a file in which every line is whole, whenever one looks. (A write may be under way: look twice.)"""
    for _ in range(20):
        with open(path, "rb") as f:
            data = f.read()
        if data.endswith(b"}\n"):
            return len(data)
        time.sleep(0.01)
    raise AssertionError("it ends within a line: %r" % data[-80:])


@test
def a_replay_waits_and_loses_nothing(folder):
    path, want = capture(folder, 15000), os.path.join(folder, "want")
    replay(folder, path, "-quiet", "-logfile", want)
    with disk(folder) as mounted:
        log, other = os.path.join(mounted, "dns.json"), fill(mounted, 2 << 20)
        with Weir(folder, "-pcap", path, "-quiet", "-logfile", log) as weir:
            wait_for("a full disk", lambda: os.path.exists(log) and os.path.getsize(log) > (2 << 20) - 65536, 20)
            time.sleep(2)
            assert not weir.over(), weir.text()
            whole_lines(log)
            os.unlink(other)
            wait_for("the end", weir.over, 20)
            assert weir.end() == 0 and "No space left" in weir.text(), weir.text()
        same(lines(log), lines(want), "lines")
        assert weir.text().count("No space left") == 1, "told once a minute"


@test
def live_capture_goes_on_and_counts_what_it_drops(folder):
    path = capture(folder, 20000)
    with link() as (there, here), disk(folder) as mounted:
        log, other = os.path.join(mounted, "dns.json"), fill(mounted, 3 << 20)
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-quiet", "-logfile", log, ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 5000) as feed:
                wait_for("a full disk", lambda: os.path.getsize(log) > (3 << 20) - 65536, 20)
                time.sleep(1)
                whole_lines(log)
                os.unlink(other)
                wait_for("the end of the traffic", feed.over, 30)
                time.sleep(1)
            assert weir.end() == 0, weir.text()
        got = len(lines(log))
        offered, delivered, pending, _, dropped = weir.sinks()["file"]
        assert delivered == got and dropped > 500 and not pending and offered > 40000, weir.text()
        assert "dropped: full" in weir.text()


if __name__ == "__main__":
    own_network()
    main("test_disk_full")
