#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""More than the sinks take, and sinks that hang: what is kept, what is counted, and that a signal ends it all the same."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

from services import Weir, capture, free_port, link, paced, wait_for
from checks import main, test

TRANSACTIONS = 20000


def counter(text, name):
    found = re.search(r"^dnsweir: +(\d+) +%s " % name, text, re.M)
    return int(found.group(1)) if found else 0


class SlowReader(threading.Thread):
    """Takes so many bytes a second of a pipe, and no more."""

    def __init__(self, fd, rate):
        super().__init__(daemon=True)
        self.fd, self.rate, self.taken, self.starved, self.began, self.over = fd, rate, 0, 0.0, None, None
        self.start()

    def run(self):
        piece = self.rate // 50
        while True:
            before = time.monotonic()
            data = os.read(self.fd, piece)
            now = time.monotonic()
            if not data:
                return
            if self.began is None:
                self.began = now
            else:
                self.starved += now - before
            self.taken += len(data)
            self.over = now
            time.sleep(len(data) / self.rate)


@test
def twice_what_the_sink_takes(folder):
    """Standard output is read at half the speed of the records: half of them are kept, the rest is counted."""
    path = capture(folder, TRANSACTIONS)
    whole = subprocess.run(
        [os.environ["DNSWEIR"], "-pcap", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    with link() as (there, here):
        read, write = os.pipe()
        with Weir(folder, "-dev", here, "-driver", "libpcap", ready="reading", stdout=write) as weir:
            os.close(write)
            began = time.monotonic()
            with paced(there, path, folder, 5000) as feed:
                reader = SlowReader(read, int(len(whole) / 8.7 / 2))
                wait_for("the end of the traffic", feed.over, 60)
            lasted = time.monotonic() - began
            possible = min(reader.rate * lasted, len(whole))
            kept = reader.taken
            stopped = time.monotonic()
            assert weir.end() == 0, weir.text()
            assert time.monotonic() - stopped < 6, "a signal ends it soon"
    text = weir.text()
    offered, delivered, pending, spooled, dropped = weir.sinks()["stdout"]
    assert not pending and not spooled and dropped > offered / 10, text
    # The workers never waited: all packets were read, all their records made and offered.
    assert counter(text, "packets_in") >= 43000 and not counter(text, "records_ring_full"), text
    assert offered == counter(text, "records_out") > 44000, text
    assert kept > 0.7 * possible, "%d bytes of %d that could have been kept in %.1f s\n%s" % (kept, possible, lasted, text)
    print("kept %d of %d bytes, %d%% of what was possible" % (kept, len(whole), 100 * kept / possible))


def deaf(port):
    """Accepts connections and never reads nor answers."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(16)
    return s


@test
def a_signal_ends_it_though_every_sink_hangs(folder):
    path, fifo = capture(folder, TRANSACTIONS), os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    unread = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    broker, fluentd = free_port(), free_port()
    listeners = deaf(broker), deaf(fluentd)
    read, write = os.pipe()
    with link() as (there, here):
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-logfile", fifo, "-kafka_brokers", "127.0.0.1:%d" % broker,
                  "-kafka_topic", "deaf", "-fluentd_socket", "tcp://127.0.0.1:%d" % fluentd, "-fluentd_ack",
                  ready="reading", stdout=write) as weir:
            os.close(write)
            with paced(there, path, folder, 10000) as feed:
                wait_for("the end of the traffic", feed.over, 60)
            time.sleep(1)
            began = time.monotonic()
            code = weir.end(signal.SIGTERM, 20)
            took = time.monotonic() - began
    text = weir.text()
    assert code == 0, "exit code %s\n%s" % (code, text)
    assert took < 6, "%.1f s" % took
    figures = weir.sinks()
    records = figures["stdout"][0]
    assert counter(text, "packets_in") >= 43000 and records > 44000 and len(figures) == 4, text
    for name, (offered, delivered, pending, spooled, dropped) in figures.items():
        assert offered == records and dropped > 0 and not pending, "%s\n%s" % (name, text)
    print("ended after %.1f s" % took)
    for s in listeners:
        s.close()
    os.close(read)
    os.close(unread)


if __name__ == "__main__":
    main("test_overload")
