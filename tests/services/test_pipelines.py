#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The pipelines of config/: ClickHouse's statements on what a real broker and log files hold, and that others know the fields."""

import collections
import json
import os
import re
import signal
import subprocess

from services import (PROGRAM, ROOT, Background, capture, environment, free_port, lines, own_network, python_with, replay, same,
                      wait_for)
from broker import JAVA, VERSION, common, connect_jars, jars
from checks import main, test

CONFIG = os.path.join(ROOT, "config")
# Runs each statement of standard input's JSON array in ClickHouse within the process; prints the rows of those that give any.
CLICKHOUSE = """
import json, sys
from chdb import session
s, out = session.Session(sys.argv[1]), []
for statement in json.load(sys.stdin):
    rows = s.query(statement, "JSONEachRow").bytes().decode()
    out.append([json.loads(row) for row in rows.splitlines()])
print(json.dumps(out))
"""
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
KEEP = ["ALTER TABLE dns.%s REMOVE TTL" % table for table in ("records", "names")]


def statements(name, **values):
    with open(os.path.join(CONFIG, "clickhouse", name), encoding="utf-8") as file:
        text = re.sub(r"^--.*\n", "", file.read(), flags=re.M)
    for key, value in values.items():
        text = text.replace("{%s}" % key, value)
    return [part.strip() for part in text.split(";") if part.strip()]


def clickhouse(folder, asked):
    python = python_with("chdb")
    done = subprocess.run([python, "-c", CLICKHOUSE, os.path.join(folder, "clickhouse")], input=json.dumps(asked).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def check_tables(folder, filled, records):
    """Fills the tables and compares their answers with Python's own count of the records."""
    client = "replaceRegexpOne(toString(src), '^::ffff:', '')"
    name = collections.Counter(r["q"].lower() for r in records if r["rcode"] == 0 and r["atype"]).most_common(1)[0][0]
    address = collections.Counter(r["a"] for r in records if r["atype"] == "A").most_common(1)[0][0]
    questions = [q.replace("{name:String}", "'%s'" % name).replace("{address:String}", "'%s'" % address)
                 for q in statements("questions.sql")]
    *_, total, odd, top, led, names, _, codes, times = clickhouse(folder, [
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
    got = collections.Counter()
    for row in codes:
        got[row["rcode"]] += int(row["transactions"])
    assert got == collections.Counter(t[5] for t in transactions), got
    assert times and all(row["milliseconds"] == sorted(row["milliseconds"]) for row in times)


@test
def clickhouse_answers_from_a_topic(folder):
    with common() as broker:
        replay(folder, capture(folder, 3000), "-quiet", *broker.options("dns"))
        values = [value for _, _, value in broker.messages("dns")]
    topic = os.path.join(folder, "topic.json")
    with open(topic, "wb") as file:
        file.write(b"\n".join(values) + b"\n")
    # ClickHouse's own consumer needs a server: the view's statement, over the topic's columns, reads what it would get.
    table, view = statements("kafka.sql")
    columns = re.search(r"dns\.topic\s*\((.*?)\)\s*ENGINE = Kafka", table, re.S).group(1)
    select = view.split(" AS\n", 1)[1].replace("dns.topic", "file('%s', JSONEachRow, '%s')" % (topic, columns))
    names = [column.split()[0] for column in columns.split(",")]
    check_tables(folder, ["INSERT INTO dns.records (%s) %s" % (", ".join(names), select)], [json.loads(v) for v in values])


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
def kafka_connect_writes_each_record(folder):
    classes, log, out = connect_jars(), os.path.join(folder, "dns.json"), os.path.join(folder, "out.json")
    with open(os.path.join(CONFIG, "kafka-connect-hdfs.json"), encoding="utf-8") as file:
        config = json.load(file)["config"]
    # Of the HDFS sink's own settings none; all that Connect itself reads stays.
    config = {key: config[key] for key in ("topics", "tasks.max", "key.converter", "value.converter")}
    config |= {"name": "dns", "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "file": out,
               "topics": "connect", "consumer.override.auto.offset.reset": "earliest"}
    with common() as broker:
        replay(folder, capture(folder, 3000), "-quiet", "-logfile", log, *broker.options("connect"))
        worker = {"bootstrap.servers": broker.address, "key.converter": config["key.converter"],
                  "value.converter": config["value.converter"], "listeners": "http://127.0.0.1:%d" % free_port(),
                  "offset.storage.file.filename": os.path.join(folder, "offsets"), "offset.flush.interval.ms": "1000",
                  "connector.client.config.override.policy": "All"}
        for name, settings in (("worker", worker), ("sink", config)):
            with open(os.path.join(folder, name + ".properties"), "w", encoding="utf-8") as file:
                file.write("".join("%s=%s\n" % pair for pair in settings.items()))
        connect = Background([*JAVA, "-cp", classes, "org.apache.kafka.connect.cli.ConnectStandalone", "worker.properties",
                              "sink.properties"], os.path.join(folder, "connect.log"), cwd=folder)
        try:
            want = lines(log)
            wait_for("what Connect writes", lambda: connect.over() or (
                os.path.exists(out) and os.path.getsize(out) >= os.path.getsize(log)), 120)
        finally:
            connect.end(signal.SIGKILL)
    same(lines(out), want, "lines of Kafka Connect")


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
    with open(os.path.join(CONFIG, "kafka-connect-hdfs.json"), encoding="utf-8") as file:
        assert json.load(file)["config"]["topics"] == "dns"


own_network(lambda: jars(VERSION), connect_jars, lambda: python_with("chdb"), lambda: python_with("fastavro"))
main("pipelines")
