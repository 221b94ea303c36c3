#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Kafka sink and its spool while the broker is away: nothing is lost, and the figures add up."""

import glob
import os
import signal
import struct
import subprocess
import time

from services import Weir, capture, free_port, lines, link, own_network, paced, replay, same, wait_for
from broker import VERSION, common, jars
from checks import main, test

ONE_FILE = ("-logMaxSize", "4000")


def spooled(folder):
    """The lines that a spool's folder holds (see spool.c: heads of 40 bytes, then ends, keys and data)."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.spool"))):
        data, at = open(path, "rb").read(), 0
        while at + 40 <= len(data):
            magic, done, _, items, size = struct.unpack_from("<IIQII", data, at)
            if magic != 0x50535744:
                break
            body = data[at + 40 + 8 * items:at + 40 + 8 * items + size]
            if done != 0x454E4F44:
                found += body.split(b"\n")[:-1]
            at += (40 + 8 * items + size + 7) & ~7
    return found


@test
def an_outage_of_20_s_in_the_middle_of_a_live_capture(folder):
    path, file, spool = capture(folder, 60000), os.path.join(folder, "records"), os.path.join(folder, "spool")
    with link() as (there, here), common() as broker:
        broker.kcat("-L", "-t", "live")
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-quiet", "-logfile", file, *ONE_FILE, "-spool_dir", spool,
                  "-kafka_config", "reconnect.backoff.max.ms=500", *broker.options("live"), ready="reading") as weir:
            time.sleep(1)
            # 130,000 packets: half a minute.
            with paced(there, path, folder, 4500) as feed:
                time.sleep(3)
                broker.stop()
                before = os.path.getsize(file)
                time.sleep(20)
                held = len(spooled(spool))
                assert held > 10000, "%d records were spooled" % held
                assert not feed.over() and os.path.getsize(file) > 2 * before, "capture goes on meanwhile"
                broker.start()
                wait_for("the end of the traffic", feed.over, 40)
            wait_for("an empty spool", lambda: not glob.glob(spool + "/*.spool"), 30)
            time.sleep(1)
            assert weir.end() == 0, weir.text()
            figures = weir.sinks()
        got = [value for _, _, value in broker.messages("live")]
        want = lines(file)
        assert len(want) > 100000, len(want)
        same(got, want, "messages")
        assert figures["kafka"] == [len(want), len(want), 0, 0, 0], weir.text()


@test
def killed_while_the_broker_is_away(folder):
    path, spool = capture(folder, 60000), os.path.join(folder, "spool")
    with link() as (there, here), common() as broker:
        broker.kcat("-L", "-t", "killed")
        arguments = ("-dev", here, "-driver", "libpcap", "-quiet", "-spool_dir", spool, *broker.options("killed"))
        with Weir(folder, *arguments, ready="reading") as weir, paced(there, path, folder, 8000):
            time.sleep(3)
            broker.stop()
            time.sleep(4)
            weir.end(signal.SIGKILL)
        held = spooled(spool)
        assert len(held) > 1000
        broker.start()
        with Weir(folder, *arguments, name="again", ready="earlier run") as weir:
            wait_for("an empty spool", lambda: not glob.glob(spool + "/*.spool"), 30)
            assert weir.end() == 0, weir.text()
        got = [value for _, _, value in broker.messages("killed")]
        assert not set(held) - set(got), "%d spooled records are lost" % len(set(held) - set(got))
        assert len(got) - len(set(got)) < 10000, "%d came twice" % (len(got) - len(set(got)))


def signalled_while_away(folder, topic, signals):
    """A live run with a log file beside, signalled while the broker is away: what it had goes to the spool, and from there to
    the broker by the next run."""
    path, file, spool = capture(folder, 30000), os.path.join(folder, "records"), os.path.join(folder, "spool")
    with link() as (there, here), common() as broker:
        broker.kcat("-L", "-t", topic)
        arguments = ("-dev", here, "-driver", "libpcap", "-quiet", "-spool_dir", spool, *broker.options(topic))
        with Weir(folder, *arguments, "-logfile", file, *ONE_FILE, ready="reading") as weir:
            with paced(there, path, folder, 8000) as feed:
                time.sleep(2)
                broker.stop()
                wait_for("the end of the traffic", feed.over, 30)
            started = time.monotonic()
            for _ in range(signals - 1):
                weir.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
            code, took = weir.end(), time.monotonic() - started
        want, (offered, delivered, pending, held, dropped) = lines(file), weir.sinks()["kafka"]
        assert code == (0 if signals == 1 else 1), weir.text()
        assert took < (8 if signals == 1 else 3), "%.1f s" % took
        assert offered == len(want) and not pending and not dropped and held > 20000, weir.text()
        assert len(spooled(spool)) == held, "the summary tells what the spool holds"
        broker.start()
        with Weir(folder, *arguments, name="again", ready="earlier run") as weir:
            wait_for("an empty spool", lambda: not glob.glob(spool + "/*.spool"), 30)
            assert weir.end() == 0, weir.text()
        got = [value for _, _, value in broker.messages(topic)]
        assert not set(want) - set(got), "%d of %d are lost" % (len(set(want) - set(got)), len(want))
        # Idempotence ends with the process: what the broker had taken and not yet acknowledged when it died comes again.
        assert len(got) - len(want) < 10000, "%d came twice" % (len(got) - len(want))


@test
def sigterm_while_the_broker_is_away(folder):
    signalled_while_away(folder, "term", 1)


@test
def a_second_signal_still_keeps_all(folder):
    signalled_while_away(folder, "twice", 2)


@test
def a_replay_ends_while_the_broker_is_away(folder):
    path, file, spool = capture(folder, 20000), os.path.join(folder, "records"), os.path.join(folder, "spool")
    with common() as broker:
        broker.stop()
        text, figures = replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-spool_dir", spool, "-sink_timeout", "3s",
                               *broker.options("later"))
        want = lines(file)
        assert figures["kafka"] == [len(want), 0, 0, len(want), 0], text
        same(spooled(spool), want, "spooled lines")
        broker.start()
        empty = capture(folder, 1, "--seed", "2")
        text, _ = replay(folder, empty, "-quiet", "-spool_dir", spool, *broker.options("later"))
        got = [value for _, _, value in broker.messages("later")]
        assert not set(want) - set(got), "%d are lost: %s" % (len(set(want) - set(got)), text)
        assert len(got) == len(want) + 1, "%d of %d: %s" % (len(got), len(want), text)
        assert not glob.glob(spool + "/*.spool")


def damage(folder):
    """Flips a byte of a record in one frame, overwrites another's head, and tears the last; the lines that are left."""
    path, = glob.glob(folder + "/*.spool")
    data, at, heads = bytearray(open(path, "rb").read()), 0, []
    while at < len(data):
        heads.append(at)
        items, size = struct.unpack_from("<II", data, at + 16)
        at += (40 + 8 * items + size + 7) & ~7
    assert len(heads) > 6, heads
    items, = struct.unpack_from("<I", data, heads[1] + 16)
    data[heads[1] + 40 + 8 * items + 1000] ^= 1
    data[heads[3]:heads[3] + 40] = b"\0" * 40
    open(path, "wb").write(data[:len(data) - 100])
    ends = dict(zip(heads, [*heads[1:], len(data)]))
    left = []
    for head in heads:
        if head not in (heads[1], heads[3], heads[-1]):
            items, size = struct.unpack_from("<II", data, head + 16)
            left += bytes(data[head + 40 + 8 * items:ends[head]])[:size].split(b"\n")[:-1]
    return left


@test
def a_damaged_spool_gives_what_is_sound(folder):
    path, spool, nothing = capture(folder, 20000), os.path.join(folder, "spool"), os.path.join(folder, "nothing.pcap")
    with open(path, "rb") as f, open(nothing, "wb") as to:
        to.write(f.read(24))
    away = ("-kafka_brokers", "127.0.0.1:%d" % free_port(), "-kafka_topic", "damaged")
    replay(folder, path, "-quiet", "-spool_dir", spool, "-sink_timeout", "2s", *away)
    want = damage(spool)
    with common() as broker:
        text, figures = replay(folder, nothing, "-quiet", "-spool_dir", spool, *broker.options("damaged"), code=1)
        same([value for _, _, value in broker.messages("damaged")], want, "messages")
    offered, delivered, pending, held, dropped = figures["kafka"]
    assert delivered == len(want) and dropped > 100 and not pending and not held, text
    assert "are damaged and left out" in text and "records were damaged on disk and are lost" in text, text
    assert not glob.glob(spool + "/*.spool")


@test
def one_process_a_spool(folder):
    path = capture(folder, 10)
    options = ("-quiet", "-spool_dir", folder + "/spool", "-kafka_brokers", "127.0.0.1:%d" % free_port(), "-kafka_topic", "t")
    with Weir(folder, "-pcap", "-", *options, stdin=subprocess.PIPE) as weir:
        wait_for("the first one's lock", lambda: os.path.exists(folder + "/spool/lock"))
        time.sleep(0.5)
        text, _ = replay(folder, path, *options, code=2)
        assert "spool: another process uses it" in text, text
        weir.process.stdin.close()


if __name__ == "__main__":
    own_network(lambda: jars(VERSION))
    main("test_kafka_away")
