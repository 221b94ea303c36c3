#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Kafka sink against a real broker, read by consumers that are not ours."""

import json
import os
import re
import struct
import subprocess

from services import PROGRAM, capture, environment, lines, own_network, python_with, replay, same
from broker import SCRAM_VERSION, VERSION, Broker, common, jars
from checks import main, test

TRANSACTIONS = 200000
ONE_FILE = ("-logMaxSize", "4000")
SRC = re.compile(rb'"src":"([^"]*)"')

# Lengths and messages on standard input; records on standard output.
AVRO = """
import io, json, struct, sys
import fastavro
schema = fastavro.parse_schema(json.loads(sys.argv[1]))
data, at, out = sys.stdin.buffer.read(), 0, []
while at < len(data):
    size, = struct.unpack_from("<I", data, at)
    message = data[at + 4:at + 4 + size]
    at += 4 + size
    assert message[:10] == bytes.fromhex("c3017160be311cdacccc"), message[:10]
    body = io.BytesIO(message[10:])
    out.append(json.dumps(fastavro.schemaless_reader(body, schema), separators=(",", ":"), ensure_ascii=False))
    assert not body.read()
print("\\n".join(out))
"""


def schema():
    return subprocess.run([PROGRAM, "-avro_schema"], stdout=subprocess.PIPE, check=True, env=environment()).stdout.decode()


@test
def each_record_once(folder):
    path = capture(folder, TRANSACTIONS)
    with common() as broker:
        for txs in ("1", "2"):
            file = os.path.join(folder, "records-" + txs)
            text, figures = replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-numprocs", "2", "-txprocs", txs,
                                   "-kafka_key", "client", *broker.options("flat" + txs))
            got = broker.messages("flat" + txs)
            same([value for _, _, value in got], lines(file), "messages with %s TX lcores" % txs)
            assert figures["kafka"] == [len(got), len(got), 0, 0, 0], text
            partitions = {}
            for partition, key, value in got:
                assert len(key) == 8, key
                partitions.setdefault(SRC.search(value).group(1), set()).add(partition)
            assert all(len(p) == 1 for p in partitions.values()), "a client's records lie in several partitions"
            assert len(set.union(*partitions.values())) == 4


@test
def keys_of_servers_and_names(folder):
    path = capture(folder, 20000)
    with common() as broker:
        for key, field in (("server", "dst"), ("qname", "q")):
            replay(folder, path, "-quiet", "-kafka_key", key, *broker.options(key))
            partitions = {}
            for partition, _, value in broker.messages(key):
                partitions.setdefault(json.loads(value)[field].lower(), set()).add(partition)
            assert len(partitions) > 8 and all(len(p) == 1 for p in partitions.values()), key


@test
def several_records_a_message(folder):
    path, file = capture(folder, 50000), os.path.join(folder, "records")
    with common() as broker:
        replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-kafka_batch", "50", *broker.options("many"))
        values = [value for _, _, value in broker.messages("many")]
        same(b"\n".join(values).split(b"\n"), lines(file), "lines")
        assert max(value.count(b"\n") for value in values) == 49
        assert len(values) < len(lines(file)) / 40


@test
def avro_read_by_fastavro(folder):
    python = python_with("fastavro")
    path = capture(folder, TRANSACTIONS)
    with common() as broker:
        for txs in ("1", "2"):
            file, topic = os.path.join(folder, "records-" + txs), "avro" + txs
            replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-kafka_avro", "-numprocs", "2", "-txprocs", txs,
                   *broker.options(topic))
            data = b"".join(struct.pack("<I", len(v)) + v for _, _, v in broker.messages(topic))
            read = subprocess.run([python, "-c", AVRO, schema()], input=data, stdout=subprocess.PIPE, check=True).stdout
            # The schema has the flat record's fields in its order.
            same(read.splitlines(), lines(file), "Avro records with %s TX lcores" % txs)


@test
def tls_and_scram(folder):
    path, file = capture(folder, TRANSACTIONS), os.path.join(folder, "records")
    with Broker(folder, secured=True) as broker:
        replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-numprocs", "2", "-txprocs", "2",
               *broker.options("safe"))
        same([value for _, _, value in broker.messages("safe")], lines(file), "messages over TLS")
        wrong = [w.replace("sasl.password=", "sasl.password=x") for w in broker.options("safe")]
        text, figures = replay(folder, capture(folder, 1000), "-quiet", "-sink_timeout", "2s", *wrong, code=1)
        assert figures["kafka"][1] == 0 and "uthentication" in text, text


if __name__ == "__main__":
    own_network(lambda: jars(VERSION), lambda: jars(SCRAM_VERSION), lambda: python_with("fastavro"))
    main("test_kafka")
