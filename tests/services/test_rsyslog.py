#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The syslog sink against a real rsyslogd on a socket of its own."""

import ctypes
import os
import re
import socket
import stat
import subprocess
import time

from services import CLONE_NEWNS, Skip, Weir, capture, lines, link, need_root, own_network, paced, replay, same, wait_for
from rsyslog import HOST_NAMED, Daemon
from checks import main, test


def options(folder, *more):
    return ("-quiet", "-logfile", os.path.join(folder, "records"), "-logMaxSize", "4000", "-syslog_facility", "LOCAL3",
            "-syslog_priority", "notice", "-syslog_socket", os.path.join(folder, "log"), *more)


@test
def each_record_in_each_form(folder):
    path = capture(folder, 20000)
    for form in ("go", "rfc3164", "rfc5424"):
        below = os.path.join(folder, form)
        os.mkdir(below)
        with Daemon(below, "" if form == "go" else HOST_NAMED) as daemon:
            text, figures = replay(folder, path, *options(below, "-syslog_format", form))
            want = lines(os.path.join(below, "records"))
            assert figures["syslog"] == [len(want), len(want), 0, 0, 0], text
            wait_for("the last message", lambda: len(daemon.messages()) >= len(want), 20)
            same(daemon.messages(), want, form)
            assert b'"level":"notice"' in want[0]


@test
def a_restart_is_found_and_the_gap_counted(folder):
    path = capture(folder, 20000)
    with link() as (there, here), Daemon(folder) as daemon:
        with Weir(folder, "-dev", here, "-driver", "libpcap", *options(folder), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 5000) as feed:
                time.sleep(3)
                daemon.end()
                time.sleep(1)
                with Daemon(folder) as again:
                    wait_for("the end of the traffic", feed.over, 30)
                    time.sleep(1)
                    assert weir.end() == 0, weir.text()
                    time.sleep(0.5)
                    got = again.messages()
        want = lines(os.path.join(folder, "records"))
        offered, delivered, pending, _, dropped = weir.sinks()["syslog"]
        assert offered == len(want) and not pending and 1000 < dropped < offered, weir.text()
        assert not set(got) - set(want)
        # What the daemon had not yet read when it ended is in its socket's queue, and gone with it.
        assert delivered - 600 <= len(got) <= delivered, "%d of %d\n%s" % (len(got), delivered, weir.text())


@test
def half_of_it_is_no_syslog_but_a_level(folder):
    path, log = capture(folder, 10), os.path.join(folder, "records")
    for options, level in ((("-syslog_priority", "Info"), b"Info"), (("-syslog_facility", "LOCAL3"), b"")):
        text, figures = replay(folder, path, "-quiet", "-logfile", log, *options)
        assert text.count("warning: no syslog: it needs") == 1 and list(figures) == ["file"], text
        assert all(b'"level":"%s"' % level in line for line in lines(log))
        os.unlink(log)


def own_devices(folder):
    """From here on, this process has a /dev and a /run of its own."""
    need_root()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise Skip("no mounts of its own can be had")
    dev = os.path.join(folder, "dev")
    os.mkdir(dev)
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "none", dev],
                    ["mount", "-t", "tmpfs", "none", "/run"]):
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            raise Skip("nothing can be mounted")
    for name in ("null", "zero", "full", "random", "urandom"):
        os.mknod(os.path.join(dev, name), 0o666 | stat.S_IFCHR, os.stat("/dev/" + name).st_rdev)
    os.symlink("/proc/self/fd", os.path.join(dev, "fd"))
    os.mkdir(os.path.join(dev, "shm"))
    subprocess.run(["mount", "--move", dev, "/dev"], check=True)


@test
def the_usual_sockets_are_tried_in_turn(folder):
    """The last test: it replaces /dev and /run for this process."""
    path = capture(folder, 10)
    own_devices(folder)
    listeners = []
    for where in ("/var/run/syslog", "/var/run/log", "/dev/log"):
        listeners.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        listeners[-1].bind(where)
        text, figures = replay(folder, path, "-quiet", "-syslog_facility", "mail", "-syslog_priority", "Err")
        assert figures["syslog"][1] > 0, text
        for _ in range(figures["syslog"][1]):
            message = listeners[-1].recv(65536, socket.MSG_DONTWAIT)
            assert re.match(rb"<19>[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d dnsweir\[\d+\]: {.*}\n$", message), message
    for each in listeners:
        each.close()


if __name__ == "__main__":
    own_network()
    main("test_rsyslog")
