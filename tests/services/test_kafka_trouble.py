#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Kafka's users meet: wrong settings, a topic that isn't there, records that are too long, brokers that hang, names that
don't resolve. Each is told, nothing hangs, and the figures add up."""

import contextlib
import glob
import os
import socket
import subprocess
import time

from services import (
    PROGRAM, Weir, capture, environment, free_port, lines, link, own_network, paced, python_with, replay, same, wait_for
)
from broker import VERSION, Broker, jars
from checks import main, test

ONE_FILE = ("-logMaxSize", "4000")
MAKE_TOPIC = """
import sys
from confluent_kafka.admin import AdminClient, NewTopic
admin = AdminClient({"bootstrap.servers": sys.argv[1]})
for future in admin.create_topics([NewTopic(sys.argv[2], 4, 1)]).values():
    future.result(30)
"""
WANTED = ("-kafka_brokers", "127.0.0.1:1", "-kafka_topic", "t")
REFUSED = (
    # options, what is said
    ((*WANTED, "-kafka_config", "no.such.thing=1"), 'No such configuration property: "no.such.thing"'),
    ((*WANTED, "-kafka_config", "compression.codec=best"), 'Invalid value "best" for configuration property "compression.codec"'),
    ((*WANTED, "-kafka_config", "linger.ms=-1"), "value -1 is outside allowed range"),
    ((*WANTED, "-kafka_config", "security.protocol=ssl", "-kafka_config", "ssl.ca.location=/nowhere"), "ssl.ca.location failed"),
    ((*WANTED, "-kafka_config", "acks=1"), "`acks` must be set to `all` when `enable.idempotence` is true"),
    ((*WANTED, "-kafka_config", "linger.ms"), "allowed: KEY=VALUE"),
    ((*WANTED, "-kafka_avro", "-format", "nested"), "can't go with -format nested"),
    ((*WANTED, "-kafka_avro", "-kafka_batch", "2"), "an Avro message is one record"),
    ((*WANTED, "-kafka_key", "client", "-kafka_batch", "2"), "has no kafka_key"),
    ((*WANTED, "-kafka_key", "port"), "allowed: none, client, server or qname"),
    ((*WANTED, "-kafka_batch", "0"), "-kafka_batch"),
    (("-kafka_brokers", "127.0.0.1:1", "-kafka_topic", "a b"), "letters, digits"),
    (("-kafka_brokers", "127.0.0.1:1"), "-kafka_topic"),
    (("-kafka_topic", "t"), "-kafka_brokers"),
    ((*WANTED, "-spool_dir", "/dev/null/spool"), "spool_dir /dev/null/spool: Not a directory"),
)


@test
def wrong_settings_are_refused(folder):
    path = capture(folder, 10)
    for options, said in REFUSED:
        done = subprocess.run([PROGRAM, "-pcap", path, "-quiet", *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=30, env=environment())
        text = done.stderr.decode()
        assert done.returncode == 2 and said in text, "%s: exit code %d: %s" % (options, done.returncode, text)


@test
def a_topic_that_comes_later_gets_everything(folder):
    python = python_with("confluent_kafka")
    path, file = capture(folder, 20000), os.path.join(folder, "records")
    with Broker(folder, "auto.create.topics.enable=false") as broker:
        # librdkafka gives a new topic half a minute to be known; here it doesn't have to.
        with Weir(folder, "-pcap", path, "-quiet", "-logfile", file, *ONE_FILE, "-sink_timeout", "2m", "-kafka_config",
                  "topic.metadata.propagation.max.ms=500", *broker.options("late")) as weir:
            wait_for("the complaint", lambda: "topic late takes nothing" in weir.text(), 60)
            assert not weir.over()
            subprocess.run([python, "-c", MAKE_TOPIC, broker.address, "late"], check=True)
            wait_for("the end", weir.over, 60)
        assert weir.end() == 0, weir.text()
        same([value for _, _, value in broker.messages("late")], lines(file), "messages")
        assert weir.sinks()["kafka"][1] == len(lines(file)), weir.text()


@test
def records_that_are_too_long_are_dropped_alone(folder):
    path, file = capture(folder, 20000), os.path.join(folder, "records")
    with Broker(folder) as broker:
        text, figures = replay(folder, path, "-quiet", "-format", "nested", "-logfile", file, *ONE_FILE, "-kafka_config",
                               "message.max.bytes=1700", *broker.options("short"))
        want, got = lines(file), [value for _, _, value in broker.messages("short")]
        # 512 bytes are for what surrounds a message.
        same(got, [line for line in want if len(line) <= 1700 - 512], "messages")
        assert 100 < len(got) < len(want) - 100
        assert figures["kafka"] == [len(want), len(got), 0, 0, len(want) - len(got)], text
        assert "dropped: too_long" in text and "Message size too large" in text, text


@contextlib.contextmanager
def hanging():
    """A broker that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as s:
        yield "127.0.0.1:%d" % s.getsockname()[1]


@test
def a_capture_goes_on_beside_a_broker_that_hangs(folder):
    path, file, spool = capture(folder, 20000), os.path.join(folder, "records"), os.path.join(folder, "spool")
    with link() as (there, here), hanging() as address:
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-quiet", "-logfile", file, *ONE_FILE, "-spool_dir", spool,
                  "-kafka_brokers", address, "-kafka_topic", "t", ready="reading") as weir:
            with paced(there, path, folder, 10000) as feed:
                wait_for("the end of the traffic", feed.over, 60)
            wait_for("the complaint", lambda: "nothing was delivered for" in weir.text(), 30)
            started = time.monotonic()
            assert weir.end() == 0, weir.text()
            assert time.monotonic() - started < 8, "a signal ends it soon"
        n = len(lines(file))
        assert n > 40000 and weir.sinks()["kafka"] == [n, 0, 0, n, 0], weir.text()
        assert glob.glob(spool + "/*.spool")


@test
def a_replay_tells_what_it_waits_for(folder):
    path, file = capture(folder, 200000), os.path.join(folder, "records")
    with hanging() as address:
        text, figures = replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-sink_timeout", "14s", "-kafka_brokers",
                               address, "-kafka_topic", "t", code=1)
        n = len(lines(file))
        assert figures["file"] == [n, n, 0, 0, 0] and figures["kafka"] == [n, 0, 0, 0, n], text
        assert "nothing was delivered for" in text and "its records are dropped from here on" in text, text


@test
def brokers_that_cannot_be_reached_are_named(folder):
    path = capture(folder, 1000)
    for address, said in (("127.0.0.1:%d" % free_port(), "Connection refused"), ("nowhere.invalid", "Failed to resolve")):
        text, figures = replay(folder, path, "-quiet", "-sink_timeout", "2s", "-kafka_brokers", address, "-kafka_topic", "t",
                               code=1)
        assert figures["kafka"][0] == figures["kafka"][4] > 1000 and said in text and address in text, text


if __name__ == "__main__":
    own_network(lambda: jars(VERSION), lambda: python_with("confluent_kafka"))
    main("test_kafka_trouble")
