#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rotation of the log file through the whole program: names, number, compression, SIGHUP; no line lost or torn."""

import gzip
import os
import re
import signal
import subprocess
import time

from services import PROGRAM, Weir, capture, environment, lines, replay, same, wait_for
from checks import main, test

NAME = re.compile(r"^dns-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.json(\.gz)?$")
MB = 1 << 20


def files(folder):
    """Backups, oldest first, and the log file."""
    backups = sorted(name for name in os.listdir(folder) if name != "dns.json")
    assert all(NAME.match(name) for name in backups), backups
    return [os.path.join(folder, name) for name in [*backups, "dns.json"]]


@test
def a_gigabyte_in_files_of_ten_megabytes(folder):
    path, logs = capture(folder, 1400000), os.path.join(folder, "logs")
    want = os.path.join(folder, "stdout")
    with open(want, "wb") as out:
        done = subprocess.run([PROGRAM, "-pcap", path, "-logfile", logs + "/dns.json", "-logMaxSize", "10",
                               "-logMaxBackups", "3"], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                              timeout=120, env=environment())
    assert done.returncode == 0, done.stderr.decode()
    assert os.path.getsize(want) > 1e9
    found = files(logs)
    assert len(found) == 4, found
    for name in found[:-1]:
        assert 10 * MB - 16384 < os.path.getsize(name) <= 10 * MB, name
    # Without rings there is one order: the files are the end of all records.
    tail = b"".join(open(name, "rb").read() for name in found)
    with open(want, "rb") as f:
        f.seek(-len(tail), os.SEEK_END)
        assert f.read() == tail
    assert os.stat(found[0]).st_mode & 0o777 == 0o600


@test
def every_line_in_one_file(folder):
    path = capture(folder, 200000)
    want, logs = os.path.join(folder, "want"), os.path.join(folder, "logs")
    replay(folder, path, "-quiet", "-logfile", want, "-logMaxSize", "4000")
    replay(folder, path, "-quiet", "-logfile", logs + "/dns.json", "-logMaxSize", "5", "-logMaxBackups", "0",
           "-logMaxAge", "0", "-numprocs", "2", "-txprocs", "2")
    found = files(logs)
    assert len(found) == -(-os.path.getsize(want) // (5 * MB)) , found
    same([line for name in found for line in lines(name)], lines(want), "all files")


@test
def compressed_backups_are_whole(folder):
    path = capture(folder, 200000)
    want, logs = os.path.join(folder, "want"), os.path.join(folder, "logs")
    replay(folder, path, "-quiet", "-logfile", want, "-logMaxSize", "4000")
    replay(folder, path, "-quiet", "-logfile", logs + "/dns.json", "-logMaxSize", "20", "-logMaxBackups", "0",
           "-log_compress")
    found = files(logs)
    assert len(found) > 4 and all(name.endswith(".gz") for name in found[:-1]), found
    text = b"".join(gzip.open(name).read() for name in found[:-1]) + open(found[-1], "rb").read()
    same(text.split(b"\n")[:-1], lines(want), "all files")


@test
def sighup_goes_on_in_a_new_file(folder):
    path, want, log = capture(folder, 20000), os.path.join(folder, "want"), os.path.join(folder, "dns.json")
    replay(folder, path, "-quiet", "-logfile", want)
    data = open(path, "rb").read()
    with Weir(folder, "-pcap", "-", "-quiet", "-logfile", log, stdin=subprocess.PIPE) as weir:
        feed = weir.process.stdin
        feed.write(data[:len(data) // 2])
        feed.flush()
        wait_for("the first half", lambda: os.path.exists(log) and os.path.getsize(log) > os.path.getsize(want) // 4)
        time.sleep(0.5)
        os.rename(log, log + ".moved")
        weir.process.send_signal(signal.SIGHUP)
        wait_for("the new file", lambda: os.path.exists(log), 5)
        feed.write(data[len(data) // 2:])
        feed.close()
        wait_for("the end", weir.over)
    assert weir.end() == 0, weir.text()
    assert lines(log) and lines(log + ".moved")
    same(lines(log + ".moved") + lines(log), lines(want), "both files")


if __name__ == "__main__":
    main("test_rotation")
