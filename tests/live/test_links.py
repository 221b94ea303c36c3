#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Interfaces that go down, vanish, come back, were never there, or may not be opened."""

import os
import subprocess

from lab import PROGRAM, Net, Skip, Weir, checks, main, need, run, send, test, wait_for, wire

DRIVERS = ("af_packet", "libpcap")


def lookup(i):
    """The two frames of a lookup."""
    answer = [wire.rr(12, "A", 1, wire.a("192.0.2.1"))]
    return [frame for _, frame, _ in wire.Capture().lookup(i & 65535, "n%d.example" % i, "A", answer, 20000 + i).frames]


def seen_again(weir, feed="feed"):
    """Sends lookups until one is a record: the sensor sees the interface."""
    before = weir.count()

    def one_more():
        assert not weir.over(), weir.text()
        seen_again.n += 1
        try:
            send(feed, *lookup(seen_again.n))
        except OSError:
            return False  # not yet up
        return weir.count() > before

    wait_for("a record of what " + feed + " brings", one_more, 30)


seen_again.n = 0


def each_driver(folder, act):
    """Does it to a sensor of each driver on an interface of its own, `tap`, with `feed` at its other end."""
    for driver in DRIVERS:
        with Net() as net:
            net.link((None, "feed"), (None, "tap"))
            with Weir(folder, None, "-dev", "tap", "-driver", driver, "-numprocs", "1") as weir:
                seen_again(weir)
                act(net, weir)
                seen_again(weir)
                checks.assert_conserved(weir.finished())
                print(driver, [line for line in weir.text().splitlines() if "tap" in line])


@test
def down_and_up(folder):
    def act(net, weir):
        run("ip", "link", "set", "tap", "down")
        wait_for("a line about the link", lambda: weir.text().count("tap") > 1)
        run("ip", "link", "set", "tap", "up")

    each_driver(folder, act)


@test
def cable_out_and_in(folder):
    def act(net, weir):
        run("ip", "link", "set", "feed", "down")
        run("ip", "link", "set", "feed", "up")

    each_driver(folder, act)


@test
def gone_and_back(folder):
    def act(net, weir):
        run("ip", "link", "del", "tap")
        wait_for("a line about the interface", lambda: weir.text().count("tap") > 1)
        net.link((None, "feed"), (None, "tap"))

    each_driver(folder, act)


@test
def one_of_two_gone(folder):
    """The other one is still read."""
    for driver in DRIVERS:
        with Net() as net:
            net.link((None, "feed"), (None, "tap"))
            net.link((None, "feed1"), (None, "tap1"))
            with Weir(folder, None, "-dev", "tap,tap1", "-driver", driver, "-numprocs", "1") as weir:
                seen_again(weir)
                run("ip", "link", "del", "tap")
                wait_for("a line about the interface", lambda: weir.text().count("tap:") > 0)
                seen_again(weir, "feed1")
                net.link((None, "feed"), (None, "tap"))
                seen_again(weir)
                checks.assert_conserved(weir.finished())


def refused(arguments, *words, code=1, **more):
    """Ends at once with one error line that has these words."""
    result = subprocess.run([*arguments, "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=60, env=checks.environment(), **more)
    said = checks.errors(result)
    assert result.returncode == code and len(said) == 1 and not result.stdout, (result.returncode, checks.told(result))
    assert all(word in said[0] for word in words), said
    print(said[0])


@test
def a_name_that_is_not_there(folder):
    for driver in ("auto", *DRIVERS, "af_xdp"):
        refused([PROGRAM, "-dev", "nosuch0", "-driver", driver], "-dev nosuch0", "no such", "lo")
    refused([PROGRAM, "-dev", "0000:7f:1f.7"], "-dev 0000:7f:1f.7", "no such device")


@test
def no_rights(folder):
    need("setpriv")
    if os.geteuid():
        raise Skip("only root can become another user")
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", PROGRAM]
    with Net() as net:
        net.link((None, "feed"), (None, "tap"))
        for driver in ("auto", *DRIVERS):
            refused([*nobody, "-dev", "tap", "-driver", driver], "-dev tap", "root", "setcap cap_net_raw,cap_net_admin",
                    cwd="/")


@test
def an_interface_that_is_down(folder):
    """Is waited for, or told with what to type."""
    for driver in DRIVERS:
        with Net() as net:
            net.link((None, "feed"), (None, "tap"))
            run("ip", "link", "set", "tap", "down")
            with Weir(folder, None, "-dev", "tap", "-driver", driver, "-numprocs", "1", ready=None) as weir:
                wait_for("its word", lambda: "reading" in weir.text() or weir.over())
                if weir.over():
                    assert weir.process.returncode == 1 and "ip link set tap up" in weir.text(), weir.text()
                    continue
                run("ip", "link", "set", "tap", "up")
                seen_again(weir)
                weir.finish()


if __name__ == "__main__":
    main("test_links")
