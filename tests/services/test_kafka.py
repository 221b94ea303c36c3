#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Kafka sink and its spool against a real broker, read by consumers that are not ours."""

import glob
import json
import os
import signal
import struct
import subprocess
import time

from services import PROGRAM, Weir, capture, environment, lines, link, paced, python_with, replay, same, wait_for
from broker import Broker, common
from checks import main, test

ONE_FILE = ("-logMaxSize", "4000")

AVRO = """
import io, json, struct, sys
import fastavro
schema = fastavro.parse_schema(json.loads(sys.argv[1]))
data = sys.stdin.buffer.read()
while data:
    size, = struct.unpack_from("<I", data)
    message, data = data[4:4 + size], data[4 + size:]
    assert message[:10] == bytes.fromhex("c3017160be311cdacccc"), message[:10]
    body = io.BytesIO(message[10:])
    print(json.dumps(fastavro.schemaless_reader(body, schema)))
    assert not body.read()
"""


def schema():
    shown = subprocess.run([PROGRAM, "-avro_schema"], stdout=subprocess.PIPE, env=environment())
    if shown.returncode == 0:
        return shown.stdout.decode()
    flat = ["query_id:int", "rcode:int", "q", "qtype", "a", "atype", "ttl:long", "dst", "src", "tstamp", "elapsed:long",
            "sport", "level", "bytes:int", "protocol", "truncated:boolean", "aa:boolean", "rd:boolean", "ra:boolean"]
    fields = [{"name": f.split(":")[0], "type": (f.split(":") + ["string"])[1]} for f in flat]
    return json.dumps({"name": "DnsLogEntry", "type": "record", "fields": fields})


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
def each_record_once(folder):
    path = capture(folder, 200000)
    with common() as broker:
        for txs in ("1", "2"):
            file = os.path.join(folder, "records-" + txs)
            text, figures = replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-numprocs", "2", "-txprocs", txs,
                                   "-kafka_key", "client", *broker.options("flat" + txs))
            got = broker.messages("flat" + txs)
            same([value for _, _, value in got], lines(file), "messages with %s TX lcores" % txs)
            assert figures["kafka"][1] == len(got), text
            partitions = {}
            for partition, key, value in got:
                assert len(key) == 8, key
                partitions.setdefault(json.loads(value)["src"], set()).add(partition)
            assert all(len(p) == 1 for p in partitions.values()), "a client's records lie in several partitions"
            assert len(set.union(*partitions.values())) == 4


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
    path, file = capture(folder, 20000), os.path.join(folder, "records")
    with common() as broker:
        replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, "-kafka_avro", *broker.options("avro"))
        data = b"".join(struct.pack("<I", len(v)) + v for _, _, v in broker.messages("avro"))
    read = subprocess.run([python, "-c", AVRO, schema()], input=data, stdout=subprocess.PIPE, check=True).stdout
    got = [json.loads(line) for line in read.splitlines()]
    want = [json.loads(line) for line in lines(file)]
    for record in want:
        record["ttl"] = int(record["ttl"] or 0)
    same([json.dumps(r, sort_keys=True) for r in got], [json.dumps(r, sort_keys=True) for r in want], "Avro records")


@test
def tls_and_scram(folder):
    path, file = capture(folder, 20000), os.path.join(folder, "records")
    with Broker(folder, secured=True) as broker:
        replay(folder, path, "-quiet", "-logfile", file, *ONE_FILE, *broker.options("safe"))
        same([value for _, _, value in broker.messages("safe")], lines(file), "messages over TLS")
        wrong = [w.replace("sasl.password=", "sasl.password=x") for w in broker.options("safe")]
        text, figures = replay(folder, path, "-quiet", "-sink_timeout", "2s", *wrong)
        assert figures["kafka"][1] == 0 and "uthentication" in text, text


@test
def an_outage_in_the_middle_of_a_live_capture(folder):
    path, file, spool = capture(folder, 60000), os.path.join(folder, "records"), os.path.join(folder, "spool")
    with link() as (there, here), common() as broker:
        broker.kcat("-L", "-t", "live")
        with Weir(folder, "-dev", here, "-driver", "libpcap", "-quiet", "-logfile", file, *ONE_FILE, "-spool_dir", spool,
                  "-kafka_config", "reconnect.backoff.max.ms=500", *broker.options("live"), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 8000) as feed:
                time.sleep(3)
                broker.stop()
                time.sleep(8)
                assert spooled(spool), "nothing was spooled"
                assert not feed.over(), "capture goes on meanwhile"
                broker.start()
                wait_for("the end of the traffic", feed.over, 40)
            wait_for("an empty spool", lambda: not glob.glob(spool + "/*.spool"), 30)
            time.sleep(1)
            assert weir.end() == 0, weir.text()
            figures = weir.sinks()
        got = [value for _, _, value in broker.messages("live")]
        want = lines(file)
        assert len(want) > 50000
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
        assert len(got) == len(set(got)), "%d came twice" % (len(got) - len(set(got)))


@test
def ended_while_the_broker_is_away(folder):
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


if __name__ == "__main__":
    main("test_kafka")
