#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The pipelines of config/ into ClickHouse, from a real broker and from files, and that others know the fields."""

import collections
import json
import os
import re
import subprocess

from services import PROGRAM, ROOT, capture, environment, lines, own_network, python_with, replay
from broker import VERSION, common, jars
from clickhouse import clickhouse, python, statements
from checks import main, test

CONFIG = os.path.join(ROOT, "config")
# Single-object messages, each behind its length, on standard input; a container file as the docs make it.
CONTAINER = """
import fastavro, io, json, struct, sys
data, at, messages = sys.stdin.buffer.read(), 0, []
while at < len(data):
    size, = struct.unpack_from("<I", data, at)
    messages.append(data[at + 4:at + 4 + size])
    at += 4 + size
schema = fastavro.parse_schema(json.load(open(sys.argv[1])))
records = (fastavro.schemaless_reader(io.BytesIO(message[10:]), schema) for message in messages)
fastavro.writer(open(sys.argv[2], "wb"), schema, records, codec="deflate")
"""
# The names of a Vector pipeline's parts and of what they read from; and a Logstash pipeline's parts.
PARSED = """
import json, sys, yaml
from logstash_pipeline_parser import Pipeline
with open(sys.argv[1] + "/vector.yaml") as file:
    vector = yaml.safe_load(file)
with open(sys.argv[1] + "/logstash.conf") as file:
    logstash = Pipeline(file.read()).parse()
parts = {name: part for kind in vector.values() for name, part in kind.items()}
print(json.dumps([list(parts), [name for part in parts.values() for name in part.get("inputs", [])],
                  [[kind, [name for name, _ in parts]] for kind, parts in logstash]]))
"""
PARSERS = ("logstash-pipeline-parser", "PyYAML")
KEEP = ["ALTER TABLE dns.%s REMOVE TTL" % table for table in ("records", "names")]


def check_tables(folder, filled, records):
    """Fills the tables and compares their answers with Python's own count of the records."""
    client = "replaceRegexpOne(toString(src), '^::ffff:', '')"
    name = collections.Counter(r["q"].lower() for r in records if r["rcode"] == 0 and r["atype"]).most_common(1)[0][0]
    address = collections.Counter(r["a"] for r in records if r["atype"] == "A").most_common(1)[0][0]
    questions = [q.replace("{name:String}", "'%s'" % name).replace("{address:String}", "'%s'" % address)
                 for q in statements("questions.sql")]
    *_, total, odd, top, led, names, who, codes, times = clickhouse(folder, [
        *statements("tables.sql"), *KEEP, *filled,
        "SELECT count() AS n, min(tstamp) AS first, sum(ttl) AS ttl, sum(bytes) AS bytes FROM dns.records",
        "SELECT %s AS src, q, a, tstamp FROM dns.records ORDER BY tstamp, src, q, a LIMIT 1" % client, *questions,
    ])
    assert int(total[0]["n"]) == len(records), total
    assert int(total[0]["ttl"]) == sum(r["ttl"] for r in records) and int(total[0]["bytes"]) == sum(r["bytes"] for r in records)
    first = min(r["tstamp"] for r in records)
    assert total[0]["first"].rstrip("0") == first.replace(" +0000 UTC", "").rstrip("0"), (total, first)
    assert any(r["src"] == odd[0]["src"] and r["q"] == odd[0]["q"] and r["a"] == odd[0]["a"] for r in records), odd

    transactions = {(r["src"], r["sport"], r["query_id"], r["tstamp"], r["q"].lower(), r["rcode"]) for r in records}
    by_name = collections.Counter(t[4] for t in transactions)
    assert [(row["q"], int(row["transactions"])) for row in top] == sorted(
        by_name.items(), key=lambda pair: (-pair[1], pair[0]))[:20], top[:3]
    want = collections.Counter((r["atype"], r["a"]) for r in records if r["q"].lower() == name and r["atype"] and not r["rcode"])
    assert {(row["atype"], row["a"]): int(row["seen"]) for row in led} == want, (name, led[:3])
    want = {r["q"].lower() for r in records if r["a"] == address and r["atype"]}
    assert len(names) == min(len(want), 100) and {row["q"] for row in names} <= want, names[:3]
    asked = collections.Counter(r["src"] for r in records if r["q"].lower() == name)
    assert [(row["client"], int(row["records"])) for row in who] == sorted(
        asked.items(), key=lambda pair: (-pair[1], pair[0]))[:100], who[:3]
    got = collections.Counter()
    for row in codes:
        got[row["rcode"]] += int(row["transactions"])
    assert got == collections.Counter(t[5] for t in transactions), got
    assert times and all(row["milliseconds"] == sorted(row["milliseconds"]) for row in times)


def consumed(folder, topic, *more):
    with common() as broker:
        replay(folder, capture(folder, 3000), "-quiet", *broker.options(topic), *more)
        messages = [value for _, _, value in broker.messages(topic)]
        records = [json.loads(line) for value in messages for line in value.splitlines()]
        check_tables(folder, [*statements("kafka.sql", brokers=broker.address, topic=topic),
                              ["SELECT q FROM dns.records", len(records)]], records)
    return len(records) / len(messages)


@test
def clickhouse_consumes_a_topic(folder):
    assert consumed(folder, "dns") == 1


@test
def clickhouse_consumes_a_topic_of_batches(folder):
    assert consumed(folder, "batches", "-kafka_batch", "32") > 16


@test
def clickhouse_answers_from_log_files(folder):
    log = os.path.join(folder, "dns.json")
    replay(folder, capture(folder, 3000), "-quiet", "-logfile", log)
    check_tables(folder, statements("file.sql", files=log), [json.loads(line) for line in lines(log)])


@test
def clickhouse_answers_from_avro(folder):
    path, log, files = capture(folder, 3000), os.path.join(folder, "dns.json"), os.path.join(folder, "batch.avro")
    with common() as broker:
        replay(folder, path, "-quiet", "-kafka_avro", "-logfile", log, *broker.options("avro"))
        data = b"".join(len(value).to_bytes(4, "little") + value for _, _, value in broker.messages("avro"))
    done = subprocess.run([python_with("fastavro"), "-c", CONTAINER, os.path.join(CONFIG, "dnsweir.avsc"), files], input=data)
    assert done.returncode == 0
    check_tables(folder, statements("avro.sql", files=files), [json.loads(line) for line in lines(log)])


@test
def others_know_each_field(folder):
    path = capture(folder, 10)
    text = subprocess.run([PROGRAM, "-pcap", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()).stdout
    fields = set(json.loads(text.splitlines()[0]))
    with open(os.path.join(CONFIG, "elasticsearch-template.json"), encoding="utf-8") as file:
        assert set(json.load(file)["template"]["mappings"]["properties"]) == fields | {"@timestamp"}
    for name in ("kafka.sql", "file.sql"):
        with open(os.path.join(CONFIG, "clickhouse", name), encoding="utf-8") as file:
            assert set(re.findall(r"(\w+) (?:U?Int\d+|String|IPv6|Bool)\b", file.read())) == fields, name


@test
def logstash_and_vector_files_are_well_formed(_):
    done = subprocess.run([python_with(*PARSERS), "-c", PARSED, CONFIG], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    names, inputs, logstash = json.loads(done.stdout)
    assert names == ["dns", "records", "clickhouse"] and inputs == ["dns", "records"]
    assert logstash == [["input", ["file"]], ["filter", ["mutate", "mutate", "date"]], ["output", ["elasticsearch"]]]


own_network(lambda: jars(VERSION), python, lambda: python_with("fastavro"), lambda: python_with(*PARSERS))
main("pipelines")
